//! Floor and ceiling, where no block is.

use super::Lens;
use super::hit::light_at;
use super::tile::{OPEN, TILE};
use super::walk::Ray;
use crate::site::{Colour, DOTS_PER_M, FLOOR_COLOURS, Floor};

const LEVELS: usize = 16;
const CEILING: Colour = Colour::rgb(84, 88, 94);
const TRUSS: Colour = Colour::rgb(58, 60, 66);
const LAMP: Colour = Colour::rgb(250, 250, 240);
/// Further away the lamps are smaller than a pixel and would only flicker.
const FURTHEST_M: f32 = 60.0;

/// Depth and light of each row, and the floor's colours in each light.
#[derive(Debug)]
pub(crate) struct Ground {
    rows: Vec<Row>,
    horizon: usize,
    colours: [[u32; FLOOR_COLOURS.len()]; LEVELS],
    ceilings: [[u32; 3]; LEVELS],
}

#[derive(Debug, Clone, Copy)]
struct Row {
    depth: f32,
    level: u32,
}

impl Ground {
    pub(crate) fn new(rows: usize) -> Self {
        // Levels lie closer together near the camera: depth = level^2 / 4.
        let light = |level: usize| light_at(level as f32 * level as f32 / 4.0, 256.0);
        let floor = |level: usize| FLOOR_COLOURS.map(|colour| colour.lit(light(level)));
        let ceiling = |level: usize| [CEILING.lit(light(level)), TRUSS.lit(light(level)), LAMP.lit(light(level).max(230))];
        Self {
            rows: vec![Row { depth: 1.0, level: 0 }; rows],
            horizon: 0,
            colours: std::array::from_fn(floor),
            ceilings: std::array::from_fn(ceiling),
        }
    }

    /// Takes the lens in: how far away each row meets floor or ceiling.
    pub(crate) fn look(&mut self, lens: &Lens, height_m: f32) {
        self.horizon = lens.horizon as usize;
        for (index, row) in self.rows.iter_mut().enumerate() {
            let below = index as f32 + 0.5 - lens.horizon;
            let gap = if below > 0.0 { lens.eye_z } else { lens.eye_z - height_m };
            row.depth = (lens.focal * gap / below).clamp(0.1, FURTHEST_M);
            row.level = ((row.depth * 4.0).sqrt() as u32).min(LEVELS as u32 - 1);
        }
    }

    /// The ray of a tile's first column and how it changes from column to column, at one row.
    pub(crate) fn line(&self, row: usize, first: &Ray, each: (f32, f32)) -> Line<'_> {
        let Row { depth, level } = self.rows[row];
        let fixed = |at: f32| (at * DOTS_PER_M * ONE) as i32;
        let dot = (first.origin.0 + first.direction.0 * depth, first.origin.1 + first.direction.1 * depth);
        Line {
            at: (fixed(dot.0), fixed(dot.1)),
            step: (fixed(each.0 * depth), fixed(each.1 * depth)),
            floor: &self.colours[level as usize],
            ceiling: (row < self.horizon).then(|| &self.ceilings[level as usize]),
        }
    }
}

/// Dots are counted in 1/65536: 32,767 dots are 800 m of floor.
const ONE: f32 = 65_536.0;
const ONE_BITS: u32 = 16;

/// One row of floor or ceiling across a tile.
pub(crate) struct Line<'a> {
    at: (i32, i32),
    step: (i32, i32),
    floor: &'a [u32; FLOOR_COLOURS.len()],
    ceiling: Option<&'a [u32; 3]>,
}

impl Line<'_> {
    /// Paints the open pixels of a row. What lies west or south of the site, with wrong numbers here, is behind a wall.
    pub(crate) fn paint(&self, floor: &Floor, pixels: &mut [u32; TILE]) {
        let (mut x, mut y) = (self.at.0 as u32, self.at.1 as u32);
        for pixel in pixels {
            if *pixel == OPEN {
                let (east, north) = (x >> ONE_BITS, y >> ONE_BITS);
                *pixel = match self.ceiling {
                    Some(ceiling) => ceiling[overhead(east, north)],
                    None => self.floor[usize::from(floor.dot(east, north)) % FLOOR_COLOURS.len()],
                };
            }
            x = x.wrapping_add(self.step.0 as u32);
            y = y.wrapping_add(self.step.1 as u32);
        }
    }
}

/// Lamps over the aisles' middle, trusses across: 0 ceiling, 1 truss, 2 lamp.
fn overhead(x: u32, y: u32) -> usize {
    let (along, aside) = (x % (5 * DOTS), y % (8 * DOTS));
    if (148..172).contains(&aside) && along < 104 { 2 } else { usize::from((160..170).contains(&along)) }
}

const DOTS: u32 = DOTS_PER_M as u32;
