//! The site's map as a vehicle uses it: what stands on the floor, where not to come to rest, where the site ends.
//!
//! Everything is in metres in the site's own frame, the one in which localisation answers. A return of a scanner that lies on the
//! map is a rack or a wall; all others may be a person. The map only ever explains: nothing that a scanner sees is left out for it.

mod file;
mod zone;

pub use file::SiteFile;
pub use zone::{Zone, ZoneKind};

use farhand_settings::SettingsError;
use std::path::Path;

/// A return this near to something on the map is explained by it: what localisation, scanner and surveyor may be out together.
pub const EXPLAINED_M: f64 = 0.2;

/// A site, ready to be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteMap {
    solids: Vec<[f64; 4]>,
    zones: Vec<Zone>,
    fence: Vec<(f64, f64)>,
    squares: Squares,
}

/// Which solids a square of the floor is near to.
#[derive(Debug, Clone, PartialEq, Default)]
struct Squares {
    origin: (f64, f64),
    columns: usize,
    rows: usize,
    /// Where the entries of each square begin, and one more.
    begins: Vec<u32>,
    entries: Vec<u32>,
}

impl SiteMap {
    /// Reads a site file; `path` is only named in errors.
    ///
    /// # Errors
    /// [`SettingsError`] with file, line and mend.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        farhand_settings::parse::<SiteFile>(text, path).map(|file| Self::of(&file))
    }

    /// A site whose numbers were checked.
    #[must_use]
    pub fn of(file: &SiteFile) -> Self {
        Self {
            squares: Squares::of(&file.solids),
            solids: file.solids.clone(),
            zones: file.keep_clear.clone(),
            fence: file.fence.iter().map(|&[x, y]| (x, y)).collect(),
        }
    }

    /// True if something on the map stands within [`EXPLAINED_M`] of a point.
    #[must_use]
    pub fn explains(&self, (x, y): (f64, f64)) -> bool {
        let near = |solid: &[f64; 4]| {
            let [low_x, low_y, high_x, high_y] = *solid;
            let (dx, dy) = ((low_x - x).max(x - high_x).max(0.0), (low_y - y).max(y - high_y).max(0.0));
            dx * dx + dy * dy <= EXPLAINED_M * EXPLAINED_M
        };
        self.squares.entries_at(x, y).iter().filter_map(|&index| self.solids.get(index as usize)).any(near)
    }

    /// Where a vehicle should not come to rest.
    #[must_use]
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// Corners of the polygon that a vehicle must not leave; fewer than three are no fence.
    #[must_use]
    pub fn fence(&self) -> &[(f64, f64)] {
        &self.fence
    }
}

impl Squares {
    fn of(solids: &[[f64; 4]]) -> Self {
        let grown = |solid: &[f64; 4]| {
            let [low_x, low_y, high_x, high_y] = *solid;
            (low_x - EXPLAINED_M, low_y - EXPLAINED_M, high_x + EXPLAINED_M, high_y + EXPLAINED_M)
        };
        let mut bounds = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
        for (low_x, low_y, high_x, high_y) in solids.iter().map(grown) {
            bounds = (bounds.0.min(low_x), bounds.1.min(low_y), bounds.2.max(high_x), bounds.3.max(high_y));
        }
        if solids.is_empty() {
            return Self::default();
        }
        let origin = (bounds.0, bounds.1);
        let (columns, rows) = (square(bounds.2 - origin.0) + 1, square(bounds.3 - origin.1) + 1);
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); columns * rows];
        for (index, solid) in (0_u32..).zip(solids) {
            let (low_x, low_y, high_x, high_y) = grown(solid);
            for row in square(low_y - origin.1)..=square(high_y - origin.1) {
                for column in square(low_x - origin.0)..=square(high_x - origin.0) {
                    if let Some(list) = lists.get_mut(row * columns + column) {
                        list.push(index);
                    }
                }
            }
        }
        let (mut begins, mut entries) = (vec![0], Vec::new());
        for list in lists {
            entries.extend(list);
            begins.push(u32::try_from(entries.len()).unwrap_or(u32::MAX));
        }
        Self { origin, columns, rows, begins, entries }
    }

    /// The solids that may be near to a point.
    fn entries_at(&self, x: f64, y: f64) -> &[u32] {
        let (dx, dy) = (x - self.origin.0, y - self.origin.1);
        if !(dx >= 0.0 && dy >= 0.0) {
            return &[];
        }
        let (column, row) = (square(dx), square(dy));
        if column >= self.columns || row >= self.rows {
            return &[];
        }
        let at = row * self.columns + column;
        let bound = |at: usize| self.begins.get(at).map_or(0, |&begin| begin as usize);
        self.entries.get(bound(at)..bound(at + 1)).unwrap_or(&[])
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a file's coordinates are bounded; the cast saturates"
)]
fn square(metres: f64) -> usize {
    (metres / SQUARE_M) as usize
}

const SQUARE_M: f64 = 2.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn hall() -> SiteMap {
        let text = "name = \"hall\"\nsolids = [\n    [0.0, -0.4, 60.0, 0.0],\n    [10.0, 5.0, 20.0, 6.1],\n]\n";
        SiteMap::parse(text, Path::new("hall.toml")).expect("good")
    }

    #[test]
    fn what_lies_on_the_map_is_explained_and_nothing_else() {
        let hall = hall();
        for on in [(10.0, 5.0), (15.0, 5.5), (20.19, 5.5), (9.81, 6.1), (59.9, 0.19), (0.0, -0.59)] {
            assert!(hall.explains(on), "{on:?}");
        }
        for off in [
            (15.0, 4.79),
            (20.21, 5.5),
            (20.15, 6.25),
            (30.0, 3.0),
            (-50.0, 0.0),
            (1e9, 1e9),
            (f64::NAN, 1.0),
            (1.0, f64::INFINITY),
        ] {
            assert!(!hall.explains(off), "{off:?}");
        }
    }

    #[test]
    fn the_squares_leave_nothing_out() {
        let hall = hall();
        let slow = |x: f64, y: f64| {
            hall.solids.iter().any(|&[low_x, low_y, high_x, high_y]| {
                let (dx, dy) = ((low_x - x).max(x - high_x).max(0.0), (low_y - y).max(y - high_y).max(0.0));
                dx.hypot(dy) <= EXPLAINED_M
            })
        };
        for column in 0..640 {
            for row in 0..90 {
                let (x, y) = (f64::from(column) * 0.1 - 1.03, f64::from(row) * 0.1 - 1.07);
                assert_eq!(hall.explains((x, y)), slow(x, y), "({x}, {y})");
            }
        }
    }

    #[test]
    fn an_empty_site_explains_nothing() {
        let empty = SiteMap::parse("name = \"yard\"\n", Path::new("yard.toml")).expect("good");
        assert!(!empty.explains((0.0, 0.0)) && empty.zones().is_empty() && empty.fence().is_empty());
    }
}
