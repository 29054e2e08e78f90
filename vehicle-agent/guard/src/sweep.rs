//! Sweeps the footprint along a way and says how far it stays from everything.
//!
//! Conservative by construction. A step of a way is never skipped over: in the vehicle's frame every point moves along a
//! curve, whose chord is tested exactly against the footprint, and the greatest distance between curve and chord is taken off.
//! Points are taken as they are, obstacles between two neighbouring returns are not guessed (0.39 degrees are 14 mm at 2 m).

use crate::geometry::{Pose, Rect, half_way, larger, passes_afar, smaller};
use crate::grid::Grid;
use crate::model::{Footprint, Model};
use crate::scene::Scene;
use crate::settings::{Settings, Strictness};
use crate::track::{Refusal, Step, Track};

/// Demands on one sweep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand {
    clearance: f64,
    creep_clearance: f64,
    /// Highest speed that counts as creep; nothing does below 0.
    creep_speed: f64,
    /// Growth of everything the map does not explain; 0 while the vehicle brakes as hard as it may.
    person_speed: f64,
}

impl Demand {
    /// The demands of the profile, made stricter or less.
    pub(crate) fn new(settings: &Settings, strictness: Strictness, creep: bool) -> Self {
        Self {
            clearance: settings.clearance * strictness.clearance,
            creep_clearance: settings.creep_clearance * strictness.clearance,
            creep_speed: if creep { settings.creep_speed - strictness.creep_speed_off } else { -1.0 },
            person_speed: 0.0,
        }
    }

    /// For a stop that brakes less than it could, people may come nearer meanwhile.
    pub(crate) fn soft(self, settings: &Settings, soft: bool) -> Self {
        Self { person_speed: if soft { settings.person_speed } else { 0.0 }, ..self }
    }
}

/// The footprint and what it must not touch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sweep<'a> {
    pub(crate) footprint: &'a Footprint,
    pub(crate) pocket: &'a Rect,
    pub(crate) scene: &'a Scene,
}

/// Where a way is blocked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blocked {
    pub(crate) refusal: Refusal,
    /// Way to the beginning of that step.
    pub(crate) travelled: f64,
}

/// Squares of the speeds of impact: energies, for one vehicle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Harm {
    /// What the map does not explain counts as a person.
    pub(crate) person: f64,
    pub(crate) thing: f64,
}

impl Harm {
    /// Less by more than a fifth, persons first: the steering must not swing between two that are nearly equal.
    pub(crate) fn clearly_less_than(&self, other: &Self) -> bool {
        let less = |one: f64, two: f64| one < 0.8 * two;
        less(self.person, other.person) || (!less(other.person, self.person) && less(self.thing, other.thing))
    }
}

impl<'a> Sweep<'a> {
    pub(crate) fn new(model: &'a Model, scene: &'a Scene, loaded: bool) -> Self {
        Self { footprint: model.footprint(loaded), pocket: &model.pocket, scene }
    }

    /// Ok if the whole way keeps the clearance, or the first place where it does not.
    pub(crate) fn along(&self, track: &Track, demand: &Demand) -> Result<(), Blocked> {
        let mut before = track.start;
        let mut travelled = track.steps().first().map_or(0.0, |step| step.travelled - step.ds.abs());
        for step in track.steps() {
            self.step(&before, step, demand).map_err(|refusal| Blocked { refusal, travelled })?;
            before = step.pose;
            travelled = step.travelled;
        }
        Ok(())
    }

    /// Distance beyond the clearance that a free way keeps, up to `most`; looked for at every second step and at the end, for it
    /// only ranks. As soon as it falls below `least`, that is the answer.
    pub(crate) fn margin(&self, track: &Track, demand: &Demand, (least, most): (f64, f64)) -> f64 {
        let steps = track.steps();
        let mut margin = most;
        for step in steps.iter().skip(1).step_by(2).chain(steps.last()) {
            let (need, grown, creeping) = self.needs(step, demand);
            let pocket = |x, y| creeping && self.pocket.contains(x, y);
            for (grid, need) in [(&self.scene.mapped, need), (&self.scene.unmapped, need + grown)] {
                let around = self.footprint.bounds.grown(need + margin, need + margin);
                grid.near(&step.pose, &around, |x, y| {
                    let (ahead, left) = step.pose.inside(x, y);
                    if around.contains(ahead, left) && !pocket(ahead, left) {
                        margin = smaller(margin, self.footprint.distance_squared(ahead, left).sqrt() - need);
                    }
                    margin >= least
                });
            }
            if margin < least {
                break;
            }
        }
        margin.max(0.0)
    }

    /// What the way hits first, of persons and of things.
    pub(crate) fn harm(&self, track: &Track) -> Harm {
        let mut harm = Harm { person: 0.0, thing: 0.0 };
        let mut before = track.start;
        for step in track.steps() {
            let touched = |grid| !self.clear(grid, &before, step, (TOUCH_M, false));
            if harm.person == 0.0 && touched(&self.scene.unmapped) {
                harm.person = step.speed * step.speed;
            }
            if harm.thing == 0.0 && touched(&self.scene.mapped) {
                harm.thing = step.speed * step.speed;
            }
            before = step.pose;
        }
        harm
    }

