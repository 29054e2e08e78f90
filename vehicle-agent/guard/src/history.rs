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

    fn brake(brake_mm_s2: i32) -> Command {
        Command { brake_mm_s2, ..Command::default() }
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
        assert_eq!(history.steering(&model, at(1150), 0.0), Some(0.2), "exactly one dead time ago");
        assert_eq!(history.steering(&model, at(1149), 0.0), Some(0.1));
    }

    #[test]
    fn a_dead_time_is_over_within_a_microsecond() {
        let model = model("");
        let mut history = History::new();
        history.note(&model, at(1000), &steer(100), at(1000));
        history.note(&model, at(1050), &steer(200), at(1050));
        assert_eq!(history.steering(&model, at(1050), 0.099_999_5), Some(0.2), "half a microsecond too early");
        assert_eq!(history.steering(&model, at(1050), 0.099_998), Some(0.1), "two microseconds too early");
    }

    #[test]
    fn a_command_is_as_the_machine_takes_it() {
        let model = model("");
        let mut history = History::new();
        history.note(&model, at(1000), &Command { brake_mm_s2: -5, ..steer(2000) }, at(1000));
        assert_eq!(history.steering(&model, at(1000), 0.1), Some(1.3), "no further than the wheel goes");
        assert_eq!(history.brake(&model, at(1000), 0.15), 0.0, "no brake drives");
        history.note(&model, at(1100), &steer(-2000), at(9000));
        assert_eq!(history.steering(&model, at(1100), 0.1), Some(-1.3), "told now at the latest");
    }

    #[test]
    fn a_brake_that_was_told_too_late_is_not_yet_in_effect() {
        let model = model("");
        let mut history = History::new();
        history.note(&model, at(1000), &brake(1600), at(1000));
        assert_eq!(history.brake(&model, at(1000), 0.149), 0.0);
        assert_eq!(history.brake(&model, at(1000), 0.15), 1.6);
        assert_eq!(history.brake(&model, at(1100), 0.04), 0.0);
        assert_eq!(history.brake(&model, at(1100), 0.05), 1.6);
    }

    #[test]
    fn only_a_change_is_remembered_of_the_steering_or_of_the_brake() {
        let model = model("");
        let mut history = History::new();
        history.note(&model, at(1000), &steer(100), at(1000));
        let turned = Command { brake_mm_s2: 500, ..steer(200) };
        history.note(&model, at(1010), &turned, at(1010));
        for millis in 1011..1100 {
            history.note(&model, at(millis), &turned, at(millis));
        }
        assert_eq!(history.steering(&model, at(1100), 0.009), Some(0.1), "89 times the same do not push it out");
        history.note(&model, at(1100), &Command { brake_mm_s2: 700, ..turned }, at(1100));
        assert_eq!(history.brake(&model, at(1100), 0.15), 0.7, "the brake alone");
        history.note(&model, at(1110), &Command { brake_mm_s2: 700, ..steer(300) }, at(1110));
        assert_eq!(history.steering(&model, at(1110), 0.1), Some(0.3), "the steering alone");
    }

    #[test]
    fn the_brake_builds_up_after_its_dead_time_and_is_followed_between_calls() {
        let model = model("");
        let mut history = History::new();
        let mut decel = |now, command: Command, told| {
            history.note(&model, at(now), &command, at(told));
            history.decel()
        };
        assert_eq!(decel(0, brake(0), 0), 0.0);
        assert_eq!(decel(10, brake(1600), 10), 0.0);
        assert_eq!(decel(150, brake(1600), 10), 0.0, "dead until 160 ms");
        close(decel(160, brake(1600), 10), 0.08, "8 m/s3 for the step that ends when it is due");
        close(decel(260, brake(1600), 10), 0.88, "100 ms more");
        close(decel(285, brake(1600), 10), 1.08, "25 ms more, in three steps");
        close(decel(400, brake(1600), 10), 1.6, "all of it");
        close(decel(450, brake(1600), 10), 1.6, "no more than that");
        close(decel(460, brake(500), 460), 1.6, "less");
        close(decel(660, brake(500), 460), 1.12, "after another dead time it is let off as fast");
        close(decel(900, brake(500), 460), 0.5, "as far as it was told");
    }

    #[test]
    fn after_a_long_silence_the_brake_is_where_its_command_left_it() {
        let model = model("");
        let silence = |until: MonoTime| {
            let mut history = History::new();
            history.note(&model, at(0), &brake(0), at(0));
            history.note(&model, until, &brake(1600), at(810));
            history.decel()
        };
        // Due at 960 ms.
        close(silence(at(1000)), 0.4, "a second is followed: five steps of jerk");
        close(silence(MonoTime(1_000_001)), 1.6, "more than a second is not");
        let mut history = History::new();
        history.note(&model, at(0), &brake(1600), at(0));
        history.note(&model, at(5000), &brake(0), at(4990));
        assert_eq!(history.brake(&model, at(5000), 0.0), 1.6, "the release is still in its dead time");
        close(history.decel(), 1.6, "so it brakes");
    }

    #[test]
    fn when_it_is_full_the_oldest_is_forgotten() {
        let model = model("");
        let mut history = History::new();
        for step in 0..200_u8 {
            let millis = u64::from(step) * 10;
            history.note(&model, at(millis), &steer(i32::from(step)), at(millis));
        }
        let steering = |now, ahead| history.steering(&model, at(now), ahead);
        assert_eq!(steering(1990, 0.0), Some(0.189), "100 ms ago");
        assert_eq!(steering(1990, 0.1), Some(0.199), "the newest");
        assert_eq!(steering(1990, 0.09), Some(0.198), "the one before");
        assert_eq!(steering(1500, 0.0), Some(0.140), "490 ms and a dead time ago");
        assert_eq!(steering(1460, 0.0), Some(0.136), "the oldest of 64");
        assert_eq!(steering(1450, 0.0), Some(0.136), "the oldest that is known");
        assert!(history.first < CAPACITY, "its place is one of the ring");
    }

    #[track_caller]
    fn close(value: f64, expected: f64, what: &str) {
        assert!((value - expected).abs() < 1e-9, "{what}: {value} instead of {expected}");
    }
}
