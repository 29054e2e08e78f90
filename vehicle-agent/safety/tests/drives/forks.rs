//! The forks: what moves them, on which pictures, and when a motion that nobody asked for is a fault.

use super::acts::send;
use super::truck::{FRONT, Hands, NEUTRAL, REAR, Stage};
use farhand_protocol::{Cause, Command, MonoTime, RejectReason, SafetyState as S};
use farhand_safety::Input;

/// Driven at this speed, with forks that have just been lifted to this height on purpose.
fn lifted(speed_mm_s: i32, fork_um: i64) -> Stage {
    let mut stage = Stage::driving(speed_mm_s);
    stage.hands.lift_mm_s = 10;
    stage.run_ms(100);
    stage.fork_um = fork_um;
    stage.run_ms(100);
    stage
}

/// In teleop with raised forks that have settled, the switch let go.
fn raised() -> Stage {
    let mut stage = lifted(0, 2_000_000);
    stage.hands = NEUTRAL;
    stage.run_ms(1000);
    assert_eq!((stage.state(), stage.causes()), (S::Teleop, vec![]));
    stage
}

fn given_back(stage: &mut Stage) {
    stage.hands = NEUTRAL;
    stage.run_ms(100);
    let epoch = stage.epoch;
    stage.take(Input::LeaseEnd(epoch));
    stage.until(S::Parked);
}

/// Under way, with forks that were lifted to half a metre and have settled.
fn with_settled_forks() -> Stage {
    let mut stage = lifted(800, 500_000);
    stage.hands.lift_mm_s = 0;
    stage.run_ms(700);
    stage
}

#[test]
fn forks_that_move_unasked_stop_it() {
    for by in [-81_000, 81_000] {
        let mut stage = with_settled_forks();
        stage.fork_um += by / 81 * 80;
        stage.run_ms(50);
        assert_eq!(stage.state(), S::Teleop, "they settle");
        stage.fork_um += by / 81;
        stage.tick();
        stage.tick();
        assert_eq!((stage.state(), stage.causes()), (S::SafeStop, vec![Cause::LiftFault]), "{by}");
    }
}

#[test]
fn what_the_forks_did_before_a_stop_is_not_forgotten_in_it() {
    let mut stage = with_settled_forks();
    stage.fork_um -= 60_000;
    stage.run_ms(50);
    stage.take(Input::Stop);
    stage.run_ms(30);
    assert_eq!(stage.causes(), [Cause::RemoteStop]);
    stage.fork_um -= 30_000;
    stage.run_ms(30);
    assert_eq!(stage.causes(), [Cause::LiftFault, Cause::RemoteStop], "60 mm before it, 30 in it");
}

#[test]
fn forks_that_were_moved_while_nobody_drove_are_no_fault() {
    let mut stage = Stage::driving(0);
    given_back(&mut stage);
    stage.fork_um = 900_000;
    stage.run_ms(1000);
    stage.take_over();
    stage.run_ms(3000);
    assert_eq!((stage.state(), stage.causes()), (S::Teleop, vec![]), "by hand, at the truck, overnight");

    given_back(&mut stage);
    stage.fork_um = 0;
    stage.run_ms(1000);
    stage.take(Input::Stop);
    stage.until(S::Halt);
    assert_eq!(stage.causes(), [Cause::RemoteStop], "a stop of what was parked compares with nothing older");
}

#[test]
fn a_fault_of_the_forks_is_over_after_the_way_back() {
    let mut stage = Stage::driving(0);
    stage.run_ms(1000);
    stage.fork_um += 300_000;
    stage.until(S::Halt);
    assert_eq!(stage.causes(), [Cause::LiftFault]);
    stage.acknowledge();
    stage.until(S::Parked);
    stage.take_over();
    stage.run_ms(3000);
    assert_eq!((stage.state(), stage.causes()), (S::Teleop, vec![]));
}

#[test]
fn forks_that_settle_slowly_through_a_long_drive_are_no_fault() {
    let mut stage = raised();
    for _ in 0..30_000 {
        stage.fork_um -= 10;
        stage.tick();
    }
    assert_eq!((stage.state(), stage.causes()), (S::Teleop, vec![]), "1 mm/s, 300 mm in five minutes");
}

#[test]
fn forks_that_sink_steadily_are_a_fault_whenever_they_begin() {
    for (um_a_tick, latest_s) in [(27, 31), (50, 17), (500, 2)] {
        for begin_s in [0, 14, 29, 44] {
            let mut stage = raised();
            stage.run_ms(begin_s * 1000);
            let mut ticks = 0;
            while stage.state() == S::Teleop {
                stage.fork_um -= um_a_tick;
                stage.tick();
                ticks += 1;
                assert!(ticks <= latest_s * 100, "{um_a_tick} um a tick from {begin_s} s");
            }
            assert_eq!(stage.causes(), [Cause::LiftFault]);
        }
    }
}

