//! One process with its log file.

use crate::house;
use anyhow::{Context, Result};
use rustix::process::{Pid, Signal};
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(5);
const OBITUARY_LINES: usize = 12;

/// How a process is started.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    /// The program's name in the folder of built programs.
    pub program: &'static str,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Where its standard error goes.
    pub log: PathBuf,
}

impl Invocation {
    /// As a person would type it in the repository.
    pub(crate) fn shown(&self) -> String {
        let program = house::program(self.program).unwrap_or_else(|_| PathBuf::from(self.program));
        let mut text = house::shown(&program);
        for argument in &self.arguments {
            text.push(' ');
            text.push_str(&house::shown(Path::new(argument)));
        }
        text
    }
}

/// A started process.
#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts it in a process group of its own, so that a Ctrl-C in the terminal reaches only us.
    pub(crate) fn start(name: &str, invocation: &Invocation) -> Result<Self> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(&invocation.log)
            .with_context(|| format!("opening the log {}", invocation.log.display()))?;
        let process = Command::new(house::program(invocation.program)?)
            .args(&invocation.arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("sharing the log")?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        Ok(Self { process, log: invocation.log.clone() })
    }

    /// The process number.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// False once it has ended.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// How a dead process ended, with the end of its log.
    pub(crate) fn obituary(mut self) -> String {
        let how = self.process.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(OBITUARY_LINES);
        format!("ended with {how}. The end of {}:\n    {}", house::shown(&self.log), lines[from..].join("\n    "))
    }

    /// Sends SIGTERM.
    pub(crate) fn ask_to_end(&self) {
        if let Some(pid) = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw) {
            // It may have ended by itself meanwhile; then there is nothing to ask.
            let _: rustix::io::Result<()> = rustix::process::kill_process(pid, Signal::TERM);
        }
    }

    /// Waits for the end, and makes it after a while.
    pub(crate) fn wait_or_kill(mut self) {
        let start = Instant::now();
        while self.is_running() && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
        if self.is_running() {
            drop(self.process.kill());
        }
        drop(self.process.wait());
    }
}
