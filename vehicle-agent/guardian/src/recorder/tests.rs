//! Disks that work, are full, are too slow, or refuse.

use super::*;
use farhand_drive::AgentSays;
use farhand_mind::Start;
use farhand_mind::record::{Reader, Unreadable};
use farhand_profile::Profile;
use farhand_protocol::{BootId, VehicleId};
use serde_bytes::ByteBuf;

const PROFILE: &str = "kind = \"counterbalance-truck\"\n";

/// A mind that says what it does to a recorder.
struct Life {
    mind: Mind,
    recorder: Recorder,
    now: MonoTime,
}

impl Life {
    fn of(mut recorder: Recorder) -> Self {
        let profile: Profile = farhand_settings::parse(PROFILE, Path::new("p.toml")).expect("good");
        let now = MonoTime(1_000_000);
        let start = Start { boot_id: BootId(1), stored: None, realtime: false, at: now };
        let vehicle = VehicleId::new("truck-1").expect("a name");
        recorder.begin(&Header::new(vehicle, PROFILE.into(), "here".into(), 0, &start));
        Self { mind: Mind::new(&profile, &start), recorder, now }
    }

    /// One tick in which a message of so many bytes arrives.
    fn tick(&mut self, bytes: usize) {
        self.now = self.now.after(Duration::from_millis(10));
        let heard = Heard::Agent(AgentSays::Command(ByteBuf::from(vec![7; bytes])));
        let taken = self.mind.take(self.now, &heard);
        self.recorder.heard(self.now, heard, &taken);
        let decision = self.mind.tick(self.now);
        self.recorder.ticked(self.now, &self.mind, &decision);
        let thought = self.mind.think(self.now);
        self.recorder.thought(self.now, &thought);
    }
}

fn config(folder: &Path) -> RecordConfig {
    let text = format!("file = \"{}\"\nmegabytes = 2", folder.join("box").display());
    let section: Section = farhand_settings::parse(&format!("[record]\n{text}"), Path::new("g.toml")).expect("good");
    section.record
}

#[derive(serde::Deserialize)]
struct Section {
    record: RecordConfig,
}

impl farhand_settings::Settings for Section {}

/// How many ticks a record holds, and how it ends.
fn read(bytes: &[u8]) -> Result<(u32, Option<Ending>), Unreadable> {
    let (_, mut reader) = Reader::open(bytes)?;
    let mut ticks = 0;
    while reader.entries()?.is_some() {
        ticks += 1;
    }
    Ok((ticks, reader.ending()))
}

#[test]
fn a_run_is_written_to_its_end_and_kept_beside_the_next_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path());
    for ticks in [30, 20, 10] {
        let mut life = Life::of(Recorder::start(&config).expect("starts"));
        (0..ticks).for_each(|_| life.tick(7000));
        drop(life);
        let bytes = fs::read(&config.file).expect("written");
        assert_eq!(read(&bytes).expect("readable"), (ticks, Some(Ending::Stopped)));
    }
    let before = fs::read(beside(&config.file)).expect("kept");
    assert_eq!(read(&before).expect("readable"), (20, Some(Ending::Stopped)));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "a ring of two");
}

#[test]
fn a_guardian_that_dies_over_and_over_does_not_push_out_the_record_of_the_drive_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path());
    for ticks in [40, 1, 1, 2] {
        let mut life = Life::of(Recorder::start(&config).expect("starts"));
        (0..ticks).for_each(|_| life.tick(7000));
    }
    let ticks = |path: &Path| read(&fs::read(path).expect("kept")).expect("readable").0;
    assert_eq!((ticks(&beside(&config.file)), ticks(&config.file)), (40, 2));
}

#[test]
fn a_folder_that_is_not_there_leaves_the_vehicle_without_a_record_but_running() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(Recorder::try_start(&config(&folder.path().join("nowhere"))).is_none());
}

#[test]
fn a_record_that_is_full_ends_there_and_the_loop_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path());
    let mut life = Life::of(Recorder::start(&config).expect("starts"));
    for _ in 0..400 {
        life.tick(8000);
        // The disk is given the time that it has on a vehicle, more or less.
        thread::yield_now();
    }
    drop(life);
    let bytes = fs::read(&config.file).expect("written");
    match read(&bytes) {
        Ok((ticks, ending)) => {
            assert_eq!(ending, Some(Ending::Full));
            assert!((100..125).contains(&ticks), "{ticks} ticks of 8 kB in a megabyte");
        }
        // A disk that was slower than this loop.
        Err(fault) => assert!(matches!(fault, Unreadable::Hole { .. }), "{fault}"),
    }
    assert!((900_000..1_010_000).contains(&bytes.len()), "{} bytes", bytes.len());
}

#[test]
fn a_disk_that_does_not_answer_costs_ticks_and_never_makes_the_loop_wait() {
    let (give_back, spare) = sync_channel(5);
    let (to_writer, frames) = sync_channel(5);
    (0..3).for_each(|_| give_back.try_send(Vec::new()).expect("room"));
    let mut life =
        Life::of(Recorder { tape: Tape::default(), spare, to_writer: Some(to_writer), writer: None, lost: 0, losing: false });
    (0..5).for_each(|_| life.tick(10));
    assert_eq!((life.recorder.lost, life.recorder.losing), (2, true), "nobody took the first three");
    let mut written = frames.recv().expect("the header");
    for _ in 0..3 {
        let frame = frames.recv().expect("a frame");
        written.extend_from_slice(&frame);
        give_back.try_send(frame).expect("room");
    }
    assert_eq!(read(&written).expect("whole so far"), (3, Some(Ending::CutOff)));
    life.tick(10);
    assert_eq!((life.recorder.lost, life.recorder.losing), (2, false));
    written.extend_from_slice(&frames.recv().expect("a frame"));
    assert!(matches!(read(&written), Err(Unreadable::Hole { after: 3, lost: 2 })));
}

#[test]
fn a_disk_that_refuses_ends_the_record_and_not_the_loop() {
    let file = File::options().write(true).open("/dev/full").expect("there is one");
    let disk = Disk { file, path: "/dev/full".into(), room: u64::MAX, synced: Instant::now() };
    let mut life = Life::of(Recorder::over(disk).expect("starts"));
    while life.recorder.to_writer.is_some() {
        life.tick(10);
    }
    // This loop is faster than any, so some may have been lost before the refusal was known.
    let lost = life.recorder.lost;
    (0..10).for_each(|_| life.tick(10));
    assert_eq!(life.recorder.lost, lost, "an ended record has no holes");
}
