//! The path the vehicle was on: the one that was planned, or the one just driven and thought on.

use crate::geometry::{Pose, length};
use crate::model::Model;
use crate::situation::{OdometryPose, PlacePoint, Situation};

/// Places the vehicle came through, a step apart.
#[derive(Debug, Clone)]
struct Trail {
    places: [OdometryPose; TRAIL],
    first: usize,
    count: usize,
    forward: bool,
}

/// The way to follow, in the frame of the scene.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    trail: Trail,
    points: [(f64, f64); POINTS],
    count: usize,
    /// True if it is the driven way thought on.
    extrapolated: bool,
}

impl Trail {
    fn note(&mut self, pose: OdometryPose, forward: bool) {
        if forward != self.forward {
            *self = Self { forward, count: 0, ..*self };
        }
        let far = self.newest().is_none_or(|newest| {
            let seen = newest.sees(pose);
            length(seen.x, seen.y) >= TRAIL_STEP_M
        });
        if !far {
            return;
        }
        if let Some(place) = self.places.get_mut((self.first + self.count) % TRAIL) {
            *place = pose;
        }
        if self.count < TRAIL {
            self.count += 1;
        } else {
            self.first = (self.first + 1) % TRAIL;
        }
    }

    fn newest(&self) -> Option<OdometryPose> {
        let last = self.count.checked_sub(1)?;
        self.places.get((self.first + last) % TRAIL).copied()
    }

    /// Oldest first.
    fn iter(&self) -> impl Iterator<Item = OdometryPose> + Clone {
        (0..self.count).filter_map(|place| self.places.get((self.first + place) % TRAIL).copied())
    }
}

impl Way {
    pub(crate) fn new() -> Self {
        let trail = Trail { places: [OdometryPose::default(); TRAIL], first: 0, count: 0, forward: true };
        Self { trail, points: [(0.0, 0.0); POINTS], count: 0, extrapolated: true }
    }

    /// Notes where the vehicle is.
    pub(crate) fn note(&mut self, pose: OdometryPose, forward: bool) {
        self.trail.note(pose, forward);
    }

    /// Lays the way out from `vehicle` on, all in the frame of `anchor`.
    pub(crate) fn lay(&mut self, model: &Model, anchor: OdometryPose, vehicle: &Pose, situation: &Situation<'_>, forward: bool) {
        self.count = 0;
        self.extrapolated = situation.way.len() < 2;
        if self.extrapolated {
            self.think_on(model, vehicle, situation, forward);
        } else {
            self.follow_plan(anchor, vehicle, situation.way);
        }
    }

    pub(crate) fn extrapolated(&self) -> bool {
        self.extrapolated
    }

    /// The planned points from the one nearest to the vehicle on.
    fn follow_plan(&mut self, anchor: OdometryPose, vehicle: &Pose, plan: &[PlacePoint]) {
        let distance = |point: &PlacePoint| {
            let (x, y) = anchor.sees_point(*point);
            length(x - vehicle.x, y - vehicle.y)
        };
        let nearest = plan.iter().enumerate().min_by(|(_, one), (_, two)| distance(one).total_cmp(&distance(two)));
        let from = nearest.map_or(0, |(index, _)| index);
        for point in plan.iter().skip(from) {
            let (x, y) = anchor.sees_point(*point);
            let far =
                self.points.get(self.count.wrapping_sub(1)).is_none_or(|last| length(x - last.0, y - last.1) >= POINT_STEP_M);
            if far || self.count == 0 {
                self.push(x, y);
            }
        }
    }

    /// An arc through the driven way that straightens out ahead.
    fn think_on(&mut self, model: &Model, vehicle: &Pose, situation: &Situation<'_>, forward: bool) {
        let (mut pose, mut curvature) = self.fit(model, vehicle, situation);
        let sign = if forward { 1.0 } else { -1.0 };
        let fade = curvature * FADE_STEP;
        for _ in 0..POINTS {
            self.push(pose.x, pose.y);
            let ds = sign * POINT_STEP_M;
            pose = pose.moved(ds, ds * curvature);
            curvature = if curvature.abs() <= fade.abs() { 0.0 } else { curvature - fade };
        }
    }

