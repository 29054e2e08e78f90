//! The time burned into each simulated picture, so that any place on its way can tell how old it is.
//!
//! The bottom 16 rows hold 40 equal cells, white (235) for 1 and black (16) for 0, most significant bit first: 28 bits of
//! vehicle clock in steps of 100 us, 4 bits of camera index, 8 bits of checksum (the other four bytes combined by XOR).

use crate::Picture;
use farhand_protocol::{CameraIndex, MonoTime};
use std::time::Duration;

/// Rows at the bottom of the picture that the stamp covers.
pub const STRIP_ROWS: usize = 16;
const CELLS: usize = 40;
const TICK_US: u64 = 100;
const TICKS: u64 = 1 << 28;
const WHITE: u8 = 235;
const BLACK: u8 = 16;
// Half way between black and white: an encoder's error is far smaller.
const THRESHOLD: u64 = 125;

/// What a picture says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Vehicle clock at the end of rendering, in steps of 100 us, modulo 2^28 (about seven and a half hours).
    pub ticks: u32,
    /// The camera that looked.
    pub camera: CameraIndex,
}

impl Stamp {
    /// The stamp of a picture of `camera` (below 16) that is finished at `at`.
    pub fn new(at: MonoTime, camera: CameraIndex) -> Self {
        Self { ticks: (at.0 / TICK_US % TICKS) as u32, camera: CameraIndex(camera.0 & 15) }
    }

    /// The picture's age at `now` on the same clock, modulo seven and a half hours.
    pub fn age_at(self, now: MonoTime) -> Duration {
        let ticks = (now.0 / TICK_US % TICKS + TICKS - u64::from(self.ticks)) % TICKS;
        Duration::from_micros(ticks * TICK_US)
    }

    /// The 40 bits, cell 0 in the highest.
    pub fn to_bits(self) -> u64 {
        let word = (self.ticks << 4) | u32::from(self.camera.0 & 15);
        (u64::from(word) << 8) | u64::from(checksum(word))
    }

    /// Reads 40 bits; nothing if the checksum is wrong.
    #[expect(clippy::cast_possible_truncation, reason = "parts of 40 bits")]
    pub fn from_bits(bits: u64) -> Option<Self> {
        let word = (bits >> 8) as u32;
        let valid = bits < 1 << CELLS && checksum(word) == bits as u8;
        valid.then_some(Self { ticks: word >> 4, camera: CameraIndex((word & 15) as u8) })
    }
}

/// Writes the stamp over the bottom rows. Pictures narrower than 40 pixels or lower than 16 rows stay as they are.
pub fn burn_stamp(picture: &mut Picture, stamp: Stamp) {
    let (width, height) = (picture.width(), picture.height());
    let cell = width / CELLS;
    if cell == 0 || height < STRIP_ROWS {
        return;
    }
    let mut line = vec![BLACK; width];
    for (index, pixels) in line.chunks_exact_mut(cell).take(CELLS).enumerate() {
        pixels.fill(if stamp.to_bits() >> (CELLS - 1 - index) & 1 == 1 { WHITE } else { BLACK });
    }
    let first = height - STRIP_ROWS;
    let (luma, u, v) = picture.planes_mut();
    luma[first * width..].chunks_exact_mut(width).for_each(|row| row.copy_from_slice(&line));
    for plane in [u, v] {
        plane[first / 2 * (width / 2)..].fill(128);
    }
}

/// Reads the stamp out of a luma plane of `height` rows of `width` pixels; nothing if there is none or it is damaged.
pub fn read_stamp(luma: &[u8], width: usize, height: usize) -> Option<Stamp> {
    let cell = width / CELLS;
    if cell < 4 || height < STRIP_ROWS || luma.len() < width * height {
        return None;
    }
    let rows = height - STRIP_ROWS * 3 / 4..height - STRIP_ROWS / 4;
    let mut bits = 0;
    for index in 0..CELLS {
        let (from, to) = (index * cell + cell / 4, index * cell + cell * 3 / 4);
        let inner = || rows.clone().flat_map(|row| &luma[row * width + from..row * width + to]);
        let (sum, count) = inner().fold((0, 0), |(sum, count), &pixel| (sum + u64::from(pixel), count + 1));
        bits = bits << 1 | u64::from(sum > THRESHOLD * count);
    }
    Stamp::from_bits(bits)
}

fn checksum(word: u32) -> u8 {
    word.to_be_bytes().iter().fold(0, |sum, byte| sum ^ byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burned_stamp_is_read_back() {
        for (at, camera) in [(0, 0), (123_456_789, 3), (u64::MAX, 15)] {
            let stamp = Stamp::new(MonoTime(at), CameraIndex(camera));
            let mut picture = Picture::black(640, 360);
            burn_stamp(&mut picture, stamp);
            assert_eq!(read_stamp(picture.luma(), 640, 360), Some(stamp));
        }
    }

    #[test]
    fn cell_zero_is_the_highest_bit_of_the_time() {
        let mut picture = Picture::black(640, 360);
        burn_stamp(&mut picture, Stamp::new(MonoTime((1 << 27) * 100), CameraIndex(0)));
        let bottom = &picture.luma()[359 * 640..];
        assert_eq!((bottom[0], bottom[15], bottom[16]), (WHITE, WHITE, BLACK));
        assert_eq!(picture.luma()[343 * 640], BLACK, "the picture above is untouched");
    }

    #[test]
    fn a_flipped_cell_is_noticed() {
        let bits = Stamp::new(MonoTime(987_654_300), CameraIndex(2)).to_bits();
        for index in 0..CELLS {
            assert_eq!(Stamp::from_bits(bits ^ 1 << index), None, "bit {index}");
        }
    }

    #[test]
    fn the_age_survives_the_wrap_of_the_clock() {
        let stamp = Stamp::new(MonoTime(TICKS * TICK_US - 2000), CameraIndex(0));
        assert_eq!(stamp.age_at(MonoTime(TICKS * TICK_US + 3000)), Duration::from_millis(5));
    }

    #[test]
    fn a_picture_without_room_has_no_stamp() {
        assert_eq!(read_stamp(&[0; 64], 8, 8), None);
        assert_eq!(read_stamp(&[], 640, 360), None);
    }
}
