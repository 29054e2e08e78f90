//! The eight states: what leads from one to the other.

use crate::broken::Broken;
use crate::config::{STANDSTILL, within};
use crate::core::Core;
use crate::handover::motionless;
use crate::swapped::Sights;
use crate::tracking::Tracking;
use crate::{Action, CauseSet};
use farhand_protocol::{Authority, Cause, MonoTime, SafetyState};

impl Core {
    pub(crate) fn next_state(&mut self, now: MonoTime) -> SafetyState {
        if let Some(state) = self.causes.action().and_then(|action| self.forced(now, action)) {
            return state;
        }
        // A confirmation waits while the vehicle comes to a stand by itself; elsewhere it counts now or never.
        let risen = self.state != SafetyState::Auto && std::mem::take(&mut self.confirm_risen);
        let begins = self.state == SafetyState::Parked && self.may_begin(now);
        match self.state {
            SafetyState::Boot if self.boot_complete(now) => SafetyState::Parked,
            SafetyState::Parked if self.lease_live && risen && self.agent_alive(now) => SafetyState::Handover,
            SafetyState::Parked if begins => SafetyState::Auto,
            SafetyState::Auto => self.leave_auto(now),
            SafetyState::Handover => self.leave_handover(now),
            // Given back at a standstill: nothing to stop, nothing to latch.
            SafetyState::Teleop if !self.lease_live => SafetyState::Parked,
            SafetyState::SafeStop if self.breaks(Broken::S4) && self.good_since.is_some() => SafetyState::Teleop,
            SafetyState::SafeStop if self.stood_for(now) >= STANDSTILL => SafetyState::Halt,
            SafetyState::Halt | SafetyState::EStop if self.rearm_complete(now) => SafetyState::Parked,
            state => state,
        }
    }

    /// Where the worst cause leads, if the state is not yet that far.
    fn forced(&self, now: MonoTime, action: Action) -> Option<SafetyState> {
        match (action, self.state) {
            (Action::EStop, SafetyState::EStop) => None,
            (Action::EStop, _) => Some(SafetyState::EStop),
            (_, SafetyState::Halt | SafetyState::EStop) => None,
            (Action::Cut, _) => Some(SafetyState::Halt),
            (_, SafetyState::SafeStop) => None,
            (Action::Hold, _) if self.stands_now(now) => Some(SafetyState::Halt),
            (Action::Hold | Action::SafeStop | Action::Brake | Action::Protective, _) => Some(SafetyState::SafeStop),
        }
    }

    fn leave_handover(&self, now: MonoTime) -> SafetyState {
        if !self.lease_live || !self.agent_alive(now) || now.since(self.entered) > self.config.handover_timeout {
            return SafetyState::Parked;
        }
        let newest = self.gate.newest().map(|newest| newest.command);
        let pressed = newest.is_some_and(|command| command.enable);
        let armed = self.switch.armed() || self.breaks(Broken::S11) && pressed;
        // Commands of the take-over were judged by its pictures only: motion is asked for by a later one.
        let asks = !newest.is_some_and(|command| motionless(&command));
        if armed && !asks && self.handover_ready(now) { SafetyState::Teleop } else { SafetyState::Handover }
    }

    pub(crate) fn enter(&mut self, now: MonoTime, to: SafetyState) {
        if to.latched() && !self.state.latched() {
            self.begin_stop(now);
        }
        if to == SafetyState::Parked {
            self.causes = CauseSet::EMPTY;
            self.lease_superseded = false;
            self.lease_revoked = false;
            self.bucket = self.config.flapping_bucket;
        }
        if self.state == SafetyState::Auto || to == SafetyState::Parked {
            self.leave_mission();
        }
        if to == SafetyState::Auto {
            self.begin_mission();
        }
        if !matches!(self.state, SafetyState::Teleop | SafetyState::Auto) {
            // Nobody watched the machine: what it did meanwhile was not asked of it.
            self.tracking = Tracking::default();
        }
        self.state = to;
        self.entered = now;
        if matches!(to, SafetyState::Teleop | SafetyState::Auto) {
            let inputs = self.cap_inputs(now);
            self.governor.reset(&self.config, &inputs);
            self.bucket = self.config.flapping_bucket;
            // The cables may have been exchanged while it stood.
            self.sights = Sights::default();
        }
        if to != SafetyState::Teleop {
            self.disarm();
        }
        self.confirmed = false;
    }

    /// Takes the permission to move away until neutral and a new press.
    pub(crate) fn disarm(&mut self) {
        if !self.breaks(Broken::S12) {
            self.switch.disarm();
        }
    }

    fn begin_stop(&mut self, now: MonoTime) {
        self.new_latch();
        let machine = self.machine;
        // The wheel keeps the path that was driven last.
        let driven = match self.state {
            SafetyState::Teleop => self.gate.newest().map(|accepted| accepted.command.steering_mrad),
            SafetyState::Auto => self.planned_steering(),
            SafetyState::Boot
            | SafetyState::Parked
            | SafetyState::Handover
            | SafetyState::SafeStop
            | SafetyState::Halt
            | SafetyState::EStop => None,
        };
        // A wheel at its stop is read a little beyond it, and next time perhaps not: what is held lies within the range.
        let steering_mrad = driven.unwrap_or_else(|| machine.map_or(0, |machine| machine.steering_mrad));
        let steering_mrad = within(steering_mrad, self.config.max_steering_mrad);
        let silence = self.gate.newest().map(|accepted| now.since(accepted.at));
        let cause = self.causes.worst().unwrap_or(Cause::InternalFault);
        self.stop.begin(now, self.latch, cause, silence, steering_mrad, machine.map(|machine| machine.travelled_um));
    }

    /// Exactly one in each tick.
    pub(crate) fn authority(&self) -> Authority {
        match self.state {
            SafetyState::Boot | SafetyState::Parked | SafetyState::Handover | SafetyState::Halt | SafetyState::EStop => {
                Authority::None
            }
            SafetyState::Auto => Authority::Autonomy,
            SafetyState::Teleop => Authority::Operator,
            SafetyState::SafeStop => Authority::Stopping,
        }
    }
}
