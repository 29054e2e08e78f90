//! Does a picture show anything new, and how does the scene move in it? A pure measurement on the brightness of each picture; the
//! guardian decides, with odometry, whether a camera stands still and whether it is the right one.

use crate::motion::motion;
use farhand_drive::PictureMotion;
use farhand_profile::{FreezeCheck, Lens};
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
    /// How often the scene had clearly moved.
    pub motions: Motions,
}

/// How often the scene had clearly moved in each of the ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Motions {
    outwards: u64,
    inwards: u64,
    leftwards: u64,
    rightwards: u64,
}

impl Content {
    /// True if the guardian must hear of this content after what it was told last: silence says "no change", and of changes every
    /// second picture's are enough for a limit of 300 ms.
    #[must_use]
    pub fn is_news(&self, told: Option<&Self>) -> bool {
        told.is_none_or(|told| self.changes > told.changes && self.frame > told.frame + 1)
    }

    /// How the scene has moved since that content; none if that is not clear.
    #[must_use]
    pub fn motion_since(&self, told: &Self) -> Option<PictureMotion> {
        let (now, before) = (&self.motions, &told.motions);
        let ways = [
            (PictureMotion::Outwards, now.outwards > before.outwards),
            (PictureMotion::Inwards, now.inwards > before.inwards),
            (PictureMotion::Leftwards, now.leftwards > before.leftwards),
            (PictureMotion::Rightwards, now.rightwards > before.rightwards),
        ];
        let mut seen = ways.into_iter().filter(|(_, is)| *is).map(|(way, _)| way);
        seen.next().filter(|_| seen.next().is_none())
    }
}

impl Motions {
    fn count(&mut self, motion: PictureMotion) {
        let count = match motion {
            PictureMotion::Outwards => &mut self.outwards,
            PictureMotion::Inwards => &mut self.inwards,
            PictureMotion::Leftwards => &mut self.leftwards,
            PictureMotion::Rightwards => &mut self.rightwards,
        };
        *count += 1;
    }
}

/// The brightness of one picture.
#[derive(Debug, Clone, Copy)]
pub struct Luma<'a> {
    /// Rows of `stride` bytes, of which the first `width` are pixels; the last row may end with its pixels.
    pub bytes: &'a [u8],
    /// Pixels of a row.
    pub width: usize,
    /// Bytes from one row to the next.
    pub stride: usize,
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
pub struct ContentWatch {
    check: FreezeCheck,
    horizon: f32,
    content: Content,
    known: VecDeque<u64>,
    /// The last picture in which something had moved.
    reference: Option<Thumbnail>,
    /// The one before it, if how was not clear.
    unclear: Option<Thumbnail>,
}

impl ContentWatch {
    /// Watches a camera with this check and this lens.
    #[must_use]
    pub fn new(check: FreezeCheck, lens: &Lens) -> Self {
        let known = VecDeque::with_capacity(REMEMBERED);
        Self { check, horizon: narrow(lens.horizon.value()), content: Content::default(), known, reference: None, unclear: None }
    }

    /// Looks at one picture; `frame` is the source's count of it.
    pub fn look(&mut self, frame: u64, luma: Luma<'_>) -> Content {
        let counted = frame > self.content.frame;
        if self.is_unseen(luma) {
            let moved = self.has_moved(luma, counted);
            let changed = moved || self.check == FreezeCheck::Identical;
            self.content.changes += u64::from(changed && counted);
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

    /// Whether something has moved, and in a picture that counts, how.
    fn has_moved(&mut self, luma: Luma<'_>, counted: bool) -> bool {
        // Against the last motion and not the last picture: slow motion adds up, noise does not.
        let now = Thumbnail::of(luma);
        if self.reference.as_ref().is_some_and(|before| !now.differs_from(before)) {
            return false;
        }
        let before = self.reference.replace(now);
        let (Some(before), Some(now)) = (before, &self.reference) else { return true };
        let answer = motion(&before, now, self.horizon);
        // What one step leaves unclear, two may show.
        let over_two = || self.unclear.as_ref().and_then(|older| motion(older, now, self.horizon));
        let answer = answer.or_else(over_two);
        if let Some(motion) = answer.filter(|_| counted) {
            self.content.motions.count(motion);
        }
        self.unclear = answer.is_none().then_some(before);
        true
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a share; its last bits do not matter")]
pub(crate) fn narrow(share: f64) -> f32 {
    share as f32
}

/// A picture thinned out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Thumbnail {
    samples: Vec<u8>,
    across: usize,
}

impl Thumbnail {
    /// Its rows, from the upper edge.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.samples.chunks(self.across.max(1))
    }

    pub(crate) fn of(luma: Luma<'_>) -> Self {
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
    pub(crate) fn differs_from(&self, other: &Self) -> bool {
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
