//! What a link does to datagrams, and the named presets.

use crate::Trace;
use std::time::Duration;

/// One direction of a network. The default is a wire: nothing is delayed or lost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions {
    /// Time that every datagram takes.
    pub delay: Duration,
    /// Further time, evenly from 0 to this, drawn for each datagram; order is kept.
    pub jitter: Duration,
    /// Datagrams lost by chance, in 1/10,000.
    pub loss_permyriad: u32,
    /// Losses that come in bursts.
    pub gilbert: Option<Gilbert>,
    /// How fast bytes pass, and how many wait.
    pub rate: Rate,
    /// Datagrams that overtake, in 1/10,000: they take no jitter and wait for nobody.
    pub reorder_permyriad: u32,
    /// Datagrams delivered twice, in 1/10,000.
    pub duplicate_permyriad: u32,
    /// Datagrams with one bit changed, in 1/10,000.
    pub corrupt_permyriad: u32,
}

/// A link with two states: in the good one nothing is lost, in the bad one everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gilbert {
    /// Chance for each datagram to go from good to bad, in 1/10,000.
    pub to_bad_permyriad: u32,
    /// Chance for each datagram to go from bad to good, in 1/10,000.
    pub to_good_permyriad: u32,
}

/// How fast bytes pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Rate {
    /// At once.
    #[default]
    Unlimited,
    /// At a steady rate, behind a queue that drops at its tail.
    Fixed {
        /// Bits a second, above 0.
        bits_per_second: u64,
        /// Bytes that may wait.
        queue_bytes: u64,
    },
    /// At the opportunities of a recorded link.
    Trace {
        /// The recording.
        trace: Trace,
        /// Bytes that may wait.
        queue_bytes: u64,
    },
}

/// A network with a name.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// What to call it on the command line.
    pub name: &'static str,
    /// What it is like, for people.
    pub like: &'static str,
    delay_ms: u64,
    jitter_ms: u64,
    loss_permyriad: u32,
    gilbert: Option<Gilbert>,
    kbps: u64,
    /// Of each of the three: overtaking, delivered twice, changed.
    mangled_permyriad: u32,
}

impl Preset {
    /// Both directions of it; they are alike.
    #[must_use]
    pub fn conditions(&self) -> Conditions {
        let fixed = Rate::Fixed { bits_per_second: self.kbps * 1000, queue_bytes: self.kbps * 1000 / 8 / 5 };
        Conditions {
            delay: Duration::from_millis(self.delay_ms),
            jitter: Duration::from_millis(self.jitter_ms),
            loss_permyriad: self.loss_permyriad,
            gilbert: self.gilbert,
            rate: if self.kbps == 0 { Rate::Unlimited } else { fixed },
            reorder_permyriad: self.mangled_permyriad,
            duplicate_permyriad: self.mangled_permyriad,
            corrupt_permyriad: self.mangled_permyriad,
        }
    }
}

/// Finds a preset by its name.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

const fn plain(name: &'static str, like: &'static str, delay_ms: u64) -> Preset {
    Preset { name, like, delay_ms, jitter_ms: 0, loss_permyriad: 0, gilbert: None, kbps: 0, mangled_permyriad: 0 }
}

/// Every named network. Delays are one way; queues hold 200 ms at the rate.
pub const PRESETS: &[Preset] = &[
    plain("clean", "a wire", 0),
    plain("rtt50", "50 ms there and back", 25),
    Preset { loss_permyriad: 200, ..plain("rtt50_loss2", "50 ms there and back, 2 % lost each way", 25) },
    Preset { jitter_ms: 10, loss_permyriad: 100, kbps: 4000, ..plain("rtt100_jitter10_loss1_4mbit", "a poor mobile link", 45) },
    Preset { kbps: 8000, ..plain("rtt50_8mbit", "a fair mobile link", 25) },
    Preset { kbps: 1000, ..plain("rtt50_1mbit", "the same at the end of a hall", 25) },
    Preset {
        jitter_ms: 8,
        loss_permyriad: 50,
        gilbert: Some(Gilbert { to_bad_permyriad: 40, to_good_permyriad: 2500 }),
        ..plain("wifi_lossy", "a crowded hall: losses in bursts", 4)
    },
    Preset {
        jitter_ms: 30,
        gilbert: Some(Gilbert { to_bad_permyriad: 100, to_good_permyriad: 300 }),
        ..plain("handover", "roaming between access points", 10)
    },
    Preset {
        gilbert: Some(Gilbert { to_bad_permyriad: 20, to_good_permyriad: 20 }),
        ..plain("dead_zone", "behind a steel door: gone half of the time", 10)
    },
    Preset { jitter_ms: 4, mangled_permyriad: 300, ..plain("mangled", "a broken switch: changes, doubles, swaps", 2) },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_found_by_its_own_name() {
        for row in PRESETS {
            assert_eq!(preset(row.name).map(|found| found.like), Some(row.like));
        }
        assert!(preset("nowhere").is_none());
    }
}
