//! The criteria of safety.md section 5, each with the figure that was found and whether it holds.

use crate::ideal::ideal_tasks;
use crate::layout::{Layout, Ways};
use crate::random::{Random, actor};
use crate::scenario::{Outcome, Scenario};
use crate::speed::{Ticks, tick_times};
use crate::world::World;
use anyhow::Context as _;
use std::time::Duration;

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Seed of the first site; the others follow it.
    pub first_seed: u64,
    /// Sites.
    pub seeds: u64,
    /// Fewest vehicles of a site.
    pub fewest: usize,
    /// Most vehicles of a site.
    pub most: usize,
    /// How long each site is watched.
    pub span: Duration,
}

impl Effort {
    /// How many vehicles the site of a seed has: spread evenly, by the seed alone.
    #[must_use]
    pub fn vehicles(&self, seed: u64) -> usize {
        let range = self.most.saturating_sub(self.fewest) + 1;
        self.fewest + Random::stream(seed, actor::COUNT, 0).below(range)
    }
}

/// What came of one criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What must hold.
    pub criterion: &'static str,
    /// What was found.
    pub figure: String,
    /// Whether it does.
    pub holds: bool,
}

/// A group of criteria that one kind of run answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Everything goes wrong at its usual rate: nothing is touched, stuck or lost.
    Sites,
    /// How long vehicles wait for a person.
    Control,
    /// What one vehicle costs that stands for good.
    Halted,
    /// Throughput against ideal points on the benchmark's map.
    Map,
    /// How long the coordinator thinks.
    Speed,
}

/// Tries these parts. `progress` is told what is done and how much of it, from 0 to 1.
///
/// # Errors
/// If a site cannot be made, or a restarted gateway refuses what was kept.
pub fn criteria(effort: &Effort, parts: &[Part], progress: &mut dyn FnMut(&str, f64)) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for part in parts {
        match part {
            Part::Sites => findings.extend(usual(effort, progress)?),
            Part::Control => findings.push(control(effort, progress)?),
            Part::Halted => findings.push(one_dead(effort, progress)?),
            Part::Map => findings.extend(throughput(effort, progress)?),
            Part::Speed => findings.push(speed(progress)?),
        }
    }
    Ok(findings)
}

/// One generated site in which everything goes wrong at its usual rate.
///
/// # Errors
/// If the site cannot be made, or a restarted gateway refuses what was kept.
pub fn usual_run(seed: u64, vehicles: usize, span: Duration) -> anyhow::Result<Outcome> {
    let scenario = Scenario::usual(seed, vehicles, span);
    World::new(Layout::generated(seed, vehicles)?, scenario)?.run().with_context(|| format!("seed {seed}, {vehicles} vehicles"))
}

