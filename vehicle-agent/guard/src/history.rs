//! What was told to the machine and is not done yet: the commands of the last dead time.

use crate::geometry::within;
use crate::model::Model;
use crate::motion::steps_in;
use crate::situation::{Command, milli};
use farhand_protocol::MonoTime;

// Changes at 100 commands a second over the longest dead time, half a second, with room.
const CAPACITY: usize = 64;
/// The brake is followed for at most this long without a word.
const LONGEST_GAP: f64 = 1.0;

#[derive(Debug, Clone, Copy)]
struct Told {
    at: MonoTime,
    steering: f64,
    brake: f64,
}

/// The newest commands and how far the brake has come.
#[derive(Debug, Clone)]
pub(crate) struct History {
    told: [Told; CAPACITY],
    /// Place of the oldest.
    first: usize,
    count: usize,
    decel: f64,
    followed: Option<MonoTime>,
}

impl History {
    pub(crate) fn new() -> Self {
        let nothing = Told { at: MonoTime(0), steering: 0.0, brake: 0.0 };
        Self { told: [nothing; CAPACITY], first: 0, count: 0, decel: 0.0, followed: None }
    }

    /// Notes what the machine was told and follows the brake up to now.
    pub(crate) fn note(&mut self, model: &Model, now: MonoTime, command: &Command, at: MonoTime) {
        let told = Told {
            at: at.min(now),
            steering: within(milli(command.steering_mrad), model.max_steering),
            brake: milli(command.brake_mm_s2).max(0.0),
        };
        let newest = self.newest();
        if newest.is_none_or(|newest| newest.steering != told.steering || newest.brake != told.brake) {
            self.push(told);
        }
        self.follow(model, now);
    }

    /// Deceleration that the brake gives now, as far as its commands tell.
    pub(crate) fn decel(&self) -> f64 {
        self.decel
    }

    /// The steering command in effect `seconds` after `now`, if no other comes: the oldest that is known, if that is too young.
    /// None before the first.
    pub(crate) fn steering(&self, model: &Model, now: MonoTime, seconds: f64) -> Option<f64> {
        self.in_effect(now, seconds - model.steer_dead).or_else(|| self.at(0)).map(|told| told.steering)
    }

    /// The braking command in effect `seconds` after `now`, if no other comes: none, if even the oldest is too young.
    pub(crate) fn brake(&self, model: &Model, now: MonoTime, seconds: f64) -> f64 {
        self.in_effect(now, seconds - model.brake_dead).map_or(0.0, |told| told.brake)
    }

    /// The newest command told up to `seconds` after `now`.
    fn in_effect(&self, now: MonoTime, seconds: f64) -> Option<&Told> {
        let limit = micros(now) + seconds * 1e6 + ROUNDING_US;
        (0..self.count).rev().filter_map(|place| self.at(place)).find(|told| micros(told.at) <= limit)
    }

    fn at(&self, place: usize) -> Option<&Told> {
        self.told.get((self.first + place) % CAPACITY).filter(|_| place < self.count)
    }

    fn newest(&self) -> Option<&Told> {
        self.count.checked_sub(1).and_then(|last| self.at(last))
    }

    fn push(&mut self, told: Told) {
        if let Some(place) = self.told.get_mut((self.first + self.count) % CAPACITY) {
            *place = told;
        }
        if self.count < CAPACITY {
            self.count += 1;
        } else {
            self.first = (self.first + 1) % CAPACITY;
        }
    }

    fn follow(&mut self, model: &Model, now: MonoTime) {
        let Some(followed) = self.followed.replace(now) else { return };
        let gap = now.since(followed).as_secs_f64();
        if gap > LONGEST_GAP {
            self.decel = self.brake(model, now, 0.0);
            return;
        }
        let steps = steps_in(gap);
        for step in 0..steps {
            let (begin, end) = (share(step, steps) * gap, share(step + 1, steps) * gap);
            let demanded = self.brake(model, followed, end);
            self.decel += within(demanded - self.decel, model.brake_jerk * (end - begin));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most 100 steps")]
fn share(step: usize, steps: usize) -> f64 {
    step as f64 / steps as f64
}

#[expect(clippy::cast_precision_loss, reason = "a clock below 2^53 microseconds, 285 years")]
fn micros(at: MonoTime) -> f64 {
    at.0 as f64
}

/// A command told exactly one dead time ago is in effect, whatever the last bit of a sum says.
const ROUNDING_US: f64 = 1.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests_support::model;

    fn at(millis: u64) -> MonoTime {
        MonoTime(millis * 1000)
    }

    fn steer(steering_mrad: i32) -> Command {
        Command { steering_mrad, ..Command::default() }
    }

    #[test]
    fn a_steering_command_takes_effect_after_the_dead_time() {
        let model = model("");
        let mut history = History::new();
        assert_eq!(history.steering(&model, at(0), 0.0), None);
        history.note(&model, at(1000), &steer(100), at(1000));
        history.note(&model, at(1050), &steer(200), at(1050));
        assert_eq!(history.steering(&model, at(1050), 0.04), Some(0.1), "the first is all that is known");
        assert_eq!(history.steering(&model, at(1050), 0.099), Some(0.1));
        assert_eq!(history.steering(&model, at(1050), 0.1), Some(0.2));
    }

    #[test]
    fn the_brake_builds_up_after_its_dead_time_and_is_followed_between_calls() {
        let model = model("");
        let mut history = History::new();
        let brake = Command { brake_mm_s2: 1600, ..Command::default() };
        history.note(&model, at(0), &Command::default(), at(0));
        history.note(&model, at(10), &brake, at(10));
        history.note(&model, at(160), &brake, at(10));
        assert!(history.decel() <= 0.081, "dead until 160 ms: {}", history.decel());
        history.note(&model, at(260), &brake, at(10));
        assert!((history.decel() - 0.8).abs() < 0.1, "100 ms of jerk: {}", history.decel());
        history.note(&model, at(400), &brake, at(10));
        assert!((history.decel() - 1.6).abs() < 1e-9);
        history.note(&model, at(5000), &Command::default(), at(4990));
        assert_eq!(history.brake(&model, at(5000), 0.0), 1.6, "the release is still in its dead time");
    }

    #[test]
    fn when_it_is_full_the_oldest_is_forgotten() {
        let model = model("");
        let mut history = History::new();
        for step in 0..200_u8 {
            let millis = u64::from(step) * 10;
            history.note(&model, at(millis), &steer(i32::from(step)), at(millis));
        }
        let steering = history.steering(&model, at(1990), 0.0).expect("known");
        assert!((steering - 0.189).abs() < 1e-9, "100 ms ago: {steering}");
    }
}
