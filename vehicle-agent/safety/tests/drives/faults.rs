//! Causes that come from pictures, scanners, switches and the inside: each raised, named, cleared.

use super::truck::{FRONT, NEUTRAL, REAR, Stage, config, watching};
use farhand_protocol::{CapTerm, Cause, LatchId, MonoTime, Need, Protection, RejectReason, SafetyState as S};
use farhand_safety::{Action, Broken, CameraSet, Config, Content, Input, Persisted, RULES, Surroundings};
use std::time::Duration;

fn checking() -> Config {
    Config { checked_identical: CameraSet::default().with(FRONT), ..config() }
}

#[test]
fn a_required_picture_that_stands_still_while_the_truck_moves_stops_it() {
    let mut stage = Stage::driving_with(checking(), 500);
    stage.picture_frozen = true;
    let after = stage.until(S::SafeStop);
    // 0.10 m at 0.5 m/s is 0.2 s, and 0.3 s of suspicion.
    assert!((490..=560).contains(&after), "{after} ms");
    assert_eq!(stage.causes(), [Cause::PictureFrozen]);
    assert_eq!(stage.snapshot().still, [FRONT]);
    stage.until(S::Halt);
    stage.acknowledge();
    stage.run_ms(4000);
    assert_eq!((stage.state(), stage.snapshot().needs), (S::Halt, vec![Need::GoodLink]), "it still repeats itself");
    stage.picture_frozen = false;
    stage.until(S::Parked);
    assert!(stage.snapshot().still.is_empty());
}

#[test]
fn a_turn_on_the_spot_shows_a_frozen_picture_as_well() {
    let mut stage = Stage::driving_with(checking(), 60);
    stage.hands.steering_mrad = 1300;
    stage.run_ms(2000);
    assert_eq!(stage.state(), S::Teleop);
    stage.picture_frozen = true;
    // 3 degrees at tan(1.3) over 1.4 m of wheelbase are 20 mm: a third of a second at 60 mm/s.
    let after = stage.until(S::SafeStop);
    assert!((600..=720).contains(&after), "{after} ms");
    assert_eq!(stage.causes(), [Cause::PictureFrozen]);
}

#[test]
fn standing_still_a_still_picture_is_a_warning_only_and_only_where_noise_would_show() {
    let mut stage = Stage::driving_with(checking(), 0);
    stage.picture_frozen = true;
    stage.run_ms(1900);
    assert!(stage.snapshot().still.is_empty());
    stage.run_ms(200);
    assert_eq!((stage.state(), stage.snapshot().still), (S::Teleop, vec![FRONT]));

    let decoded = Config { checked_motion: CameraSet::default().with(FRONT), ..config() };
    let mut stage = Stage::driving_with(decoded, 0);
    stage.picture_frozen = true;
    stage.run_ms(5000);
    assert!(stage.snapshot().still.is_empty(), "nothing moves before a decoded picture either");
    stage.hands.speed_mm_s = 500;
    stage.until(S::SafeStop);
    assert_eq!(stage.causes(), [Cause::PictureFrozen]);
    stage.until(S::Halt);
    stage.acknowledge();
    stage.until(S::Parked);
}

#[test]
fn a_frozen_picture_that_is_not_needed_warns_and_drives_on() {
    let rear = Config { checked_identical: CameraSet::default().with(REAR), ..config() };
    let mut stage = Stage::driving_with(rear, 500);
    stage.picture_frozen = true;
    stage.run_ms(3000);
    assert_eq!((stage.state(), stage.snapshot().still), (S::Teleop, vec![REAR]));
    stage.hands.speed_mm_s = -500;
    stage.until(S::SafeStop);
    assert_eq!(stage.causes(), [Cause::PictureFrozen], "backwards it is needed");
}

#[test]
fn an_agent_that_measures_nothing_is_a_frozen_picture_and_unchecked_cameras_are_not_asked() {
    let silent = |stage: &mut Stage| {
        // Pictures without a word about their content: as if each were the same as the first.
        stage.take(Input::AgentGone);
        stage.take(Input::AgentBeat(stage.now));
        stage.changes = 0;
        stage.frames = 0;
        stage.picture_frozen = true;
    };
    let mut stage = Stage::driving_with(checking(), 500);
    silent(&mut stage);
    stage.run_ms(1000);
    assert_eq!((stage.state(), stage.causes()), (S::SafeStop, vec![Cause::PictureFrozen]));

    let mut unchecked = Stage::driving(500);
    silent(&mut unchecked);
    unchecked.run_ms(3000);
    assert_eq!((unchecked.state(), unchecked.snapshot().still), (S::Teleop, vec![]));
}

