//! Accounts of a test system, each with a password that only this run knows.

use anyhow::{Context, Result};
use serde::Serialize;
use std::io::Read as _;

/// Who is there, and as what.
const USUAL: [(&str, &str); 5] =
    [("admin", "admin"), ("alice", "drive"), ("bob", "drive"), ("steve", "supervise"), ("wanda", "watch")];

/// One account.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Person {
    /// Account name.
    pub name: String,
    /// One of `watch`, `supervise`, `drive`, `admin`.
    pub role: String,
    /// Its password.
    pub password: String,
}

impl Person {
    /// An admin, two operators, a supervisor and a watcher.
    pub(crate) fn usual() -> Result<Vec<Self>> {
        let person =
            |(name, role): (&str, &str)| Ok(Self { name: name.to_owned(), role: role.to_owned(), password: random_password()? });
        USUAL.into_iter().map(person).collect()
    }
}

/// 24 hexadecimal digits from the system's source of randomness.
fn random_password() -> Result<String> {
    let mut bytes = [0; 12];
    let mut source = std::fs::File::open("/dev/urandom").context("opening the source of randomness")?;
    source.read_exact(&mut bytes).context("reading randomness")?;
    Ok(format!("{:024x}", bytes.iter().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte))))
}
