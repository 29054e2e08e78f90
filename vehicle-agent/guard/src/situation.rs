//! What the guard is told: whole numbers with their unit in the name.

use crate::corridor::Corner;
use crate::geometry::Pose;
use farhand_protocol::MonoTime;

/// Where odometry says the vehicle is: in a frame of its own that drifts slowly and never jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OdometryPose {
    /// Along the frame's x axis.
    pub x_um: i64,
    /// Along the frame's y axis.
    pub y_um: i64,
    /// Counter-clockwise from the x axis; counts on past a full turn or not, as it likes.
    pub heading_urad: i64,
}

/// A point in the odometry frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlacePoint {
    /// Along the frame's x axis.
    pub x_mm: i32,
    /// Along the frame's y axis.
    pub y_mm: i32,
}

/// One return of a scanner, in the vehicle frame at the time of the scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanPoint {
    /// Ahead of the fixed axle.
    pub x_mm: i32,
    /// Left of the middle.
    pub y_mm: i32,
    /// True if the site's map explains it. All else may be a person; without localisation nothing is explained.
    pub mapped: bool,
}

/// One sweep of one scanner.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'a> {
    /// When it was taken, on the vehicle's clock.
    pub at: MonoTime,
    /// Where the vehicle was then.
    pub pose: OdometryPose,
    /// False if the scanner reports a fault, a dirty window, or too few beams.
    pub whole: bool,
    /// Its returns, without those from the vehicle itself. What is beyond the range is not in the list.
    pub points: &'a [ScanPoint],
}

/// A command to the actuators, as the machine gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Command {
    /// Wanted speed, forward positive; 0 takes the traction off.
    pub speed_mm_s: i32,
    /// Steepest change of speed by the drive.
    pub accel_mm_s2: i32,
    /// Demanded deceleration; above 0 it overrides the speed.
    pub brake_mm_s2: i32,
    /// Wanted angle of the steered wheel; positive turns left when going forward.
    pub steering_mrad: i32,
    /// Wanted fork speed.
    pub lift_mm_s: i32,
}

/// A rectangle in which the vehicle should not come to rest: a crossing, a door, a ramp, a fire exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepClear {
    /// Its middle, in the odometry frame.
    pub centre: PlacePoint,
    /// Direction of its length.
    pub heading_mrad: i32,
    /// Half of its length.
    pub half_length_mm: i32,
    /// Half of its width.
    pub half_width_mm: i32,
}

/// Everything the guard looks at in one decision.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The newest sweep of each scanner.
    pub scans: &'a [Scan<'a>],
    /// Where the vehicle is now.
    pub pose: OdometryPose,
    /// Measured speed, forward positive.
    pub speed_mm_s: i32,
    /// Measured angle of the steered wheel.
    pub steering_mrad: i32,
    /// Height of the forks.
    pub fork_mm: i32,
    /// True while there is a load on the forks, or nobody knows.
    pub loaded: bool,
    /// What the machine was told last.
    pub last: Command,
    /// When it was told so.
    pub last_at: MonoTime,
    /// When the last accepted command of the operator came in: its silence is counted from here.
    pub heard_at: MonoTime,
    /// The speed that is asked for; its sign says which way a standing vehicle is to go.
    pub asked_mm_s: i32,
    /// The operator chose creep.
    pub creep: bool,
    /// The way that is planned, in driving order, if there is a plan; else the guard goes by the way just driven.
    pub way: &'a [PlacePoint],
    /// Where not to stand.
    pub keep_clear: &'a [KeepClear],
    /// The geofence as a polygon; without at least three points there is none.
    pub fence: &'a [PlacePoint],
}

/// What the policy thinks of each manoeuvre.
#[derive(Debug, Clone, Copy)]
pub struct Scores<'a> {
    /// When the situation was that they judge.
    pub at: MonoTime,
    /// One for each manoeuvre by its number; higher is better.
    pub values: &'a [f32],
}

impl OdometryPose {
    /// Where `other` stands, seen from here. The difference is taken in whole numbers: far from the origin nothing is lost.
    pub(crate) fn sees(self, other: Self) -> Pose {
        let (x, y) = self.sees_um(other.x_um, other.y_um);
        let turned = radians(other.heading_urad.wrapping_sub(self.heading_urad));
        Pose::new(x, y, turned)
    }

    /// Where a corner lies that was told of in the vehicle frame at `then`, in the vehicle frame here.
    #[must_use]
    pub fn sees_corner(self, then: Self, corner: Corner) -> Corner {
        let (x, y) = self.sees(then).outside(milli(corner.x_mm), milli(corner.y_mm));
        Corner { x_mm: to_milli(x), y_mm: to_milli(y) }
    }

    /// Where a point stands, seen from here.
    pub(crate) fn sees_point(self, point: PlacePoint) -> (f64, f64) {
        self.sees_um(i64::from(point.x_mm) * 1000, i64::from(point.y_mm) * 1000)
    }

