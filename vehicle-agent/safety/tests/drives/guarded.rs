//! What the guard's answers do to a command, and what the guard is asked.

use super::truck::{Stage, watching};
use farhand_protocol::SafetyState;
use farhand_safety::Asked;
use std::time::Duration;

#[test]
fn the_guard_takes_wheel_and_forks_where_only_that_leaves_a_stop() {
    let mut stage = Stage::driving_with(watching(), 1500);
    stage.hands.steering_mrad = 200;
    stage.run_ms(200);
    stage.sees(|seen| (seen.guard_limit_mm_s, seen.guard_wheel_mrad) = (0, Some(-150)));
    stage.tick();
    assert_eq!((stage.drive.steering_mrad, stage.drive.brake_mm_s2), (-150, 1600));
    stage.sees(|seen| seen.guard_wheel_mrad = Some(i32::MIN));
    stage.tick();
    assert_eq!(stage.drive.steering_mrad, -1300, "within what the vehicle can");
    stage.sees(|seen| (seen.guard_limit_mm_s, seen.guard_wheel_mrad) = (8000, None));
    stage.tick();
    assert_eq!(stage.drive.steering_mrad, 200, "and gives it back");

    let mut lifting = Stage::driving_with(watching(), 1500);
    for (asked, allowed, driven) in [(100, true, 100), (100, false, 0), (-100, false, -100)] {
        lifting.hands.lift_mm_s = asked;
        lifting.sees(|seen| seen.guard_lift = allowed);
        lifting.run_ms(50);
        assert_eq!(lifting.drive.lift_mm_s, driven, "asked {asked}, guard {allowed}");
    }
}

#[test]
fn the_guards_no_brakes_in_full_whoever_lets_go() {
    for (enable, commands_flow, usual) in [(false, true, 960), (true, false, 480)] {
        let mut stage = Stage::driving_with(watching(), 1000);
        (stage.hands.enable, stage.commands_flow) = (enable, commands_flow);
        stage.run_ms(120);
        assert_eq!((stage.state(), stage.drive.brake_mm_s2), (SafetyState::Teleop, usual));
        stage.sees(|seen| seen.guard_limit_mm_s = 0);
        stage.tick();
        assert_eq!(stage.drive.brake_mm_s2, 1600);
    }
}

#[test]
fn what_is_meant_is_what_would_leave_without_the_guard() {
    let mut stage = Stage::driving_with(watching(), 1500);
    stage.hands.steering_mrad = 200;
    stage.run_ms(200);
    let meant = stage.core.intended(stage.now).expect("somebody drives");
    assert_eq!((meant.speed_mm_s, meant.steering_mrad, meant.brake_mm_s2), (1500, 200, 0));
    assert_eq!(meant, stage.drive);
    stage.sees(|seen| (seen.guard_limit_mm_s, seen.guard_wheel_mrad, seen.guard_lift) = (1400, Some(-150), false));
    stage.tick();
    assert_eq!((stage.drive.speed_mm_s, stage.drive.steering_mrad), (1400, -150));
    let meant = stage.core.intended(stage.now).expect("somebody drives");
    assert_eq!(meant.speed_mm_s, 1401, "a cap rises slowly, whatever lowered it");
    assert_eq!((meant.steering_mrad, meant.brake_mm_s2), (200, 0));
    stage.hands.lift_mm_s = 100;
    stage.run_ms(30);
    let meant = stage.core.intended(stage.now).expect("somebody drives");
    assert_eq!((meant.lift_mm_s, stage.drive.lift_mm_s), (100, 0), "the forks as well");
    assert!(stage.core.driver_age(stage.now).is_some_and(|age| age <= Duration::from_millis(20)));
    assert_eq!(stage.core.stop_rung(), None);

    stage.commands_flow = false;
    stage.until(SafetyState::SafeStop);
    assert_eq!((stage.core.intended(stage.now), stage.core.driver_age(stage.now)), (None, None));
    assert!(stage.core.stop_rung().is_some());
    stage.until(SafetyState::Halt);
    assert_eq!(stage.core.stop_rung(), None);
}

#[test]
fn where_nobody_drives_the_guard_is_asked_about_the_wheel_as_it_stands() {
    let mut stage = Stage::new();
    stage.until(SafetyState::Parked);
    stage.wheel_urad = 300_000;
    stage.hands.speed_mm_s = 900;
    stage.tick();
    assert_eq!(stage.core.asked(), Asked { speed_mm_s: 0, steering_mrad: 300, creep: true });
    assert_eq!(stage.core.intended(stage.now), None);
}
