//! The points of a scan in square cells, so that a sweep looks only at those near the vehicle.
//!
//! 128 rows of 128 cells: one word for each row says which cells hold anything, and one for each band of four rows, so that
//! most of the free floor is passed by a band at a time. Built once a scan, in place.

use crate::geometry::{Pose, Rect, larger, smaller};

/// Points by cell.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    /// Half of the grid's side; what is farther off is not kept.
    half: f64,
    cells_per_m: f64,
    occupied: [u128; SIDE],
    /// What the rows of a band hold together.
    bands: [u128; SIDE / BAND],
    /// The last point put into each cell that is occupied.
    heads: Vec<u16>,
    points: Vec<Point>,
    most_points: usize,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
    /// The point put into the same cell before.
    next: u16,
}

impl Grid {
    /// Room for `most_points` within `reach` metres of the middle.
    pub(crate) fn new(reach: f64, most_points: usize) -> Self {
        let heads = vec![NONE; SIDE * SIDE];
        Self {
            half: reach,
            cells_per_m: WIDTH / (2.0 * reach),
            occupied: [0; SIDE],
            bands: [0; SIDE / BAND],
            heads,
            points: Vec::with_capacity(most_points),
            most_points,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.occupied = [0; SIDE];
        self.bands = [0; SIDE / BAND];
        self.points.clear();
    }

    /// Adds a point; false if there is no room.
    pub(crate) fn insert(&mut self, x: f64, y: f64) -> bool {
        let (Some(column), Some(row)) = (self.place(x), self.place(y)) else { return true };
        let Some(number) = u16::try_from(self.points.len()).ok().filter(|_| self.points.len() < self.most_points) else {
            return false;
        };
        let (Some(word), Some(head)) = (self.occupied.get_mut(row), self.heads.get_mut(row * SIDE + column)) else { return true };
        let Some(band) = self.bands.get_mut(row / BAND) else { return true };
        let next = if *word & (1 << column) == 0 { NONE } else { *head };
        *word |= 1 << column;
        *band |= 1 << column;
        *head = number;
        self.points.push(Point { x, y, next });
        true
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The cell of a coordinate, unless it lies outside.
    fn place(&self, at: f64) -> Option<usize> {
        let place = (at + self.half) * self.cells_per_m;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in 0..128")]
        (0.0..WIDTH).contains(&place).then_some(place as usize)
    }

    /// Shows `look` every point whose cell touches the rectangle `around`, which is given in the frame of `pose`, until it
    /// answers false.
    pub(crate) fn near(&self, pose: &Pose, around: &Rect, mut look: impl FnMut(f64, f64) -> bool) {
        if self.points.is_empty() {
            return;
        }
        let cut = Cut::new(self, pose, around);
        let mut row = cut.first;
        for held in self.bands.iter().skip(row / BAND) {
            if row > cut.last {
                return;
            }
            // Up to the end of the band, or of the cut.
            let end = (row + BAND - row % BAND).min(cut.last + 1);
            if meet(*held, cut.cells(row, BAND)) {
                let rows = self.occupied.iter().enumerate().take(end).skip(row);
                for (row, held) in rows {
                    if !self.look_at_row(row, held & cut.cells(row, 1), &mut look) {
                        return;
                    }
                }
            }
            row = end;
        }
    }

    fn look_at_row(&self, row: usize, mut cells: u128, look: &mut impl FnMut(f64, f64) -> bool) -> bool {
        while cells != 0 {
            let head = self.heads.get(row * SIDE + cells.trailing_zeros() as usize).copied().unwrap_or(NONE);
            cells &= cells - 1;
            if !self.look_at_cell(head, look) {
                return false;
            }
        }
        true
    }

    fn look_at_cell(&self, head: u16, look: &mut impl FnMut(f64, f64) -> bool) -> bool {
        let mut number = head;
        while let Some(point) = self.points.get(usize::from(number)) {
            if !look(point.x, point.y) {
                return false;
            }
            number = point.next;
        }
        true
    }
}

/// What a turned rectangle covers of the rows, in cells from the edge of the grid.
///
/// The rectangle is the common part of two strips. Along a row at height `y` a strip covers `slope * y - half` to
/// `slope * y + half`; over the whole height of a row its ends move by the slope, and from row to row by the same again.
struct Cut {
    first: usize,
    last: usize,
    /// Ends of the upright rectangle around it.
    upright: (f64, f64),
    strips: [Strip; 2],
}

#[derive(Clone, Copy)]
struct Strip {
    /// Ends at the lower edge of the first row.
    low: f64,
    high: f64,
    /// From row to row.
    slope: f64,
}

impl Strip {
    /// Ends of what it covers of the `rows` rows that begin `above` rows above the first.
    fn ends(&self, above: f64, rows: f64) -> (f64, f64) {
        let (shift, over) = (self.slope * above, self.slope * rows);
        (self.low + shift + smaller(over, 0.0), self.high + shift + larger(over, 0.0))
    }
}

impl Cut {
    fn new(grid: &Grid, pose: &Pose, rect: &Rect) -> Self {
        let (x, y) = pose.outside(0.5 * (rect.x0 + rect.x1), 0.5 * (rect.y0 + rect.y1));
        let cells = grid.cells_per_m;
        let (x, y) = ((x + grid.half) * cells, (y + grid.half) * cells);
        let (length, width) = (0.5 * cells * (rect.x1 - rect.x0), 0.5 * cells * (rect.y1 - rect.y0));
        let wide = length * pose.cos.abs() + width * pose.sin.abs();
        let high = length * pose.sin.abs() + width * pose.cos.abs();
        let (first, last) = (cell(y - high), cell(y + high));
        let floor = f64::from(first) - y;
        let strip = |along: f64, across: f64, half: f64| {
            // A strip almost along the rows cuts nothing off them.
            if along.abs() < FLAT {
                return Strip { low: f64::NEG_INFINITY, high: f64::INFINITY, slope: 0.0 };
            }
            let (slope, half) = (-across / along, (half / along).abs());
            let middle = x + slope * floor;
            Strip { low: middle - half, high: middle + half, slope }
        };
        Self {
            first: first as usize,
            last: last as usize,
            upright: (x - wide, x + wide),
            strips: [strip(pose.cos, pose.sin, length), strip(-pose.sin, pose.cos, width)],
        }
    }

    /// The cells that it touches in any of the `count` rows from `row` on.
    fn cells(&self, row: usize, count: usize) -> u128 {
        #[expect(clippy::cast_precision_loss, reason = "at most 128")]
        let (above, rows) = (row as f64 - self.first as f64, count as f64);
        let [one, two] = self.strips.map(|strip| strip.ends(above, rows));
        let low = larger(larger(one.0, two.0), self.upright.0);
        let high = smaller(smaller(one.1, two.1), self.upright.1);
        if low <= high { (u128::MAX << cell(low)) & (u128::MAX >> (LAST - cell(high))) } else { 0 }
    }
}

/// True if two sets of cells have one in common.
fn meet(one: u128, two: u128) -> bool {
    one & two != 0
}

/// The cell at a place, or the one at the edge.
fn cell(place: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is kept within 0..128")]
    let cell = (place as i32).clamp(0, LAST.cast_signed()) as u32;
    cell
}

const SIDE: usize = 128;
/// Rows in a band.
const BAND: usize = 4;
const WIDTH: f64 = 128.0;
const LAST: u32 = 127;
/// No point.
const NONE: u16 = u16::MAX;
/// Sine below which a side counts as lying along the rows.
const FLAT: f64 = 0.02;

#[cfg(test)]
mod tests;
