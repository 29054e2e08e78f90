//! Where a ray enters a stack of blocks, and how its sides are painted.

use super::Lens;
use super::tile::Tile;
use super::walk::Ray;
use crate::font::GLYPH_DOTS;
use crate::site::{Block, Colour, Paint};

/// A ray's way through a rectangle: depths, and where on the face it enters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crossing {
    pub near: f32,
    pub far: f32,
    /// Metres from the left edge of the face, as seen.
    pub along: f32,
    /// Width of the face.
    pub face: f32,
    /// True for the faces that look west or east.
    pub across_x: bool,
}

/// Nearer than this is inside the camera's own housing.
const NEAREST_M: f32 = 0.05;
/// Up to here the seams between cartons show, and up to here the cartons.
const SEAMS_M: f32 = 8.0;
const CARTONS_M: f32 = 18.0;
const CARTON_M: (f32, f32) = (0.37, 0.3);

impl Crossing {
    pub(crate) fn of(ray: &Ray, low: (f32, f32), high: (f32, f32)) -> Option<Self> {
        let x = ((low.0 - ray.origin.0) * ray.inverse.0, (high.0 - ray.origin.0) * ray.inverse.0);
        let y = ((low.1 - ray.origin.1) * ray.inverse.1, (high.1 - ray.origin.1) * ray.inverse.1);
        let (enter_x, enter_y) = (x.0.min(x.1), y.0.min(y.1));
        let (near, far) = (enter_x.max(enter_y), x.0.max(x.1).min(y.0.max(y.1)));
        if near > far || far < NEAREST_M {
            return None;
        }
        let across_x = enter_x > enter_y;
        let near = near.max(NEAREST_M);
        let (along, face) = if across_x {
            let at = ray.origin.1 + near * ray.direction.1;
            (if ray.direction.0 > 0.0 { high.1 - at } else { at - low.1 }, high.1 - low.1)
        } else {
            let at = ray.origin.0 + near * ray.direction.0;
            (if ray.direction.1 > 0.0 { at - low.0 } else { high.0 - at }, high.0 - low.0)
        };
        Some(Self { near, far, along, face, across_x })
    }

    /// Draws the blocks of the stack, given from the lowest to the highest: sides, tops below the eye, undersides above it.
    pub(crate) fn draw(&self, blocks: &[Block], lens: &Lens, tile: &mut Tile) {
        let near = lens.focal / self.near;
        let far = lens.focal / self.far;
        let (Some(lowest), Some(highest)) = (blocks.first(), blocks.last()) else { return };
        let (top, bottom) = (highest.top_m - lens.eye_z, lowest.bottom_m - lens.eye_z);
        let upper = lens.horizon - top * if top > 0.0 { near } else { far };
        let lower = lens.horizon - bottom * if bottom < 0.0 { near } else { far };
        if tile.closed(upper, lower) {
            return;
        }
        let light = light_at(self.near, if self.across_x { 256.0 } else { 218.0 });
        for block in blocks {
            let (top, bottom) = (block.top_m - lens.eye_z, block.bottom_m - lens.eye_z);
            let (upper, lower) = (lens.horizon - top * near, lens.horizon - bottom * near);
            if top < 0.0 {
                let edge = lens.horizon - top * far;
                tile.fill(edge, upper, block.paint.mean().lit(light + 26));
            } else if bottom > 0.0 {
                let edge = lens.horizon - bottom * far;
                tile.fill(lower, edge, block.paint.mean().lit(light * 5 / 8));
            }
            self.side(block, (upper, lower), light, tile);
        }
    }

    fn side(&self, block: &Block, (upper, lower): (f32, f32), light: i32, tile: &mut Tile) {
        match block.paint {
            Paint::Plain(colour) => tile.fill(upper, lower, colour.lit(light)),
            _ if tile.closed(upper, lower) => {}
            Paint::Hazard => {
                let dark = (self.along / 0.15) as i32 % 2 == 1;
                tile.fill(upper, lower, if dark { BLACK } else { block.paint.mean() }.lit(light));
            }
            Paint::Slats(colour) => {
                let count = whole((block.top_m - block.bottom_m) / 0.45);
                bands(count, (upper, lower), tile, |band| colour.lit(if band % 2 == 0 { light } else { light - light / 14 }));
            }
            Paint::Cartons(colour) => self.cartons(block, colour, (upper, lower), light, tile),
            Paint::Sign { glyph, ink, ground } => {
                let margin = 2;
                let dot = (self.along / self.face * (GLYPH_DOTS.0 + margin) as f32) as usize;
                bands((GLYPH_DOTS.1 + margin) as f32, (upper, lower), tile, |band| {
                    let painted = dot > 0 && band > 0 && glyph.dot(dot - 1, band - 1);
                    if painted { ink } else { ground }.lit(light)
                });
            }
        }
    }

    fn cartons(&self, block: &Block, colour: Colour, (upper, lower): (f32, f32), light: i32, tile: &mut Tile) {
        if self.near > CARTONS_M {
            tile.fill(upper, lower, colour.lit(light));
            return;
        }
        let number = (self.along / CARTON_M.0) as i32 as usize;
        let seam = self.near < SEAMS_M && self.along - number as f32 * CARTON_M.0 < 0.02;
        let count = whole((block.top_m - block.bottom_m) / CARTON_M.1);
        bands(count, (upper, lower), tile, |band| {
            let shade = [0, light / 12, light / 7][(number * 2 + band * 5) % 3];
            colour.lit(if seam { light * 5 / 8 } else { light - shade })
        });
    }
}

/// The nearest whole number above 0.
fn whole(count: f32) -> f32 {
    ((count + 0.5) as i32).max(1) as f32
}

/// Fills `from..to` in `count` equal bands, painted by their number from the top.
fn bands(count: f32, (from, to): (f32, f32), tile: &mut Tile, paint: impl Fn(usize) -> u32) {
    let step = (to - from) / count;
    for band in 0..count as i32 as usize {
        let top = from + step * band as f32;
        tile.fill(top, top + step, paint(band));
    }
}

/// Light falls off with distance, so that near and far can be told apart.
pub(crate) fn light_at(depth: f32, full: f32) -> i32 {
    (full * (0.42 + 0.58 / (1.0 + depth * 0.045))) as i32
}

const BLACK: Colour = crate::site::BLACK;
