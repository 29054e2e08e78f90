//! The guard: always holds a stop that is proved free as if the link were lost now.

use crate::bench::{Ask, Bench, Laid, NO_MARGIN};
use crate::corridor::{Corner, Corridor};
use crate::manoeuvre::{AcceptedSet, MANOEUVRES, Manoeuvre};
use crate::model::Model;
use crate::plan::{Cursor, Plan};
use crate::proposal::{Choice, Proposal};
use crate::rank::{self, Outcomes};
use crate::senses::{Senses, Terms};
use crate::settings::{Settings, Strictness};
use crate::situation::{Command, Scores, Situation, milli, to_milli};
use crate::stop::Stop;
use crate::sweep::MOST_MARGIN;
use crate::track::Refusal;
use farhand_protocol::MonoTime;
use std::time::Duration;

/// The guard of one vehicle. All its memory is taken at the start; equal calls give equal answers.
#[derive(Debug, Clone)]
pub struct Guard {
    pub(crate) senses: Senses,
    pub(crate) bench: Bench,
    /// The stop that was proposed last.
    pub(crate) newest: Plan,
    /// The stop that the gate proved last before it let a command pass.
    pub(crate) gated: Plan,
    pub(crate) stop: Stop,
    /// The speed that the gate let pass last, without its sign.
    pub(crate) gate_speed_mm_s: i32,
    next_id: u64,
}

/// One of the stops that the guard holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// The one that was proposed last.
    Newest,
    /// The one that the gate proved last.
    Gated,
}

impl Guard {
    /// The guard of a vehicle.
    #[must_use]
    pub fn new(model: Model, settings: Settings) -> Self {
        Self {
            gate_speed_mm_s: to_milli(model.max_speed),
            senses: Senses::new(model, settings),
            bench: Bench::new(),
            newest: Plan::new(),
            gated: Plan::new(),
            stop: Stop::new(),
            next_id: 1,
        }
    }

    /// Notes what the machine is told: to be called with each command that is sent, whatever is asked in between. The commands
    /// of a dead time are still on their way when a question comes.
    pub fn note(&mut self, now: MonoTime, told: &Command) {
        self.senses.history.note(&self.senses.model, now, told, now);
    }

    /// Looks for the best stop as if the link were lost with the last command; to be asked at least ten times a second.
    #[must_use]
    pub fn consider(&mut self, now: MonoTime, situation: &Situation<'_>, scores: Option<&Scores<'_>>) -> Proposal {
        self.senses.take_in(now, situation);
        let mut outcomes: Outcomes = [Err(Refusal::ScanUnknown); MANOEUVRES];
        // Once the link is late, what was shown last stays chosen as long as it is free: nobody sees another one any more.
        let late = now.since(situation.heard_at) > LATE && self.still_free(now, situation, Held::Newest).is_some();
        let shown = late.then_some((self.newest.manoeuvre, Choice::Shown));
        let chosen = self.choose(now, situation, (scores, shown), &mut outcomes);
        let mut accepted = AcceptedSet::EMPTY;
        for (manoeuvre, _) in Manoeuvre::all().zip(&outcomes).filter(|(_, outcome)| outcome.is_ok()) {
            accepted.insert(manoeuvre);
        }
        let refusal = outcomes.get(PURSUIT_FULL).and_then(|outcome| outcome.err()).unwrap_or(Refusal::TooLong);
        let held = chosen.or_else(|| self.hold_on(now, situation).then_some((self.newest.manoeuvre, Choice::Kept(refusal))));
        let Some((manoeuvre, choice)) = held else {
            let (corridor, choice) = (Corridor::NONE, Choice::Nothing(refusal));
            let (free_distance_mm, side_clearance_mm) = (0, 0);
            return Proposal { at: now, manoeuvre: None, accepted, corridor, free_distance_mm, side_clearance_mm, choice };
        };
        Proposal {
            at: now,
            manoeuvre: Some(manoeuvre),
            accepted,
            corridor: self.corridor(now, situation),
            free_distance_mm: to_milli(self.free_along_newest(situation)),
            side_clearance_mm: to_milli(self.room_along_newest(situation)),
            choice,
        }
    }

    /// Deceleration and sideways acceleration that the load allows with the forks at this height, in mm/s².
    #[must_use]
    pub fn load_limits(&self, fork_mm: i32) -> (i32, i32) {
        let (model, fork) = (&self.senses.model, milli(fork_mm));
        (to_milli(model.decel(fork)), to_milli(model.lateral(fork)))
    }

    /// Six points 0.6 m apart along the way the vehicle was on, in the vehicle frame, and true if that way is only thought on:
    /// what a policy takes as the last corridor. As of the last question.
    #[must_use]
    pub fn last_way(&self) -> ([Corner; 6], bool) {
        let points = self.senses.way.six_points(&self.senses.scene.vehicle);
        (points.map(|(x, y)| Corner { x_mm: to_milli(x), y_mm: to_milli(y) }), self.senses.way.extrapolated())
    }

