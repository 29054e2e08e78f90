//! Logged-in sessions, for tower-sessions. The database holds only a hash of each session's id.

use crate::accounts::account;
use crate::{Account, Store, StoreError, wall_ms};
use async_trait::async_trait;
use farhand_lease::Role;
use farhand_protocol::OperatorName;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// The key under which a session keeps its account's name. A session with a name ends with the account.
pub const LOGIN_NAME: &str = "name";

/// The key under which a session keeps which making of the account it was opened with.
pub const LOGIN_GENERATION: &str = "generation";

/// Names a login without opening it: the hash of its secret id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoginId([u8; 32]);

/// Who may do what right now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    /// Every account.
    pub roles: BTreeMap<OperatorName, Role>,
    /// Every login that stands, and whose it is.
    pub logins: BTreeMap<LoginId, OperatorName>,
}

impl LoginId {
    /// The login behind this session id.
    #[must_use]
    pub fn of(id: &Id) -> Self {
        Self(Sha256::digest(id.0.to_be_bytes()).into())
    }

    fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Store {
    /// Accounts and logins of this moment, in one reading.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn people(&self) -> std::result::Result<People, StoreError> {
        let rows: Vec<(String, String, Option<Vec<u8>>)> = sqlx::query_as(
            "SELECT accounts.name, role, hash FROM accounts
             LEFT JOIN sessions ON sessions.name = accounts.name AND expires_ms > ?",
        )
        .bind(wall_ms())
        .fetch_all(&self.pool)
        .await?;
        let mut people = People::default();
        for (name, role, hash) in rows {
            let Account { name, role } = account(name, role)?;
            if let Some(hash) = hash.and_then(|hash| <[u8; 32]>::try_from(hash).ok()) {
                people.logins.insert(LoginId(hash), name.clone());
            }
            people.roles.insert(name, role);
        }
        Ok(people)
    }
}

impl Store {
    /// Gives these logins time from now on. One that is over stays over, and one that has ended is not made anew.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew(&self, logins: &[LoginId], time: Duration) -> std::result::Result<(), StoreError> {
        let now = wall_ms();
        let until = now.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
        for login in logins {
            sqlx::query("UPDATE sessions SET expires_ms = max(expires_ms, ?) WHERE hash = ? AND expires_ms > ?")
                .bind(until)
                .bind(login.as_bytes())
                .bind(now)
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }
}

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

    async fn write(&self, record: &Record, statement: &'static str) -> Result<bool> {
        let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        let done = sqlx::query(statement)
            .bind(LoginId::of(&record.id).as_bytes())
            .bind(data)
            .bind(unix_ms(record.expiry_date))
            .bind(record.data.get(LOGIN_NAME).and_then(|name| name.as_str()))
            .bind(record.data.get(LOGIN_GENERATION).and_then(serde_json::Value::as_i64))
            .execute(&self.store.pool)
            .await
            .map_err(backend)?;
        Ok(done.rows_affected() > 0)
    }

    async fn taken(&self, id: &Id) -> Result<bool> {
        let row: Option<(i64,)> = sqlx::query_as("SELECT expires_ms FROM sessions WHERE hash = ?")
            .bind(LoginId::of(id).as_bytes())
            .fetch_optional(&self.store.pool)
            .await
            .map_err(backend)?;
        Ok(row.is_some())
    }
}

#[async_trait]
impl SessionStore for Sessions {
    /// Refuses a login whose account was replaced or removed after its password was shown.
    async fn create(&self, record: &mut Record) -> Result<()> {
        let statement = "INSERT INTO sessions (hash, data, expires_ms, name) SELECT ?1, ?2, ?3, ?4
                         WHERE ?4 IS NULL OR EXISTS (SELECT 1 FROM accounts WHERE name = ?4 AND generation = COALESCE(?5, 0))
                         ON CONFLICT (hash) DO NOTHING";
        while !self.write(record, statement).await? {
            if !self.taken(&record.id).await? {
                return Err(Error::Backend(ACCOUNT_CHANGED.into()));
            }
            record.id = Id::default();
        }
        Ok(())
    }

    /// Changes a session that stands; one that was ended meanwhile stays ended.
    async fn save(&self, record: &Record) -> Result<()> {
        let statement = "UPDATE sessions SET data = ?2, expires_ms = ?3, name = ?4 WHERE hash = ?1
                         AND (?4 IS NULL OR EXISTS (SELECT 1 FROM accounts WHERE name = ?4 AND generation = COALESCE(?5, 0)))";
        self.write(record, statement).await.map(|_| ())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row: Option<(String, i64)> =
            sqlx::query_as("SELECT data, expires_ms FROM sessions WHERE hash = ? AND expires_ms > ?")
                .bind(LoginId::of(id).as_bytes())
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
        sqlx::query("DELETE FROM sessions WHERE hash = ?")
            .bind(LoginId::of(id).as_bytes())
            .execute(&self.store.pool)
            .await
            .map_err(backend)?;
        Ok(())
    }
}

/// What [`Sessions`] says of a login whose account is no longer what it was.
pub const ACCOUNT_CHANGED: &str = "the account was changed while it was logged in to";

fn backend(error: sqlx::Error) -> Error {
    Error::Backend(StoreError::from(error).to_string())
}

fn unix_ms(date: OffsetDateTime) -> i64 {
    i64::try_from(date.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
