//! Monotonic time and the stamp a picture carries.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use ts_rs::TS;

/// Microseconds on one machine's monotonic clock. Two machines' times are never compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, TS)]
#[ts(type = "number")]
pub struct MonoTime(pub u64);

impl MonoTime {
    /// Time passed since `earlier`; zero if `earlier` lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// This instant moved forward.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX)))
    }

    /// Whole milliseconds since the clock's origin.
    #[must_use]
    pub fn as_millis(self) -> u64 {
        self.0 / 1000
    }
}

impl fmt::Display for MonoTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} us", self.0)
    }
}

/// A capture time as the browser sees it: the RTP timestamp on the 90 kHz video clock, wrapping at 2^32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[ts(type = "number")]
pub struct RtpStamp(pub u32);

impl RtpStamp {
    /// `(capture_us * 9 / 100) mod 2^32`, without a random offset.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the stamp is the low 32 bits by definition")]
    pub fn of_capture(capture: MonoTime) -> Self {
        Self((u128::from(capture.0) * 9 / 100) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_second_is_ninety_thousand_ticks() {
        let start = RtpStamp::of_capture(MonoTime(0)).0;
        let end = RtpStamp::of_capture(MonoTime(1_000_000)).0;
        assert_eq!(end - start, 90_000);
    }

    #[test]
    fn the_stamp_wraps_after_thirteen_hours() {
        let wrap_us = (1_u64 << 32) * 100 / 9;
        assert_eq!(RtpStamp::of_capture(MonoTime(wrap_us + 1)).0, 0);
    }

    #[test]
    fn the_future_is_zero_ago() {
        assert_eq!(MonoTime(5).since(MonoTime(9)), Duration::ZERO);
    }
}
