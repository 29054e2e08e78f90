//! What stands on the floor, seen from above: upright rectangles, found fast by ray and by outline.

use crate::Outline;

/// What a solid is. Contacts are told apart by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SolidKind {
    /// Wall of the building, or an occupied cell of a map.
    Wall,
    /// Pallet rack.
    Rack,
    /// Closed door, or a jamb of an open one.
    Door,
    /// Pallets, cartons and whatever else stands about.
    Clutter,
    /// A vehicle that stands.
    Vehicle,
}

impl SolidKind {
    /// The word used in results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::Rack => "rack",
            Self::Door => "door",
            Self::Clutter => "clutter",
            Self::Vehicle => "vehicle",
        }
    }
}

/// An upright rectangle of floor that is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Solid {
    /// South-west corner.
    pub low: (f64, f64),
    /// North-east corner.
    pub high: (f64, f64),
    /// What it is.
    pub kind: SolidKind,
    /// True if it reaches the plane of the scanners; an empty pallet does not, and no scanner sees it.
    pub scanned: bool,
    /// True if the site's map shows it.
    pub mapped: bool,
}

impl Solid {
    /// A solid that is on the map and seen by scanners.
    #[must_use]
    pub fn new(low: (f64, f64), high: (f64, f64), kind: SolidKind) -> Self {
        Self { low, high, kind, scanned: true, mapped: true }
    }

    /// The same, missing on the map.
    #[must_use]
    pub fn unmapped(self) -> Self {
        Self { mapped: false, ..self }
    }

    /// The same, below the plane of the scanners.
    #[must_use]
    pub fn below_the_scanners(self) -> Self {
        Self { scanned: false, ..self }
    }

    /// Metres from a point to it; 0 inside.
    #[must_use]
    pub fn distance_to(&self, (x, y): (f64, f64)) -> f64 {
        let aside = |at: f64, low: f64, high: f64| (low - at).max(at - high).max(0.0);
        aside(x, self.low.0, self.high.0).hypot(aside(y, self.low.1, self.high.1))
    }

    fn overlaps(&self, outline: &Outline) -> bool {
        Outline::upright(self.low, self.high).overlaps(outline)
    }
}

/// The solids of a site in a grid of squares.
#[derive(Debug, Clone, PartialEq)]
pub struct Ground {
    solids: Vec<Solid>,
    low: (f64, f64),
    columns: usize,
    rows: usize,
    /// Where each square's entries begin; one more than there are squares.
    starts: Vec<u32>,
    entries: Vec<u32>,
}

impl Ground {
    /// Sorts the solids into squares. Without a solid the ground is one empty square.
    #[must_use]
    pub fn new(solids: Vec<Solid>) -> Self {
        let first = solids.first().map_or(((0.0, 0.0), (0.0, 0.0)), |solid| (solid.low, solid.high));
        let (low, high) = solids.iter().fold(first, |(low, high), solid| {
            ((low.0.min(solid.low.0), low.1.min(solid.low.1)), (high.0.max(solid.high.0), high.1.max(solid.high.1)))
        });
        let (columns, rows) = (squares_along(high.0 - low.0), squares_along(high.1 - low.1));
        let mut ground = Self { solids, low, columns, rows, starts: vec![0; columns * rows + 1], entries: Vec::new() };
        ground.sort();
        ground
    }

    fn sort(&mut self) {
        let mut squares = vec![Vec::new(); self.columns * self.rows];
        for (solid, index) in self.solids.iter().zip(0_u32..) {
            let ((from, first), (to, last)) = (self.square(solid.low), self.square(solid.high));
            for row in first..=last {
                for column in from..=to {
                    squares[row * self.columns + column].push(index);
                }
            }
        }
        for (square, found) in squares.into_iter().enumerate() {
            self.entries.extend(found);
            self.starts[square + 1] = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        }
    }

    /// Everything that stands here.
    #[must_use]
    pub fn solids(&self) -> &[Solid] {
        &self.solids
    }

    /// South-west and north-east corner of the rectangle around all solids.
    #[must_use]
    pub fn bounds(&self) -> ((f64, f64), (f64, f64)) {
        let high = self.solids.iter().fold(self.low, |high, solid| (high.0.max(solid.high.0), high.1.max(solid.high.1)));
        (self.low, high)
    }

    /// What the site's map shows of it.
    #[must_use]
    pub fn mapped(&self) -> Self {
        Self::new(self.solids.iter().copied().filter(|solid| solid.mapped).collect())
    }

    /// The first solid that shares floor with the outline.
    #[must_use]
    pub fn obstacle(&self, outline: &Outline) -> Option<&Solid> {
        let (low, high) = outline.bounds();
        let ((from, first), (to, last)) = (self.square(low), self.square(high));
        for row in first..=last {
            for column in from..=to {
                for &index in self.entries_of(column, row) {
                    let solid = &self.solids[index as usize];
                    let apart = solid.high.0 <= low.0 || high.0 <= solid.low.0 || solid.high.1 <= low.1 || high.1 <= solid.low.1;
                    if !apart && solid.overlaps(outline) {
                        return Some(solid);
                    }
                }
            }
        }
        None
    }

