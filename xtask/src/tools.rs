//! Tools of cargo that are not part of it: installed beside the build, in the version we know.

use crate::house;
use crate::steps::{cargo, run, say};
use anyhow::Result;
use std::path::PathBuf;

/// Where the program of a crate is; installed if it is not there yet.
pub(crate) fn installed(name: &str, version: &str, options: &[&str]) -> Result<PathBuf> {
    let root = house::root().join("target/tools");
    let path = root.join("bin").join(name);
    if !path.is_file() {
        say(&format!("   installing {name} {version}; some minutes, once"));
        run(cargo(&["install", "--quiet", "--locked", name, "--version", version]).args(options).arg("--root").arg(&root))?;
    }
    Ok(path)
}

/// True if cargo-nextest is there: our tests run without it as well.
pub(crate) fn has_nextest() -> bool {
    cargo(&["nextest", "--version"]).output().is_ok_and(|output| output.status.success())
}
