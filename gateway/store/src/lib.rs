//! What outlives the gateway: accounts, tokens, sessions, vehicles and the journal, in one SQLite file.

mod accounts;
mod change;
mod errors;
mod journal;
mod sessions;
mod vehicles;
mod writer;

pub use accounts::{Account, ListedAccount, Proof, Token};
pub use errors::StoreError;
pub use journal::{Entry, JournalFilter, JournalRow, Kind, LeaseNote, Verdict};
pub use sessions::{ACCOUNT_CHANGED, LOGIN_GENERATION, LOGIN_NAME, LoginId, People, Sessions};
pub use vehicles::{OpenLease, StoredCertificate, StoredVehicle};
pub use writer::{Journal, JournalDriver};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The file's name in the data folder.
pub const DATABASE_FILE: &str = "farhand.db";

/// The open database; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    path: PathBuf,
}

/// How a database is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenOptions {
    /// Most pages of 4 KiB the file may have; SQLite's own limit if `None`.
    pub max_pages: Option<u32>,
}

impl Store {
    /// Opens the database in a folder, creates it if it is missing, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError`] names the file and the mend.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_with(folder, OpenOptions::default()).await
    }

    /// As [`Store::open`], with limits.
    ///
    /// # Errors
    /// [`StoreError`] names the file and the mend.
    pub async fn open_with(folder: &Path, limits: OpenOptions) -> Result<Self, StoreError> {
        let path = folder.join(DATABASE_FILE);
        let mut options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY);
        if let Some(pages) = limits.max_pages {
            options = options.pragma("max_page_count", pages.to_string());
        }
        let opening = |source| StoreError::Open { path: path.clone(), source };
        for_its_owner(folder).map_err(|error| opening(error.into()))?;
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await.map_err(opening)?;
        sqlx::migrate!("./migrations").run(&pool).await.map_err(|source| opening(source.into()))?;
        Ok(Self { pool, path })
    }

    /// The database's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Is the database there and answering?
    ///
    /// # Errors
    /// [`StoreError`] if it is not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1 FROM journal LIMIT 1").fetch_optional(&self.pool).await?;
        Ok(())
    }

    /// Closes all connections, which also folds the write-ahead log into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Hashes of passwords and logins are nobody else's business, whoever made the folder. SQLite gives its other files the mode
/// that the database has when it makes them. No file is opened that may be in use: closing it would free SQLite's locks.
fn for_its_owner(folder: &Path) -> std::io::Result<()> {
    let file = folder.join(DATABASE_FILE);
    let made = std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&file).map(drop);
    match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        other => return other,
    }
    for end in ["", "-wal", "-shm"] {
        let path = folder.join(format!("{DATABASE_FILE}{end}"));
        match std::fs::set_permissions(path, Permissions::from_mode(0o600)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            other => other?,
        }
    }
    Ok(())
}

/// Wall clock in milliseconds since 1970, for people and expiry only.
fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Bytes as hexadecimal text.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

// A subcommand may hold the write lock beside the running gateway for a moment.
const BUSY: Duration = Duration::from_secs(3);
// SQLite has one writer; a few readers keep pages fast beside it.
const CONNECTIONS: u32 = 4;
