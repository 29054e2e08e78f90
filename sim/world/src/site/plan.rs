//! The plan of the demo warehouse.
//!
//! 58 x 40 m. Five aisles run east, 8 m apart, each in front of its own dock door and door colour; rack rows between
//! them carry the letters A to E, a cross aisle halves them. Wall bands: north teal, east orange, south purple, west
//! blue, so that a glance at any wall tells the direction.

use super::floor::{DOCK, Floor, LANE, MARK, PARKING, WALKWAY};
use super::grid::Grid;
use super::paint::{BLUE, Colour, GREEN, ORANGE, PURPLE, Paint, RED, STEEL, TEAL, WHITE, WOOD, YELLOW};
use super::{Block, Site, Stack};
use crate::Random;
use crate::font::Glyph;
use farhand_site::{Zone, ZoneKind};

const SIZE_M: (f32, f32) = (58.0, 40.0);
const HEIGHT_M: f32 = 8.5;
const AISLES_Y_M: [f32; 5] = [4.0, 12.0, 20.0, 28.0, 36.0];
const DOCK_COLOURS: [Colour; 5] = [RED, BLUE, GREEN, YELLOW, PURPLE];
const LETTERS: [char; 5] = ['A', 'B', 'C', 'D', 'E'];
const DIGITS: [char; 5] = ['1', '2', '3', '4', '5'];
/// Half of the clear width of an aisle.
const AISLE_HALF_M: f32 = 2.6;
const RACK_DEPTH_M: f32 = 1.1;
const BAY_M: f32 = 2.7;
const BAYS: u8 = 6;
/// Where the two halves of a rack row begin.
const RACKS_X_M: [f32; 2] = [15.0, 35.2];
const BEAMS_M: [f32; 3] = [1.55, 3.1, 4.65];
const LOADS: [Colour; 6] = [
    Colour::rgb(176, 132, 84),
    Colour::rgb(196, 152, 98),
    Colour::rgb(158, 116, 76),
    Colour::rgb(215, 215, 210),
    Colour::rgb(60, 100, 165),
    Colour::rgb(90, 140, 95),
];

/// Makes the warehouse.
pub(super) fn warehouse(seed: u64) -> Site {
    let mut plan = Plan { stacks: Vec::new(), blocks: Vec::new(), floor: Floor::concrete(SIZE_M), random: Random::new(seed) };
    plan.walls();
    for (aisle, y) in AISLES_Y_M.into_iter().enumerate() {
        plan.dock(aisle, y);
        plan.aisle(y);
        for x in RACKS_X_M {
            plan.rack((x, y - AISLE_HALF_M - RACK_DEPTH_M), y, LETTERS[aisle]);
            plan.rack((x, y + AISLE_HALF_M), y, LETTERS[aisle]);
        }
    }
    plan.staging();
    plan.clutter();
    let zones = zones();
    let Plan { stacks, blocks, floor, .. } = plan;
    let top_of =
        |stack: &Stack| blocks[stack.first..stack.first + stack.count].iter().map(|block| block.top_m).fold(0.0, f32::max);
    let grid = Grid::new(SIZE_M, &stacks, top_of);
    Site { height_m: HEIGHT_M, grid, stacks, blocks, floor, zones }
}

/// Where a truck should not stand: before the dock doors, on the walkway, where the cross aisle meets the others.
fn zones() -> Vec<Zone> {
    let wide = f64::from;
    let of_aisle = |y: f32| {
        let zone =
            |kind, x: (f32, f32), half: f32| Zone { kind, low: (wide(x.0), wide(y - half)), high: (wide(x.1), wide(y + half)) };
        let across = (RACKS_X_M[0] + BAY_M * f32::from(BAYS), RACKS_X_M[1]);
        [
            zone(ZoneKind::Door, (0.0, 3.2), 1.6),
            zone(ZoneKind::Crossing, (10.3, 11.9), AISLE_HALF_M),
            zone(ZoneKind::Crossing, across, AISLE_HALF_M),
        ]
    };
    AISLES_Y_M.into_iter().flat_map(of_aisle).collect()
}

