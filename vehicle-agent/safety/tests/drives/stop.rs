//! How a stop is driven: by the guard's manoeuvre, along the path, held, or as hard as the machine can.

use super::truck::{OPEN, Stage, config, watching};
use farhand_protocol::{Cause, Protection, SafetyState as S, StopRung};
use farhand_safety::{Config, Input, Manoeuvre, StopPolicy, Surroundings};
use std::time::Duration;

fn proved(steering_mrad: i32, brake_mm_s2: i32) -> Manoeuvre {
    Manoeuvre { id: 4, steering_mrad, brake_mm_s2, rung: StopRung::Manoeuvre }
}

fn along(steering_mrad: i32) -> Manoeuvre {
    Manoeuvre { id: 5, steering_mrad, brake_mm_s2: 200, rung: StopRung::Path }
}

/// In a stop because the commands ended, with this manoeuvre at hand all along.
fn silenced(config: Config, manoeuvre: Option<Manoeuvre>) -> Stage {
    let mut stage = Stage::driving_with(config, 2000);
    stage.hands.steering_mrad = 80;
    stage.run_ms(300);
    stage.manoeuvre = manoeuvre;
    stage.commands_flow = false;
    stage.until(S::SafeStop);
    stage
}

fn rung(stage: &mut Stage) -> Option<StopRung> {
    stage.snapshot().last_stop.and_then(|stop| stop.rung)
}

fn told(stage: &Stage) -> (i32, i32) {
    (stage.drive.steering_mrad, stage.drive.brake_mm_s2)
}

#[test]
fn a_lost_link_drives_the_stop_that_is_proved_free() {
    let mut stage = silenced(config(), Some(proved(-300, 800)));
    assert_eq!(told(&stage), (-300, 800), "in the very tick of the change");
    assert!(stage.drive.safe_stop && stage.drive.speed_mm_s == 0);
    stage.manoeuvre = Some(proved(-200, 600));
    stage.run_ms(100);
    assert_eq!((told(&stage), rung(&mut stage)), ((-200, 600), Some(StopRung::Manoeuvre)));
    stage.until(S::Halt);
    assert_eq!((stage.speed_mm_s(), stage.causes()), (0, vec![Cause::CommandLost]));
    assert_eq!(rung(&mut stage), Some(StopRung::Manoeuvre));
}

#[test]
fn whatever_the_guard_says_the_brake_is_on_load_safe_and_the_wheel_in_range() {
    for (brake, expected) in [(i32::MIN, 1), (-1, 1), (0, 1), (1, 1), (1599, 1599), (1600, 1600), (1601, 1600), (i32::MAX, 1600)]
    {
        let stage = silenced(config(), Some(proved(0, brake)));
        assert_eq!(stage.drive.brake_mm_s2, expected, "{brake}");
    }
    for (steering, expected) in [(1300, 1300), (1301, 1300), (i32::MAX, 1300), (-1301, -1300), (i32::MIN, -1300)] {
        let stage = silenced(config(), Some(proved(steering, 800)));
        assert_eq!(stage.drive.steering_mrad, expected, "{steering}");
    }
}

#[test]
fn where_the_site_says_brake_it_never_navigates() {
    let brake = || Config { stop_policy: StopPolicy::Brake, ..config() };
    let mut stage = silenced(brake(), Some(proved(-300, 240)));
    assert_eq!(told(&stage), (80, 1600));
    stage.run_ms(100);
    assert_eq!((told(&stage), rung(&mut stage)), ((80, 1600), Some(StopRung::Held)));
    let mut stage = silenced(brake(), Some(along(60)));
    assert_eq!((told(&stage), rung(&mut stage)), ((60, 1600), Some(StopRung::Path)), "it keeps to its path");
}

