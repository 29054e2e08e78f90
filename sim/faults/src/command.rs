//! The command: row by row, and the table.

use crate::rows::{Effort, Found, ROWS, Row, Shown};
use anyhow::{Context as _, bail};
use clap::Args;
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Does to a vehicle what goes wrong, in invented time, and says what held.
///
/// The guardian's real mind, the real lease desk and the emulated network in one thread; an oracle looks at the truth in every tick.
/// Ends with an error if a row that is shown here does not hold.
#[derive(Debug, Default, Args)]
pub struct Options {
    /// Only these rows, with commas between them: 1,5a,17b; all of them without it.
    #[arg(long, alias = "only", value_delimiter = ',', value_name = "ROW")]
    pub rows: Vec<String>,
    /// Drives of each kind.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub drives: u32,
    /// Length of a long drive.
    #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub minutes: u32,
    /// A few of everything: half a minute, as in CI.
    #[arg(long, conflicts_with_all = ["drives", "minutes"])]
    pub short: bool,
    /// Where to write the table as Markdown; `docs/safety/faults.md` is one.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

impl Options {
    fn effort(&self) -> Effort {
        if self.short {
            return Effort { drives: 3, minutes: 1, messages: 20_000 };
        }
        Effort { drives: self.drives, minutes: self.minutes, messages: 1_000_000 }
    }

    fn chosen(&self) -> anyhow::Result<Vec<&'static Row>> {
        let known = |name: &String| ROWS.iter().any(|row| row.number == name);
        if let Some(unknown) = self.rows.iter().find(|name| !known(name)) {
            let all: Vec<&str> = ROWS.iter().map(|row| row.number).collect();
            bail!("--rows: there is no row {unknown:?}; there are {}", all.join(", "));
        }
        Ok(ROWS.iter().filter(|row| self.rows.is_empty() || self.rows.iter().any(|name| name == row.number)).collect())
    }
}

/// What came of a row.
struct Outcome {
    row: &'static Row,
    found: Option<anyhow::Result<Found>>,
    took: Duration,
}

impl Outcome {
    fn line(&self) -> String {
        let Row { number, fault, holds, shown } = self.row;
        let (verdict, trials, figure) = match (shown, &self.found) {
            (Shown::Elsewhere(by), _) => ("elsewhere", String::new(), (*by).to_owned()),
            (Shown::Not(why), _) => ("**no**", String::new(), (*why).to_owned()),
            (Shown::Here(_), Some(Ok(found))) => ("yes", found.trials.to_string(), found.figure.clone()),
            (Shown::Here(_), Some(Err(failure))) => ("**NO**", String::new(), format!("{failure:#}")),
            (Shown::Here(_), None) => ("not run", String::new(), String::new()),
        };
        format!("| {number} | {fault} | {holds} | {verdict} | {trials} | {figure} | {:.1} |", self.took.as_secs_f64())
    }
}

/// Runs the rows, writes the table to `out`, and to the file if one is asked for.
///
/// # Errors
/// If a row does not hold, there is no such row, or the file cannot be written.
pub fn run(options: &Options, out: &mut dyn Write) -> anyhow::Result<()> {
    let effort = options.effort();
    let mut page = String::from(HEAD);
    write!(out, "{TABLE}")?;
    let mut failed = Vec::new();
    for row in options.chosen()? {
        let begin = Instant::now();
        let found = if let Shown::Here(show) = row.shown { Some(show(&effort)) } else { None };
        let outcome = Outcome { row, found, took: begin.elapsed() };
        writeln!(out, "{}", outcome.line())?;
        out.flush()?;
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{}", outcome.line());
        if matches!(outcome.found, Some(Err(_))) {
            failed.push(row.number);
        }
    }
    if let Some(path) = &options.report {
        std::fs::write(path, &page).with_context(|| format!("writing {}", path.display()))?;
    }
    if !failed.is_empty() {
        bail!("these rows do not hold: {}", failed.join(", "));
    }
    Ok(())
}

const TABLE: &str = "\
| # | fault | holds | shown | trials | figure | seconds |
|---|---|---|---|---|---|---|
";

const HEAD: &str = "# Faults, and what holds

Written by `farhand-sim faults --report docs/safety/faults.md`: the real mind of the guardian, the real lease desk and the emulated
network in one thread and in invented time. In every tick an oracle looks at the truth: nothing is touched, no traction where nobody
may drive, no motion while it says halted, no stop that gets faster, no blind driving. The rows are those of safety.md section 7.

| # | fault | holds | shown | trials | figure | seconds |
|---|---|---|---|---|---|---|
";
