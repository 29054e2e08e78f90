//! How wrong a machine is about where it is.
//!
//! Two things, kept apart: dead reckoning in a frame of its own, which drifts and never jumps; and the place on the site's
//! map, which wanders around the truth and may be absent.

use crate::{Place, Random};

/// How dead reckoning errs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReckoningError {
    /// A wheel counted 1 % too long is 1.01.
    pub wheel: f64,
    /// Turn that the gyro adds while the wheels turn.
    pub gyro_radps: f64,
}

/// Place and path length by wheel and gyro.
#[derive(Debug, Clone, PartialEq)]
pub struct Reckoning {
    error: ReckoningError,
    place: Place,
    last_true: Place,
}

impl Reckoning {
    /// Begins at the origin of its own frame.
    #[must_use]
    pub fn new(error: ReckoningError, truth: Place) -> Self {
        Self { error, place: Place::default(), last_true: truth }
    }

    /// Takes in that the machine moved to `truth` in `seconds`.
    pub fn advance(&mut self, truth: Place, seconds: f64) {
        let (dx, dy) = (truth.x_m - self.last_true.x_m, truth.y_m - self.last_true.y_m);
        if dx != 0.0 || dy != 0.0 {
            let (sin, cos) = (self.place.heading_rad - self.last_true.heading_rad).sin_cos();
            self.place.x_m += self.error.wheel * (cos * dx - sin * dy);
            self.place.y_m += self.error.wheel * (sin * dx + cos * dy);
            self.place.heading_rad += truth.heading_rad - self.last_true.heading_rad + self.error.gyro_radps * seconds;
        }
        self.last_true = truth;
    }

    /// Where it says the machine is, in its own frame.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }
}

/// How localisation errs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalisationError {
    /// Standard deviation along each axis.
    pub deviation_m: f64,
    /// And of the heading.
    pub deviation_rad: f64,
    /// How long an error lasts before it is another one.
    pub memory_s: f64,
    /// Localisation is lost.
    pub absent: bool,
}

/// The place on the map, wandering around the truth.
#[derive(Debug, Clone)]
pub struct Localisation {
    error: LocalisationError,
    off: [f64; 3],
    chance: Random,
}

impl Localisation {
    /// Begins with an error drawn from the whole distribution.
    #[must_use]
    pub fn new(error: LocalisationError, mut chance: Random) -> Self {
        let off = [chance.bell(), chance.bell(), chance.bell()];
        Self { error, off, chance }
    }

    /// Lets the error wander for `seconds`.
    pub fn advance(&mut self, seconds: f64) {
        let keep = (-seconds / self.error.memory_s.max(1e-3)).exp();
        let fresh = (1.0 - keep * keep).max(0.0).sqrt();
        for off in &mut self.off {
            *off = keep * *off + fresh * self.chance.bell();
        }
    }

    /// Where the machine believes it is; none while localisation is lost.
    #[must_use]
    pub fn believed(&self, truth: &Place) -> Option<Place> {
        let [x, y, heading] = self.off;
        (!self.error.absent).then_some(Place {
            x_m: truth.x_m + x * self.error.deviation_m,
            y_m: truth.y_m + y * self.error.deviation_m,
            heading_rad: truth.heading_rad + heading * self.error.deviation_rad,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reckoning_turns_with_the_machine_and_drifts_with_its_errors() {
        let start = Place { x_m: 10.0, y_m: 5.0, heading_rad: 1.0 };
        let mut exact = Reckoning::new(ReckoningError { wheel: 1.0, gyro_radps: 0.0 }, start);
        let mut wrong = Reckoning::new(ReckoningError { wheel: 1.01, gyro_radps: 0.01 }, start);
        let mut truth = start;
        for _ in 0..400 {
            let (x_m, y_m) = truth.point(0.01, 0.0);
            truth = Place { x_m, y_m, heading_rad: truth.heading_rad + 0.002 };
            exact.advance(truth, 0.01);
            wrong.advance(truth, 0.01);
        }
        let seen = (truth.x_m - start.x_m).hypot(truth.y_m - start.y_m);
        assert!((exact.place().x_m.hypot(exact.place().y_m) - seen).abs() < 1e-9);
        assert!((exact.place().heading_rad - 0.8).abs() < 1e-9);
        assert!((wrong.place().heading_rad - 0.84).abs() < 1e-9);
        assert!(wrong.place().x_m.hypot(wrong.place().y_m) > seen);
        let stood = wrong.place();
        wrong.advance(truth, 1.0);
        assert_eq!(wrong.place(), stood, "who stands does not drift");
    }

    #[test]
    fn localisation_wanders_with_the_deviation_it_has_and_may_be_absent() {
        let error = LocalisationError { deviation_m: 0.05, deviation_rad: 0.01, memory_s: 2.0, absent: false };
        let mut localisation = Localisation::new(error, Random::new(3));
        let truth = Place { x_m: 1.0, y_m: 2.0, heading_rad: 0.5 };
        let (mut squares, mut most_step, mut last) = (0.0, 0.0_f64, None);
        for _ in 0..40_000 {
            localisation.advance(0.1);
            let off = localisation.believed(&truth).expect("present").x_m - 1.0;
            most_step = most_step.max(last.map_or(0.0, |last: f64| (off - last).abs()));
            last = Some(off);
            squares += off * off;
        }
        let deviation = (squares / 40_000.0_f64).sqrt();
        assert!((deviation - 0.05).abs() < 0.005 && most_step < 0.06, "{deviation} m, steps of {most_step} m");
        let lost = Localisation::new(LocalisationError { absent: true, ..error }, Random::new(3));
        assert_eq!(lost.believed(&truth), None);
    }
}
