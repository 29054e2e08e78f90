//! The real guard in the study: told what the vehicle would tell it, and obeyed as the vehicle would obey it.
//!
//! While the link is up it looks for a stop ten times a second and lets commands pass fifty times a second; when the loss is
//! noticed it commits the newest stop and follows it down the ladder.

mod senses;
mod vehicle;

use crate::controller::{Brake, Controller, Sight};
use farhand_guard::{Choice, Guard, MANOEUVRES, Manoeuvre, Model, Scores, Settings, Steering};
use farhand_protocol::MonoTime;
use farhand_world::Drive;
use senses::{Told, command};
use std::fmt::Debug;
use std::time::Duration;

/// Somebody who thinks one stop better than another: the learned policy.
pub trait Scorer: Debug {
    /// One score for each manoeuvre by its number, higher is better; none if it has nothing to say.
    fn scores(&mut self, sight: &mut Sight<'_>) -> Option<[f32; MANOEUVRES]>;
}

/// What is asked for first among the stops that are proved free.
#[derive(Debug)]
pub enum Wish {
    /// What the guard itself ranks first.
    Ranked,
    /// The last corridor, as hard as the load allows; the guard's own ranking where that is not free.
    Pursuit,
    /// What is scored highest; the guard's own ranking where nothing is scored.
    Scored(Box<dyn Scorer>),
}

/// What the guard does with commands while the link is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Only those pass that leave a way to stop.
    Closed,
    /// All pass: shows what the stop alone is worth, from the state that controllers without a guard are in.
    Open,
}

/// The guard as a controller.
#[derive(Debug)]
pub struct Guarded {
    wish: Wish,
    gate: Gate,
    /// A new one for each scenario.
    at_work: Option<AtWork>,
}

#[derive(Debug)]
struct AtWork {
    guard: Guard,
    told: Told,
    considered: Option<MonoTime>,
    gated: Option<(MonoTime, Drive)>,
    stopping: bool,
    corridor: Vec<(f64, f64)>,
}

impl Guarded {
    /// Nothing has begun yet.
    #[must_use]
    pub fn new(wish: Wish, gate: Gate) -> Self {
        Self { wish, gate, at_work: None }
    }
}

impl Controller for Guarded {
    fn name(&self) -> &'static str {
        match (&self.wish, self.gate) {
            (Wish::Ranked, Gate::Closed) => "guard",
            (Wish::Ranked, Gate::Open) => "guard-ungated",
            (Wish::Pursuit, Gate::Closed) => "pursuit+guard",
            (Wish::Pursuit, Gate::Open) => "pursuit+guard-ungated",
            (Wish::Scored(_), Gate::Closed) => "net+guard",
            (Wish::Scored(_), Gate::Open) => "net+guard-ungated",
        }
    }

    fn begin(&mut self, sight: &mut Sight<'_>) {
        let profile = vehicle::profile(sight.vehicle());
        self.at_work = Some(AtWork {
            guard: Guard::new(Model::from_profile(&profile), Settings::from_profile(&profile)),
            told: Told::new(sight),
            considered: None,
            gated: None,
            stopping: false,
            corridor: Vec::new(),
        });
    }

    fn gates(&self) -> bool {
        true
    }

    fn drive(&mut self, sight: &mut Sight<'_>, wanted: Drive) -> Drive {
        let Some(at_work) = &mut self.at_work else { return wanted };
        at_work.told.look(sight);
        if !at_work.told.sees_all() {
            // A scenario begins under way; the first sweeps are known a little later.
            return wanted;
        }
        let now = sight.now();
        if at_work.considered.is_none_or(|at| now.since(at) >= CONSIDER_EVERY) {
            at_work.considered = Some(now);
            at_work.consider(&mut self.wish, sight);
        }
        if self.gate == Gate::Open {
            return wanted;
        }
        if let Some((_, passed)) = at_work.gated.filter(|(at, _)| now.since(*at) < GATE_EVERY) {
            return passed;
        }
        let passed = at_work.pass(sight, wanted);
        at_work.gated = Some((now, passed));
        passed
    }

    fn stop(&mut self, sight: &mut Sight<'_>) -> Brake {
        let Some(at_work) = &mut self.at_work else {
            return Brake { decel_mps2: sight.vehicle().safe_decel_mps2, steering_rad: sight.steering_rad() };
        };
        if !at_work.stopping {
            at_work.stopping = true;
            at_work.guard.commit();
        }
        at_work.told.look(sight);
        let AtWork { guard, told, .. } = at_work;
        let drive = told.ask(sight, |now, situation| guard.follow(now, situation));
        Brake { decel_mps2: f64::from(drive.brake_mm_s2) / 1000.0, steering_rad: f64::from(drive.steering_mrad) / 1000.0 }
    }

    fn corridor(&self) -> Option<&[(f64, f64)]> {
        self.at_work.as_ref().map(|at_work| at_work.corridor.as_slice()).filter(|corners| !corners.is_empty())
    }
}

