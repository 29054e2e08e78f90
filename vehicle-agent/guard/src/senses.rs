//! What the guard knows at one moment: the vehicle's limits, its commands on their way, what is around it, where it was going.

use crate::bench::Ask;
use crate::history::History;
use crate::model::Model;
use crate::rollout::{Bounds, Vehicle};
use crate::scene::Scene;
use crate::settings::{Settings, Strictness};
use crate::situation::{Situation, milli};
use crate::sweep::{Demand, Sweep};
use crate::way::Way;
use farhand_protocol::MonoTime;

#[derive(Debug, Clone)]
pub(crate) struct Senses {
    pub(crate) model: Model,
    pub(crate) settings: Settings,
    pub(crate) history: History,
    pub(crate) scene: Scene,
    pub(crate) way: Way,
    /// The direction of travel, or the last one.
    pub(crate) forward: bool,
}

/// How a question is put.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) strictness: Strictness,
    /// The creep clearance may be used.
    pub(crate) creep: bool,
    /// Fork speed until the stop begins, and how long that is.
    pub(crate) lift_mm_s: i32,
    pub(crate) hold: f64,
}

impl Senses {
    pub(crate) fn new(model: Model, settings: Settings) -> Self {
        let scene = Scene::new(&model, &settings);
        Self { model, settings, history: History::new(), scene, way: Way::new(), forward: true }
    }

    /// What every question begins with.
    pub(crate) fn take_in(&mut self, now: MonoTime, situation: &Situation<'_>) {
        self.history.note(&self.model, now, &situation.last, situation.last_at);
        self.forward = match (situation.speed_mm_s, situation.asked_mm_s, situation.last.speed_mm_s) {
            (0, 0, 0) => self.forward,
            (0, 0, told) => told.is_positive(),
            (0, asked, _) => asked.is_positive(),
            (speed, _, _) => speed.is_positive(),
        };
        self.way.note(situation.pose, self.forward);
        self.scene.update(&self.settings, now, situation);
        self.way.lay(&self.model, self.scene.anchor, &self.scene.vehicle, situation, self.forward);
    }

    /// The vehicle as measured, in the frame of the scene.
    pub(crate) fn vehicle(&self, now: MonoTime, situation: &Situation<'_>) -> Vehicle {
        let (speed, steering) = (milli(situation.speed_mm_s), milli(situation.steering_mrad));
        Vehicle::measured(&self.model, &self.history, now, (&self.scene.vehicle, speed, steering))
    }

    pub(crate) fn ask(&self, situation: &Situation<'_>, terms: Terms) -> Ask<'_> {
        let Terms { strictness, creep, lift_mm_s, hold } = terms;
        let lift = milli(lift_mm_s).max(0.0).min(self.model.max_lift);
        let fork = milli(situation.fork_mm) + lift * hold;
        Ask {
            model: &self.model,
            settings: &self.settings,
            sweep: Sweep::new(&self.model, &self.scene, situation.loaded),
            way: &self.way,
            bounds: Bounds {
                lateral: self.model.lateral(fork) * strictness.lateral,
                longest_m: self.settings.longest_stop_m,
                longest_s: self.settings.longest_stop_s,
            },
            demand: Demand::new(&self.settings, strictness, creep),
            safe_decel: self.model.decel(fork),
            safe_lateral: self.model.lateral(fork),
        }
    }

    /// How long the last command is still held if nothing more is heard.
    pub(crate) fn hold(&self, now: MonoTime, situation: &Situation<'_>) -> f64 {
        (self.settings.detection - now.since(situation.heard_at).as_secs_f64()).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests_support::profile;
    use crate::situation::Command;
    use crate::situation::tests_support::quiet;

    #[test]
    fn the_direction_is_that_of_the_measured_speed_then_the_asked_one_then_the_told_one() {
        let mut senses = senses();
        let mut forward = |speed_mm_s, asked_mm_s, told| {
            let last = Command { speed_mm_s: told, ..Command::default() };
            senses.take_in(NOW, &Situation { speed_mm_s, last, asked_mm_s, ..quiet() });
            senses.forward
        };
        assert!(forward(0, 0, 0), "forward to begin with");
        assert!(!forward(-1, 500, 500), "it rolls back");
        assert!(!forward(0, 0, 0), "as last");
        assert!(forward(1, -500, -500), "it rolls on");
        assert!(forward(0, 0, 0), "as last");
        assert!(!forward(0, -1, 500), "it is asked back");
        assert!(forward(0, 1, -500), "it is asked on");
        assert!(!forward(0, 0, -1), "it was told back");
        assert!(forward(0, 0, 1), "it was told on");
    }

    #[test]
    fn what_was_told_and_where_the_vehicle_is_are_taken_in() {
        let mut senses = senses();
        let last = Command { steering_mrad: 200, ..Command::default() };
        let situation = Situation { last, last_at: NOW, speed_mm_s: -700, steering_mrad: 300, ..quiet() };
        senses.take_in(NOW, &situation);
        assert_eq!(senses.history.steering(&senses.model, NOW, 0.1), Some(0.2));
        let vehicle = senses.vehicle(NOW, &situation);
        assert_eq!((vehicle.rolling.speed, vehicle.steering), (-0.7, 0.3));
        assert_eq!(vehicle.pose, senses.scene.vehicle);
    }

    #[test]
    fn the_forks_are_where_their_last_command_lifts_them_until_the_stop_begins() {
        let senses = senses();
        let situation = Situation { fork_mm: 1000, ..quiet() };
        // From 1.6 m/s2 at the floor to 0.35 m/s2 at 3 m, for both limits.
        let limit = |fork: f64| 1.6 - 1.25 * fork / 3.0;
        for (lift_mm_s, hold, fork) in [(0, 0.5, 1.0), (300, 0.5, 1.15), (900, 0.5, 1.2), (-300, 0.5, 1.0), (300, 0.0, 1.0)] {
            for strictness in [Strictness::GATE, Strictness::ACCEPT, Strictness::KEEP] {
                let ask = senses.ask(&situation, Terms { strictness, creep: false, lift_mm_s, hold });
                assert!((ask.safe_decel - limit(fork)).abs() < 1e-12, "{lift_mm_s} {hold}: {}", ask.safe_decel);
                assert!((ask.safe_lateral - limit(fork)).abs() < 1e-12, "{lift_mm_s} {hold}: {}", ask.safe_lateral);
                assert!((ask.bounds.lateral - strictness.lateral * limit(fork)).abs() < 1e-12, "{}", ask.bounds.lateral);
                assert_eq!((ask.bounds.longest_m, ask.bounds.longest_s), (6.0, 8.0));
            }
        }
    }

    #[test]
    fn the_last_command_is_held_for_what_is_left_of_the_detection_time() {
        let senses = senses();
        let hold = |millis: u64| senses.hold(NOW, &Situation { heard_at: MonoTime(NOW.0 - millis * 1000), ..quiet() });
        assert!((hold(0) - 0.26).abs() < 1e-12);
        assert!((hold(100) - 0.16).abs() < 1e-12);
        assert!((hold(250) - 0.01).abs() < 1e-12);
        assert_eq!(hold(300), 0.0, "long over");
    }

    const NOW: MonoTime = MonoTime(1_000_000);

    fn senses() -> Senses {
        let profile = profile("");
        Senses::new(Model::from_profile(&profile), Settings::from_profile(&profile))
    }
}
