//! What the core sees in a tick: ages, distances, conditions; and the causes it raises from them.

use crate::broken::Broken;
use crate::config::{CREEP_MM_S, LATE_COMMAND, ROLLING_MM_S, TICK_OVERRUN};
use crate::core::Core;
use crate::formulas::{brake_delay, stop_distance_mm};
use crate::gate::moves;
use crate::rules::{Clears, rule};
use farhand_protocol::{Cause, MonoTime, Protection, SafetyState};
use std::time::Duration;

/// Good link time refills the bucket at this share of the speed at which bad time drains it (safety.md 1.3).
const REFILL_DIVISOR: u64 = 4;

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
        if self.command_age(now).is_none_or(|age| age > self.config.coast_after) {
            self.good_since = None;
        }
        if matches!(self.state, SafetyState::Teleop | SafetyState::Auto | SafetyState::SafeStop) {
            self.observe_moving(now);
        }
        match self.state {
            SafetyState::Teleop => self.observe_driving(now),
            SafetyState::Auto => self.observe_auto(now),
            SafetyState::SafeStop => self.observe_stop(now),
            SafetyState::Boot | SafetyState::Parked | SafetyState::Handover | SafetyState::Halt | SafetyState::EStop => {}
        }
        if self.state.latched() {
            let clear = self.causes.iter().all(|cause| self.cleared(now, cause));
            self.rearm.observe(now, clear);
        }
    }

    /// What holds whoever moves the vehicle.
    fn observe_moving(&mut self, now: MonoTime) {
        if self.last_tick.is_some_and(|last| now.since(last) > TICK_OVERRUN) {
            self.raise(Cause::TickOverrun);
        }
        match self.protection(now) {
            Protection::Lost => self.raise(Cause::ScanLost),
            Protection::Breached => self.raise(Cause::FieldBreach),
            Protection::NoScanner | Protection::Watching => {}
        }
        let Some(machine) = self.machine.filter(|_| self.machine_alive(now)) else { return };
        let rolling = machine.speed_mm_s.saturating_abs() > ROLLING_MM_S;
        if rolling && self.config.scanner && self.surroundings.is_some_and(|seen| !seen.way_out) {
            self.raise(Cause::NoWayOut);
        }
        let faults = self.tracking.observe(now, &self.config, self.told, &machine);
        let found = [(faults.steering, Cause::SteeringFault), (faults.brake, Cause::BrakeFault), (faults.lift, Cause::LiftFault)];
        for (_, cause) in found.into_iter().filter(|(found, _)| *found) {
            self.raise(cause);
        }
    }

    fn observe_driving(&mut self, now: MonoTime) {
        if !self.agent_alive(now) {
            self.raise(Cause::AgentLost);
        }
        if !self.lease_live && (self.lease_superseded || self.switch.armed() || self.standing_since.is_none()) {
            self.raise(if self.lease_revoked { Cause::LeaseRevoked } else { Cause::LeaseLost });
        }
        let age = self.command_age(now);
        let silent = age.is_none_or(|age| age > self.config.command_lost_after) && !self.breaks(Broken::S7);
        if self.lease_live && silent {
            // Commands that name no known picture are silence, but a person should hear which silence it was.
            self.raise(if self.gate.picture_unknown() { Cause::PictureUnknown } else { Cause::CommandLost });
        }
        let required = self.gate.newest().is_some_and(|newest| newest.picture_required);
        if required && self.loop_age(now).is_none_or(|age| age > self.config.picture_lost_after) {
            self.raise(Cause::PictureOld);
        }
        self.stillness.observe(now, self.odometer);
        let measured = self.machine.map_or(0, |machine| machine.speed_mm_s);
        let moves = self.gate.newest().map(|newest| moves(&newest.command, measured)).unwrap_or_default();
        let needed = self.config.required(moves).unwrap_or_default();
        if !self.stillness.frozen(now, &self.config).both(needed).is_empty() {
            self.raise(Cause::PictureFrozen);
        }
        if !self.sights.swapped(&self.config).both(needed).is_empty() {
            self.raise(Cause::PictureSwapped);
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
            let refill = Duration::from_micros(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX) / REFILL_DIVISOR);
            self.bucket = self.bucket.saturating_add(refill).min(self.config.flapping_bucket);
        }
    }

    /// True if the condition behind a cause is gone.
    fn cleared(&self, now: MonoTime, cause: Cause) -> bool {
        match rule(cause).clears {
            Clears::CommandsFresh => self.lease_live && self.good_since.is_some(),
            Clears::PicturesFresh => self.pictures_fresh(now),
            Clears::PicturesMove => self.stillness.repeating(now, &self.config).both(self.config.required_handover).is_empty(),
            Clears::AgentHeard => self.agent_alive(now),
            Clears::GatewayHeard => self.agent_alive(now) && self.auto.gateway_connected,
            Clears::MachineHeard => self.machine_alive(now),
            Clears::ScanFresh => self.scan_fresh(now),
            Clears::FieldFree => self.scan_fresh(now) && self.surroundings.is_none_or(|seen| !seen.breached),
            Clears::CircuitClosed => {
                let open = self.machine.is_none_or(|machine| machine.emergency_stop) && !self.breaks(Broken::S8);
                self.machine_alive(now) && !open
            }
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

    /// The scanners are heard and somebody judges them, or there are none.
    pub(crate) fn scan_fresh(&self, now: MonoTime) -> bool {
        let fresh = |at| now.since(at) <= self.config.scan_lost_after;
        !self.config.scanner || self.surroundings.is_some_and(|seen| fresh(seen.at) && fresh(seen.scan_at))
    }

    /// What the scanners do for the vehicle.
    pub(crate) fn protection(&self, now: MonoTime) -> Protection {
        match self.surroundings {
            _ if !self.config.scanner => Protection::NoScanner,
            Some(seen) if self.scan_fresh(now) => {
                if seen.breached || self.too_close(seen.free_distance_mm) {
                    Protection::Breached
                } else {
                    Protection::Watching
                }
            }
            Some(_) | None => Protection::Lost,
        }
    }

    /// Faster than creep, and no longer able to stop within the free way however hard it brakes.
    fn too_close(&self, free_mm: i32) -> bool {
        let Some(machine) = self.machine else { return false };
        let decel = self.config.protective_decel_mm_s2(machine.fork_mm, machine.loaded);
        let quick = machine.speed_mm_s.saturating_abs() > CREEP_MM_S.saturating_add(ROLLING_MM_S);
        quick && stop_distance_mm(decel, brake_delay(&self.config, decel), machine.speed_mm_s) > free_mm
    }

    pub(crate) fn boot_complete(&self, now: MonoTime) -> bool {
        self.stands_now(now) && self.scan_fresh(now)
    }

    pub(crate) fn stood_for(&self, now: MonoTime) -> Duration {
        self.standing_since.filter(|_| self.machine_alive(now)).map_or(Duration::ZERO, |since| now.since(since))
    }

    pub(crate) fn stands_now(&self, now: MonoTime) -> bool {
        !self.stood_for(now).is_zero()
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
        let since = |from: u64| self.odometer.travelled_um.saturating_sub(from);
        taken.map_or(0, |taken| i64::try_from(since(taken.place.travelled_um)).unwrap_or(i64::MAX))
    }

    pub(crate) fn fork_mm(&self) -> i32 {
        self.machine.map_or(self.config.mast_height_mm, |machine| machine.fork_mm)
    }

    pub(crate) fn loaded(&self) -> bool {
        self.machine.is_none_or(|machine| machine.loaded)
    }

    pub(crate) fn pictures_fresh(&self, now: MonoTime) -> bool {
        self.loop_age(now).is_some_and(|age| age <= self.config.handover_picture_age)
    }

    pub(crate) fn link_good(&self, now: MonoTime) -> bool {
        self.good_since.is_some_and(|since| now.since(since) >= self.config.good_for)
    }
}
