//! What the guard knows of the vehicle: shape, limits and how it answers its actuators.

use crate::geometry::{Rect, smaller, within};
use crate::manoeuvre::SHARPEST_PER_M;
use farhand_profile::Profile;

/// One vehicle, in SI units. Made from its profile, which has checked every range.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    empty: Footprint,
    loaded: Footprint,
    pub(crate) pocket: Rect,
    pub(crate) wheelbase: f64,
    pub(crate) max_steering: f64,
    pub(crate) max_speed: f64,
    pub(crate) max_accel: f64,
    pub(crate) max_lift: f64,
    pub(crate) steer_dead: f64,
    pub(crate) steer_rate: f64,
    pub(crate) brake_dead: f64,
    pub(crate) brake_jerk: f64,
    pub(crate) traction_lag: f64,
    pub(crate) rolling: f64,
    safe_decel: f64,
    safe_decel_raised: f64,
    safe_lateral: f64,
    mast_height: f64,
}

impl Model {
    /// The vehicle of a profile.
    #[must_use]
    pub fn from_profile(profile: &Profile) -> Self {
        let (geometry, limits, actuators, load) = (&profile.geometry, &profile.limits, &profile.actuators, &profile.load);
        let face = load.fork_face_m.value().min(geometry.ahead_m.value());
        let wide = |x0: f64, x1: f64, width: f64| Rect { x0, x1, y0: -0.5 * width, y1: 0.5 * width };
        let body = wide(-geometry.behind_m.value(), face, geometry.width_m.value());
        let forks = wide(face, geometry.ahead_m.value(), load.fork_width_m.value());
        let carried = wide(face, face + load.length_m.value(), load.width_m.value());
        let pocket = wide(face, geometry.ahead_m.value() + load.pocket_ahead_m.value(), load.pocket_width_m.value());
        Self {
            empty: Footprint::of(&[body, forks]),
            loaded: Footprint::of(&[body, forks, carried]),
            pocket,
            wheelbase: geometry.wheelbase_m.value(),
            max_steering: limits.max_steering_rad.value(),
            max_speed: limits.max_speed_mps.value(),
            max_accel: limits.max_accel_mps2.value(),
            max_lift: limits.max_lift_mps.value(),
            steer_dead: actuators.steer_dead_time.span().as_secs_f64(),
            steer_rate: actuators.steer_rate_radps.value(),
            brake_dead: actuators.brake_dead_time.span().as_secs_f64(),
            brake_jerk: actuators.brake_jerk_mps3.value(),
            traction_lag: actuators.traction_lag.span().as_secs_f64(),
            rolling: profile.guard.rolling_decel_mps2.value(),
            safe_decel: limits.safe_decel_mps2.value(),
            safe_decel_raised: limits.safe_decel_raised_mps2.value().min(limits.safe_decel_mps2.value()),
            safe_lateral: limits.safe_lateral_mps2.value(),
            mast_height: limits.mast_height_m.value(),
        }
    }

    pub(crate) fn footprint(&self, loaded: bool) -> &Footprint {
        if loaded { &self.loaded } else { &self.empty }
    }

    /// Farthest point of the vehicle from its origin, load or not.
    pub(crate) fn radius(&self) -> f64 {
        self.empty.radius.max(self.loaded.radius)
    }

    /// Load-safe deceleration with the forks at this height: falls in a line up to the height of the mast.
    pub(crate) fn decel(&self, fork: f64) -> f64 {
        self.safe_decel + (self.safe_decel_raised - self.safe_decel) * self.raised(fork)
    }

    /// Load-safe sideways acceleration, lowered by the fork height in the same share.
    pub(crate) fn lateral(&self, fork: f64) -> f64 {
        self.safe_lateral * self.decel(fork) / self.safe_decel
    }

    fn raised(&self, fork: f64) -> f64 {
        (fork / self.mast_height).clamp(0.0, 1.0)
    }

    /// Curvature of the path with the wheel at this angle.
    pub(crate) fn curvature(&self, steering: f64) -> f64 {
        within(steering, MOST_STEERING).tan() / self.wheelbase
    }

    /// Angle of the wheel for a curvature, as far as the vehicle can.
    pub(crate) fn steering(&self, curvature: f64) -> f64 {
        within((curvature * self.wheelbase).atan(), self.max_steering)
    }

    /// The sharpest curvature of the library for this vehicle.
    pub(crate) fn sharpest(&self) -> f64 {
        self.curvature(self.max_steering).min(SHARPEST_PER_M)
    }
}

