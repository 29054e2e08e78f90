//! Scenarios on the map of a real site: ways from somewhere to somewhere where the truck fits.

use crate::family::Family;
use crate::rig::{Known, Rig};
use crate::route;
use crate::scenario::{Rejection, Scenario, ScenarioError, Scene};
use farhand_world::{DistanceField, Ground, OccupancyGrid, Random};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The floor of a real site.
#[derive(Debug)]
pub struct RealSite {
    ground: Ground,
    field: DistanceField,
    low: (f64, f64),
    high: (f64, f64),
}

impl RealSite {
    /// From its map.
    #[must_use]
    pub fn new(grid: &OccupancyGrid) -> Self {
        let ground = grid.ground();
        let (columns, rows) = grid.size();
        let (low, cell_m) = (grid.origin(), grid.cell_m());
        let high = (low.0 + to_f64(columns) * cell_m, low.1 + to_f64(rows) * cell_m);
        // As fine as some millions of squares allow.
        let fine_m = ((high.0 - low.0) * (high.1 - low.1) / MOST_SQUARES).sqrt().max(FINEST_M);
        let field = DistanceField::of(&ground, fine_m, 0.0);
        Self { ground, field, low, high }
    }

    /// Draws the scenario of a seed: truck, operator, people and senses from the family, floor and way from the map.
    ///
    /// # Errors
    /// [`ScenarioError::Undrivable`] if hardly any way on the map is wide enough.
    pub fn draw(&self, family: &Family, seed: u64) -> Result<Scenario, ScenarioError> {
        Scenario::draw_on(family, seed, |rig, random| self.scene(family, rig, random))
    }

    fn scene(&self, family: &Family, rig: &Rig, random: &mut Random) -> Result<Scene, Rejection> {
        let known = &rig.known;
        let (radius_m, bias_m) = (family.route.radius_m.draw(random), family.route.bias_m.draw(random));
        let corners = self.corners(known, random).ok_or(Rejection::Impassable)?;
        let path = route::centred(&corners, radius_m, bias_m, &self.ground, known);
        if !route::passable(&path, &self.ground, known) {
            return Err(Rejection::Impassable);
        }
        Ok(Scene { ground: self.ground.clone(), zones: Vec::new(), path })
    }

    /// Corners of a way between two places that are some metres apart.
    fn corners(&self, known: &Known, random: &mut Random) -> Option<Vec<(f64, f64)>> {
        let room_m = known.width_m() / 2.0 + ROOM_M;
        let wide = |at: &(f64, f64)| self.field.clear_m(*at) >= room_m;
        let from = (0..TRIES)
            .map(|_| (random.between(self.low.0, self.high.0), random.between(self.low.1, self.high.1)))
            .find(|at| wide(at))?;
        let to = (0..TRIES)
            .map(|_| {
                let (far, heading) = (random.between(NEAREST_M, FARTHEST_M), random.between(0.0, std::f64::consts::TAU));
                (from.0 + far * heading.cos(), from.1 + far * heading.sin())
            })
            .find(|at| wide(at))?;
        let way = Window { site: self, low: (from.0 - SEARCH_M, from.1 - SEARCH_M), room_m }.way(from, to)?;
        Some(self.pulled_tight(&way, room_m))
    }

    /// Only those points of a way that are needed to keep to free floor.
    fn pulled_tight(&self, way: &[(f64, f64)], room_m: f64) -> Vec<(f64, f64)> {
        let mut corners: Vec<(f64, f64)> = way.first().copied().into_iter().collect();
        let mut at = 0;
        while at + 1 < way.len() {
            let next = (at + 1..way.len()).rev().find(|&next| self.free(way[at], way[next], room_m)).unwrap_or(at + 1);
            corners.push(way[next]);
            at = next;
        }
        corners
    }

    /// True if a strip so wide to both sides is free.
    fn free(&self, from: (f64, f64), to: (f64, f64), room_m: f64) -> bool {
        let steps = ((to.0 - from.0).hypot(to.1 - from.1) / STEP_M).ceil().max(1.0);
        let mut step = 0.0;
        while step <= steps {
            let share = step / steps;
            if self.field.clear_m((from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)) < room_m {
                return false;
            }
            step += 1.0;
        }
        true
    }
}

/// A square around the start in which a way is looked for.
struct Window<'a> {
    site: &'a RealSite,
    low: (f64, f64),
    room_m: f64,
}

