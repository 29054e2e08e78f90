//! Looks at the held-out set are only ever added to their log, never taken back.

use std::path::Path;
use std::process::Command;

const LOG: &str = "models/safe-stop/heldout-log.csv";

fn git(root: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The first text that is not the beginning of the next one.
fn taken_back(versions: &[String]) -> Option<usize> {
    versions.windows(2).position(|pair| !pair[1].starts_with(&pair[0]))
}

#[test]
fn the_log_of_held_out_runs_has_only_ever_grown() {
    let root = crate::sources::root();
    let commits = git(&root, &["log", "--reverse", "--first-parent", "--format=%H", "--", LOG]);
    let mut versions: Vec<String> = commits.lines().map(|commit| git(&root, &["show", &format!("{commit}:{LOG}")])).collect();
    versions.push(std::fs::read_to_string(root.join(LOG)).expect("the log is there"));
    assert_eq!(taken_back(&versions), None, "a version of {LOG} does not begin with the one before it: put the lines back");
}

#[test]
fn a_line_that_is_changed_or_missing_is_noticed() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(taken_back(&texts(&["a\n", "a\nb\n", "a\nb\nc\n"])), None);
    assert_eq!(taken_back(&texts(&["a\n", "a\nb\n", "a\nc\n"])), Some(1));
    assert_eq!(taken_back(&texts(&["a\nb\n", "a\n"])), Some(0));
}
