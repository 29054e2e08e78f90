//! The laws by which the machine answers, step by step: the same as those of the real truck.

use crate::geometry::within;
use crate::model::Model;
use crate::situation::{Command, milli};

/// Speed along the vehicle and the deceleration that the brake gives right now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rolling {
    pub(crate) speed: f64,
    pub(crate) decel: f64,
}

/// What the drive is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Traction {
    speed: f64,
    accel: f64,
    braked: bool,
}

impl Traction {
    /// The brake is demanded: no traction from this instant, friction after its dead time.
    pub(crate) const OFF: Self = Self { speed: 0.0, accel: 0.0, braked: true };

    pub(crate) fn of(model: &Model, command: &Command) -> Self {
        Self {
            speed: within(milli(command.speed_mm_s), model.max_speed),
            accel: milli(command.accel_mm_s2).max(0.0).min(model.max_accel),
            braked: command.brake_mm_s2 > 0,
        }
    }
}

impl Rolling {
    /// One small step. `demanded` is the deceleration that was demanded one dead time ago.
    pub(crate) fn step(&mut self, model: &Model, traction: Traction, demanded: f64, seconds: f64) {
        self.decel += within(demanded - self.decel, model.brake_jerk * seconds);
        if !traction.braked && traction.speed != 0.0 && self.decel <= 0.0 {
            let lag = model.traction_lag.max(seconds);
            self.speed += within((traction.speed - self.speed) / lag, traction.accel) * seconds;
            return;
        }
        let loss = self.decel.max(model.rolling) * seconds;
        self.speed = if self.speed.abs() <= loss { 0.0 } else { self.speed - loss.copysign(self.speed) };
    }

    pub(crate) fn stands(self) -> bool {
        self.speed.abs() < STANDING
    }
}

/// The wheel one step later, turned towards `wanted`.
pub(crate) fn turned(model: &Model, steering: f64, wanted: f64, seconds: f64) -> f64 {
    steering + within(wanted - steering, model.steer_rate * seconds)
}

/// Slower than this is standing.
pub(crate) const STANDING: f64 = 1e-6;

/// One step of the laws; the dead times of trucks are known to 10 ms.
pub(crate) const STEP: f64 = 0.01;

/// Steps of 10 ms in a span, rounded up.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a span of seconds, not negative")]
pub(crate) fn steps_in(seconds: f64) -> usize {
    (seconds / STEP - 1e-9).ceil().max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests_support::model;

    #[test]
    fn traction_goes_at_once_and_friction_comes_with_the_jerk() {
        let model = model("");
        let mut rolling = Rolling { speed: 2.0, decel: 0.0 };
        rolling.step(&model, Traction::OFF, 0.0, STEP);
        assert!((rolling.speed - (2.0 - 0.25 * STEP)).abs() < 1e-12, "only rolling in the dead time");
        rolling.step(&model, Traction::OFF, 1.6, STEP);
        assert!((rolling.decel - 0.08).abs() < 1e-12);
        for _ in 0..30 {
            rolling.step(&model, Traction::OFF, 1.6, STEP);
        }
        assert!((rolling.decel - 1.6).abs() < 1e-9);
        for _ in 0..300 {
            rolling.step(&model, Traction::OFF, 1.6, STEP);
        }
        assert_eq!(rolling.speed, 0.0);
    }

    #[test]
    fn the_drive_closes_in_on_the_wanted_speed_no_steeper_than_allowed() {
        let model = model("");
        let command = Command { speed_mm_s: -1000, accel_mm_s2: 500, ..Command::default() };
        let mut rolling = Rolling { speed: 0.0, decel: 0.0 };
        rolling.step(&model, Traction::of(&model, &command), 0.0, STEP);
        assert!((rolling.speed + 0.005).abs() < 1e-12);
        for _ in 0..500 {
            rolling.step(&model, Traction::of(&model, &command), 0.0, STEP);
        }
        assert!((rolling.speed + 1.0).abs() < 1e-3);
    }

    #[test]
    fn spans_are_counted_in_whole_steps_rounded_up() {
        assert_eq!([0.0, 0.25, 0.251, -1.0].map(steps_in), [0, 25, 26, 0]);
    }
}
