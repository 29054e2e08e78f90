//! The governor and its terms.

use super::*;
use crate::core::tests_support::config;
use crate::drives::plain::OPEN;

fn inputs(age_ms: u64) -> CapInputs {
    CapInputs {
        driver: Driver::Operator { loop_age: Some(Duration::from_millis(age_ms)) },
        steering_mrad: 0,
        fork_mm: 0,
        loaded: true,
        creep: false,
        surroundings: None,
        lost_place: false,
    }
}

fn seeing(surroundings: Surroundings) -> CapInputs {
    CapInputs { surroundings: Some(surroundings), ..inputs(50) }
}

fn watching() -> Config {
    Config { scanner: true, ..config() }
}

fn at(millis: u64) -> MonoTime {
    MonoTime(millis * 1000)
}

fn governor(age_ms: u64) -> Governor {
    let mut governor = Governor::default();
    governor.reset(&config(), &inputs(age_ms));
    governor
}

/// The cap of a truck with scanners, from the first tick.
fn capped(inputs: &CapInputs) -> (CapTerm, i32) {
    let mut governor = Governor::default();
    governor.reset(&watching(), inputs);
    what(governor.cap(at(0), &watching(), inputs))
}

fn what(cap: Cap) -> (CapTerm, i32) {
    (cap.term, cap.mm_s)
}

fn by(term: CapTerm, mm_s: i32) -> (CapTerm, i32) {
    (term, mm_s)
}

#[test]
fn the_older_the_picture_the_slower() {
    for (age_ms, expected) in [(50, 2500), (200, 2500), (201, 2487), (250, 2000), (300, 1666), (500, 1000)] {
        let cap = governor(age_ms).cap(at(0), &config(), &inputs(age_ms));
        assert_eq!(what(cap), by(if age_ms > 200 { CapTerm::Blind } else { CapTerm::Site }, expected), "at {age_ms} ms");
    }
}

#[test]
fn the_cap_falls_at_once_and_rises_after_two_good_seconds_by_a_third_of_a_metre_each_second() {
    let mut governor = governor(50);
    assert_eq!(governor.cap(at(0), &config(), &inputs(50)).mm_s, 2500);
    assert_eq!(governor.cap(at(10), &config(), &inputs(500)).mm_s, 1000);
    let mut cap = by(CapTerm::Site, 0);
    for tick in 2..=202 {
        cap = what(governor.cap(at(tick * 10), &config(), &inputs(100)));
        assert!(tick == 202 || cap == by(CapTerm::Rising, 1000), "not yet: {cap:?} at {tick}");
    }
    assert_eq!(cap, by(CapTerm::Rising, 1003), "two seconds are over");
    for tick in 203..=302 {
        cap = what(governor.cap(at(tick * 10), &config(), &inputs(100)));
    }
    assert_eq!(cap.1, 1303, "one second of rising");
    for tick in 303..=800 {
        cap = what(governor.cap(at(tick * 10), &config(), &inputs(100)));
    }
    assert_eq!(cap, by(CapTerm::Site, 2500));
}

#[test]
fn a_slightly_better_link_does_not_raise_the_cap_and_a_fifth_better_does() {
    let mut slightly = governor(300);
    let mut fifth = governor(300);
    for tick in 0..500 {
        assert_eq!(slightly.cap(at(tick * 10), &config(), &inputs(241)).mm_s, 1666, "80 % of 2074 is less");
        fifth.cap(at(tick * 10), &config(), &inputs(239));
    }
    assert_eq!(what(fifth.cap(at(5000), &config(), &inputs(239))), by(CapTerm::Rising, 1673), "80 % of 2092");
}

#[test]
fn a_link_that_is_good_only_for_moments_starts_the_wait_again() {
    let mut governor = governor(300);
    for tick in 0..1000_u64 {
        let age = if tick.is_multiple_of(190) { 300 } else { 100 };
        assert_eq!(governor.cap(at(tick * 10), &config(), &inputs(age)).mm_s, 1666);
    }
}

