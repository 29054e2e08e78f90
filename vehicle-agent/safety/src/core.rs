//! The core itself: takes what arrives, and decides once a tick.

use crate::auto::Autonomy;
use crate::broken::Broken;
use crate::cap::{Cap, Governor};
use crate::config::{CLOCK_TOLERANCE, ENABLE_INPUT_MS};
use crate::gate::{Gate, Situation, Verdict};
use crate::handover::{EnableSwitch, Rearm, motionless};
use crate::input::{Drive, GrantAnswer, Input, MachineSample, MissionRefusal, Output, Surroundings, Transition};
use crate::pictures::{Odometer, Pictures};
use crate::rules::{Clears, rule};
use crate::still::Stillness;
use crate::stop::Stop;
use crate::swapped::Sights;
use crate::tracking::{Ground, Tracking};
use crate::{CauseSet, Config, Persisted};
use farhand_protocol::{BootId, CapTerm, Cause, CommandView, LatchId, LeaseEpoch, MonoTime, RejectReason, SafetyState};
use std::time::Duration;

/// A state file that could not be written is tried again after this.
const STORE_AGAIN: Duration = Duration::from_secs(1);

/// The safety core of one vehicle.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub(crate) odometer: Odometer,
    pub(crate) ground: Ground,
    pub(crate) tracking: Tracking,
    /// When the machine last knew its place on the map; none if it never did.
    pub(crate) localised_at: Option<MonoTime>,
    pub(crate) surroundings: Option<Surroundings>,
    pub(crate) agent_heard: Option<MonoTime>,
    pub(crate) highest_epoch: LeaseEpoch,
    pub(crate) lease_live: bool,
    pub(crate) lease_superseded: bool,
    pub(crate) lease_revoked: bool,
    pub(crate) granted: Option<LeaseEpoch>,
    pub(crate) auto: Autonomy,
    pub(crate) gate: Gate,
    pub(crate) pictures: Pictures,
    pub(crate) stillness: Stillness,
    pub(crate) sights: Sights,
    pub(crate) confirmed: bool,
    pub(crate) confirm_before: bool,
    pub(crate) confirm_risen: bool,
    pub(crate) switch: EnableSwitch,
    pub(crate) rearm: Rearm,
    pub(crate) good_since: Option<MonoTime>,
    pub(crate) bucket: Duration,
    pub(crate) governor: Governor,
    pub(crate) cap: Cap,
    pub(crate) last_tick: Option<MonoTime>,
    pub(crate) standing_since: Option<MonoTime>,
    pub(crate) stop: Stop,
    /// The command of the tick before.
    pub(crate) told: Drive,
    pub(crate) boot_count: u32,
    pub(crate) handed_out: Persisted,
    pub(crate) store_failed: bool,
    pub(crate) store_again: Option<MonoTime>,
    pub(crate) snapshots: u64,
    #[cfg(any(test, feature = "broken"))]
    pub(crate) broken: Option<Broken>,
}

impl Core {
    /// Starts with the brake on. `stored` is the content of the state file, `None` if it was missing or damaged.
    #[must_use]
    pub fn new(config: Config, boot_id: BootId, stored: Option<Persisted>, now: MonoTime) -> Self {
        let before = stored.unwrap_or_default();
        // What a restart clears is gone with this one; that it was latched is not.
        let kept = if before.latched { before.causes } else { CauseSet::EMPTY };
        let mut causes = kept.iter().filter(|cause| rule(*cause).clears != Clears::Restart).collect::<CauseSet>();
        if stored.is_none() {
            causes.insert(Cause::StateFileLost);
        }
        if before.latched || before.lease_open {
            causes.insert(Cause::Restarted);
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
            odometer: Odometer::default(),
            ground: Ground::default(),
            tracking: Tracking::default(),
            localised_at: None,
            surroundings: None,
            agent_heard: None,
            highest_epoch: before.highest_epoch,
            lease_live: false,
            lease_superseded: false,
            lease_revoked: false,
            granted: None,
            auto: Autonomy::new(before.highest_mission),
            gate: Gate::default(),
            pictures: Pictures::new(),
            stillness: Stillness::default(),
            sights: Sights::default(),
            confirmed: false,
            confirm_before: true,
            confirm_risen: false,
            switch: EnableSwitch::default(),
            rearm: Rearm::default(),
            good_since: None,
            governor: Governor::default(),
            cap: Cap::none(CapTerm::State),
            last_tick: None,
            standing_since: None,
            stop: Stop::default(),
            told: Drive::default(),
            boot_count: before.boot_count.wrapping_add(1),
            handed_out: before,
            store_failed: stored.is_none(),
            store_again: None,
            snapshots: 0,
            #[cfg(any(test, feature = "broken"))]
            broken: None,
        }
    }

