//! How busy the machine was meanwhile: a figure from a crowded machine is no verdict.

use anyhow::{Context, Result};

// design.md section 11.
const MOST_BUSY_PCT: f64 = 90.0;
const MOST_STOLEN_PCT: f64 = 5.0;

/// Ticks of all cores since the machine started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Busy {
    all: u64,
    idle: u64,
    stolen: u64,
}

impl Busy {
    /// Reads the counters.
    pub(crate) fn start() -> Result<Self> {
        let text = std::fs::read_to_string("/proc/stat").context("reading /proc/stat")?;
        Self::parse(&text).context("/proc/stat has no line for all cores")
    }

    /// Busy and stolen time since the start, in per cent of all cores.
    pub(crate) fn per_cent(self) -> Result<(f64, f64)> {
        let now = Self::start()?;
        let (all, idle, stolen) = (now.all - self.all, now.idle - self.idle, now.stolen - self.stolen);
        Ok((share(all.saturating_sub(idle), all), share(stolen, all)))
    }

    /// `cpu user nice system idle iowait irq softirq steal ...`
    fn parse(text: &str) -> Option<Self> {
        let line = text.lines().find(|line| line.starts_with("cpu "))?;
        let ticks: Vec<u64> = line.split_whitespace().skip(1).take(8).filter_map(|word| word.parse().ok()).collect();
        Some(Self { all: ticks.iter().sum(), idle: ticks.get(3)? + ticks.get(4)?, stolen: *ticks.get(7)? })
    }
}

#[expect(clippy::cast_precision_loss, reason = "ticks of a bench are far below 2^52")]
fn share(part: u64, all: u64) -> f64 {
    part as f64 / all.max(1) as f64 * 100.0
}

/// Why the figures are no verdict.
pub(crate) fn refusal(busy_pct: f64, stolen_pct: f64) -> Option<String> {
    if busy_pct > MOST_BUSY_PCT {
        return Some(format!("the machine was busy to {busy_pct:.0} %, above {MOST_BUSY_PCT:.0} %"));
    }
    (stolen_pct > MOST_STOLEN_PCT).then(|| format!("{stolen_pct:.0} % of the time was stolen, above {MOST_STOLEN_PCT:.0} %"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_disk_is_idle_and_stolen_time_is_busy() {
        let busy = Busy::parse("cpu  10 0 20 60 5 0 1 4 0 0\ncpu0 1 2 3\n").expect("is a stat file");
        assert_eq!((busy.all, busy.idle, busy.stolen), (100, 65, 4));
    }

    #[test]
    fn a_crowded_machine_gives_no_verdict() {
        assert!(refusal(91.0, 0.0).is_some());
        assert!(refusal(50.0, 6.0).is_some());
        assert!(refusal(90.0, 5.0).is_none());
    }
}