impl AtWork {
    /// Looks for the stop as if the link were lost now.
    fn consider(&mut self, wish: &mut Wish, sight: &mut Sight<'_>) {
        let pursues = matches!(wish, Wish::Pursuit);
        let wished = match wish {
            Wish::Ranked => None,
            Wish::Pursuit => Some(pursuit_first()),
            Wish::Scored(scorer) => scorer.scores(sight),
        };
        let Self { guard, told, .. } = self;
        let proposal = told.ask(sight, |now, situation| {
            let scores = wished.as_ref().map(|values| Scores { at: now, values });
            let first = guard.consider(now, situation, scores.as_ref());
            let along = first.manoeuvre.is_some_and(|manoeuvre| manoeuvre.steering() == Steering::Pursuit);
            if pursues && first.choice == Choice::Scored && !along { guard.consider(now, situation, None) } else { first }
        });
        let corners = proposal.corridor.corners();
        let reckoned = sight.reckoned();
        self.corridor = corners.map(|at| reckoned.point(f64::from(at.x_mm) / 1000.0, f64::from(at.y_mm) / 1000.0)).collect();
    }

    /// What of a command may be passed on.
    fn pass(&mut self, sight: &Sight<'_>, wanted: Drive) -> Drive {
        let Self { guard, told, .. } = self;
        let asked = command(&wanted);
        let allowed = told.ask(sight, |now, situation| guard.allow(now, situation, &asked));
        if (allowed.steering_mrad, allowed.brake_mm_s2) == (asked.steering_mrad, 0)
            && allowed.max_speed_mm_s >= asked.speed_mm_s.saturating_abs()
        {
            return wanted;
        }
        let most = f64::from(allowed.max_speed_mm_s) / 1000.0;
        let brake = f64::from(allowed.brake_mm_s2) / 1000.0;
        // Down to a lower speed as gently as the load needs, and no later than the guard took for granted.
        Drive {
            speed_mps: if brake > 0.0 { 0.0 } else { wanted.speed_mps.clamp(-most, most) },
            brake_mps2: brake.max(wanted.brake_mps2),
            steering_rad: f64::from(allowed.steering_mrad) / 1000.0,
            lift_mps: wanted.lift_mps.min(f64::from(allowed.max_lift_mm_s) / 1000.0),
            ..wanted
        }
    }
}

/// The pursuit first, the harder the better; all else alike.
fn pursuit_first() -> [f32; MANOEUVRES] {
    let mut scores = [0.0; MANOEUVRES];
    for (manoeuvre, score) in Manoeuvre::all().zip(&mut scores) {
        if manoeuvre.steering() == Steering::Pursuit {
            *score = f32::from(manoeuvre.decel_percent());
        }
    }
    scores
}

/// safety.md 3.2: at least ten times a second.
const CONSIDER_EVERY: Duration = Duration::from_millis(100);
/// Commands come fifty times a second.
const GATE_EVERY: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;
    use farhand_guard::Command;
    use senses::thousandths;

    #[test]
    fn the_pursuit_is_wished_for_the_harder_the_better() {
        let scores = pursuit_first();
        assert_eq!(scores[33..], [100.0, 50.0, 15.0]);
        assert!(scores[..33].iter().all(|&score| score == 0.0));
        assert_eq!(thousandths(-1.2345), -1235);
        assert_eq!(command(&Drive { speed_mps: 1.5, ..Drive::default() }), Command { speed_mm_s: 1500, ..Command::default() });
    }
}
