//! A warehouse made from a seed: walls, dock doors, pallet racks, painted floor, some clutter.
//!
//! Origin in the south-west corner; dock doors in the west wall, aisles run east.

mod floor;
mod grid;
mod paint;
mod plan;

pub(crate) use floor::{DOTS_PER_M, FLOOR_COLOURS, Floor};
pub(crate) use grid::{Grid, MARGIN_M, SQUARE_M};
pub(crate) use paint::{BLACK, BLUE, Colour, GREEN, ORANGE, PURPLE, Paint, RED, STEEL, TEAL, WHITE, YELLOW};

use crate::{Ground, Outline, Solid, SolidKind};
use farhand_site::{SiteFile, Zone};

/// Why a site cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// No site of this name.
    #[error("site \"{given}\" is unknown; there is {}", NAMES.join(", "))]
    Unknown {
        /// What was asked for.
        given: String,
    },
}

/// Names of the sites that can be made.
const NAMES: [&str; 1] = ["demo"];

/// All that stands still.
#[derive(Debug)]
pub struct Site {
    pub(crate) height_m: f32,
    pub(crate) stacks: Vec<Stack>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) grid: Grid,
    pub(crate) floor: Floor,
    pub(crate) zones: Vec<Zone>,
}

/// Blocks above each other on one upright rectangle of floor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stack {
    pub low: (f32, f32),
    pub high: (f32, f32),
    pub first: usize,
    pub count: usize,
    pub what: &'static str,
    /// Too thin to be seen from afar.
    pub detail: bool,
}

/// One block of a stack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    pub bottom_m: f32,
    pub top_m: f32,
    pub paint: Paint,
}

impl Site {
    /// Makes the site of this name. Equal names and seeds give equal sites.
    ///
    /// # Errors
    /// [`SiteError::Unknown`] lists the names there are.
    pub fn named(name: &str, seed: u64) -> Result<Self, SiteError> {
        if NAMES.contains(&name) { Ok(plan::warehouse(seed)) } else { Err(SiteError::Unknown { given: name.to_owned() }) }
    }

    /// What of the site the outline of a machine runs into, if anything. Beams above a machine's head do not count.
    pub fn obstacle(&self, outline: &Outline) -> Option<&'static str> {
        let (low, high) = outline.bounds();
        let near = self.grid.around(narrow(low), narrow(high)).map(|index| &self.stacks[index]);
        near.filter(|stack| self.blocks_of(stack).iter().any(|block| block.bottom_m < MACHINE_HEIGHT_M))
            .find(|stack| Outline::upright(widen(stack.low), widen(stack.high)).overlaps(outline))
            .map(|stack| stack.what)
    }

    /// What scanners and outlines meet of it; scanners look a hand above the floor.
    pub fn ground(&self) -> Ground {
        let low = |stack: &&Stack| self.blocks_of(stack).iter().any(|block| block.bottom_m < MACHINE_HEIGHT_M);
        let solid = |stack: &Stack| {
            let kind = match stack.what {
                "wall" => SolidKind::Wall,
                "rack" => SolidKind::Rack,
                "dock door" | "dock post" => SolidKind::Door,
                _ => SolidKind::Clutter,
            };
            let plane = |block: &Block| block.bottom_m <= SCAN_PLANE_M && SCAN_PLANE_M <= block.top_m;
            Solid {
                scanned: self.blocks_of(stack).iter().any(plane),
                mapped: kind != SolidKind::Clutter,
                ..Solid::new(widen(stack.low), widen(stack.high), kind)
            }
        };
        Ground::new(self.stacks.iter().filter(low).map(solid).collect())
    }

    /// What its vehicles are told of it. What comes and goes is not on their map.
    #[must_use]
    pub fn file(&self, name: &str) -> SiteFile {
        let mapped = self.ground().mapped();
        let solids = mapped.solids().iter().filter(|solid| solid.scanned);
        let (east, north) = self.floor.size_m();
        SiteFile {
            name: name.to_owned(),
            solids: solids.map(|solid| [solid.low.0, solid.low.1, solid.high.0, solid.high.1]).collect(),
            keep_clear: self.zones.clone(),
            fence: vec![[0.0, 0.0], [east, 0.0], [east, north], [0.0, north]],
        }
    }

    pub(crate) fn blocks_of(&self, stack: &Stack) -> &[Block] {
        &self.blocks[stack.first..stack.first + stack.count]
    }
}

fn widen((x, y): (f32, f32)) -> (f64, f64) {
    (f64::from(x), f64::from(y))
}

#[expect(clippy::cast_possible_truncation, reason = "metres on a site are far within f32")]
fn narrow((x, y): (f64, f64)) -> (f32, f32) {
    (x as f32, y as f32)
}

// Overhead guard of a counterbalance truck.
const MACHINE_HEIGHT_M: f32 = 2.2;
// Between the feet of a pallet and the lowest beam of a rack.
const SCAN_PLANE_M: f32 = 0.2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    fn truck_at(x_m: f64, y_m: f64) -> Outline {
        Outline::around(&Place { x_m, y_m, heading_rad: 0.0 }, 1.85, 1.55, 1.1)
    }

    #[test]
    fn the_parking_places_and_the_first_aisle_are_free_for_every_seed() {
        for seed in 0..50 {
            let site = Site::named("demo", seed).expect("known");
            for place in 0..8 {
                let y_m = 4.0 + 4.0 * f64::from(place);
                assert_eq!(site.obstacle(&truck_at(6.0, y_m)), None, "seed {seed}, place {place}");
            }
            for x in 0..45 {
                assert_eq!(site.obstacle(&truck_at(6.0 + f64::from(x), 4.0)), None, "seed {seed}, x {x}");
            }
        }
    }

    #[test]
    fn racks_and_walls_are_in_the_way() {
        let site = Site::named("demo", 1).expect("known");
        assert_eq!(site.obstacle(&truck_at(16.0, 8.0)), Some("rack"));
        assert_eq!(site.obstacle(&truck_at(1.5, 5.0)), Some("wall"));
    }

    #[test]
    fn the_ground_of_a_site_is_in_the_way_where_the_site_is() {
        let site = Site::named("demo", 1).expect("known");
        let ground = site.ground();
        for x in 0..58 {
            for y in 0..40 {
                let truck = truck_at(f64::from(x), f64::from(y) + 0.3);
                assert_eq!(ground.obstacle(&truck).is_some(), site.obstacle(&truck).is_some(), "({x}, {y})");
            }
        }
        let east = ground.cast((6.0, 4.0), 0.0, 80.0);
        assert!((45.0..52.1).contains(&east), "the far wall is {east} m away");
    }

    #[test]
    fn an_unknown_site_is_refused_with_the_known_ones() {
        let text = Site::named("moon", 1).expect_err("unknown").to_string();
        assert_eq!(text, "site \"moon\" is unknown; there is demo");
    }
}