#[test]
fn a_curve_and_a_raised_fork_each_bind() {
    let curve = CapInputs { steering_mrad: -785, ..inputs(50) };
    assert_eq!(what(governor(50).cap(at(0), &config(), &curve)), by(CapTerm::Curve, 1497));
    let mast = CapInputs { fork_mm: 3000, ..inputs(50) };
    assert_eq!(what(governor(50).cap(at(0), &config(), &mast)), by(CapTerm::Mast, 1169));
}

#[test]
fn leaving_a_curve_the_cap_rises_no_faster_than_the_truck_accelerates() {
    let mut governor = governor(50);
    let curve = CapInputs { steering_mrad: 785, ..inputs(50) };
    governor.cap(at(0), &config(), &curve);
    assert_eq!(what(governor.cap(at(10), &config(), &inputs(50))), by(CapTerm::Rising, 1507));
    assert_eq!(what(governor.cap(at(10), &config(), &inputs(50))), by(CapTerm::Rising, 1508), "never stuck in rounding");
}

#[test]
fn without_scanners_there_is_no_field_and_with_silent_ones_no_speed() {
    assert_eq!(what(governor(50).cap(at(0), &config(), &inputs(50))), by(CapTerm::Site, 2500));
    assert_eq!(capped(&inputs(50)), by(CapTerm::Field, 0));
    assert_eq!(capped(&seeing(OPEN)), by(CapTerm::Site, 2500));
}

#[test]
fn the_free_way_must_take_in_a_stop_after_a_lost_link() {
    for (free_mm, expected) in
        [(5000, 2500), (4000, 2500), (3000, 2246), (2000, 1665), (1500, 1316), (400, 179), (300, 0), (0, 0)]
    {
        let cap = capped(&seeing(Surroundings { free_distance_mm: free_mm, ..OPEN }));
        let term = if expected == 2500 { CapTerm::Site } else { CapTerm::Link };
        let term = if expected == 0 { CapTerm::Field } else { term };
        assert_eq!(cap, by(term, expected), "{free_mm} mm free");
    }
}

#[test]
fn who_drives_itself_needs_way_for_its_scanners_only_and_stops_at_the_end_of_the_base() {
    let auto = |free_mm, base_left_mm| CapInputs {
        driver: Driver::Autonomy { base_left_mm },
        ..seeing(Surroundings { free_distance_mm: free_mm, side_clearance_mm: 10, ..OPEN })
    };
    assert_eq!(capped(&auto(20_000, 20_000)), by(CapTerm::Site, 2500), "no drift without a person");
    assert_eq!(capped(&auto(2000, 20_000)), by(CapTerm::Field, 1778));
    assert_eq!(capped(&auto(20_000, 1000)), by(CapTerm::Base, 1082));
    assert_eq!(capped(&auto(20_000, 51)), by(CapTerm::Base, 120));
    assert_eq!(capped(&auto(20_000, 50)), by(CapTerm::Base, 0));
}

#[test]
fn an_edge_behind_which_somebody_may_stand_slows() {
    let edge = |edge, creep| capped(&CapInputs { creep, ..seeing(Surroundings { occlusion_mm: Some(edge), ..OPEN }) });
    assert_eq!(edge(3000, false), by(CapTerm::Field, 1503));
    assert_eq!(edge(900, false), by(CapTerm::Field, 0));
    assert_eq!(edge(0, true), by(CapTerm::Field, 300), "who creeps is slower than who walks");
    assert_eq!(edge(3000, true), by(CapTerm::Field, 1503), "creep never takes away");
}

