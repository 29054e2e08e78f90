//! The state file: written by its own thread, off the tick, safe against a power cut.

use anyhow::{Context as _, bail};
use farhand_safety::Persisted;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread;
use tracing::{error, warn};

/// Reads the file. Missing and damaged both give `None`: the vehicle then starts halted.
pub(crate) fn read(path: &Path) -> Option<Persisted> {
    match fs::read(path) {
        Ok(bytes) => Persisted::from_bytes(&bytes).map_err(|_| error!(?path, "the state file is damaged")).ok(),
        Err(error) => {
            error!(?path, %error, "no state file: for a new vehicle run `farhand-guardian init`");
            None
        }
    }
}

/// Writes the first state file of a new vehicle.
pub(crate) fn commission(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        bail!("{} exists already: this vehicle has been commissioned", path.display());
    }
    write(path, &Persisted::default()).with_context(|| format!("writing {}", path.display()))
}

/// Writes beside the file, syncs, renames, syncs the folder: after a power cut there is the old content or the new.
fn write(path: &Path, state: &Persisted) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&beside)?;
    file.write_all(&state.to_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?.sync_all()
}

/// Hands contents to the writing thread and brings its answers back, never waiting.
pub(crate) struct StateFile {
    to_writer: SyncSender<Persisted>,
    answers: Receiver<Result<Persisted, io::Error>>,
    /// The newest content that found the writer busy.
    waiting: Option<Persisted>,
}

impl StateFile {
    /// Starts the writing thread.
    pub(crate) fn start(path: PathBuf) -> io::Result<Self> {
        let (to_writer, contents) = sync_channel::<Persisted>(1);
        let (answer, answers) = sync_channel(8);
        thread::Builder::new().name("state-file".into()).spawn(move || {
            for state in contents {
                let result = write(&path, &state).map(|()| state);
                if let Err(failure) = &result {
                    error!(?path, %failure, "the state file cannot be written; no lease will be accepted");
                }
                if answer.send(result).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { to_writer, answers, waiting: None })
    }

    /// Asks for this content to be stored; only the newest matters.
    pub(crate) fn store(&mut self, state: Persisted) {
        self.waiting = Some(state);
        self.push();
    }

    /// An answer of the writer, if there is one.
    pub(crate) fn answer(&mut self) -> Option<Result<Persisted, io::Error>> {
        self.push();
        match self.answers.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(io::Error::other("the writing thread ended"))),
        }
    }

    fn push(&mut self) {
        let Some(state) = self.waiting.take() else { return };
        if let Err(TrySendError::Full(state)) = self.to_writer.try_send(state) {
            self.waiting = Some(state);
        }
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        if self.waiting.is_some() {
            warn!("stopped before the newest state was stored; the next start will be latched");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farhand_protocol::LeaseEpoch;

    #[test]
    fn a_new_vehicle_is_commissioned_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state");
        commission(&path).expect("written");
        assert_eq!(read(&path), Some(Persisted::default()));
        assert!(commission(&path).is_err());
    }

    #[test]
    fn missing_and_damaged_files_are_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state");
        assert_eq!(read(&path), None);
        fs::write(&path, b"nonsense").expect("written");
        assert_eq!(read(&path), None);
    }

    #[test]
    fn the_newest_content_is_stored_and_answered() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state");
        let mut file = StateFile::start(path.clone()).expect("starts");
        let content = |epoch| Persisted { highest_epoch: LeaseEpoch(epoch), ..Persisted::default() };
        (1..=50).for_each(|epoch| file.store(content(epoch)));
        let mut stored = Persisted::default();
        while stored != content(50) {
            match file.answer() {
                Some(answer) => stored = answer.expect("stored"),
                None => thread::yield_now(),
            }
        }
        assert_eq!(read(&path), Some(content(50)));
    }

    #[test]
    fn a_disk_that_refuses_is_answered_with_the_failure() {
        let mut file = StateFile::start(PathBuf::from("/proc/no-such-folder/state")).expect("starts");
        file.store(Persisted::default());
        let answer = loop {
            match file.answer() {
                Some(answer) => break answer,
                None => thread::yield_now(),
            }
        };
        assert!(answer.is_err());
    }
}
