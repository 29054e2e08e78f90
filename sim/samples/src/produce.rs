//! `farhand-sim samples`: drives scenarios on all processors and writes their samples in order.

use crate::episode::samples_of;
use crate::expert::cheapest;
use crate::net::best;
use crate::stream::{header, record};
use anyhow::{Context, Result};
use clap::Args;
use farhand_policy::Model;
use farhand_senses::Features;
use farhand_study::{Family, Scenario, Set, scenario_seed};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;

/// Options of `samples`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Seed of the run.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Which round: each has scenarios of its own.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..1000))]
    pub round: u64,
    /// Scenarios to drive.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub episodes: u64,
    /// Card of the model that picks the stops; without it the expert does.
    #[arg(long, value_name = "FILE", requires = "library")]
    pub card: Option<PathBuf>,
    /// ONNX Runtime for the model.
    #[arg(long, value_name = "FILE")]
    pub library: Option<PathBuf>,
}

/// Writes the stream of samples.
///
/// # Errors
/// If the model cannot be opened or nobody reads the stream any more.
pub fn run(options: &Options, out: &mut impl Write) -> Result<()> {
    let family = Set::Train.family().map_err(|error| anyhow::anyhow!("{error}"))?;
    // Opened once before anything is written: a wrong model ends the run with a clear word.
    drop(model(options)?);
    out.write_all(&header()).context("writing the header")?;
    let (next, workers) = (AtomicU64::new(0), std::thread::available_parallelism().map_or(1, usize::from));
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(2 * workers);
        for _ in 0..workers {
            let (sender, next, family) = (sender.clone(), &next, &family);
            scope.spawn(move || -> Result<()> {
                let mut model = model(options)?;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= options.episodes {
                        return Ok(());
                    }
                    // The writer is gone when nobody reads: its own error says so.
                    if sender.send((number, bytes_of(options, family, number, model.as_mut()))).is_err() {
                        return Ok(());
                    }
                }
            });
        }
        drop(sender);
        write_in_order(options.episodes, receiver.iter(), out)
    })
}

/// Workers finish out of order; the stream does not depend on who was faster.
fn write_in_order(episodes: u64, done: impl Iterator<Item = (u64, Vec<u8>)>, out: &mut impl Write) -> Result<()> {
    let (mut waiting, mut number) = (BTreeMap::new(), 0);
    for (index, bytes) in done {
        waiting.insert(index, bytes);
        while let Some(bytes) = waiting.remove(&number) {
            out.write_all(&bytes).context("writing samples")?;
            number += 1;
            if number % PROGRESS == 0 || number == episodes {
                eprintln!("   {number} of {episodes} scenarios driven");
            }
        }
    }
    anyhow::ensure!(number == episodes, "only {number} of {episodes} scenarios were driven");
    out.flush().context("writing samples")
}

fn bytes_of(options: &Options, family: &Family, number: u64, model: Option<&mut Model>) -> Vec<u8> {
    let number = options.round * ROUND + number;
    // A seed that gives no drivable scenario gives no samples.
    let Ok(scenario) = Scenario::draw(family, scenario_seed(Some(Set::Train), options.seed, number)) else { return Vec::new() };
    let samples = match model {
        Some(model) => samples_of(&scenario, |features, costs| by_model(model, features).unwrap_or_else(|| cheapest(costs))),
        None => samples_of(&scenario, |_, costs| cheapest(costs)),
    };
    samples.iter().flat_map(record).collect()
}

fn by_model(model: &mut Model, features: &Features) -> Option<usize> {
    best(&model.scores(features).ok()?)
}

fn model(options: &Options) -> Result<Option<Model>> {
    let Some((card, library)) = options.card.as_ref().zip(options.library.as_ref()) else { return Ok(None) };
    Ok(Some(Model::open(card, library)?))
}

/// Rounds do not share scenarios.
const ROUND: u64 = 1_000_000;
const PROGRESS: u64 = 200;