fn usual(effort: &Effort, progress: &mut dyn FnMut(&str, f64)) -> anyhow::Result<Vec<Finding>> {
    let mut all = Outcome::default();
    let (mut touched, mut stuck, mut hours) = (Vec::new(), Vec::new(), 0.0);
    for number in 0..effort.seeds {
        progress("sites with trouble", share(number, effort.seeds));
        let seed = effort.first_seed.wrapping_add(number);
        let vehicles = effort.vehicles(seed);
        let outcome = usual_run(seed, vehicles, effort.span)?;
        if outcome.seen.overlaps + outcome.seen.intrusions + outcome.seen.lost_grants > 0 {
            touched.push(seed);
        }
        if outcome.seen.deadlocks + outcome.seen.stalls > 0 {
            stuck.push(seed);
        }
        hours += effort.span.as_secs_f64() / 3600.0;
        add(&mut all, &outcome);
    }
    let again = usual_run(effort.first_seed, effort.vehicles(effort.first_seed), effort.span)?;
    let once = usual_run(effort.first_seed, effort.vehicles(effort.first_seed), effort.span)?;
    let seen = &all.seen;
    let sites =
        format!("{} sites of {} to {} vehicles, {hours:.0} h, {} tasks", effort.seeds, effort.fewest, effort.most, all.tasks);
    Ok(vec![
        Finding {
            criterion: "no outlines overlap, nobody drives into the box of a vehicle under a person's hand",
            figure: format!(
                "{} ticks with an overlap, {} with an intrusion; {sites}{}",
                seen.overlaps,
                seen.intrusions,
                named(&touched)
            ),
            holds: seen.overlaps + seen.intrusions == 0,
        },
        Finding {
            criterion: "no deadlock: never a minute in which nobody with a way before it moves",
            figure: format!("{} deadlocks in {hours:.0} h", seen.deadlocks),
            holds: seen.deadlocks == 0,
        },
        Finding {
            criterion: "and no single vehicle with a way before it stands for a minute",
            figure: format!(
                "{} times, longest {} s; shut in by others in trouble at most {} s{}",
                seen.stalls,
                seen.longest_wait.as_secs(),
                seen.longest_shut_in.as_secs(),
                named(&stuck)
            ),
            holds: seen.stalls == 0,
        },
        Finding {
            criterion: "a restart of the gateway loses no grant",
            figure: format!("{} lost, {} learnt from vehicles, in {} restarts", seen.lost_grants, all.adopted, all.restarts),
            holds: seen.lost_grants + all.adopted == 0,
        },
        Finding {
            criterion: "equal seeds give equal runs",
            figure: format!("{:016x} and {:016x}", again.seen.hash, once.seen.hash),
            holds: again == once,
        },
    ])
}

fn control(effort: &Effort, progress: &mut dyn FnMut(&str, f64)) -> anyhow::Result<Finding> {
    let (mut waits, mut helping, mut span) = (Vec::new(), Duration::ZERO, Duration::ZERO);
    let seeds = effort.seeds.min(MOST_PAIRS);
    for number in 0..seeds {
        progress("calls for help", share(number, seeds));
        let outcome = usual_run(effort.first_seed.wrapping_add(number), 8, effort.span)?;
        waits.extend(outcome.to_control);
        helping += outcome.helping;
        span += effort.span;
    }
    waits.sort_unstable();
    let p95 = percentile(&waits, 95);
    let busy = helping.as_secs_f64() / span.as_secs_f64().max(1.0) / 2.0 * 100.0;
    Ok(Finding {
        criterion: "8 vehicles, 2 operators: ticket to control p95 <= 15 s",
        figure: format!(
            "p50 {:.1} s, p95 {:.1} s, most {:.1} s of {} tickets; each operator busy {busy:.0} % of the time",
            percentile(&waits, 50).as_secs_f64(),
            p95.as_secs_f64(),
            percentile(&waits, 100).as_secs_f64(),
            waits.len()
        ),
        holds: !waits.is_empty() && p95 <= Duration::from_secs(15),
    })
}

/// The same sites with and without one vehicle that stands from the fifth minute on.
fn one_dead(effort: &Effort, progress: &mut dyn FnMut(&str, f64)) -> anyhow::Result<Finding> {
    let (mut expected, mut cost, mut all) = (0.0, 0.0, 0.0);
    let seeds = effort.seeds.min(MOST_PAIRS);
    for number in 0..seeds {
        progress("one vehicle for good", share(number, seeds));
        let seed = effort.first_seed.wrapping_add(number);
        let vehicles = effort.vehicles(seed);
        let calm = Scenario { delays: true, bad_network: true, ..Scenario::calm(seed, vehicles, effort.span) };
        let without = World::new(Layout::generated(seed, vehicles)?, calm)?.run()?;
        let with = World::new(Layout::generated(seed, vehicles)?, Scenario { one_dead: true, ..calm })?.run()?;
        let lasted = 1.0 - 300.0 / effort.span.as_secs_f64().max(301.0);
        expected += count(without.tasks) * lasted / count(vehicles as u64);
        cost += count(without.tasks) - count(with.tasks);
        all += count(without.tasks);
    }
    let ratio = if expected > 0.0 { cost / expected } else { f64::INFINITY };
    Ok(Finding {
        criterion: "one vehicle that stands for good costs at most 1.5 times its share",
        figure: format!("{ratio:.2} times its share: {cost:.0} of {all:.0} tasks on {seeds} sites"),
        holds: ratio <= 1.5,
    })
}