    /// One whole step without side effects: takes in what arrived by `now`, in this order, and decides.
    #[must_use]
    pub fn step(mut self, now: MonoTime, inputs: &[Input<'_>]) -> (Self, Output) {
        let mut answer = None;
        for input in inputs {
            answer = self.take(now, *input).or(answer);
        }
        let output = self.tick(now);
        (self, Output { answer, ..output })
    }

    /// Takes what arrived. Nothing moves here; the next [`Core::tick`] decides.
    #[must_use]
    pub fn take(&mut self, now: MonoTime, input: Input<'_>) -> Option<GrantAnswer> {
        match input {
            Input::Machine(sample) => self.take_machine(now, sample),
            Input::MachineGone => self.machine_heard = None,
            Input::AgentBeat(at) => {
                // A beat by another clock is no beat: capture stamps of that agent would mean nothing.
                if same_clock(now, at) {
                    self.agent_heard = Some(now);
                }
            }
            Input::AgentGone => {
                self.agent_heard = None;
                self.auto.gateway_connected = false;
                self.stillness.forget();
            }
            Input::GatewayConnected(stands) => self.auto.gateway_connected = stands,
            Input::Command(bytes) => self.take_command(now, bytes),
            Input::Stop if self.breaks(Broken::S19) && !self.lease_live => {}
            Input::Stop => self.raise(Cause::RemoteStop),
            Input::LeaseGrant(epoch) => return self.take_grant(epoch),
            Input::LeaseEnd(epoch) => self.take_lease_end(epoch, false),
            Input::LeaseRevoked(epoch) => self.take_lease_end(epoch, true),
            Input::Release(mission) => return self.take_release(now, mission),
            Input::MissionEnd(mission) => self.end_mission(mission),
            Input::Plan(plan) => self.take_plan(now, plan),
            Input::Surroundings(seen) => self.take_surroundings(now, seen),
            Input::Manoeuvre(manoeuvre) => self.stop.manoeuvre = Some((now, manoeuvre)),
            Input::Content(content) => {
                if let Some(stretch) = self.stillness.take(now, content, &self.pictures) {
                    self.sights.take(content, stretch);
                }
            }
            Input::Stored(stored) => return self.take_stored(now, stored),
            Input::StoreFailed => return self.take_store_failed(now),
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
        let drive = self.interlock(now, drive);
        self.last_tick = Some(now);
        self.told = drive;
        self.note_stop();
        Output {
            drive,
            store: self.store_request(now),
            transition: (self.state != from).then_some(Transition { from, to: self.state }),
            authority: self.authority(),
            answer: None,
        }
    }

    fn take_machine(&mut self, now: MonoTime, sample: MachineSample) {
        // A report by another clock is no report.
        if !same_clock(now, sample.at) {
            return;
        }
        if let Some(last) = self.machine {
            let way_um = sample.travelled_um.saturating_sub(last.travelled_um);
            let turned = crate::formulas::turn_urad(&self.config, sample.steering_mrad, way_um);
            self.odometer.turned_urad = self.odometer.turned_urad.saturating_add(turned);
        }
        self.odometer.travelled_um = sample.travelled_um;
        self.sights.rolled(sample.at, sample.speed_mm_s);
        self.machine = Some(sample);
        self.machine_heard = Some(now);
        self.machine_seen = true;
        self.localised_at = if sample.pose.is_some() { Some(now) } else { self.localised_at };
        self.pictures.travelled(sample.at, self.odometer);
        self.ground.take(&self.config, &sample);
        self.standing_since = if self.ground.standing() { self.standing_since.or(Some(now)) } else { None };
    }

    fn take_surroundings(&mut self, now: MonoTime, seen: Surroundings) {
        // Judged or scanned in the future is by another clock.
        if seen.at <= now && seen.scan_at <= now {
            self.surroundings = Some(seen);
        }
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
            sequences_count: !self.breaks(Broken::S3),
        };
        let command = match self.gate.judge(bytes, &situation) {
            Verdict::Counts(command) => command,
            Verdict::OnlyRestricts(command) => return self.restrict(&command),
            Verdict::Void => return,
        };
        let in_time = before.is_some_and(|at| now.since(at) <= self.config.coast_after);
        self.good_since = self.good_since.filter(|_| in_time).or(Some(now));
        let pressed = command.enable && command.input_age_ms <= ENABLE_INPUT_MS;
        self.confirm_risen |= command.confirm && !self.confirm_before;
        self.confirm_before = command.confirm;
        if self.state == SafetyState::Handover {
            self.confirmed |= command.confirm;
        }
        let allowed = match self.state {
            SafetyState::Handover => self.handover_ready(now) && motionless(&command),
            SafetyState::Teleop => true,
            SafetyState::Boot
            | SafetyState::Parked
            | SafetyState::Auto
            | SafetyState::SafeStop
            | SafetyState::Halt
            | SafetyState::EStop => false,
        };
        self.switch.feed(now, &command, pressed, allowed, self.config.stuck_enable_after);
        if self.state.latched() && self.state != SafetyState::SafeStop {
            let latch = command.rearm_latch.filter(|_| self.breaks(Broken::S9)).unwrap_or(self.latch);
            self.rearm.feed(&command, latch);
        }
        if command.pressed_through {
            self.raise(Cause::EnablePanic);
        }
    }

    /// The driver's own command, refused for what it asks or for what it was made on: letting go is no less meant.
    fn restrict(&mut self, command: &CommandView) {
        if !command.enable {
            self.switch.disarm();
        }
        if command.pressed_through {
            self.raise(Cause::EnablePanic);
        }
    }

    fn take_grant(&mut self, epoch: LeaseEpoch) -> Option<GrantAnswer> {
        let highest = self.granted.unwrap_or(self.highest_epoch).max(self.highest_epoch);
        if epoch <= highest && !(self.breaks(Broken::S2) && epoch == highest) {
            return Some(GrantAnswer::TooOld { offered: epoch, highest });
        }
        // Whoever drove under the epoch before has lost the vehicle.
        self.lease_superseded |= self.lease_live;
        self.lease_live = false;
        self.granted = Some(epoch);
        // A person comes first: a mission on its way to the state file hears so now, for the grant has an answer to come.
        self.refuse_pending()
    }

    fn take_stored(&mut self, now: MonoTime, stored: Persisted) -> Option<GrantAnswer> {
        self.store_failed = false;
        self.store_again = None;
        let mission = self.mission_stored(now, stored.highest_mission);
        let Some(epoch) = self.granted.filter(|epoch| *epoch <= stored.highest_epoch) else { return mission };
        self.granted = None;
        self.highest_epoch = epoch;
        self.lease_live = true;
        self.lease_revoked = false;
        self.gate.begin_lease();
        self.good_since = None;
        self.disarm();
        self.rearm = Rearm::default();
        // The grant itself offers the vehicle; the operator still has to confirm it.
        self.confirm_risen = true;
        self.confirm_before = false;
        Some(GrantAnswer::Accepted(epoch))
    }

    fn take_store_failed(&mut self, now: MonoTime) -> Option<GrantAnswer> {
        self.store_failed = true;
        self.store_again = Some(now.after(STORE_AGAIN));
        let mission = self.auto.pending.take();
        let why = MissionRefusal::NotStored;
        let refused = mission.map(|mission| GrantAnswer::MissionRefused { mission, why });
        self.granted.take().map(GrantAnswer::NotStored).or(refused)
    }

    fn take_lease_end(&mut self, epoch: LeaseEpoch, revoked: bool) {
        if self.granted == Some(epoch) {
            self.granted = None;
        }
        if epoch >= self.highest_epoch {
            self.lease_revoked |= revoked && self.lease_live;
            self.lease_live = false;
        }
    }

    /// Somebody holds a lease, or is about to.
    pub(crate) fn leased(&self) -> bool {
        self.lease_live || self.granted.is_some()
    }

    /// Adds a cause; a new one after the latch needs an acknowledgement of its own.
    pub(crate) fn raise(&mut self, cause: Cause) {
        if self.breaks(Broken::S22) && !self.causes.is_empty() {
            return;
        }
        let resting = matches!(self.state, SafetyState::Halt | SafetyState::EStop);
        if self.causes.insert(cause) && resting && !self.breaks(Broken::S10) {
            self.new_latch();
        }
    }

    pub(crate) fn new_latch(&mut self) {
        self.latch = LatchId(self.latch.0.wrapping_add(1));
        self.rearm = Rearm::default();
    }

    fn store_request(&mut self, now: MonoTime) -> Option<Persisted> {
        let latched = self.state.latched();
        let wanted = Persisted {
            highest_epoch: self.granted.unwrap_or(self.highest_epoch).max(self.highest_epoch),
            lease_open: self.leased() || matches!(self.state, SafetyState::Teleop | SafetyState::Auto),
            latched,
            latch: self.latch,
            causes: if latched { self.causes } else { CauseSet::EMPTY },
            boot_count: self.boot_count,
            highest_mission: self.auto.pending.unwrap_or(self.auto.highest).max(self.auto.highest),
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

/// Two readings of one clock lie this close together.
fn same_clock(now: MonoTime, at: MonoTime) -> bool {
    now.since(at).max(at.since(now)) <= CLOCK_TOLERANCE
}

pub(crate) fn millis(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "core/tests_support.rs"]
pub(crate) mod tests_support;
