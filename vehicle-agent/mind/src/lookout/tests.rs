//! The guardian's own stop with scanners, told as stories.

#[path = "losses.rs"]
mod losses;
#[path = "shown.rs"]
mod shown;
#[path = "stage.rs"]
pub(crate) mod stage;
#[path = "surveyed.rs"]
mod surveyed;

use farhand_drive::Actuate;
use farhand_guard::{Choice, Manoeuvre, ScoreFault};
use farhand_machine::floors::{START, bend, dead_end, steering_along_the_bend};
use farhand_machine::in_metres;
use farhand_protocol::{Cause, MonoTime, Protection, SafetyState as S, StopRung};
use farhand_safety::{Drive, Input};
use farhand_senses::SCORES;
use farhand_world::{Ground, ScanFault, Truck};
use stage::Stage;
use std::time::Duration;

/// What would become of a truck if its last command were held and then the load-safe brake came with the wheel as it is.
fn touches_with_a_frozen_wheel(mut truck: Truck, mut now: MonoTime, held: &Actuate, ground: &Ground) -> bool {
    let brake = Actuate { speed_mm_s: 0, brake_mm_s2: 1600, ..*held };
    let mut tick = 0;
    while tick < 600 || truck.speed_mps() != 0.0 {
        now = now.after(Duration::from_millis(1));
        if tick % 10 == 0 {
            truck.command(now, in_metres(if tick < 250 { held } else { &brake }));
        }
        truck.step(now, 0.001);
        tick += 1;
    }
    ground.obstacle(&truck.outline()).is_some()
}

/// Drives through the bend as fast as the curve allows, with neither scanners nor guard: at how many of how many moments would
/// a lost link end in a rack?
fn frozen_wheels_without_a_guard() -> (u32, u32) {
    let stage = Stage::new("", bend(), START);
    let (mut truck, mut now, ground) = (stage.machine.truck, stage.now, stage.machine.ground);
    let (mut touches, mut moments) = (0, 0);
    truck.command(now, farhand_world::Drive::default());
    for tick in 0_u32..2000 {
        let drive = Drive {
            speed_mm_s: 1900,
            accel_mm_s2: 1000,
            steering_mrad: steering_along_the_bend(&truck.place()),
            ..Drive::default()
        };
        let held = crate::words::actuation(1, now, &drive);
        truck.command(now, in_metres(&held));
        for _ in 0..10 {
            now = now.after(Duration::from_millis(1));
            truck.step(now, 0.001);
        }
        assert!(ground.obstacle(&truck.outline()).is_none(), "driven into a rack: {:?}", truck.place());
        if truck.place().y_m > 8.0 {
            break;
        }
        if tick % 15 == 0 && truck.speed_mps() > 0.3 {
            moments += 1;
            touches += u32::from(touches_with_a_frozen_wheel(truck.clone(), now, &held, &ground));
        }
    }
    assert!(truck.place().y_m > 8.0, "it came through: {:?}", truck.place());
    (touches, moments)
}

#[test]
fn in_a_bend_between_racks_a_lost_link_stops_without_contact_where_a_frozen_wheel_would_touch() {
    let mut stage = Stage::taken_over("", bend(), START);
    let (mut losses, mut fastest) = (0, 0);
    for tick in 0..2500 {
        if stage.machine.truck.place().y_m > 8.0 {
            break;
        }
        stage.hands = Some((2500, steering_along_the_bend(&stage.machine.truck.place())));
        stage.tick();
        assert_eq!(stage.core.state(), S::Teleop, "tick {tick}: {:?} {:?}", stage.machine.truck.place(), stage.state());
        assert!(!stage.machine.touches(), "driven into a rack: {:?}", stage.machine.truck.place());
        if tick % 15 != 0 || stage.machine.truck.speed_mps() < 0.3 {
            continue;
        }
        losses += 1;
        fastest = fastest.max(stage.state().speed_mm_s);
        let mut lost = stage.clone();
        lost.hands = None;
        lost.until(S::SafeStop);
        let mut rungs = Vec::new();
        while lost.core.state() == S::SafeStop {
            lost.tick();
            assert!(
                !lost.machine.touches(),
                "lost at {:?}: {:?}, rungs {rungs:?}",
                stage.machine.truck.place(),
                lost.machine.truck.place()
            );
            rungs.extend(lost.state().last_stop.and_then(|stop| stop.rung));
        }
        let state = lost.state();
        let why = format!("lost at {:?}: {rungs:?}", stage.machine.truck.place());
        assert_eq!((state.state, state.causes), (S::Halt, vec![Cause::CommandLost]), "{why}");
        assert!(rungs.iter().all(|rung| *rung == StopRung::Manoeuvre), "{rungs:?}");
    }
    assert!(stage.machine.truck.place().y_m > 8.0, "it came through: {:?} {:?}", stage.machine.truck.place(), stage.state());
    let (touches, moments) = frozen_wheels_without_a_guard();
    eprintln!("{losses} losses, none touched, fastest {fastest} mm/s; frozen and without a guard {touches} of {moments} touch");
    assert!(losses >= 30 && fastest > 2000 && touches >= 2, "{losses}, {fastest} mm/s, {touches} of {moments}");
}

#[test]
fn before_a_wall_the_guard_slows_what_the_operator_wants() {
    let mut stage = Stage::taken_over("", dead_end(), START);
    stage.hands = Some((2500, 0));
    for _ in 0..2000 {
        stage.tick();
        assert_eq!(stage.core.state(), S::Teleop, "{:?}", stage.state());
        assert!(!stage.machine.touches());
    }
    let state = stage.state();
    assert!(state.speed_mm_s < 10 && state.free_mm.is_some_and(|free| free < 600), "{state:?}");
    let nose = stage.machine.truck.place().x_m + 1.6;
    assert!((9.2..9.9).contains(&nose), "the loaded nose stands at {nose}");
    // And away from it again.
    stage.hands = Some((-600, 0));
    stage.run_ms(3000);
    assert!(stage.machine.truck.place().x_m + 1.6 < nose - 0.5, "{:?} {:?}", stage.machine.truck.place(), stage.state());
}

