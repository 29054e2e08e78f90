//! More limits, each to the last value that is allowed: of ticks, of silence, of what is measured, of a stop.

use super::boundaries::{AROUND, is_over};
use super::truck::{AHEAD, NEUTRAL, Stage, config, watching};
use farhand_protocol::{Cause, MonoTime, SafetyState as S, StopRung};
use farhand_safety::{Config, Drive, Input, Manoeuvre, Persisted, Plan};
use std::time::Duration;

impl Stage {
    /// No more commands from here on; when the last one came.
    fn falls_silent(&mut self) -> MonoTime {
        self.commands_flow = false;
        self.core.gate.newest().expect("commands were heard").at
    }
}

#[test]
fn a_command_is_late_for_the_bucket_beyond_60_ms() {
    for offset in AROUND {
        let mut stage = Stage::driving(1000);
        let (heard, full) = (stage.falls_silent(), stage.core.bucket);
        stage.exactly(heard, 60_000 + offset);
        assert_eq!(stage.core.bucket < full, is_over(offset), "{offset} us");
    }
}

#[test]
fn a_link_stays_good_over_a_gap_of_100_ms() {
    for offset in AROUND {
        let mut stage = Stage::driving(0);
        let (heard, good) = (stage.falls_silent(), stage.core.good_since);
        stage.exactly(heard, 100_000 + offset);
        assert_eq!(stage.core.good_since.is_none(), is_over(offset), "{offset} us");
        let bytes = stage.command_bytes();
        stage.send(&bytes);
        assert_eq!(stage.core.good_since == good, !is_over(offset), "{offset} us");
    }
}

#[test]
fn silence_holds_from_40_ms_on() {
    for offset in AROUND {
        let mut stage = Stage::driving_with(watching(), 1000);
        stage.sees(|seen| seen.zone_limit_mm_s = Some(800));
        stage.hands.speed_mm_s = 1500;
        stage.run_ms(40);
        let heard = stage.falls_silent();
        stage.exactly(heard, 30_000);
        assert_eq!(stage.drive.speed_mm_s, 800);
        stage.sees(|seen| seen.zone_limit_mm_s = None);
        stage.step_to(MonoTime(heard.0 + u64::try_from(40_000 + offset).expect("a span")));
        assert_eq!(stage.drive.speed_mm_s > 800, !is_over(offset), "{offset} us");
    }
}

#[test]
fn in_silence_what_was_told_last_goes_on_and_nothing_more() {
    let mut rolling = Stage::driving(1000);
    let heard = rolling.falls_silent();
    rolling.exactly(heard, 80_000);
    assert_eq!((rolling.drive.speed_mm_s, rolling.drive.brake_mm_s2), (1000, 0), "until it is late");

    let mut lifting = Stage::driving(0);
    lifting.hands.lift_mm_s = 1;
    lifting.run_ms(100);
    let heard = lifting.falls_silent();
    lifting.exactly(heard, 80_000);
    assert_eq!((lifting.drive.lift_mm_s, lifting.drive.brake_mm_s2), (1, 960));

    for lift_mm_s in [1, -1] {
        let mut braked = Stage::driving_with(watching(), 1500);
        braked.hands.lift_mm_s = lift_mm_s;
        braked.run_ms(40);
        let heard = braked.falls_silent();
        braked.exactly(heard, 30_000);
        braked.sees(|seen| seen.zone_limit_mm_s = Some(995));
        braked.exactly(heard, 40_000);
        assert_eq!(braked.drive.brake_mm_s2, 1600, "more than half a metre a second above the zone's limit");
        braked.exactly(heard, 50_000);
        let held = Drive { brake_mm_s2: 1600, lift_mm_s: lift_mm_s.min(0), ..Drive::default() };
        assert_eq!(braked.drive, held, "slower by now, and still braked");
    }
}

#[test]
fn a_reversal_that_is_decided_late_is_no_faster_than_what_was_told() {
    for (asked, told) in [(800, 800), (900, 800), (700, 700)] {
        let mut stage = Stage::driving(-800);
        stage.commands_flow = false;
        let last = stage.now;
        stage.now = MonoTime(last.0 + 1000);
        stage.hands.speed_mm_s = asked;
        let bytes = stage.command_bytes();
        stage.send(&bytes);
        stage.step_to(MonoTime(last.0 + 45_000));
        assert_eq!((stage.state(), stage.drive.speed_mm_s), (S::Teleop, told), "{asked} asked");
    }
}