#[test]
fn in_creep_it_goes_close_and_no_faster() {
    let close = |free_mm, creep| capped(&CapInputs { creep, ..seeing(Surroundings { free_distance_mm: free_mm, ..OPEN }) });
    assert_eq!(close(300, true), by(CapTerm::Field, 300));
    assert_eq!(close(200, true), by(CapTerm::Link, 288));
    assert_eq!(close(60, true), by(CapTerm::Link, 57));
    assert_eq!(close(30, true), by(CapTerm::Field, 0));
    assert_eq!(close(310, false), by(CapTerm::Link, 19));
    assert_eq!(close(5000, true), by(CapTerm::Site, 2500));
}

#[test]
fn little_room_at_the_sides_slows_a_driver_who_may_go_blind() {
    let narrow = |side, creep, age_ms| {
        let seen = Surroundings { side_clearance_mm: side, ..OPEN };
        capped(&CapInputs { creep, surroundings: Some(seen), ..inputs(age_ms) })
    };
    assert_eq!(narrow(300, false, 50), by(CapTerm::Drift, 2190));
    assert_eq!(narrow(50, false, 50), by(CapTerm::Drift, 894));
    assert_eq!(narrow(0, false, 50), by(CapTerm::Drift, 0));
    assert_eq!(narrow(0, true, 50), by(CapTerm::Drift, 300));
    assert_eq!(narrow(15, false, 600), by(CapTerm::Drift, 408), "old pictures are blind for longer");
}

#[test]
fn zone_guard_and_a_lost_place_bind() {
    assert_eq!(capped(&seeing(Surroundings { zone_limit_mm_s: Some(700), ..OPEN })), by(CapTerm::Zone, 700));
    assert_eq!(capped(&seeing(Surroundings { zone_limit_mm_s: Some(-7), ..OPEN })), by(CapTerm::Zone, 0));
    assert_eq!(capped(&seeing(Surroundings { guard_limit_mm_s: 450, ..OPEN })), by(CapTerm::Guard, 450));
    assert_eq!(capped(&seeing(Surroundings { guard_limit_mm_s: -1, ..OPEN })), by(CapTerm::Guard, 0));
    let lost = |zone_limit_mm_s| CapInputs { lost_place: true, ..seeing(Surroundings { zone_limit_mm_s, ..OPEN }) };
    assert_eq!(capped(&lost(None)), by(CapTerm::Zone, 1000));
    assert_eq!(capped(&lost(Some(600))), by(CapTerm::Zone, 600));
    assert_eq!(capped(&lost(Some(2400))), by(CapTerm::Zone, 1000));
}

#[test]
fn after_a_trip_the_cap_goes_on_from_the_speed_that_was_driven() {
    let mut governor = governor(50);
    governor.cap(at(0), &config(), &inputs(50));
    governor.tripped(at(10), 800);
    assert_eq!(what(governor.cap(at(20), &config(), &inputs(50))), by(CapTerm::Rising, 810));
    governor.tripped(at(30), 3000);
    assert_eq!(what(governor.cap(at(40), &config(), &inputs(50))), by(CapTerm::Rising, 820), "never more than before");
}

#[test]
fn what_is_solid_is_told_apart_from_what_only_slows() {
    let solid = |inputs: &CapInputs| {
        let mut governor = Governor::default();
        governor.reset(&watching(), inputs);
        governor.cap(at(0), &watching(), inputs).solid_mm_s
    };
    let free_mm = 1500;
    assert_eq!(solid(&seeing(Surroundings { free_distance_mm: free_mm, ..OPEN })), 1316);
    assert_eq!(solid(&seeing(Surroundings { guard_limit_mm_s: 450, ..OPEN })), 450);
    assert_eq!(solid(&CapInputs { driver: Driver::Autonomy { base_left_mm: 0 }, ..seeing(OPEN) }), 0);
    let soft = CapInputs { steering_mrad: 1200, fork_mm: 3000, lost_place: true, ..inputs(500) };
    let seen = Surroundings { side_clearance_mm: 0, zone_limit_mm_s: Some(100), ..OPEN };
    assert!(solid(&CapInputs { surroundings: Some(seen), ..soft }) > 2500);
    assert_eq!(solid(&inputs(50)), 0, "scanners that are silent");
}
