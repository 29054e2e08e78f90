//! Driving by itself: the fleet's release, the autonomy's plan, the end of the released path.

use crate::broken::Broken;
use crate::cap::BASE_END_MM;
use crate::config::{CLOCK_TOLERANCE, STANDING_MM_S};
use crate::core::Core;
use crate::input::{GrantAnswer, MissionRefusal, Plan};
use farhand_protocol::{Cause, MissionEpoch, MonoTime, SafetyState};
use std::time::Duration;

/// What is known of missions and of the newest plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Autonomy {
    /// Highest mission ever accepted.
    pub(crate) highest: MissionEpoch,
    /// Released, and on its way to the state file.
    pub(crate) pending: Option<MissionEpoch>,
    /// Stored: the next tick begins it.
    pub(crate) ready: Option<MissionEpoch>,
    /// Under way.
    pub(crate) mission: Option<MissionEpoch>,
    /// The mission is over: stop, then park.
    pub(crate) over: bool,
    pub(crate) plan: Option<Plan>,
    /// The odometer at the end of what was released.
    pub(crate) base_end_um: u64,
    pub(crate) gateway_connected: bool,
    pub(crate) refused: u64,
}

impl Autonomy {
    pub(crate) fn new(highest: MissionEpoch) -> Self {
        Self { highest, ..Self::default() }
    }
}

impl Core {
    pub(crate) fn take_release(&mut self, now: MonoTime, mission: MissionEpoch) -> Option<GrantAnswer> {
        let refusal = self.release_refusal(now, mission);
        if refusal.is_none() {
            self.auto.pending = Some(mission);
        }
        refusal.map(|why| GrantAnswer::MissionRefused { mission, why })
    }

    fn release_refusal(&self, now: MonoTime, mission: MissionEpoch) -> Option<MissionRefusal> {
        let highest = self.auto.pending.unwrap_or(self.auto.highest).max(self.auto.highest);
        let another = self.auto.pending.is_some() || self.auto.ready.is_some();
        if mission <= highest {
            Some(MissionRefusal::TooOld)
        } else if another {
            // Whoever released that one still waits for its answer, or for it to begin.
            Some(MissionRefusal::NotParked)
        } else {
            self.auto_refusal(now)
        }
    }

    /// Refuses a mission on its way to the state file, because somebody takes the vehicle. Its number is used up: it may be
    /// on the disk already.
    pub(crate) fn refuse_pending(&mut self) -> Option<GrantAnswer> {
        let mission = self.auto.pending.take()?;
        self.auto.highest = self.auto.highest.max(mission);
        Some(GrantAnswer::MissionRefused { mission, why: MissionRefusal::Leased })
    }

    /// What stands against driving by itself, whatever the mission.
    fn auto_refusal(&self, now: MonoTime) -> Option<MissionRefusal> {
        if self.state != SafetyState::Parked || !self.causes.is_empty() {
            Some(MissionRefusal::NotParked)
        } else if self.leased() {
            Some(MissionRefusal::Leased)
        } else if !self.config.scanner || !self.scan_fresh(now) {
            Some(MissionRefusal::NoScanner)
        } else if !self.agent_alive(now) || !self.auto.gateway_connected {
            Some(MissionRefusal::NoGateway)
        } else {
            None
        }
    }

    /// The state file holds everything up to this mission.
    pub(crate) fn mission_stored(&mut self, now: MonoTime, stored: MissionEpoch) -> Option<GrantAnswer> {
        let mission = self.auto.pending.filter(|mission| *mission <= stored)?;
        self.auto.pending = None;
        self.auto.highest = mission;
        if let Some(why) = self.auto_refusal(now) {
            return Some(GrantAnswer::MissionRefused { mission, why });
        }
        self.auto.ready = Some(mission);
        Some(GrantAnswer::MissionAccepted(mission))
    }

    /// A mission may begin now. One that may not is dropped: a vehicle must not move off when nobody expects it any more.
    pub(crate) fn may_begin(&mut self, now: MonoTime) -> bool {
        let refused = self.auto_refusal(now).is_some();
        self.auto.ready = self.auto.ready.filter(|_| !refused || self.breaks(Broken::S16));
        self.auto.ready.is_some() && !refused
    }

    pub(crate) fn begin_mission(&mut self) {
        self.auto.mission = self.auto.ready.take();
        self.auto.over = false;
        self.auto.plan = None;
        self.auto.base_end_um = self.machine.map_or(0, |machine| machine.travelled_um);
    }

