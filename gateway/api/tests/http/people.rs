//! What an open viewer may do follows what its person may do: at once, and with a row that says so.

use crate::site::{Browser, Site, operator, truck};
use farhand_lease::Role;
use farhand_protocol::{GatewaySays, LeaseEnding, LeaseEpoch};
use farhand_relay::{CommandRefusal, Rules, ViewerId};
use farhand_store::{LoginId, Sessions};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tower_sessions::SessionStore;

/// Alice at the wheel: her browser and her viewer.
async fn driving(site: &Site) -> (Browser<'_>, ViewerId) {
    let alice = site.person("alice").await;
    let viewer = alice.open_viewer().await;
    assert_eq!(alice.take(&viewer).await.0, StatusCode::OK);
    (alice, ViewerId(viewer.parse().expect("a number")))
}

/// What the gateway does whenever it has read the accounts.
async fn follow(site: &Site) {
    let present = site.desk.present();
    site.desk.follow(&present, &site.store.people().await.expect("read"));
}

fn stands(site: &Site, viewer: ViewerId) -> Result<(), CommandRefusal> {
    site.desk.command(viewer, &truck("truck-1"), LeaseEpoch(42))
}

fn vehicle_heard_the_end(site: &Site) -> bool {
    let end = GatewaySays::LeaseEnd { epoch: LeaseEpoch(42), why: LeaseEnding::Revoked };
    site.vehicle.heard.lock().expect("not poisoned").contains(&end)
}

fn hung_up(site: &Site) -> Vec<ViewerId> {
    site.vehicle.closed.lock().expect("not poisoned").clone()
}

async fn row(site: &Site, kind: &str) -> Value {
    serde_json::from_str(&site.journalled(kind).await.data).expect("JSON")
}

#[tokio::test]
async fn a_lowered_role_ends_the_lease_and_leaves_the_watching_and_the_stop() {
    let site = Site::new().await;
    let (alice, viewer) = driving(&site).await;
    follow(&site).await;
    assert_eq!(stands(&site, viewer), Ok(()), "nothing has changed yet");

    site.store.set_role(&operator("alice"), Role::Watch).await.expect("changed");
    follow(&site).await;
    assert_eq!(stands(&site, viewer), Err(CommandRefusal::NoLease));
    assert_eq!(hung_up(&site), [], "watching is still allowed");
    assert_eq!(site.desk.stop(viewer, &truck("truck-1"), 7), Some(operator("alice")), "and so is stopping");
    assert_eq!(alice.take(&viewer.0.to_string()).await.0, StatusCode::FORBIDDEN);
    let told = row(&site, "viewer_role").await;
    assert_eq!(told, json!({ "viewer": viewer.0, "before": "drive", "role": "watch", "lease_ended": true }));
    assert_eq!(row(&site, "lease_ended").await["why"], "revoked");
    while !vehicle_heard_the_end(&site) {
        tokio::task::yield_now().await;
    }

    site.store.set_role(&operator("alice"), Role::Drive).await.expect("changed");
    follow(&site).await;
    assert_eq!(alice.take(&viewer.0.to_string()).await.0, StatusCode::OK, "a raised role acts at once as well");
}

