//! Where things are in the repository.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The programs of a running system, in the order in which they are built.
pub(crate) const PROGRAMS: [&str; 4] = ["farhand-guardian", "farhand-sim", "farhand-agent", "farhand-gateway"];

/// The folder of the whole repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository")
}

/// The folder with the built programs: the one this very program was built into.
pub(crate) fn programs() -> Result<PathBuf> {
    let own = std::env::current_exe().context("finding the folder of the built programs")?;
    Ok(own.parent().unwrap_or(Path::new(".")).to_owned())
}

/// One built program, this one included: the running file itself may have been replaced by a build meanwhile.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let path = programs()?.join(name);
    anyhow::ensure!(path.is_file(), "{name} is not built. Run `cargo build --bin {name}`.");
    Ok(path)
}

/// Fails with what must run before, if a program is missing.
pub(crate) fn ensure_built() -> Result<()> {
    for name in PROGRAMS {
        anyhow::ensure!(program(name).is_ok(), "{name} is not built. Run `cargo xtask test --only build` first.");
    }
    Ok(())
}

/// The page's folder.
pub(crate) fn web() -> PathBuf {
    root().join("operator-console/web")
}

/// The folder of the tests that drive a real browser.
pub(crate) fn end_to_end() -> PathBuf {
    root().join("tests/end-to-end")
}

/// A path as a person in the repository would write it.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