#[test]
fn without_scans_it_does_not_leave_boot_and_when_they_end_it_stops_protectively() {
    let mut deaf = Stage::new("", dead_end(), START);
    deaf.machine.ails.scans = Some(ScanFault::Dropout);
    deaf.run_ms(3000);
    assert_eq!((deaf.core.state(), deaf.state().protection), (S::Boot, Protection::Lost));

    let mut stage = Stage::taken_over("", dead_end(), START);
    stage.hands = Some((1500, 0));
    stage.run_ms(2500);
    assert_eq!(stage.state().protection, Protection::Watching);
    stage.machine.ails.scans = Some(ScanFault::Dropout);
    let gone = stage.now;
    stage.until(S::SafeStop);
    assert!(stage.now.since(gone) <= Duration::from_millis(170), "{:?}", stage.now.since(gone));
    assert_eq!(stage.state().causes, [Cause::ScanLost]);
    assert_eq!(stage.drive.brake_mm_s2, 1762, "as hard as the machine can with the forks at 8 cm");
    stage.until(S::Halt);
    assert!(!stage.machine.touches());
}

#[test]
fn a_stop_that_a_person_asks_for_keeps_to_the_way_that_was_driven() {
    let mut stage = Stage::taken_over("", bend(), START);
    while stage.machine.truck.place().heading_rad < 0.6 {
        stage.hands = Some((1200, steering_along_the_bend(&stage.machine.truck.place())));
        stage.tick();
    }
    stage.take(Input::Stop);
    stage.until(S::Halt);
    assert!(!stage.machine.touches());
    let state = stage.state();
    assert_eq!((state.causes, state.last_stop.and_then(|stop| stop.rung)), (vec![Cause::RemoteStop], Some(StopRung::Path)));
}

#[test]
fn where_the_site_says_brake_the_guard_still_keeps_it_to_its_way() {
    let mut stage = Stage::taken_over("[stop]\npolicy = \"brake\"", bend(), START);
    while stage.machine.truck.place().heading_rad < 0.6 {
        stage.hands = Some((1200, steering_along_the_bend(&stage.machine.truck.place())));
        stage.tick();
    }
    stage.hands = None;
    stage.until(S::Halt);
    assert!(!stage.machine.touches());
    assert_eq!(stage.state().last_stop.and_then(|stop| stop.rung), Some(StopRung::Path));
}

/// Scores that prefer one manoeuvre.
fn preferring(number: usize) -> Vec<u8> {
    (0..SCORES).flat_map(|index| (if index == number { 20.0_f32 } else { 0.0 }).to_le_bytes()).collect()
}

/// Straight on with 15 % of the braking: what the guard by itself would never put first.
const GENTLEST: usize = 17;
const GENTLEST_MM_S2: i32 = 235;

#[test]
fn the_best_scored_of_the_free_stops_is_held_and_driven() {
    let mut stage = Stage::taken_over("", Ground::new(Vec::new()), START);
    stage.hands = Some((1500, 0));
    stage.run_ms(3000);
    let ranked = stage.lookout.proposal.expect("a stop");
    assert_eq!((ranked.choice, stage.lookout.scored()), (Choice::Ranked(ScoreFault::Missing), Some(Err(ScoreFault::Missing))));
    assert_ne!(ranked.manoeuvre.map(Manoeuvre::index), Some(GENTLEST));

    stage.policy = Some(|at| (at, preferring(GENTLEST)));
    stage.run_ms(200);
    let scored = stage.lookout.proposal.expect("a stop");
    assert_eq!((scored.choice, scored.manoeuvre.map(Manoeuvre::index)), (Choice::Scored, Some(GENTLEST)));
    assert_eq!(stage.lookout.scored(), Some(Ok(())));
    stage.hands = None;
    stage.until(S::SafeStop);
    assert!(stage.drive.brake_mm_s2 >= GENTLEST_MM_S2, "the first brake is never weaker than the stop that was held");
    stage.run_ms(100);
    assert!(
        (GENTLEST_MM_S2 - 5..=GENTLEST_MM_S2 + 5).contains(&stage.drive.brake_mm_s2),
        "{:?}: the stop that was held",
        stage.drive
    );
}

#[test]
fn scores_that_are_spoilt_old_or_of_the_wrong_length_leave_the_choice_to_the_guard() {
    type Answer = fn(MonoTime) -> (MonoTime, Vec<u8>);
    let cases: [(ScoreFault, Answer); 4] = [
        (ScoreFault::NotFinite, |at| (at, f32::NAN.to_le_bytes().repeat(SCORES))),
        (ScoreFault::Late, |at| (MonoTime(at.0 - 200_000), preferring(GENTLEST))),
        (ScoreFault::Missing, |at| (at, vec![0; SCORES * 4 - 1])),
        (ScoreFault::Missing, |at| (at, Vec::new())),
    ];
    for (fault, answer) in cases {
        let mut stage = Stage::taken_over("", Ground::new(Vec::new()), START);
        stage.hands = Some((1500, 0));
        stage.policy = Some(answer);
        stage.run_ms(3000);
        let proposal = stage.lookout.proposal.expect("a stop");
        assert_eq!((proposal.choice, stage.lookout.scored()), (Choice::Ranked(fault), Some(Err(fault))));
        assert_ne!(proposal.manoeuvre.map(Manoeuvre::index), Some(GENTLEST), "{fault:?}");
    }
}
