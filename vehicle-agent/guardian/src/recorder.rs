//! The black box: hands the frames of a record to its own thread, which writes them, and never waits for it.

use crate::config::RecordConfig;
use anyhow::Context as _;
use farhand_mind::record::{Ending, Header, Tape, number_after};
use farhand_mind::{Decision, Heard, Mind, Taken, Thought};
use farhand_protocol::MonoTime;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tracing::{error, info, warn};

/// Frames on their way to the disk: five seconds of a disk that does not answer.
const ON_THE_WAY: usize = 512;
/// About a second of a truck with scanners.
const WORTH_KEEPING_BYTES: u64 = 64 << 10;
/// After a power cut at most this much is missing.
const SYNC_PERIOD: Duration = Duration::from_secs(1);

/// The record of this run, from the loop's side. Its buffers go round, so that no memory is taken or given back by two threads.
pub(crate) struct Recorder {
    tape: Tape,
    spare: Receiver<Vec<u8>>,
    /// None once the writer has ended.
    to_writer: Option<SyncSender<Vec<u8>>>,
    writer: Option<JoinHandle<()>>,
    /// Ticks that found the writer too slow.
    lost: u64,
    losing: bool,
}

impl Recorder {
    /// Starts a record if that is possible. A vehicle does its work without one too, but says so.
    pub(crate) fn try_start(config: &RecordConfig) -> Option<Self> {
        Self::start(config).map_err(|failure| error!("nothing is recorded in this run: {failure:#}")).ok()
    }

    /// Makes the file, keeps the record before beside it, and starts the writing thread. To be called before the loop becomes
    /// a real-time thread: what it starts then would be one too.
    fn start(config: &RecordConfig) -> anyhow::Result<Self> {
        keep_the_one_before(&config.file)?;
        // It names people who drove: for the owner's eyes alone.
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&config.file);
        let file = file.with_context(|| format!("making the record {}", config.file.display()))?;
        Self::over(Disk { file, path: config.file.clone(), room: config.bytes_of_one(), synced: Instant::now() })
    }

    fn over(disk: Disk) -> anyhow::Result<Self> {
        // Two more for the header and the end, so that neither channel is ever full.
        let (give_back, spare) = sync_channel(ON_THE_WAY + 2);
        let (to_writer, frames) = sync_channel(ON_THE_WAY + 2);
        for _ in 0..ON_THE_WAY {
            give_back.try_send(Vec::new()).context("filling the recorder's buffers")?;
        }
        let writer = thread::Builder::new().name("record".into()).spawn(move || disk.write_all(&frames, &give_back))?;
        Ok(Self { tape: Tape::default(), spare, to_writer: Some(to_writer), writer: Some(writer), lost: 0, losing: false })
    }

    /// The first frame.
    pub(crate) fn begin(&mut self, header: &Header) {
        match header.to_bytes() {
            Ok(bytes) => self.hand_over(bytes),
            Err(failure) => {
                error!(%failure, "nothing is recorded in this run");
                self.to_writer = None;
            }
        }
    }

    pub(crate) fn heard(&mut self, now: MonoTime, heard: Heard, taken: &Taken) {
        if self.to_writer.is_some() {
            self.tape.heard(now, heard, taken);
        }
    }

    pub(crate) fn ticked(&mut self, now: MonoTime, mind: &Mind, decision: &Decision) {
        if self.to_writer.is_some() {
            self.tape.ticked(now, mind, decision);
        }
    }

    /// The tick is over: its frame goes to the writer, or is lost.
    pub(crate) fn thought(&mut self, now: MonoTime, thought: &Thought) {
        if self.to_writer.is_none() {
            return;
        }
        self.tape.thought(now, thought);
        match self.spare.try_recv() {
            Ok(mut bytes) => {
                bytes.clear();
                self.found_room();
                if let Err(error) = self.tape.close(&mut bytes) {
                    warn!(%error, "a tick cannot be recorded: the record has a hole");
                }
                self.hand_over(bytes);
            }
            Err(TryRecvError::Empty) => self.lose(),
            Err(TryRecvError::Disconnected) => self.to_writer = None,
        }
    }

    fn lose(&mut self) {
        self.tape.lose();
        self.lost += 1;
        if !self.losing {
            warn!(lost = self.lost, "the disk is too slow for the record: it has a hole from here");
        }
        self.losing = true;
    }

    fn found_room(&mut self) {
        if self.losing {
            warn!(lost = self.lost, "the disk keeps up again; so many ticks are missing in the record");
        }
        self.losing = false;
    }

    fn hand_over(&mut self, bytes: Vec<u8>) {
        if self.to_writer.as_ref().is_some_and(|writer| writer.try_send(bytes).is_err()) {
            self.to_writer = None;
        }
    }
}

impl Drop for Recorder {
    /// Writes the end, when the loop is over and nobody waits for it.
    fn drop(&mut self) {
        if let Ok(end) = Ending::Stopped.to_frame(self.tape.number()) {
            self.hand_over(end);
        }
        self.to_writer = None;
        if self.writer.take().is_some_and(|writer| writer.join().is_err()) {
            error!("the record's thread died");
        }
    }
}

/// Moves the record of the run before aside. A run that ended at once is not worth the one before it: a guardian that starts
/// and dies over and over must not push out the record of the drive after which it began to.
fn keep_the_one_before(file: &Path) -> anyhow::Result<()> {
    let worth_keeping = match fs::metadata(file) {
        Ok(found) => found.len() >= WORTH_KEEPING_BYTES,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error).with_context(|| format!("looking for the record before, {}", file.display())),
    };
    if worth_keeping {
        let before = beside(file);
        fs::rename(file, &before).with_context(|| format!("keeping the record before as {}", before.display()))?;
    }
    Ok(())
}

/// Where the record of the run before lies.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

/// The record from the writer's side.
struct Disk {
    file: File,
    path: PathBuf,
    /// Bytes that may still be written.
    room: u64,
    synced: Instant,
}

impl Disk {
    /// Writes what comes until nothing comes, the record is full or the disk refuses.
    fn write_all(mut self, frames: &Receiver<Vec<u8>>, give_back: &SyncSender<Vec<u8>>) {
        let mut number = 1;
        for frame in frames {
            let bytes = u64::try_from(frame.len()).unwrap_or(u64::MAX);
            if bytes > self.room {
                self.end_full(number);
                return;
            }
            if let Err(failure) = self.write(&frame) {
                error!(path = ?self.path, %failure, "the record cannot be written; nothing more is recorded until the next start");
                return;
            }
            self.room -= bytes;
            number = number_after(&frame).unwrap_or(number);
            // At the end of the run nobody wants it back.
            let _ = give_back.try_send(frame);
        }
        if let Err(failure) = self.file.sync_data() {
            error!(path = ?self.path, %failure, "the record's end may not be on the disk");
        }
    }

    fn write(&mut self, frame: &[u8]) -> io::Result<()> {
        self.file.write_all(frame)?;
        if self.synced.elapsed() >= SYNC_PERIOD {
            self.file.sync_data()?;
            self.synced = Instant::now();
        }
        Ok(())
    }

    fn end_full(&mut self, number: u32) {
        info!(path = ?self.path, "the record is full; nothing more is recorded until the next start");
        let end = Ending::Full.to_frame(number).map_err(io::Error::other);
        if let Err(failure) = end.and_then(|end| self.file.write_all(&end)).and_then(|()| self.file.sync_data()) {
            error!(path = ?self.path, %failure, "the record's end cannot be written");
        }
    }
}

#[cfg(test)]
#[path = "recorder/tests.rs"]
mod tests;
