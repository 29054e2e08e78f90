//! The journal: what happened, in order, each row bound to the one before by its hash.

use crate::{Store, StoreError, hex, wall_ms};
use farhand_protocol::{LeaseEpoch, OperatorName, VehicleId};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

/// What a row tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The gateway started.
    GatewayStarted,
    /// The gateway stopped by itself.
    GatewayStopped,
    /// A lease was granted; the vehicle is told next.
    LeaseGranted,
    /// The vehicle accepted the lease.
    LeaseLive,
    /// A person takes a lease away from its holder.
    LeaseRevoked,
    /// A lease is over.
    LeaseEnded,
    /// A person stopped a vehicle.
    StopAsked,
    /// A vehicle's safety state changed.
    SafetyState,
    /// A vehicle connected.
    VehicleCame,
    /// A vehicle's connection is gone.
    VehicleWent,
    /// A vehicle was turned away.
    VehicleRefused,
    /// A peer without an acceptable certificate was turned away.
    PeerRefused,
    /// A vehicle got a certificate.
    VehicleEnrolled,
    /// A vehicle's certificates are no longer accepted.
    VehicleRevoked,
    /// The running gateway has acted on it: the lease is over, the connections are closed.
    VehicleShutOut,
    /// An account was added or changed.
    AccountChanged,
    /// An account was removed, and its logins with it.
    AccountRemoved,
    /// A one-time login was made.
    TokenMade,
    /// A person logged in.
    LoggedIn,
    /// A login failed.
    LoginRefused,
    /// A person logged out.
    LoggedOut,
    /// An open viewer follows its person's new role.
    ViewerRole,
    /// An open viewer was closed because its person may no longer watch.
    ViewerEnded,
    /// The journal can be written again after a time when it could not.
    JournalResumed,
}

impl Kind {
    /// The word in the row.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GatewayStarted => "gateway_started",
            Self::GatewayStopped => "gateway_stopped",
            Self::LeaseGranted => "lease_granted",
            Self::LeaseLive => "lease_live",
            Self::LeaseRevoked => "lease_revoked",
            Self::LeaseEnded => "lease_ended",
            Self::StopAsked => "stop_asked",
            Self::SafetyState => "safety_state",
            Self::VehicleCame => "vehicle_came",
            Self::VehicleWent => "vehicle_went",
            Self::VehicleRefused => "vehicle_refused",
            Self::PeerRefused => "peer_refused",
            Self::VehicleEnrolled => "vehicle_enrolled",
            Self::VehicleRevoked => "vehicle_revoked",
            Self::VehicleShutOut => "vehicle_shut_out",
            Self::AccountChanged => "account_changed",
            Self::AccountRemoved => "account_removed",
            Self::TokenMade => "token_made",
            Self::LoggedIn => "logged_in",
            Self::LoginRefused => "login_refused",
            Self::LoggedOut => "logged_out",
            Self::ViewerRole => "viewer_role",
            Self::ViewerEnded => "viewer_ended",
            Self::JournalResumed => "journal_resumed",
        }
    }
}

/// A row to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it tells of.
    pub kind: Kind,
    /// Wall clock of the event in milliseconds since 1970; the row may be written later.
    pub at_ms: i64,
    /// Which vehicle.
    pub vehicle: Option<VehicleId>,
    /// Which person.
    pub person: Option<OperatorName>,
    /// Everything else, enough to understand it later.
    pub data: serde_json::Value,
    /// What the row means for the vehicle's stored lease; written in the same commit.
    pub lease: Option<LeaseNote>,
}

/// The lease's epoch that a row raises the stored one to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseNote {
    /// The epoch.
    pub epoch: LeaseEpoch,
    /// True from the grant on, false at its end.
    pub open: bool,
}

impl Entry {
    /// A row about nobody in particular, of what happened just now.
    #[must_use]
    pub fn new(kind: Kind, data: serde_json::Value) -> Self {
        Self { kind, at_ms: wall_ms(), vehicle: None, person: None, data, lease: None }
    }

    /// Names the vehicle.
    #[must_use]
    pub fn of(mut self, vehicle: &VehicleId) -> Self {
        self.vehicle = Some(vehicle.clone());
        self
    }

    /// Names the person.
    #[must_use]
    pub fn by(mut self, person: &OperatorName) -> Self {
        self.person = Some(person.clone());
        self
    }

    /// Notes the lease.
    #[must_use]
    pub fn with_lease(mut self, note: LeaseNote) -> Self {
        self.lease = Some(note);
        self
    }
}

/// A row that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct JournalRow {
    /// Number of the row, from 1, without gaps.
    pub seq: i64,
    /// Wall clock of the event, milliseconds since 1970.
    pub at_ms: i64,
    /// What it tells of.
    pub kind: String,
    /// Which vehicle.
    pub vehicle: Option<String>,
    /// Which person.
    pub person: Option<String>,
    /// Everything else, as JSON text.
    pub data: String,
    #[serde(skip)]
    pub(crate) previous: Vec<u8>,
    #[serde(skip)]
    pub(crate) hash: Vec<u8>,
}

/// Which rows to read, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JournalFilter {
    /// Only of this vehicle.
    pub vehicle: Option<VehicleId>,
    /// Only rows before this number.
    pub before: Option<i64>,
    /// Most rows, at most 1000.
    pub limit: u32,
}

