//! The state machine: takes what arrives, and decides once a tick.

use crate::cap::{Cap, Governor};
use crate::config::{CLOCK_TOLERANCE, ENABLE_INPUT_MS, STANDING_MM_S, STANDSTILL};
use crate::gate::{Gate, Situation};
use crate::handover::{EnableSwitch, Rearm};
use crate::input::{GrantAnswer, Input, MachineSample, Output, Transition};
use crate::pictures::Pictures;
use crate::{Action, CauseSet, Config, Persisted};
use farhand_protocol::{BootId, CapTerm, Cause, LastStop, LatchId, LeaseEpoch, MonoTime, RejectReason, SafetyState};
use std::time::Duration;

/// A state file that could not be written is tried again after this.
const STORE_AGAIN: Duration = Duration::from_secs(1);

/// The safety core of one vehicle.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each read alone")]
pub struct Core {
    pub(crate) config: Config,
    pub(crate) boot_id: BootId,
    pub(crate) state: SafetyState,
    pub(crate) entered: MonoTime,
    pub(crate) causes: CauseSet,
    pub(crate) latch: LatchId,
    pub(crate) machine: Option<MachineSample>,
    pub(crate) machine_heard: Option<MonoTime>,
    pub(crate) machine_seen: bool,
    pub(crate) agent_heard: Option<MonoTime>,
    pub(crate) highest_epoch: LeaseEpoch,
    pub(crate) lease_live: bool,
    pub(crate) lease_superseded: bool,
    granted: Option<LeaseEpoch>,
    pub(crate) gate: Gate,
    pub(crate) pictures: Pictures,
    pub(crate) confirmed: bool,
    confirm_before: bool,
    confirm_risen: bool,
    pub(crate) switch: EnableSwitch,
    pub(crate) rearm: Rearm,
    pub(crate) good_since: Option<MonoTime>,
    pub(crate) bucket: Duration,
    pub(crate) governor: Governor,
    pub(crate) cap: Cap,
    pub(crate) last_tick: Option<MonoTime>,
    pub(crate) standing_since: Option<MonoTime>,
    pub(crate) last_stop: Option<LastStop>,
    stop_travelled_um: Option<u64>,
    pub(crate) held_steering_mrad: i32,
    boot_count: u32,
    handed_out: Persisted,
    pub(crate) store_failed: bool,
    store_again: Option<MonoTime>,
    pub(crate) snapshots: u64,
}

impl Core {
    /// Starts with the brake on. `stored` is the content of the state file, `None` if it was missing or damaged.
    #[must_use]
    pub fn new(config: Config, boot_id: BootId, stored: Option<Persisted>, now: MonoTime) -> Self {
        let before = stored.unwrap_or_default();
        let mut causes = CauseSet::EMPTY;
        if stored.is_none() {
            causes.insert(Cause::StateFileLost);
        }
        if before.latched || before.lease_open {
            causes.insert(Cause::Restarted);
        }
        if before.latched {
            for cause in before.causes.iter() {
                causes.insert(cause);
            }
        }
        Self {
            bucket: config.flapping_bucket,
            config,
            boot_id,
            state: SafetyState::Boot,
            entered: now,
            causes,
            latch: before.latch,
            machine: None,
            machine_heard: None,
            machine_seen: false,
            agent_heard: None,
            highest_epoch: before.highest_epoch,
            lease_live: false,
            lease_superseded: false,
            granted: None,
            gate: Gate::default(),
            pictures: Pictures::new(),
            confirmed: false,
            confirm_before: true,
            confirm_risen: false,
            switch: EnableSwitch::default(),
            rearm: Rearm::default(),
            good_since: None,
            governor: Governor::default(),
            cap: Cap { mm_s: 0, term: CapTerm::State },
            last_tick: None,
            standing_since: None,
            last_stop: None,
            stop_travelled_um: None,
            held_steering_mrad: 0,
            boot_count: before.boot_count.wrapping_add(1),
            handed_out: before,
            store_failed: stored.is_none(),
            store_again: None,
            snapshots: 0,
        }
    }

    /// Takes what arrived. Nothing moves here; the next [`Core::tick`] decides.
    #[must_use]
    pub fn take(&mut self, now: MonoTime, input: Input<'_>) -> Option<GrantAnswer> {
        match input {
            Input::Machine(sample) => self.take_machine(now, sample),
            Input::MachineGone => self.machine_heard = None,
            Input::AgentBeat(at) => {
                // A beat by another clock is no beat: capture stamps of that agent would mean nothing.
                if now.since(at).max(at.since(now)) <= CLOCK_TOLERANCE {
                    self.agent_heard = Some(now);
                }
            }
            Input::AgentGone => self.agent_heard = None,
            Input::Command(bytes) => self.take_command(now, bytes),
            Input::Stop => self.raise(Cause::RemoteStop),
            Input::LeaseGrant(epoch) => return self.take_grant(epoch),
            Input::LeaseEnd(epoch) => self.take_lease_end(epoch),
            Input::Stored(stored) => return self.take_stored(stored),
            Input::StoreFailed => {
                self.store_failed = true;
                self.store_again = Some(now.after(STORE_AGAIN));
                return self.granted.take().map(GrantAnswer::NotStored);
            }
            Input::Sent(camera, capture) => self.pictures.sent(now, camera, capture),
            Input::ClockJump => self.raise(Cause::ClockJump),
        }
        None
    }

