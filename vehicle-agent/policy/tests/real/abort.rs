//! An abort inside the policy's thread ends its process, and only that.

use crate::rig::{AT, features, library, settled, trial};
use farhand_policy::{Policy, Trial};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

const SIGABRT: i32 = 6;
const CHILD: &str = "FARHAND_TEST_ABORT_CHILD";

#[test]
fn an_abort_inside_the_policy_ends_its_process_alone() {
    let own = std::env::current_exe().expect("this program");
    let output = Command::new(own)
        .args(["--exact", "abort::what_the_process_that_aborts_does", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("the other process starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(SIGABRT), "{said}");
    assert!(said.contains("two answers") && !said.contains("a third"), "{said}");
}

#[test]
fn what_the_process_that_aborts_does() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let card = trial("sound").join("card.json");
    let mut policy = Policy::open_for_trial(&card, &library(), Trial::AbortAt(3)).expect("opens");
    for _ in 0..2 {
        policy.ask(AT, features());
        let _ = settled(&mut policy);
    }
    eprintln!("two answers");
    policy.ask(AT, features());
    let _ = settled(&mut policy);
    eprintln!("a third");
}
