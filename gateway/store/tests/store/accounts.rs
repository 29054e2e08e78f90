//! Accounts, one-time logins, sessions, vehicles.

use crate::{ada, truck};
use farhand_lease::Role;
use farhand_protocol::{LeaseEpoch, OperatorName};
use farhand_store::{
    Account, Entry, JournalFilter, Kind, LOGIN_GENERATION, LOGIN_NAME, LeaseNote, LoginId, Proof, Sessions, Store, StoreError,
};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
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
    assert_eq!(
        store.check_password(&ada(), "correct horse".into()).await.expect("checked").map(|proof| proof.account),
        Some(driver())
    );
    assert_eq!(store.check_password(&ada(), "wrong horse".into()).await.expect("checked"), None);
    let nobody = farhand_protocol::OperatorName::new("nobody").expect("a name");
    assert_eq!(store.check_password(&nobody, "correct horse".into()).await.expect("checked"), None);

    let again = store.add_account(&driver(), "another horse".into(), false).await;
    assert!(matches!(again, Err(StoreError::AccountExists(_))), "{again:?}");
    let watcher = Account { role: Role::Watch, ..driver() };
    store.add_account(&watcher, "another horse".into(), true).await.expect("replaced");
    assert_eq!(
        store.check_password(&ada(), "another horse".into()).await.expect("checked").map(|proof| proof.account),
        Some(watcher)
    );
    let short = store.add_account(&driver(), "short".into(), true).await;
    assert!(matches!(short, Err(StoreError::Password(5))), "{short:?}");
}

fn name(text: &str) -> OperatorName {
    OperatorName::new(text).expect("a name")
}

fn account(text: &str, role: Role) -> Account {
    Account { name: name(text), role }
}

async fn kinds(store: &Store) -> Vec<String> {
    let rows = store.journal(&JournalFilter { limit: 100, ..JournalFilter::default() }).await.expect("read");
    rows.into_iter().rev().map(|row| row.kind).collect()
}

async fn log_in(store: &Store, person: &OperatorName) -> Id {
    let token = store.make_token(person, Duration::from_mins(1)).await.expect("made");
    let proof = store.use_token(token.as_str()).await.expect("used").expect("known");
    let mut record = login_of(&proof);
    Sessions::new(store.clone()).create(&mut record).await.expect("created");
    record.id
}

fn login_of(proof: &Proof) -> Record {
    let expiry_date = time::OffsetDateTime::now_utc() + time::Duration::hours(1);
    let data =
        [(LOGIN_NAME.to_owned(), proof.account.name.as_str().into()), (LOGIN_GENERATION.to_owned(), proof.generation.into())];
    Record { id: Id::default(), data: data.into(), expiry_date }
}

#[tokio::test]
async fn a_login_by_a_password_that_was_replaced_meanwhile_is_refused() {
    let (_folder, store) = store().await;
    store.add_account(&driver(), "correct horse".into(), false).await.expect("added");
    let sessions = Sessions::new(store.clone());
    let proof = store.check_password(&ada(), "correct horse".into()).await.expect("checked").expect("right");
    let mut stands = login_of(&proof);
    sessions.create(&mut stands).await.expect("created");

    store.add_account(&driver(), "another horse".into(), true).await.expect("replaced");
    let mut late = login_of(&proof);
    sessions.create(&mut late).await.expect_err("by the old password");
    assert_eq!(sessions.load(&late.id).await.expect("loaded"), None);
    sessions.save(&stands).await.expect("nothing to save");
    assert_eq!(sessions.load(&stands.id).await.expect("loaded"), None, "saving does not bring it back");

    store.remove_account(&ada()).await.expect("removed");
    store.add_account(&driver(), "correct horse".into(), false).await.expect("another person of the same name");
    sessions.create(&mut late).await.expect_err("of another making");
}

#[tokio::test]
async fn the_last_admin_is_neither_removed_nor_lowered_by_accident() {
    let (_folder, store) = store().await;
    for person in [account("root", Role::Admin), driver()] {
        store.add_account(&person, "correct horse".into(), false).await.expect("added");
    }
    let lowered = account("root", Role::Watch);
    let attempts = [
        store.remove_account(&name("root")).await,
        store.set_role(&name("root"), Role::Drive).await.map(drop),
        store.add_account(&lowered, "another horse".into(), true).await,
    ];
    for attempt in attempts {
        let why = attempt.expect_err("refused").to_string();
        assert!(why.contains("only account with the role admin") && why.contains("user role NAME admin"), "{why}");
    }
    assert_eq!(
        store.check_password(&name("root"), "correct horse".into()).await.expect("checked").expect("right").account.role,
        Role::Admin
    );
    assert_eq!(kinds(&store).await, ["account_changed", "account_changed"], "what was refused has left no row");

    assert_eq!(store.set_role(&ada(), Role::Admin).await.expect("changed"), Role::Drive);
    store.remove_account(&name("root")).await.expect("another one is there");
    assert_eq!(store.account(&name("root")).await.expect("read"), None);
    assert_eq!(kinds(&store).await[2..], ["account_changed", "account_removed"]);
    assert!(matches!(store.remove_account(&name("root")).await, Err(StoreError::NoAccount(_))));
    assert!(matches!(store.set_role(&name("root"), Role::Watch).await, Err(StoreError::NoAccount(_))));
}