#[test]
fn a_stop_by_a_person_never_navigates_and_keeps_to_the_path() {
    for (manoeuvre, expected) in [(None, 80), (Some(proved(-300, 240)), 80), (Some(along(60)), 60)] {
        let mut stage = Stage::driving(2000);
        stage.hands.steering_mrad = 80;
        stage.hands.lift_mm_s = -100;
        stage.run_ms(300);
        assert_eq!(stage.drive.lift_mm_s, -100);
        stage.manoeuvre = manoeuvre;
        stage.take(Input::Stop);
        stage.tick();
        assert_eq!((told(&stage), stage.drive.lift_mm_s), ((expected, 1600), 0), "{manoeuvre:?}");
        stage.run_ms(200);
        assert_eq!(told(&stage), (expected, 1600), "{manoeuvre:?}");
    }
}

#[test]
fn a_lease_that_is_taken_away_brakes_and_one_that_ends_navigates() {
    let stopped = |input: fn(farhand_protocol::LeaseEpoch) -> Input<'static>| {
        let mut stage = Stage::driving(2000);
        stage.manoeuvre = Some(proved(-300, 240));
        stage.tick();
        let epoch = stage.epoch;
        stage.take(input(epoch));
        stage.tick();
        stage
    };
    let mut revoked = stopped(Input::LeaseRevoked);
    assert_eq!((revoked.causes(), told(&revoked)), (vec![Cause::LeaseRevoked], (0, 1600)));
    let mut ended = stopped(Input::LeaseEnd);
    assert_eq!((ended.causes(), told(&ended)), (vec![Cause::LeaseLost], (-300, 240)));

    let mut standing = Stage::driving(0);
    standing.hands.enable = false;
    standing.run_ms(500);
    let epoch = standing.epoch;
    standing.take(Input::LeaseRevoked(epoch));
    standing.tick();
    assert_eq!((standing.state(), standing.causes().len()), (S::Parked, 0), "nothing to stop");
}

#[test]
fn a_guard_that_falls_silent_leaves_the_wheel_where_it_was_and_brakes_for_good() {
    let mut stage = silenced(config(), Some(proved(-300, 240)));
    stage.manoeuvre = None;
    stage.run_ms(30);
    assert_eq!(told(&stage), (-300, 240), "three ticks are forgiven");
    stage.tick();
    assert_eq!((told(&stage), rung(&mut stage)), ((-300, 1600), Some(StopRung::Held)));
    stage.manoeuvre = Some(proved(200, 240));
    stage.run_ms(50);
    assert_eq!((told(&stage), rung(&mut stage)), ((-300, 1600), Some(StopRung::Held)), "the ladder only goes down");
}

#[test]
fn from_the_path_it_does_not_climb_to_a_manoeuvre() {
    let mut stage = silenced(config(), Some(along(60)));
    assert_eq!(told(&stage), (60, 1600));
    stage.manoeuvre = Some(proved(200, 240));
    stage.run_ms(20);
    assert_eq!((told(&stage), rung(&mut stage)), ((60, 1600), Some(StopRung::Held)));
}

#[test]
fn a_manoeuvre_on_a_rung_that_is_not_the_guards_is_none() {
    for rung in [StopRung::Held, StopRung::Machine] {
        let stage = silenced(config(), Some(Manoeuvre { rung, ..proved(-300, 240) }));
        assert_eq!(told(&stage), (80, 1600), "{rung:?}");
    }
}

#[test]
fn a_guard_that_hears_of_the_stop_only_then_has_three_ticks_to_speak() {
    let mut stage = silenced(config(), None);
    assert_eq!((told(&stage), rung(&mut stage)), ((80, 1600), None), "braked meanwhile");
    stage.run_ms(20);
    stage.manoeuvre = Some(proved(-300, 240));
    stage.tick();
    assert_eq!((told(&stage), rung(&mut stage)), ((-300, 240), Some(StopRung::Manoeuvre)));

    let mut late = silenced(config(), None);
    late.run_ms(40);
    late.manoeuvre = Some(proved(-300, 240));
    late.run_ms(20);
    assert_eq!((told(&late), rung(&mut late)), ((80, 1600), Some(StopRung::Held)));
}

