//! The two sockets inside a vehicle: machine <-> guardian (the drive adapter) and agent <-> guardian.
//!
//! Both are Unix sequenced-packet sockets: one message a packet, kept in order, and the other end's death is seen at
//! once. Messages are CBOR of `farhand-protocol`. The guardian listens for the agent; the machine listens for the guardian.

mod messages;
mod scan;
mod socket;

pub use messages::{Actuate, AgentSays, GuardianSays, MachineReport, MachineSays, PictureMotion, StopOrigin, WantedMotion};
pub use scan::{MOST_BEAMS, MachineScan, NO_RETURN, NO_WORD, Ranges, RangesError, ScannerMount};
pub use socket::{PacketListener, PacketSocket, ReceiveError, SendError};

/// CLOCK_MONOTONIC of this host in microseconds: vehicle time.
#[must_use]
pub fn vehicle_now() -> farhand_protocol::MonoTime {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    micros(now)
}

/// CLOCK_BOOTTIME minus CLOCK_MONOTONIC in microseconds: it grows when the host was suspended.
#[must_use]
pub fn suspended_micros() -> u64 {
    let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let mono = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    micros(boot).0.saturating_sub(micros(mono).0)
}

fn micros(time: rustix::time::Timespec) -> farhand_protocol::MonoTime {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    farhand_protocol::MonoTime(seconds * 1_000_000 + nanos / 1000)
}
