//! People: accounts, passwords and one-time logins.

use crate::change::Change;
use crate::{Entry, Kind, Store, StoreError, hex, wall_ms};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use farhand_lease::Role;
use farhand_protocol::OperatorName;
use serde_json::json;
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

/// Somebody who has just shown who they are. A login made of it is refused if the account was replaced meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The account.
    pub account: Account,
    /// Which making of the account's password was shown.
    pub generation: i64,
}

/// An account as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAccount {
    /// Who, and what the person may do.
    pub account: Account,
    /// When it was added, milliseconds since 1970.
    pub added_ms: i64,
    /// How many logins of it stand.
    pub logins: i64,
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
    /// Adds an account, or sets password and role of an existing one anew if `replace`; then its logins end.
    ///
    /// # Errors
    /// [`StoreError::AccountExists`], [`StoreError::Password`], [`StoreError::LastAdmin`] and others.
    pub async fn add_account(&self, account: &Account, password: String, replace: bool) -> Result<(), StoreError> {
        let length = password.chars().count();
        if !(8..=256).contains(&length) {
            return Err(StoreError::Password(length));
        }
        let hash = off_thread(move || hash(&password)).await??;
        let mut change = self.begin().await?;
        let before = change.role(&account.name).await?;
        if before.is_some() && !replace {
            return Err(StoreError::AccountExists(account.name.to_string()));
        }
        if before == Some(Role::Admin) && account.role != Role::Admin {
            change.keep_an_admin(&account.name).await?;
        }
        let statement = "INSERT INTO accounts (name, password_hash, role, added_ms, generation) VALUES (?1, ?2, ?3, ?4, ?5)
                         ON CONFLICT (name) DO UPDATE SET password_hash = ?2, role = ?3, generation = ?5";
        sqlx::query(statement)
            .bind(account.name.as_str())
            .bind(hash)
            .bind(account.role.as_str())
            .bind(wall_ms())
            .bind(i64::from(rand::random::<u32>()) + 1)
            .execute(change.connection())
            .await?;
        for logins in ["DELETE FROM sessions WHERE name = ?", "DELETE FROM one_time_tokens WHERE name = ?"] {
            // Whoever knew the old password may be the reason for the new one.
            sqlx::query(logins).bind(account.name.as_str()).execute(change.connection()).await?;
        }
        let data = json!({ "role": account.role, "replaced": before.is_some() });
        change.commit(&[Entry::new(Kind::AccountChanged, data).by(&account.name)]).await?;
        Ok(())
    }

    /// Gives an account another role and returns the one it had.
    ///
    /// # Errors
    /// [`StoreError::NoAccount`], [`StoreError::LastAdmin`] and others.
    pub async fn set_role(&self, name: &OperatorName, role: Role) -> Result<Role, StoreError> {
        let mut change = self.begin().await?;
        let before = change.role(name).await?.ok_or_else(|| StoreError::NoAccount(name.to_string()))?;
        if before == role {
            return Ok(before);
        }
        if before == Role::Admin {
            change.keep_an_admin(name).await?;
        }
        let statement = "UPDATE accounts SET role = ? WHERE name = ?";
        sqlx::query(statement).bind(role.as_str()).bind(name.as_str()).execute(change.connection()).await?;
        change.commit(&[Entry::new(Kind::AccountChanged, json!({ "role": role, "before": before })).by(name)]).await?;
        Ok(before)
    }

    /// Removes an account, and with it its logins and one-time tokens.
    ///
    /// # Errors
    /// [`StoreError::NoAccount`], [`StoreError::LastAdmin`] and others.
    pub async fn remove_account(&self, name: &OperatorName) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        let role = change.role(name).await?.ok_or_else(|| StoreError::NoAccount(name.to_string()))?;
        if role == Role::Admin {
            change.keep_an_admin(name).await?;
        }
        sqlx::query("DELETE FROM accounts WHERE name = ?").bind(name.as_str()).execute(change.connection()).await?;
        change.commit(&[Entry::new(Kind::AccountRemoved, json!({ "role": role })).by(name)]).await?;
        Ok(())
    }

    /// Every account, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accounts(&self) -> Result<Vec<ListedAccount>, StoreError> {
        let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
            "SELECT name, role, added_ms,
                    (SELECT count(*) FROM sessions WHERE sessions.name = accounts.name AND expires_ms > ?)
             FROM accounts ORDER BY name",
        )
        .bind(wall_ms())
        .fetch_all(&self.pool)
        .await?;
        let listed = |(name, role, added_ms, logins): (String, String, i64, i64)| {
            Ok(ListedAccount { account: account(name, role)?, added_ms, logins })
        };
        rows.into_iter().map(listed).collect()
    }

    /// The account of this name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn account(&self, name: &OperatorName) -> Result<Option<Account>, StoreError> {
        Ok(self.account_row(name).await?.map(|(proof, _)| proof.account))
    }

    /// The account, if the password is right. An unknown name takes as long as a wrong password.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn check_password(&self, name: &OperatorName, password: String) -> Result<Option<Proof>, StoreError> {
        let (proof, hash) = self.account_row(name).await?.unzip();
        let right = off_thread(move || Ok::<_, StoreError>(matches(&password, &hash.map_or_else(nobodys_hash, Ok)?))).await??;
        Ok(proof.filter(|_| right))
    }

    /// Makes a one-time login for an existing account.
    ///
    /// # Errors
    /// [`StoreError::NoAccount`] and others.
    pub async fn make_token(&self, name: &OperatorName, valid: Duration) -> Result<Token, StoreError> {
        let text = hex(&rand::random::<[u8; 32]>());
        let expires = wall_ms().saturating_add(i64::try_from(valid.as_millis()).unwrap_or(i64::MAX));
        let mut change = self.begin().await?;
        if change.role(name).await?.is_none() {
            return Err(StoreError::NoAccount(name.to_string()));
        }
        let over = "DELETE FROM one_time_tokens WHERE expires_ms <= ?";
        sqlx::query(over).bind(wall_ms()).execute(change.connection()).await?;
        sqlx::query("INSERT INTO one_time_tokens (hash, name, expires_ms) VALUES (?, ?, ?)")
            .bind(token_hash(&text))
            .bind(name.as_str())
            .bind(expires)
            .execute(change.connection())
            .await?;
        change.commit(&[Entry::new(Kind::TokenMade, json!({})).by(name)]).await?;
        Ok(Token(text))
    }

    /// Uses a one-time login up; `None` if it is unknown, used or too old.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn use_token(&self, text: &str) -> Result<Option<Proof>, StoreError> {
        // Looked at first: guesses of strangers must not stand in the journal's way with the write lock.
        let known: Option<(i64,)> = sqlx::query_as("SELECT expires_ms FROM one_time_tokens WHERE hash = ?")
            .bind(token_hash(text))
            .fetch_optional(&self.pool)
            .await?;
        if known.is_none() {
            return Ok(None);
        }
        // In one statement: an account that is replaced after it is another one.
        let used: Option<(String, String, i64)> = sqlx::query_as(
            "DELETE FROM one_time_tokens WHERE hash = ? AND expires_ms > ? RETURNING name,
             (SELECT role FROM accounts WHERE accounts.name = one_time_tokens.name),
             (SELECT generation FROM accounts WHERE accounts.name = one_time_tokens.name)",
        )
        .bind(token_hash(text))
        .bind(wall_ms())
        .fetch_optional(&self.pool)
        .await?;
        used.map(|(name, role, generation)| Ok(Proof { account: account(name, role)?, generation })).transpose()
    }

    async fn account_row(&self, name: &OperatorName) -> Result<Option<(Proof, String)>, StoreError> {
        let row: Option<(String, String, String, i64)> =
            sqlx::query_as("SELECT name, role, password_hash, generation FROM accounts WHERE name = ?")
                .bind(name.as_str())
                .fetch_optional(&self.pool)
                .await?;
        let proof = |(name, role, hash, generation)| Ok((Proof { account: account(name, role)?, generation }, hash));
        row.map(proof).transpose()
    }
}

impl Change {
    /// The role of an account, if there is one of this name.
    async fn role(&mut self, name: &OperatorName) -> Result<Option<Role>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as("SELECT role FROM accounts WHERE name = ?")
            .bind(name.as_str())
            .fetch_optional(self.connection())
            .await?;
        row.map(|(role,)| parsed_role(role)).transpose()
    }

    /// Refuses if this admin is the only one: nobody could manage the site any more.
    async fn keep_an_admin(&mut self, name: &OperatorName) -> Result<(), StoreError> {
        let (others,): (i64,) = sqlx::query_as("SELECT count(*) FROM accounts WHERE role = ? AND name <> ?")
            .bind(Role::Admin.as_str())
            .bind(name.as_str())
            .fetch_one(self.connection())
            .await?;
        if others == 0 { Err(StoreError::LastAdmin(name.to_string())) } else { Ok(()) }
    }
}

/// An account as its row says it.
pub(crate) fn account(name: String, role: String) -> Result<Account, StoreError> {
    Ok(Account { name: account_name(name)?, role: parsed_role(role)? })
}

fn parsed_role(role: String) -> Result<Role, StoreError> {
    role.parse().map_err(|_| StoreError::Unknown { what: "the role", value: role })
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
