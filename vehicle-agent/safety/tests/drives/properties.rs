//! What holds whatever happens: random hands, random links, random faults, arbitrary numbers. The invariants themselves
//! stand in `oracle.rs`, each under its number.

use super::acts::{Act, act, perform};
use super::truck::{Stage, config, watching};
use farhand_protocol::SafetyState as S;
use farhand_safety::Persisted;
use proptest::prelude::*;
use std::sync::LazyLock;

static DRIVING: LazyLock<Stage> = LazyLock::new(|| Stage::driving(1200));

/// A truck with or without scanners.
fn stage(scanner: bool) -> Stage {
    Stage::with(if scanner { watching() } else { config() }, Some(Persisted::default()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_invariants_hold(scanner: bool, acts in proptest::collection::vec(act(), 1..30)) {
        let mut stage = stage(scanner);
        for act in acts {
            perform(&mut stage, act);
        }
        prop_assert!(stage.oracle.breaches.is_empty(), "{:?}", stage.oracle.breaches);
    }

    #[test]
    fn from_wherever_it_drives_silence_ends_at_rest(acts in proptest::collection::vec(act(), 0..15)) {
        let mut stage = DRIVING.clone();
        for act in acts {
            perform(&mut stage, act);
        }
        (stage.commands_flow, stage.plan, stage.manoeuvre) = (false, None, None);
        stage.brake_percent = stage.brake_percent.max(40);
        stage.run_ms(12_000);
        prop_assert_eq!(stage.speed_mm_s(), 0);
        prop_assert!(!matches!(stage.state(), S::Teleop | S::Auto | S::SafeStop), "{:?}", stage.state());
        prop_assert!(stage.oracle.breaches.is_empty(), "{:?}", stage.oracle.breaches);
    }

    #[test]
    fn s20_the_same_inputs_give_the_same_outputs(scanner: bool, acts in proptest::collection::vec(act(), 1..12)) {
        prop_assert_eq!(first_difference(&acts, || stage(scanner)), None);
    }
}

/// Performs the acts on two vehicles; the number of the first act after which they differ.
pub fn first_difference(acts: &[Act], stage: impl Fn() -> Stage) -> Option<usize> {
    let (mut one, mut two) = (stage(), stage());
    acts.iter().position(|act| {
        perform(&mut one, act.clone());
        perform(&mut two, act.clone());
        one.output != two.output || one.core != two.core || one.transitions != two.transitions
    })
}

#[test]
fn the_hard_way_back_is_reached_at_least_once() {
    let mut stage = Stage::driving(800);
    stage.commands_flow = false;
    stage.until(S::Halt);
    stage.commands_flow = true;
    stage.acknowledge();
    stage.until(S::Parked);
    stage.take_over();
    let path: Vec<S> = stage.transitions.iter().map(|(_, transition)| transition.to).collect();
    assert_eq!(
        path,
        [S::Parked, S::Handover, S::Teleop, S::SafeStop, S::Halt, S::Parked, S::Handover, S::Teleop],
        "also with a new lease"
    );
}
