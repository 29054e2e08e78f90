//! The stop itself: the committed way, checked in every tick, and the ladder below it.

use crate::bench::Ask;
use crate::guard::Guard;
use crate::manoeuvre::{MANOEUVRES, Manoeuvre};
use crate::plan::{Cursor, Plan};
use crate::proposal::{Drive, Rung};
use crate::rank::{self, Outcomes};
use crate::rollout::{Bounds, Vehicle};
use crate::senses::Terms;
use crate::settings::Strictness;
use crate::situation::{Command, Situation, milli, to_milli};
use crate::sweep::{Harm, MOST_MARGIN};
use crate::track::Refusal;
use farhand_protocol::MonoTime;

/// Where a stop steers.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Steer {
    /// Along the plan.
    Plan,
    /// With the wheel as it is found in the first tick.
    AsItIs,
    /// With the wheel at this angle.
    Wheel(f64),
    /// Back to the way the vehicle was on.
    Pursuit,
}

/// The stop that is being driven.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    plan: Plan,
    steer: Steer,
    rung: Rung,
    /// Share of the load-safe deceleration.
    share: f64,
    /// The brake is never loosened in a stop.
    brake: f64,
    reason: Option<Refusal>,
    committed: bool,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self {
            plan: Plan::new(),
            steer: Steer::AsItIs,
            rung: Rung::Frozen,
            share: 1.0,
            brake: 0.0,
            reason: None,
            committed: false,
        }
    }
}

impl Guard {
    /// The stop begins: commits the newest stop that was proved free. Without one, the wheel stays as it is.
    pub fn commit(&mut self) {
        let Self { stop, newest, .. } = self;
        stop.plan.copy_from(newest);
        (stop.reason, stop.brake, stop.committed) = (None, 0.0, true);
        (stop.rung, stop.steer, stop.share) = if newest.valid {
            (Rung::Committed, Steer::Plan, f64::from(newest.manoeuvre.decel_percent()) / 100.0)
        } else {
            (Rung::Frozen, Steer::AsItIs, 1.0)
        };
    }

    /// One tick of the stop; without [`Guard::commit`] before, it begins here.
    ///
    /// The present way is only checked. If it is no longer free, the next rung that is free is taken: the same way braking as
    /// hard as the load allows, the wheel as it is, another steering; if nothing is free, what hits least. The brake is never
    /// loosened.
    #[must_use]
    pub fn follow(&mut self, now: MonoTime, situation: &Situation<'_>) -> Drive {
        self.senses.take_in(now, situation);
        if !self.stop.committed {
            self.commit();
        }
        let Self { senses, stop, .. } = self;
        let vehicle = senses.vehicle(now, situation);
        if stop.steer == Steer::AsItIs {
            stop.steer = Steer::Wheel(vehicle.steering);
        }
        let safe = senses.model.decel(milli(situation.fork_mm));
        if situation.speed_mm_s.saturating_abs() <= STANDING_MM_S {
            stop.brake = safe;
            let standing = stop.drive(vehicle.steering);
            self.bench.track.begin(vehicle.pose);
            let free = self.free_along_stop(situation);
            return Drive { free_distance_mm: to_milli(free), ..standing };
        }
        if let Err(refusal) = senses.scene.known() {
            stop.brake = safe;
            stop.reason = Some(refusal);
            let unseen = stop.drive(stop.wheel(&self.senses, &vehicle));
            return Drive { rung: Rung::Unseen, ..unseen };
        }
        let blocked = self.check(situation, &vehicle, self.stop.steer, self.stop.share, Strictness::KEEP).err();
        if let Some(refusal) = blocked {
            self.stop.reason = Some(refusal);
            self.step_down(now, situation, &vehicle);
        }
        let free = if self.stop.rung.is_free() { self.free_along_stop(situation) } else { 0.0 };
        let stop = &mut self.stop;
        stop.brake = (stop.share * safe).max(stop.brake.min(safe));
        Drive { free_distance_mm: to_milli(free), ..stop.drive(stop.wheel(&self.senses, &vehicle)) }
    }

    /// The wheel that leads back to the way the vehicle was on: for a stop without a choice.
    #[must_use]
    pub fn wheel_of_the_way(&mut self, now: MonoTime, situation: &Situation<'_>) -> i32 {
        self.senses.take_in(now, situation);
        let (senses, speed) = (&self.senses, milli(situation.speed_mm_s));
        to_milli(senses.way.pursue(&senses.model, &senses.scene.vehicle, speed, &mut 0))
    }

    /// Ok if braking with this steering from now on is free.
    fn check(
        &mut self,
        situation: &Situation<'_>,
        vehicle: &Vehicle,
        steer: Steer,
        share: f64,
        strictness: Strictness,
    ) -> Result<(), Refusal> {
        let Self { senses, bench, stop, .. } = self;
        let terms = Terms { strictness, creep: situation.creep || stop.plan.creep, lift_mm_s: 0, hold: 0.0 };
        let ask = senses.ask(situation, terms);
        let decel = (share * ask.safe_decel).max(stop.brake.min(ask.safe_decel));
        let demand = ask.demand.soft(ask.settings, decel < ask.safe_decel);
        let braked = match steer {
            Steer::Plan => bench.follow(&ask, vehicle, (decel, &demand), &stop.plan),
            Steer::AsItIs => bench.brake(&ask, vehicle, (decel, &demand), |_| vehicle.steering),
            Steer::Wheel(angle) => bench.brake(&ask, vehicle, (decel, &demand), |_| angle),
            Steer::Pursuit => bench.pursue(&ask, vehicle, (decel, &demand)),
        };
        braked.map_err(|blocked| blocked.refusal)
    }

