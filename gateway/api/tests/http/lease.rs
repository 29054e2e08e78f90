//! Taking control, driving, stopping, giving back.

use crate::site::{BOOT, Site, come, hello, truck};
use farhand_protocol::{GatewaySays, LeaseEnding, LeaseEpoch};
use farhand_relay::{CommandRefusal, Rules, ViewerId};
use farhand_store::{Entry, Kind, OpenOptions};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const LEASE: &str = "/api/v1/vehicles/truck-1/lease";

fn id(viewer: &str) -> ViewerId {
    ViewerId(viewer.parse().expect("a number"))
}

#[tokio::test]
async fn one_person_takes_control_drives_and_gives_it_back() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let viewer = alice.open_viewer().await;
    let (status, lease) = alice.take(&viewer).await;
    assert_eq!((status, lease), (StatusCode::OK, json!({ "epoch": 42, "boot_id": BOOT.0 })));
    assert_eq!(site.desk.command(id(&viewer), &truck("truck-1"), LeaseEpoch(42)), Ok(()));
    assert_eq!(site.desk.command(id(&viewer), &truck("truck-1"), LeaseEpoch(41)), Err(CommandRefusal::OldEpoch));

    let view: Value = alice.get("/api/v1/vehicles/truck-1").await.json().await.expect("JSON");
    assert_eq!((&view["holder"], &view["epoch"], &view["watchers"]), (&json!("alice"), &json!(42), &json!(1)));
    assert!(site.desk.lease_view(id(&viewer), &truck("truck-1")).mine);

    let bob = site.person("bob").await;
    let (status, problem) = bob.take(&bob.open_viewer().await).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("Held by alice")), "{problem}");
    let (status, _) = bob.take(&viewer).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "another person's viewer is nobody's");

    let (status, _) = alice.ask(Method::DELETE, LEASE, json!({ "viewer_id": viewer })).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(site.desk.command(id(&viewer), &truck("truck-1"), LeaseEpoch(42)), Err(CommandRefusal::NoLease));
    let (status, lease) = bob.take(&bob.open_viewer().await).await;
    assert_eq!((status, &lease["epoch"]), (StatusCode::OK, &json!(43)));
    site.journalled("lease_ended").await;
    let kinds: Vec<_> = site.kinds().await.into_iter().filter(|kind| kind.starts_with("lease")).take(3).collect();
    assert_eq!(kinds, ["lease_granted", "lease_live", "lease_ended"]);
}