    /// Room between the sides of the vehicle at `pose` and whatever stands abreast of it, up to `most`.
    pub(crate) fn room(&self, pose: &Pose, most: f64) -> f64 {
        let bounds = &self.footprint.bounds;
        let mut room = most;
        for grid in [&self.scene.mapped, &self.scene.unmapped] {
            let around = bounds.grown(0.0, most);
            grid.near(pose, &around, |x, y| {
                let (ahead, left) = pose.inside(x, y);
                if ahead >= bounds.x0 && ahead <= bounds.x1 {
                    room = smaller(room, larger(left - bounds.y1, bounds.y0 - left));
                }
                true
            });
        }
        room.max(0.0)
    }

    fn step(&self, before: &Pose, step: &Step, demand: &Demand) -> Result<(), Refusal> {
        let (need, grown, creeping) = self.needs(step, demand);
        if !self.clear(&self.scene.mapped, before, step, (need, creeping)) {
            return Err(Refusal::Obstacle);
        }
        if !self.clear(&self.scene.unmapped, before, step, (need + grown, creeping)) {
            return Err(Refusal::Person);
        }
        if self.scene.fence.is_empty() || self.fenced_in(before, step) { Ok(()) } else { Err(Refusal::Fence) }
    }

    /// The clearance of a step, what is added for people, and whether the step is a creeping one.
    fn needs(&self, step: &Step, demand: &Demand) -> (f64, f64, bool) {
        let creeping = step.speed <= demand.creep_speed;
        let need = if creeping { demand.creep_clearance } else { demand.clearance };
        (need, (demand.person_speed * (step.seconds + self.scene.scan_age)).min(MOST_GROWTH), creeping)
    }

    /// True if no point of a grid comes nearer than `need` in a step.
    fn clear(&self, grid: &Grid, before: &Pose, step: &Step, (need, creeping): (f64, bool)) -> bool {
        if grid.is_empty() {
            return true;
        }
        let bow = step.bow(self.footprint.radius + need + NEAR_M);
        let around = self.around(step, need + bow);
        let mut clear = true;
        grid.near(&step.pose, &around, |x, y| {
            let after = step.pose.inside(x, y);
            if !around.contains(after.0, after.1) {
                return true;
            }
            let first = before.inside(x, y);
            if creeping && self.pocket.contains(after.0, after.1) && self.pocket.contains(first.0, first.1) {
                return true;
            }
            let at_end = self.footprint.distance_squared(after.0, after.1);
            let at_ends = smaller(at_end, self.footprint.distance_squared(first.0, first.1));
            // Nowhere on its chord is a point farther from both ends than half of it.
            let enough = need + bow + half_way(first, after);
            clear = at_ends >= enough * enough || self.footprint.distance_to_segment(first, after) >= need + bow;
            clear
        });
        clear
    }

    /// Where a point can be at the end of a step, in the vehicle's frame, if it comes within `reach` of the footprint meanwhile.
    fn around(&self, step: &Step, reach: f64) -> Rect {
        let (bounds, turn) = (&self.footprint.bounds, step.dtheta.abs());
        // A point goes sideways by the turn times how far ahead it is, and lengthwise by the way and the turn times how far left.
        let far = reach + NEAR_M;
        let ahead = bounds.x1.abs().max(bounds.x0.abs()) + far;
        let left = bounds.y1.abs().max(bounds.y0.abs()) + far;
        bounds.grown(reach + step.ds.abs() + turn * left, reach + turn * ahead)
    }

    fn fenced_in(&self, before: &Pose, step: &Step) -> bool {
        let most = 0.5 * (step.ds.abs() + step.dtheta.abs() * (self.footprint.radius + NEAR_M))
            + step.bow(self.footprint.radius + NEAR_M);
        let far = self.footprint.radius + most;
        self.scene.fence.iter().all(|&(from, to)| {
            let apart = |pose: &Pose| {
                let (from, to) = (pose.inside(from.0, from.1), pose.inside(to.0, to.1));
                passes_afar(from, to, far) || self.footprint.distance_to_segment(from, to) > most
            };
            apart(before) && apart(&step.pose)
        })
    }

    /// True if the vehicle at `pose` stands in a zone that is to be kept clear.
    pub(crate) fn in_keep_clear(&self, pose: &Pose) -> bool {
        self.scene.zones.iter().any(|(centre, length, width)| {
            let zone = Rect { x0: -length, x1: *length, y0: -width, y1: *width };
            let corners = |rect: &Rect, of: &Pose, seen_from: &Pose| {
                rect.corners().map(|(ahead, left)| of.outside(ahead, left)).map(|(x, y)| seen_from.inside(x, y))
            };
            self.footprint
                .parts()
                .any(|part| overlaps(part, &corners(&zone, centre, pose)) && overlaps(&zone, &corners(part, pose, centre)))
        })
    }
}

/// True if no side of the rectangle has all points beyond it.
fn overlaps(rect: &Rect, points: &[(f64, f64); 4]) -> bool {
    let all = |beyond: &dyn Fn(&(f64, f64)) -> bool| points.iter().all(beyond);
    !(all(&|p| p.0 < rect.x0) || all(&|p| p.0 > rect.x1) || all(&|p| p.1 < rect.y0) || all(&|p| p.1 > rect.y1))
}

/// Nearer than this is a touch: a scan cannot tell.
const TOUCH_M: f64 = 0.005;
/// Beyond this, more distance is worth nothing to the ranking.
pub(crate) const MOST_MARGIN: f64 = 0.3;
/// Nobody is expected to have come nearer than this (safety.md 3.2).
const MOST_GROWTH: f64 = 2.0;
/// How far from the footprint a point can be at the beginning of a step that ends near it.
const NEAR_M: f64 = 0.5;

#[cfg(test)]
mod tests;
