//! The floor of one scenario: rack blocks with aisles between them, ways across, a dock, doors, what stands about.
//!
//! Aisles run east. West of the first block lies the first way across, or the dock; walls stand all around.

use crate::family::Site;
use farhand_site::{Zone, ZoneKind};
use farhand_world::{Random, Solid, SolidKind};

/// A strip of floor between two racks or walls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strip {
    /// Its south or west edge.
    pub low: f64,
    /// Its north or east edge.
    pub high: f64,
}

impl Strip {
    /// Its middle.
    #[must_use]
    pub fn middle(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }

    /// Its width.
    #[must_use]
    pub fn width(self) -> f64 {
        self.high - self.low
    }
}

/// The floor.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What stands on it.
    pub solids: Vec<Solid>,
    /// Where not to stand.
    pub zones: Vec<Zone>,
    /// Aisles from south to north.
    pub aisles: Vec<Strip>,
    /// Ways across from west to east; the first may be the dock.
    pub crossings: Vec<Strip>,
}

impl Plan {
    /// Draws one for a truck of this width.
    pub fn draw(site: &Site, truck_m: f64, random: &mut Random) -> Self {
        let mut plan = Self { solids: Vec::new(), zones: Vec::new(), aisles: Vec::new(), crossings: Vec::new() };
        let depth = site.rack_depth_m.draw(random);
        let mut y = depth;
        for _ in 0..site.aisles.draw(random) {
            let width = site.aisle_m.draw(random);
            plan.aisles.push(Strip { low: y, high: y + width });
            y += width + 2.0 * depth;
        }
        let north = y - depth;
        let dock = site.dock_share.draw(random);
        let blocks = site.blocks.draw(random);
        let mut x = 0.0;
        for block in 0..=blocks {
            let width = if block == 0 && dock { site.dock_m.draw(random) } else { site.crossing_m.draw(random) };
            plan.crossings.push(Strip { low: x, high: x + width });
            x += width;
            if block < blocks {
                #[expect(clippy::cast_precision_loss, reason = "a few bays")]
                let bays = site.bays.draw(random) as f64;
                x += bays * site.bay_m.draw(random);
            }
        }
        plan.walls(x, north);
        plan.racks(site, depth, north, random);
        if dock {
            plan.staging(north, random);
        }
        plan.doors(site, random);
        plan.clutter(site, truck_m, random);
        plan.mark_crossings();
        plan
    }

    fn walls(&mut self, east: f64, north: f64) {
        let mut wall = |low, high| self.solids.push(Solid::new(low, high, SolidKind::Wall));
        wall((-WALL_M, -WALL_M), (east + WALL_M, 0.0));
        wall((-WALL_M, north), (east + WALL_M, north + WALL_M));
        wall((-WALL_M, 0.0), (0.0, north));
        wall((east, 0.0), (east + WALL_M, north));
    }

    /// The blocks between ways across: from west to east.
    fn blocks(&self) -> Vec<Strip> {
        self.crossings.windows(2).map(|pair| Strip { low: pair[0].high, high: pair[1].low }).collect()
    }

    fn racks(&mut self, site: &Site, depth: f64, north: f64, random: &mut Random) {
        let mut rows = vec![Strip { low: 0.0, high: depth }];
        rows.extend(self.aisles.windows(2).map(|pair| Strip { low: pair[0].high, high: pair[1].low }));
        rows.push(Strip { low: north - depth, high: north });
        for row in rows {
            for block in self.blocks() {
                let gap = site.gap_m.draw(random);
                let inner = row.low > 0.0 && row.high < north;
                let mut rack = |from: f64, to: f64| {
                    self.solids.push(Solid::new((from, row.low), (to, row.high), SolidKind::Rack));
                };
                if site.gap_share.draw(random) && inner && block.width() > gap + 2.0 {
                    let at = random.between(block.low + 1.0, block.high - 1.0 - gap);
                    rack(block.low, at);
                    rack(at + gap, block.high);
                } else {
                    rack(block.low, block.high);
                }
            }
        }
    }