fn throughput(effort: &Effort, progress: &mut dyn FnMut(&str, f64)) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let (ours, benchmark) = (Layout::warehouse(Ways::One)?, Layout::warehouse(Ways::Both)?);
    let seeds = effort.seeds.min(MOST_MAPS);
    for (criterion, vehicles) in MAP_ROWS {
        let (mut done, mut ideal, mut same_lanes) = (0, 0, 0);
        for number in 0..seeds {
            progress(criterion, share(number, seeds));
            let seed = effort.first_seed.wrapping_add(number);
            let scenario = Scenario { delays: true, bad_network: true, ..Scenario::calm(seed, vehicles, effort.span) };
            done += World::new(ours.clone(), scenario)?.run()?.tasks;
            ideal += ideal_tasks(&benchmark, seed, vehicles, effort.span)?;
            same_lanes += ideal_tasks(&ours, seed, vehicles, effort.span)?;
        }
        let share = count(done) / count(ideal).max(1.0);
        let of_lanes = count(done) / count(same_lanes).max(1.0);
        let hours = effort.span.as_secs_f64() / 3600.0 * count(seeds);
        findings.push(Finding {
            criterion,
            figure: format!(
                "{:.1} %, {:.0} tasks an hour of {:.0}; {:.1} % of the ideal on the same one-way lanes",
                share * 100.0,
                count(done) / hours,
                count(ideal) / hours,
                of_lanes * 100.0
            ),
            holds: share >= 0.9,
        });
    }
    Ok(findings)
}

fn speed(progress: &mut dyn FnMut(&str, f64)) -> anyhow::Result<Finding> {
    progress("ticks of the coordinator", 0.0);
    let Ticks { p50, p99, most, ticks } = tick_times(100, Duration::from_mins(5))?;
    let ms = |span: Duration| span.as_secs_f64() * 1000.0;
    Ok(Finding {
        criterion: "a tick of the coordinator with 100 vehicles <= 5 ms",
        figure: format!("p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms of {ticks} ticks", ms(p50), ms(p99), ms(most)),
        holds: p99 <= Duration::from_millis(5),
    })
}

fn add(all: &mut Outcome, one: &Outcome) {
    all.tasks += one.tasks;
    all.restarts += one.restarts;
    all.adopted += one.adopted;
    all.seen.overlaps += one.seen.overlaps;
    all.seen.intrusions += one.seen.intrusions;
    all.seen.lost_grants += one.seen.lost_grants;
    all.seen.deadlocks += one.seen.deadlocks;
    all.seen.stalls += one.seen.stalls;
    all.seen.longest_wait = all.seen.longest_wait.max(one.seen.longest_wait);
    all.seen.longest_shut_in = all.seen.longest_shut_in.max(one.seen.longest_shut_in);
}

fn named(seeds: &[u64]) -> String {
    let shown: Vec<String> = seeds.iter().take(5).map(u64::to_string).collect();
    match (seeds.len(), shown.join(", ")) {
        (0, _) => String::new(),
        (1, one) => format!("; seed {one}"),
        (many, first) => format!("; on {many} sites, seeds {first} first"),
    }
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let at = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(at).copied().unwrap_or_default()
}

fn share(done: u64, of: u64) -> f64 {
    count(done) / count(of).max(1.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts of an hour")]
fn count(number: u64) -> f64 {
    number as f64
}

/// Paired runs of this many sites have shown what they show.
const MOST_PAIRS: u64 = 100;
/// One map, so fewer runs do.
const MOST_MAPS: u64 = 20;
const MAP_ROWS: [(&str, usize); 3] = [
    ("8 vehicles on the benchmark's warehouse: >= 90 % of ideal points there", 8),
    ("30 vehicles on the benchmark's warehouse: >= 90 % of ideal points there", 30),
    ("50 vehicles on the benchmark's warehouse: >= 90 % of ideal points there", 50),
];
