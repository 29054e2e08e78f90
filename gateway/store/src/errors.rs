//! What can go wrong with the database.

use std::path::PathBuf;

/// Why the store could not do what was asked. The text is for a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be opened.
    #[error("{path}: the database cannot be opened: {source}. Check data_folder and who may write there.")]
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
    /// An account of this name exists.
    #[error("the account {0:?} exists. Choose another name, or give --replace to set its password and role anew.")]
    AccountExists(String),
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
        let full = error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == SQLITE_FULL);
        if full { Self::Full } else { Self::Database(error) }
    }
}

// https://www.sqlite.org/rescode.html#full
const SQLITE_FULL: &str = "13";
