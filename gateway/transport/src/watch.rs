//! For whoever judges a link: when each packet left, and when it was acknowledged.

use farhand_protocol::MonoTime;
use std::sync::OnceLock;
use std::time::Instant;

/// Hears of the packets of an endpoint's connections, from the task that drives them: it must not wait.
pub trait PacketWatch: Send + Sync {
    /// So many bytes left in one burst. Small packets are not told of.
    fn sent(&self, at: MonoTime, bytes: u64);
    /// A packet that left at `sent` was acknowledged.
    fn acknowledged(&self, at: MonoTime, sent: MonoTime, bytes: u64);
}

/// An instant on the clock of [`packet_clock`].
pub(crate) fn mono(instant: Instant) -> MonoTime {
    static START: OnceLock<Instant> = OnceLock::new();
    // A second ahead, so that what left before the first question is not at 0 as well.
    let since = instant.saturating_duration_since(*START.get_or_init(Instant::now));
    MonoTime(u64::try_from(since.as_micros()).unwrap_or(u64::MAX).saturating_add(1_000_000))
}

/// The time by which a [`PacketWatch`] is told, now. Its origin is of no meaning.
#[must_use]
pub fn packet_clock() -> MonoTime {
    mono(Instant::now())
}