    /// Decides. Called every 10 ms, and at once after anything that must stop the vehicle; a late call is never less safe.
    #[must_use]
    pub fn tick(&mut self, now: MonoTime) -> Output {
        self.observe(now);
        let from = self.state;
        let to = self.next_state(now);
        if to != from {
            self.enter(now, to);
        }
        self.update_cap(now);
        let drive = self.drive(now);
        self.last_tick = Some(now);
        self.note_stop();
        Output { drive, store: self.store_request(now), transition: (to != from).then_some(Transition { from, to }) }
    }

    fn take_machine(&mut self, now: MonoTime, sample: MachineSample) {
        // A report by another clock, or an old one, is no report.
        if now.since(sample.at).max(sample.at.since(now)) > CLOCK_TOLERANCE {
            return;
        }
        self.machine = Some(sample);
        self.machine_heard = Some(now);
        self.machine_seen = true;
        self.pictures.travelled(sample.at, sample.travelled_um);
        let standing = sample.speed_mm_s.saturating_abs() < STANDING_MM_S;
        self.standing_since = if standing { self.standing_since.or(Some(now)) } else { None };
    }

    fn take_command(&mut self, now: MonoTime, bytes: &[u8]) {
        let before = self.gate.newest().map(|newest| newest.at);
        let situation = Situation {
            now,
            config: &self.config,
            boot_id: self.boot_id,
            state: self.state,
            live_epoch: self.lease_live.then_some(self.highest_epoch),
            speed_mm_s: self.machine.map_or(0, |machine| machine.speed_mm_s),
            pictures: &self.pictures,
        };
        let Ok(accepted) = self.gate.judge(bytes, &situation) else { return };
        let command = accepted.command.clone();
        let in_time = before.is_some_and(|at| now.since(at) <= self.config.coast_after);
        self.good_since = self.good_since.filter(|_| in_time).or(Some(now));
        let pressed = command.enable && command.input_age_ms <= ENABLE_INPUT_MS;
        self.confirm_risen |= command.confirm && !self.confirm_before;
        self.confirm_before = command.confirm;
        if self.state == SafetyState::Handover {
            self.confirmed |= command.confirm;
        }
        let allowed = match self.state {
            SafetyState::Handover => self.handover_ready(now),
            SafetyState::Teleop => true,
            _ => false,
        };
        self.switch.feed(now, &command, pressed, allowed, self.config.stuck_enable_after);
        if self.state.latched() && self.state != SafetyState::SafeStop {
            self.rearm.feed(&command, self.latch);
        }
    }

    fn take_grant(&mut self, epoch: LeaseEpoch) -> Option<GrantAnswer> {
        let highest = self.granted.unwrap_or(self.highest_epoch).max(self.highest_epoch);
        if epoch <= highest {
            return Some(GrantAnswer::TooOld { offered: epoch, highest });
        }
        // Whoever drove under the epoch before has lost the vehicle.
        self.lease_superseded |= self.lease_live;
        self.lease_live = false;
        self.granted = Some(epoch);
        None
    }

    fn take_stored(&mut self, stored: Persisted) -> Option<GrantAnswer> {
        self.store_failed = false;
        self.store_again = None;
        let epoch = self.granted.filter(|epoch| *epoch <= stored.highest_epoch)?;
        self.granted = None;
        self.highest_epoch = epoch;
        self.lease_live = true;
        self.gate.begin_lease();
        self.good_since = None;
        self.switch.disarm();
        self.rearm = Rearm::default();
        // The grant itself offers the vehicle; the operator still has to confirm it.
        self.confirm_risen = true;
        self.confirm_before = false;
        Some(GrantAnswer::Accepted(epoch))
    }

    fn take_lease_end(&mut self, epoch: LeaseEpoch) {
        if self.granted == Some(epoch) {
            self.granted = None;
        }
        if epoch >= self.highest_epoch {
            self.lease_live = false;
        }
    }

    /// Adds a cause; a new one after the latch needs an acknowledgement of its own.
    pub(crate) fn raise(&mut self, cause: Cause) {
        if self.causes.insert(cause) && matches!(self.state, SafetyState::Halt | SafetyState::EStop) {
            self.new_latch();
        }
    }

