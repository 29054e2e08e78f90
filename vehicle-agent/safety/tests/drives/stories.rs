//! One story for each way a drive begins, ends and begins again; read them top to bottom.

use super::truck::Stage;
use farhand_protocol::{CapTerm, Cause, LatchId, Need, RejectReason, SafetyState as S};
use farhand_safety::{GrantAnswer, Input, Persisted};

#[test]
fn a_drive_from_boot_to_giving_back() {
    let mut stage = Stage::new();
    stage.tick();
    assert!(stage.drive.brake_mm_s2 > 0, "the brake is on from the first tick");
    stage.until(S::Parked);
    assert_eq!(stage.snapshot().needs, [Need::Lease]);

    stage.grant();
    stage.hands.confirm = false;
    stage.until(S::Handover);
    stage.run_ms(100);
    assert_eq!(stage.snapshot().needs, [Need::Confirm, Need::GoodLink, Need::Enable]);
    stage.hands.confirm = true;
    stage.run_ms(2000);
    assert_eq!(stage.snapshot().needs, [Need::Enable]);
    stage.hands.enable = true;
    stage.until(S::Teleop);
    stage.hands.speed_mm_s = 1000;
    stage.run_ms(3000);
    assert_eq!(stage.speed_mm_s(), 1000);

    stage.hands.enable = false;
    stage.hands.speed_mm_s = 0;
    stage.run_ms(3000);
    assert_eq!((stage.speed_mm_s(), stage.state()), (0, S::Teleop), "a comfort stop latches nothing");
    let epoch = stage.epoch;
    stage.take(Input::LeaseEnd(epoch));
    stage.until(S::Parked);
    assert!(stage.snapshot().causes.is_empty());
}

#[test]
fn silence_brakes_within_three_tenths_of_a_second_then_latches() {
    let mut stage = Stage::driving(2500);
    stage.commands_flow = false;
    let silence = stage.until(S::SafeStop);
    assert!(silence <= 270, "{silence} ms");
    assert_eq!(stage.drive.brake_mm_s2, 1600, "in the very tick of the change");
    assert!(stage.drive.safe_stop);
    stage.until(S::Halt);
    let shown = stage.snapshot();
    assert_eq!((stage.speed_mm_s(), shown.causes, shown.latch), (0, vec![Cause::CommandLost], Some(LatchId(1))));
    let stop = shown.last_stop.expect("recorded");
    assert_eq!(stop.cause, Cause::CommandLost);
    assert!((1500..2200).contains(&stop.rolled_mm), "{stop:?}");
}

#[test]
fn after_a_stop_only_the_whole_ritual_leads_back() {
    let mut stage = Stage::driving(1500);
    stage.commands_flow = false;
    stage.until(S::Halt);
    stage.commands_flow = true;
    stage.hands.rearm = true;
    stage.run_ms(5000);
    assert_eq!(stage.state(), S::Halt, "the switch was held all along, and the acknowledgement with it");
    stage.hands.rearm = false;
    stage.run_ms(100);
    stage.hands.rearm = true;
    stage.run_ms(3000);
    assert_eq!((stage.state(), stage.snapshot().needs), (S::Halt, vec![Need::Neutral]));
    stage.hands.enable = false;
    stage.hands.speed_mm_s = 0;
    stage.until(S::Parked);
    stage.run_ms(1000);
    assert_eq!(stage.state(), S::Parked, "the operator has not confirmed again");
    stage.hands.confirm = false;
    stage.run_ms(100);
    stage.hands.confirm = true;
    stage.until(S::Handover);
    stage.run_ms(100);
    stage.hands.enable = true;
    stage.until(S::Teleop);
}

