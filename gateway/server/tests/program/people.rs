//! Accounts that change beside the running gateway, while their people drive and watch.

use crate::browser::Browser;
use crate::page::Page;
use crate::site::{Site, until};
use crate::truck::Truck;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_loses_the_role_the_account_or_the_login_loses_the_wheel_at_once() {
    let site = Site::new();
    let people = [("root", "admin"), ("alice", "drive"), ("bob", "drive"), ("carol", "drive"), ("wanda", "watch")];
    site.populate(&["truck-1", "truck-2", "truck-3"], &people);
    let gateway = site.start();
    let trucks =
        [Truck::arrive(&site, "truck-1").await, Truck::arrive(&site, "truck-2").await, Truck::arrive(&site, "truck-3").await];
    let root = Browser::log_in(&site, "root").await;
    let wanda = Page::open(&site, "wanda", "truck-1").await;
    let mut drivers = Vec::new();
    for (name, vehicle) in [("alice", "truck-1"), ("bob", "truck-2"), ("carol", "truck-3")] {
        let mut page = Page::open(&site, name, vehicle).await;
        page.drives().await;
        drivers.push(page);
    }
    let [alice, bob, carol] = &drivers[..] else { unreachable!("three drivers") };
    let free = async |vehicle: &str| root.get(&format!("/api/v1/vehicles/{vehicle}")).await.1["holder"].is_null().then_some(());
    for (truck, vehicle) in trucks.iter().zip(["truck-1", "truck-2", "truck-3"]) {
        until("commands arrive", async || truck.heard(|heard| heard.commands > 0).then_some(())).await;
        assert_eq!(free(vehicle).await, None);
    }

    let said = site.said(&["user", "role", "alice", "watch"], "");
    assert!(said.contains("no longer drive"), "{said}");
    until("alice holds nothing", async || free("truck-1").await).await;
    assert!(alice.is_open(), "she may still watch");
    assert_eq!(alice.browser.stop("truck-1").await, StatusCode::ACCEPTED, "and stop");

    site.said(&["user", "remove", "bob"], "");
    until("bob holds nothing", async || free("truck-2").await).await;
    until("his page is closed", async || (!bob.is_open()).then_some(())).await;

    assert_eq!(carol.browser.ask(Method::POST, "/api/v1/logout", Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(free("truck-3").await, Some(()), "already, when the answer is there");
    until("her page is closed", async || (!carol.is_open()).then_some(())).await;

    let by = |name: &'static str| move |row: &Value| row["person"] == json!(name);
    assert_eq!(root.journalled("viewer_role", by("alice")).await["data"]["lease_ended"], json!(true));
    assert_eq!(root.journalled("viewer_ended", by("bob")).await["data"]["why"], "account_removed");
    assert_eq!(root.journalled("viewer_ended", by("carol")).await["data"]["why"], "logged_out");
    root.journalled("account_removed", by("bob")).await;
    root.journalled("logged_out", by("carol")).await;
    assert!(wanda.is_open() && trucks.iter().all(Truck::is_connected), "nobody else is touched");
    gateway.terminate();
}
