//! Cores that are broken on purpose, one for each invariant: random drives must find each of them, by its number.

use super::acts::{Act, act, perform};
use super::oracle::INVARIANTS;
use super::properties::first_difference;
use super::truck::{Stage, config, watching};
use farhand_protocol::{Cause, LeaseEpoch, MonoTime, SafetyState as S};
use farhand_safety::{Broken, Drive, GrantAnswer, Input, Persisted};
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

#[test]
fn each_fault_of_a_command_lies_where_it_is_said_to_lie() {
    let mut stage = Stage::driving(300);
    stage.hands.lift_mm_s = 1;
    stage.run_ms(40);
    let (now, sound) = (stage.now, Drive { speed_mm_s: 7, brake_mm_s2: 9, steering_mrad: 10, lift_mm_s: 11, ..Drive::default() });
    for (state, begins) in S::ALL.into_iter().flat_map(|state| [(state, true), (state, false)]) {
        let mut core = stage.core.clone();
        (core.state, core.entered) = (state, if begins { now } else { MonoTime(now.0 - 10_000) });
        let mut is = |broken, there: bool, spoilt: Drive| {
            core.break_on_purpose(Some(broken));
            assert_eq!(core.spoil(now, sound), if there { spoilt } else { sound }, "{broken:?} in {state:?}");
        };
        let stopping = state == S::SafeStop;
        is(Broken::S1, false, sound);
        is(Broken::S5, stopping, Drive { speed_mm_s: 800, accel_mm_s2: 1000, brake_mm_s2: 0, ..sound });
        is(Broken::S6, state == S::Halt, Drive { brake_mm_s2: 0, ..sound });
        is(Broken::S17, stopping, Drive { lift_mm_s: 1, ..sound });
        is(Broken::S21, stopping && begins, Drive { brake_mm_s2: 0, ..sound });
        is(Broken::Interlock, state == S::Parked, Drive { speed_mm_s: 100, ..sound });
        core.break_on_purpose(Some(Broken::S20));
        let (first, second) = (core.spoil(now, sound), core.spoil(now, sound));
        assert_ne!(first.accel_mm_s2, second.accel_mm_s2);
        assert_eq!(Drive { accel_mm_s2: 0, ..first }, sound);
    }
}

#[test]
fn a_core_that_is_broken_in_one_place_is_sound_beside_it() {
    let mut leased = Stage::driving(800).broken(Some(Broken::S19));
    leased.take(Input::Stop);
    leased.tick();
    assert_eq!(leased.state(), S::SafeStop, "with a lease a stop is a stop");

    let mut twice = Stage::driving(0).broken(Some(Broken::S2));
    let highest = twice.epoch;
    let offered = LeaseEpoch(highest.0 - 1);
    assert_eq!(twice.core.take(twice.now, Input::LeaseGrant(offered)), Some(GrantAnswer::TooOld { offered, highest }));
    assert_eq!(twice.core.take(twice.now, Input::LeaseGrant(highest)), None, "only the same one again");

    let mut hidden = Stage::driving(800).broken(Some(Broken::S22));
    hidden.take(Input::Stop);
    hidden.take(Input::ClockJump);
    hidden.tick();
    assert_eq!(hidden.causes(), [Cause::RemoteStop], "the first one is shown");
}
