//! Files in the repository that are made from the Rust types: each must be what would be written today.

use crate::{golden, typescript};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compares a file with its text, or writes it when asked to.
fn expect_file(path: &str, text: &str) {
    let full = root().join(path);
    if std::env::var_os("FARHAND_GENERATE").is_some() {
        std::fs::create_dir_all(full.parent().expect("a file has a folder")).expect("the folder can be made");
        std::fs::write(&full, text).expect("the file can be written");
        return;
    }
    let found = std::fs::read_to_string(&full).unwrap_or_default();
    assert!(found == text, "{path} is stale: run `cargo xtask generate` and commit what it writes");
}

#[test]
fn the_typescript_types_are_those_of_today() {
    expect_file("operator-console/web/src/wire/generated/protocol.ts", &typescript::text());
}

#[test]
fn the_golden_messages_are_those_of_today() {
    expect_file("gateway/protocol/golden/accepted.json", &golden::accepted_text());
}

#[test]
fn the_golden_refusals_are_those_of_today() {
    expect_file("gateway/protocol/golden/refused.json", &golden::refused_text());
}

#[test]
fn the_golden_media_headers_are_those_of_today() {
    expect_file("gateway/protocol/golden/media.json", &golden::media_text());
}
