//! Arrows between the rooms: shells -> cores -> protocol, read from the manifests.

use crate::sources::root;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// What decides: pure state machines and the language they speak.
const CORES: [&str; 11] = [
    "gateway/protocol",
    "gateway/settings",
    "gateway/link",
    "gateway/lease",
    "gateway/coordination",
    "vehicle-agent/safety",
    "vehicle-agent/guard",
    "vehicle-agent/senses",
    "vehicle-agent/site",
    "sim/net",
    "sim/world",
];

/// What a core may use of ours. Reading a profile or a site is reading data, so cores may know their types.
const CORE_MAY_USE: [&str; 5] =
    ["gateway/protocol", "gateway/settings", "gateway/link", "vehicle-agent/profile", "vehicle-agent/site"];

/// All that a crate of the vehicle may use of the gateway.
const VEHICLE_MAY_USE: [&str; 4] = ["gateway/protocol", "gateway/settings", "gateway/link", "gateway/transport"];

/// All that a crate of the gateway may use of the vehicle: nothing.
const GATEWAY_MAY_USE: [&str; 0] = [];

/// All that the guardian may use of ours: no media, no network, no async runtime can come in through these.
const GUARDIAN_MAY_USE: [&str; 10] = [
    "gateway/protocol",
    "gateway/settings",
    "gateway/link",
    "vehicle-agent/profile",
    "vehicle-agent/safety",
    "vehicle-agent/guard",
    "vehicle-agent/senses",
    "vehicle-agent/site",
    "vehicle-agent/drive",
    "vehicle-agent/mind",
];

/// All that the mind may use of ours: cores, and of `drive` its words. That it takes no socket and no clock from there is for
/// the test of the cores' sources.
const MIND_MAY_USE: [&str; 8] = [
    "gateway/protocol",
    "gateway/settings",
    "vehicle-agent/profile",
    "vehicle-agent/safety",
    "vehicle-agent/guard",
    "vehicle-agent/senses",
    "vehicle-agent/site",
    "vehicle-agent/drive",
];

/// All that the guard may use of ours: the words and the profile its model is made from.
const GUARD_MAY_USE: [&str; 2] = ["gateway/protocol", "vehicle-agent/profile"];

/// Crates of others without which a program cannot reach a socket, a thread pool or a clock of its own.
const NOT_IN_A_CORE: [&str; 14] = [
    "tokio",
    "tokio-util",
    "quinn",
    "axum",
    "hyper",
    "reqwest",
    "webrtc",
    "rtc",
    "gstreamer",
    "sqlx",
    "rustix",
    "rand",
    "socket2",
    "tracing-subscriber",
];

/// Room -> what its manifest asks for, ours as rooms and others by name. Dependencies of tests are left out.
fn uses() -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    let workspace: Table = read("Cargo.toml");
    let ours: BTreeMap<String, String> = workspace["workspace"]["dependencies"]
        .as_table()
        .expect("the workspace names its dependencies")
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.get("path")?.as_str()?.to_owned())))
        .collect();
    let mut uses = BTreeMap::new();
    for door in ["gateway", "vehicle-agent", "sim"] {
        for entry in std::fs::read_dir(root().join(door)).expect("the door is there").filter_map(Result::ok) {
            let room = format!("{door}/{}", entry.file_name().to_string_lossy());
            if !entry.path().join("Cargo.toml").is_file() {
                continue;
            }
            let (own, others) = wanted(&read(&format!("{room}/Cargo.toml")), &ours, &room);
            uses.insert(room, (own, others));
        }
    }
    uses
}

fn wanted(manifest: &Table, ours: &BTreeMap<String, String>, room: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
    let target_tables = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = target_tables.filter_map(Value::as_table).chain([manifest]);
    for (name, value) in tables.filter_map(|table| table.get("dependencies")).filter_map(Value::as_table).flatten() {
        assert!(value.get("path").is_none(), "{room} names {name} by a path: name it in the workspace's dependencies");
        match ours.get(name) {
            Some(path) => own.insert(path.clone()),
            None => others.insert(name.clone()),
        };
    }
    (own, others)
}

fn read(path: &str) -> Table {
    let text = std::fs::read_to_string(root().join(path)).expect("a manifest can be read");
    text.parse().expect("a manifest is TOML")
}

