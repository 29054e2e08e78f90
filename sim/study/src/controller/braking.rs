//! Load-safe braking with the simplest ways to steer.

use super::{Brake, Controller, Sight};
use crate::corridor::{Corridor, POINTS};
use crate::rig::Known;
use farhand_world::Place;

/// The wheel stays as it was commanded last.
#[derive(Debug, Default)]
pub struct Frozen {
    steering_rad: f64,
}

impl Controller for Frozen {
    fn name(&self) -> &'static str {
        "frozen"
    }

    fn begin(&mut self, _sight: &mut Sight<'_>) {
        self.steering_rad = 0.0;
    }

    fn stop(&mut self, sight: &mut Sight<'_>) -> Brake {
        Brake { decel_mps2: sight.vehicle().safe_decel_mps2, steering_rad: sight.last()[0].steering_rad }
    }
}

/// The wheel goes straight.
#[derive(Debug)]
pub struct Straight;

impl Controller for Straight {
    fn name(&self) -> &'static str {
        "straight"
    }

    fn begin(&mut self, _sight: &mut Sight<'_>) {}

    fn stop(&mut self, sight: &mut Sight<'_>) -> Brake {
        Brake { decel_mps2: sight.vehicle().safe_decel_mps2, steering_rad: 0.0 }
    }
}

/// The wheel follows the last corridor.
#[derive(Debug, Default)]
pub struct Pursuit {
    tracker: Tracker,
}

impl Controller for Pursuit {
    fn name(&self) -> &'static str {
        "pursuit"
    }

    fn begin(&mut self, _sight: &mut Sight<'_>) {
        self.tracker = Tracker::default();
    }

    fn stop(&mut self, sight: &mut Sight<'_>) -> Brake {
        let steering_rad = self.tracker.steer(sight.vehicle(), sight.corridor(), &sight.reckoned(), sight.speed_mps());
        Brake { decel_mps2: sight.vehicle().safe_decel_mps2, steering_rad }
    }
}

/// Follows a corridor, and goes straight on beyond its end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tracker {
    passed: usize,
}

impl Tracker {
    /// The wheel for a place in the corridor's frame, gentle enough for the load.
    pub fn steer(&mut self, vehicle: &Known, corridor: &Corridor, place: &Place, speed_mps: f64) -> f64 {
        let reach = LOOK_AHEAD_M + LOOK_AHEAD_S * speed_mps.abs();
        let (sin, cos) = place.heading_rad.sin_cos();
        let seen = corridor.points.map(|(x, y)| {
            let (dx, dy) = (x - place.x_m, y - place.y_m);
            (cos * dx + sin * dy, cos * dy - sin * dx)
        });
        // A point that lies abeam or behind is done with for good.
        while self.passed < POINTS && seen[self.passed].0 < 0.05 {
            self.passed += 1;
        }
        let left = &seen[self.passed..];
        let aim = left.iter().copied().find(|point| point.0.hypot(point.1) >= reach);
        let aim = aim.unwrap_or_else(|| beyond(&seen, reach));
        let curvature = 2.0 * aim.1 / (aim.0 * aim.0 + aim.1 * aim.1).max(NEAREST_M * NEAREST_M);
        vehicle.gentle_steering_rad(vehicle.steering_rad(curvature), speed_mps, GENTLE)
    }
}

/// A point on the straight line through the last two, this far from the vehicle.
fn beyond(seen: &[(f64, f64); POINTS], reach: f64) -> (f64, f64) {
    let (from, to) = (seen[POINTS - 2], seen[POINTS - 1]);
    let way = (to.0 - from.0, to.1 - from.1);
    let length = way.0.hypot(way.1).max(1e-9);
    let ahead = (way.0 / length, way.1 / length);
    // Where the line comes nearest to the vehicle, and from there as far as the circle of the reach allows.
    let along = -(to.0 * ahead.0 + to.1 * ahead.1);
    let foot = (to.0 + ahead.0 * along, to.1 + ahead.1 * along);
    let on = (reach * reach - foot.0 * foot.0 - foot.1 * foot.1).max(0.25 * reach * reach).sqrt();
    (foot.0 + ahead.0 * on, foot.1 + ahead.1 * on)
}

/// The nearer the aim, the sharper the truck follows and the more it swings: this does not swing with a wheel that answers
/// after 0.16 s and turns at 0.5 rad/s.
const LOOK_AHEAD_M: f64 = 0.8;
const LOOK_AHEAD_S: f64 = 0.4;
const NEAREST_M: f64 = 0.3;
/// Of the sideways acceleration that is safe.
const GENTLE: f64 = 0.9;