#[tokio::test]
async fn roles_decide_who_drives_reads_the_journal_and_takes_control_away() {
    let site = Site::new().await;
    let (wanda, steve, alice) = (site.person("wanda").await, site.person("steve").await, site.person("alice").await);
    assert_eq!(wanda.take(&wanda.open_viewer().await).await.0, StatusCode::FORBIDDEN);
    assert_eq!(wanda.get("/api/v1/journal").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(steve.get("/api/v1/journal?vehicle=truck-1&limit=5").await.status(), StatusCode::OK);

    let viewer = alice.open_viewer().await;
    assert_eq!(alice.take(&viewer).await.0, StatusCode::OK);
    assert_eq!(wanda.ask(Method::DELETE, LEASE, json!({})).await.0, StatusCode::FORBIDDEN);
    assert_eq!(steve.ask(Method::DELETE, LEASE, json!({})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(site.desk.command(id(&viewer), &truck("truck-1"), LeaseEpoch(42)), Err(CommandRefusal::NoLease));
}

#[tokio::test]
async fn whoever_sees_a_vehicle_may_stop_it_and_one_press_is_one_row() {
    let site = Site::new().await;
    let wanda = site.person("wanda").await;
    assert_eq!(wanda.ask(Method::POST, "/api/v1/vehicles/truck-1/stop", json!({})).await.0, StatusCode::ACCEPTED);
    assert_eq!(site.vehicle.stops.lock().expect("not poisoned").iter().map(ToString::to_string).collect::<Vec<_>>(), ["wanda"]);
    let viewer = id(&wanda.open_viewer().await);
    for _ in 0..50 {
        assert_eq!(site.desk.stop(viewer, &truck("truck-1"), 9).map(|name| name.to_string()).as_deref(), Some("wanda"));
    }
    assert_eq!(site.desk.stop(viewer, &truck("truck-2"), 9), None, "a viewer stops its own vehicle only");
    assert_eq!(site.desk.stop(ViewerId(999), &truck("truck-1"), 9), None);
    let steve = site.person("steve").await;
    site.journalled("stop_asked").await;
    let rows: Vec<Value> = steve.get("/api/v1/journal").await.json().await.expect("JSON");
    assert!(rows.iter().filter(|row| row["kind"] == "stop_asked").count() <= 2);
}

#[tokio::test]
async fn closing_the_page_ends_the_lease_and_the_vehicle_hears_of_it() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let viewer = alice.open_viewer().await;
    assert_eq!(alice.take(&viewer).await.0, StatusCode::OK);
    let path = format!("/api/v1/vehicles/truck-1/viewers/{viewer}");
    assert_eq!(alice.ask(Method::DELETE, &path, json!({})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(alice.ask(Method::DELETE, &path, json!({})).await.0, StatusCode::NOT_FOUND);
    site.journalled("lease_ended").await;
    let end = GatewaySays::LeaseEnd { epoch: LeaseEpoch(42), why: LeaseEnding::Silence };
    assert!(site.vehicle.heard.lock().expect("not poisoned").contains(&end));
}

#[tokio::test]
async fn a_vehicle_that_is_away_unknown_or_revoked_is_said_to_be() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    assert_eq!(alice.get("/api/v1/vehicles/truck-9").await.status(), StatusCode::NOT_FOUND);
    let (_, viewer) = alice.ask(Method::POST, "/api/v1/vehicles/truck-2/viewers", json!({ "sdp": "offer" })).await;
    let ask = json!({ "viewer_id": viewer["viewer_id"] });
    let (status, problem) = alice.ask(Method::POST, "/api/v1/vehicles/truck-2/lease", ask).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("not connected")), "{problem}");

    assert!(site.desk.vehicle_arrives(&hello("truck-9")).is_err_and(|why| why.contains("farhand-gateway enroll truck-9")));
    site.store.revoke(&truck("truck-1")).await.expect("revoked");
    site.desk.admit(&site.store.vehicles().await.expect("read"));
    assert!(site.desk.vehicle_arrives(&hello("truck-1")).is_err_and(|why| why.contains("revoked")));
    site.journalled("vehicle_refused").await;
}

#[tokio::test]
async fn with_a_full_disk_nobody_takes_control_and_whoever_drives_drives_on() {
    let site = Site::with(OpenOptions { max_pages: Some(48) }).await;
    let (alice, bob) = (site.person("alice").await, site.person("bob").await);
    let viewer = alice.open_viewer().await;
    assert_eq!(alice.take(&viewer).await.0, StatusCode::OK);
    site.journalled("lease_live").await;
    let mut size = 8000;
    while size > 1 {
        // Rows of the vehicle that is asked for below: they fill the very pages that its grant would need.
        let row = Entry::new(Kind::SafetyState, json!("x".repeat(size))).of(&truck("truck-2"));
        size = if site.store.record(&[row]).await.is_ok() { size } else { size / 2 };
    }

    come(&site.desk, "truck-2");
    let (_, second) = bob.ask(Method::POST, "/api/v1/vehicles/truck-2/viewers", json!({ "sdp": "offer" })).await;
    let ask = json!({ "viewer_id": second["viewer_id"] });
    let (status, problem) = bob.ask(Method::POST, "/api/v1/vehicles/truck-2/lease", ask).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("Free space")), "{problem}");
    assert_eq!(site.desk.command(id(&viewer), &truck("truck-1"), LeaseEpoch(42)), Ok(()));
    assert_eq!(alice.ask(Method::POST, "/api/v1/vehicles/truck-1/stop", json!({})).await.0, StatusCode::ACCEPTED);
    let ready = site.stranger().get("/readyz").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let why = ready.text().await.expect("text");
    assert!(why.contains("journal cannot be written") && why.contains("Free space"), "{why}");
}
