//! The checker on short runs: the sound core holds, every cause is met, every broken core is found, and the committed page
//! speaks of these runs.

use farhand_model::{Findings, Options, Question, RUNS, Run, check, run};
use farhand_protocol::{Cause, SafetyState};
use std::collections::BTreeSet;
use std::time::Duration;

const AT_MOST: Duration = Duration::from_mins(1);

fn sound(run: &'static Run) -> Findings {
    check(run, &Question { broken: None, depth: run.short_depth, only: None, at_most: AT_MOST })
}

#[test]
fn the_sound_core_breaches_nothing_and_every_cause_and_state_is_met() {
    let mut causes: BTreeSet<Cause> = BTreeSet::new();
    let mut states: BTreeSet<SafetyState> = BTreeSet::new();
    for run in RUNS {
        let findings = sound(run);
        assert!(findings.breaches.is_empty(), "{}: {:?}", run.name, findings.breaches);
        assert!(findings.complete, "{} was cut off", run.name);
        assert_eq!(findings.depth, run.short_depth, "{}", run.name);
        causes.extend(findings.causes);
        states.extend(findings.states);
    }
    let never: Vec<_> = Cause::ALL.iter().filter(|cause| !causes.contains(cause)).collect();
    assert_eq!(never, [&Cause::InternalFault], "only a broken core contradicts itself");
    // Boot is over where every run begins, and a restart is no longer in it after one step.
    let all = [
        SafetyState::Parked,
        SafetyState::Auto,
        SafetyState::Handover,
        SafetyState::Teleop,
        SafetyState::SafeStop,
        SafetyState::Halt,
        SafetyState::EStop,
    ];
    assert!(all.iter().all(|state| states.contains(state)), "{states:?}");
}

#[test]
fn the_command_finds_each_broken_core_and_says_by_which_run() {
    let options = Options { short: true, ..Options::default() };
    let mut out = Vec::new();
    run(&options, &mut out).expect("the sound core holds and each broken one is found");
    let text = String::from_utf8(out).expect("text");
    for number in 1..=22 {
        assert!(text.lines().any(|line| line.starts_with(&format!("| S{number} |"))), "no row for S{number}:\n{text}");
    }
    assert!(text.contains("| the interlock |"), "{text}");
    assert!(!text.contains("**"), "{text}");
}

#[test]
fn an_unknown_run_is_refused_with_the_names_there_are() {
    let options = Options { runs: vec!["teleopp".to_owned()], ..Options::default() };
    let refusal = run(&options, &mut Vec::new()).expect_err("there is no such run");
    assert!(refusal.to_string().contains("teleop, faults"), "{refusal}");
}

#[test]
fn a_broken_core_makes_the_same_run_fail_that_the_sound_one_passes() {
    let teleop = RUNS.iter().find(|run| run.name == "teleop").expect("there is a run of that name");
    let asked = |broken| Question { broken, depth: 1, only: Some(7), at_most: AT_MOST };
    assert!(check(teleop, &asked(None)).breaches.is_empty());
    let found = check(teleop, &asked(Some(farhand_safety_breakable::Broken::S7)));
    assert_eq!(found.breaches.keys().collect::<Vec<_>>(), [&7]);
}

#[test]
fn the_page_in_docs_is_of_these_runs_and_this_core() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/safety/model.md");
    let page = std::fs::read_to_string(path).expect("docs/safety/model.md exists");
    let stale = "stale: run farhand-sim model --report docs/safety/model.md";
    for run in RUNS {
        let row = format!("| {} | {} | {} | {} |", run.name, run.begins, run.acts.len(), run.depth);
        assert!(page.contains(&row), "{stale}: no row {row}");
        let short = format!("| {} | {} | {} |", run.name, run.short_depth, sound(run).unique);
        assert!(page.contains(&short), "{stale}: no row {short}");
    }
    for cause in Cause::ALL {
        assert!(page.contains(&format!("| {cause:?} | ")), "{stale}: no row for {cause:?}");
    }
    for number in 1..=22 {
        assert!(page.contains(&format!("\n| S{number} | ")), "{stale}: no row for S{number}");
    }
}
