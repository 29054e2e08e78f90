//! How far it is to the nearest obstacle, for each square of the floor.

use crate::{Ground, Outline};

/// Distances on a grid of square cells. Exact between middles of cells (two passes of lower envelopes of parabolas).
#[derive(Debug, Clone, PartialEq)]
pub struct DistanceField {
    low: (f64, f64),
    cell_m: f64,
    columns: usize,
    rows: usize,
    metres: Vec<f32>,
}

impl DistanceField {
    /// From cells, row by row from the south-west; true is taken.
    ///
    /// # Panics
    /// Never: cells that are missing count as free, and cells too many are left out.
    #[must_use]
    pub fn new(low: (f64, f64), cell_m: f64, columns: usize, taken: &[bool]) -> Self {
        let columns = columns.max(1);
        let rows = taken.len() / columns;
        let mut squared: Vec<f64> = taken[..columns * rows].iter().map(|&taken| if taken { 0.0 } else { FAR }).collect();
        let mut envelope = Envelope::new(columns.max(rows));
        for row in squared.chunks_exact_mut(columns) {
            envelope.lower(row);
        }
        let mut line = vec![0.0; rows];
        for column in 0..columns {
            for (value, row) in line.iter_mut().zip(squared.chunks_exact(columns)) {
                *value = row[column];
            }
            envelope.lower(&mut line);
            for (value, row) in line.iter().zip(squared.chunks_exact_mut(columns)) {
                row[column] = *value;
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "metres on a site")]
        let metres = squared.into_iter().map(|squared| (squared.sqrt() * cell_m) as f32).collect();
        Self { low, cell_m, columns, rows, metres }
    }

    /// Over the bounds of a ground and `margin_m` around them.
    #[must_use]
    pub fn of(ground: &Ground, cell_m: f64, margin_m: f64) -> Self {
        let (low, high) = ground.bounds();
        let low = (low.0 - margin_m, low.1 - margin_m);
        let (columns, rows) = (cells(high.0 + margin_m - low.0, cell_m), cells(high.1 + margin_m - low.1, cell_m));
        let mut taken = vec![false; columns * rows];
        for solid in ground.solids() {
            let (from, to) = (cells(solid.low.0 - low.0, cell_m) - 1, cells(solid.high.0 - low.0, cell_m));
            for row in cells(solid.low.1 - low.1, cell_m) - 1..cells(solid.high.1 - low.1, cell_m).min(rows) {
                taken[row * columns + from..row * columns + to.min(columns)].fill(true);
            }
        }
        Self::new(low, cell_m, columns, &taken)
    }

    /// Metres from a point that surely hold no obstacle: the distance between middles of cells, less what the point and the
    /// obstacle may be off theirs. 0 outside of the field.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie in the field")]
    pub fn clear_m(&self, (x, y): (f64, f64)) -> f64 {
        let (column, row) = ((x - self.low.0) / self.cell_m, (y - self.low.1) / self.cell_m);
        if column < 0.0 || row < 0.0 {
            return 0.0;
        }
        let (column, row) = (column as usize, row as usize);
        if column >= self.columns || row >= self.rows {
            return 0.0;
        }
        (f64::from(self.metres[row * self.columns + column]) - self.cell_m * DIAGONAL).max(0.0)
    }

    /// True if three discs that cover the outline are surely free; false says nothing.
    #[must_use]
    pub fn surely_free(&self, outline: &Outline) -> bool {
        outline.discs().iter().all(|&(middle, radius)| self.clear_m(middle) >= radius)
    }

    /// Side of a cell.
    #[must_use]
    pub fn cell_m(&self) -> f64 {
        self.cell_m
    }
}

/// Cells that a length from the corner of the field reaches into.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and a site is no continent")]
fn cells(metres: f64, cell_m: f64) -> usize {
    (metres.max(0.0) / cell_m) as usize + 1
}

/// Work space for one line of the transform.
struct Envelope {
    values: Vec<f64>,
    /// Parabolas of the envelope, by their place on the line, and where each begins to be the lowest.
    places: Vec<usize>,
    begins: Vec<f64>,
}

