//! `cargo xtask bench`: figures for the promises of the design, from a running system and a real browser.
//!
//! A script under tests/latency produces samples; what is made of them is made here, the same for all benches.

mod busy;
mod figures;

use crate::steps::{output, say};
use crate::{checks, house, setup};
use anyhow::{Context, Result, bail};
use busy::Busy;
use clap::{Args, ValueEnum};
use figures::{Row, Samples};
use serde::Serialize;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Options of `bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchOptions {
    /// What to measure.
    what: Bench,
    /// How often: cuts of the link (stop), presses of a key (control), seconds of pictures (latency).
    #[arg(long)]
    trials: Option<u32>,
    /// The network between truck and gateway.
    #[arg(long, value_name = "PRESET", default_value = "clean")]
    net: String,
    /// Seed of the random instants.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Where the figures go.
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
}

/// The benches.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Bench {
    /// Glass to glass and the age of what is on show, with one and four cameras, beside the floor.
    Latency,
    /// From a key to the machine's actuator, and what the gateway adds.
    Control,
    /// From the last control datagram delivered to the first braking command.
    Stop,
}

/// The file that is written.
#[derive(Debug, Serialize)]
struct Report {
    commit: String,
    machine: String,
    n: u32,
    seed: u32,
    busy_pct: f64,
    stolen_pct: f64,
    verdict: Option<String>,
    rows: Vec<Row>,
}

/// Runs one bench.
pub(crate) fn run(options: &BenchOptions) -> Result<()> {
    setup::run()?;
    checks::build()?;
    let (script, usual) = match options.what {
        Bench::Latency => ("latency.js", 20),
        Bench::Control => ("control.js", 200),
        Bench::Stop => ("stop.js", 20),
    };
    let trials = options.trials.unwrap_or(usual);
    let busy = Busy::start()?;
    let samples = measure(script, trials, options)?;
    let (busy_pct, stolen_pct) = busy.per_cent()?;
    let rows: Vec<Row> = samples.into_iter().map(Row::of).collect();
    if rows.is_empty() {
        bail!("{script} measured nothing");
    }
    for line in figures::table(&rows) {
        say(&line);
    }
    let verdict = busy::refusal(busy_pct, stolen_pct);
    match &verdict {
        Some(why) => say(&format!("no verdict: {why}")),
        None => say(&format!("the machine was busy to {busy_pct:.0} %")),
    }
    let report =
        Report { commit: commit()?, machine: machine(), n: trials, seed: options.seed, busy_pct, stolen_pct, verdict, rows };
    let mut text = serde_json::to_string_pretty(&report).context("writing the figures")?;
    text.push('\n');
    std::fs::write(&options.json, text).with_context(|| format!("writing {}", options.json.display()))?;
    say(&format!("wrote {}", options.json.display()));
    Ok(())
}

/// The script's last line is its samples; what it says before goes to the person.
fn measure(script: &str, trials: u32, options: &BenchOptions) -> Result<Vec<Samples>> {
    let output = Command::new("node")
        .args([script, &trials.to_string(), &options.net, &options.seed.to_string()])
        .current_dir(house::root().join("tests/latency"))
        .env("FARHAND_XTASK", std::env::current_exe().context("finding this program")?)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("starting node")?;
    anyhow::ensure!(output.status.success(), "{script} ended with {}", output.status);
    let text = String::from_utf8(output.stdout).context("reading the samples")?;
    let last = text.trim_end().lines().last().context("the script said nothing")?;
    serde_json::from_str(last).with_context(|| format!("reading the samples of {script}"))
}

fn commit() -> Result<String> {
    let mut git = Command::new("git");
    let said = output(git.args(["describe", "--always", "--dirty"]).current_dir(house::root())).context("naming the commit")?;
    Ok(said.trim().to_owned())
}

/// Processor and number of cores, as the system names them.
fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| rest.trim_start_matches(['\t', ' ', ':']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{model}, {cores} cores")
}
