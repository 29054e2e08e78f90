//! Runs the tests under tests/end-to-end against the built programs.

use crate::{house, steps};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// Every `*.test.js` of the folder, one file after the other: two at once would measure each other.
pub(crate) fn run() -> Result<()> {
    house::ensure_built()?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(house::end_to_end())
        .context("reading tests/end-to-end")?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.js"))
        .collect();
    files.sort();
    let mut command = Command::new("node");
    command.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]).args(files).current_dir(house::end_to_end());
    steps::run(command.env("FARHAND_XTASK", house::program("xtask")?))
}
