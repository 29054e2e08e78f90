//! What the vehicle says of itself: numbers that nothing is decided by.

use super::acts::send;
use super::truck::{Stage, watching};
use farhand_protocol::{Command, Echo, RejectReason, SafetyState as S};
use farhand_safety::Input;
use std::time::Duration;

#[test]
fn the_newest_command_of_the_lease_comes_back_with_the_time_it_was_held() {
    let mut stage = Stage::driving(500);
    let command = Command { operator_us: 77, ..stage.command() };
    send(&mut stage, command);
    stage.now = stage.now.after(Duration::from_millis(5));
    assert_eq!(stage.snapshot().echo, Some(Echo { operator_us: 77, hold_us: 5000 }));
    let refused = Command { operator_us: 78, speed_mm_s: 9999, ..stage.command() };
    send(&mut stage, refused);
    assert_eq!(stage.snapshot().echo, Some(Echo { operator_us: 78, hold_us: 0 }), "refused, and heard");
    stage.commands_flow = false;
    stage.grant();
    stage.tick();
    assert_eq!(stage.snapshot().echo, None, "nothing of this lease yet");
}

#[test]
fn only_what_was_refused_is_listed_among_the_refusals() {
    let mut stage = Stage::driving(500);
    let before = stage.snapshot().rejected;
    assert!(before.iter().all(|row| row.reason == RejectReason::NoLease), "{before:?}");
    let fast = Command { speed_mm_s: 2501, ..stage.command() };
    send(&mut stage, fast);
    let after = stage.snapshot().rejected;
    assert_eq!(after.len(), before.len() + 1);
    assert_eq!(after.iter().find(|row| row.reason == RejectReason::OutOfRange).map(|row| row.count), Some(1));
}

#[test]
fn ways_are_told_in_whole_millimetres() {
    let mut stage = Stage::driving(1000);
    stage.run_ms(10);
    let blind_um = stage.core.blind_um();
    let blind_mm = i32::try_from(blind_um / 1000).expect("small");
    assert!(blind_um > 40_000, "{blind_um}");
    stage.travelled_um = 12_345_678;
    let sample = stage.sample();
    let event = stage.core.event(stage.now, S::Parked, S::Teleop);
    assert_eq!((event.blind_mm, event.from, event.to, event.speed_mm_s), (blind_mm, S::Parked, S::Teleop, 1000));
    assert_eq!(stage.snapshot().blind_mm, blind_mm);
    stage.take(Input::Machine(sample));
    assert_eq!(stage.snapshot().odometer_mm, 12_345);
}

#[test]
fn the_free_way_is_told_where_scanners_are_heard() {
    for scanner in [true, false] {
        let mut stage = Stage::driving_with(farhand_safety::Config { scanner, ..watching() }, 0);
        assert_eq!(stage.snapshot().free_mm, scanner.then_some(20_000));
        stage.seen = None;
        stage.run_ms(200);
        assert_eq!(stage.snapshot().free_mm, None);
    }
}
