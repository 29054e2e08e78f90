//! Maps of real sites: a grid of cells that are free, taken or unknown.
//!
//! Two formats are read: ROS `map_server` (YAML beside a PGM) and MovingAI `.map` with a cell size. What is unknown counts
//! as taken, because nobody has driven there.

mod movingai;
mod pgm;
mod ros;

pub use ros::RosMap;

use crate::{DistanceField, Ground, Solid, SolidKind};

/// Why a map cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MapError {
    /// The text says nothing usable about something that is needed.
    #[error("the map's {what} is {given}; {allowed}")]
    Value {
        /// What is wrong.
        what: &'static str,
        /// What stands there.
        given: String,
        /// What may stand there.
        allowed: &'static str,
    },
    /// A character of a MovingAI map that means nothing.
    #[error("line {line} of the map has {character:?} in column {column}; allowed are . G S E (free) and @ O T W (taken)")]
    Character {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What stands there.
        character: char,
    },
    /// Fewer cells than promised.
    #[error("the map promises {promised} cells and has {found}: it is cut off")]
    Short {
        /// Columns times rows.
        promised: usize,
        /// Cells there are.
        found: usize,
    },
}

impl MapError {
    pub(crate) fn value(what: &'static str, given: impl std::fmt::Display, allowed: &'static str) -> Self {
        Self::Value { what, given: format!("{given}"), allowed }
    }
}

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Floor.
    Free,
    /// Something stands there.
    Taken,
    /// Nobody has looked.
    Unknown,
}

/// A grid of square cells, row by row from the south-west.
#[derive(Debug, Clone, PartialEq)]
pub struct OccupancyGrid {
    low: (f64, f64),
    cell_m: f64,
    columns: usize,
    cells: Vec<Cell>,
}

impl OccupancyGrid {
    /// From rows that begin in the north, as pictures do.
    fn from_north(low: (f64, f64), cell_m: f64, columns: usize, cells: &[Cell]) -> Result<Self, MapError> {
        if !(CELL_M.0..=CELL_M.1).contains(&cell_m) {
            return Err(MapError::value("cell size in metres", cell_m, "allowed 0.01 to 10"));
        }
        if !low.0.is_finite() || !low.1.is_finite() {
            return Err(MapError::value("origin", format!("{low:?}"), "allowed are two finite numbers"));
        }
        let cells = cells.chunks_exact(columns.max(1)).rev().flatten().copied().collect();
        Ok(Self { low, cell_m, columns: columns.max(1), cells })
    }

    /// Reads a MovingAI map whose cells are `cell_m` wide; its south-west corner is the origin.
    ///
    /// # Errors
    /// [`MapError`] says what is wrong and where.
    pub fn from_moving_ai(text: &str, cell_m: f64) -> Result<Self, MapError> {
        let (columns, cells) = movingai::parse(text)?;
        Self::from_north((0.0, 0.0), cell_m, columns, &cells)
    }

    /// Columns and rows.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.columns, self.cells.len() / self.columns)
    }

    /// Side of a cell.
    #[must_use]
    pub fn cell_m(&self) -> f64 {
        self.cell_m
    }

    /// South-west corner.
    #[must_use]
    pub fn origin(&self) -> (f64, f64) {
        self.low
    }

    /// The cell at a column from the west and a row from the south; unknown outside.
    #[must_use]
    pub fn cell(&self, column: usize, row: usize) -> Cell {
        if column >= self.columns {
            return Cell::Unknown;
        }
        self.cells.get(row * self.columns + column).copied().unwrap_or(Cell::Unknown)
    }

    /// Middle of a cell.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "cells of a site")]
    pub fn middle(&self, column: usize, row: usize) -> (f64, f64) {
        (self.low.0 + (column as f64 + 0.5) * self.cell_m, self.low.1 + (row as f64 + 0.5) * self.cell_m)
    }

    /// How far each cell is from what is not free.
    #[must_use]
    pub fn field(&self) -> DistanceField {
        let taken: Vec<bool> = self.cells.iter().map(|&cell| cell != Cell::Free).collect();
        DistanceField::new(self.low, self.cell_m, self.columns, &taken)
    }

    /// What is not free as few upright rectangles: each grows east from its first cell, then north.
    #[must_use]
    pub fn ground(&self) -> Ground {
        let (columns, rows) = self.size();
        let mut open: Vec<bool> = self.cells.iter().map(|&cell| cell != Cell::Free).collect();
        let mut solids = Vec::new();
        for row in 0..rows {
            let mut column = 0;
            while column < columns {
                if !open[row * columns + column] {
                    column += 1;
                    continue;
                }
                let wide = open[row * columns + column..(row + 1) * columns].iter().take_while(|&&open| open).count();
                let span = |row: usize| row * columns + column..row * columns + column + wide;
                let high = (row..rows).take_while(|&row| open[span(row)].iter().all(|&open| open)).count();
                for row in row..row + high {
                    open[span(row)].fill(false);
                }
                solids.push(Solid::new(self.corner(column, row), self.corner(column + wide, row + high), SolidKind::Wall));
                column += wide;
            }
        }
        Ground::new(solids)
    }

    #[expect(clippy::cast_precision_loss, reason = "cells of a site")]
    fn corner(&self, column: usize, row: usize) -> (f64, f64) {
        (self.low.0 + column as f64 * self.cell_m, self.low.1 + row as f64 * self.cell_m)
    }
}