#[test]
fn the_best_rung_that_is_open_is_told_to_the_guard() {
    let mut stage = silenced(config(), None);
    assert_eq!(stage.core.stop_rung(), Some(StopRung::Manoeuvre), "it may still speak");
    stage.run_ms(50);
    assert_eq!(stage.core.stop_rung(), Some(StopRung::Held));
    stage.take(Input::ClockJump);
    assert_eq!(stage.core.stop_rung(), Some(StopRung::Machine));
    let mut person = Stage::driving(1000);
    person.take(Input::Stop);
    person.tick();
    assert_eq!(person.core.stop_rung(), Some(StopRung::Path));
}

#[test]
fn eight_seconds_or_six_metres_are_the_end_of_navigating() {
    let mut long = silenced(config(), Some(proved(0, 40)));
    long.speed_um_s = 700_000;
    let mut after = 0;
    while !long.causes().contains(&Cause::StopOverrun) {
        long.tick();
        after += 10;
        assert!(after <= 8100, "{:?}", long.snapshot());
    }
    assert!((7990..=8020).contains(&after), "{after} ms");
    assert_eq!(long.drive.brake_mm_s2, 1600);

    let mut far = silenced(config(), Some(proved(0, 240)));
    let from = far.travelled_um;
    while !far.causes().contains(&Cause::StopOverrun) {
        far.tick();
    }
    let rolled_mm = (far.travelled_um - from) / 1000;
    assert!((5990..=6040).contains(&rolled_mm), "{rolled_mm} mm");
    assert_eq!((far.state(), far.drive.brake_mm_s2), (S::SafeStop, 1600));
    assert_eq!(far.causes(), [Cause::StopOverrun, Cause::CommandLost], "neither hides the other");
    far.until(S::Halt);
}

#[test]
fn something_in_the_way_is_braked_as_hard_as_the_machine_can() {
    let cases = [
        ("the protective field", Cause::FieldBreach, Surroundings { breached: true, ..OPEN }),
        ("too close to stop", Cause::FieldBreach, Surroundings { free_distance_mm: 1500, ..OPEN }),
        ("no way out", Cause::NoWayOut, Surroundings { way_out: false, ..OPEN }),
    ];
    for (what, cause, seen) in cases {
        let mut stage = Stage::driving_with(watching(), 2000);
        stage.manoeuvre = Some(proved(-300, 240));
        stage.seen = Some(seen);
        stage.tick();
        assert_eq!((stage.state(), stage.causes()), (S::SafeStop, vec![cause]), "{what}");
        assert_eq!(told(&stage), (0, 1800), "{what}");
        stage.until(S::Halt);
        assert_eq!(rung(&mut stage), Some(StopRung::Machine));
    }
}

#[test]
fn a_field_that_stays_broken_keeps_the_halt_and_a_free_one_lets_go() {
    let mut stage = Stage::driving_with(watching(), 1000);
    stage.sees(|seen| seen.breached = true);
    stage.until(S::Halt);
    assert_eq!(stage.snapshot().protection, Protection::Breached);
    stage.acknowledge();
    stage.run_ms(4000);
    assert_eq!(stage.state(), S::Halt);
    stage.sees(|seen| seen.breached = false);
    stage.until(S::Parked);
    assert_eq!(stage.snapshot().protection, Protection::Watching);
}

#[test]
fn standing_or_in_creep_something_close_is_no_breach() {
    let mut stage = Stage::driving_with(watching(), 250);
    stage.sees(|seen| seen.free_distance_mm = 60);
    stage.run_ms(500);
    assert_eq!((stage.state(), stage.snapshot().speed_mm_s), (S::Teleop, 57), "ever slower");
    stage.sees(|seen| (seen.free_distance_mm, seen.way_out) = (10, false));
    stage.run_ms(300);
    stage.run_ms(300);
    assert!(stage.state() == S::Teleop || stage.causes() == [Cause::NoWayOut], "{:?}", stage.snapshot());
    assert_eq!(stage.speed_mm_s(), 0);
}

