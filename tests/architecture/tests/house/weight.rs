//! How many crates the vehicle's programs bring along.

use crate::sources::root;
use std::collections::BTreeSet;
use std::process::Command;

// design.md section 12: what brakes must be small enough to be read.
const MOST_FOR_THE_GUARDIAN: usize = 60;
const MOST_FOR_THE_AGENT: usize = 300;

/// Every crate that is linked into a program, itself included; what only builds it does not count.
fn tree(package: &str) -> BTreeSet<String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "tree",
            "--offline",
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--package",
            package,
        ])
        .current_dir(root())
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter_map(|line| line.split(" (").next()).map(|line| line.trim().to_owned()).collect()
}

fn assert_light(package: &str, most: usize) {
    let crates = tree(package);
    assert!(crates.len() > 1, "the tree of {package} was read");
    let names: Vec<String> = crates.iter().cloned().collect();
    assert!(crates.len() < most, "{package} brings {} crates, fewer than {most} are wanted:\n{}", crates.len(), names.join("\n"));
}

#[test]
fn the_guardian_brings_fewer_than_60_crates() {
    assert_light("farhand-guardian", MOST_FOR_THE_GUARDIAN);
}

#[test]
fn the_agent_brings_fewer_than_300_crates() {
    assert_light("farhand-agent", MOST_FOR_THE_AGENT);
}

#[test]
fn the_guardian_brings_no_network_no_media_and_no_runtime() {
    let names: BTreeSet<String> =
        tree("farhand-guardian").iter().filter_map(|line| line.split(' ').next().map(str::to_owned)).collect();
    for name in ["tokio", "quinn", "rustls", "gstreamer", "ort", "webrtc", "async-std", "smol", "reqwest", "hyper"] {
        assert!(!names.contains(name), "the guardian must not bring {name}");
    }
}
