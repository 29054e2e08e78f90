//! Which stacks stand in which square of the site.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "squares of a site of some hundred metres"
)]

use super::Stack;

/// Side of a square in metres.
pub(crate) const SQUARE_M: f32 = 2.0;
/// West and south of the origin, so that walls lie inside.
pub(crate) const MARGIN_M: f32 = 1.0;

/// Squares of the floor, row by row from the south-west.
#[derive(Debug)]
pub(crate) struct Grid {
    pub columns: usize,
    pub rows: usize,
    /// Where each square's entries begin; one more than there are squares.
    starts: Vec<u32>,
    /// Where each square's details begin: what is too thin to be seen from afar comes last.
    details: Vec<u32>,
    entries: Vec<u32>,
    /// Highest top in each square.
    tops: Vec<f32>,
}

impl Grid {
    pub(crate) fn new(size_m: (f32, f32), stacks: &[Stack], top_of: impl Fn(&Stack) -> f32) -> Self {
        let count = |metres: f32| ((metres + 2.0 * MARGIN_M) / SQUARE_M).ceil() as usize;
        let (columns, rows) = (count(size_m.0), count(size_m.1));
        let mut grid = Self {
            columns,
            rows,
            starts: vec![0; columns * rows + 1],
            details: vec![0; columns * rows],
            entries: Vec::new(),
            tops: vec![0.0; columns * rows],
        };
        let mut squares = vec![Vec::new(); columns * rows];
        for (stack, index) in stacks.iter().zip(0..) {
            for square in grid.squares(stack.low, stack.high) {
                squares[square].push(index);
                grid.tops[square] = grid.tops[square].max(top_of(stack));
            }
        }
        for (square, found) in squares.into_iter().enumerate() {
            let (thin, thick): (Vec<u32>, Vec<u32>) = found.into_iter().partition(|&index| stacks[index as usize].detail);
            grid.entries.extend(thick);
            grid.details[square] = grid.entries.len() as u32;
            grid.entries.extend(thin);
            grid.starts[square + 1] = grid.entries.len() as u32;
        }
        grid
    }

    /// Indices of the stacks in one square that can be seen from afar.
    pub(crate) fn square_from_afar(&self, column: usize, row: usize) -> &[u32] {
        let square = row * self.columns + column;
        &self.entries[self.starts[square] as usize..self.details[square] as usize]
    }

    /// Indices of the stacks in one square.
    pub(crate) fn square(&self, column: usize, row: usize) -> &[u32] {
        let square = row * self.columns + column;
        &self.entries[self.starts[square] as usize..self.starts[square + 1] as usize]
    }

    /// Highest top of what stands in one square.
    pub(crate) fn top(&self, column: usize, row: usize) -> f32 {
        self.tops[row * self.columns + column]
    }

    /// Indices of the stacks in the squares that a rectangle touches; some come twice.
    pub(crate) fn around(&self, low: (f32, f32), high: (f32, f32)) -> impl Iterator<Item = usize> + '_ {
        self.squares(low, high)
            .flat_map(|square| self.square(square % self.columns, square / self.columns))
            .map(|&index| index as usize)
    }

    fn squares(&self, low: (f32, f32), high: (f32, f32)) -> impl Iterator<Item = usize> + use<> {
        let along = |metres: f32, count: usize| (((metres + MARGIN_M) / SQUARE_M).max(0.0) as usize).min(count - 1);
        let (from, to) = (along(low.0, self.columns), along(high.0, self.columns));
        let (first, last) = (along(low.1, self.rows), along(high.1, self.rows));
        let columns = self.columns;
        (first..=last).flat_map(move |row| (from..=to).map(move |column| row * columns + column))
    }
}
