//! How the scene moves in a picture: outwards, inwards, or across. A pure measurement on two pictures thinned out; what it means for
//! a camera, the guardian decides.
//!
//! Where a scene moves by (u, v), its brightness changes by `-(u Ix + v Iy)`. In a camera that goes where it looks, (u, v) points
//! along the ray from the middle of the picture, whatever the depth and the texture; in one that looks aside, along the row. So each
//! cell of the picture has a vote on both, and neither something that passes nor a clock burned in decides, however bright it is.

use crate::content::Thumbnail;
use farhand_drive::PictureMotion;

/// Samples along the side of a cell.
const CELL: usize = 5;
/// A cell votes if change and slope go together by the root of this, a correlation of 0.6: by chance one cell in a hundred does.
const CLEAR: f32 = 0.36;
/// Variance of the change in a cell that votes, in squared steps of brightness: what the noisiest sensor leaves (content.rs).
const CHANGED: f32 = 6.5;
/// Nearer to the middle of the picture than this many samples hardly anything moves when the camera goes on.
const MIDDLE: f32 = 8.0;
/// Votes without which a half of the picture says nothing.
const QUORUM: u32 = 4;
/// For one vote against it so many must be for it.
const MAJORITY: u32 = 3;

/// How the scene has moved from one picture to another; none if that is not clear in both halves of the picture. `horizon` is where
/// the horizon lies, as a share of the height.
pub(crate) fn motion(before: &Thumbnail, now: &Thumbnail, horizon: f32) -> Option<PictureMotion> {
    let halves = votes(before, now, horizon);
    let in_both = |ayes_and_noes: fn(&Votes) -> (u32, u32)| halves.iter().all(|half| is_carried(ayes_and_noes(half)));
    let ways = [
        (PictureMotion::Outwards, in_both(|half| (half.outwards, half.inwards))),
        (PictureMotion::Inwards, in_both(|half| (half.inwards, half.outwards))),
        (PictureMotion::Leftwards, in_both(|half| (half.leftwards, half.rightwards))),
        (PictureMotion::Rightwards, in_both(|half| (half.rightwards, half.leftwards))),
    ];
    let mut carried = ways.into_iter().filter(|(_, is)| *is).map(|(way, _)| way);
    carried.next().filter(|_| carried.next().is_none())
}

fn is_carried((ayes, noes): (u32, u32)) -> bool {
    ayes >= QUORUM && ayes >= noes * MAJORITY
}

/// The votes of one half of a picture.
#[derive(Debug, Clone, Copy, Default)]
struct Votes {
    outwards: u32,
    inwards: u32,
    leftwards: u32,
    rightwards: u32,
}

impl Votes {
    /// Takes the votes of a cell that lies so far from the middle of the picture.
    fn take(&mut self, cell: &Cell, (right, down): (f32, f32)) {
        let Some(slopes) = cell.slopes() else { return };
        if right.hypot(down) >= MIDDLE {
            let moved = slopes.along(right, down);
            self.outwards += u32::from(moved > 0);
            self.inwards += u32::from(moved < 0);
        }
        let moved = slopes.along(1.0, 0.0);
        self.rightwards += u32::from(moved > 0);
        self.leftwards += u32::from(moved < 0);
    }
}

/// The votes of the left and of the right half.
fn votes(before: &Thumbnail, now: &Thumbnail, horizon: f32) -> [Votes; 2] {
    let [mut left, mut right] = [Votes::default(); 2];
    let (before, now): (Vec<&[u8]>, Vec<&[u8]>) = (before.rows().collect(), now.rows().collect());
    let across = now.first().map_or(0, |row| row.len());
    if before.len() != now.len() || before.first().map_or(0, |row| row.len()) != across {
        return [left, right];
    }
    let middle = (real(across) / 2.0, real(now.len()) * horizon);
    // Slopes take a sample on each side: the outermost ones are in no cell.
    let mut cells = vec![Cell::default(); across.saturating_sub(2).div_ceil(CELL)];
    let threes: Vec<_> = before.windows(3).zip(now.windows(3)).collect();
    for (band, rows) in threes.chunks(CELL).enumerate() {
        cells.fill(Cell::default());
        for (before, now) in rows {
            add(&mut cells, before, now);
        }
        for (column, cell) in cells.iter().enumerate() {
            let from_middle = (centre(column) - middle.0, centre(band) - middle.1);
            let half = if from_middle.0 < 0.0 { &mut left } else { &mut right };
            half.take(cell, from_middle);
        }
    }
    [left, right]
}

