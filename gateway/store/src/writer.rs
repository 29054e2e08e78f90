//! Many rows, one commit: the journal's queue and its writer.

use crate::journal::{Entry, Kind};
use crate::{Store, StoreError, wall_ms};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

/// The end of the queue that rows are put into; cheap to clone.
#[derive(Debug, Clone)]
pub struct Journal {
    queue: mpsc::Sender<Waiting>,
    ending: Arc<Notify>,
    trouble: watch::Receiver<Option<String>>,
}

#[derive(Debug)]
struct Waiting {
    entry: Entry,
    /// Told the outcome; a row without one is kept until it is written.
    answer: Option<oneshot::Sender<Result<(), StoreError>>>,
}

/// The end that writes; run it in a task of its own.
#[derive(Debug)]
pub struct JournalDriver {
    store: Store,
    queue: mpsc::Receiver<Waiting>,
    ending: Arc<Notify>,
    /// Rows that nobody waits for and the disk did not take yet, oldest first.
    kept: VecDeque<Entry>,
    trouble: Option<Trouble>,
    said: watch::Sender<Option<String>>,
}

/// A time in which the disk takes nothing.
#[derive(Debug)]
struct Trouble {
    since_ms: i64,
    why: String,
    refused: u64,
    lost: u64,
    try_again: Instant,
}

impl Journal {
    /// Makes queue and writer.
    #[must_use]
    pub fn new(store: Store) -> (Self, JournalDriver) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (said, trouble) = watch::channel(None);
        let ending = Arc::new(Notify::new());
        let driver =
            JournalDriver { store, queue: receiver, ending: Arc::clone(&ending), kept: VecDeque::new(), trouble: None, said };
        (Self { queue: sender, ending, trouble }, driver)
    }

    /// Takes no more rows; the writer ends when it has written those it has.
    pub fn end(&self) {
        self.ending.notify_one();
    }

    /// Writes a row and returns when it is on disk.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::QueueFull`] and others; then the row is not written.
    pub async fn append(&self, entry: Entry) -> Result<(), StoreError> {
        let (answer, outcome) = oneshot::channel();
        self.put(Waiting { entry, answer: Some(answer) })?;
        outcome.await.map_err(|_| StoreError::Stopped)?
    }

    /// Puts a row into the queue without waiting; it is written as soon as the disk takes it.
    ///
    /// # Errors
    /// [`StoreError::QueueFull`] if too many rows wait, [`StoreError::Stopped`] after the end.
    pub fn note(&self, entry: Entry) -> Result<(), StoreError> {
        self.put(Waiting { entry, answer: None })
    }

    /// Why the journal cannot be written now; `None` if the last attempt went through.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
    }

    fn put(&self, waiting: Waiting) -> Result<(), StoreError> {
        self.queue.try_send(waiting).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::QueueFull(QUEUE),
            mpsc::error::TrySendError::Closed(_) => StoreError::Stopped,
        })
    }
}

impl JournalDriver {
    /// Writes until [`Journal::end`], or until every [`Journal`] is gone, and the queue is empty. In trouble it tries again every second, also when there is
    /// nothing to write but the row that tells of the trouble.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let again = self.trouble.as_ref().map(|trouble| trouble.try_again);
            let received = tokio::select! {
                received = self.queue.recv_many(&mut batch, BATCH) => received,
                () = self.ending.notified() => {
                    self.queue.close();
                    continue;
                }
                () = sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => usize::MAX,
            };
            let somebody_waits = batch.iter().any(|waiting| waiting.answer.is_some());
            let due = again.is_none_or(|at| at <= Instant::now());
            if somebody_waits || due || received == 0 {
                self.write(std::mem::take(&mut batch)).await;
            } else {
                // A flood of rows would otherwise be a flood of attempts.
                batch.drain(..).for_each(|waiting| self.keep(waiting.entry));
            }
            if received == 0 {
                break;
            }
        }
        if !self.kept.is_empty() {
            tracing::error!(rows = self.kept.len(), "Journal rows are lost: the disk never took them");
        }
    }

    async fn write(&mut self, batch: Vec<Waiting>) {
        match self.try_to_write(&batch).await {
            Ok(()) => {
                self.over();
                for answer in batch.into_iter().filter_map(|waiting| waiting.answer) {
                    // The one who asked may have given up waiting; the row stands all the same.
                    let _ = answer.send(Ok(()));
                }
            }
            Err(error) => {
                self.begins_or_lasts(&error);
                for waiting in batch {
                    match waiting.answer {
                        Some(answer) => {
                            self.refuse();
                            let _ = answer.send(Err(same(&error)));
                        }
                        None => self.keep(waiting.entry),
                    }
                }
            }
        }
    }

    /// The kept rows first, then the new ones, in commits of bounded size.
    async fn try_to_write(&mut self, batch: &[Waiting]) -> Result<(), StoreError> {
        while !self.kept.is_empty() {
            let rows: Vec<Entry> = self.kept.iter().take(BATCH).cloned().collect();
            self.store.record(&rows).await?;
            self.kept.drain(..rows.len());
        }
        let told = self.trouble.as_ref().map(Trouble::as_row);
        let rows: Vec<Entry> = told.into_iter().chain(batch.iter().map(|waiting| waiting.entry.clone())).collect();
        if !rows.is_empty() {
            self.store.record(&rows).await?;
        }
        Ok(())
    }

    fn begins_or_lasts(&mut self, error: &StoreError) {
        let why = error.to_string();
        let try_again = Instant::now() + RETRY;
        if let Some(trouble) = &mut self.trouble {
            trouble.try_again = try_again;
        } else {
            tracing::error!(%error, "The journal cannot be written; rows are kept, nobody can take control");
            self.trouble = Some(Trouble { since_ms: wall_ms(), why: why.clone(), refused: 0, lost: 0, try_again });
        }
        self.said.send_replace(Some(why));
    }

    fn over(&mut self) {
        if let Some(trouble) = self.trouble.take() {
            tracing::warn!(refused = trouble.refused, lost = trouble.lost, "The journal can be written again");
            self.said.send_replace(None);
        }
    }

    fn refuse(&mut self) {
        if let Some(trouble) = &mut self.trouble {
            trouble.refused += 1;
        }
    }

    /// Remembers a row for later. What does not fit any more is lost, and the row at the end of the trouble says how many.
    fn keep(&mut self, entry: Entry) {
        if self.kept.len() < KEPT {
            self.kept.push_back(entry);
            return;
        }
        metrics::counter!("farhand_journal_rows_lost_total").increment(1);
        if let Some(trouble) = &mut self.trouble {
            if trouble.lost == 0 {
                tracing::error!(kept = KEPT, "Journal rows are lost from here on: too many wait for the disk");
            }
            trouble.lost += 1;
        }
    }
}

impl Trouble {
    fn as_row(&self) -> Entry {
        let data = json!({ "since_ms": self.since_ms, "why": self.why, "refused": self.refused, "lost": self.lost });
        Entry::new(Kind::JournalResumed, data)
    }
}

/// An error for each of those who wait.
fn same(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Disk(why) => StoreError::Disk(why.clone()),
        other => StoreError::Database(sqlx::Error::Protocol(other.to_string())),
    }
}

// Two seconds of the worst: eight vehicles with a change in each of 50 ticks a second, and people.
const QUEUE: usize = 1024;
// A site's stops, ends of leases and safety states of hours; a few hundred kilobytes.
const KEPT: usize = 4096;
const BATCH: usize = 256;
const RETRY: Duration = Duration::from_secs(1);
