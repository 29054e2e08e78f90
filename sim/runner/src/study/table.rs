//! The results: a table for people, an object for programs.

use super::work::{Done, Plan, Scenario};
use farhand_study::{Record, Row, RunHash, Verdict, against, no_worse, promises, row};
use serde::Serialize;
use std::io::Write;

/// Everything that is published of one run.
#[derive(Debug, Default, Serialize)]
pub(super) struct Results {
    family: String,
    pub(super) family_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model_sha256: Option<String>,
    pub(super) seeds: [u64; 3],
    pub(super) scenarios: usize,
    /// Over all outcomes: equal runs have equal ones.
    pub(super) hash: String,
    seconds: f64,
    pub(super) rows: Vec<Row>,
    /// What the figures say of the targets, of the controllers that have a guard.
    verdicts: Vec<Verdict>,
    /// Some scenarios of each controller that ended in a contact that could have been avoided.
    avoidable_seeds: Vec<(String, Vec<String>)>,
}

impl Results {
    /// Counts.
    pub(super) fn of(plan: &Plan<'_>, done: &Done) -> Self {
        let of_controller =
            |at: usize| done.scenarios.iter().filter_map(|scenario| scenario.records.get(at).copied()).collect::<Vec<Record>>();
        let all: Vec<Vec<Record>> = (0..plan.controllers.len()).map(of_controller).collect();
        let baseline = plan.controllers.iter().position(|name| name == BASELINE).unwrap_or(0);
        let mut hash = RunHash::default();
        for record in done.scenarios.iter().flat_map(|scenario| &scenario.records) {
            hash.take(record);
        }
        let row_of = |at: usize, name: &str| {
            let against = (at != baseline).then(|| against(&all[at], &plan.controllers[baseline], &all[baseline], plan.seeds[0]));
            Row { against, ..row(name, &all[at]) }
        };
        let rows: Vec<Row> = plan.controllers.iter().enumerate().map(|(at, name)| row_of(at, name)).collect();
        let compared = |one: &str, other: &str, better: bool| {
            let place = |wanted: &str| plan.controllers.iter().position(|name| name == wanted);
            let (at, of) = place(one).zip(place(other))?;
            Some(no_worse(one, &against(&all[at], other, &all[of], plan.seeds[0]), better))
        };
        let pairs = NO_WORSE.iter().filter_map(|&(one, other, better)| compared(one, other, better)).flatten();
        let verdicts =
            rows.iter().filter(|row| GUARDED.contains(&row.controller.as_str())).flat_map(promises).chain(pairs).collect();
        Self {
            family: plan.scenes.family.name.clone(),
            family_hash: plan.scenes.family.hash().to_owned(),
            map: plan.scenes.map.clone(),
            model_sha256: plan.model.clone(),
            seeds: plan.seeds,
            scenarios: done.scenarios.len(),
            hash: hash.shown(),
            seconds: (done.seconds * 10.0).round() / 10.0,
            rows,
            verdicts,
            avoidable_seeds: plan
                .controllers
                .iter()
                .enumerate()
                .map(|(at, name)| (name.clone(), avoidable(&done.scenarios, at)))
                .collect(),
        }
    }
}

/// The first seeds that are worth a picture.
fn avoidable(scenarios: &[Scenario], at: usize) -> Vec<String> {
    let hit = |scenario: &&Scenario| scenario.records.get(at).is_some_and(|record| record.avoidable);
    scenarios.iter().filter(hit).take(MOST_SEEDS).map(|scenario| format!("{:x}", scenario.seed)).collect()
}