    /// The solids that are within `reach_m` of a point, some of them twice.
    pub fn near(&self, point: (f64, f64), reach_m: f64) -> impl Iterator<Item = &Solid> {
        let (from, first) = self.square((point.0 - reach_m, point.1 - reach_m));
        let (to, last) = self.square((point.0 + reach_m, point.1 + reach_m));
        let squares = (first..=last).flat_map(move |row| (from..=to).map(move |column| (column, row)));
        let found = squares.flat_map(|(column, row)| self.entries_of(column, row)).map(|&index| &self.solids[index as usize]);
        found.filter(move |solid| solid.distance_to(point) <= reach_m)
    }

    /// Metres from `origin` along `heading_rad` to the nearest solid that scanners see, or `reach_m` if that is nearer.
    #[must_use]
    pub fn cast(&self, origin: (f64, f64), heading_rad: f64, reach_m: f64) -> f64 {
        let (sin, cos) = heading_rad.sin_cos();
        self.cast_along(origin, (cos, sin), reach_m)
    }

    /// [`Ground::cast`] along a vector of length 1.
    #[must_use]
    pub fn cast_along(&self, origin: (f64, f64), direction: (f64, f64), reach_m: f64) -> f64 {
        let ray = Ray { origin, inverse: (inverse(direction.0), inverse(direction.1)) };
        if self.solids.len() <= FEW {
            let met = self.solids.iter().filter(|solid| solid.scanned).filter_map(|solid| ray.through(solid.low, solid.high));
            return met.fold(reach_m, |nearest, (near, _)| nearest.min(near.max(0.0)));
        }
        let high = (self.low.0 + to_f64(self.columns) * SQUARE_M, self.low.1 + to_f64(self.rows) * SQUARE_M);
        let Some((enter, leave)) = ray.through(self.low, high) else { return reach_m };
        let leave = leave.min(reach_m);
        let mut at = enter.max(0.0);
        let mut nearest = reach_m;
        let inside = (origin.0 + direction.0 * at, origin.1 + direction.1 * at);
        let (mut column, mut row) = self.square(inside);
        let mut edge_x = Edges::new(origin.0 - self.low.0, direction.0, ray.inverse.0, column);
        let mut edge_y = Edges::new(origin.1 - self.low.1, direction.1, ray.inverse.1, row);
        while at < leave && at < nearest {
            for &index in self.entries_of(column, row) {
                let solid = &self.solids[index as usize];
                if let Some((near, _)) = ray.through(solid.low, solid.high).filter(|_| solid.scanned) {
                    nearest = nearest.min(near.max(0.0));
                }
            }
            let next = if edge_x.next < edge_y.next { edge_x.step(&mut column) } else { edge_y.step(&mut row) };
            if column >= self.columns || row >= self.rows {
                break;
            }
            at = next;
        }
        nearest
    }

    /// True if nothing that scanners see stands between the two points.
    #[must_use]
    pub fn sees(&self, from: (f64, f64), to: (f64, f64)) -> bool {
        let way = (to.0 - from.0, to.1 - from.1);
        let length = way.0.hypot(way.1);
        length < 1e-9 || self.cast_along(from, (way.0 / length, way.1 / length), length) >= length
    }

    fn entries_of(&self, column: usize, row: usize) -> &[u32] {
        let square = row * self.columns + column;
        &self.entries[self.starts[square] as usize..self.starts[square + 1] as usize]
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and clamped to the grid")]
    fn square(&self, (x, y): (f64, f64)) -> (usize, usize) {
        let along = |metres: f64, count: usize| ((metres / SQUARE_M).max(0.0) as usize).min(count - 1);
        (along(x - self.low.0, self.columns), along(y - self.low.1, self.rows))
    }
}

struct Ray {
    origin: (f64, f64),
    inverse: (f64, f64),
}

impl Ray {
    /// Where it enters and leaves an upright rectangle that it meets ahead of it.
    fn through(&self, low: (f64, f64), high: (f64, f64)) -> Option<(f64, f64)> {
        let x = ((low.0 - self.origin.0) * self.inverse.0, (high.0 - self.origin.0) * self.inverse.0);
        let y = ((low.1 - self.origin.1) * self.inverse.1, (high.1 - self.origin.1) * self.inverse.1);
        let near = x.0.min(x.1).max(y.0.min(y.1));
        let far = x.0.max(x.1).min(y.0.max(y.1));
        (near <= far && far >= 0.0).then_some((near, far))
    }
}

/// The squares' edges that a ray crosses in one direction.
struct Edges {
    next: f64,
    stride: f64,
    forward: bool,
}

impl Edges {
    fn new(offset: f64, direction: f64, inverse: f64, square: usize) -> Self {
        let forward = direction >= 0.0;
        let edge = to_f64(if forward { square + 1 } else { square }) * SQUARE_M;
        Self { next: (edge - offset) * inverse, stride: SQUARE_M * inverse.abs(), forward }
    }

