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
            (0, 0, told) => told > 0,
            (0, asked, _) => asked > 0,
            (speed, _, _) => speed > 0,
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
        }
    }

    /// How long the last command is still held if nothing more is heard.
    pub(crate) fn hold(&self, now: MonoTime, situation: &Situation<'_>) -> f64 {
        (self.settings.detection - now.since(situation.heard_at).as_secs_f64()).max(0.0)
    }
}
