//! Cores that are broken on purpose, one for each invariant: random drives must find each of them, by its number.

use super::acts::{Act, act, perform};
use super::oracle::INVARIANTS;
use super::properties::first_difference;
use super::truck::{Stage, config, watching};
use farhand_protocol::{Cause, SafetyState as S};
use farhand_safety::{Broken, Persisted};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Far more than any of them needs; the table shows how many it took.
const MOST_DRIVES: usize = 600;

/// Random drives, always the same ones: a truck with and one without scanners in turns.
fn drives() -> impl Iterator<Item = (bool, Vec<Act>)> {
    let mut runner = TestRunner::deterministic();
    let acts = proptest::collection::vec(act(), 8..24);
    (0..MOST_DRIVES).map(move |index| {
        let tree = acts.new_tree(&mut runner).expect("acts can be drawn");
        (index % 3 != 0, tree.current())
    })
}

fn stage(scanner: bool, broken: Option<Broken>) -> Stage {
    Stage::with(if scanner { watching() } else { config() }, Some(Persisted::default())).broken(broken)
}

/// The first drive that breaches this invariant, and how.
fn hunt(broken: Broken, number: u8) -> Option<(usize, String)> {
    drives().enumerate().find_map(|(index, (scanner, acts))| {
        if broken == Broken::S20 {
            let act = first_difference(&acts, || stage(scanner, Some(broken)))?;
            return Some((index, format!("two runs differ after act {act}")));
        }
        let mut stage = stage(scanner, Some(broken));
        for act in acts {
            perform(&mut stage, act);
            if let Some(breach) = stage.oracle.breaches.get(&number) {
                return Some((index, breach.clone()));
            }
        }
        None
    })
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is what people run this test for")]
fn each_broken_core_is_found_by_random_drives() {
    let mut table = String::from("| broken | what holds in a sound core | found by drive | how |\n|---|---|---|---|\n");
    let mut missed = Vec::new();
    for (broken, number) in Broken::INVARIANTS.into_iter().zip(1_u8..) {
        match hunt(broken, number) {
            Some((index, how)) => {
                let how: String = how.chars().take(110).collect();
                writeln!(table, "| {broken:?} | {} | {} | {how} |", INVARIANTS[usize::from(number) - 1], index + 1)
                    .expect("a string grows");
            }
            None => missed.push(broken),
        }
    }
    println!("{table}");
    assert!(missed.is_empty(), "not found in {MOST_DRIVES} drives: {missed:?}\n{table}");
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is what people run this test for")]
fn a_sound_core_breaches_nothing_and_the_same_drives_come_everywhere() {
    let mut causes: BTreeMap<Cause, u32> = BTreeMap::new();
    let mut ways: BTreeMap<(S, S), u32> = BTreeMap::new();
    for (scanner, acts) in drives().take(400) {
        let mut stage = stage(scanner, None);
        for act in acts {
            perform(&mut stage, act);
            for cause in stage.causes() {
                *causes.entry(cause).or_default() += 1;
            }
        }
        assert!(stage.oracle.breaches.is_empty(), "{:?}", stage.oracle.breaches);
        for (_, way) in &stage.transitions {
            *ways.entry((way.from, way.to)).or_default() += 1;
        }
    }
    println!("{causes:#?}\n{ways:#?}");
    // A missing state file and a fault inside have stories of their own.
    let elsewhere = [Cause::StateFileLost, Cause::InternalFault];
    let never: BTreeSet<_> =
        Cause::ALL.iter().filter(|cause| !causes.contains_key(cause) && !elsewhere.contains(cause)).collect();
    assert!(never.is_empty(), "never seen: {never:?}");
}
