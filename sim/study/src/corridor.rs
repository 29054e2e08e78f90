//! What the truck knows of its way: six points ahead.

use crate::family;
use crate::ride::{Moment, Ride};
use crate::scenario::Scenario;
use farhand_protocol::MonoTime;
use farhand_world::{Place, Random};
use std::time::Duration;

/// Points of a corridor.
pub(crate) const POINTS: usize = 6;
/// And how far they are apart.
pub(crate) const SPACING_M: f64 = 0.6;

/// The way ahead as it was known at one instant, in the frame of the wheels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Corridor {
    /// When it was laid.
    pub laid: MonoTime,
    /// The first is 0.6 m ahead of where the fixed axle was then.
    pub points: [(f64, f64); POINTS],
    /// True if nobody planned it: it is the way just driven, thought on.
    pub extrapolated: bool,
}

/// How the corridors of one scenario come about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CorridorMaker {
    /// Nobody planned a way.
    pub extrapolated: bool,
    /// No corridor is laid in the last moments before the loss.
    pub stale: Duration,
    /// To the left of the way that is driven.
    pub aside_m: f64,
    /// Turned against it.
    pub turned_rad: f64,
}

impl CorridorMaker {
    /// Draws one.
    pub fn draw(family: &family::Corridor, random: &mut Random) -> Self {
        let (extrapolated, stale) = (family.extrapolated_share.draw(random), family.stale_share.draw(random));
        let stale_s = family.stale_s.draw(random);
        Self {
            extrapolated,
            stale: if stale { Duration::from_secs_f64(stale_s) } else { Duration::ZERO },
            aside_m: family.aside_m.draw(random) * random.bell(),
            turned_rad: family.turned_rad.draw(random) * random.bell(),
        }
    }

    /// True if it is time for a new corridor.
    #[must_use]
    pub fn is_due(&self, scenario: &Scenario, ride: &Ride) -> bool {
        let fresh = ride.now().after(self.stale) <= scenario.loss_at;
        fresh && ride.now().since(ride.corridor().laid) >= PERIOD
    }

    /// The corridor as of now.
    #[must_use]
    pub fn lay(&self, scenario: &Scenario, ride: &Ride) -> Corridor {
        let now = ride.latest();
        let ahead = if self.extrapolated { thought_on(ride) } else { self.planned(scenario, now) };
        Corridor { laid: ride.now(), points: ahead.map(|(x, y)| now.reckoned.point(x, y)), extrapolated: self.extrapolated }
    }

    /// The operator's way, in the vehicle's frame, as wrong as the scenario says.
    fn planned(&self, scenario: &Scenario, now: &Moment) -> [(f64, f64); POINTS] {
        let place = now.place;
        let at_m = scenario.path.nearest_m((place.x_m, place.y_m), 0.0, scenario.path.length_m());
        let (sin, cos) = (self.turned_rad - place.heading_rad).sin_cos();
        let mut points = [(0.0, 0.0); POINTS];
        let mut on_m = at_m;
        for point in &mut points {
            on_m += SPACING_M;
            let way = scenario.path.at(on_m);
            let (dx, dy) = (way.x_m - place.x_m, way.y_m - place.y_m);
            *point = (cos * dx - sin * dy, sin * dx + cos * dy + self.aside_m);
        }
        points
    }
}

/// An arc as the one driven in the last moments, that straightens out ahead.
fn thought_on(ride: &Ride) -> [(f64, f64); POINTS] {
    let (now, before) = (ride.latest(), ride.ago(LOOK_BACK));
    let way = (now.travelled_m - before.travelled_m).max(0.05);
    let mut curvature = (now.reckoned.heading_rad - before.reckoned.heading_rad) / way;
    let fade = curvature * SPACING_M / FADE_M;
    let mut at = Place::default();
    let mut points = [(0.0, 0.0); POINTS];
    for point in &mut points {
        let turn = curvature * SPACING_M;
        let middle = at.heading_rad + turn / 2.0;
        at = Place {
            x_m: at.x_m + SPACING_M * middle.cos(),
            y_m: at.y_m + SPACING_M * middle.sin(),
            heading_rad: at.heading_rad + turn,
        };
        *point = (at.x_m, at.y_m);
        curvature = if curvature.abs() <= fade.abs() { 0.0 } else { curvature - fade };
    }
    points
}

/// A new corridor ten times a second.
const PERIOD: Duration = Duration::from_millis(100);
/// The way just driven is that of this time.
const LOOK_BACK: Duration = Duration::from_millis(600);
/// A bend is thought on for this far, getting wider.
const FADE_M: f64 = 3.0;