    /// Finds the next rung.
    fn step_down(&mut self, now: MonoTime, situation: &Situation<'_>, vehicle: &Vehicle) {
        let steer = self.stop.steer;
        if self.stop.share < 1.0 && self.check(situation, vehicle, steer, 1.0, Strictness::KEEP).is_ok() {
            self.stop.share = 1.0;
            self.stop.rung = self.stop.rung.max(Rung::Harder);
            return;
        }
        self.stop.share = 1.0;
        let frozen = Steer::Wheel(vehicle.steering);
        if self.check(situation, vehicle, frozen, 1.0, Strictness::ACCEPT).is_ok() {
            (self.stop.steer, self.stop.rung) = (frozen, Rung::Frozen);
        } else if self.go_across(now, situation, vehicle) {
            (self.stop.steer, self.stop.rung) = (Steer::Plan, Rung::Across);
        } else {
            self.stop.steer = self.least_harm(situation, vehicle);
            self.stop.rung = Rung::LeastHarm;
        }
    }

    /// True if another stop of the library is free from here on at full braking; it becomes the plan.
    fn go_across(&mut self, _now: MonoTime, situation: &Situation<'_>, vehicle: &Vehicle) -> bool {
        let Self { senses, bench, stop, .. } = self;
        let creep = situation.creep || stop.plan.creep;
        let terms = Terms { strictness: Strictness::ACCEPT, creep, lift_mm_s: 0, hold: 0.0 };
        let ask = senses.ask(situation, terms);
        let Ok(laid) = bench.lay(&ask, vehicle, &Command::default(), 0.0) else { return false };
        let mut outcomes: Outcomes = [Err(Refusal::TooLong); MANOEUVRES];
        let full = Manoeuvre::all().zip(outcomes.iter_mut()).filter(|(manoeuvre, _)| manoeuvre.is_full());
        for (manoeuvre, outcome) in full {
            *outcome = bench.try_out(&ask, &laid, manoeuvre, (0.0, MOST_MARGIN));
        }
        rank::best(&outcomes).is_some_and(|manoeuvre| bench.keep(&ask, &laid, manoeuvre, &mut stop.plan).is_ok())
    }

    /// The steering that hits least at full braking, persons first. The present one stays unless another is clearly better.
    fn least_harm(&mut self, situation: &Situation<'_>, vehicle: &Vehicle) -> Steer {
        let Self { senses, bench, stop, .. } = self;
        let terms = Terms { strictness: Strictness::KEEP, creep: false, lift_mm_s: 0, hold: 0.0 };
        let mut ask = senses.ask(situation, terms);
        ask.bounds = Bounds { lateral: f64::INFINITY, longest_m: f64::INFINITY, longest_s: f64::INFINITY };
        let sharpest = ask.model.sharpest();
        let curve = |manoeuvre: Manoeuvre| manoeuvre.steering().curvature(sharpest);
        let library = Manoeuvre::all().filter(|manoeuvre| manoeuvre.is_full()).map(|manoeuvre| match curve(manoeuvre) {
            Some(curvature) => Steer::Wheel(ask.model.steering(curvature)),
            None => Steer::Pursuit,
        });
        let mut best = (stop.steer, harm(bench, &ask, vehicle, stop, stop.steer));
        for steer in std::iter::once(Steer::Wheel(vehicle.steering)).chain(library) {
            let found = harm(bench, &ask, vehicle, stop, steer);
            if found.clearly_less_than(&best.1) {
                best = (steer, found);
            }
        }
        best.0
    }
}

/// What braking in full with this steering hits.
fn harm(bench: &mut crate::bench::Bench, ask: &Ask<'_>, vehicle: &Vehicle, stop: &Stop, steer: Steer) -> Harm {
    let braking = (ask.safe_decel, &ask.demand);
    // Whatever comes of it, the track is rolled out.
    let _ = match steer {
        Steer::Plan => bench.follow(ask, vehicle, braking, &stop.plan),
        Steer::AsItIs => bench.brake(ask, vehicle, braking, |_| vehicle.steering),
        Steer::Wheel(angle) => bench.brake(ask, vehicle, braking, |_| angle),
        Steer::Pursuit => bench.pursue(ask, vehicle, braking),
    };
    ask.sweep.harm(&bench.track)
}

impl Stop {
    /// The wheel of this tick.
    fn wheel(&self, senses: &crate::senses::Senses, vehicle: &Vehicle) -> f64 {
        match self.steer {
            Steer::Plan => {
                let mut cursor = Cursor::new(&self.plan, senses.scene.anchor);
                cursor.steer(&senses.model, &self.plan, &vehicle.pose, vehicle.rolling.speed)
            }
            Steer::AsItIs => vehicle.steering,
            Steer::Wheel(angle) => angle,
            Steer::Pursuit => senses.way.pursue(&senses.model, &vehicle.pose, vehicle.rolling.speed, &mut 0),
        }
    }

    fn drive(&self, wheel: f64) -> Drive {
        Drive {
            speed_mm_s: 0,
            brake_mm_s2: to_milli(self.brake).max(1),
            steering_mrad: to_milli(wheel),
            free_distance_mm: 0,
            rung: self.rung,
            reason: self.reason,
        }
    }
}

/// Odometry resolves 5 mm/s.
const STANDING_MM_S: i32 = 10;
