//! Runs commands one after the other, shows what they print, and sums up how long each took.

use crate::house;
use anyhow::{Context, Result};
use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

/// What was run so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<Done>,
}

#[derive(Debug)]
struct Done {
    name: &'static str,
    took: Duration,
    failure: Option<String>,
}

impl Steps {
    /// Runs one step. A failure is remembered and the next step runs all the same, so one run shows all that is wrong.
    pub(crate) fn run(&mut self, name: &'static str, step: impl FnOnce() -> Result<()>) {
        say(&format!("── {name} "));
        let start = Instant::now();
        let failure = step().err().map(|error| format!("{error:#}"));
        let took = start.elapsed();
        match &failure {
            None => say(&format!("   {name}: fine, {:.1} s", took.as_secs_f64())),
            Some(why) => say(&format!("   {name}: FAILED after {:.1} s: {why}", took.as_secs_f64())),
        }
        self.done.push(Done { name, took, failure });
    }

    /// Prints one line a step, and fails if one of them did.
    pub(crate) fn finish(self) -> Result<()> {
        say("── summary");
        for step in &self.done {
            let word = if step.failure.is_none() { "fine  " } else { "FAILED" };
            say(&format!("   {word} {:>7.1} s  {}", step.took.as_secs_f64(), step.name));
        }
        let failed = self.done.iter().filter(|step| step.failure.is_some()).count();
        say(&format!("{} steps passed, {failed} failed", self.done.len() - failed));
        anyhow::ensure!(failed == 0, "{failed} of {} steps failed", self.done.len());
        Ok(())
    }
}

/// A line for the person in front of the terminal.
pub(crate) fn say(line: &str) {
    // A terminal that is closed must not keep a running system from being stopped.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// What went wrong, for the same person.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "error: {line}");
}

/// Runs a command in the repository and shows what it prints.
///
/// # Errors
/// If it cannot be started or ends with a failure.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    if command.get_current_dir().is_none() {
        command.current_dir(house::root());
    }
    let status = command.status().with_context(|| format!("starting `{shown}`"))?;
    anyhow::ensure!(status.success(), "`{shown}` ended with {status}");
    Ok(())
}

/// Runs a command and returns what it prints on standard output.
///
/// # Errors
/// If it cannot be started or ends with a failure; its standard error is in the message.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command.output().with_context(|| format!("starting `{shown}`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "`{shown}` ended with {}: {}", output.status, said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `cargo` as it was found for this very run.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// `npm` in a folder.
pub(crate) fn npm(folder: &std::path::Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder);
    command
}

fn show(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let mut text = program.to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}
