//! A few of every fault, as `farhand-sim faults --short` does.

use farhand_faults::{Options, run};

#[test]
fn every_row_that_is_shown_here_holds_in_a_few_drives_of_each_kind() {
    let mut table = Vec::new();
    let ended = run(&Options { short: true, ..Options::default() }, &mut table);
    let table = String::from_utf8_lossy(&table);
    assert!(ended.is_ok(), "{ended:?}\n{table}");
    assert!(table.lines().filter(|line| line.contains("| yes |")).count() >= 29, "{table}");
}

#[test]
fn a_row_that_is_not_there_is_named_with_those_that_are() {
    let options = Options { rows: vec!["99".into()], short: true, ..Options::default() };
    let said = run(&options, &mut Vec::new()).expect_err("there is no such row").to_string();
    assert!(said.contains("99") && said.contains("17b"), "{said}");
}
