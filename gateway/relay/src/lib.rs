//! The blind relay between vehicles (QUIC) and people's pages (WebRTC, WebTransport, WebSocket): it copies bytes, looks at priority and age,
//! and decodes no picture. What is *allowed* is not decided here but asked of [`Rules`].

mod candidates;
mod channel;
mod control;
mod delivery;
mod demux;
mod feedback;
mod media;
mod packets;
mod page;
mod port;
mod quic;
mod relay;
mod resend;
mod retransmit;
mod rules;
mod runtime;
mod sending;
mod socket;
mod stopping;
mod tickets;
mod units;
mod vehicle;
mod viewer;

pub use relay::{OpenError, PagesByQuic, Relay, RelayConfig, RelayError, VehicleAway, VehicleSnapshot, ViewerKind, WayIn};
pub use rules::{CommandRefusal, LeaseView, Rules, ViewerId};
pub use socket::{FromPage, PageSocket, SocketClosed, ToPage};

use farhand_protocol::MonoTime;
use std::sync::OnceLock;
use std::time::Instant;

/// This process's monotonic clock.
fn now() -> MonoTime {
    at(Instant::now())
}

/// An instant on that clock.
fn at(instant: Instant) -> MonoTime {
    static START: OnceLock<Instant> = OnceLock::new();
    let elapsed = instant.saturating_duration_since(*START.get_or_init(Instant::now));
    MonoTime(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
}
