//! `farhand-sim model`: every run over the sound core, then over each broken one.

use crate::check::{Findings, Question, check};
use crate::report::{self, Found, Row};
use crate::runs::{RUNS, Run};
use anyhow::{Context as _, bail};
use clap::Args;
use farhand_protocol::Cause;
use farhand_safety_breakable::Broken;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Looks at everything that may happen to the real safety core in a few steps, and at what breaks it.
///
/// Each run begins somewhere (driving, parked, halted, on a mission), tries every act in every state it meets, breadth first,
/// and asks in every tick for S1 to S22. Then each of 22 cores that are broken on purpose must be found. Ends with an error if
/// the sound core breaches anything or a broken one is not found.
#[derive(Debug, Default, Args)]
pub struct Options {
    /// Only these runs, with commas between them; all of them without it.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub runs: Vec<String>,
    /// Steps of every run, instead of each one's own.
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u8).range(1..=12))]
    pub depth: Option<u8>,
    /// The short depth of each run: a few seconds, as in CI.
    #[arg(long, conflicts_with = "depth")]
    pub short: bool,
    /// Looks for nothing but breaches of the sound core.
    #[arg(long)]
    pub sound_only: bool,
    /// Where to write the tables as Markdown; `docs/safety/model.md` is one of them.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

impl Options {
    fn chosen(&self) -> anyhow::Result<Vec<&'static Run>> {
        for name in &self.runs {
            if !RUNS.iter().any(|run| run.name == name) {
                let names: Vec<&str> = RUNS.iter().map(|run| run.name).collect();
                bail!("--runs: there is no {name:?}; there are {}", names.join(", "));
            }
        }
        Ok(RUNS.iter().filter(|run| self.runs.is_empty() || self.runs.iter().any(|name| name == run.name)).collect())
    }

    fn steps(&self, run: &Run) -> usize {
        self.depth.map_or(if self.short { run.short_depth } else { run.depth }, usize::from)
    }
}

/// Longer than any run is meant to take: a run that is cut off says so in the table.
const AT_MOST: Duration = Duration::from_mins(2);

/// Checks, writes the tables to `out`, and to the file if one is asked for.
///
/// # Errors
/// If the sound core breaches an invariant, a broken core is not found, or the file cannot be written.
pub fn run(options: &Options, out: &mut dyn Write) -> anyhow::Result<()> {
    let runs = options.chosen()?;
    let mut rows = Vec::new();
    for run in &runs {
        let depth = options.steps(run);
        let findings = check(run, &Question { broken: None, depth, only: None, at_most: AT_MOST });
        let question = Question { broken: None, depth: run.short_depth, only: None, at_most: AT_MOST };
        let short = if depth == run.short_depth { findings.unique } else { check(run, &question).unique };
        let row = Row { run, findings, short };
        write!(out, "{}", report::sound_line(&row))?;
        out.flush()?;
        rows.push(row);
    }
    let found = if options.sound_only { Vec::new() } else { broken_cores(&runs, options, out)? };
    let page = report::page(&rows, &found);
    writeln!(out, "\n{page}")?;
    if let Some(path) = &options.report {
        std::fs::write(path, &page).with_context(|| format!("writing {}", path.display()))?;
    }
    if options.runs.is_empty() && options.depth.is_none() {
        every_cause_is_met(&rows)?;
    }
    judge(&rows, &found)
}

/// Each broken core, until the first run that finds it.
fn broken_cores(runs: &[&'static Run], options: &Options, out: &mut dyn Write) -> anyhow::Result<Vec<Found>> {
    let mut all = Vec::new();
    // And the one fault that the core must find in itself.
    let inside = (Broken::Interlock, 0);
    for (broken, number) in Broken::INVARIANTS.into_iter().zip(1_u8..).chain([inside]) {
        let by = hunt(broken, number, runs, |run| options.steps(run));
        let found = Found { broken, number, by };
        write!(out, "{}", report::broken_line(&found))?;
        out.flush()?;
        all.push(found);
    }
    Ok(all)
}

/// The first run that finds this core, the shallow looks first: one step deeper each time through all the runs.
pub(crate) fn hunt(
    broken: Broken,
    number: u8,
    runs: &[&'static Run],
    steps: impl Fn(&Run) -> usize,
) -> Option<(&'static Run, Findings)> {
    let deepest = runs.iter().map(|run| steps(run)).max().unwrap_or(0);
    (1..=deepest).find_map(|depth| {
        runs.iter().filter(|run| depth <= steps(run)).find_map(|run| {
            let question = Question { broken: Some(broken), depth, only: Some(number), at_most: AT_MOST };
            let findings = check(run, &question);
            findings.breaches.contains_key(&number).then_some((*run, findings))
        })
    })
}

/// What is never met proves nothing.
fn every_cause_is_met(rows: &[Row]) -> anyhow::Result<()> {
    let met = |cause: &Cause| rows.iter().any(|row| row.findings.causes.contains(cause));
    let never: Vec<&Cause> = Cause::ALL.iter().filter(|cause| **cause != Cause::InternalFault && !met(cause)).collect();
    if !never.is_empty() {
        bail!("no run met these causes, so nothing is said about them: {never:?}");
    }
    Ok(())
}

fn judge(rows: &[Row], found: &[Found]) -> anyhow::Result<()> {
    for row in rows {
        if let Some((number, (path, how))) = row.findings.breaches.first_key_value() {
            bail!("the sound core breaches S{number} in run {:?} after {path:?}: {how}", row.run.name);
        }
        if !row.findings.complete {
            bail!("run {:?} was cut off after {AT_MOST:?}", row.run.name);
        }
    }
    let missed: Vec<String> =
        found.iter().filter(|found| found.by.is_none()).map(|found| format!("{:?}", found.broken)).collect();
    if !missed.is_empty() {
        bail!("no run found these broken cores: {}", missed.join(", "));
    }
    Ok(())
}