/// The vehicle on the floor: rectangles along its own axes. The whole of it is swept, so the tail swings out in a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Footprint {
    parts: [Rect; PARTS],
    pub(crate) bounds: Rect,
    /// Farthest point from the vehicle's origin.
    pub(crate) radius: f64,
}

impl Footprint {
    fn of(parts: &[Rect]) -> Self {
        let mut joined = [NOWHERE; PARTS];
        for (place, part) in joined.iter_mut().zip(parts) {
            *place = *part;
        }
        let [body, forks, load] = joined;
        // Forks as wide as the body are more body.
        let (body, forks) = if body.y1 == forks.y1 { (body.around(&forks), NOWHERE) } else { (body, forks) };
        let bounds = parts.iter().fold(body, |bounds, part| bounds.around(part));
        Self { parts: [body, forks, load], bounds, radius: bounds.radius() }
    }

    /// Its parts.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Rect> {
        self.parts.iter().filter(|part| part.x0 <= part.x1)
    }

    /// Square of the distance to a point in the vehicle frame; 0 inside.
    pub(crate) fn distance_squared(&self, x: f64, y: f64) -> f64 {
        let [body, forks, load] = &self.parts;
        let body = body.distance_squared(x, y);
        smaller(body, smaller(forks.distance_squared(x, y), load.distance_squared(x, y)))
    }

    /// Distance to the straight line between two points.
    pub(crate) fn distance_to_segment(&self, a: (f64, f64), b: (f64, f64)) -> f64 {
        self.parts().map(|part| part.distance_to_segment(a, b)).fold(f64::INFINITY, f64::min)
    }
}

/// Body, forks, load.
const PARTS: usize = 3;
/// A part that is not there: infinitely far from everything.
const NOWHERE: Rect = Rect { x0: f64::INFINITY, x1: f64::NEG_INFINITY, y0: f64::INFINITY, y1: f64::NEG_INFINITY };
/// The tangent of the steering angle stays finite: 1.5 rad is 14 wheelbases to the side for each one ahead.
const MOST_STEERING: f64 = 1.5;

#[cfg(test)]
pub(crate) mod tests_support {
    use super::Model;
    use farhand_profile::Profile;

    /// The vehicle of a profile text; the kind is added.
    pub(crate) fn model(text: &str) -> Model {
        Model::from_profile(&profile(text))
    }

    pub(crate) fn profile(text: &str) -> Profile {
        let text = format!("kind = \"counterbalance-truck\"\n{text}\n");
        farhand_settings::parse(&text, std::path::Path::new("p.toml")).expect("a good profile")
    }
}

#[cfg(test)]
mod tests {
    use super::tests_support::model;

    #[test]
    fn forks_as_wide_as_the_body_make_one_rectangle() {
        let model = model("");
        let parts: Vec<_> = model.footprint(false).parts().collect();
        assert_eq!(parts.len(), 1);
        assert_eq!((parts[0].x0, parts[0].x1, parts[0].y1), (-1.85, 1.55, 0.55));
    }

    #[test]
    fn a_load_is_wider_than_the_forks_and_the_free_corner_beside_narrow_forks_is_free() {
        let model = model("[load]\nfork_width_m = 0.7\nwidth_m = 2.3");
        let (empty, loaded) = (model.footprint(false), model.footprint(true));
        assert!((empty.distance_squared(1.0, 0.5).sqrt() - 0.15).abs() < 1e-12);
        assert_eq!(loaded.distance_squared(1.0, 0.5), 0.0);
        assert_eq!(loaded.bounds.y1, 1.15);
    }

    #[test]
    fn a_raised_fork_lowers_both_limits_in_a_line() {
        let model = model("");
        for (fork, decel) in [(-1.0, 1.6), (0.0, 1.6), (1.5, 0.975), (3.0, 0.35), (9.0, 0.35)] {
            assert!((model.decel(fork) - decel).abs() < 1e-12, "{fork}");
        }
        assert!((model.lateral(3.0) - 0.35).abs() < 1e-12);
    }

    #[test]
    fn a_vehicle_that_cannot_turn_sharply_has_a_gentler_library() {
        assert_eq!(model("").sharpest(), 0.9);
        let pod = model("[geometry]\nwheelbase_m = 4.0\n[limits]\nmax_steering_rad = 0.6");
        assert!((pod.sharpest() - 0.6_f64.tan() / 4.0).abs() < 1e-12);
        assert!((pod.steering(9.0) - 0.6).abs() < 1e-12);
    }
}
