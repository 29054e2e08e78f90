//! One sweep of a safety scanner, as the machine hands it on.

use farhand_protocol::MonoTime;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// Most beams of one sweep: 360 degrees in steps of 0.18, and few enough for one packet.
pub const MOST_BEAMS: usize = 2048;

/// One sweep of one scanner. Each sweep is one packet, sent as soon as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineScan {
    /// Which of the vehicle's scanners, from 0.
    pub scanner: u8,
    /// CLOCK_MONOTONIC in the middle of the sweep. The scanner's response time lies between this and the packet's arrival.
    pub at: MonoTime,
    /// False if the unit reports that something is wrong: a dirty window, too few beams.
    pub whole: bool,
    /// Where it sits.
    pub mount: ScannerMount,
    /// Angle from one beam to the next, counter-clockwise.
    pub step_urad: u32,
    /// How far each beam went, from the right edge of the fan to the left.
    pub ranges: Ranges,
}

/// Where a scanner sits, in the vehicle frame: x forward from the middle of the fixed axle, y left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannerMount {
    /// Ahead of the fixed axle.
    pub x_mm: i32,
    /// Left of the middle.
    pub y_mm: i32,
    /// Direction of the middle of the fan.
    pub heading_urad: i32,
}

/// Ranges in millimetres, two bytes each, the lower one first; [`NO_WORD`] and [`NO_RETURN`] are no distances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ByteBuf", into = "ByteBuf")]
pub struct Ranges(ByteBuf);

/// The beam says nothing: it ends at the vehicle itself, or at dirt.
pub const NO_WORD: u16 = 0;
/// The beam came back with nothing: its way is free as far as the scanner reaches.
pub const NO_RETURN: u16 = u16::MAX;

/// Why bytes are no ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RangesError {
    /// Half a range.
    #[error("{0} bytes are no whole number of ranges; each takes two")]
    Half(usize),
    /// More than [`MOST_BEAMS`].
    #[error("a sweep of {0} beams; at most {MOST_BEAMS} are allowed")]
    TooMany(usize),
}

impl Ranges {
    /// Ranges of a sweep.
    ///
    /// # Errors
    /// [`RangesError::TooMany`] for more than [`MOST_BEAMS`].
    pub fn of(ranges_mm: impl IntoIterator<Item = u16>) -> Result<Self, RangesError> {
        let bytes: Vec<u8> = ranges_mm.into_iter().flat_map(u16::to_le_bytes).collect();
        ByteBuf::from(bytes).try_into()
    }

    /// How many beams there are.
    #[must_use]
    pub fn beams(&self) -> usize {
        self.0.len() / 2
    }

    /// Each range, from the right edge of the fan to the left.
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        self.0.as_chunks().0.iter().map(|pair| u16::from_le_bytes(*pair))
    }
}

impl TryFrom<ByteBuf> for Ranges {
    type Error = RangesError;

    fn try_from(bytes: ByteBuf) -> Result<Self, RangesError> {
        match bytes.len() {
            half if half % 2 != 0 => Err(RangesError::Half(half)),
            many if many / 2 > MOST_BEAMS => Err(RangesError::TooMany(many / 2)),
            _ => Ok(Self(bytes)),
        }
    }
}

impl From<Ranges> for ByteBuf {
    fn from(ranges: Ranges) -> Self {
        ranges.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farhand_protocol::{Limits, decode, encode};

    fn scan(ranges: Ranges) -> MachineScan {
        let mount = ScannerMount { x_mm: -1850, y_mm: -550, heading_urad: i32::MIN };
        MachineScan { scanner: 255, at: MonoTime((1 << 53) - 1), whole: true, mount, step_urad: u32::MAX, ranges }
    }

    #[test]
    fn ranges_come_back_in_their_order() {
        let ranges = Ranges::of([NO_WORD, 1, 256, 40_000, NO_RETURN]).expect("five beams");
        assert_eq!((ranges.beams(), ranges.iter().collect::<Vec<_>>()), (5, vec![0, 1, 256, 40_000, 65_535]));
        let bytes = encode(&scan(ranges.clone())).expect("encodes");
        let back: MachineScan = decode(&bytes, Limits::STREAM).expect("decodes");
        assert_eq!(back, scan(ranges));
    }

    #[test]
    fn half_a_range_and_too_many_beams_are_refused() {
        assert_eq!(Ranges::try_from(ByteBuf::from(vec![1, 2, 3])), Err(RangesError::Half(3)));
        assert!(Ranges::of((0..2048).map(|_| 7)).is_ok());
        assert_eq!(Ranges::of((0..2049).map(|_| 7)), Err(RangesError::TooMany(2049)));
    }

    #[test]
    fn bytes_that_are_no_ranges_are_no_scan() {
        #[derive(Serialize)]
        struct Odd {
            scanner: u8,
            at: MonoTime,
            whole: bool,
            mount: ScannerMount,
            step_urad: u32,
            ranges: ByteBuf,
        }
        let good = scan(Ranges::of([]).expect("no beam at all"));
        let MachineScan { scanner, at, whole, mount, step_urad, .. } = good;
        let odd = Odd { scanner, at, whole, mount, step_urad, ranges: ByteBuf::from(vec![1]) };
        let bytes = encode(&odd).expect("encodes");
        assert!(decode::<MachineScan>(&bytes, Limits::STREAM).is_err());
    }
}
