//! Follows the database: subcommands enrol, revoke and manage accounts beside the running gateway.

use farhand_api::{Desk, LOGIN_STANDS};
use farhand_store::{People, Store, StoreError, StoredCertificate, StoredVehicle};
use farhand_transport::{Admissions, Standing};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// Looks again and again; runs until it is dropped.
pub(crate) async fn follow(desk: Arc<Desk>, store: Store, admissions: Admissions) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut failing = false;
    loop {
        ticks.tick().await;
        let present = desk.present();
        match read(&store, !present.is_empty()).await {
            Ok((vehicles, certificates, people)) => {
                // The lease before the connection: the vehicle may still hear of its end.
                desk.admit(&vehicles);
                admit(&admissions, certificates);
                if let Some(people) = people {
                    desk.follow(&present, &people);
                }
                failing = false;
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::error!(%error, "The database cannot be read: revocations and changes of roles wait");
                }
            }
        }
    }
}

/// Keeps logins from expiring under people who drive or look on with them; runs until it is dropped.
pub(crate) async fn renew(desk: Arc<Desk>, store: Store) {
    let mut ticks = tokio::time::interval(RENEW_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        if let Err(error) = store.renew(&desk.logins_in_use(), LOGIN_STANDS).await {
            tracing::error!(%error, "Logins cannot be renewed: people are logged out when theirs are over");
        }
    }
}

/// Lets in whom the store lists.
pub(crate) fn admit(admissions: &Admissions, certificates: Vec<StoredCertificate>) {
    let standing = |certificate: StoredCertificate| {
        let standing = if certificate.revoked { Standing::Revoked } else { Standing::Admitted };
        // What is no fingerprint matches no certificate.
        certificate.sha256.parse().ok().map(|print| (print, standing))
    };
    admissions.set(certificates.into_iter().filter_map(standing).collect());
}

async fn read(store: &Store, somebody: bool) -> Result<(Vec<StoredVehicle>, Vec<StoredCertificate>, Option<People>), StoreError> {
    let people = if somebody { Some(store.people().await?) } else { None };
    Ok((store.vehicles().await?, store.certificates().await?, people))
}

// A fifth of a second is at once for a person; three small queries cost less than a thousandth of a core.
const EVERY: Duration = Duration::from_millis(200);
// Seldom enough to write next to nothing, often enough that a disk full for hours logs nobody out.
const RENEW_EVERY: Duration = Duration::from_mins(10);
