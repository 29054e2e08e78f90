//! `mutants`: changes the safety crates a little in each place, and lets their own tests find it.
//!
//! A full run takes hours, so it is cut into shards of at most twenty minutes. Each shard's result replaces its lines in
//! `docs/safety/mutants.csv`; CI runs what was changed since the commit that stands there.

use crate::house;
use crate::steps::{output, say};
use crate::tools::{has_nextest, installed};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The tool that makes the changes.
const TOOL: &str = "cargo-mutants";
const VERSION: &str = "27.1.0";
const RESULTS: &str = "docs/safety/mutants.csv";
const HEAD: &str = "kind,crate,shard,date,commit,mutants,caught,unviable,timeouts,missed";
/// A mutant that makes a test hang is found by that; whatever is found so is named, for a busy machine may be the cause.
const TIMEOUT_S: &str = "60";
/// Each mutant ends at the first test that fails: the long ones come last.
const LONG_TESTS_LAST: &str = "[profile.default]
fail-fast = { max-fail = 1, terminate = 'immediate' }
[[profile.default.overrides]]
filter = 'test(/::(breaking|properties|what_if)::/) or test(nothing_else_of_a_refused_command_works)'
priority = -100
";

/// Options of `mutants`.
#[derive(Debug, Args)]
pub(crate) struct MutantOptions {
    /// Whose mutants.
    #[arg(long = "crate", value_name = "CRATE", default_value = "safety")]
    of: Subject,
    /// Which part, counted from 0: 3/12 is the fourth of twelve.
    #[arg(long, value_name = "K/N", default_value = "0/1", conflicts_with = "changed")]
    shard: Shard,
    /// Only the lines that were changed since the commit in the results; keeps no result.
    #[arg(long)]
    changed: bool,
    /// Only files that match, for instance '**/gate.rs'; keeps no result.
    #[arg(long, value_name = "GLOB", conflicts_with_all = ["changed", "shard"])]
    file: Vec<String>,
}

/// The crates whose tests are held to this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// The safety core: no survivor.
    Safety,
    /// The guard: at most ten, each argued.
    Guard,
}

impl Subject {
    fn name(self) -> &'static str {
        match self {
            Self::Safety => "safety",
            Self::Guard => "guard",
        }
    }

    fn package(self) -> String {
        format!("farhand-{}", self.name())
    }

    /// A test that takes seconds is worth a process of its own, which ends at the first failure; hundreds that take a tenth of a
    /// second all together are not.
    fn has_long_tests(self) -> bool {
        self == Self::Safety
    }

    fn sources(self) -> String {
        format!("vehicle-agent/{}/src", self.name())
    }
}

/// One part of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shard {
    index: u32,
    of: u32,
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("{text} is no shard; give K/N with K from 0 to N-1, for instance 3/12");
        let (index, of) = text.split_once('/').ok_or_else(refuse)?;
        let (index, of): (u32, u32) = (index.parse().map_err(|_| refuse())?, of.parse().map_err(|_| refuse())?);
        if index < of { Ok(Self { index, of }) } else { Err(refuse()) }
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/{}", self.index, self.of)
    }
}

/// What became of the mutants of one run: their names, by what the tests said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    caught: usize,
    unviable: usize,
    timeouts: Vec<String>,
    missed: Vec<String>,
}

impl Outcome {
    fn read(folder: &Path) -> Result<Self> {
        let lines = |name: &str| -> Result<Vec<String>> {
            let path = folder.join("mutants.out").join(name);
            let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            Ok(text.lines().map(str::to_owned).collect())
        };
        Ok(Self {
            caught: lines("caught.txt")?.len(),
            unviable: lines("unviable.txt")?.len(),
            timeouts: lines("timeout.txt")?,
            missed: lines("missed.txt")?,
        })
    }

    fn count(&self) -> usize {
        self.caught + self.unviable + self.timeouts.len() + self.missed.len()
    }

    /// Its lines in the results.
    fn rows(&self, subject: Subject, shard: Shard, date: &str, commit: &str) -> Vec<String> {
        let name = subject.name();
        let Self { caught, unviable, timeouts, missed } = self;
        let (count, timeouts, survivors) = (self.count(), timeouts.len(), missed.len());
        let head = format!("shard,{name},{shard},{date},{commit},{count},{caught},{unviable},{timeouts},{survivors}");
        let survivors = missed.iter().map(|mutant| format!("survivor,{name},{shard},\"{}\"", mutant.replace('"', "'")));
        std::iter::once(head).chain(survivors).collect()
    }
}

