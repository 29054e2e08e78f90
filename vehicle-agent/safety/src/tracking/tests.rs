//! When a machine that does not follow is a fault: to the tick.

use super::*;
use crate::core::tests_support::config;

const TICK_MS: u64 = 10;

fn at(millis: u64) -> MonoTime {
    MonoTime(millis * 1000)
}

fn reported(speed_mm_s: i32, steering_mrad: i32, fork_mm: i32) -> MachineSample {
    MachineSample {
        at: at(0),
        travelled_um: 0,
        speed_mm_s,
        steering_mrad,
        fork_mm,
        emergency_stop: false,
        loaded: true,
        pose: None,
    }
}

/// Milliseconds until the first fault, looking each tick at what was told and reported by then; none in ten seconds.
fn first_fault(seen: impl Fn(u64) -> (Drive, MachineSample)) -> Option<(u64, Faults)> {
    let mut tracking = Tracking::default();
    (0..1000).map(|tick| tick * TICK_MS).find_map(|millis| {
        let (told, machine) = seen(millis);
        let faults = tracking.observe(at(millis), &config(), told, &machine);
        (faults != Faults::default()).then_some((millis, faults))
    })
}

const STEERING: Faults = Faults { steering: true, brake: false, lift: false };
const BRAKE: Faults = Faults { steering: false, brake: true, lift: false };
const LIFT: Faults = Faults { steering: false, brake: false, lift: true };

fn steered(steering_mrad: i32) -> Drive {
    Drive { steering_mrad, ..Drive::default() }
}

fn braked(brake_mm_s2: i32) -> Drive {
    Drive { brake_mm_s2, ..Drive::default() }
}

#[test]
fn a_wheel_that_hangs_is_a_fault_when_a_wheel_of_half_its_rate_has_left_it_by_a_fifth_of_a_radian() {
    // 4 mrad a tick: 204 after 51 ticks, and then more than 0.4 s of patience.
    for side in [-1, 1] {
        assert_eq!(first_fault(|_| (steered(side * 600), reported(51, 0, 0))), Some((920, STEERING)));
        assert_eq!(first_fault(|_| (steered(side * 600), reported(-51, 0, 0))), Some((920, STEERING)));
    }
    assert_eq!(first_fault(|_| (steered(600), reported(50, 0, 0))), None, "a standing truck need not turn its wheel");
    assert_eq!(first_fault(|_| (steered(200), reported(51, 0, 0))), None, "so much it may lag");
    assert_eq!(first_fault(|_| (steered(201), reported(51, 0, 0))), Some((920, STEERING)));
}

#[test]
fn a_quick_wheel_sets_the_mark() {
    // At its full rate for half a second, then it hangs: measured from where it was, not from where it might have been.
    let wheel = |millis: u64| i32::try_from(millis.min(500) / 10 * 8).expect("small");
    assert_eq!(first_fault(|millis| (steered(700), reported(500, wheel(millis), 0))), Some((500 + 920, STEERING)));
    assert_eq!(first_fault(|millis| (steered(400), reported(500, wheel(millis), 0))), None);
}

#[test]
fn a_wheel_that_comes_back_in_time_is_none() {
    let moved = |millis: u64| if millis < 910 { 0 } else { 600 };
    assert_eq!(first_fault(|millis| (steered(600), reported(500, moved(millis), 0))), None);
    let late = |millis: u64| if millis < 930 { 0 } else { 600 };
    assert_eq!(first_fault(|millis| (steered(600), reported(500, late(millis), 0))), Some((920, STEERING)));
}

#[test]
fn a_brake_that_does_not_act_is_a_fault_after_its_dead_time_and_its_ramp() {
    // Twice 0.15 s, 0.2 s of ramp and 0.2 s of patience; then 11.2 mm/s a tick until 0.15 m/s are missing.
    for speed in [1000, -1000] {
        assert_eq!(first_fault(|_| (braked(1600), reported(speed, 0, 0))), Some((840, BRAKE)));
    }
    assert_eq!(first_fault(|_| (braked(0), reported(1000, 0, 0))), None, "nothing was asked of it");
    for share in [100, 75] {
        let slower = |millis: u64| (1500 - i32::try_from(millis * 16 * share / 1000).expect("small")).max(0);
        assert_eq!(first_fault(|millis| (braked(1600), reported(slower(millis), 0, 0))), None, "{share} per cent of it");
    }
}

