//! The command: criteria one by one, and the table.

use crate::criteria::{Effort, Finding, Part, criteria};
use crate::picture::picture;
use anyhow::{Context as _, bail};
use clap::Args;
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Many vehicles and few operators on made-up sites in invented time, around the real coordinator.
///
/// Vehicles are late, fall silent, and call for help; the gateway dies and comes back; an oracle looks at the truth in every tick.
/// Ends with an error if something was touched, was stuck, or a grant was lost; a figure that misses its mark is shown as such.
#[derive(Debug, Args)]
pub struct Options {
    /// How many sites.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub seeds: u64,
    /// Seed of the first site.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub seed: u64,
    /// Vehicles of a site: a number, or two with dots between them.
    #[arg(long, value_name = "A..B", default_value = "8..50", value_parser = range)]
    pub vehicles: (usize, usize),
    /// How long each site is watched.
    #[arg(long, value_name = "HOURS", default_value_t = 1.0, value_parser = hours)]
    pub hours: f64,
    /// Only these parts, with commas between them.
    #[arg(long, value_delimiter = ',', value_enum, default_value = "sites,control,halted,map,speed")]
    pub only: Vec<Part>,
    /// Instead of all that: draws the site of `--seed` with the most vehicles, as it is after `--hours`.
    #[arg(long, value_name = "FILE.svg")]
    pub picture: Option<PathBuf>,
    /// Where to write the table as Markdown.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// Tries the criteria and writes the table to `out`; progress goes to standard error.
///
/// # Errors
/// If a criterion of safety does not hold, or a file cannot be written.
pub fn run(options: &Options, out: &mut dyn Write) -> anyhow::Result<()> {
    let span = Duration::from_secs_f64(options.hours * 3600.0);
    let (fewest, most) = options.vehicles;
    if let Some(path) = &options.picture {
        let drawn = picture(options.seed, most, span)?;
        std::fs::write(path, drawn).with_context(|| format!("writing {}", path.display()))?;
        return writeln!(out, "wrote {}", path.display()).context("saying so");
    }
    let effort = Effort { first_seed: options.seed, seeds: options.seeds, fewest, most, span };
    let begin = Instant::now();
    let mut shown = Duration::ZERO;
    let findings = criteria(&effort, &options.only, &mut |what, done| {
        let now = begin.elapsed();
        if now >= shown + EACH {
            shown = now;
            eprintln!("{what}: {:.0} % ({} s)", done * 100.0, now.as_secs());
        }
    })?;
    let table = table(&findings);
    write!(out, "{table}")?;
    if let Some(path) = &options.report {
        std::fs::write(path, &table).with_context(|| format!("writing {}", path.display()))?;
    }
    let failed = findings.iter().filter(|finding| !finding.holds).count();
    if failed > 0 {
        bail!("{failed} of {} criteria do not hold", findings.len());
    }
    Ok(())
}

fn table(findings: &[Finding]) -> String {
    let mut table = String::from("| criterion | holds | figure |\n|---|---|---|\n");
    for Finding { criterion, figure, holds } in findings {
        // Writing to a string cannot fail.
        let _ = writeln!(table, "| {criterion} | {} | {figure} |", if *holds { "yes" } else { "**NO**" });
    }
    table
}

fn range(text: &str) -> Result<(usize, usize), String> {
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    let number = |part: &str| part.trim_start_matches('=').parse::<usize>().ok().filter(|count| (1..=200).contains(count));
    match (number(low), number(high)) {
        (Some(low), Some(high)) if low <= high => Ok((low, high)),
        _ => Err(format!("{text:?} is no range such as 8..50, from 1 to 200")),
    }
}

fn hours(text: &str) -> Result<f64, String> {
    let hours = text.parse::<f64>().ok().filter(|hours| (0.01..=1000.0).contains(hours));
    hours.ok_or_else(|| format!("{text:?} is no number of hours from 0.01 to 1000"))
}

/// How often progress is shown.
const EACH: Duration = Duration::from_secs(5);