#[test]
fn the_wrong_latch_a_bad_link_and_a_lost_lease_do_not_rearm() {
    let mut stage = Stage::driving(1500);
    stage.commands_flow = false;
    stage.until(S::Halt);
    stage.commands_flow = true;
    stage.hands.enable = false;
    stage.hands.speed_mm_s = 0;
    stage.run_ms(100);
    stage.hands.rearm = true;
    stage.run_ms(1500);
    assert_eq!((stage.state(), stage.snapshot().needs), (S::Halt, vec![Need::GoodLink]), "two seconds are not over");
    stage.commands_flow = false;
    stage.run_ms(200);
    stage.commands_flow = true;
    stage.run_ms(1500);
    assert_eq!(stage.state(), S::Halt, "they start again after a gap");
    stage.until(S::Parked);
}

#[test]
fn a_cause_that_comes_during_the_halt_needs_its_own_acknowledgement() {
    let mut stage = Stage::driving(1500);
    stage.commands_flow = false;
    stage.until(S::Halt);
    stage.commands_flow = true;
    stage.hands.enable = false;
    stage.hands.speed_mm_s = 0;
    stage.run_ms(100);
    stage.hands.rearm = true;
    stage.run_ms(500);
    stage.take(Input::Stop);
    stage.run_ms(5000);
    let shown = stage.snapshot();
    assert_eq!((shown.state, shown.latch), (S::Halt, Some(LatchId(2))));
    assert_eq!(shown.causes, [Cause::RemoteStop, Cause::CommandLost]);
    stage.hands.rearm = false;
    stage.run_ms(100);
    stage.hands.rearm = true;
    stage.until(S::Parked);
}

#[test]
fn anyone_can_stop_it_and_the_brake_acts_in_the_same_tick() {
    let mut stage = Stage::driving(2000);
    stage.take(Input::Stop);
    stage.decide();
    assert_eq!((stage.state(), stage.drive.brake_mm_s2), (S::SafeStop, 1600));
    stage.until(S::Halt);
    assert_eq!(stage.snapshot().causes, [Cause::RemoteStop]);

    let mut parked = Stage::new();
    parked.until(S::Parked);
    parked.take(Input::Stop);
    parked.until(S::Halt);
}

#[test]
fn the_older_the_picture_the_slower_and_then_it_stops() {
    let mut stage = Stage::driving(2500);
    assert_eq!(stage.snapshot().cap_term, CapTerm::Site);
    stage.picture_age_ms = 270;
    stage.run_ms(3000);
    let shown = stage.snapshot();
    assert!((1500..=1700).contains(&shown.speed_mm_s), "{shown:?}");
    assert!(i64::from(shown.speed_mm_s) <= i64::from(shown.cap_mm_s) + 20);
    stage.picture_age_ms = 640;
    stage.until(S::SafeStop);
    assert_eq!(stage.snapshot().causes, [Cause::PictureOld]);
}

#[test]
fn a_picture_that_stands_still_stops_it_though_commands_are_fresh() {
    let mut stage = Stage::driving(400);
    stage.pictures_flow = false;
    let silence = stage.until(S::SafeStop);
    assert!(silence <= 650, "{silence} ms");
    assert_eq!(stage.snapshot().causes, [Cause::PictureOld]);
}

#[test]
fn a_metre_on_one_picture_brakes_in_full_without_a_latch() {
    let mut stage = Stage::driving(2500);
    stage.pictures_flow = false;
    let mut tripped = false;
    for _ in 0..50 {
        stage.tick();
        let shown = stage.snapshot();
        assert_eq!(shown.state, S::Teleop);
        if shown.blind_mm > 1000 {
            tripped = true;
            assert_eq!((stage.drive.brake_mm_s2, shown.cap_mm_s, shown.cap_term), (1600, 0, CapTerm::BlindTrip));
        }
    }
    assert!(tripped);
    stage.pictures_flow = true;
    stage.run_ms(400);
    assert_eq!(stage.state(), S::Teleop, "fresh pictures release it");
}

