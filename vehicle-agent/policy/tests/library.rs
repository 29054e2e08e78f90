//! The library is opened when the program runs, once in a process: this file is one process with one story.

use farhand_policy::{Policy, PolicyError};
use std::path::{Path, PathBuf};

#[test]
fn a_library_that_is_missing_or_wrong_is_an_error_with_its_mend_and_the_right_one_still_opens() {
    let folder = tempfile::tempdir().expect("a folder");

    let error = open(&folder.path().join("libonnxruntime.so")).expect_err("it is not there");
    assert!(matches!(error, PolicyError::LibraryMissing { .. }), "{error}");
    assert!(error.to_string().contains("cargo xtask setup"), "{error}");

    for (name, bytes) in [("empty.so", &b""[..]), ("text.so", b"#!/bin/sh\n"), ("cut.so", &right_bytes()[..100_000])] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        wrong(&path);
    }
    wrong(folder.path());
    wrong(&folder.path().join(other_library()));

    open(&right()).expect("the right one opens after all that");
    open(&right()).expect("and again");

    let copy = folder.path().join("copy.so");
    std::fs::copy(right(), &copy).expect("copied");
    let error = open(&copy).expect_err("a process keeps its library");
    assert!(matches!(error, PolicyError::OtherLibrary { .. }), "{error}");
}

fn wrong(path: &Path) {
    let error = open(path).expect_err("it is none");
    assert!(matches!(error, PolicyError::Library { .. }), "{error}");
    assert!(error.to_string().contains("cargo xtask setup"), "{error}");
}

fn open(library: &Path) -> Result<Policy, PolicyError> {
    Policy::open(&root().join("models/trials/sound/card.json"), library)
}

fn right() -> PathBuf {
    let path = root().join("target/onnxruntime/libonnxruntime.so");
    assert!(path.is_file(), "{} is missing: run `cargo xtask setup`", path.display());
    path
}

fn right_bytes() -> Vec<u8> {
    std::fs::read(right()).expect("read")
}

/// A real library that is no ONNX Runtime: the C library of this very process.
fn other_library() -> PathBuf {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    let line = maps.lines().find(|line| line.contains("/libc.so") || line.contains("/libc-"));
    PathBuf::from(line.and_then(|line| line.split_whitespace().last()).expect("a program has its C library"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this room lies in the repository")
}
