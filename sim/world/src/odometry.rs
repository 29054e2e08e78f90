//! Where a machine believes it is.
//!
//! Dead reckoning with a wheel that is 0.3 % too large and a gyro that drifts 0.5 mrad a second while the wheels turn,
//! pulled back to the truth by the site's reflectors with a time constant of 20 s: a few centimetres off, never lost.

use crate::Place;

const WHEEL_ERROR: f64 = 0.003;
const GYRO_DRIFT_RADPS: f64 = 0.0005;
const CORRECTION_S: f64 = 20.0;

/// The estimate and how it errs.
#[derive(Debug, Clone)]
pub struct Odometry {
    believed: Place,
    last_true: Place,
}

impl Odometry {
    /// Starts at the true place.
    pub fn new(place: Place) -> Self {
        Self { believed: place, last_true: place }
    }

    /// Takes in that the machine moved to `place` in `seconds`.
    pub fn advance(&mut self, place: Place, seconds: f64) {
        let (dx, dy) = (place.x_m - self.last_true.x_m, place.y_m - self.last_true.y_m);
        let turned = place.heading_rad - self.last_true.heading_rad;
        let moved = dx.hypot(dy) > 0.0;
        // The step is seen in the believed frame: a wrong heading carries the estimate astray as it does in life.
        let (sin, cos) = (self.believed.heading_rad - self.last_true.heading_rad).sin_cos();
        let scale = 1.0 + WHEEL_ERROR;
        self.believed.x_m += scale * (cos * dx - sin * dy);
        self.believed.y_m += scale * (sin * dx + cos * dy);
        self.believed.heading_rad += turned + if moved { GYRO_DRIFT_RADPS * seconds } else { 0.0 };
        let pull = (seconds / CORRECTION_S).min(1.0);
        self.believed.x_m += pull * (place.x_m - self.believed.x_m);
        self.believed.y_m += pull * (place.y_m - self.believed.y_m);
        self.believed.heading_rad += pull * (place.heading_rad - self.believed.heading_rad);
        self.last_true = place;
    }

    /// The estimate.
    pub fn believed(&self) -> Place {
        self.believed
    }
}
