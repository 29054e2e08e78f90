//! The simulator: machines with cameras in real time, and networks as bad as real ones.

mod config;
mod look;
mod pace;
mod proxy;
mod site;
mod study;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use tracing::error;

/// Simulates machines, cameras and networks around the real programs.
#[derive(Debug, Parser)]
#[command(name = "farhand-sim", version)]
struct Arguments {
    /// The site and its machines, in TOML.
    #[arg(long, value_name = "FILE", global = true, default_value = "sim.toml")]
    config: PathBuf,
    /// Says whether the configuration is fine, and ends.
    #[arg(long)]
    check_config: bool,
    #[command(subcommand)]
    command: Option<Subcommands>,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Puts an emulated network between clients and servers over UDP.
    Net(proxy::NetOptions),
    /// Writes what one camera sees at the start, as PPM.
    Look(look::LookOptions),
    /// Prints the map of the site for its vehicles: the file that `site` in guardian.toml names.
    Map,
    /// Cuts the link thousands of times and counts what comes of each way to stop.
    Study(Box<study::StudyOptions>),
    /// Drives scenarios and writes samples for training to standard output.
    Samples(farhand_samples::Options),
    /// Looks at everything that may happen to the real safety core in a few steps, and at what breaks it.
    Model(farhand_model::Options),
    /// Does to a vehicle what goes wrong on a site, in invented time, and says what held.
    Faults(farhand_faults::Options),
    /// Lets many vehicles of one site work, in invented time, and says what of their coordination held.
    Traffic(farhand_traffic::Options),
    /// Says how much faster than real time invented time runs here.
    Pace(pace::PaceOptions),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            error!("{failure:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(Subcommands::Net(options)) = &arguments.command {
        return proxy::run(options);
    }
    if let Some(Subcommands::Study(options)) = &arguments.command {
        return study::run(options);
    }
    if let Some(Subcommands::Samples(options)) = &arguments.command {
        return farhand_samples::run(options, &mut std::io::stdout().lock());
    }
    if let Some(Subcommands::Model(options)) = &arguments.command {
        return farhand_model::run(options, &mut std::io::stdout().lock());
    }
    if let Some(Subcommands::Faults(options)) = &arguments.command {
        return farhand_faults::run(options, &mut std::io::stdout().lock());
    }
    if let Some(Subcommands::Traffic(options)) = &arguments.command {
        return farhand_traffic::run(options, &mut std::io::stdout().lock());
    }
    if let Some(Subcommands::Pace(options)) = &arguments.command {
        return pace::run(options);
    }
    let settings = config::Loaded::load(&arguments.config)?;
    let world = settings.world().with_context(|| format!("{}", arguments.config.display()))?;
    if arguments.check_config {
        eprintln!("fine");
        return Ok(());
    }
    match &arguments.command {
        Some(Subcommands::Look(options)) => look::run(options, &settings, &world),
        Some(Subcommands::Map) => map(&settings.config.site, &world),
        _ => site::run(&settings, world),
    }
}

fn map(name: &str, world: &farhand_world::World) -> anyhow::Result<()> {
    write!(std::io::stdout().lock(), "{}", world.site().file(name)).context("writing the map")
}
