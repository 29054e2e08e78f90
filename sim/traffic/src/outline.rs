//! Outlines on the floor, and whether two of them overlap.

use crate::body::Body;
use crate::track::Pose;

/// A rectangle that looks somewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outline {
    middle: (f64, f64),
    along: (f64, f64),
    half_length_m: f64,
    half_width_m: f64,
}

impl Outline {
    pub(crate) fn of(pose: Pose, body: &Body) -> Self {
        let (sin, cos) = pose.heading_rad.sin_cos();
        let shift = (body.front_m - body.rear_m) / 2.0;
        Self {
            middle: (pose.x_m + shift * cos, pose.y_m + shift * sin),
            along: (cos, sin),
            half_length_m: f64::midpoint(body.front_m, body.rear_m),
            half_width_m: body.half_width_m,
        }
    }

    /// Its corners, in order.
    pub(crate) fn corners(&self) -> [(f64, f64); 4] {
        let across = (-self.along.1, self.along.0);
        let corner = |forth: f64, left: f64| {
            (
                self.middle.0 + forth * self.half_length_m * self.along.0 + left * self.half_width_m * across.0,
                self.middle.1 + forth * self.half_length_m * self.along.1 + left * self.half_width_m * across.1,
            )
        };
        [corner(1.0, 1.0), corner(1.0, -1.0), corner(-1.0, -1.0), corner(-1.0, 1.0)]
    }

    /// True if no straight line lies between the two.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let (dx, dy) = (other.middle.0 - self.middle.0, other.middle.1 - self.middle.1);
        let farthest = self.half_length_m + self.half_width_m + other.half_length_m + other.half_width_m;
        if dx.abs().max(dy.abs()) > farthest {
            return false;
        }
        let axes = [self.along, (-self.along.1, self.along.0), other.along, (-other.along.1, other.along.0)];
        axes.into_iter().all(|axis| (dx * axis.0 + dy * axis.1).abs() < self.reach(axis) + other.reach(axis))
    }

    fn reach(&self, axis: (f64, f64)) -> f64 {
        let along = (self.along.0 * axis.0 + self.along.1 * axis.1).abs();
        let across = (self.along.0 * axis.1 - self.along.1 * axis.0).abs();
        along * self.half_length_m + across * self.half_width_m
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outlines_side_by_side_do_not_overlap_and_one_turned_into_the_other_does() {
        let at = |x_m: f64, y_m: f64, heading_rad: f64| Outline::of(Pose { x_m, y_m, heading_rad }, &Body::TRUCK);
        assert!(!at(0.0, 0.0, 0.0).overlaps(&at(0.0, 1.2, 0.0)));
        assert!(at(0.0, 0.0, 0.0).overlaps(&at(0.0, 1.2, 0.6)));
        assert!(at(0.0, 0.0, 0.0).overlaps(&at(0.0, 1.0, 0.0)));
        assert!(!at(0.0, 0.0, 0.0).overlaps(&at(3.3, 0.0, 0.0)));
    }
}