#[test]
fn what_rolls_at_10_mm_s_does_not_stand() {
    for (speed_um_s, brake_mm_s2, lift_mm_s) in [(9_000, 960, 50), (10_000, 0, 50), (-10_000, 0, 50)] {
        let mut stage = Stage::driving(0);
        stage.hands.lift_mm_s = 50;
        stage.run_ms(40);
        stage.speed_um_s = speed_um_s;
        stage.tick();
        assert_eq!((stage.drive.brake_mm_s2, stage.drive.lift_mm_s), (brake_mm_s2, lift_mm_s), "{speed_um_s} um/s");
    }
    for (speed_um_s, lift_mm_s) in [(9_000, 1), (10_000, 0), (-10_000, 0)] {
        let mut stage = Stage::by_itself(0);
        stage.plan = Some(Plan { speed_mm_s: 0, lift_mm_s: 1, ..AHEAD });
        stage.run_ms(40);
        stage.speed_um_s = speed_um_s;
        stage.tick();
        assert_eq!((stage.drive.brake_mm_s2, stage.drive.lift_mm_s), (960, lift_mm_s), "a plan to stand, {speed_um_s} um/s");
    }
}

#[test]
fn it_sets_off_as_gently_as_it_speeds_up_and_turns_round_as_firmly_as_it_slows() {
    for side in [-1, 1] {
        let mut stage = Stage::driving(0);
        stage.hands.speed_mm_s = side * 500;
        while stage.drive.speed_mm_s == 0 {
            assert!(stage.core.gate.newest().is_some_and(|newest| newest.command.speed_mm_s == 0), "{:?}", stage.drive);
            stage.tick();
        }
        assert_eq!((stage.drive.speed_mm_s, stage.drive.accel_mm_s2), (side * 500, 1000), "from a standstill");
        stage.speed_um_s = i64::from(side) * -100_000;
        stage.tick();
        assert_eq!((stage.drive.speed_mm_s, stage.drive.accel_mm_s2), (side * 500, 1600), "rolling the other way");
        stage.speed_um_s = i64::from(side) * 100_000;
        stage.tick();
        assert_eq!((stage.drive.speed_mm_s, stage.drive.accel_mm_s2), (side * 500, 1000));
    }
}

#[test]
fn something_close_is_a_breach_for_what_is_faster_than_creep_and_a_little() {
    for (speed_um_s, breach) in [(350_000, false), (351_000, true), (-350_000, false), (-351_000, true)] {
        let mut stage = Stage::driving_with(watching(), 300);
        stage.sees(|seen| seen.free_distance_mm = 10);
        stage.speed_um_s = speed_um_s;
        stage.tick();
        assert_eq!(stage.causes() == [Cause::FieldBreach], breach, "{speed_um_s} um/s");
    }
}

#[test]
fn a_stop_is_too_long_beyond_8_seconds_and_too_far_beyond_6_metres() {
    let soft = Manoeuvre { id: 4, steering_mrad: 0, brake_mm_s2: 40, rung: StopRung::Manoeuvre };
    for offset in AROUND {
        let mut stage = Stage::driving(700);
        stage.manoeuvre = Some(soft);
        stage.commands_flow = false;
        stage.until(S::SafeStop);
        let begun = stage.now;
        stage.exactly(begun, 8_000_000 + offset);
        assert_eq!(stage.causes().contains(&Cause::StopOverrun), is_over(offset), "{offset} us");
    }
    for (rolled_um, too_far) in [(6_000_999, false), (6_001_000, true)] {
        let mut stage = Stage::driving(700);
        stage.manoeuvre = Some(soft);
        stage.commands_flow = false;
        stage.until(S::SafeStop);
        stage.travelled_um = stage.core.stop.from_um.expect("the machine reports") + rolled_um;
        stage.tick();
        assert_eq!(stage.causes().contains(&Cause::StopOverrun), too_far, "{rolled_um} um");
    }
}

#[test]
fn what_rolls_does_not_finish_its_start() {
    for scanner in [true, false] {
        let mut stage = Stage::with(Config { scanner, ..config() }, Some(Persisted::default()));
        for _ in 0..50 {
            stage.speed_um_s = 300_000;
            stage.tick();
            assert_eq!(stage.state(), S::Boot);
        }
    }
}

#[test]
fn without_a_load_it_brakes_harder() {
    for (loaded, brake_mm_s2) in [(true, 1600), (false, 2000)] {
        let mut stage = Stage::driving(1500);
        stage.loaded = loaded;
        stage.run_ms(20);
        stage.take(Input::Stop);
        stage.tick();
        assert_eq!(stage.drive.brake_mm_s2, brake_mm_s2, "loaded: {loaded}");
    }
}

#[test]
fn the_age_of_the_drivers_word_is_told() {
    let mut person = Stage::driving(500);
    let heard = person.falls_silent();
    person.exactly(heard, 70_000);
    assert_eq!(person.core.driver_age(person.now), Some(Duration::from_millis(70)));
    let mut itself = Stage::by_itself(500);
    let at = itself.core.plan().expect("a plan").at;
    itself.plan = None;
    itself.exactly(at, 90_000);
    assert_eq!(itself.core.driver_age(itself.now), Some(Duration::from_millis(90)));
    let mut parked = Stage::new();
    parked.hands = NEUTRAL;
    parked.until(S::Parked);
    assert_eq!(parked.core.driver_age(parked.now), None);
}
