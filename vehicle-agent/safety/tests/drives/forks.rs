//! The forks: when a motion that nobody asked for is a fault.

use super::truck::{NEUTRAL, Stage};
use farhand_protocol::{Cause, SafetyState as S};
use farhand_safety::Input;

/// In teleop with raised forks that have settled, the switch let go.
fn raised() -> Stage {
    let mut stage = Stage::driving(0);
    stage.hands.lift_mm_s = 1;
    stage.run_ms(100);
    stage.fork_um = 2_000_000;
    stage.run_ms(100);
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

#[test]
fn forks_that_move_unasked_stop_it() {
    for by in [-81_000, 81_000] {
        let mut stage = Stage::driving(800);
        stage.hands.lift_mm_s = 10;
        stage.run_ms(100);
        stage.fork_um = 500_000;
        stage.run_ms(100);
        stage.hands.lift_mm_s = 0;
        stage.run_ms(700);
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
