//! Commands that are refused, though they are of the driver and newer: what takes something away works all the same.

use super::acts::send;
use super::truck::{Hands, NEUTRAL, Stage};
use farhand_protocol::{BootId, Cause, Command, FromConsole, LatchId, LeaseEpoch, MonoTime, SafetyState as S, encode};
use farhand_safety::{Core, Input};
use proptest::prelude::*;
use std::sync::LazyLock;

/// Ways to be refused after authority and sequence have passed, for a truck that rolls.
const REFUSALS: [fn(&mut Command); 4] = [
    |command| command.speed_mm_s = 2501,
    |command| command.steering_mrad = -1301,
    |command| command.input_age_ms = 251,
    |command| command.stamps.clear(),
];

#[test]
fn letting_go_counts_even_where_the_rest_of_the_command_is_refused() {
    for refuse in REFUSALS {
        let mut stage = Stage::driving(1000);
        stage.commands_flow = false;
        let mut held = stage.command();
        refuse(&mut held);
        send(&mut stage, held);
        stage.tick();
        assert_eq!((stage.drive.speed_mm_s, stage.drive.brake_mm_s2), (1000, 0), "a held switch takes nothing away");
        let mut released = Command { enable: false, ..stage.command() };
        refuse(&mut released);
        send(&mut stage, released);
        stage.tick();
        assert_eq!((stage.state(), stage.drive.speed_mm_s, stage.drive.brake_mm_s2), (S::Teleop, 0, 960));
        stage.commands_flow = true;
        stage.run_ms(2500);
        assert_eq!((stage.state(), stage.speed_mm_s()), (S::Teleop, 0), "pressed again it waits for neutral");
        stage.hands = NEUTRAL;
        stage.run_ms(40);
        stage.hands = Hands { enable: true, speed_mm_s: 500, ..NEUTRAL };
        stage.run_ms(200);
        assert!(stage.speed_mm_s() > 0);
    }
}

#[test]
fn a_picture_that_leaves_the_screen_does_not_take_the_release_with_it() {
    let mut stage = Stage::driving(1000);
    (stage.captures, stage.pictures_flow) = (Vec::new(), false);
    stage.run_ms(40);
    stage.hands = NEUTRAL;
    stage.run_ms(20);
    assert_eq!((stage.state(), stage.drive.brake_mm_s2), (S::Teleop, 960), "before it would even coast");
}

#[test]
fn a_switch_pressed_through_stops_even_where_the_rest_of_the_command_is_refused() {
    for refuse in REFUSALS {
        for enable in [true, false] {
            let mut stage = Stage::driving(1000);
            let mut command = Command { enable, pressed_through: Some(true), ..stage.command() };
            refuse(&mut command);
            send(&mut stage, command);
            stage.decide();
            assert_eq!((stage.state(), stage.causes()), (S::SafeStop, vec![Cause::EnablePanic]));
        }
    }
}

#[test]
fn what_is_not_of_the_driver_or_not_newer_takes_nothing_away() {
    type Spoil = fn(&mut Command);
    let spoils: [Spoil; 4] = [
        |command| command.epoch = LeaseEpoch(command.epoch.0 + 1),
        |command| command.boot_id = BootId(command.boot_id.0 + 1),
        |command| command.seq -= 1,
        |command| command.v += 1,
    ];
    for spoil in spoils {
        let mut stage = Stage::driving(1000);
        let mut command = Command { enable: false, pressed_through: Some(true), ..stage.command() };
        spoil(&mut command);
        send(&mut stage, command);
        stage.decide();
        assert_eq!((stage.state(), stage.drive.speed_mm_s), (S::Teleop, 1000));
    }
}

static SCENES: LazyLock<[Stage; 4]> = LazyLock::new(|| [0, 1, 2, 3].map(scene));

/// A person holds the lease in each of these.
fn scene(number: usize) -> Stage {
    let leased = || {
        let mut stage = Stage::new();
        stage.until(S::Parked);
        stage.grant();
        stage
    };
    match number {
        0 => Stage::driving(1000),
        1 => {
            let mut stage = leased();
            stage.until(S::Handover);
            stage.run_ms(2100);
            stage
        }
        2 => {
            let mut stage = Stage::driving(800);
            stage.take(Input::Stop);
            stage.until(S::Halt);
            stage.hands = NEUTRAL;
            stage.run_ms(2100);
            stage
        }
        _ => {
            let mut stage = leased();
            stage.hands.confirm = false;
            stage.until(S::Handover);
            stage.run_ms(31_000);
            assert_eq!(stage.state(), S::Parked);
            stage
        }
    }
}

fn told(core: &Core, now: MonoTime, command: Command) -> Core {
    let mut core = core.clone();
    let bytes = encode(&FromConsole::Command(command)).expect("encodes");
    assert_eq!(core.take(now, Input::Command(&bytes)), None);
    core
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn nothing_else_of_a_refused_command_works(
        number in 0..4_usize,
        refusal in 0..4_usize,
        (speed, steering, lift) in (-2500..2500_i32, -1300..1300_i32, -400..400_i32),
        (enable, through, confirm, rearm, age) in (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), 0..250_u32),
    ) {
        let mut stage = SCENES[number].clone();
        let latch = stage.snapshot().latch.filter(|_| rearm).or(rearm.then_some(LatchId(3)));
        let pressed_through = through.then_some(true);
        let bland = Command { enable, pressed_through, speed_mm_s: 0, steering_mrad: 0, lift_mm_s: 0, ..stage.command() };
        let mut wild = Command {
            speed_mm_s: speed,
            steering_mrad: steering,
            lift_mm_s: lift,
            confirm,
            rearm_latch: latch,
            input_age_ms: age,
            ..bland.clone()
        };
        let mut bland = Command { confirm: true, rearm_latch: None, ..bland };
        // Pictures are asked for only while a person drives.
        let refusal = if number == 0 { refusal } else { refusal % 3 };
        REFUSALS[refusal](&mut wild);
        REFUSALS[refusal](&mut bland);
        let (now, later) = (stage.now, MonoTime(stage.now.0 + 10_000));
        let (mut by_wild, by_bland) = (told(&stage.core, now, wild), told(&stage.core, now, bland));
        prop_assert_eq!(&by_wild, &by_bland, "only the two bits count");
        if enable && !through {
            let mut untold = stage.core.clone();
            prop_assert_eq!(by_wild.tick(later), untold.tick(later), "and without them nothing does");
        }
    }
}
