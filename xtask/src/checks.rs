//! `check`, `test` and `generate`: the same steps on a laptop and in CI.

use crate::steps::{Steps, cargo, npm, run, say};
use crate::tools::has_nextest;
use crate::{browser_tests, house, mutants, setup};
use anyhow::Result;
use clap::{Args, ValueEnum};
use std::io::IsTerminal as _;

/// Options of `test`.
#[derive(Debug, Args)]
pub(crate) struct TestOptions {
    /// Runs only this step; may stand several times.
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,
}

/// The steps, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Packages of the system and of the pages.
    Setup,
    /// The page: types, rules, unit tests, and the build that the gateway carries inside.
    Web,
    /// rustfmt.
    Format,
    /// clippy, every warning an error.
    Lints,
    /// All Rust tests, the architecture's among them.
    Rust,
    /// Small changes in the lines of the safety crates that are newer than their last results: the tests must find each.
    Mutants,
    /// The programs.
    Build,
    /// Real processes and a real browser.
    EndToEnd,
}

/// The fast part: no browser, no end to end.
pub(crate) fn check() -> Result<()> {
    let mut steps = Steps::default();
    steps.run("format", format);
    steps.run("lints", lints);
    steps.run("architecture", || run(&mut cargo(&["test", "--quiet", "--package", "farhand-architecture"])));
    steps.finish()
}

/// All that CI checks.
pub(crate) fn test(options: &TestOptions) -> Result<()> {
    let mut steps = Steps::default();
    for step in Step::value_variants() {
        if !options.only.is_empty() && !options.only.contains(step) {
            continue;
        }
        match step {
            Step::Setup => steps.run("setup", setup::run),
            Step::Web => steps.run("web", web),
            Step::Format => steps.run("format", format),
            Step::Lints => steps.run("lints", lints),
            Step::Rust => steps.run("rust tests", rust_tests),
            Step::Mutants => steps.run("mutants", mutants::changed),
            Step::Build => steps.run("build", build),
            Step::EndToEnd => steps.run("end to end", browser_tests::run),
        }
    }
    steps.finish()
}

/// Writes the generated files.
pub(crate) fn generate() -> Result<()> {
    // The refusals are compared by the same test program, so the files are written first and read by the next run.
    let tests = ["test", "--quiet", "--workspace", "--test", "wire", "--test", "http", "generated"];
    run(cargo(&tests).env("FARHAND_GENERATE", "1"))?;
    say("   wrote operator-console/web/src/wire/generated/ and gateway/protocol/golden/");
    Ok(())
}

/// The page, built where the gateway finds it.
pub(crate) fn build_web() -> Result<()> {
    run(&mut npm(&house::web(), &["run", "--silent", "build"]))
}

/// The programs of a running system.
pub(crate) fn build() -> Result<()> {
    if !house::web().join("dist/index.html").is_file() {
        build_web()?;
    }
    // The same selection as the tests': another one would compile half of the dependencies with other features again.
    let mut build = cargo(&["build", "--workspace", "--bins", "--tests"]);
    // A person sees Cargo's progress; a log is told what is waited for.
    if !std::io::stderr().is_terminal() {
        say("   building the programs; the first time this takes about ten minutes on two cores");
        build.arg("--quiet");
    }
    run(&mut build)
}

fn web() -> Result<()> {
    for script in ["check", "test", "build"] {
        run(&mut npm(&house::web(), &["run", "--silent", script]))?;
    }
    Ok(())
}

fn format() -> Result<()> {
    run(&mut cargo(&["fmt", "--all", "--check"]))
}

fn lints() -> Result<()> {
    run(&mut cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"]))
}

/// Options of `losses`.
#[derive(Debug, Args)]
pub(crate) struct LossOptions {
    /// How often the link is lost.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    trials: u32,
}

/// Loses the link in invented time; the test of every day does the same a hundred times.
pub(crate) fn losses(options: &LossOptions) -> Result<()> {
    say(&format!("losing the link {} times; a thousand take about twenty seconds", options.trials));
    let name = "every_lost_link_brakes_within_300_ms_and_ends_untouched";
    let mut command = if has_nextest() {
        cargo(&["nextest", "run", "--workspace", "--no-capture", "-E", &format!("test({name})")])
    } else {
        cargo(&["test", "--quiet", "--workspace", "--lib", name, "--", "--nocapture"])
    };
    run(command.env("FARHAND_LOSSES", options.trials.to_string()))
}

fn rust_tests() -> Result<()> {
    if has_nextest() {
        run(&mut cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]))
    } else {
        say("   cargo-nextest is not installed: using `cargo test`");
        run(&mut cargo(&["test", "--quiet", "--workspace", "--no-fail-fast"]))
    }
}
