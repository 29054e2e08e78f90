//! `revoke` of a vehicle that is connected and driven, and a vehicle that never hears its welcome.

use crate::browser::Browser;
use crate::page::Page;
use crate::site::{Site, until};
use crate::truck::{Line, Truck, hello, turned_away};
use farhand_protocol::{GatewaySays, LeaseEnding, VehicleSays, encode};
use farhand_transport::Class;
use reqwest::StatusCode;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_vehicle_loses_lease_and_both_connections_at_once_and_only_new_files_let_it_in() {
    let site = Site::new();
    site.populate(&["truck-1", "truck-2"], &[("root", "admin"), ("alice", "drive"), ("bob", "drive")]);
    let gateway = site.start();
    let (driven, other) = (Truck::arrive(&site, "truck-1").await, Truck::arrive(&site, "truck-2").await);
    let (mut alice, mut bob) = (Page::open(&site, "alice", "truck-1").await, Page::open(&site, "bob", "truck-2").await);
    alice.drives().await;
    bob.drives().await;
    until("commands arrive", async || driven.heard(|heard| heard.commands > 0).then_some(())).await;

    site.said(&["revoke", "truck-1"], "");
    let revoked = Instant::now();
    for why in driven.ended().await {
        assert!(why.contains("revoked") && why.contains("Enrol the vehicle again"), "{why}");
    }
    assert!(revoked.elapsed() < Duration::from_secs(1), "both were closed after {:?}", revoked.elapsed());

    let stolen = site.path("stolen");
    std::fs::rename(site.path("truck-1"), &stolen).expect("renamed");
    for class in [Class::Control, Class::Media] {
        let why = turned_away(&site, &stolen, class).await;
        assert!(why.contains("revoked") && why.contains("Enrol the vehicle again"), "{class:?}: {why}");
    }
    let root = Browser::log_in(&site, "root").await;
    let of_truck = |row: &serde_json::Value| row["vehicle"] == json!("truck-1");
    root.journalled("vehicle_revoked", of_truck).await;
    assert_eq!(root.journalled("vehicle_shut_out", of_truck).await["data"], json!({ "connected": true }));
    assert_eq!(root.journalled("lease_ended", of_truck).await["data"]["why"], "revoked");
    root.journalled("vehicle_went", of_truck).await;
    let refused = root.journalled("vehicle_refused", of_truck).await;
    assert!(refused["data"]["why"].as_str().is_some_and(|why| why.contains("revoked")), "{refused}");
    root.journalled("peer_refused", |row| row["data"]["why"].as_str().is_some_and(|why| why.contains("revoked"))).await;
    assert_eq!(root.get("/api/v1/vehicles/truck-1").await.0, StatusCode::NOT_FOUND);

    let before = other.heard(|heard| heard.commands);
    until("bob drives on", async || other.heard(|heard| heard.commands > before + 10).then_some(())).await;
    assert!(other.is_connected());

    site.populate(&["truck-1"], &[]);
    let back = until("the new files open the door", async || {
        let line = Line::dial(&site, &site.path("truck-1"), Class::Control).await.ok()?;
        line.greet("truck-1").await.ok()
    });
    drop(back.await);
    let why = turned_away(&site, &stolen, Class::Control).await;
    assert!(why.contains("revoked"), "the stolen files stay worthless: {why}");
    gateway.terminate();
    assert!(site.said(&["journal", "verify"], "").contains("whole"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vehicle_that_cannot_be_welcomed_is_not_there() {
    let site = Site::new();
    site.populate(&["truck-1"], &[("root", "admin")]);
    let gateway = site.start();
    let root = Browser::log_in(&site, "root").await;
    let deaf = Line::dial(&site, &site.path("truck-1"), Class::Control).await.expect("connects");
    let (mut say, mut hear) = deaf.connection.open_bi().await.expect("opens");
    // Told first, so that the welcome finds nobody who listens.
    hear.stop(0_u32.into()).expect("told");
    let body = encode(&VehicleSays::Hello(hello("truck-1"))).expect("encodes");
    let length = u32::try_from(body.len()).expect("short").to_be_bytes();
    say.write_all(&[&length[..], &body].concat()).await.expect("written");
    deaf.ended().await;
    root.journalled("peer_refused", |_| true).await;
    assert!(!root.connected("truck-1").await, "nobody was welcomed");
    assert_eq!(root.get("/readyz?vehicles=1").await.0, StatusCode::SERVICE_UNAVAILABLE);

    let truck = Truck::arrive(&site, "truck-1").await;
    until("it is there", async || root.connected("truck-1").await.then_some(())).await;
    drop(truck);
    gateway.terminate();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_stops_tells_the_vehicle_that_the_lease_is_over() {
    let site = Site::new();
    site.populate(&["truck-1"], &[("alice", "drive")]);
    let gateway = site.start();
    let truck = Truck::arrive(&site, "truck-1").await;
    let mut alice = Page::open(&site, "alice", "truck-1").await;
    alice.drives().await;
    gateway.terminate();
    let told = |says: &GatewaySays| matches!(says, GatewaySays::LeaseEnd { why: LeaseEnding::GatewayRestart, .. });
    assert!(truck.heard(|heard| heard.says.iter().any(told)), "{:?}", truck.heard(|heard| heard.says.clone()));
}