    /// Crosses the edge; below 0 the number wraps and lies outside of every grid.
    fn step(&mut self, square: &mut usize) -> f64 {
        let crossed = self.next;
        self.next += self.stride;
        *square = if self.forward { *square + 1 } else { square.wrapping_sub(1) };
        crossed
    }
}

/// 1 / value; a ray along an axis never crosses the edges beside it.
fn inverse(value: f64) -> f64 {
    if value.abs() < 1e-12 { 1e12_f64.copysign(value) } else { 1.0 / value }
}

#[expect(clippy::cast_precision_loss, reason = "squares of a site")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a length is not negative, a site is no continent")]
fn squares_along(metres: f64) -> usize {
    (metres.max(0.0) / SQUARE_M) as usize + 1
}

// A square holds one to three solids in an aisle, and an aisle is three squares wide.
const SQUARE_M: f64 = 1.0;
/// So many solids are looked at one by one in less time than a ray takes to go through the squares.
const FEW: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Place, Random};

    fn random_ground(random: &mut Random, solids: usize) -> Ground {
        let solids = (0..solids).map(|_| {
            let low = (random.between(-20.0, 20.0), random.between(-12.0, 12.0));
            let high = (low.0 + random.between(0.05, 6.0), low.1 + random.between(0.05, 2.5));
            Solid { scanned: random.unit() < 0.9, ..Solid::new(low, high, SolidKind::Rack) }
        });
        Ground::new(solids.collect())
    }

    #[test]
    fn a_ray_meets_the_nearest_solid_that_scanners_see() {
        let mut random = Random::new(7);
        // Looked at one by one, and by squares.
        for solids in [1, FEW, FEW + 1, 40].into_iter().cycle().take(40) {
            let ground = random_ground(&mut random, solids);
            for _ in 0..200 {
                let origin = (random.between(-30.0, 30.0), random.between(-20.0, 20.0));
                let heading = random.between(-7.0, 7.0);
                let (sin, cos) = heading.sin_cos();
                let ray = Ray { origin, inverse: (inverse(cos), inverse(sin)) };
                let seen = ground.solids().iter().filter(|solid| solid.scanned);
                let hits = seen.filter_map(|solid| ray.through(solid.low, solid.high)).map(|(near, _)| near.max(0.0));
                let nearest = hits.fold(15.0_f64, f64::min);
                let cast = ground.cast(origin, heading, 15.0);
                assert!((cast - nearest).abs() < 1e-9, "{origin:?} {heading}: {cast} instead of {nearest}");
            }
        }
    }

    #[test]
    fn a_ray_along_an_axis_and_one_from_inside_are_right() {
        let ground = Ground::new(vec![Solid::new((2.0, -1.0), (3.0, 1.0), SolidKind::Wall)]);
        assert_eq!(ground.cast((0.0, 0.0), 0.0, 40.0), 2.0);
        assert_eq!(ground.cast((0.0, 0.0), std::f64::consts::PI, 40.0), 40.0);
        assert_eq!(ground.cast((2.5, 0.0), 1.0, 40.0), 0.0);
        assert_eq!(ground.cast((0.0, 2.0), 0.0, 40.0), 40.0);
        assert!(ground.sees((0.0, 0.0), (1.9, 0.0)) && !ground.sees((0.0, 0.0), (5.0, 0.0)));
    }

    #[test]
    fn an_outline_meets_what_it_overlaps_and_nothing_else() {
        let mut random = Random::new(8);
        for _ in 0..30 {
            let ground = random_ground(&mut random, 40);
            for _ in 0..200 {
                let place = Place {
                    x_m: random.between(-25.0, 25.0),
                    y_m: random.between(-15.0, 15.0),
                    heading_rad: random.between(0.0, 7.0),
                };
                let outline = Outline::around(&place, 1.85, 1.55, 1.1);
                let meets = ground.solids().iter().any(|solid| Outline::upright(solid.low, solid.high).overlaps(&outline));
                assert_eq!(ground.obstacle(&outline).is_some(), meets);
            }
        }
    }

    #[test]
    fn no_solid_means_nothing_to_meet() {
        let ground = Ground::new(Vec::new());
        assert_eq!(ground.cast((0.0, 0.0), 0.3, 5.5), 5.5);
        assert!(ground.obstacle(&Outline::around(&Place::default(), 1.0, 1.0, 1.0)).is_none());
    }

    #[test]
    fn what_the_map_does_not_show_is_left_out_of_it() {
        let wall = Solid::new((0.0, 0.0), (1.0, 1.0), SolidKind::Wall);
        let pallet = Solid::new((2.0, 0.0), (3.0, 1.0), SolidKind::Clutter).unmapped().below_the_scanners();
        let ground = Ground::new(vec![wall, pallet]);
        assert_eq!(ground.mapped().solids(), [wall]);
        assert_eq!(ground.cast((1.5, 0.5), 0.0, 9.0), 9.0, "an empty pallet lies below the scanners");
        assert!((pallet.distance_to((1.0, 0.5)) - 1.0).abs() < 1e-12);
    }
}
