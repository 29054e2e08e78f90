//! The simulator: machines with cameras in real time, and networks as bad as real ones.

mod proxy;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use tracing::error;

/// Simulates machines, cameras and networks around the real programs.
#[derive(Debug, Parser)]
#[command(name = "farhand-sim", version)]
struct Arguments {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Puts an emulated network between clients and servers over UDP.
    Net(proxy::NetOptions),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let outcome = match &arguments.command {
        Subcommands::Net(options) => proxy::run(options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            error!("{failure:#}");
            ExitCode::FAILURE
        }
    }
}