impl Envelope {
    fn new(longest: usize) -> Self {
        Self { values: Vec::with_capacity(longest), places: Vec::with_capacity(longest), begins: Vec::with_capacity(longest) }
    }

    /// Replaces each value by the least of `value at q + (p - q)^2` over all q.
    fn lower(&mut self, line: &mut [f64]) {
        self.values.clear();
        self.values.extend_from_slice(line);
        self.places.clear();
        self.begins.clear();
        for (place, &value) in self.values.iter().enumerate().filter(|&(_, &value)| value < FAR) {
            let mut begin = f64::NEG_INFINITY;
            while let (Some(&last), Some(&last_begin)) = (self.places.last(), self.begins.last()) {
                let (at, before) = (to_f64(place), to_f64(last));
                begin = (value + at * at - self.values[last] - before * before) / (2.0 * (at - before));
                if begin > last_begin {
                    break;
                }
                self.places.pop();
                self.begins.pop();
                begin = f64::NEG_INFINITY;
            }
            self.places.push(place);
            self.begins.push(begin);
        }
        let mut lowest = 0;
        for (place, value) in line.iter_mut().enumerate().filter(|_| !self.places.is_empty()) {
            let at = to_f64(place);
            while self.begins.get(lowest + 1).is_some_and(|&begin| begin < at) {
                lowest += 1;
            }
            let off = at - to_f64(self.places[lowest]);
            *value = off * off + self.values[self.places[lowest]];
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "cells of a line")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

/// Squared cells; farther than any site is wide.
const FAR: f64 = 1e12;
/// A point and the nearest bit of an obstacle are each up to half a diagonal off the middle of their cell.
const DIAGONAL: f64 = std::f64::consts::SQRT_2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Place, Random, Solid, SolidKind};

    #[test]
    fn distances_are_those_of_a_search_over_all_cells() {
        let mut random = Random::new(3);
        let (columns, rows) = (23, 17);
        let taken: Vec<bool> = (0..columns * rows).map(|_| random.unit() < 0.04).collect();
        let field = DistanceField::new((0.0, 0.0), 0.5, columns, &taken);
        for (cell, metres) in field.metres.iter().enumerate() {
            let to = |other: usize| {
                let apart = |a: usize, b: usize| to_f64(a.abs_diff(b));
                apart(cell % columns, other % columns).hypot(apart(cell / columns, other / columns)) * 0.5
            };
            let nearest = (0..taken.len()).filter(|&other| taken[other]).map(to).fold(f64::INFINITY, f64::min);
            assert!((f64::from(*metres) - nearest).abs() < 1e-4, "cell {cell}: {metres} instead of {nearest}");
        }
    }

    #[test]
    fn an_outline_that_is_surely_free_overlaps_nothing() {
        let mut random = Random::new(4);
        let solids = (0..25).map(|_| {
            let low = (random.between(0.0, 25.0), random.between(0.0, 15.0));
            Solid::new(low, (low.0 + random.between(0.1, 3.0), low.1 + random.between(0.1, 1.0)), SolidKind::Clutter)
        });
        let ground = Ground::new(solids.collect());
        let field = DistanceField::of(&ground, 0.1, 2.0);
        let mut free = 0;
        for _ in 0..5_000 {
            let place =
                Place { x_m: random.between(-3.0, 30.0), y_m: random.between(-3.0, 20.0), heading_rad: random.between(0.0, 7.0) };
            let outline = Outline::around(&place, 1.85, 1.55, 1.1);
            if field.surely_free(&outline) {
                free += 1;
                assert!(ground.obstacle(&outline).is_none(), "{place:?}");
            }
        }
        assert!(free > 500, "only {free} were said to be free");
    }

    #[test]
    fn nothing_taken_is_far_from_everything() {
        let field = DistanceField::new((0.0, 0.0), 1.0, 3, &[false; 9]);
        assert!(field.clear_m((1.5, 1.5)) > 1e5);
        assert_eq!(field.clear_m((-0.1, 1.0)), 0.0);
    }
}