    /// Where the driven way says the vehicle is and how it bends, without the last corrections of the wheel.
    fn fit(&self, model: &Model, vehicle: &Pose, situation: &Situation<'_>) -> (Pose, f64) {
        let seen = self.trail.iter().map(|place| situation.pose.sees(place));
        let (mut way, mut turn, mut last) = (0.0, 0.0, None);
        for place in seen.clone() {
            let before: &mut Pose = last.get_or_insert(place);
            way += length(place.x - before.x, place.y - before.y);
            turn += angle_between(before, &place);
            *before = place;
        }
        let Some(newest) = last.filter(|_| way >= SHORTEST_TRAIL_M) else {
            return (*vehicle, model.curvature(crate::situation::milli(situation.steering_mrad)));
        };
        let sign = if self.trail.forward { 1.0 } else { -1.0 };
        way += length(newest.x, newest.y);
        turn += angle_between(&newest, &Pose::ORIGIN);
        let curvature = sign * turn / way;
        // Each place of the trail, driven on with that curvature, says where the vehicle should be now; the mean counts.
        let (mut x, mut y, mut heading, mut count) = (0.0, 0.0, 0.0, 0.0);
        let (mut left, mut before) = (way, None);
        for place in seen {
            let from: &mut Pose = before.get_or_insert(place);
            left -= length(place.x - from.x, place.y - from.y);
            *from = place;
            let now = driven(place, sign * left, curvature);
            x += now.x;
            y += now.y;
            heading += angle_between(&Pose::ORIGIN, &now);
            count += 1.0;
        }
        let mean = Pose::new(x / count, y / count, heading / count);
        (vehicle.placed(&mean), curvature)
    }

    fn push(&mut self, x: f64, y: f64) {
        if let Some(point) = self.points.get_mut(self.count) {
            *point = (x, y);
            self.count += 1;
        }
    }

    /// The wheel that leads from `pose` back to the way: an arc to a point some way ahead. `from` remembers how far the way was
    /// used up.
    pub(crate) fn pursue(&self, model: &Model, pose: &Pose, speed: f64, from: &mut usize) -> f64 {
        let ahead = LOOK_AHEAD_M + LOOK_AHEAD_S * speed.abs();
        let mut aim = None;
        while let Some(point) = self.points.get(*from).filter(|_| *from < self.count) {
            let seen = pose.inside(point.0, point.1);
            aim = Some(seen);
            if length(seen.0, seen.1) >= ahead {
                break;
            }
            *from += 1;
        }
        let aim = aim.or_else(|| self.points.get(self.count.checked_sub(1)?).map(|last| pose.inside(last.0, last.1)));
        let Some((x, y)) = aim else { return 0.0 };
        let square = x * x + y * y;
        if square < NEAREST_AIM_M * NEAREST_AIM_M { 0.0 } else { model.steering(2.0 * y / square) }
    }

    /// Six points 0.6 m apart along the way, seen from the vehicle, as a policy wants them.
    pub(crate) fn six_points(&self, vehicle: &Pose) -> [(f64, f64); 6] {
        let mut six = [(0.0, 0.0); 6];
        let mut points = self.points.iter().take(self.count).copied();
        let (mut here, mut next) = (points.next().unwrap_or((vehicle.x, vehicle.y)), points.next());
        let mut left = 0.6;
        for place in &mut six {
            while let Some(point) = next {
                let piece = length(point.0 - here.0, point.1 - here.1);
                if piece >= left {
                    let share = left / piece;
                    here = (here.0 + share * (point.0 - here.0), here.1 + share * (point.1 - here.1));
                    break;
                }
                left -= piece;
                here = point;
                next = points.next();
            }
            left = 0.6;
            *place = vehicle.inside(here.0, here.1);
        }
        six
    }
}

/// From the heading of one place to that of another.
fn angle_between(from: &Pose, to: &Pose) -> f64 {
    (from.cos * to.sin - from.sin * to.cos).atan2(from.cos * to.cos + from.sin * to.sin)
}

/// Driven on along an arc, in pieces short enough for the series of a turn.
fn driven(from: Pose, way: f64, curvature: f64) -> Pose {
    let pieces = 8;
    let ds = way / f64::from(pieces);
    (0..pieces).fold(from, |pose, _| pose.moved(ds, ds * curvature))
}

/// Two metres of way: about one swing of a person's steering.
const TRAIL: usize = 20;
const TRAIL_STEP_M: f64 = 0.1;
/// A trail shorter than this says nothing.
const SHORTEST_TRAIL_M: f64 = 0.4;
/// The way ahead: 9 m.
const POINTS: usize = 36;
const POINT_STEP_M: f64 = 0.25;
/// A curve is thought on for 3 m, getting wider.
const FADE_STEP: f64 = POINT_STEP_M / 3.0;
/// How far ahead the pursuit aims: the shortest that does not swing on a truck that answers after 0.1 s.
const LOOK_AHEAD_M: f64 = 0.8;
const LOOK_AHEAD_S: f64 = 0.5;
const NEAREST_AIM_M: f64 = 0.2;

#[cfg(test)]
mod tests;
