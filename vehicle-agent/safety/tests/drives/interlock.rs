//! The last look at a command: whatever is wrong about it alone is a fault inside.

use super::truck::{Stage, watching};
use farhand_protocol::{Cause, SafetyState as S};
use farhand_safety::{Drive, Persisted};

/// What leaves the interlock for this command.
fn passed(stage: &Stage, drive: Drive) -> (Drive, S, bool) {
    let mut core = stage.core.clone();
    let left = core.interlock(stage.now, drive);
    (left, core.state(), core.causes().contains(Cause::InternalFault))
}

fn stays(stage: &Stage, drive: Drive) {
    assert_eq!(passed(stage, drive), (drive, stage.state(), false), "{drive:?} is sound in {:?}", stage.state());
}

fn is_caught(stage: &Stage, drive: Drive) {
    let (left, state, fault) = passed(stage, drive);
    assert_eq!((state, fault), (S::EStop, true), "{drive:?} in {:?}", stage.state());
    assert_eq!((left.speed_mm_s, left.lift_mm_s, left.brake_mm_s2, left.safe_stop), (0, 0, 1800, true));
}

/// One in each state that does not drive.
fn at_rest() -> Vec<Stage> {
    let mut boot = Stage::with(watching(), Some(Persisted::default()));
    boot.tick();
    assert_eq!(boot.state(), S::Boot);
    let mut parked = boot.clone();
    parked.until(S::Parked);
    let mut handover = parked.clone();
    handover.grant();
    handover.until(S::Handover);
    let mut halt = parked.clone();
    halt.take(farhand_safety::Input::Stop);
    halt.until(S::Halt);
    let mut stopping = Stage::driving(1500);
    stopping.take(farhand_safety::Input::Stop);
    stopping.tick();
    let mut pressed = parked.clone();
    pressed.emergency_stop = true;
    pressed.tick();
    vec![boot, parked, handover, halt, stopping, pressed]
}

#[test]
fn where_nobody_drives_nothing_moves_and_the_brake_is_on() {
    let held = Drive { brake_mm_s2: 1, ..Drive::default() };
    for stage in at_rest() {
        stays(&stage, held);
        for wrong in [
            Drive { brake_mm_s2: 0, ..held },
            Drive { brake_mm_s2: -1, ..held },
            Drive { lift_mm_s: 1, ..held },
            Drive { lift_mm_s: -1, ..held },
            Drive { speed_mm_s: 1, ..held },
            Drive { speed_mm_s: -1, ..held },
            Drive { steering_mrad: 1301, ..held },
            Drive { steering_mrad: -1301, ..held },
        ] {
            is_caught(&stage, wrong);
        }
    }
}

#[test]
fn whoever_drives_stays_below_the_cap_and_within_the_wheels_range() {
    for stage in [Stage::driving_with(watching(), 1500), Stage::by_itself(1500)] {
        let (cap, _) = stage.core.cap();
        let driven = Drive { speed_mm_s: cap, steering_mrad: 1300, lift_mm_s: 100, ..Drive::default() };
        stays(&stage, driven);
        stays(&stage, Drive { speed_mm_s: -cap, steering_mrad: -1300, ..driven });
        for wrong in [
            Drive { speed_mm_s: cap + 1, ..driven },
            Drive { speed_mm_s: -cap - 1, ..driven },
            Drive { speed_mm_s: i32::MIN, ..driven },
            Drive { steering_mrad: 1301, ..driven },
            Drive { steering_mrad: i32::MIN, ..driven },
            Drive { brake_mm_s2: -1, ..driven },
        ] {
            is_caught(&stage, wrong);
        }
    }
}

#[test]
fn a_wheel_may_be_held_where_it_is_read_and_no_farther() {
    let mut stage = Stage::new();
    stage.until(S::Parked);
    stage.wheel_urad = -1_305_000;
    stage.tick();
    for steering_mrad in [-1305, 1305] {
        stays(&stage, Drive { brake_mm_s2: 1, steering_mrad, ..Drive::default() });
    }
    for steering_mrad in [-1306, 1306] {
        is_caught(&stage, Drive { brake_mm_s2: 1, steering_mrad, ..Drive::default() });
    }
}