#[test]
fn a_weak_brake_is_named_and_braked_with_all_there_is() {
    let mut stage = Stage::driving(2000);
    stage.brake_percent = 50;
    stage.take(Input::Stop);
    let mut after = 0;
    while !stage.causes().contains(&Cause::BrakeFault) {
        stage.tick();
        after += 10;
        assert!(after < 1500, "{:?}", stage.snapshot());
    }
    assert_eq!((stage.drive.brake_mm_s2, stage.causes()), (1800, vec![Cause::BrakeFault, Cause::RemoteStop]));
    stage.until(S::Halt);
    assert_eq!(stage.speed_mm_s(), 0);

    let mut fair = Stage::driving(2000);
    fair.brake_percent = 80;
    fair.take(Input::Stop);
    fair.until(S::Halt);
    assert_eq!(fair.causes(), [Cause::RemoteStop], "four fifths of the demand are not a fault");
}

#[test]
fn a_truck_that_gets_faster_in_a_stop_is_braked_with_all_there_is() {
    let mut stage = silenced(config(), Some(proved(0, 400)));
    stage.run_ms(300);
    stage.speed_um_s += 200_000;
    stage.tick();
    assert_eq!((stage.causes(), stage.drive.brake_mm_s2), (vec![Cause::BrakeFault, Cause::CommandLost], 1800));
}

#[test]
fn a_wheel_that_hangs_is_named_and_a_slow_one_is_not() {
    let mut stuck = Stage::driving(800);
    stuck.wheel_follows = false;
    stuck.hands.steering_mrad = 600;
    let mut after = 0;
    while stuck.state() == S::Teleop {
        stuck.tick();
        after += 10;
    }
    assert_eq!(stuck.causes(), [Cause::SteeringFault]);
    assert!((700..1300).contains(&after), "{after} ms");
    assert_eq!(stuck.drive.brake_mm_s2, 1600);

    let mut busy = Stage::driving(800);
    for turn in 0..60 {
        busy.hands.steering_mrad = if turn % 2 == 0 { 700 } else { -700 };
        busy.run_ms(170);
        assert_eq!(busy.state(), S::Teleop, "a hand that turns faster than the wheel is no fault");
    }
}

#[test]
fn a_wheel_that_slides_is_not_a_truck_that_stands() {
    let mut stage = Stage::driving(2500);
    stage.take(Input::Stop);
    stage.run_ms(100);
    // The wheels lock, the truck slides on.
    stage.speed_um_s = 0;
    let after = stage.until(S::Halt);
    assert!((1700..=1850).contains(&after), "at rest after {after} ms: 2.3 m/s at 1.8 m/s2, and half a second");
}

#[test]
fn the_last_stop_tells_its_silence_and_its_way() {
    let mut stage = silenced(config(), Some(proved(0, 800)));
    let begun = stage.travelled_um;
    stage.until(S::Halt);
    let shown = stage.snapshot();
    let stop = shown.last_stop.expect("a stop");
    assert_eq!((stop.latch, stop.cause), (shown.latch.expect("latched"), Cause::CommandLost));
    assert!((251..=271).contains(&stop.silence_ms.expect("commands were heard")), "{stop:?}");
    let rolled = i32::try_from((stage.travelled_um - begun) / 1000).expect("small");
    assert!((rolled..=rolled + 21).contains(&stop.rolled_mm), "{stop:?} {rolled}");
    stage.speed_um_s = 50_000;
    stage.run_ms(200);
    assert_eq!(stage.snapshot().last_stop, Some(stop), "what happens in Halt is not the stop's");
}

#[test]
fn a_cut_brakes_as_hard_as_the_machine_can() {
    let mut stage = Stage::driving(2000);
    stage.hands.steering_mrad = 40;
    stage.run_ms(100);
    stage.take(Input::ClockJump);
    stage.tick();
    assert_eq!((stage.state(), told(&stage)), (S::Halt, (40, 1800)));
    stage.now = stage.now.after(Duration::from_millis(1));
    stage.emergency_stop = true;
    stage.tick();
    assert_eq!((stage.state(), told(&stage)), (S::EStop, (40, 1800)));
    assert!(stage.drive.safe_stop);
}