#[tokio::test]
async fn logins_and_tokens_end_with_the_account_and_with_its_password() {
    let (_folder, store) = store().await;
    for person in [driver(), account("bob", Role::Watch)] {
        store.add_account(&person, "correct horse".into(), false).await.expect("added");
    }
    let (ada_in, bob_in) = (log_in(&store, &ada()).await, log_in(&store, &name("bob")).await);
    let token = store.make_token(&ada(), Duration::from_mins(10)).await.expect("made");
    let people = store.people().await.expect("read");
    assert_eq!(people.logins.get(&LoginId::of(&ada_in)), Some(&ada()));
    assert_eq!(people.roles[&name("bob")], Role::Watch);
    let listed = store.accounts().await.expect("read");
    assert_eq!(
        listed.iter().map(|one| (one.account.clone(), one.logins)).collect::<Vec<_>>(),
        [(driver(), 1), (account("bob", Role::Watch), 1)]
    );

    store.add_account(&driver(), "another horse".into(), true).await.expect("replaced");
    let people = store.people().await.expect("read");
    assert_eq!(people.logins.into_keys().collect::<Vec<_>>(), [LoginId::of(&bob_in)], "whoever knew the old password is out");
    assert_eq!(store.use_token(token.as_str()).await.expect("used"), None);

    let again = log_in(&store, &ada()).await;
    store.remove_account(&ada()).await.expect("removed");
    store.add_account(&driver(), "correct horse".into(), false).await.expect("another person of the same name");
    let people = store.people().await.expect("read");
    assert!(!people.logins.contains_key(&LoginId::of(&again)), "a new account does not inherit old logins");
    assert_eq!(Sessions::new(store.clone()).load(&again).await.expect("loaded"), None);
}

#[tokio::test]
async fn the_database_is_for_its_owner_only_whoever_made_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("opened to all");
    let store = Store::open(folder.path()).await.expect("opens");
    store.add_account(&driver(), "correct horse".into(), false).await.expect("added");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.path()).expect("read").map(|entry| entry.expect("an entry")) {
        let mode = entry.metadata().expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
        seen += 1;
    }
    assert!(seen >= 2, "the write-ahead log as well");
}

#[tokio::test]
async fn a_one_time_login_works_once_and_not_after_its_time() {
    let (_folder, store) = store().await;
    store.add_account(&driver(), "correct horse".into(), false).await.expect("added");
    let token = store.make_token(&ada(), Duration::from_mins(10)).await.expect("made");
    assert_eq!(store.use_token(token.as_str()).await.expect("used").map(|proof| proof.account), Some(driver()));
    assert_eq!(store.use_token(token.as_str()).await.expect("used"), None, "a second time");
    let over = store.make_token(&ada(), Duration::ZERO).await.expect("made");
    assert_eq!(store.use_token(over.as_str()).await.expect("used"), None, "too late");
    let stranger = farhand_protocol::OperatorName::new("stranger").expect("a name");
    assert!(matches!(store.make_token(&stranger, Duration::from_secs(1)).await, Err(StoreError::NoAccount(_))));
}

#[tokio::test]
async fn a_session_lives_until_it_is_deleted_or_over() {
    let (_folder, store) = store().await;
    store.add_account(&driver(), "correct horse".into(), false).await.expect("added");
    let proof = store.check_password(&ada(), "correct horse".into()).await.expect("checked").expect("right");
    let sessions = Sessions::new(store);
    let later = time::OffsetDateTime::now_utc() + time::Duration::hours(1);
    let mut record = Record { id: Id::default(), data: login_of(&proof).data, expiry_date: later };
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
    let standing: Vec<_> = store.certificates().await.expect("read").into_iter().map(|one| (one.sha256, one.revoked)).collect();
    assert_eq!(standing, [("ab12".to_owned(), true), ("cd34".to_owned(), false)], "the old certificate does not revive");
    assert_eq!(kinds(&store).await, ["vehicle_enrolled", "vehicle_revoked", "vehicle_enrolled"], "and no row of the stranger");
}

#[tokio::test]
async fn a_login_in_use_is_renewed_but_not_one_that_is_over_or_has_ended() {
    let (_folder, store) = store().await;
    store.add_account(&driver(), "correct horse".into(), false).await.expect("added");
    let sessions = Sessions::new(store.clone());
    let [used, over, ended] = [log_in(&store, &ada()).await, log_in(&store, &ada()).await, log_in(&store, &ada()).await];
    let mut record = sessions.load(&over).await.expect("loaded").expect("there");
    record.expiry_date = time::OffsetDateTime::now_utc() - time::Duration::seconds(1);
    sessions.save(&record).await.expect("saved");
    sessions.delete(&ended).await.expect("deleted");
    let all = [used, over, ended].map(|id| LoginId::of(&id));
    store.renew(&all, Duration::from_hours(12)).await.expect("renewed");
    let left = sessions.load(&used).await.expect("loaded").expect("there").expiry_date - time::OffsetDateTime::now_utc();
    assert!(left > time::Duration::hours(11), "{left}");
    store.renew(&all, Duration::from_secs(1)).await.expect("renewed");
    let kept = sessions.load(&used).await.expect("loaded").expect("there").expiry_date - time::OffsetDateTime::now_utc();
    assert!(kept > time::Duration::hours(11), "never shortened");
    assert_eq!(store.people().await.expect("read").logins.into_keys().collect::<Vec<_>>(), [all[0]]);
}
