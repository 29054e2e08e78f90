//! The everyday commands of the house: `cargo xtask demo`, `test`, `check`, `setup`, `generate`, `train`, `sim`, `replay`, `losses`,
//! `mutants`, `coverage`, `bench`, `stack`.

mod bench;
mod browser_tests;
mod checks;
mod coverage;
mod cpu;
mod demo;
mod house;
mod mutants;
mod programs;
mod python;
mod setup;
mod signals;
mod stack;
mod steps;
mod system;
mod tools;
mod train;
mod witness;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Everyday commands of Farhand.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Installs what building and testing need, where it is missing.
    Setup,
    /// Format, lints and architecture: the fast part of `test`.
    Check,
    /// All that CI checks.
    Test(checks::TestOptions),
    /// Writes the files that are made from the Rust types.
    Generate,
    /// Starts a simulated site with trucks, the gateway and its pages, and prints the address to open.
    Demo(demo::DemoOptions),
    /// Starts a system in a folder on free ports, for tests and benches; ends with its standard input.
    Stack(stack::StackOptions),
    /// Trains the stop policy and writes its model, card and golden vectors.
    Train(train::TrainOptions),
    /// The simulator's commands: `sim study`, `sim faults`, `sim model`; `sim --help` lists them all.
    #[command(disable_help_flag = true)]
    Sim(programs::Handed),
    /// Runs the record of a session through the same cores again: `replay FILE`.
    #[command(disable_help_flag = true)]
    Replay(programs::Handed),
    /// Loses the link of a truck under way thousands of times, in invented time, and prints what came of it.
    Losses(checks::LossOptions),
    /// Changes the safety crates a little in each place, and counts what their own tests do not notice.
    Mutants(mutants::MutantOptions),
    /// Names each line of the safety core that none of its own tests runs.
    Coverage,
    /// Measures a promise of the design and writes the figures.
    Bench(bench::BenchOptions),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            steps::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    match Arguments::parse().command {
        Command::Setup => setup::run(),
        Command::Check => checks::check(),
        Command::Test(options) => checks::test(&options),
        Command::Generate => checks::generate(),
        Command::Demo(options) => demo::run(&options),
        Command::Stack(options) => stack::run(&options),
        Command::Train(options) => train::run_training(&options),
        Command::Sim(handed) => programs::sim(&handed),
        Command::Replay(handed) => programs::replay(&handed),
        Command::Losses(options) => checks::losses(&options),
        Command::Mutants(options) => mutants::run_mutants(&options),
        Command::Coverage => coverage::run_coverage(),
        Command::Bench(options) => bench::run(&options),
    }
}
