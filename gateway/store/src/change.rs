//! A change and the journal's rows that tell of it, in one commit.

use crate::journal::{Entry, write_rows};
use crate::{Store, StoreError};
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection};

/// A transaction that holds the write lock from its beginning. Dropped before [`Change::commit`], nothing has happened.
pub(crate) struct Change {
    connection: PoolConnection<Sqlite>,
    committed: bool,
}

impl Store {
    /// Begins a change; waits while another process writes.
    pub(crate) async fn begin(&self) -> Result<Change, StoreError> {
        let connection = self.pool.acquire().await?;
        let mut change = Change { connection, committed: false };
        sqlx::query("BEGIN IMMEDIATE").execute(change.connection()).await?;
        Ok(change)
    }
}

impl Change {
    /// Where statements of the change run.
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Writes the rows and commits; on disk when this returns. The number of the last row.
    pub(crate) async fn commit(mut self, entries: &[Entry]) -> Result<i64, StoreError> {
        let last = write_rows(self.connection(), entries).await?;
        sqlx::query("COMMIT").execute(self.connection()).await?;
        self.committed = true;
        Ok(last)
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        if !self.committed {
            // SQLite may have ended the transaction by itself (a full disk) or not; a closed connection leaves no doubt.
            self.connection.close_on_drop();
        }
    }
}
