//! `train`: the stop policy from nothing, or the trainer's own tests.

use crate::steps::{output, run};
use crate::{checks, house, python};
use anyhow::{Context, Result};
use clap::Args;
use std::path::PathBuf;
use std::process::Command;

/// Options of `train`.
#[derive(Debug, Args)]
pub(crate) struct TrainOptions {
    /// Runs the trainer's own tests instead.
    #[arg(long, conflicts_with_all = ["samples", "seed", "rounds", "episodes", "minutes", "out"])]
    check: bool,
    /// Learns from a recorded stream of samples instead of driving; `-` is standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rounds", "episodes"])]
    samples: Option<PathBuf>,
    /// Seed of the weights and of the scenarios.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often to drive with what was learned so far; the first round is driven by the expert.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// Scenarios a round.
    #[arg(long, default_value_t = 4000, value_parser = clap::value_parser!(u32).range(100..))]
    episodes: u32,
    /// No longer than this altogether.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1440))]
    minutes: u32,
    /// Folder for model, card and golden vectors; models/safe-stop if not given.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Makes sure of everything that training needs, and trains.
pub(crate) fn run_training(options: &TrainOptions) -> Result<()> {
    let interpreter = python::trainer()?;
    let trainer = house::root().join("models/trainer");
    if options.check {
        return run(Command::new(interpreter).arg("test_trainer.py").current_dir(trainer));
    }
    let mut command = Command::new(interpreter);
    command.arg(trainer.join("train.py"));
    match &options.samples {
        Some(file) => _ = command.arg("--samples").arg(file),
        None => producer(&mut command, options)?,
    }
    command.arg("--seed").arg(options.seed.to_string()).arg("--minutes").arg(options.minutes.to_string());
    let out = options.out.clone().unwrap_or_else(|| house::root().join("models/safe-stop"));
    command.arg("--out").arg(out).arg("--commit").arg(commit());
    // Paths are meant as in the shell where the command was typed.
    command.current_dir(std::env::current_dir().context("finding the present folder")?);
    run(&mut command)
}

/// The simulator as the sources have it now: an old one would teach what they no longer say.
fn producer(command: &mut Command, options: &TrainOptions) -> Result<()> {
    checks::build()?;
    let simulator = house::program("farhand-sim")?;
    python::onnxruntime()?;
    let work = house::root().join("target/train/rounds");
    command.arg("--producer").arg(simulator).arg("--library").arg(python::onnxruntime_path()).arg("--work").arg(work);
    command.arg("--rounds").arg(options.rounds.to_string()).arg("--episodes").arg(options.episodes.to_string());
    Ok(())
}

/// What the card says the model was trained by; a change that is not committed is said too.
fn commit() -> String {
    let described =
        output(Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12"]).current_dir(house::root()));
    described.map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}
