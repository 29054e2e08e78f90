//! Logged-in sessions, for tower-sessions. The database holds only a hash of each session's id.

use crate::{Store, StoreError, wall_ms};
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// Sessions in the database.
#[derive(Debug, Clone)]
pub struct Sessions {
    store: Store,
}

impl Sessions {
    /// Keeps sessions in this store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Removes sessions that are over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sweep(&self) -> std::result::Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE expires_ms <= ?").bind(wall_ms()).execute(&self.store.pool).await?;
        Ok(())
    }

    async fn insert(&self, record: &Record, statement: &'static str) -> Result<bool> {
        let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        let done = sqlx::query(statement)
            .bind(hash(&record.id))
            .bind(data)
            .bind(unix_ms(record.expiry_date))
            .execute(&self.store.pool)
            .await
            .map_err(backend)?;
        Ok(done.rows_affected() > 0)
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let statement = "INSERT INTO sessions (hash, data, expires_ms) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING";
        while !self.insert(record, statement).await? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let statement = "INSERT INTO sessions (hash, data, expires_ms) VALUES (?1, ?2, ?3)
                         ON CONFLICT (hash) DO UPDATE SET data = ?2, expires_ms = ?3";
        self.insert(record, statement).await.map(|_| ())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row: Option<(String, i64)> =
            sqlx::query_as("SELECT data, expires_ms FROM sessions WHERE hash = ? AND expires_ms > ?")
                .bind(hash(id))
                .bind(wall_ms())
                .fetch_optional(&self.store.pool)
                .await
                .map_err(backend)?;
        let Some((data, expires_ms)) = row else { return Ok(None) };
        let data = serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(expires_ms) * 1_000_000)
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE hash = ?").bind(hash(id)).execute(&self.store.pool).await.map_err(backend)?;
        Ok(())
    }
}

fn backend(error: sqlx::Error) -> Error {
    Error::Backend(StoreError::from(error).to_string())
}

fn hash(id: &Id) -> Vec<u8> {
    Sha256::digest(id.0.to_be_bytes()).to_vec()
}

fn unix_ms(date: OffsetDateTime) -> i64 {
    i64::try_from(date.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
