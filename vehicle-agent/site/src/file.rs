//! The file that a site is read from.

use crate::Zone;
use farhand_settings::Settings;
use serde::Deserialize;
use std::fmt;

/// A site file, in metres in the site's frame. Written out, it is such a file again.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteFile {
    /// Its name, for people.
    pub name: String,
    /// What stands there for good, as upright rectangles: low x, low y, high x, high y. Pallets that come and go are left out:
    /// what is not on the map counts as a person.
    #[serde(default)]
    pub solids: Vec<[f64; 4]>,
    /// Where a vehicle should not come to rest.
    #[serde(default)]
    pub keep_clear: Vec<Zone>,
    /// Corners of the polygon that no vehicle leaves, in order; none is no fence.
    #[serde(default)]
    pub fence: Vec<[f64; 2]>,
}

impl Settings for SiteFile {
    fn check(&self) -> Result<(), (String, String)> {
        let too_many =
            |key: &str, most: usize, given: usize| Err((key.to_owned(), format!("has {given} entries; allowed 0 to {most}")));
        if self.solids.len() > MOST_SOLIDS {
            return too_many("solids", MOST_SOLIDS, self.solids.len());
        }
        if self.keep_clear.len() > MOST_ZONES {
            return too_many("keep_clear", MOST_ZONES, self.keep_clear.len());
        }
        if self.fence.len() > MOST_CORNERS {
            return too_many("fence", MOST_CORNERS, self.fence.len());
        }
        let numbers = self.solids.iter().flatten().chain(self.fence.iter().flatten());
        if let Some(wrong) = numbers.copied().find(|number| !within(*number)) {
            let key = if self.solids.iter().flatten().copied().any(|number| !within(number)) { "solids" } else { "fence" };
            return Err((key.into(), format!("holds {wrong}; allowed -{FARTHEST_M} to {FARTHEST_M} m")));
        }
        if let Some(index) = self.solids.iter().position(|&[low_x, low_y, high_x, high_y]| low_x >= high_x || low_y >= high_y) {
            let message = format!("entry {} is no rectangle; give low x, low y, high x, high y", index + 1);
            return Err(("solids".into(), message));
        }
        let area_m2: f64 = self.solids.iter().map(|&[low_x, low_y, high_x, high_y]| (high_x - low_x) * (high_y - low_y)).sum();
        if area_m2 > MOST_AREA_M2 {
            return Err(("solids".into(), format!("cover {area_m2:.0} m2 together; allowed 0 to {MOST_AREA_M2:.0}")));
        }
        if (1..3).contains(&self.fence.len()) {
            return Err(("fence".into(), format!("has {} corners; allowed none, or 3 and more", self.fence.len())));
        }
        self.check_zones()
    }
}

impl SiteFile {
    fn check_zones(&self) -> Result<(), (String, String)> {
        for (index, zone) in self.keep_clear.iter().enumerate() {
            let which = index + 1;
            let wrong = [zone.low.0, zone.low.1, zone.high.0, zone.high.1].into_iter().find(|number| !within(*number));
            if let Some(wrong) = wrong {
                return Err((
                    "keep_clear.low".into(),
                    format!("or high of zone {which} holds {wrong}; allowed -{FARTHEST_M} to {FARTHEST_M} m"),
                ));
            }
            if zone.low.0 >= zone.high.0 || zone.low.1 >= zone.high.1 {
                return Err(("keep_clear.low".into(), format!("of zone {which} is not south-west of its high")));
            }
        }
        Ok(())
    }
}

fn within(number: f64) -> bool {
    number.abs() <= FARTHEST_M
}