/// Runs one shard and keeps its result, or what was changed.
pub(crate) fn run_mutants(options: &MutantOptions) -> Result<()> {
    if options.changed {
        return changed();
    }
    if !options.file.is_empty() {
        let outcome = try_mutants(options.of, "files", |command| {
            command.args(options.file.iter().flat_map(|glob| ["--file", glob]));
        })?;
        report(options.of, &outcome);
        return Ok(());
    }
    let clean = git(&["status", "--porcelain", "--", &options.of.sources()])?;
    ensure!(clean.trim().is_empty(), "{} differs from its commit. Commit first: the result names one.", options.of.sources());
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let outcome = try_mutants(options.of, &format!("{}-{}", options.shard.index, options.shard.of), |command| {
        command.arg("--shard").arg(options.shard.to_string());
    })?;
    let date = output(Command::new("date").args(["--utc", "+%F"]))?;
    let rows = outcome.rows(options.of, options.shard, date.trim(), commit.trim());
    let path = house::root().join(RESULTS);
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    std::fs::write(&path, merged(&before, options.of, options.shard, &rows)).with_context(|| format!("writing {RESULTS}"))?;
    report(options.of, &outcome);
    say(&format!("   kept in {RESULTS}"));
    Ok(())
}

/// What was changed since the results, of both crates; fails if a mutant survives.
pub(crate) fn changed() -> Result<()> {
    // Without results there is nothing to be newer than.
    let results = std::fs::read_to_string(house::root().join(RESULTS)).unwrap_or_default();
    let mut survivors = 0;
    for subject in [Subject::Safety, Subject::Guard] {
        let Some(base) = oldest(&results, subject) else {
            say(&format!("   {}: no result yet", subject.name()));
            continue;
        };
        if git(&["cat-file", "-e", &format!("{base}^{{commit}}")]).is_err() {
            say(&format!("   {}: commit {base} is not in this clone; nothing to compare with", subject.name()));
            continue;
        }
        let diff = git(&["diff", base, "--", &subject.sources()])?;
        if diff.trim().is_empty() {
            say(&format!("   {}: nothing changed since {base}", subject.name()));
            continue;
        }
        let folder = house::root().join("target/mutants");
        std::fs::create_dir_all(&folder).context("making target/mutants")?;
        let file = folder.join(format!("{}.diff", subject.name()));
        std::fs::write(&file, diff).context("writing the difference")?;
        let outcome = try_mutants(subject, "changed", |command| {
            command.arg("--in-diff").arg(&file);
        })?;
        report(subject, &outcome);
        survivors += outcome.missed.len();
    }
    ensure!(survivors == 0, "{survivors} changes of the safety code are not noticed by its own tests; they are named above");
    Ok(())
}

fn try_mutants(subject: Subject, name: &str, narrow: impl FnOnce(&mut Command)) -> Result<Outcome> {
    let tool = installed(TOOL, VERSION, &[])?;
    let folder = house::root().join("target/mutants").join(format!("{}-{name}", subject.name()));
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let mut command = Command::new(tool);
    command.arg("mutants").args([
        "--package",
        &subject.package(),
        "--no-shuffle",
        "--timeout",
        TIMEOUT_S,
        "--profile",
        "mutants",
    ]);
    // A line for each mutant is the progress. What the tests are made of is no subject of theirs.
    command.args(["--caught", "--unviable", "--exclude", "**/tests/**"]);
    // The tests inside the crate have to notice by themselves; what only the longer drives would notice survives.
    command.arg("--cargo-arg=--lib");
    if subject.has_long_tests() && has_nextest() {
        let config = folder.join("nextest.toml");
        std::fs::write(&config, LONG_TESTS_LAST).with_context(|| format!("writing {}", config.display()))?;
        command.args(["--test-tool", "nextest"]).arg(format!("--cargo-test-arg=--config-file={}", config.display()));
    }
    // The dependencies are built once for all shards.
    command.env("CARGO_TARGET_DIR", build()?).arg("--output").arg(&folder).current_dir(house::root());
    narrow(&mut command);
    let status = command.status().context("starting cargo-mutants")?;
    // 2: some survived, 3: some timed out; both are results.
    match status.code() {
        Some(0) if !folder.join("mutants.out/caught.txt").is_file() => Ok(Outcome::default()),
        Some(0 | 2 | 3) => Outcome::read(&folder),
        _ => bail!("cargo-mutants ended with {status}; its log is in {}", house::shown(&folder.join("mutants.out/log"))),
    }
}

/// Where mutants are built. What was built of other copies of the repository is of no use any more, and goes.
fn build() -> Result<PathBuf> {
    let folder = house::root().join("target/mutants/build");
    let built = folder.join("mutants");
    let of_copies = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.contains("farhand") || name == "incremental"
    };
    for inner in ["", "deps", ".fingerprint"] {
        let Ok(entries) = std::fs::read_dir(built.join(inner)) else { continue };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| of_copies(path)) {
            let gone = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            gone.with_context(|| format!("removing {}", house::shown(&path)))?;
        }
    }
    Ok(folder)
}