/// Where the middle of a cell lies, in samples from the edge of the picture.
fn centre(cell: usize) -> f32 {
    1.0 + (real(cell) + 0.5) * real(CELL)
}

#[expect(clippy::cast_precision_loss, reason = "samples along a picture, far below 2^24")]
fn real(count: usize) -> f32 {
    count as f32
}

/// Adds the middle one of three rows of samples to the cells in which it lies.
fn add(cells: &mut [Cell], before: &[&[u8]], now: &[&[u8]]) {
    let (&[before_above, before, before_below], &[above, now, below]) = (before, now) else { return };
    let rise = |row: &[u8], from: usize, to: usize| i32::from(row[to]) - i32::from(row[from]);
    for (index, cell) in cells.iter_mut().enumerate() {
        let first = 1 + index * CELL;
        for at in first..(first + CELL).min(now.len() - 1) {
            let change = i32::from(now[at]) - i32::from(before[at]);
            let across = rise(before, at - 1, at + 1) + rise(now, at - 1, at + 1);
            let down = i32::from(before_below[at]) - i32::from(before_above[at]) + i32::from(below[at]) - i32::from(above[at]);
            cell.add([i32::from(now[at]) + i32::from(before[at]), change, across, down]);
        }
    }
}

/// What is summed up over the samples of a cell: light (the sum of both pictures), change, and the slopes across and down.
const SUMMED: usize = 4;

/// Sums over the samples of a cell.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    count: i32,
    sums: [i32; SUMMED],
    /// Of the products with each other, of which only those of one with itself or a later one are kept.
    products: [[i32; SUMMED]; SUMMED],
}

impl Cell {
    fn add(&mut self, summed: [i32; SUMMED]) {
        self.count += 1;
        for (at, one) in summed.into_iter().enumerate() {
            self.sums[at] += one;
            for (other_at, other) in summed.into_iter().enumerate().skip(at) {
                self.products[at][other_at] += one * other;
            }
        }
    }

    /// How change and slopes vary together; none where nothing has changed. What goes with the light is left out, and so is the mean:
    /// a lamp, or an aperture that opens, makes all that is bright still brighter.
    fn slopes(&self) -> Option<Slopes> {
        let [light, change, across, down] = [0, 1, 2, 3];
        let count = float(self.count.max(1));
        let together = |one: usize, other: usize| {
            float(self.products[one][other]) / count - float(self.sums[one]) / count * (float(self.sums[other]) / count)
        };
        let light_light = together(light, light).max(1.0);
        let without_light =
            |one: usize, other: usize| together(one, other) - together(light, one) * together(light, other) / light_light;
        let slopes = Slopes {
            change: without_light(change, change),
            change_across: without_light(change, across),
            change_down: without_light(change, down),
            across: without_light(across, across),
            across_down: without_light(across, down),
            down: without_light(down, down),
        };
        (slopes.change >= CHANGED).then_some(slopes)
    }
}

#[expect(clippy::cast_precision_loss, reason = "sums whose last bits do not matter")]
fn float(sum: i32) -> f32 {
    sum as f32
}

/// Variances and covariances in a cell.
#[derive(Debug, Clone, Copy)]
struct Slopes {
    change: f32,
    change_across: f32,
    change_down: f32,
    across: f32,
    across_down: f32,
    down: f32,
}

impl Slopes {
    /// 1 if the cell has moved in this direction, -1 if the other way, 0 if neither is clear.
    fn along(&self, right: f32, down: f32) -> i32 {
        let together = right * self.change_across + down * self.change_down;
        let slope = right * right * self.across + 2.0 * right * down * self.across_down + down * down * self.down;
        if together * together < CLEAR * self.change * slope || together == 0.0 {
            return 0;
        }
        // What moves along its slope, uphill, gets darker.
        if together < 0.0 { 1 } else { -1 }
    }
}

#[cfg(test)]
mod tests;
