//! `cargo xtask bench`: figures for the promises of the design, from a running system and a real browser.
//!
//! A script under tests/latency produces samples; what is made of them is made here, the same for all benches.

mod busy;
mod figures;
mod promises;

use crate::steps::{output, say};
use crate::{checks, house, setup};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use figures::{Row, Samples};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Options of `bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchOptions {
    /// What to measure.
    what: Bench,
    /// How much: cuts of the link (stop), commands (control), seconds of pictures (latency), windows of 5 s (load), laps (drive).
    #[arg(long)]
    trials: Option<u32>,
    /// The network between truck and gateway.
    #[arg(long, value_name = "PRESET", default_value = "clean")]
    net: String,
    /// Cameras of the truck; the latency bench takes one and then four if this is not said.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=4))]
    cameras: Option<u8>,
    /// Ways of the pictures to the page that the latency bench compares, in turns: webrtc, quic, socket. Several with commas.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "webrtc")]
    way: Vec<Way>,
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
    /// From the page's command to the machine's actuator, and what the gateway adds.
    Control,
    /// From the last control datagram delivered to the first braking command.
    Stop,
    /// Outgoing tracks for each core of the gateway's own time.
    Load,
    /// A scripted operator drives laps.
    Drive,
}

/// How pictures come to the page.
#[derive(Debug, Clone, Copy, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Way {
    /// Tracks of WebRTC.
    Webrtc,
    /// Access units over WebTransport.
    Quic,
    /// Access units over a WebSocket.
    Socket,
}

impl Bench {
    /// The script, and how much it measures if nothing is said.
    fn script(self) -> (&'static str, u32) {
        match self {
            Self::Latency => ("latency.js", 30),
            Self::Control => ("control.js", 1000),
            Self::Stop => ("stop.js", 10),
            Self::Load => ("load.js", 6),
            Self::Drive => ("drive.js", 3),
        }
    }
}

/// What a script hands over.
#[derive(Debug, Deserialize)]
struct Measured {
    rows: Vec<Samples>,
    notes: Vec<String>,
    failures: Vec<String>,
    /// The first line of /proc/stat before and after each window in which samples were taken.
    windows: Vec<[String; 2]>,
    costs: Vec<Cost>,
}

/// Per cent of a core of each process.
#[derive(Debug, Serialize, Deserialize)]
struct Cost {
    during: String,
    cpu_pct: BTreeMap<String, f64>,
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
    verdict: String,
    rows: Vec<Row>,
    promises: Vec<String>,
    costs: Vec<Cost>,
    notes: Vec<String>,
    failures: Vec<String>,
}

/// Runs one bench.
pub(crate) fn run(options: &BenchOptions) -> Result<()> {
    setup::run()?;
    // A page of yesterday inside today's gateway would be measured otherwise.
    checks::build_web()?;
    checks::build()?;
    let (script, usual) = options.what.script();
    let trials = options.trials.unwrap_or(usual);
    let Measured { rows, notes, failures, windows, costs } = measure(script, trials, options)?;
    let (busy_pct, stolen_pct) = busy::per_cent(&windows).context("the script gave no window of /proc/stat")?;
    let rows: Vec<Row> = rows.into_iter().map(Row::of).collect();
    if rows.is_empty() {
        bail!("{script} measured nothing");
    }
    let (promises, kept) = promises::judge(&rows);
    let verdict = match busy::refusal(busy_pct, stolen_pct) {
        Some(why) => format!("no verdict: {why}"),
        None if kept && failures.is_empty() => "kept".to_owned(),
        None => "missed".to_owned(),
    };
    let report = Report {
        commit: commit()?,
        machine: machine(),
        n: trials,
        seed: options.seed,
        busy_pct,
        stolen_pct,
        verdict,
        rows,
        promises,
        costs,
        notes,
        failures,
    };
    show(&report);
    let mut text = serde_json::to_string_pretty(&report).context("writing the figures")?;
    text.push('\n');
    std::fs::write(&options.json, text).with_context(|| format!("writing {}", options.json.display()))?;
    say(&format!("wrote {}", options.json.display()));
    ensure!(
        report.failures.is_empty(),
        "{} things were not as they must be: {}",
        report.failures.len(),
        report.failures.join("; ")
    );
    Ok(())
}

/// The report for a person.
fn show(report: &Report) {
    say("");
    for note in &report.notes {
        say(note);
    }
    say("");
    for line in figures::table(&report.rows) {
        say(&line);
    }
    say("\ncpu, % of a core:");
    for Cost { during, cpu_pct } in &report.costs {
        let parts: Vec<String> = cpu_pct.iter().map(|(name, pct)| format!("{name} {pct:.1}")).collect();
        say(&format!("    {during}: {}", parts.join("  ")));
    }
    say("");
    for line in &report.promises {
        say(line);
    }
    say(&format!("{}; N {}, seed {}", report.machine, report.n, report.seed));
    say(&format!("busy {:.0} % of all cores, stolen {:.1} %: {}", report.busy_pct, report.stolen_pct, report.verdict));
}

/// The script's last line is what it measured; what it says before goes to the person.
fn measure(script: &str, trials: u32, options: &BenchOptions) -> Result<Measured> {
    let wishes =
        json!({ "trials": trials, "net": options.net, "seed": options.seed, "cameras": options.cameras, "ways": options.way });
    let output = Command::new("node")
        .args([script, &wishes.to_string()])
        .current_dir(house::root().join("tests/latency"))
        .env("FARHAND_XTASK", house::program("xtask")?)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("starting node")?;
    ensure!(output.status.success(), "{script} ended with {}", output.status);
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