fn git(arguments: &[&str]) -> Result<String> {
    output(Command::new("git").args(arguments).current_dir(house::root()))
}

fn report(subject: Subject, outcome: &Outcome) {
    for mutant in &outcome.missed {
        say(&format!("   SURVIVED {mutant}"));
    }
    for mutant in &outcome.timeouts {
        say(&format!("   BY THE CLOCK {mutant}"));
    }
    let Outcome { caught, unviable, timeouts, missed } = outcome;
    let (name, count, timeouts, survivors) = (subject.name(), outcome.count(), timeouts.len(), missed.len());
    say(&format!(
        "   {name}: {count} mutants, {caught} caught, {timeouts} by the clock, {unviable} that do not compile, {survivors} survived"
    ));
}

/// The results with the lines of one shard replaced. Shards of another cut do not fit together: they go.
fn merged(before: &str, subject: Subject, shard: Shard, rows: &[String]) -> String {
    let own = |line: &&str| {
        let mut fields = line.split(',').skip(1);
        let (name, place) = (fields.next(), fields.next().and_then(|place| place.parse::<Shard>().ok()));
        name == Some(subject.name()) && place.is_none_or(|place| place == shard || place.of != shard.of)
    };
    let kept = before.lines().skip(1).filter(|line| !line.is_empty() && !own(line)).map(str::to_owned);
    let mut lines: Vec<String> = kept.chain(rows.iter().cloned()).collect();
    lines.sort_by_key(|line| place_in_file(line));
    std::iter::once(HEAD.to_owned()).chain(lines).map(|line| line + "\n").collect()
}

/// Crate, shard, and a shard's own line before its survivors.
fn place_in_file(line: &str) -> (String, u32, bool) {
    let mut fields = line.split(',');
    let (kind, name) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let index = fields.next().and_then(|place| place.parse::<Shard>().ok()).map_or(u32::MAX, |place| place.index);
    (name.to_owned(), index, kind == "survivor")
}

/// The commit of a crate's oldest result: what was changed since is not shown by each of them.
fn oldest(results: &str, subject: Subject) -> Option<&str> {
    let rows = results.lines().filter_map(|line| line.strip_prefix("shard,")).map(|line| line.split(',').collect::<Vec<_>>());
    let own = rows.filter(|fields| fields.first() == Some(&subject.name()));
    own.min_by_key(|fields| fields.get(2).copied().unwrap_or_default().to_owned()).and_then(|fields| fields.get(3).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str) -> Shard {
        text.parse().expect("a shard")
    }

    #[test]
    fn a_shard_is_one_of_several() {
        assert_eq!(shard("3/12"), Shard { index: 3, of: 12 });
        for wrong in ["", "3", "12/12", "-1/2", "a/b", "1/2/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_shard_replaces_its_own_lines_and_those_of_another_cut() {
        let outcome =
            Outcome { caught: 5, unviable: 1, timeouts: vec![], missed: vec!["gate.rs:3: replace \"a\" with b, c".into()] };
        let rows = outcome.rows(Subject::Safety, shard("1/4"), "2026-11-24", "abc");
        assert_eq!(rows[0], "shard,safety,1/4,2026-11-24,abc,7,5,1,0,1");
        let first = merged("", Subject::Safety, shard("1/4"), &rows);
        let both = merged(&first, Subject::Safety, shard("0/4"), &["shard,safety,0/4,2026-11-23,old,1,1,0,0,0".into()]);
        assert_eq!(both.lines().nth(1), Some("shard,safety,0/4,2026-11-23,old,1,1,0,0,0"));
        assert_eq!(both.lines().nth(3), Some("survivor,safety,1/4,\"gate.rs:3: replace 'a' with b, c\""));
        assert_eq!(oldest(&both, Subject::Safety), Some("old"));
        assert_eq!(oldest(&both, Subject::Guard), None);
        let guard = merged(&both, Subject::Guard, shard("0/9"), &["shard,guard,0/9,2026-11-24,def,1,1,0,0,0".into()]);
        let anew = merged(&guard, Subject::Safety, shard("0/2"), &["shard,safety,0/2,2026-11-25,fed,9,9,0,0,0".into()]);
        assert_eq!(
            anew,
            format!("{HEAD}\nshard,guard,0/9,2026-11-24,def,1,1,0,0,0\nshard,safety,0/2,2026-11-25,fed,9,9,0,0,0\n")
        );
    }
}
