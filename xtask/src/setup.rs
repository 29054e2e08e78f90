//! What a machine needs before anything can be built: Debian packages, Node, the pages' own packages, and ONNX Runtime.

use crate::steps::{npm, output, run as run_command, say};
use crate::{house, python};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// The one list of Debian packages: GStreamer with its H.264 encoder, a C toolchain for the TLS library, the browser.
const DEBIAN_PACKAGES: [&str; 14] = [
    "pkg-config",
    "cmake",
    "clang",
    "libgstreamer1.0-dev",
    "libgstreamer-plugins-base1.0-dev",
    "libgstreamer-plugins-bad1.0-dev",
    "gstreamer1.0-tools",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-ugly",
    "gstreamer1.0-libav",
    "chromium",
    "openssl",
];

// What Vite asks for; it also brings `node --test` and `fetch`.
const OLDEST_NODE: (u32, u32) = (20, 19);

/// Installs all of it.
pub(crate) fn run() -> Result<()> {
    debian_packages()?;
    node()?;
    web_packages()?;
    python::onnxruntime()?;
    say("   everything that building and testing need is here");
    Ok(())
}

/// Debian packages: installed as root or through sudo, else the exact line is said.
pub(crate) fn debian_packages() -> Result<()> {
    if Command::new("dpkg-query").arg("--version").output().is_err() {
        say("   no Debian package manager here: making sure of GStreamer only");
        return run_command(Command::new("pkg-config").args(["--exists", "gstreamer-1.0 >= 1.20", "gstreamer-app-1.0"]))
            .context("GStreamer 1.20 or newer with its development files is needed");
    }
    install(&DEBIAN_PACKAGES)
}

/// Installs those of the packages that are missing.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get update && apt-get install --yes --no-install-recommends {}", missing.join(" "));
    let Some(prefix) = becoming_root() else {
        bail!("these packages are missing; run as root:\n    {line}");
    };
    say(&format!("   installing {}", missing.join(" ")));
    for arguments in [vec!["update"], [vec!["install", "--yes", "--no-install-recommends"], missing].concat()] {
        let mut command = Command::new(prefix.first().copied().unwrap_or("apt-get"));
        command.args(prefix.iter().skip(1)).args(prefix.first().map(|_| "apt-get")).args(arguments);
        run_command(command.env("DEBIAN_FRONTEND", "noninteractive")).with_context(|| format!("run it by hand: {line}"))?;
    }
    Ok(())
}

fn is_installed(package: &str) -> bool {
    let status = Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]).output();
    status.is_ok_and(|output| output.stdout == b"installed")
}

/// The words before `apt-get`, or `None` where root cannot be had without asking.
fn becoming_root() -> Option<Vec<&'static str>> {
    if rustix::process::geteuid().is_root() {
        return Some(vec![]);
    }
    let sudo = Command::new("sudo").args(["--non-interactive", "true"]).output();
    sudo.is_ok_and(|output| output.status.success()).then(|| vec!["sudo", "--non-interactive"])
}

fn node() -> Result<()> {
    let wanted = format!("Node {}.{} or newer is needed: https://nodejs.org", OLDEST_NODE.0, OLDEST_NODE.1);
    let version = output(Command::new("node").arg("--version")).with_context(|| wanted.clone())?;
    anyhow::ensure!(node_version(&version).is_some_and(|found| found >= OLDEST_NODE), "Node is {}; {wanted}", version.trim());
    Ok(())
}

/// Major and minor number out of `v20.20.2`.
fn node_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// The packages of the page and of the browser tests.
pub(crate) fn web_packages() -> Result<()> {
    npm_packages(&house::web())?;
    npm_packages(&house::end_to_end())
}

/// `npm ci`, but only if the lock file is not the one that was installed last.
fn npm_packages(folder: &Path) -> Result<()> {
    let lock = std::fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("reading {}/package-lock.json", house::shown(folder)))?;
    let installed = folder.join("node_modules/.installed-lock.json");
    if std::fs::read(&installed).is_ok_and(|last| last == lock) {
        return Ok(());
    }
    say(&format!("   installing the packages of {}", house::shown(folder)));
    run_command(&mut npm(folder, &["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    std::fs::write(&installed, lock).context("noting which packages are installed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_compare_by_number() {
        assert_eq!(node_version("v20.20.2\n"), Some((20, 20)));
        assert!(node_version("v20.9.0") < Some(OLDEST_NODE) && node_version("v22.1.0") > Some(OLDEST_NODE));
        assert_eq!(node_version("nonsense"), None);
    }
}
