//! Some columns of a picture side by side, filled one after the other from near to far.

/// Columns drawn together before they go into the picture: 22 KB of pixels, which the first cache holds.
pub(crate) const TILE: usize = 16;
/// A pixel that nothing has been drawn on; no colour is 0.
pub(crate) const OPEN: u32 = 0;

/// Pixels (luma, U, V in the lower three bytes), row by row, and which rows of the column at work are still open.
#[derive(Debug, Clone)]
pub(crate) struct Tile {
    pixels: Vec<u32>,
    rows: usize,
    column: usize,
    open: Vec<u64>,
}

const WORD: usize = 64;

impl Tile {
    pub(crate) fn new(rows: usize) -> Self {
        Self { pixels: vec![OPEN; rows * TILE], rows, column: 0, open: vec![0; rows.div_ceil(WORD)] }
    }

    /// Forgets what was drawn.
    pub(crate) fn clear(&mut self) {
        self.pixels.fill(OPEN);
    }

    /// Turns to one of its columns, all of whose rows are open.
    pub(crate) fn turn_to(&mut self, column: usize) {
        self.column = column % TILE;
        let rows = self.rows;
        for (index, word) in self.open.iter_mut().enumerate() {
            *word = up_to((rows - index * WORD).min(WORD) - 1);
        }
    }

    /// The pixels of each row.
    pub(crate) fn lines(&self) -> &[[u32; TILE]] {
        self.pixels.as_chunks().0
    }

    /// Fills the open rows of `from..to` with one colour. Rows count from the top; a pixel is meant by its middle.
    pub(crate) fn fill(&mut self, from: f32, to: f32, colour: u32) {
        let Some((first, last)) = self.between(from, to) else { return };
        let (begin, end) = (first / WORD, last / WORD);
        for index in begin..=end {
            let mut hit = self.open[index];
            if index == begin {
                hit &= u64::MAX << (first % WORD);
            }
            if index == end {
                hit &= up_to(last % WORD);
            }
            self.open[index] ^= hit;
            while hit != 0 {
                let start = hit.trailing_zeros() as usize;
                let run = (hit >> start).trailing_ones() as usize;
                let line = (index * WORD + start) * TILE + self.column;
                for pixel in self.pixels[line..].iter_mut().step_by(TILE).take(run) {
                    *pixel = colour;
                }
                hit &= !(up_to(run - 1) << start);
            }
        }
    }

    /// True if no row of `from..to` is open.
    pub(crate) fn closed(&self, from: f32, to: f32) -> bool {
        let Some((first, last)) = self.between(from, to) else { return true };
        let (begin, end) = (first / WORD, last / WORD);
        let (head, tail) = (u64::MAX << (first % WORD), up_to(last % WORD));
        if begin == end {
            return self.open[begin] & head & tail == 0;
        }
        self.open[begin] & head == 0 && self.open[end] & tail == 0 && self.open[begin + 1..end].iter().all(|&word| word == 0)
    }

    /// The first and the last row between two heights, if there is any.
    fn between(&self, from: f32, to: f32) -> Option<(usize, usize)> {
        // By way of i32: the processor has no short way from f32 to usize.
        let whole = |row: f32| (row + 0.5).max(0.0) as i32 as usize;
        let (first, end) = (whole(from), whole(to).min(self.rows));
        (first < end).then(|| (first, end - 1))
    }
}

/// The bits from 0 to this one.
fn up_to(bit: usize) -> u64 {
    u64::MAX >> (WORD - 1 - bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(tile: &Tile, column: usize) -> Vec<u32> {
        tile.lines().iter().map(|line| line[column]).collect()
    }

    #[test]
    fn what_is_filled_first_stays() {
        let mut tile = Tile::new(344);
        tile.turn_to(3);
        tile.fill(60.0, 70.0, 1);
        tile.fill(-1e9, 1e9, 2);
        let rows = drawn(&tile, 3);
        assert_eq!(rows[59..71], [2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
        assert!(tile.closed(0.0, 344.0) && !rows.contains(&OPEN));
        assert!(drawn(&tile, 4).iter().all(|&pixel| pixel == OPEN), "its neighbour is untouched");
    }

    #[test]
    fn rows_that_nothing_covers_stay_open() {
        let mut tile = Tile::new(130);
        tile.turn_to(0);
        tile.fill(2.0, 129.0, 5);
        assert!(!tile.closed(0.0, 5.0) && tile.closed(2.0, 129.0) && !tile.closed(100.0, 130.0));
        let rows = drawn(&tile, 0);
        assert_eq!((rows[1], rows[2], rows[128], rows[129]), (OPEN, 5, 5, OPEN));
    }

    #[test]
    fn nonsense_rows_are_not_drawn() {
        let mut tile = Tile::new(64);
        tile.turn_to(0);
        tile.fill(f32::NAN, f32::NAN, 1);
        tile.fill(40.0, 20.0, 1);
        tile.fill(1e30, f32::INFINITY, 1);
        assert!(!tile.closed(0.0, 64.0) && !drawn(&tile, 0).contains(&1));
    }
}
