//! The guard's library, driven by the study's truck: number -> wheel and brake.

use farhand_study::{Corridor, Known, Tracker};
use farhand_world::{Drive, Place};

/// One manoeuvre under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stop {
    /// None follows the corridor.
    steering_rad: Option<f64>,
    decel_mps2: f64,
    tracker: Tracker,
}

impl Stop {
    /// By its number: steering times three plus deceleration, as in the guard.
    pub(crate) fn new(index: usize, known: &Known) -> Self {
        let (steering, decel) = (index / SHARES.len(), index % SHARES.len());
        let curvature = CURVATURES.get(steering).map(|share| SHARPEST_PER_M * share);
        Self {
            steering_rad: curvature.map(|curvature| known.steering_rad(curvature)),
            decel_mps2: SHARES[decel] * known.safe_decel_mps2,
            tracker: Tracker::default(),
        }
    }

    /// The command of this tick.
    pub(crate) fn drive(&mut self, known: &Known, corridor: &Corridor, reckoned: &Place, speed_mps: f64) -> Drive {
        let steering_rad = self.steering_rad.unwrap_or_else(|| self.tracker.steer(known, corridor, reckoned, speed_mps));
        Drive { brake_mps2: self.decel_mps2, steering_rad, ..Drive::default() }
    }
}

/// As in the guard; a test compares.
const SHARES: [f64; 3] = [1.0, 0.5, 0.15];
const SHARPEST_PER_M: f64 = 0.9;
const CURVATURES: [f64; 11] = [-1.0, -0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0];

#[cfg(test)]
mod tests {
    use super::*;
    use farhand_guard::{Manoeuvre, Steering};

    #[test]
    fn the_numbers_mean_what_they_mean_to_the_guard() {
        assert_eq!(Manoeuvre::all().count(), farhand_senses::SCORES);
        for manoeuvre in Manoeuvre::all() {
            let (steering, decel) = (manoeuvre.index() / SHARES.len(), manoeuvre.index() % SHARES.len());
            assert!((SHARES[decel] * 100.0 - f64::from(manoeuvre.decel_percent())).abs() < 1e-9);
            match manoeuvre.steering() {
                Steering::Curve(fifths) => assert!((CURVATURES[steering] - f64::from(fifths) / 5.0).abs() < 1e-9),
                Steering::Pursuit => assert_eq!(CURVATURES.get(steering), None),
            }
        }
    }
}