    fn new_latch(&mut self) {
        self.latch = LatchId(self.latch.0.wrapping_add(1));
        self.rearm = Rearm::default();
    }

    fn next_state(&mut self, now: MonoTime) -> SafetyState {
        match (self.causes.action(), self.state) {
            (Some(Action::EStop), _) if self.state != SafetyState::EStop => return SafetyState::EStop,
            (Some(Action::Cut), SafetyState::Halt | SafetyState::EStop) => {}
            (Some(Action::Cut), _) => return SafetyState::Halt,
            (Some(Action::Brake | Action::SafeStop), state) if !state.latched() => return SafetyState::SafeStop,
            _ => {}
        }
        let risen = std::mem::take(&mut self.confirm_risen);
        match self.state {
            SafetyState::Boot if self.boot_complete(now) => SafetyState::Parked,
            SafetyState::Parked if self.lease_live && risen && self.agent_alive(now) => SafetyState::Handover,
            SafetyState::Handover => self.leave_handover(now),
            // Given back at a standstill: nothing to stop, nothing to latch.
            SafetyState::Teleop if !self.lease_live => SafetyState::Parked,
            SafetyState::SafeStop if self.stood_for(now) >= STANDSTILL => SafetyState::Halt,
            SafetyState::Halt | SafetyState::EStop if self.rearm_complete(now) => SafetyState::Parked,
            state => state,
        }
    }

    fn leave_handover(&self, now: MonoTime) -> SafetyState {
        if !self.lease_live || !self.agent_alive(now) || now.since(self.entered) > self.config.handover_timeout {
            return SafetyState::Parked;
        }
        if self.switch.armed() && self.handover_ready(now) { SafetyState::Teleop } else { SafetyState::Handover }
    }

    fn enter(&mut self, now: MonoTime, to: SafetyState) {
        let was_latched = self.state.latched();
        if to.latched() && !was_latched {
            self.begin_stop(now);
        }
        if to == SafetyState::Parked {
            self.causes = CauseSet::EMPTY;
            self.lease_superseded = false;
            self.bucket = self.config.flapping_bucket;
        }
        if to == SafetyState::Teleop {
            let inputs = self.cap_inputs(now);
            self.governor.reset(&self.config, inputs);
            self.bucket = self.config.flapping_bucket;
        } else {
            self.switch.disarm();
        }
        self.confirmed = false;
        self.state = to;
        self.entered = now;
    }

    fn begin_stop(&mut self, now: MonoTime) {
        self.new_latch();
        let newest = self.gate.newest();
        let measured = self.machine.map_or(0, |machine| machine.steering_mrad);
        // The wheels keep the path the operator last chose; a guard that finds a better one is a later step.
        self.held_steering_mrad =
            newest.filter(|_| self.state == SafetyState::Teleop).map_or(measured, |accepted| accepted.command.steering_mrad);
        self.stop_travelled_um = self.machine.map(|machine| machine.travelled_um);
        self.last_stop = Some(LastStop {
            latch: self.latch,
            cause: self.causes.worst().unwrap_or(Cause::InternalFault),
            silence_ms: newest.map(|accepted| millis(now.since(accepted.at))),
            rolled_mm: 0,
        });
    }

    /// Follows how far the vehicle rolls after the brake demand.
    fn note_stop(&mut self) {
        if self.state != SafetyState::SafeStop {
            return;
        }
        if let (Some(stop), Some(from), Some(machine)) = (&mut self.last_stop, self.stop_travelled_um, self.machine) {
            stop.rolled_mm = i32::try_from(machine.travelled_um.saturating_sub(from) / 1000).unwrap_or(i32::MAX);
        }
    }

    fn store_request(&mut self, now: MonoTime) -> Option<Persisted> {
        let latched = self.state.latched();
        let wanted = Persisted {
            highest_epoch: self.granted.unwrap_or(self.highest_epoch).max(self.highest_epoch),
            lease_open: self.lease_live || self.granted.is_some() || self.state == SafetyState::Teleop,
            latched,
            latch: self.latch,
            causes: if latched { self.causes } else { CauseSet::EMPTY },
            boot_count: self.boot_count,
        };
        let again = self.store_again.is_some_and(|at| now >= at);
        if wanted == self.handed_out && !again {
            return None;
        }
        self.store_again = None;
        self.handed_out = wanted;
        Some(wanted)
    }

    /// How often commands had no effect for this reason.
    #[must_use]
    pub fn rejected(&self, reason: RejectReason) -> u64 {
        self.gate.reject_counts().find(|row| row.reason == reason).map_or(0, |row| row.count)
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> SafetyState {
        self.state
    }

    /// Highest epoch ever accepted.
    #[must_use]
    pub fn highest_epoch(&self) -> LeaseEpoch {
        self.highest_epoch
    }
}

pub(crate) fn millis(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "core/tests_support.rs"]
pub(crate) mod tests_support;