struct Plan {
    stacks: Vec<Stack>,
    blocks: Vec<Block>,
    floor: Floor,
    random: Random,
}

impl Plan {
    fn stack(&mut self, what: &'static str, low: (f32, f32), high: (f32, f32), blocks: &[(f32, f32, Paint)]) {
        self.stacks.push(Stack { low, high, first: self.blocks.len(), count: blocks.len(), what, detail: false });
        self.blocks.extend(blocks.iter().map(|&(bottom_m, top_m, paint)| Block { bottom_m, top_m, paint }));
    }

    /// Says that the last stack is too thin to be seen from afar.
    fn is_detail(&mut self) {
        if let Some(stack) = self.stacks.last_mut() {
            stack.detail = true;
        }
    }

    fn walls(&mut self) {
        let (east, north) = SIZE_M;
        let sides = [
            ((-0.4, -0.4), (0.0, north + 0.4), BLUE),
            ((east, -0.4), (east + 0.4, north + 0.4), ORANGE),
            ((0.0, -0.4), (east, 0.0), PURPLE),
            ((0.0, north), (east, north + 0.4), TEAL),
        ];
        for (low, high, band) in sides {
            let bare = Paint::Plain(Colour::rgb(168, 170, 168));
            let upper = Paint::Slats(Colour::rgb(185, 188, 190));
            self.stack("wall", low, high, &[(0.0, 1.0, bare), (1.0, 2.2, Paint::Plain(band)), (2.2, HEIGHT_M, upper)]);
        }
    }

    fn dock(&mut self, aisle: usize, y: f32) {
        let colour = DOCK_COLOURS[aisle];
        let door = [(0.0, 3.4, Paint::Slats(colour)), (3.4, 3.7, Paint::Plain(STEEL))];
        self.stack("dock door", (0.0, y - 1.6), (0.06, y + 1.6), &door);
        let sign = Paint::Sign { glyph: Glyph::of(DIGITS[aisle]), ink: WHITE, ground: colour };
        self.stack("dock door", (0.0, y - 0.7), (0.1, y + 0.7), &[(4.0, 5.9, sign)]);
        for side in [y - 1.95, y + 1.75] {
            self.stack("dock post", (0.0, side), (0.3, side + 0.2), &[(0.0, 1.1, Paint::Hazard)]);
        }
        let number = DOCK + u8::try_from(aisle).unwrap_or(0);
        self.floor.frame((0.4, y - 1.6), (3.2, y + 1.6), 0.12, number);
        for bar in [0.9_f32, 1.5, 2.1, 2.7] {
            self.floor.rectangle((bar, y - 1.3), (bar + 0.2, y + 1.3), number);
        }
    }

    fn aisle(&mut self, y: f32) {
        for x in RACKS_X_M {
            let end = x + BAY_M * f32::from(BAYS);
            for side in [y - AISLE_HALF_M + 0.15, y + AISLE_HALF_M - 0.25] {
                self.floor.rectangle((x - 1.2, side), (end + 0.6, side + 0.1), LANE);
            }
            self.floor.arrow((x + 2.0, y - 1.1), 1.0, MARK);
            self.floor.arrow((end - 2.0, y + 1.1), -1.0, MARK);
            for dash in 0..BAYS {
                let from = x + 0.8 + BAY_M * f32::from(dash);
                self.floor.rectangle((from, y - 0.04), (from + 1.1, y + 0.04), MARK);
            }
        }
    }

