//! A vehicle is there when it is heard over an accepted connection, and not before.

use crate::site::{BOOT, Browser, Site, come, hello, state, truck};
use farhand_protocol::{BootId, CameraSummary, LeaseEpoch, SafetyEvent, SafetyState, VehicleSays, VehicleState};
use farhand_relay::Rules;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn connected(browser: &Browser<'_>, vehicle: &str) -> bool {
    let view: Value = browser.get(&format!("/api/v1/vehicles/{vehicle}")).await.json().await.expect("JSON");
    view["connected"] == json!(true)
}

#[tokio::test]
async fn a_vehicle_whose_welcome_was_never_written_is_not_there() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    site.desk.vehicle_arrives(&hello("truck-2")).expect("may come in");
    assert!(!connected(&alice, "truck-2").await, "nothing was heard of it");
    let (_, viewer) = alice.ask(Method::POST, "/api/v1/vehicles/truck-2/viewers", json!({ "sdp": "offer" })).await;
    let ask = json!({ "viewer_id": viewer["viewer_id"] });
    let (status, problem) = alice.ask(Method::POST, "/api/v1/vehicles/truck-2/lease", ask).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("not connected")), "{problem}");

    site.desk.vehicle_state(&truck("truck-2"), &VehicleState { boot_id: BootId(1), ..state() });
    assert!(!connected(&alice, "truck-2").await, "another guardian's state is no sign of this one");
    site.desk.vehicle_state(&truck("truck-2"), &state());
    assert!(connected(&alice, "truck-2").await);
    site.desk.vehicle_gone(&truck("truck-2"));
    assert!(!connected(&alice, "truck-2").await);
    site.journalled("vehicle_went").await;
    let rows = site.kinds().await.into_iter().filter(|kind| kind == "vehicle_came" || kind == "vehicle_went").collect::<Vec<_>>();
    assert_eq!(rows, ["vehicle_came", "vehicle_came", "vehicle_went"], "truck-1, then truck-2 once");
}

#[tokio::test]
async fn a_vehicle_that_dials_anew_is_there_although_the_old_connection_ends_after_the_new_hello() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    site.desk.vehicle_arrives(&hello("truck-1")).expect("may come in");
    site.desk.vehicle_gone(&truck("truck-1"));
    assert!(!connected(&alice, "truck-1").await);
    site.desk.vehicle_state(&truck("truck-1"), &state());
    assert!(connected(&alice, "truck-1").await, "the new connection speaks");
}

#[tokio::test]
async fn a_second_connection_that_fails_does_not_take_the_standing_one_away() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    site.desk.vehicle_arrives(&hello("truck-1")).expect("may come in");
    assert!(connected(&alice, "truck-1").await);
    come(&site.desk, "truck-1");
    assert_eq!(alice.take(&alice.open_viewer().await).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_hello_that_would_fill_every_page_is_refused_with_the_mend() {
    let site = Site::new().await;
    let long = "x".repeat(65);
    let camera = CameraSummary { name: long.clone(), width_px: 640, height_px: 360, required_for: Vec::new(), eye: None };
    for bad in [
        farhand_protocol::Hello { kind: long, ..hello("truck-2") },
        farhand_protocol::Hello { cameras: vec![camera.clone()], ..hello("truck-2") },
        farhand_protocol::Hello { cameras: vec![CameraSummary { name: "a".into(), ..camera }; 17], ..hello("truck-2") },
    ] {
        let why = site.desk.vehicle_arrives(&bad).expect_err("refused");
        assert!(why.contains("Check the vehicle's profile"), "{why}");
    }
}

#[tokio::test]
async fn a_vehicle_that_flaps_does_not_take_the_journal_from_the_others() {
    let site = Site::new().await;
    let (from, to) = (SafetyState::Parked, SafetyState::Halt);
    let (vehicle_us, causes, epoch) = (1, Vec::new(), LeaseEpoch(41));
    let event = SafetyEvent { boot_id: BOOT, vehicle_us, from, to, causes, latch: None, speed_mm_s: 0, blind_mm: 0, epoch };
    for _ in 0..2000 {
        site.desk.vehicle_says(&truck("truck-1"), &VehicleSays::Event(event.clone()));
    }
    let wanda = site.person("wanda").await;
    assert_eq!(wanda.ask(Method::POST, "/api/v1/vehicles/truck-1/stop", json!({})).await.0, StatusCode::ACCEPTED);
    site.journalled("stop_asked").await;
    let states = site.kinds().await.into_iter().filter(|kind| kind == "safety_state").count();
    assert_eq!(states, 299, "three hundred a minute, its coming among them");
}
