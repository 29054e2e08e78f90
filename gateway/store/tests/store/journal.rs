//! The journal keeps what it was given and notices what was done to it.

use crate::{ada, truck};
use farhand_store::{Entry, Journal, JournalFilter, Kind, OpenOptions, Store, StoreError, Verdict};
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

fn stop(number: u32) -> Entry {
    Entry::new(Kind::StopAsked, json!({ "request": number })).of(&truck()).by(&ada())
}

#[tokio::test]
async fn many_rows_at_once_make_one_whole_chain() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).await.expect("opens");
    let (journal, driver) = Journal::new(store.clone());
    let driver = tokio::spawn(driver.run());
    let appends: Vec<_> = (0..100)
        .map(|number| {
            tokio::spawn({
                let journal = journal.clone();
                async move { journal.append(stop(number)).await }
            })
        })
        .collect();
    for append in appends {
        append.await.expect("ran").expect("written");
    }
    journal.note(Entry::new(Kind::GatewayStopped, json!({}))).expect("queued");
    drop(journal);
    driver.await.expect("the writer ends when nobody can write any more");

    assert!(matches!(store.verify().await.expect("read"), Verdict::Whole { rows: 101, .. }));
    let newest = store.journal(&JournalFilter { limit: 2, ..JournalFilter::default() }).await.expect("read");
    assert_eq!(newest.iter().map(|row| row.seq).collect::<Vec<_>>(), [101, 100]);
    assert_eq!(newest[0].kind, "gateway_stopped");
    let of_truck = JournalFilter { vehicle: Some(truck()), before: Some(3), limit: 50 };
    assert_eq!(store.journal(&of_truck).await.expect("read").len(), 2);
}

#[tokio::test]
async fn told_to_end_the_writer_writes_what_it_has_and_takes_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).await.expect("opens");
    let (journal, driver) = Journal::new(store.clone());
    for number in 0..500 {
        journal.note(stop(number)).expect("queued");
    }
    journal.end();
    driver.run().await;
    assert!(matches!(store.verify().await.expect("read"), Verdict::Whole { rows: 500, .. }));
    assert!(matches!(journal.append(stop(500)).await, Err(StoreError::Stopped)), "although somebody still holds this end");
}

#[tokio::test]
async fn a_row_can_be_neither_changed_nor_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).await.expect("opens");
    store.record(&[stop(1), stop(2)]).await.expect("written");
    let intruder = raw(&store).await;
    for attack in ["UPDATE journal SET data = '{}' WHERE seq = 1", "DELETE FROM journal WHERE seq = 2"] {
        let refused = sqlx::query(attack).execute(&intruder).await.expect_err("refused");
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}

#[tokio::test]
async fn verify_names_the_first_row_that_was_touched_behind_the_stores_back() {
    let attacks = [
        ("UPDATE journal SET data = '{}' WHERE seq = 2", 2, "its words were changed after it was written"),
        ("UPDATE journal SET vehicle = NULL WHERE seq = 3", 3, "its words were changed after it was written"),
        ("DELETE FROM journal WHERE seq = 2", 2, "the row is missing"),
        ("UPDATE journal SET previous = x'00' WHERE seq = 3", 3, "it does not follow the row before"),
    ];
    for (attack, seq, why) in attacks {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        store.record(&[stop(1), stop(2), stop(3)]).await.expect("written");
        let intruder = raw(&store).await;
        for statement in ["DROP TRIGGER journal_keeps_rows", "DROP TRIGGER journal_keeps_words", attack] {
            sqlx::query(statement).execute(&intruder).await.expect("done");
        }
        assert_eq!(store.verify().await.expect("read"), Verdict::Broken { seq, why }, "{attack}");
    }
}

#[tokio::test]
async fn a_full_disk_is_said_to_those_who_wait_and_the_others_rows_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Store::open(folder.path()).await.expect("opens"));
    let small = Store::open_with(folder.path(), OpenOptions { max_pages: Some(40) }).await.expect("opens");
    let (journal, driver) = Journal::new(small.clone());
    let driver = tokio::spawn(driver.run());
    let large = || Entry::new(Kind::StopAsked, json!({ "text": "x".repeat(8000) }));
    let mut written = 0;
    let full = loop {
        match journal.append(large()).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, StoreError::Full), "{full}");
    assert!(full.to_string().contains("Free space"), "{full}");
    for _ in 0..20 {
        let again = journal.append(large()).await;
        assert!(matches!(again, Err(StoreError::Full)), "each says the same: {again:?}");
    }
    journal.note(stop(1)).expect("queued");
    assert!(matches!(small.verify().await.expect("read"), Verdict::Whole { rows, .. } if rows == written));
    drop(journal);
    driver.await.expect("ends");
}

#[tokio::test]
async fn when_there_is_room_again_the_kept_rows_are_written_with_their_own_times_and_the_gap_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Store::open(folder.path()).await.expect("opens"));
    let small = Store::open_with(folder.path(), OpenOptions { max_pages: Some(60) }).await.expect("opens");
    let filler = raw(&small).await;
    sqlx::query("CREATE TABLE filler (bytes BLOB)").execute(&filler).await.expect("made");
    sqlx::query("INSERT INTO filler VALUES (zeroblob(1000000))").execute(&filler).await.expect("beyond the other's limit");
    let (journal, driver) = Journal::new(small.clone());
    let driver = tokio::spawn(driver.run());
    while journal.append(Entry::new(Kind::LeaseGranted, json!({ "text": "x".repeat(4000) }))).await.is_ok() {}
    assert!(journal.trouble().is_some_and(|why| why.contains("Free space")), "{:?}", journal.trouble());
    for number in 0..300 {
        journal.note(stop(number)).expect("queued");
    }
    let noted_ms = Entry::new(Kind::StopAsked, json!({})).at_ms;
    assert!(matches!(journal.append(stop(999)).await, Err(StoreError::Full)), "a grant is refused and not kept");

    sqlx::query("DELETE FROM filler").execute(&filler).await.expect("room again");
    let rows = loop {
        let filter = JournalFilter { limit: 1000, ..JournalFilter::default() };
        let rows = small.journal(&filter).await.expect("read");
        if rows.first().is_some_and(|row| row.kind == "journal_resumed") {
            break rows;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(journal.trouble(), None);
    let told: serde_json::Value = serde_json::from_str(&rows[0].data).expect("JSON");
    assert_eq!((&told["refused"], &told["lost"]), (&json!(2), &json!(0)), "{told}");
    let requests: Vec<_> = rows[1..=300].iter().rev().map(|row| row.data.clone()).collect();
    assert_eq!(requests, (0..300).map(|number| json!({ "request": number }).to_string()).collect::<Vec<_>>());
    assert!(rows[1].at_ms <= noted_ms, "a row tells when it happened, not when it was written");
    assert!(matches!(small.verify().await.expect("read"), Verdict::Whole { .. }));
    drop(journal);
    driver.await.expect("ends");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = Store::open(&folder.path().join("nowhere")).await.expect_err("refused").to_string();
    assert!(error.contains("nowhere") && error.contains("data_folder"), "{error}");
}

async fn raw(store: &Store) -> SqlitePool {
    SqlitePool::connect_with(SqliteConnectOptions::new().filename(store.path())).await.expect("opens")
}
