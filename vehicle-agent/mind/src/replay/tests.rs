//! A recorded session with scanners, a lost link and a restarted agent, run again.

use super::*;
use crate::Heard;
use crate::lookout::tests::stage::Stage;
use crate::record::{Ending, Reader};
use farhand_drive::{AgentSays, MachineSays};
use farhand_protocol::{Cause, StopRung, VehicleId};
use farhand_world::{Ground, Place, Solid, SolidKind};

const START: Place = Place { x_m: -6.0, y_m: 0.0, heading_rad: 0.0 };

/// An aisle eastwards between racks.
fn aisle() -> Ground {
    let rack = |low, high| Solid::new(low, high, SolidKind::Rack);
    Ground::new(vec![rack((-14.0, 1.9), (24.0, 3.9)), rack((-14.0, -3.9), (24.0, -1.9))])
}

/// A drive that ends with a lost link, as a record.
fn lost_link() -> (Header, Vec<Entry>) {
    let mut stage = Stage::new("", aisle(), START).recorded().take_over();
    stage.hands = Some((1500, 40));
    stage.run_ms(2000);
    stage.hands = None;
    stage.until(SafetyState::Halt);
    assert_eq!(stage.state().causes, [Cause::CommandLost]);
    let bytes = stage.record();
    let (header, mut reader) = Reader::open(bytes.as_slice()).expect("a record");
    let mut all = Vec::new();
    while let Some(entries) = reader.entries().expect("whole") {
        all.extend(entries);
    }
    assert_eq!(reader.ending(), Some(Ending::CutOff));
    (header, all)
}

fn run(header: &Header, entries: &[Entry]) -> (Replay, Vec<Change>) {
    let mut replay = Replay::new(header, false).expect("this very program");
    let changes = entries.iter().filter_map(|entry| replay.entry(entry)).collect();
    (replay, changes)
}

#[test]
fn a_drive_with_scanners_and_a_lost_link_comes_to_the_same_verdicts_again() {
    let (header, entries) = lost_link();
    let (replay, changes) = run(&header, &entries);
    assert_eq!((replay.different(), replay.first_difference()), (0, None));
    assert!(replay.ticks() > 600, "{} ticks", replay.ticks());
    let states: Vec<SafetyState> = changes.iter().map(|change| change.to.state).collect();
    let expected = [
        SafetyState::Boot,
        SafetyState::Parked,
        SafetyState::Handover,
        SafetyState::Teleop,
        SafetyState::SafeStop,
        SafetyState::Halt,
    ];
    assert_eq!(states, expected);
    let stop = changes[4];
    assert_eq!(stop.to.causes.worst(), Some(Cause::CommandLost));
    assert!(stop.speed_mm_s > 1000 && stop.to.safe_stop && stop.to.told[2] > 0, "{stop:?}");
    assert!(entries.iter().any(|entry| matches!(entry, Entry::Tick(_, verdict) if verdict.rung == Some(StopRung::Manoeuvre))));
}

#[test]
fn an_input_that_somebody_changed_comes_to_another_verdict() {
    let (header, entries) = lost_link();
    let driving =
        entries.iter().position(|entry| matches!(entry, Entry::Tick(_, verdict) if verdict.told[0] > 1400)).expect("it drives");
    let edits: [fn(&mut Heard) -> bool; 3] = [
        |heard| match heard {
            Heard::Machine(MachineSays::Report(report)) => {
                report.speed_mm_s += 150;
                true
            }
            _ => false,
        },
        |heard| match heard {
            Heard::Agent(AgentSays::Command(bytes)) => {
                bytes.pop();
                true
            }
            _ => false,
        },
        |heard| match heard {
            Heard::Machine(MachineSays::Scan(scan)) => {
                scan.mount.x_mm += 400;
                true
            }
            _ => false,
        },
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let mut edited = entries.clone();
        let heard = edited[driving..].iter_mut().filter_map(|entry| match entry {
            Entry::Heard(_, heard) => Some(heard),
            Entry::Tick(..) | Entry::Think(_) => None,
        });
        // As many as lie between two states that the agent is told.
        assert_eq!(heard.filter_map(|heard| edit(heard).then_some(())).take(6).count(), 6, "edit {number}");
        let (replay, _) = run(&header, &edited);
        assert!(replay.different() > 0, "edit {number} was not noticed");
        assert!(replay.first_difference().is_some_and(|first| first.recorded != first.replayed));
    }
}

#[test]
fn a_verdict_that_somebody_changed_is_the_only_different_one() {
    let (header, mut entries) = lost_link();
    let (tick, verdict) = entries
        .iter_mut()
        .filter_map(|entry| match entry {
            Entry::Tick(_, verdict) => Some(verdict),
            Entry::Heard(..) | Entry::Think(_) => None,
        })
        .enumerate()
        .nth(400)
        .expect("so many ticks");
    verdict.told[0] += 1;
    let changed = *verdict;
    let (replay, _) = run(&header, &entries);
    let first = replay.first_difference().expect("noticed");
    assert_eq!((replay.different(), first.tick, first.recorded), (1, tick as u64 + 1, changed));
    assert_eq!(first.replayed.told[0] + 1, changed.told[0]);
}

#[test]
fn the_record_of_another_version_is_refused_unless_it_is_asked_for() {
    let (mut header, entries) = lost_link();
    header.program = "0.0.9".into();
    let refusal = Replay::new(&header, false).expect_err("refused").to_string();
    assert!(refusal.contains("version 0.0.9") && refusal.contains("--any-version"), "{refusal}");
    let mut replay = Replay::new(&header, true).expect("asked for");
    let _ = entries.iter().filter_map(|entry| replay.entry(entry)).count();
    assert_eq!(replay.different(), 0);
    header.wire += 1;
    assert!(matches!(Replay::new(&header, true), Err(NoReplay::Wire { .. })));
    header.wire -= 1;
    header.profile = "kind = \"boat\"".into();
    assert!(matches!(Replay::new(&header, true), Err(NoReplay::Profile(_))));
    assert_eq!(header.vehicle, VehicleId::new("truck-1").expect("a name"));
}
