//! What comes from the world of Python: the ONNX Runtime library out of its wheel, and the packages of the trainer.

use crate::house;
use crate::setup::install;
use crate::steps::{output, run, say};
use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version of ONNX Runtime, tried with the `ort` of the workspace, which asks for 1.24 or newer.
const VERSION: &str = "1.24.4";

/// One wheel: the library inside does not depend on the Python that the wheel is for, so that one is pinned too.
struct Wheel {
    /// As Rust calls it.
    architecture: &'static str,
    /// Tags under which it is published.
    platforms: [&'static str; 2],
    /// SHA-256 of the wheel.
    archive: &'static str,
    /// SHA-256 of the library inside.
    library: &'static str,
}

const WHEELS: [Wheel; 2] = [
    Wheel {
        architecture: "x86_64",
        platforms: ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64"],
        archive: "e54ad52e61d2d4618dcff8fa1480ac66b24ee2eab73331322db1049f11ccf330",
        library: "2d518e11c7767f9fdc4413bdbeb45acf30db504ff76a82fc19d9238a3f9f6c24",
    },
    Wheel {
        architecture: "aarch64",
        platforms: ["manylinux_2_28_aarch64", "manylinux_2_27_aarch64"],
        archive: "046ff290045a387676941a02a8ae5c3ebec6b4f551ae228711968c4a69d8f6b7",
        library: "f373ae5fd4d878ed17ebea26e5480bd3d0a15e3bd6bc94b878e6c1b73998d22a",
    },
];

/// Takes one file out of an archive: no more of the wheel is wanted.
const UNPACK: &str = "import sys, zipfile; open(sys.argv[3], 'wb').write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))";

/// Where the library is put.
pub(crate) fn onnxruntime_path() -> PathBuf {
    house::root().join("target/onnxruntime/libonnxruntime.so")
}

/// Puts the ONNX Runtime library of the pinned version under `target/`, if another one or none is there.
pub(crate) fn onnxruntime() -> Result<()> {
    let Some(wheel) = WHEELS.iter().find(|wheel| wheel.architecture == std::env::consts::ARCH) else {
        bail!(
            "there is no ONNX Runtime known for {}: build it, and name its file in the agent's configuration",
            std::env::consts::ARCH
        );
    };
    let library = onnxruntime_path();
    if is_whole(&library, wheel.library) {
        return Ok(());
    }
    pip()?;
    say(&format!("   fetching ONNX Runtime {VERSION}"));
    let folder = library.parent().context("the library has a folder")?;
    let fetched = folder.join("fetched");
    empty(&fetched)?;
    download(wheel, &fetched)?;
    let file = only_file(&fetched)?;
    ensure_hash(&file, wheel.archive)?;
    // Unpacked beside its place and moved there whole: a set-up that is cut short leaves nothing half.
    let fresh = fetched.join("libonnxruntime.so");
    let inside = format!("onnxruntime/capi/libonnxruntime.so.{VERSION}");
    run(Command::new("python3").args(["-c", UNPACK]).arg(&file).arg(inside).arg(&fresh))?;
    ensure_hash(&fresh, wheel.library)?;
    std::fs::rename(&fresh, &library).with_context(|| format!("moving {} to its place", house::shown(&library)))?;
    std::fs::remove_dir_all(&fetched).with_context(|| format!("removing {}", house::shown(&fetched)))
}

/// The interpreter of the trainer, in an environment of its own under `target/` with the pinned packages.
pub(crate) fn trainer() -> Result<PathBuf> {
    let wanted = house::root().join("models/trainer/requirements.txt");
    let list = std::fs::read(&wanted).with_context(|| format!("reading {}", house::shown(&wanted)))?;
    let folder = house::root().join("target/train");
    let interpreter = folder.join("bin/python");
    let installed = folder.join("installed.txt");
    if std::fs::read(&installed).is_ok_and(|last| last == list) && interpreter.exists() {
        return Ok(interpreter);
    }
    pip()?;
    python_is_new_enough()?;
    say("   installing the packages of the trainer");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut command = Command::new(&interpreter);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "-r"]);
    run(command.arg(&wanted))
        .context("installing numpy and onnx. Is there a network, or a mirror set in pip's configuration?")?;
    std::fs::write(&installed, list).context("noting which packages are installed")?;
    Ok(interpreter)
}

fn python_is_new_enough() -> Result<()> {
    let wanted = "Python 3.11 or newer is needed to train";
    let found = output(Command::new("python3").args(["-c", "import sys; print(sys.version_info >= (3, 11))"])).context(wanted)?;
    ensure!(found.trim() == "True", "{wanted}; running the trained model needs none");
    Ok(())
}

fn download(wheel: &Wheel, into: &Path) -> Result<()> {
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]);
    command.args(["--implementation", "cp", "--python-version", "311", "--abi", "cp311"]);
    for platform in wheel.platforms {
        command.args(["--platform", platform]);
    }
    command.arg("--dest").arg(into).arg(format!("onnxruntime=={VERSION}"));
    run(&mut command)
        .context("fetching the Python package onnxruntime. Is there a network, or a mirror set in pip's configuration?")
}

/// pip, installed where it is missing.
fn pip() -> Result<()> {
    let works = |module: &str| output(Command::new("python3").args(["-m", module, "--help"])).is_ok();
    if works("pip") && works("venv") {
        return Ok(());
    }
    install(&["python3", "python3-pip", "python3-venv"]).context("Python 3 with pip and venv is needed")
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("emptying {}", house::shown(folder)))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", house::shown(folder)))
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("reading {}", house::shown(folder)))?;
    let files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    match files.as_slice() {
        [file] => Ok(file.clone()),
        _ => bail!("{} holds {} files where one was fetched", house::shown(folder), files.len()),
    }
}

fn ensure_hash(file: &Path, wanted: &str) -> Result<()> {
    let found = hash(file)?;
    ensure!(
        found == wanted,
        "{} has SHA-256 {found}, but {wanted} is pinned in xtask/src/python.rs: what was fetched is not what was tried. \
         Nothing was installed; fetch it again, and distrust the mirror if it stays so",
        house::shown(file)
    );
    Ok(())
}

fn is_whole(file: &Path, wanted: &str) -> bool {
    hash(file).is_ok_and(|found| found == wanted)
}

fn hash(file: &Path) -> Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", house::shown(file)))?;
    Ok(Sha256::digest(&bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_the_pinned_one_is_refused_and_said_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("wheel");
        std::fs::write(&file, "abc").expect("written");
        let right = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(is_whole(&file, right) && ensure_hash(&file, right).is_ok());
        std::fs::write(&file, "abd").expect("written");
        let error = ensure_hash(&file, right).expect_err("another file");
        assert!(error.to_string().contains("Nothing was installed"), "{error}");
        assert!(!is_whole(&folder.path().join("missing"), right));
    }

    #[test]
    fn exactly_one_file_must_have_been_fetched() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(only_file(folder.path()).is_err());
        std::fs::write(folder.path().join("one"), "").expect("written");
        assert_eq!(only_file(folder.path()).expect("one"), folder.path().join("one"));
        std::fs::write(folder.path().join("two"), "").expect("written");
        assert!(only_file(folder.path()).is_err());
        empty(folder.path()).expect("emptied");
        assert!(folder.path().exists() && only_file(folder.path()).is_err());
    }
}
