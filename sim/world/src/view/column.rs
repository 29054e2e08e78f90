//! One column of a picture while it is filled from near to far.

/// Pixels (luma, U, V in the lower three bytes) and which of them are still open.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub pixels: Vec<u32>,
    open: Vec<u64>,
}

const WORD: usize = 64;

impl Column {
    pub(crate) fn new(rows: usize) -> Self {
        Self { pixels: vec![0; rows], open: vec![0; rows.div_ceil(WORD)] }
    }

    /// Opens all rows.
    pub(crate) fn open(&mut self) {
        let rows = self.pixels.len();
        for (index, word) in self.open.iter_mut().enumerate() {
            *word = mask(0, (rows - index * WORD).min(WORD));
        }
    }

    /// Fills the open rows of `from..to` with one colour. Rows count from the top; a pixel is meant by its middle.
    pub(crate) fn fill(&mut self, from: f32, to: f32, colour: u32) {
        let Some((first, last)) = self.rows(from, to) else { return };
        for index in first / WORD..=(last - 1) / WORD {
            let base = index * WORD;
            let mut hit = self.open[index] & mask(first.max(base) - base, (last - base).min(WORD));
            self.open[index] &= !hit;
            while hit != 0 {
                let start = hit.trailing_zeros() as usize;
                let run = (hit >> start).trailing_ones() as usize;
                self.pixels[base + start..base + start + run].fill(colour);
                hit &= !mask(start, start + run);
            }
        }
    }

    /// True if no row of `from..to` is open.
    pub(crate) fn closed(&self, from: f32, to: f32) -> bool {
        let Some((first, last)) = self.rows(from, to) else { return true };
        (first / WORD..=(last - 1) / WORD).all(|index| {
            let base = index * WORD;
            self.open[index] & mask(first.max(base) - base, (last - base).min(WORD)) == 0
        })
    }

    /// Hands out each run of rows that is still open, with the number of its first row.
    pub(crate) fn open_runs(&mut self, mut paint: impl FnMut(usize, &mut [u32])) {
        for (index, &open) in self.open.iter().enumerate() {
            let mut open = open;
            while open != 0 {
                let start = open.trailing_zeros() as usize;
                let run = (open >> start).trailing_ones() as usize;
                let first = index * WORD + start;
                paint(first, &mut self.pixels[first..first + run]);
                open &= !mask(start, start + run);
            }
        }
    }

    fn rows(&self, from: f32, to: f32) -> Option<(usize, usize)> {
        // By way of i32: the processor has no short way from f32 to usize.
        let whole = |row: f32| (row + 0.5).max(0.0) as i32 as usize;
        let (first, last) = (whole(from), whole(to).min(self.pixels.len()));
        (first < last).then_some((first, last))
    }
}

/// The bits `from..to`.
fn mask(from: usize, to: usize) -> u64 {
    let below = |bit: usize| if bit >= WORD { u64::MAX } else { (1 << bit) - 1 };
    below(to) & !below(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_first_stays() {
        let mut column = Column::new(344);
        column.open();
        column.fill(60.0, 70.0, 1);
        column.fill(-1e9, 1e9, 2);
        assert_eq!(column.pixels[59..71], [2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
        assert!(column.closed(0.0, 344.0));
        column.open_runs(|_, pixels| pixels.fill(3));
        assert!(!column.pixels.contains(&3));
    }

    #[test]
    fn open_rows_are_painted_by_their_number() {
        let mut column = Column::new(130);
        column.open();
        column.fill(2.0, 129.0, 0);
        assert!(!column.closed(0.0, 5.0) && column.closed(2.0, 129.0));
        column.open_runs(|first, pixels| {
            for (pixel, row) in pixels.iter_mut().zip(first..) {
                *pixel = row as u32 + 1000;
            }
        });
        assert_eq!((column.pixels[1], column.pixels[2], column.pixels[129]), (1001, 0, 1129));
    }

    #[test]
    fn nonsense_rows_are_not_drawn() {
        let mut column = Column::new(64);
        column.open();
        column.fill(f32::NAN, f32::NAN, 1);
        column.fill(40.0, 20.0, 1);
        column.fill(1e30, f32::INFINITY, 1);
        assert!(!column.closed(0.0, 64.0) && !column.pixels.contains(&1));
    }
}
