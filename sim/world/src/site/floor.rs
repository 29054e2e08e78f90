//! The painted floor: one colour number for each square of 2.5 cm.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "dots of a floor of some hundred metres"
)]

use super::paint::{BLUE, Colour, GREEN, PURPLE, RED, WHITE, YELLOW};

/// Dots a metre.
pub(crate) const DOTS_PER_M: f32 = 40.0;

/// Colours of the floor; the number in the map is the place in this list.
/// Sixteen, so that any four bits name one.
pub(crate) const FLOOR_COLOURS: [Colour; 16] = [
    Colour::rgb(126, 126, 122),
    Colour::rgb(120, 121, 118),
    Colour::rgb(131, 130, 125),
    Colour::rgb(96, 96, 94),
    YELLOW,
    WHITE,
    RED,
    BLUE,
    GREEN,
    YELLOW,
    PURPLE,
    Colour::rgb(70, 125, 85),
    WHITE,
    WHITE,
    WHITE,
    WHITE,
];
pub(crate) const JOINT: u8 = 3;
pub(crate) const LANE: u8 = 4;
pub(crate) const MARK: u8 = 5;
/// The first of the five dock colours.
pub(crate) const DOCK: u8 = 6;
pub(crate) const PARKING: u8 = 7;
pub(crate) const WALKWAY: u8 = 11;
/// Slabs of concrete differ a little: colours 0 to 2.
const SLABS: usize = 3;
const SLAB_M: f32 = 4.0;

/// The map.
#[derive(Debug)]
pub(crate) struct Floor {
    pub columns: usize,
    pub rows: usize,
    pub dots: Vec<u8>,
}

impl Floor {
    /// Bare concrete in slabs with joints.
    /// Its size east and north.
    pub(crate) fn size_m(&self) -> (f64, f64) {
        let metres = |dots: usize| f64::from(u32::try_from(dots).unwrap_or(u32::MAX)) / f64::from(DOTS_PER_M);
        (metres(self.columns), metres(self.rows))
    }

    pub(crate) fn concrete(size_m: (f32, f32)) -> Self {
        let (columns, rows) = ((size_m.0 * DOTS_PER_M) as usize, (size_m.1 * DOTS_PER_M) as usize);
        let slab = (SLAB_M * DOTS_PER_M) as usize;
        let dot = |column: usize, row: usize| {
            if column.is_multiple_of(slab) || row.is_multiple_of(slab) {
                return JOINT;
            }
            ((column / slab * 7 + row / slab * 5 + (column / slab) * (row / slab)) % SLABS) as u8
        };
        let dots = (0..rows).flat_map(|row| (0..columns).map(move |column| dot(column, row))).collect();
        Self { columns, rows, dots }
    }

    /// The colour number at a dot; 0 outside.
    pub(crate) fn dot(&self, column: u32, row: u32) -> u8 {
        let place = (row as usize).wrapping_mul(self.columns).wrapping_add(column as usize);
        self.dots.get(place).copied().unwrap_or(0)
    }

    /// Paints a rectangle from its south-west to its north-east corner in metres.
    pub(crate) fn rectangle(&mut self, low: (f32, f32), high: (f32, f32), colour: u8) {
        let along = |metres: f32, count: usize| ((metres * DOTS_PER_M).round().max(0.0) as usize).min(count);
        let (from, to) = (along(low.0, self.columns), along(high.0, self.columns));
        for row in along(low.1, self.rows)..along(high.1, self.rows) {
            self.dots[row * self.columns + from..row * self.columns + to].fill(colour);
        }
    }

    /// Paints the edge of a rectangle, `width` metres wide, inside it.
    pub(crate) fn frame(&mut self, low: (f32, f32), high: (f32, f32), width: f32, colour: u8) {
        self.rectangle(low, (high.0, low.1 + width), colour);
        self.rectangle((low.0, high.1 - width), high, colour);
        self.rectangle(low, (low.0 + width, high.1), colour);
        self.rectangle((high.0 - width, low.1), high, colour);
    }

    /// Paints an arrow of 1.6 m that points east (`1.0`) or west (`-1.0`) around its middle.
    pub(crate) fn arrow(&mut self, middle: (f32, f32), east: f32, colour: u8) {
        let shaft = (middle.0 - 0.8 * east, middle.0);
        self.rectangle((shaft.0.min(shaft.1), middle.1 - 0.1), (shaft.0.max(shaft.1), middle.1 + 0.1), colour);
        for step in 0..32 {
            let part = step as f32 / 32.0;
            let x = middle.0 + 0.8 * part * east;
            let half = 0.4 * (1.0 - part);
            self.rectangle((x.min(x + 0.025 * east), middle.1 - half), (x.max(x + 0.025 * east), middle.1 + half), colour);
        }
    }
}
