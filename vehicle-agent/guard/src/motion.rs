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
    fn a_brake_above_nothing_takes_the_traction_off() {
        let model = model("");
        let of = |brake_mm_s2| {
            Traction::of(&model, &Command { speed_mm_s: 1000, accel_mm_s2: 500, brake_mm_s2, ..Command::default() })
        };
        assert_eq!([-1, 0, 1].map(|brake| of(brake).braked), [false, false, true]);
        assert_eq!((of(0).speed, of(0).accel), (1.0, 0.5));
        let wild = Traction::of(&model, &Command { speed_mm_s: -9000, accel_mm_s2: 9000, ..Command::default() });
        assert_eq!((wild.speed, wild.accel), (-2.5, 1.0), "no faster and no steeper than the vehicle may");
        let odd = Traction::of(&model, &Command { speed_mm_s: 9000, accel_mm_s2: -5, ..Command::default() });
        assert_eq!((odd.speed, odd.accel), (2.5, 0.0));
    }

    #[test]
    fn the_drive_closes_a_small_gap_in_its_lag() {
        let model = model("");
        // 0.15 m/s over 0.3 s: half of what is allowed, upwards and downwards.
        for (speed, wanted, expected) in [(1.0, 1150, 1.005), (1.0, 850, 0.995), (-1.0, -1150, -1.005)] {
            let command = Command { speed_mm_s: wanted, accel_mm_s2: 1000, ..Command::default() };
            let mut rolling = Rolling { speed, decel: 0.0 };
            rolling.step(&model, Traction::of(&model, &command), 0.0, STEP);
            assert!((rolling.speed - expected).abs() < 1e-12, "{}", rolling.speed);
        }
    }

    #[test]
    fn the_drive_pulls_only_unbraked_with_a_speed_to_reach_and_the_brake_open() {
        let model = model("");
        let speed_after = |speed, decel, traction: Traction, demanded| {
            let mut rolling = Rolling { speed, decel };
            rolling.step(&model, traction, demanded, STEP);
            rolling.speed
        };
        let pull = Traction { speed: 2.0, accel: 1.0, braked: false };
        let close = |value: f64, expected: f64| assert!((value - expected).abs() < 1e-12, "{value} instead of {expected}");
        close(speed_after(1.0, 0.0, pull, 0.0), 1.01);
        close(speed_after(1.0, 0.08, pull, 0.0), 1.01);
        close(speed_after(1.0, 0.4, pull, 0.4), 0.996);
        close(speed_after(1.0, 0.0, Traction { braked: true, ..pull }, 0.0), 0.9975);
        close(speed_after(1.0, 0.0, Traction { speed: 0.0, ..pull }, 0.0), 0.9975);
        close(speed_after(-1.0, 1.6, Traction::OFF, 1.6), -0.984);
        close(speed_after(1.0, 1.6, Traction::OFF, 0.0), 0.9848);
        // A brake never turns a vehicle round.
        assert_eq!(speed_after(0.016, 1.6, Traction::OFF, 1.6), 0.0);
        assert_eq!(speed_after(-0.01, 1.6, Traction::OFF, 1.6), 0.0);
        close(speed_after(0.017, 1.6, Traction::OFF, 1.6), 0.001);
    }

    #[test]
    fn a_micrometre_a_second_is_motion_and_less_is_standing() {
        let stands = |speed| Rolling { speed, decel: 0.0 }.stands();
        assert_eq!([0.0, 0.9e-6, -0.9e-6].map(stands), [true; 3]);
        assert_eq!([1e-6, -1e-6, 1.0, -1.0].map(stands), [false; 4]);
    }

    #[test]
    fn the_wheel_turns_as_fast_as_it_can_and_no_further_than_wanted() {
        let model = model("");
        let close = |value: f64, expected: f64| assert!((value - expected).abs() < 1e-12, "{value} instead of {expected}");
        close(turned(&model, 0.2, 0.9, 0.25), 0.4);
        close(turned(&model, 0.2, -0.9, 0.25), 0.0);
        close(turned(&model, 0.2, 0.3, 0.25), 0.3);
        close(turned(&model, -0.2, -0.25, 0.25), -0.25);
    }

    #[test]
    fn spans_are_counted_in_whole_steps_rounded_up() {
        assert_eq!([0.0, 0.25, 0.251, -1.0].map(steps_in), [0, 25, 26, 0]);
    }
}