#[test]
fn an_agent_that_starts_again_counts_its_pictures_from_the_first() {
    let mut stage = Stage::driving_with(checking(), 500);
    stage.take(Input::AgentGone);
    stage.take(Input::AgentBeat(stage.now));
    (stage.frames, stage.changes) = (0, 0);
    stage.run_ms(2000);
    assert_eq!((stage.state(), stage.snapshot().still), (S::Teleop, vec![]));
}

#[test]
fn content_counts_only_with_a_new_picture_of_the_source_and_a_capture_that_was() {
    let mut stage = Stage::driving_with(checking(), 500);
    stage.picture_frozen = true;
    let (frame, changes) = (stage.frames, stage.changes);
    let content = Content { camera: FRONT, capture: stage.now, frame, changes, motion: None };
    let mut after = 0;
    while stage.state() == S::Teleop {
        for bad in [
            Content { changes: changes + 9, ..content },
            Content { frame: frame + 999, changes: changes + 9, capture: MonoTime(stage.now.0 + 50_000), ..content },
            Content { frame: frame + 999, changes: changes + 9, capture: MonoTime(5), ..content },
            Content { frame: frame + 999, changes: changes + 9, camera: farhand_protocol::CameraIndex(9), ..content },
        ] {
            stage.take(Input::Content(bad));
        }
        stage.tick();
        after += 10;
    }
    assert!((490..=560).contains(&after), "{after} ms");
    assert_eq!(stage.causes(), [Cause::PictureFrozen]);
}

#[test]
fn a_silent_scanner_stops_what_moves_and_keeps_what_stands() {
    let mut stage = Stage::driving_with(watching(), 1500);
    assert_eq!((stage.snapshot().protection, stage.snapshot().free_mm), (Protection::Watching, Some(20_000)));
    stage.seen = None;
    let after = stage.until(S::SafeStop);
    assert!((120..=160).contains(&after), "{after} ms after the last word, at most 40 ms after the scan");
    assert_eq!((stage.causes(), stage.drive.brake_mm_s2), (vec![Cause::ScanLost], 1800));
    assert_eq!((stage.snapshot().protection, stage.snapshot().free_mm), (Protection::Lost, None));
    stage.until(S::Halt);
    stage.acknowledge();
    stage.run_ms(3000);
    assert_eq!((stage.state(), stage.snapshot().needs), (S::Halt, vec![Need::Scanner, Need::GoodLink]));
    stage.seen = Some(super::truck::OPEN);
    stage.until(S::Parked);
    stage.seen = None;
    stage.run_ms(200);
    assert_eq!((stage.state(), stage.snapshot().needs), (S::Parked, vec![Need::Confirm, Need::Scanner]));
}

#[test]
fn a_scan_that_is_old_though_told_anew_is_silence() {
    let mut stage = Stage::driving_with(watching(), 1500);
    let scan_at = stage.now;
    let seen = stage.seen.take();
    for _ in 0..30 {
        stage.now = stage.now.after(Duration::from_millis(10));
        let (sample, now) = (stage.sample(), stage.now);
        stage.take(Input::Machine(sample));
        stage.take(Input::AgentBeat(now));
        let bytes = stage.command_bytes();
        stage.send(&bytes);
        stage.take(Input::Surroundings(Surroundings { at: now, scan_at, ..seen.expect("seen") }));
        stage.take(Input::Surroundings(Surroundings { at: now, scan_at: MonoTime(now.0 + 1), ..seen.expect("seen") }));
        stage.take(Input::Surroundings(Surroundings { at: MonoTime(now.0 + 1), scan_at: now, ..seen.expect("seen") }));
        stage.decide();
        let old = now.since(scan_at) > Duration::from_millis(150);
        assert_eq!(stage.state(), if old { S::SafeStop } else { S::Teleop });
    }
    assert_eq!(stage.causes(), [Cause::ScanLost]);
}

