//! farhand-gateway: joins vehicles, people, leases and the journal of one site.

mod commands;
mod config;
mod crowd;
mod follow;
mod serve;
mod site;

use anyhow::Result;
use clap::{Parser, Subcommand};
use config::GatewayConfig;
use farhand_lease::Role;
use farhand_protocol::{OperatorName, VehicleId};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Joins vehicles, people, leases and the journal of one site.
#[derive(Debug, Parser)]
#[command(name = "farhand-gateway", version)]
struct Arguments {
    /// Configuration in TOML.
    #[arg(long, value_name = "FILE", global = true, default_value = "gateway.toml")]
    config: PathBuf,
    /// Says whether the configuration is fine, and ends.
    #[arg(long)]
    check_config: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a vehicle's certificate and lets it in: certificate.pem, key.pem and ca.pem in a folder.
    Enroll {
        /// The vehicle.
        #[arg(value_parser = vehicle)]
        name: VehicleId,
        /// Where its files are written.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Shuts a vehicle out, also while it is connected.
    Revoke {
        /// The vehicle.
        #[arg(value_parser = vehicle)]
        name: VehicleId,
    },
    /// Says how browsers come to trust this site's certificates.
    Trust,
    /// Manages accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// Prints an address that logs a person in once, within ten minutes.
    Token {
        /// The account.
        #[arg(long, value_parser = operator)]
        user: OperatorName,
    },
    /// Reads the journal.
    #[command(subcommand)]
    Journal(JournalCommand),
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Adds an account; the password is asked for, or read as a line from standard input.
    Add {
        /// The account.
        #[arg(value_parser = operator)]
        name: OperatorName,
        /// One of watch, supervise, drive, admin.
        #[arg(long)]
        role: Role,
        /// Reads the password from standard input even on a terminal.
        #[arg(long)]
        password_stdin: bool,
        /// Sets password and role of an existing account anew, and ends its logins.
        #[arg(long)]
        replace: bool,
    },
    /// Lists all accounts with their roles and how often each is logged in.
    List,
    /// Gives an account another role; whoever is logged in follows at once.
    Role {
        /// The account.
        #[arg(value_parser = operator)]
        name: OperatorName,
        /// One of watch, supervise, drive, admin.
        role: Role,
    },
    /// Removes an account and ends its logins; the last admin stays.
    Remove {
        /// The account.
        #[arg(value_parser = operator)]
        name: OperatorName,
    },
}

#[derive(Debug, Subcommand)]
enum JournalCommand {
    /// Checks every row against the one before.
    Verify,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_env("FARHAND_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colour = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr).init();
    match run(arguments) {
        Ok(code) => code,
        Err(failure) => {
            // The reader is a person at a terminal, or a service log; either way one line with the mend.
            let _ = writeln!(std::io::stderr(), "farhand-gateway: {failure:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let config = GatewayConfig::load(&arguments.config)?;
    if arguments.check_config {
        writeln!(std::io::stdout(), "fine")?;
        return Ok(ExitCode::SUCCESS);
    }
    // Cannot fail before anything else has chosen one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WEB_THREADS).enable_all().build()?;
    runtime.block_on(async {
        match arguments.command {
            None => serve::serve(&config).await.map(|()| ExitCode::SUCCESS),
            Some(Command::Enroll { name, out }) => commands::enroll(&config, &name, &out).await,
            Some(Command::Revoke { name }) => commands::revoke(&config, &name).await,
            Some(Command::Trust) => commands::trust(&config),
            Some(Command::User(command)) => manage(&config, command).await,
            Some(Command::Token { user }) => commands::token(&config, &user).await,
            Some(Command::Journal(JournalCommand::Verify)) => commands::verify(&config).await,
        }
    })
}

async fn manage(config: &GatewayConfig, command: UserCommand) -> Result<ExitCode> {
    match command {
        UserCommand::Add { name, role, password_stdin, replace } => {
            let account = farhand_store::Account { name, role };
            commands::add_user(config, &account, password_stdin, replace).await
        }
        UserCommand::List => commands::list_users(config).await,
        UserCommand::Role { name, role } => commands::set_role(config, &name, role).await,
        UserCommand::Remove { name } => commands::remove_user(config, &name).await,
    }
}

fn vehicle(text: &str) -> Result<VehicleId, String> {
    VehicleId::new(text).map_err(|error| error.to_string())
}

fn operator(text: &str) -> Result<OperatorName, String> {
    OperatorName::new(text).map_err(|error| error.to_string())
}

// Pages, SQLite and viewers; the control connections have a thread of their own in the relay.
const WEB_THREADS: usize = 2;
