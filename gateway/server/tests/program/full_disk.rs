//! The data folder takes nothing any more, with a real file system: nobody new takes control, whoever drives drives on, stops
//! work, and what happened meanwhile is written when there is room again.

use crate::browser::Browser;
use crate::page::Page;
use crate::site::{Running, Site, until};
use crate::truck::Truck;
use reqwest::StatusCode;
use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::json;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// How the disk is made to refuse.
enum Disk {
    /// By a limit on the gateway's files, as a quota is: the system says EFBIG.
    Limited,
    /// By filling a small file system that only the gateway's namespace has: ENOSPC.
    Filled { filler: PathBuf },
}

impl Disk {
    fn fill(&self, gateway: &Running) {
        match self {
            Self::Limited => limit_files(gateway, Some(0)),
            Self::Filled { filler } => {
                let mut file = File::create(filler).expect("made");
                for size in [4096, 1] {
                    while file.write(&vec![0; size]).is_ok_and(|written| written > 0) {}
                }
            }
        }
    }

    fn make_room(&self, gateway: &Running) {
        match self {
            Self::Limited => limit_files(gateway, None),
            Self::Filled { filler } => std::fs::remove_file(filler).expect("removed"),
        }
    }
}

fn limit_files(gateway: &Running, current: Option<u64>) {
    prlimit(Some(gateway.pid()), Resource::Fsize, Rlimit { current, maximum: None }).expect("set");
}

fn mend(problem: &serde_json::Value) -> bool {
    problem["detail"].as_str().is_some_and(|detail| detail.contains("journal cannot be written") && detail.contains("Free space"))
}

async fn survives(site: &Site, gateway: &Running, disk: &Disk) {
    let (driven, idle) = (Truck::arrive(site, "truck-1").await, Truck::arrive(site, "truck-2").await);
    let mut alice = Page::open(site, "alice", "truck-1").await;
    alice.drives().await;
    let bob = Page::open(site, "bob", "truck-2").await;
    let root = Browser::log_in(site, "root").await;
    assert_eq!(root.get("/readyz").await.0, StatusCode::OK);

    disk.fill(gateway);
    let (status, problem) = bob.browser.take("truck-2", &bob.viewer).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
    assert!(mend(&problem), "{problem}");
    let (status, why) = root.get("/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(why["detail"].as_str().is_some_and(|detail| detail.contains("nobody may take control")), "{why}");
    assert_eq!(root.stop("truck-2").await, StatusCode::ACCEPTED);
    until("the stop arrives", async || idle.heard(|heard| heard.stops.contains(&"root".to_owned())).then_some(())).await;
    let before = driven.heard(|heard| heard.commands);
    until("alice drives on", async || driven.heard(|heard| heard.commands > before + 50).then_some(())).await;
    assert!(alice.is_open() && driven.is_connected());
    assert!(root.journal().await.iter().all(|row| row["kind"] != "stop_asked"), "the stop's row waits");

    disk.make_room(gateway);
    root.journalled("stop_asked", |row| row["person"] == "root").await;
    let resumed = root.journalled("journal_resumed", |_| true).await;
    assert_eq!((&resumed["data"]["refused"], &resumed["data"]["lost"]), (&json!(1), &json!(0)), "{resumed}");
    until("it is ready again", async || (root.get("/readyz").await.0 == StatusCode::OK).then_some(())).await;
    let (status, lease) = bob.browser.take("truck-2", &bob.viewer).await;
    assert_eq!(status, StatusCode::OK, "{lease}");
    let before = driven.heard(|heard| heard.commands);
    until("alice drives on", async || driven.heard(|heard| heard.commands > before + 10).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_limit_on_its_files_the_gateway_lives_and_buffers_its_journal() {
    let site = Site::new();
    site.populate(&["truck-1", "truck-2"], &[("root", "admin"), ("alice", "drive"), ("bob", "drive")]);
    let gateway = site.start();
    survives(&site, &gateway, &Disk::Limited).await;
    gateway.terminate();
    assert!(site.said(&["journal", "verify"], "").contains("whole"));
}

#[test]
fn a_gateway_that_finds_no_room_for_its_database_at_its_start_says_what_to_do() {
    let site = Site::new();
    site.start().terminate();
    let why = site.refused_by("ulimit -S -f 0; exec GATEWAY");
    assert!(why.contains("farhand.db") && why.contains("free space"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_file_system_the_gateway_lives_and_buffers_its_journal() {
    if !Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success()) {
        // The limit on files above goes the same way but for the number that the system says.
        eprintln!("no file system of our own can be mounted on this machine");
        return;
    }
    let site = Site::new();
    site.populate(&["truck-1", "truck-2"], &[("root", "admin"), ("alice", "drive"), ("bob", "drive")]);
    let (data, small) = (site.path("data"), site.path("small"));
    std::fs::create_dir(&small).expect("made");
    site.keep_data_in("small");
    let (from, to) = (data.display(), small.display());
    let mount = format!("mount -t tmpfs -o size=2m,mode=700 tmpfs {to} && cp -a {from}/. {to}/ && exec GATEWAY");
    let gateway = site.start_by(&format!("exec unshare -rm sh -c '{mount}'"));
    let root = format!("/proc/{}/root", gateway.pid().as_raw_nonzero());
    let filler = PathBuf::from(format!("{root}{to}/filler"));
    survives(&site, &gateway, &Disk::Filled { filler }).await;
    gateway.terminate();
}
