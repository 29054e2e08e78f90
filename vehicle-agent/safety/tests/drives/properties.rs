//! What holds whatever happens: random hands, random links, random faults, arbitrary numbers.

use crate::truck::Stage;
use farhand_protocol::{Command, FromConsole, LeaseEpoch, MonoTime, SafetyState as S, encode};
use farhand_safety::{Input, MachineSample};
use proptest::prelude::*;

/// One thing that may happen between two ticks.
#[derive(Debug, Clone)]
enum Act {
    Ticks(u8),
    Jump(u16),
    Commands(bool),
    Pictures(bool),
    PictureAge(u16),
    Agent(bool),
    Machine(bool),
    Button(bool),
    Hands { enable: bool, speed: i32, steering: i32, lift: i32, confirm: bool, rearm: bool, age: u32 },
    Wild { epoch: u64, seq: u64, speed: i32, steering: i32, enable: bool },
    Bytes(Vec<u8>),
    Report { speed: i32, steering: i32, fork: i32, travelled: u64, skew: u32 },
    Stop,
    Grant,
    EndLease,
    Disk(bool),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => (1_u8..120).prop_map(Act::Ticks),
        1 => (1_u16..400).prop_map(Act::Jump),
        3 => any::<bool>().prop_map(Act::Commands),
        2 => any::<bool>().prop_map(Act::Pictures),
        2 => (0_u16..800).prop_map(Act::PictureAge),
        1 => any::<bool>().prop_map(Act::Agent),
        1 => any::<bool>().prop_map(Act::Machine),
        1 => any::<bool>().prop_map(Act::Button),
        8 => (any::<bool>(), -2600..2600_i32, -1400..1400_i32, -500..500_i32, any::<bool>(), any::<bool>(), 0..300_u32)
            .prop_map(|(enable, speed, steering, lift, confirm, rearm, age)| Act::Hands {
                enable, speed, steering, lift, confirm, rearm, age
            }),
        4 => Just(Act::Hands { enable: false, speed: 0, steering: 0, lift: 0, confirm: true, rearm: true, age: 0 }),
        4 => Just(Act::Hands { enable: true, speed: 800, steering: 0, lift: 0, confirm: true, rearm: true, age: 0 }),
        2 => (0..6_u64, 0..5000_u64, any::<i32>(), any::<i32>(), any::<bool>())
            .prop_map(|(epoch, seq, speed, steering, enable)| Act::Wild { epoch, seq, speed, steering, enable }),
        1 => proptest::collection::vec(any::<u8>(), 0..64).prop_map(Act::Bytes),
        1 => (any::<i32>(), any::<i32>(), any::<i32>(), any::<u64>(), any::<u32>())
            .prop_map(|(speed, steering, fork, travelled, skew)| Act::Report { speed, steering, fork, travelled, skew }),
        1 => Just(Act::Stop),
        3 => Just(Act::Grant),
        1 => Just(Act::EndLease),
        1 => any::<bool>().prop_map(Act::Disk),
    ]
}

fn perform(stage: &mut Stage, act: Act) {
    match act {
        Act::Ticks(count) => (0..count).for_each(|_| checked_tick(stage)),
        Act::Jump(millis) => stage.now = MonoTime(stage.now.0 + u64::from(millis) * 1000),
        Act::Commands(flow) => stage.commands_flow = flow,
        Act::Pictures(flow) => stage.pictures_flow = flow,
        Act::PictureAge(millis) => stage.picture_age_ms = u64::from(millis),
        Act::Agent(alive) => stage.agent_alive = alive,
        Act::Machine(alive) => stage.machine_alive = alive,
        Act::Button(open) => stage.emergency_stop = open,
        Act::Hands { enable, speed, steering, lift, confirm, rearm, age } => {
            stage.hands = crate::truck::Hands {
                enable,
                speed_mm_s: speed,
                steering_mrad: steering,
                lift_mm_s: lift,
                confirm,
                rearm,
                input_age_ms: age,
            };
        }
        Act::Wild { epoch, seq, speed, steering, enable } => {
            let real = stage.command();
            let command = Command { epoch: LeaseEpoch(epoch), seq, speed_mm_s: speed, steering_mrad: steering, enable, ..real };
            if let Ok(bytes) = encode(&FromConsole::Command(command)) {
                stage.take(Input::Command(&bytes));
            }
        }
        Act::Bytes(bytes) => stage.take(Input::Command(&bytes)),
        Act::Report { speed, steering, fork, travelled, skew } => {
            let sample = MachineSample {
                at: MonoTime(stage.now.0.wrapping_add(u64::from(skew))),
                travelled_um: travelled,
                speed_mm_s: speed,
                steering_mrad: steering,
                fork_mm: fork,
                emergency_stop: false,
                pose: None,
            };
            stage.take(Input::Machine(sample));
        }
        Act::Stop => stage.take(Input::Stop),
        Act::Grant => stage.grant(),
        Act::EndLease => {
            let epoch = stage.epoch;
            stage.take(Input::LeaseEnd(epoch));
        }
        Act::Disk(works) => stage.disk_works = works,
    }
}

