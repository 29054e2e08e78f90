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
        if still != *wanted && self.passes(now, situation, &still).is_ok() {
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
            let speed_mm_s = if wanted.speed_mm_s.is_negative() { -speed } else { speed };
            self.passes(now, situation, &Command { speed_mm_s, ..*wanted }).is_ok()
        };
        // What passed in the last tick mostly passes again, or a little more.
        if last >= SLOWEST_MM_S && passes(last) {
            // At most the speed that did not pass.
            let more = last.saturating_add(RAISE_MM_S);
            return if more != top && passes(more) { more } else { last };
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
        // The brake overrides the speed.
        let brake = Command { brake_mm_s2: stopped.brake_mm_s2, ..*wanted };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::tests::{Rig, STRAIGHT_HALF, aisle, told, wall};

    /// True if the gate lets this command pass as it is.
    fn passes(rig: &mut Rig, command: &Command) -> bool {
        rig.ask(|guard, now, situation| guard.passes(now, situation, command).is_ok())
    }

    /// At 1 m/s the period, the detection and the dead time take half a metre, the brake takes 0.38 m more.
    const FREE: [i32; 2] = [2600, -2900];
    const TOO_NEAR: [i32; 2] = [2520, -2820];
    /// Here only a slower command leaves a stop.
    const NEAR: [i32; 2] = [2400, -2700];

    #[test]
    fn what_leaves_a_stop_after_the_period_and_the_detection_passes_as_it_is() {
        for (speed, place) in [(1000, 0), (-1000, 1)] {
            let mut rig = Rig::new(speed, 0);
            let wanted = Command { lift_mm_s: 300, steering_mrad: 20, ..told(speed, 0) };
            let allowed = rig.see(&[wall(FREE[place])], true).allow(&wanted);
            let free = Allowed { max_speed_mm_s: 2500, steering_mrad: 20, brake_mm_s2: 0, max_lift_mm_s: 400, term: Term::Free };
            assert_eq!((allowed, rig.guard.gate_speed_mm_s), (free, 1000));
            assert!(rig.guard.gated.valid && rig.guard.gated.manoeuvre.is_full());
            let slower = rig.see(&[wall(TOO_NEAR[place])], true).allow(&told(speed, 0));
            assert_eq!(slower.term, Term::Slower(Refusal::Obstacle));
            assert!((500..1000).contains(&slower.max_speed_mm_s), "{slower:?}");
        }
    }

    #[test]
    fn a_slower_speed_is_found_and_comes_nearer_to_the_highest_in_each_tick() {
        let mut found = Vec::new();
        for (speed, place) in [(1000, 0), (-1000, 1)] {
            let mut rig = Rig::new(speed, 0);
            rig.see(&[wall(NEAR[place])], true);
            let wanted = Command { lift_mm_s: -100, steering_mrad: 5, ..told(speed, 0) };
            let mut last = 0;
            for tick in 0..12 {
                let allowed = rig.allow(&wanted);
                assert_eq!((allowed.term, allowed.brake_mm_s2), (Term::Slower(Refusal::Obstacle), 0), "tick {tick}");
                assert_eq!((allowed.steering_mrad, allowed.max_lift_mm_s), (5, 0));
                assert!(allowed.max_speed_mm_s == last || (allowed.max_speed_mm_s == last + 50 || tick == 0), "tick {tick}");
                last = allowed.max_speed_mm_s;
                assert_eq!(rig.guard.gate_speed_mm_s, last);
            }
            let slower = |more: i32| Command { speed_mm_s: (last + more) * speed.signum(), ..wanted };
            assert!(passes(&mut rig, &slower(0)) && !passes(&mut rig, &slower(50)), "at {last}");
            found.push(last);
        }
        assert_eq!(found[0], found[1], "forward and backwards");
        assert!((600..900).contains(&found[0]), "{found:?}");
    }

    #[test]
    fn what_passed_in_the_last_tick_is_raised_by_a_little_at_a_time() {
        let mut rig = Rig::new(600, 0);
        rig.guard.gate_speed_mm_s = 400;
        // In 77 cm of room 550 mm/s pass, but 2 m/s do not.
        rig.see(&[wall(2320)], true);
        let speeds: Vec<_> = (0..3).map(|_| rig.allow(&told(2000, 0)).max_speed_mm_s).collect();
        assert_eq!(speeds, [450, 500, 550]);
    }

    #[test]
    fn twenty_millimetres_a_second_are_driving_and_less_is_standing() {
        // From standing a truck comes 3.4 mm far with 20 mm/s, and the gate wants 12 cm.
        let allowed = |x_mm: i32| {
            let mut rig = Rig::new(0, 0);
            rig.guard.gate_speed_mm_s = 40;
            rig.see(&[wall(x_mm)], true).allow(&told(90, 0))
        };
        let creeping = allowed(1674);
        assert!((20..25).contains(&creeping.max_speed_mm_s), "{creeping:?}");
        let standing = allowed(1673);
        assert_eq!((standing.max_speed_mm_s, standing.term), (0, Term::Braked(Refusal::Obstacle)));
    }

    #[test]
    fn after_standing_all_speeds_below_the_wanted_one_are_looked_through() {
        // In this room a truck that stands may pull away with some hundred millimetres a second, whatever it did before.
        for gate_speed_mm_s in [0, 19] {
            let mut rig = Rig::new(0, 0);
            rig.guard.gate_speed_mm_s = gate_speed_mm_s;
            let allowed = rig.see(&[wall(1800)], true).allow(&told(1000, 0));
            assert!((100..1000).contains(&allowed.max_speed_mm_s), "{allowed:?}");
        }
        // What passed before and does not any more is the upper end of the search.
        let mut rig = Rig::new(0, 0);
        rig.guard.gate_speed_mm_s = 900;
        let bounded = rig.see(&[wall(1700)], true).allow(&told(1000, 0));
        rig.guard.gate_speed_mm_s = 0;
        let from_the_top = rig.allow(&told(1000, 0));
        assert_ne!(bounded.max_speed_mm_s, from_the_top.max_speed_mm_s, "each halves another span");
    }

    #[test]
    fn lifting_is_refused_before_driving_is() {
        // With the forks at 2 m and lifting for 0.36 s, a stop from 1 m/s takes 5 cm more.
        let allowed = |x_mm: i32, lift_mm_s: i32| {
            let mut rig = Rig::new(1000, 0);
            rig.fork_mm = 2000;
            let allowed = rig.see(&[wall(x_mm)], true).allow(&Command { lift_mm_s, ..told(1000, 0) });
            (allowed.max_speed_mm_s, allowed.max_lift_mm_s, allowed.term)
        };
        assert_eq!(allowed(2950, 400), (2500, 400, Term::Free));
        assert_eq!(allowed(2850, 400), (2500, 0, Term::Free));
        assert_eq!(allowed(2850, -400), (2500, 400, Term::Free), "lowering does no harm");
        assert_eq!(allowed(2850, 0), (2500, 400, Term::Free));
        for lift in [400, 0, -400] {
            let (speed, lift, term) = allowed(2750, lift);
            assert!((100..1000).contains(&speed) && lift == 0, "{speed} {lift}");
            assert_eq!(term, Term::Slower(Refusal::Obstacle));
        }
    }

    #[test]
    fn a_drive_that_cannot_slow_down_is_braked_while_that_leaves_a_stop() {
        let mut rig = Rig::new(1000, 0);
        let wanted = Command { accel_mm_s2: 100, lift_mm_s: 200, ..told(1000, 30) };
        let allowed = rig.see(&[wall(2350)], true).allow(&wanted);
        let braked = Allowed {
            max_speed_mm_s: 0,
            steering_mrad: 30,
            brake_mm_s2: 1600,
            max_lift_mm_s: 0,
            term: Term::Braked(Refusal::Obstacle),
        };
        assert_eq!((allowed, rig.guard.gate_speed_mm_s), (braked, 0));
        let unproved = rig.see(&[wall(2000)], true).allow(&wanted);
        assert_eq!(unproved, Allowed { term: Term::Unproved(Refusal::Obstacle), ..braked });
    }

    #[test]
    fn where_no_command_leaves_a_stop_the_one_proved_before_is_driven() {
        // 9 cm to both sides: too little for the gate, enough for a stop that was proved.
        let (mut rig, wanted) = (Rig::new(1000, 0), told(1000, 100));
        let unproved = rig.see(&aisle(90), true).allow(&wanted);
        assert_eq!((unproved.term, unproved.brake_mm_s2, unproved.steering_mrad), (Term::Unproved(Refusal::Obstacle), 1600, 100));
        let _ = rig.see(&[], true).prefer(STRAIGHT_HALF);
        let followed = rig.see(&aisle(90), true).allow(&wanted);
        let half = Allowed {
            max_speed_mm_s: 0,
            steering_mrad: 0,
            brake_mm_s2: 800,
            max_lift_mm_s: 0,
            term: Term::Followed(Refusal::Obstacle),
        };
        assert_eq!(followed, half);
        // What the gate proved itself comes first.
        assert_eq!(rig.see(&[], true).allow(&told(1000, 0)).term, Term::Free);
        assert_eq!(rig.see(&aisle(90), true).allow(&wanted), Allowed { brake_mm_s2: 1600, ..half });
        rig.now_us += 151_000;
        assert_eq!(
            rig.allow(&wanted),
            Allowed { brake_mm_s2: 1600, steering_mrad: 100, term: Term::Unproved(Refusal::ScanUnknown), ..half }
        );
    }
}
