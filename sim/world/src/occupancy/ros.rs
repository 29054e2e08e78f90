//! ROS `map_server`: a small YAML that says how to read the picture beside it.

use super::{Cell, MapError, OccupancyGrid, pgm};

/// What the YAML says.
#[derive(Debug, Clone, PartialEq)]
pub struct RosMap {
    /// File name of the picture, as written: relative to the YAML's folder.
    pub image: String,
    /// Side of a cell.
    pub cell_m: f64,
    /// South-west corner of the picture.
    pub origin: (f64, f64),
    /// True if bright means taken.
    pub negate: bool,
    /// Above this a cell is taken.
    pub occupied_above: f64,
    /// Below this a cell is free.
    pub free_below: f64,
}

impl RosMap {
    /// Reads the YAML. Only the keys of `map_server` are looked at; lists may stand in brackets or one entry a line.
    ///
    /// # Errors
    /// [`MapError::Value`] names the key, what it holds and what it may hold.
    pub fn parse(yaml: &str) -> Result<Self, MapError> {
        let image = values(yaml, "image").concat();
        if image.is_empty() {
            return Err(MapError::value("image", "missing", "the name of a PGM file is needed"));
        }
        let mode = values(yaml, "mode").concat();
        if !matches!(mode.as_str(), "" | "trinary") {
            return Err(MapError::value("mode", mode, "allowed is trinary"));
        }
        let origin = values(yaml, "origin");
        let [x, y, yaw] = origin.as_slice() else {
            return Err(MapError::value("origin", format!("[{}]", origin.join(", ")), "allowed is [x, y, 0]"));
        };
        if number("origin", yaw)? != 0.0 {
            return Err(MapError::value(
                "origin",
                format!("turned by {yaw}"),
                "only maps that are not turned can be read; turn the picture",
            ));
        }
        let map = Self {
            image,
            cell_m: number("resolution", &values(yaml, "resolution").concat())?,
            origin: (number("origin", x)?, number("origin", y)?),
            negate: number("negate", &values(yaml, "negate").concat())? != 0.0,
            occupied_above: number("occupied_thresh", &values(yaml, "occupied_thresh").concat())?,
            free_below: number("free_thresh", &values(yaml, "free_thresh").concat())?,
        };
        if map.free_below > map.occupied_above {
            return Err(MapError::value("free_thresh", map.free_below, "it must not be above occupied_thresh"));
        }
        Ok(map)
    }

    /// Reads the picture.
    ///
    /// # Errors
    /// [`MapError`] if it is no PGM, cut off, or of a size that no site has.
    pub fn grid(&self, picture: &[u8]) -> Result<OccupancyGrid, MapError> {
        let picture = pgm::parse(picture)?;
        let cells: Vec<Cell> = picture.grey.iter().map(|&grey| self.cell(grey)).collect();
        OccupancyGrid::from_north(self.origin, self.cell_m, picture.columns, &cells)
    }

    fn cell(&self, grey: u8) -> Cell {
        let taken = f64::from(if self.negate { grey } else { 255 - grey }) / 255.0;
        if taken > self.occupied_above {
            Cell::Taken
        } else if taken < self.free_below {
            Cell::Free
        } else {
            Cell::Unknown
        }
    }
}

/// What stands behind a key: on its line, in brackets, or in the list below it.
fn values(yaml: &str, key: &str) -> Vec<String> {
    let clean = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    let mut lines = yaml.lines().map(|line| line.split(" #").next().unwrap_or_default().trim_end());
    let found = lines.by_ref().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'));
    let Some(found) = found.map(str::trim) else { return Vec::new() };
    if !found.is_empty() {
        let inner = found.strip_prefix('[').map_or(found, |inner| inner.trim_end_matches(']'));
        return if inner.len() < found.len() { inner.split(',').map(clean).collect() } else { vec![clean(found)] };
    }
    lines.map_while(|line| line.trim_start().strip_prefix('-').filter(|rest| rest.starts_with(' '))).map(clean).collect()
}

fn number(what: &'static str, text: &str) -> Result<f64, MapError> {
    let shown = if text.is_empty() { "missing" } else { text };
    let value: f64 = text.parse().map_err(|_| MapError::value(what, shown, "a number is needed"))?;
    if value.is_finite() { Ok(value) } else { Err(MapError::value(what, text, "a finite number is needed")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "image: hall.pgm\nresolution: 0.050000\norigin: [-7.000, -10.500000, 0.000000]\nnegate: 0\n\
                        occupied_thresh: 0.65\nfree_thresh: 0.196\n\n# a note\n";

    #[test]
    fn the_keys_of_map_server_are_read() {
        let map = RosMap::parse(YAML).expect("fine");
        assert_eq!((map.image.as_str(), map.cell_m, map.origin, map.negate), ("hall.pgm", 0.05, (-7.0, -10.5), false));
        let listed =
            YAML.replace(" [-7.000, -10.500000, 0.000000]", "\n- -7.0\n- -10.5\n- 0.0").replace("hall.pgm", "\"hall.pgm\"");
        assert_eq!(RosMap::parse(&listed), Ok(map));
    }

    #[test]
    fn thresholds_and_negation_tell_taken_free_and_unknown_apart() {
        let map = RosMap::parse(YAML).expect("fine");
        let grid = map.grid(b"P5\n# made by hand\n3 2\n255\n\x00\xcd\xfe\xfe\xfe\x00").expect("a grid");
        assert_eq!(grid.origin(), (-7.0, -10.5));
        let row = |grid: &OccupancyGrid, row| [0, 1, 2].map(|column| grid.cell(column, row));
        assert_eq!(row(&grid, 1), [Cell::Taken, Cell::Unknown, Cell::Free], "the picture's first row lies in the north");
        assert_eq!(row(&grid, 0), [Cell::Free, Cell::Free, Cell::Taken]);
        let negated = RosMap::parse(&YAML.replace("negate: 0", "negate: 1")).expect("fine");
        let grid = negated.grid(b"P2 3 1 255 0 254 128").expect("a grid");
        assert_eq!(row(&grid, 0), [Cell::Free, Cell::Taken, Cell::Unknown]);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_key() {
        let refused = |yaml: String| RosMap::parse(&yaml).expect_err("refused").to_string();
        assert_eq!(refused(YAML.replace("0.65", "high")), "the map's occupied_thresh is high; a number is needed");
        assert!(refused(YAML.replace("0.000000]", "0.5]")).contains("turned by 0.5"));
        assert!(refused(YAML.replace("image: hall.pgm\n", "")).contains("image is missing"));
        assert!(refused(format!("{YAML}mode: raw\n")).contains("trinary"));
        let map = RosMap::parse(YAML).expect("fine");
        assert_eq!(map.grid(b"P5 4 4 255\n1234").expect_err("refused"), MapError::Short { promised: 16, found: 4 });
        assert!(map.grid(b"P6 1 1 255\n123").is_err());
    }
}