#[test]
fn without_its_scanners_it_neither_boots_nor_is_taken_over() {
    let mut stage = Stage::with(watching(), Some(Persisted::default()));
    stage.seen = None;
    stage.run_ms(1000);
    assert_eq!((stage.state(), stage.snapshot().needs), (S::Boot, vec![Need::Scanner]));
    stage.seen = Some(super::truck::OPEN);
    stage.until(S::Parked);
    stage.grant();
    stage.until(S::Handover);
    stage.run_ms(2100);
    stage.seen = None;
    stage.run_ms(200);
    stage.hands.enable = true;
    stage.run_ms(200);
    assert_eq!((stage.state(), stage.snapshot().needs), (S::Handover, vec![Need::Scanner, Need::Neutral]));

    let mut none = Stage::with(config(), Some(Persisted::default()));
    none.seen = None;
    none.until(S::Parked);
    assert_eq!(none.snapshot().protection, Protection::NoScanner);
    assert_eq!(none.snapshot().free_mm, None);
}

#[test]
fn the_field_slows_before_it_stops() {
    let mut stage = Stage::driving_with(watching(), 2500);
    stage.sees(|seen| seen.free_distance_mm = 4000);
    stage.run_ms(100);
    assert_eq!(stage.speed_mm_s(), 2500);
    stage.sees(|seen| seen.free_distance_mm = 3400);
    stage.run_ms(600);
    let shown = stage.snapshot();
    assert_eq!((shown.state, shown.cap_mm_s, shown.cap_term, shown.free_mm), (S::Teleop, 2449, CapTerm::Link, Some(3400)));
    stage.sees(|seen| seen.guard_limit_mm_s = 0);
    stage.tick();
    assert_eq!((stage.state(), stage.drive.brake_mm_s2), (S::Teleop, 1600), "the guard's no is a brake, not a coast");
    stage.run_ms(2000);
    let shown = stage.snapshot();
    assert_eq!((shown.speed_mm_s, shown.cap_mm_s, shown.cap_term), (0, 0, CapTerm::Guard));
    stage.hands.lift_mm_s = 50;
    stage.hands.speed_mm_s = 0;
    stage.run_ms(50);
    assert_eq!(stage.drive.lift_mm_s, 50, "standing, the forks may still work");
}

#[test]
fn a_switch_pressed_through_stops_as_if_stop_were_pressed() {
    let mut stage = Stage::driving(1500);
    stage.hands.pressed_through = Some(false);
    stage.run_ms(100);
    assert_eq!(stage.state(), S::Teleop);
    stage.hands.pressed_through = Some(true);
    stage.run_ms(30);
    assert_eq!((stage.state(), stage.causes()), (S::SafeStop, vec![Cause::EnablePanic]));
    stage.until(S::Halt);
    stage.acknowledge();
    stage.until(S::Parked);
}

#[test]
fn the_interlock_finds_traction_where_there_must_be_none() {
    let mut stage = Stage::new().broken(Some(Broken::Interlock));
    stage.until(S::EStop);
    assert_eq!((stage.drive.speed_mm_s, stage.drive.brake_mm_s2), (0, 1800));
    assert_eq!(stage.causes(), [Cause::InternalFault]);
    assert_eq!(stage.transitions.last().map(|(_, way)| (way.from, way.to)), Some((S::Boot, S::EStop)));
}

#[test]
fn only_a_restart_leads_out_of_a_fault_inside_and_it_does() {
    let mut stage = Stage::new().broken(Some(Broken::Interlock));
    stage.until(S::EStop);
    stage = stage.broken(None);
    stage.grant();
    stage.run_ms(100);
    stage.acknowledge();
    stage.run_ms(5000);
    assert_eq!((stage.state(), stage.snapshot().needs), (S::EStop, vec![Need::GoodLink]), "only a restart helps");
    let latch = stage.snapshot().latch.expect("latched");
    stage.emergency_stop = true;
    stage.tick();
    stage.emergency_stop = false;
    stage.restart();
    stage.hands = NEUTRAL;
    stage.run_ms(50);
    assert_eq!((stage.state(), stage.causes()), (S::EStop, vec![Cause::EmergencyStop, Cause::Restarted]), "still latched");
    assert!(stage.snapshot().latch.is_some_and(|again| again > latch), "with a number of its own");
    stage.run_ms(3000);
    assert_eq!(stage.state(), S::EStop, "and nothing leads out by itself");
    stage.grant();
    stage.run_ms(100);
    stage.acknowledge();
    stage.until(S::Parked);
    stage.take_over();
}

#[test]
fn a_wheel_that_is_read_beyond_its_stop_is_no_fault_inside() {
    for side in [-1, 1] {
        let mut stage = Stage::new();
        stage.until(S::Parked);
        stage.wheel_urad = i64::from(side) * 1_302_000;
        stage.tick();
        assert_eq!(stage.drive.steering_mrad, side * 1302, "parked, the wheel is held where it is read");
        stage.take(Input::Stop);
        stage.tick();
        stage.wheel_urad = i64::from(side) * 1_299_000;
        stage.tick();
        assert_eq!((stage.state(), stage.causes()), (S::SafeStop, vec![Cause::RemoteStop]));
        assert_eq!(stage.drive.steering_mrad, side * 1300, "a stop holds it within its range");
        stage.until(S::Halt);
        assert_eq!(stage.causes(), [Cause::RemoteStop]);
    }
}

