//! `sim` and `replay`: programs of the house with what was typed behind them, built from the sources as they are now.

use crate::{checks, house, python};
use anyhow::{Context, Result};
use clap::Args;
use std::ffi::OsString;
use std::process::Command;

/// What is handed on as it was typed.
#[derive(Debug, Args)]
pub(crate) struct Handed {
    /// For the program itself; `--help` says what it takes.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

/// `farhand-sim`.
pub(crate) fn sim(handed: &Handed) -> Result<()> {
    if handed.arguments.first().is_some_and(|first| MODEL_USERS.iter().any(|user| first == user)) {
        python::onnxruntime()?;
    }
    hand_on("farhand-sim", &[], handed)
}

/// `farhand-guardian replay`.
pub(crate) fn replay(handed: &Handed) -> Result<()> {
    hand_on("farhand-guardian", &["replay"], handed)
}

fn hand_on(program: &str, first: &[&str], handed: &Handed) -> Result<()> {
    checks::build()?;
    let mut command = Command::new(house::program(program)?);
    // Files are meant as in the shell where the command was typed.
    command.args(first).args(&handed.arguments).current_dir(std::env::current_dir().context("finding the present folder")?);
    let status = command.status().with_context(|| format!("starting {program}"))?;
    // The program has said what is wrong, and its exit code means something.
    std::process::exit(status.code().unwrap_or(1));
}

/// Commands of the simulator in which the trained model may drive.
const MODEL_USERS: [&str; 2] = ["study", "samples"];
