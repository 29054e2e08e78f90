//! Every look at the held-out set is written down: who looks often enough finds what he wants to see.

use super::table::Results;
use anyhow::Context as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use time::OffsetDateTime;

/// Columns of the log; one line for each controller of a run.
const COLUMNS: &str = "date,commit,family_hash,seed,scenarios,outcome_hash,model_sha256,controller,avoidable_pct,ci95_low,ci95_high,rack_pct,\
                       person_pct,over_limit,speed_increases,keep_clear_pct,stop_p50_m,stop_p95_m";

/// Appends a run of `commit` to `log`, which is made if it is not there.
pub(super) fn append(log: &Path, commit: &str, results: &Results) -> anyhow::Result<()> {
    let shown = log.display();
    let fresh = !log.exists();
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(log).with_context(|| format!("opening {shown}"))?;
    let mut text = if fresh { format!("{COLUMNS}\n") } else { String::new() };
    for line in lines(results, &OffsetDateTime::now_utc().date().to_string(), commit) {
        text.push_str(&line);
        text.push('\n');
    }
    file.write_all(text.as_bytes()).with_context(|| format!("writing {shown}"))
}

fn lines(results: &Results, date: &str, commit: &str) -> Vec<String> {
    let model = results.model_sha256.as_deref().unwrap_or("none");
    let run =
        format!("{date},{commit},{},{},{},{},{model}", results.family_hash, results.seeds[0], results.scenarios, results.hash);
    let line = |row: &farhand_study::Row| {
        format!(
            "{run},{},{:.4},{:.4},{:.4},{:.4},{:.4},{},{},{:.4},{:.3},{:.3}",
            row.controller,
            row.avoidable_pct,
            row.ci95[0],
            row.ci95[1],
            row.rack_pct,
            row.person_pct,
            row.over_limit,
            row.speed_increases,
            row.keep_clear_pct,
            row.stop_m.p50,
            row.stop_m.p95
        )
    };
    results.rows.iter().map(line).collect()
}

/// The commit that runs, to be asked before a run begins; a change that is not committed is said too.
pub(super) fn commit() -> String {
    let described = Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12", "--exclude", "*"]).output();
    let said = described.ok().filter(|output| output.status.success());
    said.map_or_else(|| "unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use farhand_study::row;

    fn results() -> Results {
        let mut results = Results::default();
        results.rows.push(row("guard", &[]));
        results
    }

    #[test]
    fn each_look_adds_lines_and_changes_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("heldout-log.csv");
        append(&log, "abc", &results()).expect("written");
        let first = std::fs::read_to_string(&log).expect("read");
        append(&log, "abc", &results()).expect("written");
        let second = std::fs::read_to_string(&log).expect("read");
        assert!(second.starts_with(&first) && second.lines().count() == 3, "{second}");
        let columns = COLUMNS.split(',').count();
        assert!(second.lines().all(|line| line.split(',').count() == columns), "{second}");
    }
}
