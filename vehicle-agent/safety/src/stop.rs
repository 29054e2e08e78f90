//! How a stop is driven: the ladder from a manoeuvre that is proved free down to the machine's own limit.

use crate::Action;
use crate::broken::Broken;
use crate::config::{STOP_FARTHEST_MM, STOP_LONGEST, StopPolicy, TICK, within};
use crate::core::{Core, millis};
use crate::input::{Drive, Manoeuvre};
use farhand_protocol::{Cause, LastStop, LatchId, MonoTime, SafetyState, StopRung};
use std::time::Duration;

/// A manoeuvre that was not given again for this long is none.
const MANOEUVRE_STALE: Duration = TICK.saturating_mul(3);

/// The stop under way, or the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stop {
    pub(crate) manoeuvre: Option<(MonoTime, Manoeuvre)>,
    pub(crate) begun: MonoTime,
    /// The rung it stands on. It never goes up again.
    pub(crate) rung: Option<StopRung>,
    pub(crate) steering_mrad: i32,
    pub(crate) from_um: Option<u64>,
    pub(crate) last: Option<LastStop>,
}

impl Stop {
    pub(crate) fn begin(
        &mut self,
        now: MonoTime,
        latch: LatchId,
        cause: Cause,
        silence: Option<Duration>,
        steering_mrad: i32,
        from_um: Option<u64>,
    ) {
        let last = LastStop { latch, cause, silence_ms: silence.map(millis), rolled_mm: 0, rung: None };
        *self = Self { begun: now, rung: None, steering_mrad, from_um, last: Some(last), manoeuvre: self.manoeuvre };
    }

    fn rolled_mm(&self, travelled_um: u64) -> i32 {
        let rolled_um = self.from_um.map_or(0, |from| travelled_um.saturating_sub(from));
        i32::try_from(rolled_um / 1000).unwrap_or(i32::MAX)
    }
}

impl Core {
    /// Raises what a stop must not do.
    pub(crate) fn observe_stop(&mut self, now: MonoTime) {
        let rolled_mm = self.machine.map_or(0, |machine| self.stop.rolled_mm(machine.travelled_um));
        if now.since(self.entered) > STOP_LONGEST || rolled_mm > STOP_FARTHEST_MM {
            self.raise(Cause::StopOverrun);
        }
    }

    /// The command of a stop. The brake is on in each of its ticks.
    pub(crate) fn stop_drive(&mut self, now: MonoTime) -> Drive {
        let (fork_mm, loaded) = (self.fork_mm(), self.loaded());
        let safe = self.config.load_safe_decel_mm_s2(fork_mm, loaded).max(1);
        let offered = self.stop.manoeuvre.filter(|(at, _)| now.since(*at) <= MANOEUVRE_STALE).map(|(_, manoeuvre)| manoeuvre);
        // A guard that only now hears of the stop has as long to speak as one that falls silent.
        let early = now.since(self.stop.begun) <= MANOEUVRE_STALE && self.stop.rung.is_none();
        let highest = self.highest_rung();
        let lowest = self.stop.rung.map_or(highest, |rung| rung.max(highest));
        let rung = match (lowest, offered) {
            (StopRung::Manoeuvre, Some(manoeuvre)) if manoeuvre.rung <= StopRung::Path => manoeuvre.rung,
            // What was chosen freely is no path that was driven.
            (StopRung::Path, Some(manoeuvre)) if manoeuvre.rung == StopRung::Path => StopRung::Path,
            (StopRung::Machine, _) => StopRung::Machine,
            (StopRung::Manoeuvre | StopRung::Path | StopRung::Held, _) => StopRung::Held,
        };
        if !(early && rung == StopRung::Held) {
            self.stop.rung = Some(rung);
        }
        let brake_mm_s2 = match (rung, offered) {
            (StopRung::Machine, _) => self.config.protective_decel_mm_s2(fork_mm, loaded).max(1),
            (StopRung::Manoeuvre, Some(manoeuvre)) => manoeuvre.brake_mm_s2.min(safe).max(1),
            (StopRung::Held, None) if self.breaks(Broken::S14) => 1,
            (StopRung::Manoeuvre | StopRung::Path | StopRung::Held, _) => safe,
        };
        // Braking as hard as the machine can needs no guard and makes no free choice; a known way is better than a wheel that stands.
        let along = offered.filter(|manoeuvre| rung != StopRung::Machine || manoeuvre.rung == StopRung::Path);
        if let (StopRung::Manoeuvre | StopRung::Path | StopRung::Machine, Some(manoeuvre)) = (rung, along) {
            self.stop.steering_mrad = within(manoeuvre.steering_mrad, self.config.max_steering_mrad);
        }
        Drive { brake_mm_s2, steering_mrad: self.stop.steering_mrad, safe_stop: true, ..Drive::default() }
    }

    /// The best rung that is still open to the stop under way: what the guard's shell is to give. None if there is no stop.
    #[must_use]
    pub fn stop_rung(&self) -> Option<StopRung> {
        let highest = self.highest_rung();
        (self.state == SafetyState::SafeStop).then(|| self.stop.rung.map_or(highest, |rung| rung.max(highest)))
    }

    /// The highest rung that the causes and the site's policy leave.
    fn highest_rung(&self) -> StopRung {
        match (self.causes.action(), self.config.stop_policy) {
            (Some(Action::SafeStop), StopPolicy::Navigate) => StopRung::Manoeuvre,
            (Some(Action::SafeStop | Action::Hold | Action::Brake), _) => StopRung::Path,
            (Some(Action::Protective | Action::Cut | Action::EStop) | None, _) => StopRung::Machine,
        }
    }

    /// Follows how far the vehicle rolls after the brake demand, and by which rung.
    pub(crate) fn note_stop(&mut self) {
        if self.state != SafetyState::SafeStop {
            return;
        }
        let rolled_mm = self.machine.map(|machine| self.stop.rolled_mm(machine.travelled_um));
        let rung = self.stop.rung;
        if let Some(last) = &mut self.stop.last {
            last.rolled_mm = rolled_mm.unwrap_or(last.rolled_mm);
            last.rung = rung;
        }
    }
}
