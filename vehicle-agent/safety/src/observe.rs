//! What the core sees in a tick: ages, distances, conditions; and the causes it raises from them.

use crate::config::{LATE_COMMAND, TICK_OVERRUN};
use crate::core::Core;
use crate::rules::{Clears, rule};
use farhand_protocol::{Cause, MonoTime, Need, SafetyState};
use std::time::Duration;

/// Good link time refills the bucket at this share of the speed at which bad time drains it (safety.md 1.3).
const REFILL_DIVISOR: u32 = 4;

impl Core {
    /// Raises every cause whose condition holds. None hides another.
    pub(crate) fn observe(&mut self, now: MonoTime) {
        if self.machine.is_some_and(|machine| machine.emergency_stop) {
            self.raise(Cause::EmergencyStop);
        }
        let started = self.state != SafetyState::Boot;
        if started && self.machine_seen && !self.machine_alive(now) {
            self.raise(Cause::MachineLost);
        }
        let moving = matches!(self.state, SafetyState::Teleop | SafetyState::Auto | SafetyState::SafeStop);
        if moving && self.last_tick.is_some_and(|last| now.since(last) > TICK_OVERRUN) {
            self.raise(Cause::TickOverrun);
        }
        if self.command_age(now).is_none_or(|age| age > self.config.coast_after) {
            self.good_since = None;
        }
        if self.state == SafetyState::Teleop {
            self.observe_driving(now);
        }
        if self.state.latched() {
            let clear = self.causes.iter().all(|cause| self.cleared(now, cause));
            self.rearm.observe(now, clear);
        }
    }

    fn observe_driving(&mut self, now: MonoTime) {
        if !self.agent_alive(now) {
            self.raise(Cause::AgentLost);
        }
        if !self.lease_live && (self.lease_superseded || self.switch.armed() || self.standing_since.is_none()) {
            self.raise(Cause::LeaseLost);
        }
        let age = self.command_age(now);
        if self.lease_live && age.is_none_or(|age| age > self.config.command_lost_after) {
            // Commands that name no known picture are silence, but a person should hear which silence it was.
            self.raise(if self.gate.picture_unknown() { Cause::PictureUnknown } else { Cause::CommandLost });
        }
        let required = self.gate.newest().is_some_and(|newest| newest.picture_required);
        if required && self.loop_age(now).is_none_or(|age| age > self.config.picture_lost_after) {
            self.raise(Cause::PictureOld);
        }
        self.leak(now, age.is_none_or(|age| age > LATE_COMMAND));
    }

    /// The leaky bucket: a link that comes and goes empties it, however short each gap is.
    fn leak(&mut self, now: MonoTime, bad: bool) {
        let elapsed = self.last_tick.map_or(Duration::ZERO, |last| now.since(last));
        if bad {
            self.bucket = self.bucket.saturating_sub(elapsed);
            if self.bucket.is_zero() {
                self.raise(Cause::LinkFlapping);
            }
        } else {
            self.bucket = (self.bucket + elapsed / REFILL_DIVISOR).min(self.config.flapping_bucket);
        }
    }

    /// True if the condition behind a cause is gone.
    fn cleared(&self, now: MonoTime, cause: Cause) -> bool {
        match rule(cause).clears {
            Clears::CommandsFresh => self.lease_live && self.good_since.is_some(),
            Clears::PicturesFresh => self.pictures_fresh(now),
            Clears::AgentHeard => self.agent_alive(now),
            Clears::MachineHeard => self.machine_alive(now),
            Clears::CircuitClosed => self.machine_alive(now) && self.machine.is_some_and(|machine| !machine.emergency_stop),
            Clears::Acknowledged => true,
            Clears::StateStored => !self.store_failed,
            Clears::Restart => false,
        }
    }

    pub(crate) fn machine_alive(&self, now: MonoTime) -> bool {
        self.machine_heard.is_some_and(|at| now.since(at) <= self.config.machine_lost_after)
    }