/// A promised size that a file may have.
fn checked_size(columns: usize, rows: usize) -> Result<usize, MapError> {
    let cells = columns.saturating_mul(rows);
    if columns == 0 || rows == 0 || cells > MOST_CELLS {
        return Err(MapError::value("size", format!("{columns} x {rows}"), "allowed are 1 to 25,000,000 cells"));
    }
    Ok(cells)
}

/// From a finely scanned hall to the coarsest game map.
const CELL_M: (f64, f64) = (0.01, 10.0);
/// 250 x 250 m at 5 cm.
const MOST_CELLS: usize = 25_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outline, Place, Random};
    use proptest::prelude::*;

    const SMALL: &str = "type octile\nheight 3\nwidth 5\nmap\n..@@.\n..@@.\nT...@\n";

    #[test]
    fn a_moving_ai_map_lies_with_its_first_line_in_the_north() {
        let grid = OccupancyGrid::from_moving_ai(SMALL, 2.0).expect("a map");
        assert_eq!(grid.size(), (5, 3));
        assert_eq!((grid.cell(0, 0), grid.cell(2, 2), grid.cell(2, 0)), (Cell::Taken, Cell::Taken, Cell::Free));
        assert_eq!(grid.cell(5, 0), Cell::Unknown);
        let ground = grid.ground();
        let corners: Vec<_> = ground.solids().iter().map(|solid| (solid.low, solid.high)).collect();
        assert_eq!(corners, [((0.0, 0.0), (2.0, 2.0)), ((8.0, 0.0), (10.0, 2.0)), ((4.0, 2.0), (8.0, 6.0))]);
    }

    #[test]
    fn broken_maps_are_refused_with_the_place() {
        let refused = |text: &str| OccupancyGrid::from_moving_ai(text, 1.0).expect_err("refused").to_string();
        assert_eq!(
            refused("height 1\nwidth 2\nmap\n.x\n"),
            "line 4 of the map has 'x' in column 2; allowed are . G S E (free) and @ O T W (taken)"
        );
        assert_eq!(refused("height 2\nwidth 2\nmap\n..\n"), "the map promises 4 cells and has 2: it is cut off");
        assert!(refused("width 2\nmap\n..\n").contains("height"));
        assert!(refused("height 0\nwidth 2\nmap\n").contains("1 to 25,000,000"));
        let cell = OccupancyGrid::from_moving_ai(SMALL, 0.0).expect_err("refused").to_string();
        assert_eq!(cell, "the map's cell size in metres is 0; allowed 0.01 to 10");
    }

    #[test]
    fn the_rectangles_take_exactly_what_is_not_free() {
        let mut random = Random::new(5);
        for _ in 0..20 {
            let rows: Vec<String> =
                (0..12).map(|_| (0..17).map(|_| if random.unit() < 0.35 { '@' } else { '.' }).collect()).collect();
            let grid =
                OccupancyGrid::from_moving_ai(&format!("height 12\nwidth 17\nmap\n{}\n", rows.join("\n")), 0.5).expect("a map");
            let ground = grid.ground();
            for row in 0..12 {
                for column in 0..17 {
                    let (x_m, y_m) = grid.middle(column, row);
                    let dot = Outline::around(&Place { x_m, y_m, heading_rad: 0.0 }, 0.1, 0.1, 0.2);
                    assert_eq!(ground.obstacle(&dot).is_some(), grid.cell(column, row) != Cell::Free);
                }
            }
            let area: f64 = ground.solids().iter().map(|solid| (solid.high.0 - solid.low.0) * (solid.high.1 - solid.low.1)).sum();
            let taken = grid.cells.iter().filter(|&&cell| cell != Cell::Free).count();
            assert!((area - 0.25 * f64::from(u32::try_from(taken).expect("few"))).abs() < 1e-9, "no two overlap");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_file_holds_it_is_read_or_refused(text in "(height|width|map|type| |\n|[0-9]{1,3}|[.@TGx]){0,40}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = OccupancyGrid::from_moving_ai(&text, 1.0);
            let _ = RosMap::parse(&text);
            let map = RosMap::parse("image: a.pgm\nresolution: 0.05\norigin: [0, 0, 0]\nnegate: 0\noccupied_thresh: 0.65\nfree_thresh: 0.196\n").expect("fine");
            let _ = map.grid(&bytes);
            let _ = map.grid(&[b"P5 ".as_slice(), &bytes].concat());
        }
    }
}