impl Window<'_> {
    /// The way with most room for its length (Dijkstra over eight neighbours).
    fn way(&self, from: (f64, f64), to: (f64, f64)) -> Option<Vec<(f64, f64)>> {
        let (start, goal) = (self.square(from)?, self.square(to)?);
        let mut best = vec![u32::MAX; SIDE * SIDE];
        let mut before = vec![usize::MAX; SIDE * SIDE];
        let mut open = BinaryHeap::from([Reverse((0, start))]);
        best[start] = 0;
        while let Some(Reverse((cost, square))) = open.pop() {
            if square == goal {
                let back =
                    std::iter::successors(Some(goal), |&square| Some(before[square]).filter(|&before| before != usize::MAX));
                let mut way: Vec<(f64, f64)> = back.map(|square| self.middle(square)).collect();
                way.reverse();
                return Some(way);
            }
            if cost > best[square] {
                continue;
            }
            for (next, step_m) in neighbours(square) {
                let spare_m = self.site.field.clear_m(self.middle(next)) - self.room_m;
                if spare_m < 0.0 {
                    continue;
                }
                let narrow = 1.0 + NARROW / (spare_m + 0.1);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some metres in millimetres")]
                let cost = cost + (1000.0 * step_m * narrow) as u32;
                if cost < best[next] {
                    (best[next], before[next]) = (cost, square);
                    open.push(Reverse((cost, next)));
                }
            }
        }
        None
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie in the window")]
    fn square(&self, at: (f64, f64)) -> Option<usize> {
        let (column, row) = ((at.0 - self.low.0) / STEP_M, (at.1 - self.low.1) / STEP_M);
        let inside = |value: f64| (1.0..to_f64(SIDE) - 1.0).contains(&value);
        (inside(column) && inside(row)).then(|| row as usize * SIDE + column as usize)
    }

    fn middle(&self, square: usize) -> (f64, f64) {
        (self.low.0 + (to_f64(square % SIDE) + 0.5) * STEP_M, self.low.1 + (to_f64(square / SIDE) + 0.5) * STEP_M)
    }
}

fn neighbours(square: usize) -> impl Iterator<Item = (usize, f64)> {
    let (column, row) = (square % SIDE, square / SIDE);
    let around = (0..3).flat_map(|north| (0..3).map(move |east| (east, north))).filter(|&at| at != (1, 1));
    around.filter_map(move |(east, north)| {
        let (column, row) = ((column + east).checked_sub(1)?, (row + north).checked_sub(1)?);
        let step_m = if east != 1 && north != 1 { STEP_M * std::f64::consts::SQRT_2 } else { STEP_M };
        (column < SIDE && row < SIDE).then_some((row * SIDE + column, step_m))
    })
}

#[expect(clippy::cast_precision_loss, reason = "cells of a site")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

/// Squares of the distances; the finest of them.
const MOST_SQUARES: f64 = 4e6;
const FINEST_M: f64 = 0.1;
/// Squares of the search, and how many there are on each side of the window.
const STEP_M: f64 = 0.25;
const SIDE: usize = 160;
const SEARCH_M: f64 = 20.0;
/// Beside the truck at the least.
const ROOM_M: f64 = 0.25;
/// From the beginning of a way to its end, as the crow flies.
const NEAREST_M: f64 = 10.0;
const FARTHEST_M: f64 = 19.0;
const TRIES: usize = 60;
/// How much narrow floor is shunned.
const NARROW: f64 = 0.3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::Set;
    use farhand_world::RosMap;

    fn aws() -> OccupancyGrid {
        let yaml = include_str!("../../maps/aws-small-warehouse/map.yaml");
        let picture = include_bytes!("../../maps/aws-small-warehouse/map.pgm");
        RosMap::parse(yaml).expect("reads").grid(picture).expect("reads")
    }

    #[test]
    fn trucks_drive_on_a_real_map_and_equal_seeds_give_equal_ways() {
        let (family, site) = (Set::HeldOut.family().expect("reads"), RealSite::new(&aws()));
        for seed in 0..5 {
            let (one, two) = (site.draw(&family, seed).expect("drivable"), site.draw(&family, seed).expect("drivable"));
            assert_eq!(one.path, two.path);
            assert!(one.path.length_m() > 5.0);
            assert!(one.ground.solids().len() >= site.ground.solids().len());
        }
    }

    #[test]
    fn a_map_without_room_is_refused_with_the_reasons() {
        let text = format!("type octile\nheight 4\nwidth 4\nmap\n{}", "@@@@\n@..@\n@..@\n@@@@\n");
        let site = RealSite::new(&OccupancyGrid::from_moving_ai(&text, 1.0).expect("reads"));
        let refused = site.draw(&Set::HeldOut.family().expect("reads"), 1).expect_err("too small");
        assert!(refused.to_string().contains("Impassable 400"), "{refused}");
    }
}
