//! Floor and ceiling, where no block is.

use super::Lens;
use super::column::Column;
use super::hit::light_at;
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

    /// Paints what is still open in a column.
    pub(crate) fn finish(&self, floor: &Floor, ray: &Ray, column: &mut Column) {
        column.open_runs(|first, pixels| {
            let above = self.horizon.saturating_sub(first).min(pixels.len());
            let (ceiling, ground) = pixels.split_at_mut(above);
            let scaled = Ray { origin: scale(ray.origin), direction: scale(ray.direction), inverse: ray.inverse };
            for (pixel, row) in ceiling.iter_mut().zip(&self.rows[first..]) {
                let (x, y) = scaled.dot(row.depth);
                *pixel = self.ceilings[row.level as usize][overhead(x, y)];
            }
            for (pixel, row) in ground.iter_mut().zip(&self.rows[first + above..]) {
                let (x, y) = scaled.dot(row.depth);
                let dot = floor.dots.get(y as usize * floor.columns + x as usize).copied().unwrap_or(0);
                *pixel = self.colours[row.level as usize][usize::from(dot)];
            }
        });
    }
}

impl Ray {
    /// The dot of floor or ceiling at a depth, for a ray in dots. What lies west or south of the site is behind a wall.
    fn dot(&self, depth: f32) -> (u32, u32) {
        let (x, y) = (self.origin.0 + self.direction.0 * depth, self.origin.1 + self.direction.1 * depth);
        ((x.max(0.0) as i32) as u32, (y.max(0.0) as i32) as u32)
    }
}

fn scale((x, y): (f32, f32)) -> (f32, f32) {
    (x * DOTS_PER_M, y * DOTS_PER_M)
}

/// Lamps over the aisles' middle, trusses across: 0 ceiling, 1 truss, 2 lamp.
fn overhead(x: u32, y: u32) -> usize {
    let (along, aside) = (x % (5 * DOTS), y % (8 * DOTS));
    if (148..172).contains(&aside) && along < 104 { 2 } else { usize::from((160..170).contains(&along)) }
}

const DOTS: u32 = DOTS_PER_M as u32;
