//! The guardian: the only process that moves actuators. Small, without network, media or async runtime, so that a crash
//! in video or inference code cannot take the brake with it.

mod config;
mod realtime;
mod recorder;
mod replay;
mod shell;
mod state_file;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use config::{GuardianConfig, Vehicle};
use std::path::PathBuf;
use std::process::ExitCode;
use tracing::error;

/// Safety core of one vehicle: connects to the machine, listens for the agent, ticks 100 times a second.
#[derive(Debug, Parser)]
#[command(name = "farhand-guardian", version)]
struct Arguments {
    /// Configuration in TOML.
    #[arg(long, value_name = "FILE", global = true, default_value = "guardian.toml")]
    config: PathBuf,
    /// Says whether the configuration is fine, and ends.
    #[arg(long)]
    check_config: bool,
    /// Logs every branch taken.
    #[arg(long, global = true)]
    verbose: bool,
    #[command(subcommand)]
    command: Option<Subcommands>,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Commissions a new vehicle: writes its first state file. Refused if there is one.
    Init,
    Replay(replay::ReplayOptions),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let level = if arguments.verbose { tracing::Level::DEBUG } else { tracing::Level::INFO };
    if let Some(Subcommands::Replay(options)) = &arguments.command {
        return replay::run(options);
    }
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            error!("{failure:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = GuardianConfig::load(&arguments.config)?;
    let vehicle = Vehicle::read(&config)?;
    if arguments.check_config {
        eprintln!("fine");
        return Ok(());
    }
    if matches!(arguments.command, Some(Subcommands::Init)) {
        return state_file::commission(&config.state_file).context("commissioning the vehicle");
    }
    shell::run(&config, vehicle)
}
