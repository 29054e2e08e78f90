//! Does a picture show anything new? A pure measurement on the brightness of each picture; the guardian decides, with odometry,
//! whether a camera stands still.

use farhand_profile::FreezeCheck;
use rapidhash::v3::rapidhash_v3;
use std::collections::VecDeque;

/// Pictures whose exact content is remembered: nine minutes at 30 a second. A recording that repeats sooner is noticed.
const REMEMBERED: usize = 16_384;
/// A picture is thinned out to about this many samples across; each is the mean of a square of pixels, so noise falls away.
const SAMPLES_ACROSS: usize = 80;
/// Side of those squares in a picture of 640 pixels: known to the compiler, it takes a third of the time.
const USUAL_SIDE: usize = 8;
/// Samples along the side of a cell, the unit in which motion is counted.
const CELL: usize = 5;
/// Steps of brightness, of 256, by which a sample must differ. A very noisy sensor (standard deviation of 10 steps) leaves 2.5 in the
/// difference of two samples of 8x8 pixels, every other row read: one in sixty differs by chance, three in a cell hardly ever.
const STEP: u8 = 6;
/// Samples of a cell that must differ: one could be a speck.
const IN_CELL: usize = 3;
/// Of this many cells one must have moved. A clock or a line of text burned into the picture covers less; so does the snow in a
/// test card (a sixteenth).
const ONE_CELL_OF: usize = 8;

/// What has been seen of a camera since the agent started. Both counts only rise, also over restarts of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Content {
    /// The source's own count of pictures: a picture it did not count is not a new one.
    pub frame: u64,
    /// How often the content was new, as the camera's `freeze_check` wants it.
    pub changes: u64,
}

/// The brightness of one picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Luma<'a> {
    /// Rows of `stride` bytes, of which the first `width` are pixels; the last row may end with its pixels.
    pub(crate) bytes: &'a [u8],
    pub(crate) width: usize,
    pub(crate) stride: usize,
}

impl Luma<'_> {
    fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks(self.stride.max(1)).filter_map(|row| row.get(..self.width))
    }

    /// The whole content in one number.
    fn fingerprint(&self) -> u64 {
        self.rows().fold(0, |all: u64, row| (all ^ rapidhash_v3(row)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29))
    }
}

/// Watches one camera.
#[derive(Debug)]
pub(crate) struct ContentWatch {
    check: FreezeCheck,
    content: Content,
    known: VecDeque<u64>,
    /// The last picture that counted as a change.
    reference: Option<Thumbnail>,
}

impl ContentWatch {
    pub(crate) fn new(check: FreezeCheck) -> Self {
        Self { check, content: Content::default(), known: VecDeque::with_capacity(REMEMBERED), reference: None }
    }

    /// Looks at one picture; `frame` is the source's count of it.
    pub(crate) fn look(&mut self, frame: u64, luma: Luma<'_>) -> Content {
        let counted = frame > self.content.frame;
        if self.is_unseen(luma) && self.has_changed(luma) && counted {
            self.content.changes += 1;
        }
        self.content.frame = self.content.frame.max(frame);
        self.content
    }

    /// No picture before was the same to the last bit.
    fn is_unseen(&mut self, luma: Luma<'_>) -> bool {
        let fingerprint = luma.fingerprint();
        if self.known.contains(&fingerprint) {
            return false;
        }
        if self.known.len() == REMEMBERED {
            self.known.pop_front();
        }
        self.known.push_back(fingerprint);
        true
    }

    fn has_changed(&mut self, luma: Luma<'_>) -> bool {
        if self.check == FreezeCheck::Identical {
            return true;
        }
        // Against the last change and not the last picture: slow motion adds up, noise does not.
        let now = Thumbnail::of(luma);
        if self.reference.as_ref().is_some_and(|before| !now.differs_from(before)) {
            return false;
        }
        self.reference = Some(now);
        true
    }
}

/// A picture thinned out.
#[derive(Debug, PartialEq, Eq)]
struct Thumbnail {
    samples: Vec<u8>,
    across: usize,
}

impl Thumbnail {
    fn of(luma: Luma<'_>) -> Self {
        let side = (luma.width / SAMPLES_ACROSS).max(1);
        let across = luma.width / side;
        let rows: Vec<&[u8]> = luma.rows().collect();
        let mut samples = Vec::with_capacity(across * (rows.len() / side));
        let mut sums = vec![0_u32; across];
        for band in rows.chunks_exact(side) {
            sums.fill(0);
            // Every other row is enough for the mean and costs half.
            let read: u32 = band.iter().step_by(2).map(|row| add(&mut sums, row, side)).sum();
            samples.extend(sums.iter().map(|sum| u8::try_from(sum / read.max(1)).unwrap_or(u8::MAX)));
        }
        Self { samples, across }
    }

    /// So many cells differ that something in the scene must have moved, or all of it.
    fn differs_from(&self, other: &Self) -> bool {
        if (self.across, self.samples.len()) != (other.across, other.samples.len()) {
            return true;
        }
        let cells_across = self.across.div_ceil(CELL);
        let mut counts = vec![0_usize; cells_across * (self.samples.len() / self.across.max(1)).div_ceil(CELL)];
        for (index, (mine, others)) in self.samples.iter().zip(&other.samples).enumerate() {
            let (row, column) = (index / self.across, index % self.across);
            if let Some(count) = counts.get_mut(row / CELL * cells_across + column / CELL) {
                *count += usize::from(mine.abs_diff(*others) >= STEP);
            }
        }
        let moved = counts.iter().filter(|count| **count >= IN_CELL).count();
        moved > 0 && moved * ONE_CELL_OF >= counts.len()
    }
}

/// Adds a row to the sums of its squares; gives how many pixels each sum got.
fn add(sums: &mut [u32], row: &[u8], side: usize) -> u32 {
    if side == USUAL_SIDE {
        for (sum, pixels) in sums.iter_mut().zip(row.as_chunks::<USUAL_SIDE>().0) {
            *sum += u32::from(pixels.iter().map(|pixel| u16::from(*pixel)).sum::<u16>());
        }
    } else {
        for (sum, pixels) in sums.iter_mut().zip(row.chunks_exact(side)) {
            *sum += pixels.iter().map(|pixel| u32::from(*pixel)).sum::<u32>();
        }
    }
    u32::try_from(side).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