    pub(crate) fn agent_alive(&self, now: MonoTime) -> bool {
        self.agent_heard.is_some_and(|at| now.since(at) <= self.config.agent_lost_after)
    }

    pub(crate) fn boot_complete(&self, now: MonoTime) -> bool {
        self.machine_alive(now) && !self.stood_for(now).is_zero()
    }

    pub(crate) fn stood_for(&self, now: MonoTime) -> Duration {
        self.standing_since.filter(|_| self.machine_alive(now)).map_or(Duration::ZERO, |since| now.since(since))
    }

    pub(crate) fn command_age(&self, now: MonoTime) -> Option<Duration> {
        self.gate.newest().map(|newest| now.since(newest.at))
    }

    /// Age of the oldest picture behind the newest command: it grows until a newer command names a newer picture.
    pub(crate) fn loop_age(&self, now: MonoTime) -> Option<Duration> {
        self.gate.newest().and_then(|newest| newest.picture).map(|taken| now.since(taken.capture))
    }

    /// Micrometres travelled since the capture of that picture, while motion depends on it.
    pub(crate) fn blind_um(&self) -> i64 {
        let taken = self.gate.newest().filter(|newest| newest.picture_required).and_then(|newest| newest.picture);
        let travelled = self.machine.map_or(0, |machine| machine.travelled_um);
        taken.map_or(0, |taken| i64::try_from(travelled.saturating_sub(taken.travelled_um)).unwrap_or(i64::MAX))
    }

    pub(crate) fn fork_mm(&self) -> i32 {
        self.machine.map_or(self.config.mast_height_mm, |machine| machine.fork_mm)
    }

    fn pictures_fresh(&self, now: MonoTime) -> bool {
        self.loop_age(now).is_some_and(|age| age <= self.config.handover_picture_age)
    }

    fn link_good(&self, now: MonoTime) -> bool {
        self.good_since.is_some_and(|since| now.since(since) >= self.config.good_for)
    }

    /// Everything of the take-over is there but the press of the enable switch.
    pub(crate) fn handover_ready(&self, now: MonoTime) -> bool {
        self.lease_live && self.confirmed && self.link_good(now) && self.pictures_fresh(now) && !self.stood_for(now).is_zero()
    }

    pub(crate) fn rearm_complete(&self, now: MonoTime) -> bool {
        self.lease_live
            && self.rearm.acknowledged()
            && self.rearm.neutral_seen()
            && self.rearm.clear_for(now) >= self.config.good_for
            && self.stood_for(now) > Duration::ZERO
    }

    /// What is missing, in the order a person should do it.
    pub(crate) fn needs(&self, now: MonoTime) -> Vec<Need> {
        let mut needs = Vec::with_capacity(4);
        let mut want = |missing: bool, need: Need| missing.then(|| needs.push(need));
        match self.state {
            SafetyState::Parked => {
                want(!self.lease_live, Need::Lease);
                want(self.lease_live, Need::Confirm);
            }
            SafetyState::Handover => {
                want(!self.confirmed, Need::Confirm);
                want(!self.link_good(now), Need::GoodLink);
                want(!self.pictures_fresh(now), Need::Pictures);
                want(!self.switch.ready(), Need::Neutral);
                want(self.switch.ready(), Need::Enable);
            }
            SafetyState::Teleop => {
                want(!self.switch.armed() && !self.switch.ready(), Need::Neutral);
                want(!self.switch.armed() && self.switch.ready(), Need::Enable);
            }
            SafetyState::Halt | SafetyState::EStop => {
                let circuit = self.machine.is_some_and(|machine| machine.emergency_stop);
                want(circuit, Need::TruckReset);
                want(!self.lease_live, Need::Lease);
                want(self.rearm.clear_for(now) < self.config.good_for, Need::GoodLink);
                want(!self.rearm.acknowledged(), Need::Acknowledge);
                want(self.rearm.acknowledged() && !self.rearm.neutral_seen(), Need::Neutral);
            }
            SafetyState::Boot | SafetyState::Auto | SafetyState::SafeStop => {}
        }
        needs
    }
}