    /// Pallets that wait at the dock, one beside the other along the wall, with ways between them.
    fn staging(&mut self, north: f64, random: &mut Random) {
        let Some(&dock) = self.crossings.first() else { return };
        let room = (dock.width() - STAGING_WAY_M).max(0.0);
        let mut y = random.between(0.3, 2.0);
        while y + 1.2 < north {
            let deep = random.between(0.4, 1.0) * room;
            if random.chance(0.6) && deep > 0.5 {
                let solid = Solid::new((dock.low, y), (dock.low + deep.min(3.6), y + 1.2), SolidKind::Clutter).unmapped();
                self.solids.push(if random.chance(0.1) { solid.below_the_scanners() } else { solid });
            }
            y += random.between(1.3, 3.5);
        }
    }

    /// Jambs at one end of a block, and the zone before and behind them.
    fn doors(&mut self, site: &Site, random: &mut Random) {
        let blocks = self.blocks();
        for aisle in self.aisles.clone() {
            let (block, width) = (blocks.get(random.below(blocks.len())).copied(), site.door_m.draw(random));
            let (at_west, here) = (random.chance(0.5), site.door_share.draw(random));
            let Some(block) = block.filter(|_| here && width < aisle.width() - 0.2) else { continue };
            let x = if at_west { block.low } else { block.high - JAMB_M };
            let side = (aisle.width() - width) / 2.0;
            for (low, high) in [(aisle.low, aisle.low + side), (aisle.high - side, aisle.high)] {
                self.solids.push(Solid::new((x, low), (x + JAMB_M, high), SolidKind::Door));
            }
            let (low, high) = ((x - DOOR_CLEAR_M, aisle.low + side), (x + JAMB_M + DOOR_CLEAR_M, aisle.high - side));
            self.zones.push(Zone { kind: ZoneKind::Door, low, high });
        }
    }

    /// Pieces at the sides of the aisles that leave the truck its way, each far enough from the next to be driven around.
    fn clutter(&mut self, site: &Site, truck_m: f64, random: &mut Random) {
        let blocks = self.blocks();
        for aisle in self.aisles.clone() {
            let mut taken: Vec<f64> = Vec::new();
            for _ in 0..site.clutter.draw(random) {
                let block = blocks[random.below(blocks.len())];
                let (along, reach) = (random.between(0.6, 1.3), site.clutter_m.draw(random));
                let (spare, south, low) = (site.spare_m.draw(random), random.chance(0.5), site.low_share.draw(random));
                let x = random.between(block.low, (block.high - along).max(block.low + 0.01));
                let reach = reach.min(aisle.width() - truck_m - spare);
                let apart = taken.iter().all(|other| (other - x).abs() > APART_M);
                if reach < 0.1 || !apart {
                    continue;
                }
                taken.push(x);
                let y = if south { (aisle.low, aisle.low + reach) } else { (aisle.high - reach, aisle.high) };
                let solid = Solid::new((x, y.0), (x + along, y.1), SolidKind::Clutter).unmapped();
                self.solids.push(if low { solid.below_the_scanners() } else { solid });
            }
            let exit = blocks[random.below(blocks.len())];
            let x = random.between(exit.low, exit.high);
            if random.chance(FIRE_EXIT_SHARE) {
                let (low, high) = ((x - 0.6, aisle.low), (x + 0.6, aisle.high));
                self.zones.push(Zone { kind: ZoneKind::FireExit, low, high });
            }
        }
    }

    fn mark_crossings(&mut self) {
        for aisle in &self.aisles {
            for crossing in &self.crossings {
                let (low, high) = ((crossing.low, aisle.low), (crossing.high, aisle.high));
                self.zones.push(Zone { kind: ZoneKind::Crossing, low, high });
            }
        }
    }
}

const WALL_M: f64 = 0.2;
const JAMB_M: f64 = 0.3;
/// Kept clear on both sides of a door.
const DOOR_CLEAR_M: f64 = 1.0;
/// What staged pallets leave of a dock.
const STAGING_WAY_M: f64 = 3.2;
/// Between two pieces of clutter in one aisle: a truck's length and room to steer.
const APART_M: f64 = 5.5;
const FIRE_EXIT_SHARE: f64 = 0.2;
