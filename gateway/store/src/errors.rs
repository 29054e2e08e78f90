//! What can go wrong with the database.

use std::path::PathBuf;

/// Why the store could not do what was asked. The text is for a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be opened.
    #[error(
        "{path}: the database cannot be opened: {source}. Check data_folder, who may write there, and free space on its disk."
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// The disk, or the limit set for the file, is full.
    #[error(
        "the disk of the data folder is full: nothing can be recorded. Free space there; nobody may take control until then."
    )]
    Full,
    /// The disk takes nothing, for another reason than being full.
    #[error(
        "the disk of the data folder cannot be written: {0}. Is there a quota, or is it read-only? Nobody may take control \
         until it can be."
    )]
    Disk(String),
    /// An account of this name exists.
    #[error("the account {0:?} exists. Choose another name, or give --replace to set its password and role anew.")]
    AccountExists(String),
    /// The only account that may manage the site.
    #[error(
        "{0:?} is the only account with the role admin, so it stays. First give another one that role: \
         farhand-gateway user role NAME admin"
    )]
    LastAdmin(String),
    /// No account of this name.
    #[error("there is no account {0:?}. Add it with `farhand-gateway user add`.")]
    NoAccount(String),
    /// A password that is too short or too long.
    #[error("the password has {0} characters; allowed are 8 to 256")]
    Password(usize),
    /// The password could not be hashed.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
    /// A value in the database that this version does not understand.
    #[error("the database holds {what} {value:?}, which this version does not know. Was it written by a newer one?")]
    Unknown {
        /// What it should be.
        what: &'static str,
        /// What it is.
        value: String,
    },
    /// More rows wait for the journal than may.
    #[error("the journal is too slow: {0} rows wait already")]
    QueueFull(usize),
    /// The journal's writer has stopped.
    #[error("the journal's writer has stopped")]
    Stopped,
    /// Anything else that SQLite says.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).and_then(|code| code.parse::<u32>().ok());
        match code.map(|code| code & PRIMARY) {
            Some(SQLITE_FULL) => Self::Full,
            Some(SQLITE_READONLY | SQLITE_IOERR) => Self::Disk(error.to_string()),
            _ => Self::Database(error),
        }
    }
}

// https://www.sqlite.org/rescode.html: the low byte is the kind, the rest says more.
const PRIMARY: u32 = 0xff;
const SQLITE_READONLY: u32 = 8;
const SQLITE_IOERR: u32 = 10;
const SQLITE_FULL: u32 = 13;
