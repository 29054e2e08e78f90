//! The real program records a session over its real sockets, and comes to the same verdicts again.

#[path = "program/site.rs"]
mod site;

use farhand_machine::profiles;
use farhand_protocol::{Cause, SafetyState};
use site::{Guardian, Site, by_the_clock, program};
use std::path::Path;

/// Reports that are changed: enough that some decide a tick, though several may arrive between two.
const EDITED: usize = 24;
const RECORD: &str = "[record]\nfile = \"box\"\nmegabytes = 100\n";

/// Exit code, result and complaint of `farhand-guardian replay`.
fn replay(folder: &Path, name: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let mut command = program(folder);
    command.arg("replay").arg(folder.join(name)).args(more).stderr(std::process::Stdio::piped());
    let output = command.output().expect("starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Drives at the wall and loses the link.
fn drive_and_lose_the_link(site: &mut Site) {
    site.take_over();
    site.hands = Some((900, 30));
    site.turns(120);
    site.hands = None;
    site.until("rest", |state| state.state == SafetyState::Halt);
    let causes = &site.state.as_ref().expect("one").causes;
    // A host that takes the processor away for long lets sweeps grow old as well.
    assert!(causes.iter().all(|cause| [Cause::CommandLost, Cause::ScanLost].contains(cause)), "{causes:?}");
}

/// Changes the speed in the last report of the first frames of a moving truck, and makes the sums of their frames right again.
fn edit_inputs(record: &mut [u8]) {
    const KEY: &[u8] = b"speed_mm_s";
    const REPORT: &[u8] = b"travelled_um";
    let (mut at, mut edited) = (12, 0);
    while at < record.len() {
        let length = usize::try_from(u32::from_le_bytes(record[at..at + 4].try_into().expect("four"))).expect("fits");
        let (begin, end) = (at + 12, at + 12 + length);
        let content = &record[begin..end];
        // Commands have a speed as well; a report has it after the way it counted.
        let report = content.windows(REPORT.len()).rposition(|window| window == REPORT);
        let found = report.and_then(|report| {
            let speed = content[report..].windows(KEY.len()).position(|window| window == KEY)?;
            Some(report + speed + KEY.len())
        });
        // A whole number of two bytes: something from 256 mm/s up.
        if let Some(place) = found.filter(|place| content[*place] == 0x19) {
            record[begin + place + 2] ^= 0x40;
            let sum = crc32fast::hash(&record[begin..end]);
            record[end..end + 4].copy_from_slice(&sum.to_le_bytes());
            edited += 1;
            if edited == EDITED {
                return;
            }
        }
        at = end + 4;
    }
    assert_eq!(edited, EDITED, "reports of a moving truck");
}

#[test]
fn a_recorded_session_with_a_lost_link_comes_to_the_same_verdicts_and_what_was_changed_is_noticed() {
    by_the_clock(a_lost_link_is_replayed);
}

fn a_lost_link_is_replayed(folder: &Path) {
    let mut site = Site::new(folder, &profiles::truck(""), RECORD);
    let guardian = Guardian::start(folder);
    drive_and_lose_the_link(&mut site);
    assert!(guardian.stop());

    let (code, result, complaint) = replay(folder, "box", &["--table"]);
    assert_eq!(code, Some(0), "{result}\n{complaint}");
    for expected in ["truck-1", "Teleop -> SafeStop", "SafeStop -> Halt", "Lost", "told to stop", "equal: each tick"] {
        assert!(result.contains(expected), "{expected} is missing in:\n{result}");
    }

    let good = std::fs::read(folder.join("box")).expect("a record");
    let spoil = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        std::fs::write(folder.join(name), bytes).expect("written");
        replay(folder, name, &[])
    };
    let (code, result, _) = spoil("half", &|bytes| bytes.truncate(bytes.len() / 2));
    assert!(code == Some(0) && result.contains("cut off") && result.contains("equal"), "{code:?}\n{result}");
    let (code, result, complaint) = spoil("flipped", &|bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
    });
    assert!(code == Some(2) && complaint.contains("damaged at byte"), "{code:?}\n{complaint}");
    assert!(result.contains("equal up to there"), "{result}");
    let (code, result, complaint) = spoil("edited", &|bytes| edit_inputs(bytes));
    assert!(code == Some(1) && result.contains("DIFFERENT"), "{code:?}\n{result}\n{complaint}");
    assert!(result.contains("recorded  Teleop") || result.contains("recorded  SafeStop"), "{result}");
    let (code, _, complaint) = spoil("newer", &|bytes| bytes[8] = 99);
    assert!(code == Some(2) && complaint.contains("format 99"), "{code:?}\n{complaint}");
    let (code, _, complaint) = replay(folder, "profile.toml", &[]);
    assert!(code == Some(2) && complaint.contains("is no record"), "{code:?}\n{complaint}");
}

#[test]
fn the_record_of_a_killed_guardian_is_whole_up_to_its_end_and_kept_beside_the_next() {
    by_the_clock(a_killed_guardian_leaves_its_record);
}

fn a_killed_guardian_leaves_its_record(folder: &Path) {
    let mut site = Site::new(folder, &profiles::truck(""), RECORD);
    let killed = Guardian::start(folder);
    site.until("parked", |state| state.state == SafetyState::Parked);
    site.turns(150);
    drop(killed);
    site.forget();
    let next = Guardian::start(folder);
    site.until("parked again", |state| state.state == SafetyState::Parked);
    assert!(next.stop());

    let (code, result, complaint) = replay(folder, "box.1", &[]);
    assert!(code == Some(0) && result.contains("cut off") && result.contains("equal"), "{code:?}\n{result}\n{complaint}");
    let (code, result, complaint) = replay(folder, "box", &[]);
    assert!(code == Some(0) && result.contains("told to stop") && result.contains("equal"), "{code:?}\n{result}\n{complaint}");
}
