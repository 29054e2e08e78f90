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
    use super::tests_support::{model, profile};
    use super::{Model, Rect};

    #[test]
    fn forks_as_wide_as_the_body_make_one_rectangle() {
        let model = model("");
        let parts: Vec<_> = model.footprint(false).parts().collect();
        assert_eq!(parts, [&Rect { x0: -1.85, x1: 1.55, y0: -0.55, y1: 0.55 }]);
        assert_eq!(model.footprint(false).bounds, *parts[0]);
        assert_eq!(model.footprint(false).radius, 1.85_f64.hypot(0.55));
    }

    #[test]
    fn body_forks_and_load_lie_one_behind_the_other_and_the_pocket_reaches_beyond_the_forks() {
        let model = model(
            "[geometry]\nbehind_m = 2.0\nahead_m = 1.5\nwidth_m = 1.0\n\
             [load]\nfork_face_m = 0.5\nfork_width_m = 0.6\nlength_m = 2.0\nwidth_m = 1.4\n\
             pocket_width_m = 0.8\npocket_ahead_m = 0.25",
        );
        let body = Rect { x0: -2.0, x1: 0.5, y0: -0.5, y1: 0.5 };
        let forks = Rect { x0: 0.5, x1: 1.5, y0: -0.3, y1: 0.3 };
        let load = Rect { x0: 0.5, x1: 2.5, y0: -0.7, y1: 0.7 };
        let (empty, loaded) = (model.footprint(false), model.footprint(true));
        assert_eq!(empty.parts().collect::<Vec<_>>(), [&body, &forks]);
        assert_eq!(loaded.parts().collect::<Vec<_>>(), [&body, &forks, &load]);
        assert_eq!(empty.bounds, Rect { x0: -2.0, x1: 1.5, y0: -0.5, y1: 0.5 });
        assert_eq!(loaded.bounds, Rect { x0: -2.0, x1: 2.5, y0: -0.7, y1: 0.7 });
        assert_eq!(model.pocket, Rect { x0: 0.5, x1: 1.75, y0: -0.4, y1: 0.4 });
        assert_eq!((empty.radius, loaded.radius), (2.0_f64.hypot(0.5), 2.5_f64.hypot(0.7)));
        assert_eq!(model.radius(), loaded.radius, "load or not");
    }

    #[test]
    fn a_fork_face_beyond_the_front_ends_with_the_body() {
        let model = model("[load]\nfork_face_m = 3.0\nfork_width_m = 0.6");
        assert_eq!(model.footprint(false).bounds.x1, 1.55);
        assert_eq!(model.pocket.x0, 1.55);
    }

    #[test]
    fn a_load_is_wider_than_the_forks_and_the_free_corner_beside_narrow_forks_is_free() {
        let model = model("[load]\nfork_width_m = 0.7\nwidth_m = 2.3");
        let (empty, loaded) = (model.footprint(false), model.footprint(true));
        assert!((empty.distance_squared(1.0, 0.5).sqrt() - 0.15).abs() < 1e-12);
        assert_eq!(loaded.distance_squared(1.0, 0.5), 0.0);
        assert_eq!(loaded.bounds.y1, 1.15);
        assert!((empty.distance_squared(-1.0, 2.55) - 4.0).abs() < 1e-12, "2 m from the body");
        assert!((loaded.distance_squared(1.0, 3.15) - 4.0).abs() < 1e-12, "2 m from the load");
    }

    #[test]
    fn a_line_is_as_far_away_as_from_the_nearest_part() {
        let model = model("[load]\nfork_width_m = 0.7");
        let (empty, loaded) = (model.footprint(false), model.footprint(true));
        for (from, to, unladen, laden) in [
            // Ahead of the forks, or of the load up to 1.6 m; beside the forks, or in the load; behind.
            ((3.55, -9.0), (3.55, 9.0), 2.0, 1.95),
            ((1.0, 0.5), (1.0, 0.8), 0.15, 0.0),
            ((-4.85, 0.0), (-5.0, 3.0), 3.0, 3.0),
        ] {
            assert!((empty.distance_to_segment(from, to) - unladen).abs() < 1e-12, "{from:?}");
            assert!((loaded.distance_to_segment(from, to) - laden).abs() < 1e-12, "{from:?}");
        }
    }

    #[test]
    fn every_figure_of_the_profile_has_its_place() {
        let model = model(
            "[geometry]\nwheelbase_m = 1.5\n\
             [limits]\nmax_steering_rad = 1.1\nmax_speed_mps = 2.1\nmax_accel_mps2 = 0.9\nmax_lift_mps = 0.3\n\
             [actuators]\nsteer_dead_time = \"110ms\"\nsteer_rate_radps = 0.7\nbrake_dead_time = \"160ms\"\n\
             brake_jerk_mps3 = 7.5\ntraction_lag = \"310ms\"\n[guard]\nrolling_decel_mps2 = 0.2",
        );
        assert_eq!((model.wheelbase, model.max_steering, model.max_speed), (1.5, 1.1, 2.1));
        assert_eq!((model.max_accel, model.max_lift, model.rolling), (0.9, 0.3, 0.2));
        assert_eq!((model.steer_dead, model.steer_rate), (0.11, 0.7));
        assert_eq!((model.brake_dead, model.brake_jerk, model.traction_lag), (0.16, 7.5, 0.31));
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
    fn the_sideways_limit_falls_in_the_same_share_and_raising_never_helps() {
        let limits = "[limits]\nsafe_decel_mps2 = 2.0\nsafe_lateral_mps2 = 1.2\nmast_height_m = 4.0\n";
        let model = model(&format!("{limits}safe_decel_raised_mps2 = 0.5"));
        for (fork, decel, lateral) in [(0.0, 2.0, 1.2), (1.0, 1.625, 0.975), (2.0, 1.25, 0.75), (4.0, 0.5, 0.3)] {
            assert!((model.decel(fork) - decel).abs() < 1e-12, "{fork}: {}", model.decel(fork));
            assert!((model.lateral(fork) - lateral).abs() < 1e-12, "{fork}: {}", model.lateral(fork));
        }
        let odd = Model::from_profile(&profile(&format!("{limits}safe_decel_raised_mps2 = 3.0")));
        assert_eq!((odd.decel(4.0), odd.lateral(4.0)), (2.0, 1.2));
    }

    #[test]
    fn curvature_is_the_tangent_over_the_wheelbase_and_back_again() {
        let model = model("[geometry]\nwheelbase_m = 2.0\n[limits]\nmax_steering_rad = 1.57");
        let quarter = std::f64::consts::FRAC_PI_4;
        for sign in [1.0, -1.0] {
            assert!((model.curvature(sign * quarter) - sign * 0.5).abs() < 1e-12);
            assert!((model.steering(sign * 0.5) - sign * quarter).abs() < 1e-12);
            assert_eq!(model.curvature(sign * 1.57), model.curvature(sign * 1.5), "it stays finite");
        }
        assert!((model.curvature(1.5) - 7.050_709_973_5).abs() < 1e-9);
    }

    #[test]
    fn a_vehicle_that_cannot_turn_sharply_has_a_gentler_library() {
        assert_eq!(model("").sharpest(), 0.9);
        let pod = model("[geometry]\nwheelbase_m = 4.0\n[limits]\nmax_steering_rad = 0.6");
        assert!((pod.sharpest() - 0.6_f64.tan() / 4.0).abs() < 1e-12);
        assert!((pod.steering(9.0) - 0.6).abs() < 1e-12);
        assert!((pod.steering(-9.0) + 0.6).abs() < 1e-12);
    }
}