/// What [`Store::verify`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every row is as it was written.
    Whole {
        /// How many rows there are.
        rows: i64,
        /// Hash of the newest, as hexadecimal text.
        head: String,
    },
    /// The first row that is not.
    Broken {
        /// Its number.
        seq: i64,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Store {
    /// Writes rows in one commit and returns the number of the last. The commit is on disk when this returns.
    ///
    /// # Errors
    /// [`StoreError::Full`] and others; then none of the rows is written.
    pub async fn record(&self, entries: &[Entry]) -> Result<i64, StoreError> {
        self.begin().await?.commit(entries).await
    }

    /// Reads rows, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal(&self, filter: &JournalFilter) -> Result<Vec<JournalRow>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT * FROM journal WHERE (?1 IS NULL OR vehicle = ?1) AND (?2 IS NULL OR seq < ?2) ORDER BY seq DESC LIMIT ?3",
        )
        .bind(filter.vehicle.as_ref().map(|vehicle| vehicle.as_str().to_owned()))
        .bind(filter.before)
        .bind(filter.limit.min(1000))
        .fetch_all(&self.pool)
        .await?;
        Ok(rows)
    }

    /// Checks every row against the one before and says which is the first bad one.
    ///
    /// # Errors
    /// [`StoreError`] if the rows cannot be read at all.
    pub async fn verify(&self) -> Result<Verdict, StoreError> {
        let (mut seq, mut previous) = (0_i64, FIRST_HASH.to_vec());
        loop {
            let rows: Vec<JournalRow> = sqlx::query_as("SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT 1000")
                .bind(seq)
                .fetch_all(&self.pool)
                .await?;
            if rows.is_empty() {
                return Ok(Verdict::Whole { rows: seq, head: hex(&previous) });
            }
            for row in rows {
                let broken = |why| Verdict::Broken { seq: seq + 1, why };
                if row.seq != seq + 1 {
                    return Ok(broken("the row is missing"));
                }
                if row.previous != previous {
                    return Ok(broken("it does not follow the row before"));
                }
                if row.hash != row.computed_hash() {
                    return Ok(broken("its words were changed after it was written"));
                }
                (seq, previous) = (row.seq, row.hash);
            }
        }
    }
}

/// Adds rows to the chain, inside a transaction that holds the write lock: a subcommand may write beside the gateway.
pub(crate) async fn write_rows(connection: &mut SqliteConnection, entries: &[Entry]) -> Result<i64, StoreError> {
    let head: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetch_optional(&mut *connection).await?;
    let (mut seq, mut previous) = head.unwrap_or((0, FIRST_HASH.to_vec()));
    for entry in entries {
        seq += 1;
        let mut row = JournalRow {
            seq,
            at_ms: entry.at_ms,
            kind: entry.kind.as_str().to_owned(),
            vehicle: entry.vehicle.as_ref().map(|vehicle| vehicle.as_str().to_owned()),
            person: entry.person.as_ref().map(|person| person.as_str().to_owned()),
            data: entry.data.to_string(),
            previous,
            hash: Vec::new(),
        };
        row.hash = row.computed_hash();
        insert(connection, &row).await?;
        note_lease(connection, entry).await?;
        previous = row.hash;
    }
    Ok(seq)
}

async fn insert(connection: &mut SqliteConnection, row: &JournalRow) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO journal (seq, at_ms, kind, vehicle, person, data, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(row.seq)
        .bind(row.at_ms)
        .bind(&row.kind)
        .bind(&row.vehicle)
        .bind(&row.person)
        .bind(&row.data)
        .bind(&row.previous)
        .bind(&row.hash)
        .execute(connection)
        .await?;
    Ok(())
}

async fn note_lease(connection: &mut SqliteConnection, entry: &Entry) -> Result<(), StoreError> {
    let (Some(note), Some(vehicle)) = (entry.lease, &entry.vehicle) else { return Ok(()) };
    let epoch = i64::try_from(note.epoch.0).unwrap_or(i64::MAX);
    let holder = entry.person.as_ref().filter(|_| note.open).map(|person| person.as_str().to_owned());
    sqlx::query(
        "INSERT INTO vehicles (id, highest_epoch, open_epoch, open_holder) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET highest_epoch = max(highest_epoch, ?2), open_epoch = ?3, open_holder = ?4",
    )
    .bind(vehicle.as_str())
    .bind(epoch)
    .bind(note.open.then_some(epoch))
    .bind(holder)
    .execute(connection)
    .await?;
    Ok(())
}

impl JournalRow {
    /// SHA-256 over the hash before and every field, each preceded by its length (or by a mark for "none").
    fn computed_hash(&self) -> Vec<u8> {
        let mut hasher = Sha256::new();
        hasher.update(&self.previous);
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.at_ms.to_be_bytes());
        for field in [Some(&self.kind), self.vehicle.as_ref(), self.person.as_ref(), Some(&self.data)] {
            let length = field.map_or(u64::MAX, |text| text.len() as u64);
            hasher.update(length.to_be_bytes());
            hasher.update(field.map_or(&[][..], |text| text.as_bytes()));
        }
        hasher.finalize().to_vec()
    }
}

const FIRST_HASH: [u8; 32] = [0; 32];