impl fmt::Display for SiteFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "# A site as its vehicles use it: metres in the site's frame.")?;
        writeln!(out, "name = {:?}", self.name)?;
        writeln!(out, "# What stands for good: low x, low y, high x, high y.\nsolids = [")?;
        for [low_x, low_y, high_x, high_y] in &self.solids {
            writeln!(out, "    [{low_x:.3}, {low_y:.3}, {high_x:.3}, {high_y:.3}],")?;
        }
        writeln!(out, "]\n# No vehicle leaves this polygon; without corners there is no fence.\nfence = [")?;
        for [x, y] in &self.fence {
            writeln!(out, "    [{x:.3}, {y:.3}],")?;
        }
        writeln!(out, "]")?;
        for zone in &self.keep_clear {
            let ((low_x, low_y), (high_x, high_y)) = (zone.low, zone.high);
            writeln!(out, "\n[[keep_clear]]\nkind = {:?}", zone.kind.as_str())?;
            writeln!(out, "low = [{low_x:.3}, {low_y:.3}]\nhigh = [{high_x:.3}, {high_y:.3}]")?;
        }
        Ok(())
    }
}

/// A hall of 2 km has its origin in it.
const FARTHEST_M: f64 = 2000.0;
const MOST_SOLIDS: usize = 100_000;
/// More than one such hall over and over is a mistake, and too much for a vehicle's memory.
const MOST_AREA_M2: f64 = 16e6;
const MOST_ZONES: usize = 1000;
const MOST_CORNERS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ZoneKind;
    use std::path::Path;

    fn parsed(text: &str) -> Result<SiteFile, String> {
        farhand_settings::parse(&format!("name = \"s\"\n{text}"), Path::new("s.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_is_read_again() {
        let site = SiteFile {
            name: "hall \"2\"".into(),
            solids: vec![[0.0, -0.4, 58.0, 0.0], [1.125, 2.0, 3.0, 4.0]],
            keep_clear: vec![Zone { kind: ZoneKind::FireExit, low: (1.0, 2.0), high: (3.5, 4.0) }],
            fence: vec![[0.0, 0.0], [58.0, 0.0], [58.0, 40.0]],
        };
        let read: SiteFile = farhand_settings::parse(&site.to_string(), Path::new("s.toml")).expect("good");
        assert_eq!(read, site);
    }

    #[test]
    fn a_wrong_site_is_refused_with_line_and_mend() {
        let cases = [
            ("solids = [[0.0, 0.0, 1.0]]", "s.toml:2: solids"),
            ("solids = [[0.0, 0.0, 1.0, inf]]", "s.toml:2: solids holds inf; allowed -2000 to 2000 m"),
            ("solids = [[0.0, 0.0, 1.0, 1.0], [5.0, 0.0, 4.0, 1.0]]", "s.toml:2: solids entry 2 is no rectangle"),
            (
                "solids = [[-2000.0, -2000.0, 2000.0, 2000.0], [0.0, 0.0, 1.0, 1.0]]",
                "s.toml:2: solids cover 16000001 m2 together",
            ),
            ("fence = [[0.0, 0.0], [1.0, 0.0]]", "s.toml:2: fence has 2 corners; allowed none, or 3 and more"),
            ("fence = [[0.0, 0.0], [1.0, nan], [1.0, 1.0]]", "s.toml:2: fence holds NaN"),
            (
                "[[keep_clear]]\nkind = \"pond\"\nlow = [0.0, 0.0]\nhigh = [1.0, 1.0]",
                "s.toml:3: keep_clear.kind unknown variant `pond`",
            ),
            (
                "[[keep_clear]]\nkind = \"door\"\nlow = [2.0, 0.0]\nhigh = [1.0, 1.0]",
                "keep_clear.low of zone 1 is not south-west",
            ),
            ("[[keep_clear]]\nkind = \"door\"\nlow = [0.0, 0.0]\nhigh = [1.0, 9e9]", "zone 1 holds 9000000000"),
        ];
        for (text, says) in cases {
            let refusal = parsed(text).expect_err("refused");
            assert!(refusal.contains(says), "{refusal}");
        }
        assert!(
            parsed(&format!("solids = [{}]", "[0.0, 0.0, 1.0, 1.0],".repeat(100_001)))
                .expect_err("many")
                .contains("allowed 0 to 100000")
        );
    }
}
