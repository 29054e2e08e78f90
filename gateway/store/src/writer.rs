//! Many rows, one commit: the journal's queue and its writer.

use crate::journal::Entry;
use crate::{Store, StoreError};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// The end of the queue that rows are put into; cheap to clone.
#[derive(Debug, Clone)]
pub struct Journal {
    queue: mpsc::Sender<Waiting>,
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
    /// Rows that nobody waits for and the disk did not take yet, oldest first.
    kept: VecDeque<Entry>,
    lost: u64,
}

impl Journal {
    /// Makes queue and writer.
    #[must_use]
    pub fn new(store: Store) -> (Self, JournalDriver) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self { queue: sender }, JournalDriver { store, queue: receiver, kept: VecDeque::new(), lost: 0 })
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

    fn put(&self, waiting: Waiting) -> Result<(), StoreError> {
        self.queue.try_send(waiting).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::QueueFull(QUEUE),
            mpsc::error::TrySendError::Closed(_) => StoreError::Stopped,
        })
    }
}

impl JournalDriver {
    /// Writes until every [`Journal`] is gone and the queue is empty.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let retry = !self.kept.is_empty();
            let received = tokio::select! {
                received = self.queue.recv_many(&mut batch, BATCH) => received,
                () = tokio::time::sleep(RETRY), if retry => usize::MAX,
            };
            self.write(std::mem::take(&mut batch)).await;
            if received == 0 {
                break;
            }
        }
        if !self.kept.is_empty() {
            tracing::error!(rows = self.kept.len(), "Journal rows are lost: the disk never took them");
        }
    }

    async fn write(&mut self, batch: Vec<Waiting>) {
        let rows: Vec<Entry> = self.kept.iter().cloned().chain(batch.iter().map(|waiting| waiting.entry.clone())).collect();
        if rows.is_empty() {
            return;
        }
        match self.store.record(&rows).await {
            Ok(_) => {
                self.kept.clear();
                for answer in batch.into_iter().filter_map(|waiting| waiting.answer) {
                    // The one who asked may have given up waiting; the row stands all the same.
                    let _ = answer.send(Ok(()));
                }
            }
            Err(error) => {
                tracing::error!(%error, rows = rows.len(), "The journal cannot be written");
                self.keep(batch, &error);
            }
        }
    }

    fn keep(&mut self, batch: Vec<Waiting>, error: &StoreError) {
        for waiting in batch {
            if let Some(answer) = waiting.answer {
                let _ = answer.send(Err(same(error)));
            } else if self.kept.len() < KEPT {
                self.kept.push_back(waiting.entry);
            } else {
                self.lost += 1;
                tracing::error!(lost = self.lost, "A journal row is lost: too many wait for the disk");
            }
        }
    }
}

/// An error for each of those who wait.
fn same(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        other => StoreError::Database(sqlx::Error::Protocol(other.to_string())),
    }
}

// Two seconds of the worst: eight vehicles with a change in each of 50 ticks a second, and people.
const QUEUE: usize = 1024;
const KEPT: usize = 1024;
const BATCH: usize = 256;
const RETRY: Duration = Duration::from_secs(1);
