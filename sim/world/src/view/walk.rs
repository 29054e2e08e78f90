//! Follows one ray over the site.

use super::Lens;
use super::body::Parts;
use super::column::Column;
use super::hit::Crossing;
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

/// What the ray meets, sorted from near to far.
pub(crate) struct Found<'a> {
    hits: [Option<(Crossing, &'a [Block])>; MOST],
    count: usize,
}

impl<'a> Found<'a> {
    pub(crate) fn nothing() -> Self {
        Self { hits: [None; MOST], count: 0 }
    }

    /// Sorts one in; what is too much is left out.
    pub(crate) fn add(&mut self, crossing: Crossing, blocks: &'a [Block]) {
        if self.count == MOST {
            return;
        }
        let mut place = self.count;
        while place > 0 && self.hits[place - 1].is_some_and(|(other, _)| other.near > crossing.near) {
            self.hits[place] = self.hits[place - 1];
            place -= 1;
        }
        self.hits[place] = Some((crossing, blocks));
        self.count += 1;
    }

    fn nearest(&self, after: usize) -> Option<(Crossing, &'a [Block])> {
        if after < self.count { self.hits[after] } else { None }
    }
}

/// Draws all blocks that the ray meets into the column.
pub(crate) fn walk(site: &Site, parts: &Parts, ray: &Ray, lens: &Lens, column: &mut Column) {
    let moving = parts.met_by(ray);
    let mut moved = 0;
    let mut squares = Squares::new(ray);
    let mut found = Found::nothing();
    while let Some((x, y)) = squares.inside(site) {
        let (enter, leave) = squares.depths();
        if column.closed(lens.row(site.height_m, enter.max(0.5)), lens.row(0.0, enter.max(0.5))) {
            return;
        }
        let top = site.grid.top(x, y);
        let upper = lens.row(top, enter.max(0.5)).min(lens.row(top, leave.max(0.5)));
        if column.closed(upper, lens.row(0.0, enter.max(0.5))) {
            squares.advance();
            continue;
        }
        found.count = 0;
        for &index in site.grid.square(x, y) {
            let stack = &site.stacks[index as usize];
            let Some(crossing) = Crossing::of(ray, stack.low, stack.high) else { continue };
            // A stack over several squares is drawn where the ray enters it.
            if crossing.near < leave && (crossing.near >= enter || enter <= 0.0) {
                found.add(crossing, site.blocks_of(stack));
            }
        }
        for place in 0..found.count {
            let Some((crossing, blocks)) = found.nearest(place) else { break };
            while let Some((other, blocks)) = moving.nearest(moved).filter(|(other, _)| other.near < crossing.near) {
                other.draw(blocks, lens, column);
                moved += 1;
            }
            crossing.draw(blocks, lens, column);
        }
        squares.advance();
    }
    while let Some((other, blocks)) = moving.nearest(moved) {
        other.draw(blocks, lens, column);
        moved += 1;
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
