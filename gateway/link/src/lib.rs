//! The rules of a link: silence, order of pictures, key frames. Pure: told the time, no IO, outputs are returned.

mod arrival_order;
mod key_frames;
mod latest;
mod monitor;
mod unit_gate;

pub use arrival_order::{Arrival, ArrivalOrder};
pub use key_frames::KeyFrameBudget;
pub use latest::LatestSlot;
pub use monitor::{Event, Health, Limits, LinkMonitor};
pub use unit_gate::{UnitGate, UnitLabel, Verdict};

use farhand_protocol::MonoTime;

/// When a core wants to be told the time again, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// When.
    pub at: MonoTime,
    /// The reason, for the log.
    pub why: &'static str,
}
