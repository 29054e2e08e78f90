//! Shapes and speeds of what drives, from the ranges of safety.md 4.1.

use crate::random::Random;
use farhand_coordination::VehicleKind;
use farhand_world::{Outline, Place};

/// A vehicle's outline around the middle of its unsteered axle, and how it drives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Body {
    /// What it is called.
    pub(crate) name: &'static str,
    /// To the tips of the forks or the front.
    pub(crate) front_m: f64,
    /// To the end behind.
    pub(crate) rear_m: f64,
    /// To either side.
    pub(crate) half_width_m: f64,
    /// Top speed on a site.
    pub(crate) top_mps: f64,
    /// How it picks up speed.
    pub(crate) gain_mps2: f64,
    /// How it brakes in service; in a stop too.
    pub(crate) brake_mps2: f64,
    /// How hard it may go round a bend.
    pub(crate) lateral_mps2: f64,
    /// How fast it turns on the spot.
    pub(crate) turn_rad_s: f64,
}

impl Body {
    /// A counterbalance truck with three wheels, 1.6 t.
    pub const TRUCK: Self = Self {
        name: "counterbalance truck",
        front_m: 1.53,
        rear_m: 1.75,
        half_width_m: 0.55,
        top_mps: 2.0,
        gain_mps2: 1.0,
        brake_mps2: 1.0,
        lateral_mps2: 0.8,
        turn_rad_s: 0.8,
    };

    const JACK: Self = Self {
        name: "rider pallet jack",
        front_m: 1.25,
        rear_m: 1.15,
        half_width_m: 0.4,
        top_mps: 2.2,
        gain_mps2: 0.9,
        brake_mps2: 1.2,
        lateral_mps2: 0.8,
        turn_rad_s: 0.9,
    };

    const CARRIER: Self = Self {
        name: "flat carrier",
        front_m: 0.75,
        rear_m: 0.75,
        half_width_m: 0.5,
        top_mps: 1.6,
        gain_mps2: 0.8,
        brake_mps2: 1.0,
        lateral_mps2: 0.8,
        turn_rad_s: 1.2,
    };

    pub(crate) fn drawn(random: &mut Random) -> Self {
        [Self::TRUCK, Self::JACK, Self::CARRIER][random.below(3)]
    }

    /// The floor that it takes at a place.
    pub(crate) fn outline(&self, place: &Place) -> Outline {
        Outline::around(place, self.rear_m, self.front_m, 2.0 * self.half_width_m)
    }

    /// From the axle to the farthest corner.
    pub(crate) fn corner_m(&self) -> f64 {
        self.front_m.max(self.rear_m).hypot(self.half_width_m)
    }

    /// Radius of the disc it needs to turn on a node, with 0.1 m to spare.
    pub(crate) fn radius_mm(&self) -> i32 {
        whole_mm(self.corner_m() + 0.1)
    }

    pub(crate) fn half_width_mm(&self) -> i32 {
        whole_mm(self.half_width_m)
    }

    /// Distance of neighbouring nodes: two discs.
    pub(crate) fn cell_mm(&self) -> i32 {
        2 * self.radius_mm()
    }

    pub(crate) fn kind(&self) -> VehicleKind {
        let milli = |value: f64| whole_mm(value).unsigned_abs();
        VehicleKind { top_mm_s: milli(self.top_mps), gain_mm_s2: milli(self.gain_mps2), brake_mm_s2: milli(self.brake_mps2) }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a vehicle is a few metres long, and a cast of a float saturates")]
pub(crate) fn whole_mm(metres: f64) -> i32 {
    (metres * 1000.0).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trucks_side_by_side_do_not_overlap_and_one_turned_into_the_other_does() {
        let at = |x_m: f64, y_m: f64, heading_rad: f64| Body::TRUCK.outline(&Place { x_m, y_m, heading_rad });
        assert!(!at(0.0, 0.0, 0.0).overlaps(&at(0.0, 1.2, 0.0)));
        assert!(at(0.0, 0.0, 0.0).overlaps(&at(0.0, 1.2, 0.6)));
        assert!(at(0.0, 0.0, 0.0).overlaps(&at(0.0, 1.0, 0.0)));
        assert!(!at(0.0, 0.0, 0.0).overlaps(&at(3.3, 0.0, 0.0)));
    }
}
