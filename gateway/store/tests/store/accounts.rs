//! Accounts, one-time logins, sessions, vehicles.

use crate::{ada, truck};
use farhand_lease::Role;
use farhand_protocol::LeaseEpoch;
use farhand_store::{Account, Entry, Kind, LeaseNote, Sessions, Store, StoreError};
use std::time::Duration;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};

async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).await.expect("opens");
    (folder, store)
}

fn driver() -> Account {
    Account { name: ada(), role: Role::Drive }
}

#[tokio::test]
async fn a_password_opens_its_own_account_only() {
    let (_folder, store) = store().await;
    store.add_account(&driver(), "correct horse".into(), false).await.expect("added");
    assert_eq!(store.check_password(&ada(), "correct horse".into()).await.expect("checked"), Some(driver()));
    assert_eq!(store.check_password(&ada(), "wrong horse".into()).await.expect("checked"), None);
    let nobody = farhand_protocol::OperatorName::new("nobody").expect("a name");
    assert_eq!(store.check_password(&nobody, "correct horse".into()).await.expect("checked"), None);

    let again = store.add_account(&driver(), "another horse".into(), false).await;
    assert!(matches!(again, Err(StoreError::AccountExists(_))), "{again:?}");
    let watcher = Account { role: Role::Watch, ..driver() };
    store.add_account(&watcher, "another horse".into(), true).await.expect("replaced");
    assert_eq!(store.check_password(&ada(), "another horse".into()).await.expect("checked"), Some(watcher));
    let short = store.add_account(&driver(), "short".into(), true).await;
    assert!(matches!(short, Err(StoreError::Password(5))), "{short:?}");
}

#[tokio::test]
async fn a_one_time_login_works_once_and_not_after_its_time() {
    let (_folder, store) = store().await;
    store.add_account(&driver(), "correct horse".into(), false).await.expect("added");
    let token = store.make_token(&ada(), Duration::from_mins(10)).await.expect("made");
    assert_eq!(store.use_token(token.as_str()).await.expect("used"), Some(driver()));
    assert_eq!(store.use_token(token.as_str()).await.expect("used"), None, "a second time");
    let over = store.make_token(&ada(), Duration::ZERO).await.expect("made");
    assert_eq!(store.use_token(over.as_str()).await.expect("used"), None, "too late");
    let stranger = farhand_protocol::OperatorName::new("stranger").expect("a name");
    assert!(matches!(store.make_token(&stranger, Duration::from_secs(1)).await, Err(StoreError::NoAccount(_))));
}

#[tokio::test]
async fn a_session_lives_until_it_is_deleted_or_over() {
    let (_folder, store) = store().await;
    let sessions = Sessions::new(store);
    let later = time::OffsetDateTime::now_utc() + time::Duration::hours(1);
    let mut record = Record { id: Id::default(), data: [("name".to_owned(), "ada".into())].into(), expiry_date: later };
    sessions.create(&mut record).await.expect("created");
    let loaded = sessions.load(&record.id).await.expect("loaded").expect("there");
    assert_eq!(loaded.data, record.data);
    sessions.delete(&record.id).await.expect("deleted");
    assert_eq!(sessions.load(&record.id).await.expect("loaded"), None);
    record.expiry_date = time::OffsetDateTime::now_utc() - time::Duration::seconds(1);
    sessions.save(&record).await.expect("saved");
    assert_eq!(sessions.load(&record.id).await.expect("loaded"), None, "its time is over");
    sessions.sweep().await.expect("swept");
}

#[tokio::test]
async fn a_stored_epoch_never_falls_and_an_open_lease_is_remembered() {
    let (_folder, store) = store().await;
    let note = |epoch, open| {
        let kind = if open { Kind::LeaseGranted } else { Kind::LeaseEnded };
        Entry::new(kind, serde_json::Value::Null).of(&truck()).by(&ada()).with_lease(LeaseNote { epoch: LeaseEpoch(epoch), open })
    };
    store.record(&[note(7, true)]).await.expect("recorded");
    let open = store.vehicles().await.expect("read")[0].open.clone().expect("open");
    assert_eq!((open.epoch, open.holder), (LeaseEpoch(7), Some(ada())));
    store.record(&[note(3, false)]).await.expect("recorded");
    let kept = store.vehicles().await.expect("read").remove(0);
    assert_eq!((kept.highest_epoch, kept.open), (LeaseEpoch(7), None));
}

#[tokio::test]
async fn a_revoked_vehicle_stays_out_until_it_is_enrolled_again() {
    let (_folder, store) = store().await;
    assert!(!store.revoke(&truck()).await.expect("asked"), "nobody of this name");
    store.enrol(&truck(), "ab12").await.expect("enrolled");
    assert!(store.revoke(&truck()).await.expect("revoked"));
    assert!(store.vehicles().await.expect("read")[0].revoked);
    store.enrol(&truck(), "cd34").await.expect("enrolled again");
    let kept = store.vehicles().await.expect("read").remove(0);
    assert_eq!((kept.revoked, kept.certificate_sha256.as_deref()), (false, Some("cd34")));
}