#[test]
fn commands_that_name_no_real_picture_are_silence() {
    let mut stage = Stage::driving(1000);
    let real = std::mem::take(&mut stage.captures);
    stage.captures = real.iter().map(|at| farhand_protocol::MonoTime(at.0 + 500)).collect();
    stage.pictures_flow = false;
    let silence = stage.until(S::SafeStop);
    assert!(silence <= 270, "{silence} ms");
    assert_eq!(stage.snapshot().causes, [Cause::PictureUnknown]);
    assert!(stage.core.rejected(RejectReason::PictureUnknown) > 5);
}

#[test]
fn a_gap_of_two_hundred_milliseconds_only_coasts_but_many_of_them_stop() {
    let mut stage = Stage::driving(1000);
    stage.commands_flow = false;
    stage.run_ms(180);
    assert_eq!((stage.state(), stage.drive.brake_mm_s2), (S::Teleop, 480));
    stage.commands_flow = true;
    stage.run_ms(50);
    assert_eq!(stage.drive.brake_mm_s2, 0, "undone as soon as commands return");
    let mut gaps = 0;
    while stage.state() == S::Teleop {
        stage.commands_flow = false;
        stage.run_ms(200);
        stage.commands_flow = true;
        stage.run_ms(300);
        gaps += 1;
        assert!(gaps < 60, "the bucket never empties");
    }
    assert_eq!(stage.snapshot().causes, [Cause::LinkFlapping]);
}

#[test]
fn the_deaths_of_agent_machine_and_lease_each_have_their_name() {
    let mut agent = Stage::driving(1000);
    agent.take(Input::AgentGone);
    agent.agent_alive = false;
    agent.tick();
    assert_eq!((agent.state(), agent.snapshot().causes), (S::SafeStop, vec![Cause::AgentLost]));

    let mut machine = Stage::driving(1000);
    machine.machine_alive = false;
    let silence = machine.until(S::Halt);
    assert!(silence <= 120);
    assert_eq!(machine.snapshot().causes, [Cause::MachineLost]);
    machine.machine_alive = true;
    machine.run_ms(5000);
    assert_eq!(machine.state(), S::Halt, "it does not resume by itself");

    let mut lease = Stage::driving(1000);
    let epoch = lease.epoch;
    lease.take(Input::LeaseEnd(epoch));
    lease.tick();
    assert_eq!((lease.state(), lease.snapshot().causes), (S::SafeStop, vec![Cause::LeaseLost]));
}

#[test]
fn the_red_button_needs_a_reset_at_the_truck_and_an_acknowledgement() {
    let mut stage = Stage::driving(1000);
    stage.emergency_stop = true;
    stage.tick();
    assert_eq!(stage.state(), S::EStop);
    stage.hands.enable = false;
    stage.hands.speed_mm_s = 0;
    stage.run_ms(100);
    stage.hands.rearm = true;
    stage.run_ms(4000);
    assert_eq!((stage.state(), stage.snapshot().needs.first()), (S::EStop, Some(&Need::TruckReset)));
    stage.emergency_stop = false;
    stage.hands.rearm = false;
    stage.run_ms(4000);
    assert_eq!(stage.state(), S::Parked, "the acknowledgement was given, now every condition holds for two seconds");
}

#[test]
fn a_restart_in_use_comes_back_latched_and_refuses_the_old_lease() {
    let stage = Stage::driving(1000);
    let stored = stage.stored;
    let recorded = stage.last_command.clone();
    let mut again = Stage::with(super::truck::config(), stored);
    again.commands_flow = false;
    again.run_ms(100);
    assert_eq!((again.state(), again.snapshot().causes), (S::Halt, vec![Cause::Restarted]));
    again.send(&recorded);
    assert_eq!(again.core.rejected(RejectReason::NoLease), 1);
    again.take(Input::LeaseGrant(stage.epoch));
    assert_eq!(again.answers, [GrantAnswer::TooOld { offered: stage.epoch, highest: stage.epoch }]);
}

