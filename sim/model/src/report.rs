//! The tables, for people and for `docs/safety/model.md`.

use crate::act::Act;
use crate::check::Findings;
use crate::runs::Run;
use farhand_protocol::Cause;
use farhand_safety_breakable::Broken;
use farhand_safety_breakable::testing::oracle::INVARIANTS;
use std::fmt::Write as _;

/// One run over the sound core.
pub(crate) struct Row {
    pub(crate) run: &'static Run,
    pub(crate) findings: Findings,
    /// Different states of the short run: the same on every machine, so that a test can tell when the page is stale.
    pub(crate) short: usize,
}

/// One broken core, and the run that found it.
pub(crate) struct Found {
    pub(crate) broken: Broken,
    pub(crate) number: u8,
    pub(crate) by: Option<(&'static Run, Findings)>,
}

/// One line of the first table.
pub(crate) fn sound_line(row: &Row) -> String {
    let Row { run, findings, short: _ } = row;
    let verdict = match findings.breaches.first_key_value() {
        Some((number, (path, _))) => format!("**S{number} breached** by {}", words(path)),
        None if findings.complete => "all hold".to_owned(),
        None => "cut off".to_owned(),
    };
    format!(
        "| {} | {} | {} | {} | {} | {} | {:.1} | {verdict} |\n",
        run.name,
        run.begins,
        run.acts.len(),
        findings.depth,
        findings.unique,
        findings.generated,
        findings.took.as_secs_f64(),
    )
}

/// One line of the table of broken cores.
pub(crate) fn broken_line(found: &Found) -> String {
    let (core, holds) = match usize::from(found.number).checked_sub(1) {
        Some(place) => (format!("S{}", found.number), INVARIANTS.get(place).copied().unwrap_or_default()),
        None => ("the interlock".to_owned(), "a core that contradicts itself stops for good, with the cause InternalFault"),
    };
    match found.by.as_ref().and_then(|(run, findings)| Some((run, findings.breaches.get(&found.number)?))) {
        Some((run, (path, _))) => format!("| {core} | {holds} | {} | {} |\n", run.name, words(path)),
        None => format!("| {core} | {holds} | **not found** | |\n"),
    }
}

fn words(path: &[Act]) -> String {
    if path.is_empty() {
        return "on the way to the beginning".to_owned();
    }
    path.iter().map(|act| format!("{act:?}")).collect::<Vec<_>>().join(", ")
}

/// The whole page.
pub(crate) fn page(rows: &[Row], found: &[Found]) -> String {
    let mut page = String::from(HEAD);
    page.extend(rows.iter().map(sound_line));
    page.push_str(SHORT);
    for Row { run, short, .. } in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| {} | {} | {short} |", run.name, run.short_depth);
    }
    page.push_str(CAUSES);
    for cause in Cause::ALL {
        let by: Vec<&str> = rows.iter().filter(|row| row.findings.causes.contains(cause)).map(|row| row.run.name).collect();
        let by = match by.as_slice() {
            [] if *cause == Cause::InternalFault => "no run: only a core that is broken on purpose contradicts itself".to_owned(),
            [] => "**never**".to_owned(),
            by => by.join(", "),
        };
        let _ = writeln!(page, "| {cause:?} | {by} |");
    }
    if !found.is_empty() {
        page.push_str(BROKEN);
        page.extend(found.iter().map(broken_line));
    }
    page
}

const HEAD: &str = "# What the model checker looked at

Written by `farhand-sim model --report docs/safety/model.md`. The real safety core, breadth first, S1 to S22 asked in every tick of
10 ms; one step is one act of at least 120 ms. States are compared by the projection in `vehicle-agent/safety/src/projection.rs`.
All within the steps given was looked at; what takes more steps, or an act that is not in `sim/model/src/act.rs`, was not.

| run | begins | acts | steps | different states | states made | seconds | S1 to S22 |
|---|---|---|---|---|---|---|---|
";

const SHORT: &str = "
The short runs of CI; a test says when these counts are stale:

| run | steps | different states |
|---|---|---|
";

const CAUSES: &str = "
Every row of the table of causes, and the runs in which it was listed:

| cause | reached in |
|---|---|
";

const BROKEN: &str = "
Cores that are broken on purpose, and the run that found each first (all runs are tried with one step, then with two, and so on).
Random drives find the same cores: `cargo nextest run --no-capture each_broken` prints by which drive.

| core without | what holds in a sound core | found by | after |
|---|---|---|---|
";
