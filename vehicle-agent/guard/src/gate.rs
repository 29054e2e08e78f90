//! The predictive gate: a command passes only if one period later there is still a way to stop.

use crate::bench::NO_MARGIN;
use crate::guard::{Guard, Held};
use crate::manoeuvre::Manoeuvre;
use crate::proposal::{Allowed, Term};
use crate::senses::Terms;
use crate::settings::Strictness;
use crate::situation::{Command, Situation, milli, to_milli};
use crate::track::Refusal;
use farhand_protocol::MonoTime;

impl Guard {
    /// Says what of a wanted command may be passed on; to be asked before each command.
    ///
    /// The wanted command is rolled out for one guard period and the detection time after it; then a stop of the library at
    /// full load-safe braking must be free, with a fifth more clearance than a proposal needs. If none is, slower speeds are
    /// tried, then braking, then the stop that was proved last.
    #[must_use]
    pub fn allow(&mut self, now: MonoTime, situation: &Situation<'_>, wanted: &Command) -> Allowed {
        self.senses.take_in(now, situation);
        let most = to_milli(self.senses.model.max_speed);
        let passed = Allowed {
            max_speed_mm_s: most,
            steering_mrad: wanted.steering_mrad,
            brake_mm_s2: 0,
            max_lift_mm_s: to_milli(self.senses.model.max_lift),
            term: Term::Free,
        };
        let refusal = match self.passes(now, situation, wanted) {
            Ok(()) => {
                self.gate_speed_mm_s = wanted.speed_mm_s.saturating_abs();
                return passed;
            }
            Err(refusal) => refusal,
        };
        let still = Command { lift_mm_s: wanted.lift_mm_s.min(0), ..*wanted };
        if wanted.lift_mm_s > 0 && self.passes(now, situation, &still).is_ok() {
            self.gate_speed_mm_s = wanted.speed_mm_s.saturating_abs();
            return Allowed { max_lift_mm_s: 0, ..passed };
        }
        let speed = self.slower(now, situation, &still);
        self.gate_speed_mm_s = speed;
        if speed > 0 {
            return Allowed { max_speed_mm_s: speed, max_lift_mm_s: 0, term: Term::Slower(refusal), ..passed };
        }
        self.braked(now, situation, &still, refusal)
    }

    /// The highest speed found at which the command passes; 0 if there is none.
    fn slower(&mut self, now: MonoTime, situation: &Situation<'_>, wanted: &Command) -> i32 {
        let top = wanted.speed_mm_s.saturating_abs();
        let last = self.gate_speed_mm_s.min(top.saturating_sub(RAISE_MM_S));
        let mut passes = |speed: i32| {
            let speed_mm_s = if wanted.speed_mm_s < 0 { -speed } else { speed };
            self.passes(now, situation, &Command { speed_mm_s, ..*wanted }).is_ok()
        };
        // What passed in the last tick mostly passes again, or a little more.
        if last >= SLOWEST_MM_S && passes(last) {
            let more = last.saturating_add(RAISE_MM_S);
            return if more < top && passes(more) { more } else { last };
        }
        // Where nothing passed in the last tick, or nothing was wanted, everything below what is wanted is looked through.
        let (mut low, mut high) = (0, if last >= SLOWEST_MM_S { last } else { top });
        for _ in 0..HALVINGS {
            let middle = i32::midpoint(low, high);
            if middle < SLOWEST_MM_S {
                break;
            }
            if passes(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    fn braked(&mut self, now: MonoTime, situation: &Situation<'_>, wanted: &Command, refusal: Refusal) -> Allowed {
        let safe = self.senses.model.decel(milli(situation.fork_mm));
        let stopped = Allowed {
            max_speed_mm_s: 0,
            steering_mrad: wanted.steering_mrad,
            brake_mm_s2: to_milli(safe),
            max_lift_mm_s: 0,
            term: Term::Braked(refusal),
        };
        let brake = Command { speed_mm_s: 0, brake_mm_s2: stopped.brake_mm_s2, ..*wanted };
        if self.passes(now, situation, &brake).is_ok() {
            return stopped;
        }
        for held in [Held::Gated, Held::Newest] {
            if let Some((decel, steering)) = self.still_free(now, situation, held) {
                let (brake_mm_s2, steering_mrad) = (to_milli(decel), to_milli(steering));
                return Allowed { brake_mm_s2, steering_mrad, term: Term::Followed(refusal), ..stopped };
            }
        }
        Allowed { term: Term::Unproved(refusal), ..stopped }
    }

    /// Ok if there is a stop after one period with this command; that stop is kept.
    fn passes(&mut self, now: MonoTime, situation: &Situation<'_>, command: &Command) -> Result<(), Refusal> {
        let senses = &self.senses;
        senses.scene.known()?;
        let hold = senses.settings.period + senses.settings.detection;
        let terms = Terms { strictness: Strictness::GATE, creep: situation.creep, lift_mm_s: command.lift_mm_s, hold };
        let ask = senses.ask(situation, terms);
        let laid = self.bench.lay(&ask, &senses.vehicle(now, situation), command, hold)?;
        let mut refusal = Refusal::TooLong;
        let last = Some(self.gated.manoeuvre).filter(|manoeuvre| manoeuvre.is_full());
        for manoeuvre in last.into_iter().chain(Manoeuvre::all().filter(|manoeuvre| manoeuvre.is_full())) {
            match self.bench.try_out(&ask, &laid, manoeuvre, NO_MARGIN) {
                Ok(_) => {
                    self.bench.keep(&ask, &laid, manoeuvre, &mut self.gated)?;
                    self.gated.creep = situation.creep;
                    return Ok(());
                }
                Err(found) => refusal = found,
            }
        }
        Err(refusal)
    }
}

/// Slower than this is standing.
const SLOWEST_MM_S: i32 = 20;
/// How much more than last time is tried.
const RAISE_MM_S: i32 = 50;
/// Halvings of the speed before the gate gives up for this tick: a 32nd of the speed is fine enough.
const HALVINGS: usize = 5;