#[test]
fn a_missing_state_file_halts_until_it_is_stored_and_acknowledged() {
    let mut stage = Stage::with(super::truck::config(), None);
    stage.disk_works = false;
    stage.run_ms(100);
    assert_eq!((stage.state(), stage.snapshot().causes), (S::Halt, vec![Cause::StateFileLost]));
    stage.grant();
    stage.run_ms(50);
    assert_eq!(stage.answers, [GrantAnswer::NotStored(stage.epoch)], "no lease without a disk");
    stage.disk_works = true;
    stage.run_ms(1100);
    assert!(stage.stored.is_some(), "tried again by itself");
    stage.grant();
    stage.run_ms(200);
    stage.hands.rearm = true;
    stage.until(S::Parked);
    let stored = stage.stored.expect("stored");
    assert_eq!(stored, Persisted { latched: false, causes: farhand_safety::CauseSet::EMPTY, ..stored });
}

#[test]
fn replayed_foreign_and_malformed_commands_have_no_effect_and_are_counted() {
    let mut stage = Stage::driving(1000);
    let good = stage.last_command.clone();
    stage.send(&good);
    let mut trailing = stage.command_bytes();
    trailing.push(0);
    stage.send(&trailing);
    stage.send(&[0xa1; 1025]);
    let mut foreign = stage.command();
    foreign.boot_id = farhand_protocol::BootId(8);
    let mut old = foreign.clone();
    (old.boot_id, old.epoch) = (super::truck::BOOT, farhand_protocol::LeaseEpoch(0));
    let mut fast = stage.command();
    fast.speed_mm_s = 2501;
    for command in [foreign, old, fast] {
        let bytes = farhand_protocol::encode(&farhand_protocol::FromConsole::Command(command)).expect("encodes");
        stage.send(&bytes);
    }
    let count = |reason| stage.core.rejected(reason);
    assert_eq!(count(RejectReason::OldSequence), 1);
    assert_eq!(count(RejectReason::Malformed), 2);
    assert_eq!(count(RejectReason::OtherBoot), 1);
    assert_eq!(count(RejectReason::OldEpoch), 1);
    assert_eq!(count(RejectReason::OutOfRange), 1);
    stage.decide();
    assert_eq!(stage.drive.speed_mm_s, 1000);
}

#[test]
fn a_late_tick_is_an_overrun_and_a_stop() {
    let mut stage = Stage::driving(1000);
    stage.now = stage.now.after(std::time::Duration::from_millis(45));
    stage.tick();
    assert_eq!((stage.state(), stage.snapshot().causes), (S::SafeStop, vec![Cause::TickOverrun]));
}

#[test]
fn a_raised_load_is_braked_gently_and_the_forks_freeze() {
    let mut stage = Stage::driving(0);
    stage.hands.lift_mm_s = 400;
    stage.run_ms(7600);
    assert_eq!(stage.snapshot().fork_mm, 3000);
    stage.hands.lift_mm_s = 0;
    stage.at_speed(600);
    stage.hands.lift_mm_s = -10;
    stage.run_ms(100);
    assert_eq!(stage.drive.lift_mm_s, -10);
    stage.commands_flow = false;
    stage.until(S::SafeStop);
    assert_eq!((stage.drive.brake_mm_s2, stage.drive.lift_mm_s), (351, 0));
}

#[test]
fn reversing_needs_the_rear_picture() {
    let mut stage = Stage::driving(0);
    stage.hands.speed_mm_s = -500;
    stage.run_ms(2000);
    assert_eq!((stage.state(), stage.speed_mm_s()), (S::Teleop, -500));
    let mut command = stage.command();
    command.stamps.retain(|stamp| stamp.camera == super::truck::FRONT);
    let bytes = farhand_protocol::encode(&farhand_protocol::FromConsole::Command(command)).expect("encodes");
    stage.send(&bytes);
    assert_eq!(stage.core.rejected(RejectReason::PictureUnknown), 1);
}