    /// Tries the whole library out and keeps the best as the newest stop, unless the one that was shown stays.
    fn choose(
        &mut self,
        now: MonoTime,
        situation: &Situation<'_>,
        (scores, shown): (Option<&Scores<'_>>, Option<(Manoeuvre, Choice)>),
        outcomes: &mut Outcomes,
    ) -> Option<(Manoeuvre, Choice)> {
        let hold = self.senses.hold(now, situation);
        let terms = Terms { strictness: Strictness::ACCEPT, creep: situation.creep, lift_mm_s: situation.last.lift_mm_s, hold };
        let ask = self.senses.ask(situation, terms);
        let vehicle = self.senses.vehicle(now, situation);
        let laid = match ask.sweep.scene.known().and_then(|()| self.bench.lay(&ask, &vehicle, &situation.last, hold)) {
            Ok(laid) => laid,
            Err(refusal) => {
                *outcomes = [Err(refusal); MANOEUVRES];
                return shown;
            }
        };
        let scores = rank::usable(now, scores);
        let ranked = matches!((shown, scores), (None, Err(_)));
        try_each(&mut self.bench, (&ask, &laid), (|_| true, ranked), outcomes);
        if shown.is_some() {
            return shown;
        }
        if let Ok(values) = scores {
            let good = rank::as_good(outcomes, values);
            try_each(&mut self.bench, (&ask, &laid), (|manoeuvre| good.contains(manoeuvre), true), outcomes);
        }
        let (manoeuvre, choice) = rank::choose(outcomes, scores)?;
        self.bench.keep(&ask, &laid, manoeuvre, &mut self.newest).ok()?;
        (self.newest.creep, self.newest.id) = (situation.creep, self.next_id);
        self.next_id += 1;
        Some((manoeuvre, choice))
    }

    /// True if a stop that was proved before is still free; that one becomes the newest.
    fn hold_on(&mut self, now: MonoTime, situation: &Situation<'_>) -> bool {
        if self.still_free(now, situation, Held::Newest).is_some() {
            return true;
        }
        if self.still_free(now, situation, Held::Gated).is_none() {
            return false;
        }
        self.newest.copy_from(&self.gated);
        self.newest.id = self.next_id;
        self.next_id += 1;
        true
    }

    /// Drives a held stop from where the vehicle is now, with the traction off, and sweeps that. If it is free: how hard it
    /// brakes and where it steers first.
    pub(crate) fn still_free(&mut self, now: MonoTime, situation: &Situation<'_>, held: Held) -> Option<(f64, f64)> {
        let plan = match held {
            Held::Newest => &self.newest,
            Held::Gated => &self.gated,
        };
        if !plan.valid || self.senses.scene.known().is_err() {
            return None;
        }
        let creep = situation.creep || plan.creep;
        let terms = Terms { strictness: Strictness::KEEP, creep, lift_mm_s: 0, hold: 0.0 };
        let ask = self.senses.ask(situation, terms);
        let vehicle = self.senses.vehicle(now, situation);
        let demand = ask.demand.soft(ask.settings, !plan.manoeuvre.is_full());
        let decel = ask.safe_decel * f64::from(plan.manoeuvre.decel_percent()) / 100.0;
        self.bench.follow(&ask, &vehicle, (decel, &demand), plan).ok()?;
        let mut cursor = Cursor::new(plan, self.senses.scene.anchor);
        Some((decel, cursor.steer(ask.model, plan, &vehicle.pose, (vehicle.rolling.speed, ask.safe_lateral))))
    }

    /// The polygon of the newest stop, in the vehicle frame now.
    fn corridor(&self, now: MonoTime, situation: &Situation<'_>) -> Corridor {
        let vehicle = self.newest.anchor.sees(situation.pose);
        let footprint = self.senses.model.footprint(situation.loaded);
        let corridor = Corridor::around(footprint, &self.newest.track, &vehicle);
        Corridor { id: self.newest.id, at: now, pose: situation.pose, ..corridor }
    }
}

/// Tries stops of the library out; margins are measured only where they decide, for they take most of the time.
fn try_each(
    bench: &mut Bench,
    (ask, laid): (&Ask<'_>, &Laid),
    (which, measured): (impl Fn(Manoeuvre) -> bool, bool),
    outcomes: &mut Outcomes,
) {
    let mut least = 0.0_f64;
    for manoeuvre in Manoeuvre::likely_first().filter(|manoeuvre| which(*manoeuvre)) {
        // A margin below the best so far cannot win: it need not be known.
        let margins = if measured { (least, MOST_MARGIN) } else { NO_MARGIN };
        let tried = bench.try_out(ask, laid, manoeuvre, margins);
        least = tried.map_or(least, |merit| least.max(rank::margin_floor(merit.margin)));
        if let Some(outcome) = outcomes.get_mut(manoeuvre.index()) {
            *outcome = tried;
        }
    }
}

/// Three command periods without a command: the link is late (safety.md 1.3).
const LATE: Duration = Duration::from_millis(60);
/// Number of the pursuit at full load-safe braking.
const PURSUIT_FULL: usize = 33;

#[cfg(test)]
pub(crate) mod tests;