    /// Half a rack row beside the aisle in the middle of `aisle_y`; what is at its back hides behind its front and its loads.
    fn rack(&mut self, (x, y): (f32, f32), aisle_y: f32, letter: char) {
        let end = x + BAY_M * f32::from(BAYS);
        let sides = |inset: f32, thick: f32| {
            let (south, north) = (y + inset, y + RACK_DEPTH_M - inset - thick);
            if y < aisle_y { [north, south] } else { [south, north] }
        };
        for frame in 0..=BAYS {
            let at = x + BAY_M * f32::from(frame) - 0.05;
            let blocks = [(0.0, 0.4, Paint::Plain(YELLOW)), (0.4, 6.1, Paint::Plain(BLUE))];
            for post in sides(0.0, 0.1) {
                self.stack("rack", (at, post), (at + 0.1, post + 0.1), &blocks);
            }
            self.is_detail();
        }
        for bay in 0..BAYS {
            let from = x + BAY_M * f32::from(bay);
            let beams = BEAMS_M.map(|top| (top - 0.12, top, Paint::Plain(ORANGE)));
            for beam in sides(0.02, 0.05) {
                self.stack("rack", (from + 0.05, beam), (from + BAY_M - 0.05, beam + 0.05), &beams);
            }
            self.is_detail();
            self.loads(from + 0.1, y);
            self.loads(from + 1.4, y);
        }
        let sign = Paint::Sign { glyph: Glyph::of(letter), ink: WHITE, ground: STEEL };
        for (low, high) in [(x - 0.14, x - 0.09), (end + 0.09, end + 0.14)] {
            let guard = [(0.0, 0.45, Paint::Hazard), (2.3, 3.7, sign)];
            self.stack("rack", (low, y + 0.05), (high, y + RACK_DEPTH_M - 0.05), &guard);
        }
    }

    /// One pallet place on the floor and one above each beam, some of them empty.
    fn loads(&mut self, x: f32, y: f32) {
        let mut blocks = [(0.0, 0.0, Paint::Hazard); 8];
        let mut count = 0;
        for base in [0.0].into_iter().chain(BEAMS_M) {
            if self.random.unit() < 0.24 {
                continue;
            }
            let colour = LOADS[self.random.below(LOADS.len())];
            let height = self.metres(0.65, 1.2);
            blocks[count] = (base, base + 0.14, Paint::Plain(WOOD));
            blocks[count + 1] = (base + 0.14, base + 0.14 + height, Paint::Cartons(colour));
            count += 2;
        }
        let (shift, inset) = (self.metres(0.0, 0.08), self.metres(0.06, 0.14));
        let (low, high) = ((x + shift, y + inset), (x + shift + 1.12, y + inset + 0.85));
        self.stack("rack", low, high, &blocks[..count]);
    }

    /// Parking places, the walkway along the rack ends and its zebra.
    fn staging(&mut self) {
        self.floor.rectangle((10.4, 0.0), (11.8, SIZE_M.1), WALKWAY);
        for x in [10.3, 11.8] {
            self.floor.rectangle((x, 0.0), (x + 0.1, SIZE_M.1), MARK);
        }
        for y in AISLES_Y_M {
            for bar in 0..5_u8 {
                let x = 10.5 + 0.28 * f32::from(bar);
                self.floor.rectangle((x, y - 1.8), (x + 0.14, y + 1.8), MARK);
            }
        }
        for place in 0..9_u8 {
            let y = 4.0 + 4.0 * f32::from(place);
            self.floor.frame((3.7, y - 1.0), (8.0, y + 1.0), 0.1, PARKING);
        }
    }

    /// Pallets by the docks and in the east, where nobody starts and the aisles do not end.
    fn clutter(&mut self) {
        for y in [8.0, 16.0, 24.0, 32.0] {
            for x in [0.5, 54.0] {
                if self.random.unit() < 0.25 {
                    continue;
                }
                let (x, y) = (x + self.metres(0.0, 0.6), y + self.metres(-1.2, 0.2));
                let colour = LOADS[self.random.below(LOADS.len())];
                let top = 0.14 + self.metres(0.3, 1.3);
                let load = [(0.0, 0.14, Paint::Plain(WOOD)), (0.14, top, Paint::Cartons(colour))];
                self.stack("pallet", (x, y), (x + 0.8, y + 1.2), &load);
            }
        }
        for y in [6.0, 18.0, 30.0] {
            let (x, y) = (56.4 + self.metres(0.0, 0.8), y + self.metres(-1.0, 1.0));
            self.stack("bin", (x, y), (x + 0.7, y + 0.7), &[(0.0, 1.05, Paint::Plain(GREEN))]);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a few metres")]
    fn metres(&mut self, low: f64, high: f64) -> f32 {
        self.random.between(low, high) as f32
    }
}