#[test]
fn a_brake_that_is_asked_for_more_has_its_time_again_and_one_that_is_asked_for_less_has_not() {
    let told = |first, then| move |millis| braked(if millis < 300 { first } else { then });
    let (more, less) = (told(800, 1600), told(1600, 800));
    assert_eq!(first_fault(|millis| (more(millis), reported(1000, 0, 0))), Some((300 + 840, BRAKE)));
    // The ramp of the smaller one is over at 0.6 s; 5.6 mm/s a tick.
    assert_eq!(first_fault(|millis| (less(millis), reported(1000, 0, 0))), Some((600 + 270, BRAKE)));
}

#[test]
fn braked_it_gets_no_faster_and_at_rest_it_begins_anew() {
    for (jump_mm_s, fault) in [(150, None), (151, Some((50, BRAKE)))] {
        let speed = |millis: u64| if millis < 50 { 1000 } else { 1000 + jump_mm_s };
        let until = |millis: u64| if millis < 200 { speed(millis) } else { 0 };
        assert_eq!(first_fault(|millis| (braked(1600), reported(until(millis), 0, 0))), fault, "{jump_mm_s} mm/s");
    }
    let pushed = |rest_mm_s| move |millis: u64| if (300..600).contains(&millis) { rest_mm_s } else { 500 };
    let (rests, creeps) = (pushed(10), pushed(11));
    assert_eq!(first_fault(|millis| (braked(1600), reported(rests(millis), 0, 0))), Some((600 + 840, BRAKE)));
    assert_eq!(first_fault(|millis| (braked(1600), reported(creeps(millis), 0, 0))), Some((600, BRAKE)), "it never stood");
}

#[test]
fn forks_settle_for_half_a_second_and_then_hold_within_eight_centimetres() {
    let forks = |from_ms, by_mm| move |millis: u64| if millis < from_ms { 1000 } else { 1000 + by_mm };
    for (from_ms, by_mm, fault) in [
        (490, 500, None),
        (490, -500, None),
        (500, 80, None),
        (500, -80, None),
        (500, 81, Some((500, LIFT))),
        (500, -81, Some((500, LIFT))),
        (9000, 81, Some((9000, LIFT))),
    ] {
        let at_height = forks(from_ms, by_mm);
        let seen = |millis| (Drive::default(), reported(0, 0, at_height(millis)));
        assert_eq!(first_fault(seen), fault, "{by_mm} mm from {from_ms} ms on");
    }
    let lifted = |millis: u64| Drive { lift_mm_s: if millis < 3000 { 100 } else { 0 }, ..Drive::default() };
    let rising = |millis: u64| i32::try_from(millis.min(3490)).expect("small");
    assert_eq!(first_fault(|millis| (lifted(millis), reported(0, 0, rising(millis)))), None, "asked, or settling");
}

#[test]
fn forks_are_compared_with_two_marks_that_move_on_every_thirty_seconds() {
    let mut tracking = Tracking::default();
    let mut look = |millis: u64, fork_mm| {
        assert_eq!(tracking.observe(at(millis), &config(), Drive::default(), &reported(0, 0, fork_mm)), Faults::default());
        tracking.forks.expect("they are told to stand")
    };
    let marks = |marked_ms, mark_mm, older_mm| Forks { told: at(0), marked: at(marked_ms), mark_mm, older_mm };
    assert_eq!(look(0, 100), marks(0, 100, 100));
    assert_eq!(look(499, 110), marks(499, 110, 110), "they settle");
    assert_eq!(look(500, 120), marks(499, 110, 110));
    assert_eq!(look(30_498, 130), marks(499, 110, 110));
    assert_eq!(look(30_499, 140), marks(30_499, 140, 110));
    assert_eq!(look(60_498, 150), marks(30_499, 140, 110));
    assert_eq!(look(60_600, 160), marks(60_600, 160, 140));
}

#[test]
fn over_the_ground_it_slows_no_faster_than_it_can_brake() {
    let mut ground = Ground::default();
    let mut take = |millis, speed_mm_s| {
        ground.take(&config(), &MachineSample { at: at(millis), ..reported(speed_mm_s, 0, 0) });
        (ground.highest_um_s, ground.standing())
    };
    assert_eq!(take(0, -1000), (1_000_000, false));
    assert_eq!(take(10, 0), (982_000, false), "18 mm/s in a tick");
    assert_eq!(take(10, 985), (985_000, false));
    assert_eq!(take(550, 0), (13_000, false));
    assert_eq!(take(551, 10), (11_200, false));
    assert_eq!(take(552, 10), (10_000, false));
    assert_eq!(take(553, 9), (9000, true));
    assert_eq!(take(554, i32::MAX), (5_000_000, false), "no more than twice what it can drive");
}
