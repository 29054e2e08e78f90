//! A killed gateway loses no row that it acknowledged.

use farhand_store::{Entry, Journal, Kind, Store, Verdict};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const FOLDER: &str = "FARHAND_TEST_JOURNAL_FOLDER";

#[test]
fn a_killed_process_loses_no_row_that_it_acknowledged() {
    if let Ok(folder) = std::env::var(FOLDER) {
        write_for_ever(Path::new(&folder));
    }
    for rows_before_the_kill in [1, 40, 150] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut writer = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "killed::a_killed_process_loses_no_row_that_it_acknowledged", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let output = BufReader::new(writer.stdout.take().expect("piped"));
        let mut acknowledged = 0;
        for line in output.lines() {
            let line = line.expect("read");
            acknowledged += i64::from(line.ends_with("acknowledged"));
            if acknowledged == rows_before_the_kill {
                writer.kill().expect("killed");
            }
        }
        writer.wait().expect("ended");

        let verdict =
            runtime().block_on(async { Store::open(folder.path()).await.expect("opens").verify().await.expect("read") });
        let Verdict::Whole { rows, .. } = verdict else { panic!("{verdict:?}") };
        assert!(rows >= acknowledged, "{rows} rows are left of {acknowledged} acknowledged");
    }
}

fn write_for_ever(folder: &Path) -> ! {
    runtime().block_on(async {
        let (journal, driver) = Journal::new(Store::open(folder).await.expect("opens"));
        tokio::spawn(driver.run());
        for number in 0_u64.. {
            journal.append(Entry::new(Kind::SafetyState, json!({ "number": number }))).await.expect("written");
            writeln!(std::io::stdout(), "row {number} acknowledged").expect("said");
        }
    });
    unreachable!("numbers do not end")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}