#[test]
fn forks_move_only_on_the_pictures_of_the_take_over() {
    type Spoil = fn(&mut Command);
    let spoils: [(&str, Spoil); 4] = [
        ("no picture", |command| command.stamps.clear()),
        ("the rear one is missing", |command| command.stamps.retain(|stamp| stamp.camera == FRONT)),
        ("the front one is missing", |command| command.stamps.retain(|stamp| stamp.camera == REAR)),
        ("never sent", |command| {
            for stamp in &mut command.stamps {
                stamp.rtp.0 = stamp.rtp.0.wrapping_add(7);
            }
        }),
    ];
    for (what, spoil) in spoils {
        for lift_mm_s in [-1, 1, 400] {
            let mut stage = Stage::driving(0);
            stage.commands_flow = false;
            let mut command = Command { lift_mm_s, ..stage.command() };
            spoil(&mut command);
            send(&mut stage, command);
            stage.tick();
            assert_eq!(stage.core.rejected(RejectReason::PictureUnknown), 1, "{what}");
            assert_eq!(stage.drive.lift_mm_s, 0, "{what}");
            let mut idle = stage.command();
            spoil(&mut idle);
            send(&mut stage, idle);
            assert_eq!(stage.core.rejected(RejectReason::PictureUnknown), 1, "{what}: who asks for nothing needs none");
        }
    }
}

#[test]
fn forks_stop_when_their_pictures_are_too_old() {
    for (age_ms, lift_mm_s, goes_on) in [(560, 100, true), (640, 100, false), (640, -100, false), (640, 0, true)] {
        let mut stage = raised();
        stage.hands = Hands { enable: true, lift_mm_s, ..NEUTRAL };
        stage.run_ms(100);
        assert_eq!(stage.drive.lift_mm_s, lift_mm_s);
        stage.picture_age_ms = age_ms;
        stage.run_ms(300);
        assert_eq!(stage.state() == S::Teleop, goes_on, "{age_ms} ms, {lift_mm_s} mm/s");
        if !goes_on {
            assert_eq!((stage.causes(), stage.drive.lift_mm_s), (vec![Cause::PictureOld], 0));
        }
    }
    let mut gone = Stage::driving(0);
    gone.hands.lift_mm_s = 100;
    gone.run_ms(100);
    gone.captures = gone.captures.iter().map(|at| MonoTime(at.0 + 500)).collect();
    gone.pictures_flow = false;
    let after = gone.until(S::SafeStop);
    assert!(after <= 270, "{after} ms");
    assert_eq!((gone.causes(), gone.drive.lift_mm_s), (vec![Cause::PictureUnknown], 0));
}

#[test]
fn nobody_takes_over_with_a_command_that_already_asks_for_motion() {
    for (speed_mm_s, lift_mm_s) in [(1, 0), (-900, 0), (0, 1), (0, -400)] {
        let mut stage = Stage::new();
        stage.until(S::Parked);
        stage.grant();
        stage.until(S::Handover);
        stage.run_ms(2100);
        let asking = Hands { enable: true, speed_mm_s, lift_mm_s, ..NEUTRAL };
        stage.hands = asking.clone();
        stage.run_ms(500);
        assert_eq!(stage.state(), S::Handover, "{speed_mm_s} {lift_mm_s}");
        stage.hands = Hands { enable: true, ..NEUTRAL };
        stage.run_ms(500);
        assert_eq!(stage.state(), S::Handover, "held since it asked, it must be pressed anew");
        stage.hands = NEUTRAL;
        stage.run_ms(40);
        // A press, and in the same tick a command that asks.
        let press = Command { enable: true, steering_mrad: 300, ..stage.command() };
        send(&mut stage, press);
        let asks = Command { enable: true, speed_mm_s, lift_mm_s, ..stage.command() };
        send(&mut stage, asks);
        stage.decide();
        assert_eq!(stage.state(), S::Handover, "the newest command counts");
        stage.hands = NEUTRAL;
        stage.run_ms(40);
        stage.hands = Hands { enable: true, steering_mrad: 300, ..NEUTRAL };
        stage.until(S::Teleop);
        stage.hands = Hands { steering_mrad: 300, ..asking };
        stage.run_ms(40);
        assert_eq!((stage.state(), stage.drive.speed_mm_s != 0 || stage.drive.lift_mm_s != 0), (S::Teleop, true));
    }
}