#[tokio::test]
async fn a_removed_account_is_at_the_wheel_no_more_and_sees_nothing() {
    let site = Site::new().await;
    let (alice, viewer) = driving(&site).await;
    let mut live = alice.get("/api/v1/vehicles/live").await;
    assert!(live.chunk().await.expect("read").is_some());
    site.store.remove_account(&operator("alice")).await.expect("removed");
    follow(&site).await;
    assert_eq!(stands(&site, viewer), Err(CommandRefusal::NoLease));
    assert_eq!(site.desk.stop(viewer, &truck("truck-1"), 7), None);
    assert_eq!(hung_up(&site), [viewer]);
    while live.chunk().await.expect("read").is_some() {}
    assert_eq!(row(&site, "viewer_ended").await, json!({ "viewer": viewer.0, "why": "account_removed" }));
    assert_eq!(alice.get("/api/v1/me").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn logging_out_ends_what_was_opened_with_this_login_and_no_other() {
    let site = Site::new().await;
    let (alice, viewer) = driving(&site).await;
    let elsewhere = site.person("alice").await;
    let other = elsewhere.open_viewer().await;
    let mut live = alice.get("/api/v1/vehicles/live").await;
    assert!(live.chunk().await.expect("read").is_some());
    assert_eq!(alice.send(Method::POST, "/api/v1/logout", None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(stands(&site, viewer), Err(CommandRefusal::NoLease));
    assert_eq!(hung_up(&site), [viewer]);
    while live.chunk().await.expect("read").is_some() {}
    assert_eq!(row(&site, "viewer_ended").await["why"], "logged_out");
    site.journalled("logged_out").await;
    follow(&site).await;
    assert_eq!(elsewhere.take(&other).await.0, StatusCode::OK, "her other login is not touched");
}

#[tokio::test]
async fn an_expired_login_ends_the_drive() {
    let site = Site::new().await;
    let (alice, viewer) = driving(&site).await;
    let sessions = Sessions::new(site.store.clone());
    let mut record = sessions.load(&alice.login()).await.expect("loaded").expect("there");
    record.expiry_date = time::OffsetDateTime::now_utc() - time::Duration::seconds(1);
    sessions.save(&record).await.expect("saved");
    follow(&site).await;
    assert_eq!(stands(&site, viewer), Err(CommandRefusal::NoLease));
    assert_eq!(hung_up(&site), [viewer]);
    assert_eq!(row(&site, "viewer_ended").await["why"], "login_ended");
    while !vehicle_heard_the_end(&site) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn whoever_comes_after_the_accounts_were_read_is_not_taken_for_gone() {
    let site = Site::new().await;
    let present = site.desk.present();
    let people = site.store.people().await.expect("read");
    let (_alice, viewer) = driving(&site).await;
    site.desk.follow(&present, &people);
    assert_eq!(stands(&site, viewer), Ok(()));
    assert_eq!(hung_up(&site), []);
}

#[tokio::test]
async fn taking_control_away_from_somebody_is_a_row_with_the_name_of_who_did_it() {
    let site = Site::new().await;
    let (_alice, viewer) = driving(&site).await;
    let steve = site.person("steve").await;
    let (status, _) = steve.ask(Method::DELETE, "/api/v1/vehicles/truck-1/lease", json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(stands(&site, viewer), Err(CommandRefusal::NoLease));
    let revoked = site.journalled("lease_revoked").await;
    assert_eq!(revoked.person.as_deref(), Some("steve"));
    let data: Value = serde_json::from_str(&revoked.data).expect("JSON");
    assert_eq!(data, json!({ "epoch": 42, "holder": "alice" }));
}

#[tokio::test]
async fn one_person_cannot_take_every_place_from_the_others() {
    let site = Site::new().await;
    let wanda = site.person("wanda").await;
    let ask = json!({ "sdp": "offer" });
    let path = "/api/v1/vehicles/truck-1/viewers";
    for _ in 0..64 {
        assert_eq!(wanda.ask(Method::POST, path, ask.clone()).await.0, StatusCode::OK);
    }
    let (status, problem) = wanda.ask(Method::POST, path, ask).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("Close one")), "{problem}");
    driving(&site).await;
}

#[tokio::test]
async fn one_person_cannot_take_all_the_live_lists() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let mut open = Vec::new();
    for _ in 0..16 {
        let list = alice.get("/api/v1/vehicles/live").await;
        assert_eq!(list.status(), StatusCode::OK);
        open.push(list);
    }
    assert_eq!(alice.get("/api/v1/vehicles/live").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let bob = site.person("bob").await;
    assert_eq!(bob.get("/api/v1/vehicles/live").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_login_is_in_use_while_somebody_drives_with_it() {
    let site = Site::new().await;
    assert_eq!(site.desk.logins_in_use(), []);
    let (alice, _viewer) = driving(&site).await;
    alice.open_viewer().await;
    let _looks_at_lists_only = site.person("bob").await;
    assert_eq!(site.desk.logins_in_use(), [LoginId::of(&alice.login())]);
    assert_eq!(alice.send(Method::POST, "/api/v1/logout", None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(site.desk.logins_in_use(), []);
}
