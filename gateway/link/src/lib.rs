//! The rules of a link: silence, order of pictures, key frames. Pure: told the time, no IO, outputs are returned.

mod arrival_order;
mod bit_budget;
mod downlink;
mod flight;
mod key_frames;
mod latest;
mod monitor;
mod pacer;
mod unit_gate;
mod uplink;

pub use arrival_order::{Arrival, ArrivalOrder};
pub use bit_budget::{Doing, Looks, Share, Sight, floor_bps, share_out};
pub use downlink::Downlink;
pub use flight::{Flight, UnderWay};
pub use key_frames::KeyFrameBudget;
pub use latest::LatestSlot;
pub use monitor::{Event, Health, Limits, LinkMonitor};
pub use pacer::Pacer;
pub use unit_gate::{UnitGate, UnitLabel, Verdict};
pub use uplink::{Uplink, UplinkLimits};

use farhand_protocol::MonoTime;

/// When a core wants to be told the time again, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// When.
    pub at: MonoTime,
    /// The reason, for the log.
    pub why: &'static str,
}