    fn sees_um(self, x_um: i64, y_um: i64) -> (f64, f64) {
        let here = Pose::new(0.0, 0.0, radians(self.heading_urad));
        here.inside(metres_of_um(x_um.wrapping_sub(self.x_um)), metres_of_um(y_um.wrapping_sub(self.y_um)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a difference of places or angles is far below 2^53")]
fn metres_of_um(um: i64) -> f64 {
    um as f64 / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "a difference of places or angles is far below 2^53")]
fn radians(urad: i64) -> f64 {
    urad as f64 / 1e6
}

/// From thousandths on the wire to SI.
pub(crate) fn milli(value: i32) -> f64 {
    f64::from(value) / 1000.0
}

/// From SI to thousandths on the wire, to the nearest.
#[expect(clippy::cast_possible_truncation, reason = "a float to integer cast saturates")]
pub(crate) fn to_milli(value: f64) -> i32 {
    (value * 1000.0).round() as i32
}

#[cfg(test)]
pub(crate) mod tests_support {
    use super::{Command, OdometryPose, Situation};
    use farhand_protocol::MonoTime;

    /// Standing at the origin, told nothing, with nothing known of what is around.
    pub(crate) fn quiet() -> Situation<'static> {
        Situation {
            scans: &[],
            pose: OdometryPose::default(),
            speed_mm_s: 0,
            steering_mrad: 0,
            fork_mm: 100,
            loaded: false,
            last: Command::default(),
            last_at: MonoTime(0),
            heard_at: MonoTime(0),
            asked_mm_s: 0,
            creep: false,
            way: &[],
            keep_clear: &[],
            fence: &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: (f64, f64), two: (f64, f64)) -> bool {
        (one.0 - two.0).abs() < 1e-9 && (one.1 - two.1).abs() < 1e-9
    }

    #[test]
    fn places_and_points_are_seen_in_the_frame_of_the_vehicle() {
        // At (1, 2), looking along the y axis less 0.2 rad.
        let here = OdometryPose { x_um: 1_000_000, y_um: 2_000_000, heading_urad: 1_370_796 };
        let (sin, cos) = 1.370_796_f64.sin_cos();
        let there = OdometryPose { x_um: 4_000_000, y_um: 2_500_000, heading_urad: 1_870_796 };
        let expected = (3.0 * cos + 0.5 * sin, 0.5 * cos - 3.0 * sin);
        let seen = here.sees(there);
        assert!(same((seen.x, seen.y), expected) && same((seen.sin, seen.cos), 0.5_f64.sin_cos()), "{seen:?}");
        assert!(same(here.sees_point(PlacePoint { x_mm: 4000, y_mm: 2500 }), expected));
        // The left shoulder of a vehicle that looks along the x axis lies ahead of one that looks along the y axis.
        let (along_x, along_y) = (OdometryPose::default(), OdometryPose { heading_urad: 1_570_796, ..OdometryPose::default() });
        let corner = Corner { x_mm: 300, y_mm: 700 };
        assert_eq!(along_y.sees_corner(along_x, corner), Corner { x_mm: 700, y_mm: -300 });
        assert_eq!(along_x.sees_corner(OdometryPose { x_um: 2_000_000, ..along_x }, corner), Corner { x_mm: 2300, y_mm: 700 });
    }

    #[test]
    fn thousandths_go_back_and_forth_and_are_rounded_to_the_nearest() {
        assert_eq!([1500, -2500, 3].map(milli), [1.5, -2.5, 0.003]);
        assert_eq!([1.5, -2.5004, 0.0026, -0.0026, 0.0004].map(to_milli), [1500, -2500, 3, -3, 0]);
        assert_eq!((metres_of_um(2_500_000), radians(-1_250_000)), (2.5, -1.25));
    }

    #[test]
    fn far_from_the_origin_the_next_millimetre_is_still_seen() {
        let far = OdometryPose { x_um: 9_000_000_000_000, y_um: -4_000_000_000_000, heading_urad: 1_570_796 };
        let ahead = OdometryPose { y_um: far.y_um + 1000, heading_urad: far.heading_urad + 500_000, ..far };
        let seen = far.sees(ahead);
        assert!((seen.x - 0.001).abs() < 1e-9 && seen.y.abs() < 1e-8, "{seen:?}");
        assert!((seen.sin - 0.5_f64.sin()).abs() < 1e-12);
    }

    #[test]
    fn nothing_overflows() {
        let far = OdometryPose { x_um: i64::MAX, y_um: i64::MIN, heading_urad: i64::MAX };
        let seen = OdometryPose { x_um: i64::MIN, y_um: i64::MAX, heading_urad: i64::MIN }.sees(far);
        assert!(seen.x.is_finite() && seen.cos.is_finite());
        assert_eq!(to_milli(f64::INFINITY), i32::MAX);
    }
}
