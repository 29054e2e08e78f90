//! People: accounts, passwords and one-time logins.

use crate::{Store, StoreError, hex, wall_ms};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use farhand_lease::Role;
use farhand_protocol::OperatorName;
use sha2::{Digest, Sha256};
use std::sync::OnceLock;
use std::time::Duration;

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name.
    pub name: OperatorName,
    /// What the person may do.
    pub role: Role,
}

/// A one-time login, as it is given to a person. Only its hash is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The text for the login address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Store {
    /// Adds an account, or sets password and role of an existing one anew if `replace`.
    ///
    /// # Errors
    /// [`StoreError::AccountExists`], [`StoreError::Password`] and others.
    pub async fn add_account(&self, account: &Account, password: String, replace: bool) -> Result<(), StoreError> {
        let length = password.chars().count();
        if !(8..=256).contains(&length) {
            return Err(StoreError::Password(length));
        }
        let hash = off_thread(move || hash(&password)).await??;
        let statement = if replace {
            "INSERT INTO accounts (name, password_hash, role, added_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (name) DO UPDATE SET password_hash = ?2, role = ?3"
        } else {
            "INSERT INTO accounts (name, password_hash, role, added_ms) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO NOTHING"
        };
        let done = sqlx::query(statement)
            .bind(account.name.as_str())
            .bind(hash)
            .bind(account.role.as_str())
            .bind(wall_ms())
            .execute(&self.pool)
            .await?;
        if done.rows_affected() == 0 { Err(StoreError::AccountExists(account.name.to_string())) } else { Ok(()) }
    }

    /// The account of this name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn account(&self, name: &OperatorName) -> Result<Option<Account>, StoreError> {
        Ok(self.account_row(name).await?.map(|(account, _)| account))
    }

    /// The account, if the password is right. An unknown name takes as long as a wrong password.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn check_password(&self, name: &OperatorName, password: String) -> Result<Option<Account>, StoreError> {
        let found = self.account_row(name).await?;
        let (account, hash) = match found {
            Some((account, hash)) => (Some(account), hash),
            None => (None, nobodys_hash()?),
        };
        let right = off_thread(move || matches(&password, &hash)).await?;
        Ok(account.filter(|_| right))
    }

    /// Makes a one-time login for an existing account.
    ///
    /// # Errors
    /// [`StoreError::NoAccount`] and others.
    pub async fn make_token(&self, name: &OperatorName, valid: Duration) -> Result<Token, StoreError> {
        if self.account(name).await?.is_none() {
            return Err(StoreError::NoAccount(name.to_string()));
        }
        let text = hex(&rand::random::<[u8; 32]>());
        let expires = wall_ms().saturating_add(i64::try_from(valid.as_millis()).unwrap_or(i64::MAX));
        sqlx::query("DELETE FROM one_time_tokens WHERE expires_ms <= ?").bind(wall_ms()).execute(&self.pool).await?;
        sqlx::query("INSERT INTO one_time_tokens (hash, name, expires_ms) VALUES (?, ?, ?)")
            .bind(token_hash(&text))
            .bind(name.as_str())
            .bind(expires)
            .execute(&self.pool)
            .await?;
        Ok(Token(text))
    }

    /// Uses a one-time login up; `None` if it is unknown, used or too old.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn use_token(&self, text: &str) -> Result<Option<Account>, StoreError> {
        let used: Option<(String,)> =
            sqlx::query_as("DELETE FROM one_time_tokens WHERE hash = ? AND expires_ms > ? RETURNING name")
                .bind(token_hash(text))
                .bind(wall_ms())
                .fetch_optional(&self.pool)
                .await?;
        let Some((name,)) = used else { return Ok(None) };
        self.account(&account_name(name)?).await
    }

    async fn account_row(&self, name: &OperatorName) -> Result<Option<(Account, String)>, StoreError> {
        let row: Option<(String, String, String)> =
            sqlx::query_as("SELECT name, role, password_hash FROM accounts WHERE name = ?")
                .bind(name.as_str())
                .fetch_optional(&self.pool)
                .await?;
        let Some((name, role, hash)) = row else { return Ok(None) };
        let role = role.parse().map_err(|_| StoreError::Unknown { what: "the role", value: role })?;
        Ok(Some((Account { name: account_name(name)?, role }, hash)))
    }
}

fn account_name(name: String) -> Result<OperatorName, StoreError> {
    OperatorName::new(&name).map_err(|_| StoreError::Unknown { what: "the account name", value: name })
}

fn hash(password: &str) -> Result<String, StoreError> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|error| StoreError::Hash(error.to_string()))?;
    Ok(hash.to_string())
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
}

/// A hash that no password is known for.
fn nobodys_hash() -> Result<String, StoreError> {
    static HASH: OnceLock<String> = OnceLock::new();
    if let Some(hash) = HASH.get() {
        return Ok(hash.clone());
    }
    let fresh = hash(&format!("{:032x}", rand::random::<u128>()))?;
    Ok(HASH.get_or_init(|| fresh).clone())
}

/// Hashing takes tens of milliseconds and 19 MiB: it must not stand in the way of the web server.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    // Two at once: a flood of logins may not eat the machine's memory.
    static AT_ONCE: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(2);
    let _permit = AT_ONCE.acquire().await.map_err(|_| StoreError::Stopped)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Stopped)
}

fn token_hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}
