//! The real program records a session over its real sockets, and comes to the same verdicts again.

#[path = "program/site.rs"]
mod site;

use farhand_machine::profiles;
use farhand_protocol::{Cause, SafetyState};
use site::{Guardian, Site, program};
use std::path::{Path, PathBuf};

/// Reports that are changed: enough that some decide a tick, though several may arrive between two.
const EDITED: usize = 24;
const MOST_DRIVES: usize = 5;
const RECORD: &str = "[record]\nfile = \"box\"\nmegabytes = 100\n";

/// Exit code, result and complaint of `farhand-guardian replay`.
fn replay(folder: &Path, name: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let mut command = program(folder);
    command.arg("replay").arg(folder.join(name)).args(more).stderr(std::process::Stdio::piped());
    let output = command.output().expect("starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Records a drive that loses its link. A host that takes the processor away adds causes of its own: that record must be equal as
/// well, but shows another session, so the drive is driven again.
fn record_of_a_lost_link(folder: &Path) -> PathBuf {
    let mut drive = 0;
    loop {
        drive += 1;
        let folder = &folder.join(drive.to_string());
        std::fs::create_dir(folder).expect("a folder");
        let mut site = Site::new(folder, &profiles::truck(""), RECORD);
        let guardian = Guardian::start(folder);
        let causes = drive_and_lose_the_link(&mut site);
        assert!(guardian.stop());
        // Sweeps may have grown old as well.
        if causes.iter().all(|cause| [Cause::CommandLost, Cause::ScanLost].contains(cause)) {
            return folder.clone();
        }
        let (code, result, complaint) = replay(folder, "box", &[]);
        assert_eq!(code, Some(0), "with {causes:?}: {result}\n{complaint}");
        assert!(drive < MOST_DRIVES, "in {drive} drives the host never left the guardian its processor: {causes:?}");
    }
}

/// Drives at the wall and loses the link; returns why it stopped.
fn drive_and_lose_the_link(site: &mut Site) -> Vec<Cause> {
    site.take_over();
    site.hands = Some((900, 30));
    site.turns(120);
    site.hands = None;
    site.until("rest", |state| state.state == SafetyState::Halt);
    site.state.as_ref().expect("one").causes.clone()
}

/// Changes the speed in some reports, which come last in their frames, after `from`, and makes the sums of their frames right again.
fn edit_inputs(record: &mut [u8], from: usize) {
    const KEY: &[u8] = b"speed_mm_s";
    let (mut at, mut edited) = (12, 0);
    while at < record.len() {
        let length = usize::try_from(u32::from_le_bytes(record[at..at + 4].try_into().expect("four"))).expect("fits");
        let (begin, end) = (at + 12, at + 12 + length);
        let content = &record[begin..end];
        let found = content.windows(KEY.len()).rposition(|window| window == KEY).map(|place| place + KEY.len());
        // A whole number of two bytes: something from 256 mm/s up.
        if let Some(place) = found.filter(|place| at > from && content[*place] == 0x19) {
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
    let folders = tempfile::tempdir().expect("a folder");
    let folder = &record_of_a_lost_link(folders.path());
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
    let (code, result, complaint) = spoil("edited", &|bytes| {
        let half = bytes.len() / 2;
        edit_inputs(bytes, half);
    });
    assert!(code == Some(1) && result.contains("DIFFERENT"), "{code:?}\n{result}\n{complaint}");
    assert!(result.contains("recorded  Teleop") || result.contains("recorded  SafeStop"), "{result}");
    let (code, _, complaint) = spoil("newer", &|bytes| bytes[8] = 99);
    assert!(code == Some(2) && complaint.contains("format 99"), "{code:?}\n{complaint}");
    let (code, _, complaint) = replay(folder, "profile.toml", &[]);
    assert!(code == Some(2) && complaint.contains("is no record"), "{code:?}\n{complaint}");
}

#[test]
fn the_record_of_a_killed_guardian_is_whole_up_to_its_end_and_kept_beside_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
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