/// A tick, and what must hold after every one of them (numbers of safety.md 2.2).
fn checked_tick(stage: &mut Stage) {
    let before = stage.snapshot();
    let speed_before = stage.speed_mm_s().abs();
    stage.tick();
    let after = stage.snapshot();
    let drive = stage.drive;
    let traction = drive.speed_mm_s != 0;

    assert!(!traction || after.state == S::Teleop, "S1: traction in {:?}", after.state);
    assert!(!traction || after.lease_live && after.command_age_ms.is_some_and(|age| age <= 100), "S1: {after:?}");
    assert!(drive.lift_mm_s == 0 || after.state == S::Teleop, "S17: {after:?}");
    assert!(after.epoch >= before.epoch, "S2: epochs never fall");
    let escaped = before.state.latched() && matches!(after.state, S::Teleop | S::Auto | S::Handover);
    assert!(!escaped, "S4: {:?} -> {:?}", before.state, after.state);
    let stopping = matches!(after.state, S::SafeStop | S::Halt | S::EStop);
    assert!(!stopping || stage.speed_mm_s().abs() <= speed_before, "S5: speed rises in {:?}", after.state);
    assert!(after.state == S::Teleop || drive.brake_mm_s2 > 0, "S6 and S21: no brake in {:?}", after.state);
    let silent = after.command_age_ms.is_none_or(|age| age > 250);
    assert!(after.state != S::Teleop || !silent, "S7: {after:?}");
    assert!(after.state != S::Teleop || drive.speed_mm_s.abs() <= after.cap_mm_s, "S13: {after:?}");
    let rise = after.cap_mm_s - before.cap_mm_s;
    assert!(before.state != S::Teleop || after.state != S::Teleop || before.cap_mm_s == 0 || rise <= 420, "S13: +{rise}");
    let kept = before.causes.iter().all(|cause| after.causes.contains(cause));
    assert!(after.state == S::Parked || kept, "S22: {:?} -> {:?}", before.causes, after.causes);
    assert!(!after.state.latched() || !after.causes.is_empty(), "a latch has a cause");
    assert!(after.state != S::Teleop || after.blind_mm <= 1000 || drive.brake_mm_s2 > 0, "blind trip: {after:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_invariants_hold(acts in proptest::collection::vec(act(), 1..60)) {
        let mut stage = Stage::new();
        for act in acts {
            perform(&mut stage, act);
        }
    }

    #[test]
    fn from_wherever_it_drives_silence_ends_at_rest(acts in proptest::collection::vec(act(), 0..40)) {
        let mut stage = Stage::driving(1200);
        for act in acts {
            perform(&mut stage, act);
        }
        stage.commands_flow = false;
        (0..1000).for_each(|_| checked_tick(&mut stage));
        prop_assert_eq!(stage.speed_mm_s(), 0);
        prop_assert!(stage.state() != S::Teleop);
    }

    #[test]
    fn the_same_inputs_give_the_same_outputs(acts in proptest::collection::vec(act(), 1..40)) {
        let (mut one, mut two) = (Stage::new(), Stage::new());
        for act in acts {
            perform(&mut one, act.clone());
            perform(&mut two, act);
            prop_assert_eq!(one.drive, two.drive);
        }
        prop_assert_eq!(one.snapshot(), two.snapshot());
    }
}

#[test]
fn the_hard_way_back_is_reached_at_least_once() {
    let mut stage = Stage::driving(800);
    stage.commands_flow = false;
    stage.until(S::Halt);
    stage.commands_flow = true;
    (stage.hands.enable, stage.hands.speed_mm_s) = (false, 0);
    stage.run_ms(200);
    stage.hands.rearm = true;
    stage.until(S::Parked);
    stage.take_over();
    let path: Vec<S> = stage.transitions.iter().map(|(_, transition)| transition.to).collect();
    assert_eq!(
        path,
        [S::Parked, S::Handover, S::Teleop, S::SafeStop, S::Halt, S::Parked, S::Handover, S::Teleop],
        "also with a new lease"
    );
}
