//! Grants, releases and their ends on the way to the state file, and what the file is told.

use super::truck::{Hands, NEUTRAL, Stage, watching};
use farhand_protocol::{Cause, LeaseEpoch, MissionEpoch, Need, SafetyState as S};
use farhand_safety::{GrantAnswer, Input, Persisted};

fn parked() -> Stage {
    let mut stage = Stage::with(watching(), Some(Persisted::default()));
    stage.until(S::Parked);
    stage.run_ms(50);
    stage
}

/// In teleop at rest, the switch let go.
fn waiting() -> Stage {
    let mut stage = Stage::driving(0);
    stage.hands = NEUTRAL;
    stage.run_ms(100);
    stage
}

fn lease_ends(stage: &mut Stage) {
    let epoch = stage.epoch;
    stage.take(Input::LeaseEnd(epoch));
    stage.tick();
}

#[test]
fn the_highest_epoch_is_that_of_the_newest_grant_and_stays_when_it_ends() {
    let mut stage = parked();
    assert_eq!(stage.core.highest_epoch(), LeaseEpoch(0));
    stage.grant();
    stage.run_ms(100);
    assert_eq!((stage.core.highest_epoch(), stage.epoch), (LeaseEpoch(1), LeaseEpoch(1)));
    lease_ends(&mut stage);
    assert_eq!(stage.core.highest_epoch(), LeaseEpoch(1));
}

#[test]
fn a_grant_that_ends_before_it_is_stored_never_lives() {
    let mut stage = parked();
    stage.grant();
    let epoch = stage.epoch;
    stage.take(Input::LeaseEnd(epoch));
    stage.run_ms(100);
    assert_eq!((stage.answers.len(), stage.state(), stage.snapshot().lease_live), (0, S::Parked, false));
}

#[test]
fn the_end_of_the_lease_before_does_not_touch_the_grant_that_follows_it() {
    let mut stage = waiting();
    let before = stage.epoch;
    stage.take(Input::LeaseGrant(LeaseEpoch(before.0 + 1)));
    stage.take(Input::LeaseEnd(before));
    stage.tick();
    assert_eq!(stage.answers.last(), Some(&GrantAnswer::Accepted(LeaseEpoch(before.0 + 1))));
}

#[test]
fn whoever_takes_the_lease_of_a_driver_stops_the_truck_even_at_rest_with_open_hands() {
    let mut stage = waiting();
    stage.grant();
    stage.tick();
    assert_eq!((stage.state(), stage.causes()), (S::SafeStop, vec![Cause::LeaseLost]));
}

#[test]
fn a_lease_that_ends_while_the_switch_is_held_or_the_truck_rolls_is_lost() {
    let mut held = Stage::driving(0);
    lease_ends(&mut held);
    assert_eq!(held.causes(), [Cause::LeaseLost], "at rest, the switch held");

    let mut rolling = Stage::driving(1500);
    rolling.hands = NEUTRAL;
    rolling.run_ms(100);
    lease_ends(&mut rolling);
    assert_eq!((rolling.state(), rolling.causes()), (S::SafeStop, vec![Cause::LeaseLost]), "rolling out, let go");

    let mut given_back = waiting();
    lease_ends(&mut given_back);
    assert_eq!((given_back.state(), given_back.causes()), (S::Parked, vec![]), "at rest, let go");
}

#[test]
fn silence_after_the_end_of_a_lease_is_not_lost_commands() {
    let mut stage = Stage::driving(1500);
    stage.commands_flow = false;
    stage.run_ms(240);
    stage.now = stage.now.after(std::time::Duration::from_millis(10));
    lease_ends(&mut stage);
    assert_eq!(stage.causes(), [Cause::LeaseLost]);
}

#[test]
fn a_mission_that_ends_before_it_begins_never_does() {
    for (ended, state) in [(1, S::Parked), (7, S::Auto)] {
        let mut stage = parked();
        stage.commands_flow = false;
        stage.release();
        stage.decide();
        assert_eq!(stage.answers, [GrantAnswer::MissionAccepted(MissionEpoch(1))], "stored, and not begun");
        stage.take(Input::MissionEnd(MissionEpoch(ended)));
        stage.run_ms(50);
        assert_eq!(stage.state(), state, "the end of {ended}");
    }
    let mut pending = parked();
    pending.commands_flow = false;
    pending.release();
    pending.take(Input::MissionEnd(MissionEpoch(7)));
    pending.run_ms(50);
    assert_eq!(pending.state(), S::Auto, "the end of another one");
}

#[test]
fn a_mission_is_over_however_it_is_left() {
    let mut stopped = Stage::by_itself(1000);
    stopped.take(Input::Stop);
    stopped.tick();
    assert_eq!((stopped.state(), stopped.snapshot().mission), (S::SafeStop, None));
    let mut taken = Stage::by_itself(1000);
    taken.grant();
    taken.until(S::Handover);
    assert_eq!((taken.snapshot().mission, taken.core.plan()), (None, None));
}

#[test]
fn the_state_file_is_told_each_change_once_and_again_a_second_after_a_failure() {
    let mut stage = parked();
    let told = |stage: &mut Stage| {
        stage.tick();
        stage.output.is_some_and(|output| output.store.is_some())
    };
    assert!((0..100).all(|_| !told(&mut stage)), "nothing has changed");
    stage.disk_works = false;
    stage.grant();
    assert_eq!((told(&mut stage), told(&mut stage)), (true, true), "the grant, and that there is none");
    assert!((0..99).all(|_| !told(&mut stage)), "it waits");
    assert!(told(&mut stage), "a second after the failure");
    stage.disk_works = true;
    assert!((0..99).all(|_| !told(&mut stage)));
    assert!(told(&mut stage));
    assert!((0..300).all(|_| !told(&mut stage)), "stored at last");
}

#[test]
fn an_acknowledgement_that_is_given_while_it_rolls_is_none() {
    let mut stage = Stage::driving(2000);
    stage.take(Input::Stop);
    stage.tick();
    stage.hands = NEUTRAL;
    stage.run_ms(100);
    stage.hands.rearm = true;
    stage.run_ms(100);
    assert_eq!(stage.state(), S::SafeStop);
    stage.run_ms(6000);
    assert_eq!((stage.state(), stage.snapshot().needs), (S::Halt, vec![Need::Acknowledge]), "held since before it stood");
    stage.hands.rearm = false;
    stage.run_ms(40);
    stage.hands.rearm = true;
    stage.until(S::Parked);
}

#[test]
fn who_drives_is_told_what_is_missing_to_move() {
    let mut stage = Stage::driving(300);
    assert_eq!(stage.snapshot().needs, []);
    stage.hands.enable = false;
    stage.run_ms(40);
    assert_eq!(stage.snapshot().needs, [Need::Neutral], "let go, and still asking");
    stage.hands = NEUTRAL;
    stage.run_ms(40);
    assert_eq!(stage.snapshot().needs, [Need::Enable]);
    stage.hands = Hands { enable: true, ..NEUTRAL };
    stage.run_ms(40);
    assert_eq!(stage.snapshot().needs, []);
}