/// One line for each arrow that points to a room it must not.
fn wrong(room: &str, used: &BTreeSet<String>, allowed: &[&str]) -> Vec<String> {
    used.iter().filter(|other| !allowed.contains(&other.as_str())).map(|other| format!("{room} -> {other}")).collect()
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "these arrows point the wrong way:\n{}", wrong.join("\n"));
}

#[test]
fn the_rooms_are_where_this_test_looks() {
    let uses = uses();
    for core in CORES {
        assert!(uses.contains_key(core), "{core} is gone: mend this test");
    }
    assert!(uses.len() >= 15, "only {} rooms were found", uses.len());
}

#[test]
fn the_shared_language_depends_on_nothing_of_ours() {
    assert_none(&wrong("gateway/protocol", &uses()["gateway/protocol"].0, &[]));
}

#[test]
fn cores_use_only_other_cores() {
    let uses = uses();
    let found: Vec<String> = CORES.iter().flat_map(|core| wrong(core, &uses[*core].0, &CORE_MAY_USE)).collect();
    assert_none(&found);
}

#[test]
fn cores_bring_no_runtime_no_socket_and_no_chance() {
    let uses = uses();
    let found: Vec<String> = CORES
        .iter()
        .flat_map(|core| uses[*core].1.iter().filter(|name| NOT_IN_A_CORE.contains(&name.as_str())).map(move |name| (core, name)))
        .map(|(core, name)| format!("{core} -> {name}"))
        .collect();
    assert_none(&found);
}

#[test]
fn the_vehicle_knows_only_the_gateways_language_and_links() {
    let mut found = Vec::new();
    for (room, (own, _)) in uses().iter().filter(|(room, _)| room.starts_with("vehicle-agent/")) {
        let foreign: BTreeSet<String> = own.iter().filter(|other| !other.starts_with("vehicle-agent/")).cloned().collect();
        found.extend(wrong(room, &foreign, &VEHICLE_MAY_USE));
    }
    assert_none(&found);
}

#[test]
fn the_gateway_knows_nothing_of_the_vehicles_inside_and_nobody_knows_the_simulator() {
    let mut found = Vec::new();
    for (room, (own, _)) in uses().iter().filter(|(room, _)| !room.starts_with("sim/")) {
        let foreign: BTreeSet<String> = own
            .iter()
            .filter(|other| other.starts_with("sim/") || (room.starts_with("gateway/") && other.starts_with("vehicle-agent/")))
            .cloned()
            .collect();
        found.extend(wrong(room, &foreign, &GATEWAY_MAY_USE));
    }
    assert_none(&found);
}

#[test]
fn nothing_stands_on_a_program() {
    let programs = ["gateway/server", "vehicle-agent/agent", "vehicle-agent/guardian", "sim/runner"];
    let mut found = Vec::new();
    for (room, (own, _)) in uses() {
        found.extend(own.iter().filter(|other| programs.contains(&other.as_str())).map(|other| format!("{room} -> {other}")));
    }
    assert_none(&found);
}

#[test]
fn the_guard_stands_on_the_words_and_the_profile_alone() {
    assert_none(&wrong("vehicle-agent/guard", &uses()["vehicle-agent/guard"].0, &GUARD_MAY_USE));
}

#[test]
fn the_mind_stands_on_cores_and_on_the_words_of_the_vehicle() {
    let (own, others) = &uses()["vehicle-agent/mind"];
    assert_none(&wrong("vehicle-agent/mind", own, &MIND_MAY_USE));
    let impure: Vec<&String> = others.iter().filter(|name| NOT_IN_A_CORE.contains(&name.as_str())).collect();
    assert!(impure.is_empty(), "the mind is a core: {impure:?}");
}

#[test]
fn the_guardian_stands_on_few_rooms() {
    assert_none(&wrong("vehicle-agent/guardian", &uses()["vehicle-agent/guardian"].0, &GUARDIAN_MAY_USE));
}

#[test]
fn only_the_model_checker_stands_on_a_core_that_can_be_broken() {
    let breakable = "sim/model/breakable";
    let users: Vec<String> = uses().into_iter().filter(|(_, (own, _))| own.contains(breakable)).map(|(room, _)| room).collect();
    assert_eq!(users, ["sim/model"], "nothing else may stand on {breakable}");
    for room in uses().keys().filter(|room| *room != "vehicle-agent/safety") {
        let manifest = std::fs::read_to_string(root().join(room).join("Cargo.toml")).expect("a manifest can be read");
        assert!(!manifest.contains("\"broken\""), "{room} asks for a core that can be broken");
    }
}
