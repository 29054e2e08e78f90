//! Follows one ray over the site.

use super::Lens;
use super::body::Parts;
use super::hit::Crossing;
use super::tile::Tile;
use crate::Site;
use crate::site::{Block, MARGIN_M, SQUARE_M};

/// From the camera outwards; one unit of depth is one metre along the looking direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ray {
    pub origin: (f32, f32),
    pub direction: (f32, f32),
    pub inverse: (f32, f32),
}

impl Ray {
    pub(crate) fn new(origin: (f32, f32), direction: (f32, f32)) -> Self {
        // A ray along an axis would divide by zero.
        let firm = |value: f32| if value.abs() < 1e-6 { 1e-6_f32.copysign(value) } else { value };
        let direction = (firm(direction.0), firm(direction.1));
        Self { origin, direction, inverse: (1.0 / direction.0, 1.0 / direction.1) }
    }
}

/// Most stacks that begin in one square, or parts of machines on one ray, that are drawn.
const MOST: usize = 48;
/// From here on thin things are not looked for: they would be narrower than two pixels.
const AFAR_M: f32 = 16.0;

/// What the ray meets, sorted from near to far.
pub(crate) struct Found<'a> {
    hits: Vec<(Crossing, &'a [Block])>,
}

impl<'a> Found<'a> {
    pub(crate) fn nothing() -> Self {
        Self { hits: Vec::with_capacity(MOST) }
    }

    /// Sorts one in; what is too much is left out.
    pub(crate) fn add(&mut self, crossing: Crossing, blocks: &'a [Block]) {
        if self.hits.len() < MOST {
            let place = self.hits.iter().rposition(|(other, _)| other.near <= crossing.near).map_or(0, |place| place + 1);
            self.hits.insert(place, (crossing, blocks));
        }
    }

    pub(crate) fn clear(&mut self) {
        self.hits.clear();
    }
}

/// Follows rays over one scene; keeps its memory from ray to ray.
pub(crate) struct Walker<'a> {
    site: &'a Site,
    parts: &'a Parts,
    standing: Found<'a>,
    moving: Found<'a>,
}

impl<'a> Walker<'a> {
    pub(crate) fn new(site: &'a Site, parts: &'a Parts) -> Self {
        Self { site, parts, standing: Found::nothing(), moving: Found::nothing() }
    }

    /// Draws all blocks that the ray meets into the column.
    pub(crate) fn walk(&mut self, ray: &Ray, lens: &Lens, tile: &mut Tile) {
        self.parts.met_by(ray, &mut self.moving);
        let mut moved = 0;
        let mut squares = Squares::new(ray);
        while let Some(square) = squares.inside(self.site) {
            let (enter, leave) = squares.depths();
            let top = self.site.grid.top(square.0, square.1);
            let floor = lens.row(0.0, enter.max(0.5));
            let upper = lens.row(top, enter.max(0.5)).min(lens.row(top, leave.max(0.5)));
            if top > 0.0 && tile.closed(upper, floor) {
                if tile.closed(lens.row(self.site.height_m, enter.max(0.5)), floor) {
                    return;
                }
            } else if top > 0.0 {
                self.look_into(square, ray, (enter, leave));
                for (crossing, blocks) in &self.standing.hits {
                    moved = self.draw_moving(moved, crossing.near, lens, tile);
                    crossing.draw(blocks, lens, tile);
                }
            }
            squares.advance();
        }
        self.draw_moving(moved, f32::INFINITY, lens, tile);
    }

    /// Finds the stacks that the ray enters in this square; a stack over several squares is drawn where the ray enters it.
    fn look_into(&mut self, (x, y): (usize, usize), ray: &Ray, (enter, leave): (f32, f32)) {
        self.standing.clear();
        let grid = &self.site.grid;
        let stacks = if enter > AFAR_M { grid.square_from_afar(x, y) } else { grid.square(x, y) };
        for &index in stacks {
            let stack = &self.site.stacks[index as usize];
            let Some(crossing) = Crossing::of(ray, stack.low, stack.high) else { continue };
            if crossing.near < leave && (crossing.near >= enter || enter <= 0.0) {
                self.standing.add(crossing, self.site.blocks_of(stack));
            }
        }
    }

    /// Draws the machines' parts nearer than a depth; returns how many are drawn by now.
    fn draw_moving(&self, drawn: usize, before: f32, lens: &Lens, tile: &mut Tile) -> usize {
        let rest = self.moving.hits[drawn..].iter().take_while(|(crossing, _)| crossing.near < before);
        rest.fold(drawn, |drawn, (crossing, blocks)| {
            crossing.draw(blocks, lens, tile);
            drawn + 1
        })
    }
}

/// The squares of the grid that a ray crosses, in order.
struct Squares {
    square: (i32, i32),
    step: (i32, i32),
    next: (f32, f32),
    each: (f32, f32),
    enter: f32,
}

impl Squares {
    fn new(ray: &Ray) -> Self {
        let at = ((ray.origin.0 + MARGIN_M) / SQUARE_M, (ray.origin.1 + MARGIN_M) / SQUARE_M);
        let square = (at.0.floor(), at.1.floor());
        let first = |at: f32, square: f32, inverse: f32| {
            let edge = if inverse > 0.0 { square + 1.0 } else { square };
            (edge - at) * SQUARE_M * inverse
        };
        let sign = |inverse: f32| if inverse > 0.0 { 1 } else { -1 };
        Self {
            square: (square.0 as i32, square.1 as i32),
            step: (sign(ray.inverse.0), sign(ray.inverse.1)),
            next: (first(at.0, square.0, ray.inverse.0), first(at.1, square.1, ray.inverse.1)),
            each: (SQUARE_M * ray.inverse.0.abs(), SQUARE_M * ray.inverse.1.abs()),
            enter: 0.0,
        }
    }

    fn inside(&self, site: &Site) -> Option<(usize, usize)> {
        let (x, y) = (usize::try_from(self.square.0).ok()?, usize::try_from(self.square.1).ok()?);
        (x < site.grid.columns && y < site.grid.rows).then_some((x, y))
    }

    fn depths(&self) -> (f32, f32) {
        (self.enter, self.next.0.min(self.next.1))
    }

    fn advance(&mut self) {
        if self.next.0 < self.next.1 {
            self.enter = self.next.0;
            self.next.0 += self.each.0;
            self.square.0 += self.step.0;
        } else {
            self.enter = self.next.1;
            self.next.1 += self.each.1;
            self.square.1 += self.step.1;
        }
    }
}