#[test]
fn a_restart_keeps_every_cause_of_a_latch() {
    let mut stage = Stage::driving(1000);
    stage.commands_flow = false;
    stage.until(S::Halt);
    stage.take(Input::Stop);
    stage.tick();
    let latch = stage.snapshot().latch.expect("latched");
    stage.restart();
    stage.tick();
    assert_eq!((stage.state(), stage.causes()), (S::Halt, vec![Cause::Restarted, Cause::RemoteStop, Cause::CommandLost]));
    assert_eq!(stage.snapshot().latch, Some(LatchId(latch.0 + 1)), "with a number of its own");
}

#[test]
fn every_cause_alone_is_a_stop_of_its_action_from_every_state_that_drives() {
    for rule in RULES {
        assert!(!rule.meaning.is_empty() && !rule.take_over.is_empty());
        let expected = match rule.action {
            Action::EStop => S::EStop,
            Action::Cut => S::Halt,
            Action::Hold | Action::SafeStop | Action::Brake | Action::Protective => S::SafeStop,
        };
        for mut stage in [Stage::driving(1500), Stage::by_itself(1500)] {
            stage.core.raise(rule.cause);
            stage.decide();
            assert_eq!(stage.state(), expected, "{:?}", rule.cause);
            assert!(stage.drive.brake_mm_s2 >= 1600 && stage.drive.speed_mm_s == 0, "{:?}", rule.cause);
            assert_eq!(stage.causes(), [rule.cause]);
        }
    }
}

#[test]
fn a_hand_over_that_takes_too_long_loses_its_lease_or_agent_is_over() {
    let begun = || {
        let mut stage = Stage::new();
        stage.until(S::Parked);
        stage.grant();
        stage.until(S::Handover);
        stage
    };
    let mut slow = begun();
    for _ in 0..3000 {
        slow.tick();
        assert_eq!(slow.state(), S::Handover);
    }
    slow.tick();
    assert_eq!(slow.state(), S::Parked);

    let mut lost = begun();
    let epoch = lost.epoch;
    lost.take(Input::LeaseEnd(epoch));
    lost.tick();
    assert_eq!((lost.state(), lost.snapshot().needs), (S::Parked, vec![Need::Lease]));

    let mut gone = begun();
    gone.take(Input::AgentGone);
    gone.decide();
    assert_eq!(gone.state(), S::Parked);
}

#[test]
fn a_truck_without_a_camera_for_a_direction_is_not_driven_in_it() {
    let mut stage = Stage::driving_with(Config { required_reverse: CameraSet::default(), ..config() }, 0);
    stage.hands.speed_mm_s = -300;
    stage.until(S::SafeStop);
    assert_eq!(stage.causes(), [Cause::PictureUnknown]);
    assert!(stage.core.rejected(RejectReason::PictureUnknown) > 5);
}

#[test]
fn a_machine_whose_socket_ends_is_lost_at_once() {
    let mut stage = Stage::driving(1000);
    stage.take(Input::MachineGone);
    stage.decide();
    assert_eq!((stage.state(), stage.causes()), (S::Halt, vec![Cause::MachineLost]));
}

#[test]
fn a_clock_of_another_machine_is_not_heard() {
    let mut stage = Stage::driving(1000);
    stage.agent_alive = false;
    for _ in 0..8 {
        let strange = [MonoTime(stage.now.0 + 100_001 + 10_000), MonoTime(stage.now.0 - 100_001)];
        stage.tick();
        for at in strange {
            stage.take(Input::AgentBeat(at));
        }
    }
    stage.run_ms(40);
    assert!(stage.causes().contains(&Cause::AgentLost));

    let mut machine = Stage::driving(1000);
    machine.machine_alive = false;
    for _ in 0..12 {
        machine.tick();
        let sample = machine.sample();
        let at = MonoTime(machine.now.0 - 100_001);
        machine.take(Input::Machine(farhand_safety::MachineSample { at, ..sample }));
    }
    assert_eq!(machine.causes(), [Cause::MachineLost]);
    machine.hands = NEUTRAL;
    machine.tick();
}
