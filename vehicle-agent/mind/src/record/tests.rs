//! What is written is read; what was damaged, cut or left out is said.

use super::*;
use crate::Mind;
use farhand_drive::AgentSays;
use farhand_profile::Profile;
use std::path::Path;

const PROFILE: &str = "kind = \"counterbalance-truck\"\n";

fn start() -> Start {
    Start { boot_id: BootId(9), stored: Some(Persisted::default()), realtime: false, at: MonoTime(1_000_000) }
}

fn header() -> Header {
    let vehicle = VehicleId::new("truck-1").expect("a name");
    Header::new(vehicle, PROFILE.into(), "here".into(), 1, &start())
}

/// A record of so many ticks, frame by frame, the header first.
fn frames(ticks: u64) -> Vec<Vec<u8>> {
    let profile: Profile = farhand_settings::parse(PROFILE, Path::new("p.toml")).expect("good");
    let (mut mind, mut tape) = (Mind::new(&profile, &start()), Tape::default());
    let mut frames = vec![header().to_bytes().expect("encodes")];
    for tick in 0..ticks {
        let now = MonoTime(1_000_000 + tick * 10_000);
        let heard = Heard::Agent(AgentSays::Beat { at: now, gateway_connected: true });
        let taken = mind.take(now, &heard);
        tape.heard(now, heard, &taken);
        let decision = mind.tick(now);
        tape.ticked(now, &mind, &decision);
        tape.thought(now, &mind.think(now));
        let mut frame = Vec::new();
        tape.close(&mut frame).expect("encodes");
        frames.push(frame);
    }
    frames
}

/// How many frames can be read, and how it ends.
fn read(bytes: &[u8]) -> Result<(usize, Option<Ending>), Unreadable> {
    let (_, mut reader) = Reader::open(bytes)?;
    let mut count = 0;
    while reader.entries()?.is_some() {
        count += 1;
    }
    Ok((count, reader.ending()))
}

#[test]
fn header_and_entries_come_back_as_they_were() {
    let mut frames = frames(3);
    frames.push(Ending::Stopped.to_frame(4).expect("encodes"));
    let bytes = frames.concat();
    let (found, mut reader) = Reader::open(bytes.as_slice()).expect("a record");
    assert_eq!(found, header());
    assert_eq!(found.start(), Some(start()));
    let entries = reader.entries().expect("whole").expect("a frame");
    let beat = Heard::Agent(AgentSays::Beat { at: MonoTime(1_000_000), gateway_connected: true });
    assert_eq!(entries[0], Entry::Heard(MonoTime(1_000_000), beat));
    assert!(matches!(entries[1], Entry::Tick(MonoTime(1_000_000), verdict) if verdict.told[2] > 0), "the brake is on");
    assert_eq!(entries[2..], [Entry::Think(MonoTime(1_000_000))]);
    assert_eq!(read(&bytes).expect("readable"), (3, Some(Ending::Stopped)));
}

#[test]
fn a_changed_byte_anywhere_is_noticed() {
    let mut frames = frames(2);
    frames.push(Ending::Full.to_frame(3).expect("encodes"));
    let good = frames.concat();
    for at in 0..good.len() {
        for change in [0x01, 0x80] {
            let mut bytes = good.clone();
            bytes[at] ^= change;
            let found = read(&bytes);
            match at {
                0..8 => assert!(matches!(found, Err(Unreadable::NoRecord)), "byte {at}: {found:?}"),
                8..12 => assert!(matches!(found, Err(Unreadable::Format { .. })), "byte {at}: {found:?}"),
                _ => assert!(matches!(found, Err(Unreadable::Damaged { .. })), "byte {at}: {found:?}"),
            }
        }
    }
}

#[test]
fn a_record_that_is_cut_off_anywhere_is_read_up_to_its_last_whole_frame() {
    let frames = frames(3);
    let whole = frames.concat();
    let begin = frames[0].len();
    for length in 0..=whole.len() {
        let found = read(&whole[..length]);
        let ends = frames.iter().scan(0, |sum, frame| {
            *sum += frame.len();
            Some(*sum)
        });
        let complete = ends.filter(|end| *end <= length).count();
        match length {
            0..8 => assert!(matches!(found, Err(Unreadable::NoRecord)), "{length} bytes: {found:?}"),
            _ if length < begin => assert!(matches!(found, Err(Unreadable::Empty)), "{length} bytes: {found:?}"),
            _ => assert_eq!(found.expect("readable"), (complete - 1, Some(Ending::CutOff)), "{length} bytes"),
        }
    }
}

#[test]
fn zeros_that_a_power_cut_left_are_an_end_and_zeros_in_the_middle_are_damage() {
    let frames = frames(3);
    let whole = frames.concat();
    assert_eq!(read(&[whole.clone(), vec![0; 9000]].concat()).expect("readable"), (3, Some(Ending::CutOff)));
    let mut torn = whole.clone();
    torn.truncate(whole.len() - 60);
    torn.resize(whole.len() + 8192, 0);
    assert_eq!(read(&torn).expect("readable"), (2, Some(Ending::CutOff)));
    let mut middle = whole;
    let second = frames[0].len() + frames[1].len();
    middle[second..second + 40].fill(0);
    assert!(matches!(read(&middle), Err(Unreadable::Damaged { frame: 2, .. })));
}

#[test]
fn a_missing_frame_is_a_hole_and_a_frame_out_of_order_is_damage() {
    let frames = frames(5);
    let without = [&frames[..2], &frames[4..]].concat().concat();
    assert!(matches!(read(&without), Err(Unreadable::Hole { after: 1, lost: 2 })));
    let twice = [&frames[..3], &frames[2..]].concat().concat();
    assert!(matches!(read(&twice), Err(Unreadable::Damaged { .. })));
    let back = [&frames[..4], &frames[1..]].concat().concat();
    assert!(matches!(read(&back), Err(Unreadable::Damaged { .. })));
}

#[test]
fn a_frame_that_is_lost_leaves_its_number_out() {
    let mut tape = Tape::default();
    tape.lose();
    assert_eq!(tape.number(), 2);
    let mut frame = Vec::new();
    tape.close(&mut frame).expect("encodes");
    assert_eq!(number_after(&frame), Some(3));
    assert!(matches!(read(&[frames(0).concat(), frame].concat()), Err(Unreadable::Hole { after: 0, lost: 1 })));
}

#[test]
fn other_files_and_other_formats_are_refused_by_name() {
    assert!(matches!(read(b""), Err(Unreadable::NoRecord)));
    assert!(matches!(read(b"vehicle = \"truck-1\""), Err(Unreadable::NoRecord)));
    let mut newer = frames(1).concat();
    newer[8] = 7;
    let refusal = read(&newer).expect_err("refused").to_string();
    assert!(refusal.contains("format 7") && refusal.contains("use the version that recorded it"), "{refusal}");
}