    /// A mission that was left is over: only another release leads back.
    pub(crate) fn leave_mission(&mut self) {
        let again = self.auto.mission.or(self.auto.ready).filter(|_| self.breaks(Broken::S16));
        self.auto.mission = None;
        self.auto.plan = None;
        self.auto.ready = again;
    }

    pub(crate) fn end_mission(&mut self, mission: MissionEpoch) {
        self.auto.over |= self.auto.mission == Some(mission);
        self.auto.pending = self.auto.pending.filter(|pending| *pending != mission);
        self.auto.ready = self.auto.ready.filter(|ready| *ready != mission);
    }

    /// A plan counts if it is of this mission, newer, made just now, and within what the vehicle can do.
    pub(crate) fn take_plan(&mut self, now: MonoTime, plan: Plan) {
        let config = &self.config;
        let newer = self.auto.plan.is_none_or(|last| plan.seq > last.seq);
        let just_now = plan.at <= now && now.since(plan.at) <= CLOCK_TOLERANCE;
        let fits = plan.speed_mm_s.saturating_abs() <= config.max_speed_mm_s
            && plan.steering_mrad.saturating_abs() <= config.max_steering_mrad
            && plan.lift_mm_s.saturating_abs() <= config.max_lift_mm_s;
        if self.auto.mission != Some(plan.mission) || !newer || !just_now || !fits {
            self.auto.refused = self.auto.refused.saturating_add(1);
            return;
        }
        let left_um = u64::try_from(plan.base_left_mm).unwrap_or(0).saturating_mul(1000);
        let end_um = self.machine.map_or(0, |machine| machine.travelled_um).saturating_add(left_um);
        // Without the gateway nobody can have released more.
        let fixed = !self.auto.gateway_connected && !self.breaks(Broken::S15);
        self.auto.base_end_um = if fixed { end_um.min(self.auto.base_end_um) } else { end_um };
        self.auto.plan = Some(plan);
    }

    /// Raises what ends driving by itself.
    pub(crate) fn observe_auto(&mut self, now: MonoTime) {
        if !self.agent_alive(now) {
            self.raise(Cause::AgentLost);
        }
        if self.plan_age(now) > self.config.plan_lost_after {
            self.raise(Cause::PlanLost);
        }
        let known = self.localised_at.is_some_and(|at| now.since(at) <= self.config.localisation_lost_after);
        if !known || self.auto.plan.is_some_and(|plan| !plan.localised) {
            self.raise(Cause::LocalisationLost);
        }
        if self.auto.plan.is_some_and(|plan| plan.off_path_mm.saturating_abs() > self.config.corridor_mm) {
            self.raise(Cause::OffCorridor);
        }
        let at_end = self.base_left_mm() <= BASE_END_MM && self.stands_now(now);
        if !self.auto.gateway_connected && at_end {
            self.raise(Cause::GatewayLost);
        }
    }

    /// Age of the newest plan; before the first one, of the mission.
    pub(crate) fn plan_age(&self, now: MonoTime) -> Duration {
        now.since(self.auto.plan.map_or(self.entered, |plan| plan.at))
    }

    pub(crate) fn base_left_mm(&self) -> i32 {
        let here = self.machine.map_or(0, |machine| machine.travelled_um);
        i32::try_from(self.auto.base_end_um.saturating_sub(here) / 1000).unwrap_or(i32::MAX)
    }

    /// The plan to drive by, unless the mission is over or a person waits for the vehicle.
    pub(crate) fn plan(&self) -> Option<Plan> {
        self.auto.plan.filter(|_| !self.auto.over && !self.lease_live)
    }

    /// The steering of the newest plan, driven or not.
    pub(crate) fn planned_steering(&self) -> Option<i32> {
        self.auto.plan.map(|plan| plan.steering_mrad)
    }

    pub(crate) fn leave_auto(&self, now: MonoTime) -> SafetyState {
        let speed = self.machine.map_or(i32::MAX, |machine| machine.speed_mm_s.saturating_abs());
        let slow_enough = speed <= self.config.handover_speed_mm_s.max(STANDING_MM_S.saturating_sub(1));
        if self.lease_live && self.machine_alive(now) && slow_enough {
            SafetyState::Handover
        } else if self.auto.over && self.stands_now(now) {
            SafetyState::Parked
        } else {
            SafetyState::Auto
        }
    }

    /// How many plans had no effect.
    #[must_use]
    pub fn plans_refused(&self) -> u64 {
        self.auto.refused
    }
}