/// Writes the table.
pub(super) fn show(results: &Results, out: &mut dyn Write) -> std::io::Result<()> {
    let map = results.map.as_ref().map(|map| format!(", map {map}")).unwrap_or_default();
    writeln!(
        out,
        "family {} {}{map}, seeds {:?}, {} scenarios, outcome hash {}, {:.0} s\n",
        results.family, results.family_hash, results.seeds, results.scenarios, results.hash, results.seconds
    )?;
    if let Some(model) = &results.model_sha256 {
        writeln!(out, "model {model}\n")?;
    }
    let share = |count: usize| {
        100.0 * f64::from(u32::try_from(count).unwrap_or(u32::MAX))
            / f64::from(u32::try_from(results.scenarios.max(1)).unwrap_or(u32::MAX))
    };
    writeln!(
        out,
        "{:<14} {:>6} {:>8} {:>21} {:>13} {:>11} {:>12} {:>16} {:>10}   against the baseline: avoidable",
        "controller",
        "rack %",
        "person %",
        "avoidable % (95 %)",
        "unavoidable %",
        "over load %",
        "keep-clear %",
        "stop p50/p95 m",
        "lost at m/s"
    )?;
    for row in &results.rows {
        let against = row.against.as_ref().map(|against| {
            let (points, ratio) = (&against.avoidable_pct, &against.avoidable_ratio);
            format!(
                "{:+.2} points ({:+.2} to {:+.2}), x {} ({} to {}) of {}",
                points.point,
                points.ci95[0],
                points.ci95[1],
                times(ratio.point),
                times(ratio.ci95[0]),
                times(ratio.ci95[1]),
                against.controller
            )
        });
        writeln!(
            out,
            "{:<14} {:>6.2} {:>8.2} {:>21} {:>13.2} {:>11.2} {:>12.1} {:>16} {:>10.2}   {}",
            row.controller,
            row.rack_pct,
            row.person_pct,
            format!("{:.2} ({:.2} to {:.2})", row.avoidable_pct, row.ci95[0], row.ci95[1]),
            row.unavoidable_pct,
            share(row.over_limit),
            row.keep_clear_pct,
            format!("{:.2} / {:.2}", row.stop_m.p50, row.stop_m.p95),
            row.speed_mps.p50,
            against.unwrap_or_else(|| "the baseline".to_owned()),
        )?;
    }
    let odd = results.rows.iter().filter(|row| row.speed_increases + row.contacts_before + row.unfinished > 0);
    for row in odd {
        writeln!(
            out,
            "{}: faster after the loss {}, contact before it {}, not at rest after 15 s {}",
            row.controller, row.speed_increases, row.contacts_before, row.unfinished
        )?;
    }
    show_verdicts(results, out)?;
    for (controller, seeds) in results.avoidable_seeds.iter().filter(|(_, seeds)| !seeds.is_empty()) {
        writeln!(out, "avoidable with {controller}: {}", seeds.join(" "))?;
    }
    Ok(())
}

fn show_verdicts(results: &Results, out: &mut dyn Write) -> std::io::Result<()> {
    if results.verdicts.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nheld against the targets (point, 95 % bounds)")?;
    for Verdict { controller, target, seen, holds } in &results.verdicts {
        writeln!(out, "{controller:<14} {target:<84} {seen:<26} {}", if *holds { "kept" } else { "MISSED" })?;
    }
    if results.scenarios < ENOUGH {
        writeln!(out, "{} scenarios are too few for a verdict that counts: {ENOUGH} are enough", results.scenarios)?;
    }
    writeln!(out)
}

/// A ratio; where the other never had a contact there is none.
fn times(ratio: f64) -> String {
    if ratio < 1e6 { format!("{ratio:.2}") } else { "any".to_owned() }
}

/// Load-safe braking along the last corridor: what everything has to beat (safety.md 0).
const BASELINE: &str = "pursuit";
const MOST_SEEDS: usize = 5;
/// Those that promise something.
const GUARDED: [&str; 3] = ["pursuit+guard", "guard", "net+guard"];
/// Who is to be no worse than whom, and whether also better in something: safety.md 3.5.
const NO_WORSE: [(&str, &str, bool); 2] = [("guard", "pursuit+guard", false), ("net+guard", "guard", true)];
/// Scenarios from which on a verdict counts (safety.md 3.5).
const ENOUGH: usize = 30_000;
