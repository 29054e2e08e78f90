//! Ctrl-C, SIGTERM and a closed terminal as a flag that loops look at.

use anyhow::{Context, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// True once somebody asked this program to end.
#[derive(Debug, Clone)]
pub(crate) struct Ending(Arc<AtomicBool>);

impl Ending {
    /// From now on SIGINT, SIGTERM and SIGHUP set the flag; a second one ends the program at once.
    pub(crate) fn watch() -> Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&flag)).context("watching for signals")?;
            signal_hook::flag::register(signal, Arc::clone(&flag)).context("watching for signals")?;
        }
        Ok(Self(flag))
    }

    /// Asks for the end from inside.
    pub(crate) fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True once the end was asked for.
    pub(crate) fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Asks `ready` ten times a second. `Ok(false)` if the end was asked for first.
    ///
    /// # Errors
    /// What `ready` says, or that the time is over.
    pub(crate) fn wait(&self, what: &str, limit: Duration, mut ready: impl FnMut() -> Result<bool>) -> Result<bool> {
        let start = Instant::now();
        while !self.asked() {
            if ready()? {
                return Ok(true);
            }
            anyhow::ensure!(start.elapsed() < limit, "{what} took longer than {} s", limit.as_secs());
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(false)
    }
}
