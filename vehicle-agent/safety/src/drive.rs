//! From state, wish and cap to the command of the actuators.

use crate::broken::Broken;
use crate::cap::{Cap, CapInputs, Driver};
use crate::config::{
    COAST_PERCENT, COMFORT_PERCENT, CREEP_MM_S, Config, OVER_CAP_MM_S, OVER_SOLID_MM_S, ROLLING_MM_S, STANDING_MM_S, scale,
    within,
};
use crate::core::Core;
use crate::input::{Asked, Drive, Surroundings};
use farhand_protocol::{CapTerm, Cause, MonoTime, SafetyState};
use std::time::Duration;

/// What the driver wants, whoever it is.
#[derive(Debug, Clone, Copy)]
struct Wish {
    speed_mm_s: i32,
    steering_mrad: i32,
    lift_mm_s: i32,
    /// The enable switch is armed, or the plan is to be driven.
    enabled: bool,
    /// No new word for two periods of commands: nothing gets faster and no brake gets looser until there is one.
    silent: bool,
    late: bool,
}

impl Core {
    /// The motion that is asked for, before any limit: what the guard is to be asked about.
    #[must_use]
    pub fn asked(&self) -> Asked {
        let (speed_mm_s, steering_mrad) = match self.state {
            SafetyState::Teleop => {
                self.gate.newest().map_or((0, 0), |newest| (newest.command.speed_mm_s, newest.command.steering_mrad))
            }
            SafetyState::Auto => self.plan().map_or((0, 0), |plan| (plan.speed_mm_s, plan.steering_mrad)),
            SafetyState::Boot
            | SafetyState::Parked
            | SafetyState::Handover
            | SafetyState::SafeStop
            | SafetyState::Halt
            | SafetyState::EStop => (0, self.machine.map_or(0, |machine| machine.steering_mrad)),
        };
        let measured = self.machine.map_or(0, |machine| machine.speed_mm_s.saturating_abs());
        let slow = speed_mm_s.saturating_abs() <= CREEP_MM_S && measured <= CREEP_MM_S.saturating_add(ROLLING_MM_S);
        Asked { speed_mm_s, steering_mrad, creep: slow }
    }

    pub(crate) fn cap_inputs(&self, now: MonoTime) -> CapInputs {
        let asked = self.asked();
        let measured = self.machine.map_or(0, |machine| machine.steering_mrad);
        CapInputs {
            driver: match self.state {
                SafetyState::Auto => Driver::Autonomy { base_left_mm: self.base_left_mm() },
                SafetyState::Boot
                | SafetyState::Parked
                | SafetyState::Handover
                | SafetyState::Teleop
                | SafetyState::SafeStop
                | SafetyState::Halt
                | SafetyState::EStop => Driver::Operator { loop_age: self.loop_age(now) },
            },
            steering_mrad: asked.steering_mrad.saturating_abs().max(measured.saturating_abs()),
            fork_mm: self.fork_mm(),
            loaded: self.loaded(),
            creep: asked.creep,
            surroundings: self.surroundings.filter(|_| self.scan_fresh(now)),
            lost_place: self.localised_at.is_some() && self.machine.is_some_and(|machine| machine.pose.is_none()),
        }
    }

    /// The command that would leave now if the guard had nothing against it: what the guard is to be asked about. None while
    /// nobody drives.
    #[must_use]
    pub fn intended(&self, now: MonoTime) -> Option<Drive> {
        if !matches!(self.state, SafetyState::Teleop | SafetyState::Auto) {
            return None;
        }
        let wish = self.wish(now)?;
        let mut inputs = self.cap_inputs(now);
        inputs.surroundings = inputs.surroundings.map(Surroundings::without_guard);
        let mut governor = self.governor;
        let cap = if self.blind_trips() { Cap::none(CapTerm::BlindTrip) } else { governor.cap(now, &self.config, &inputs) };
        Some(self.drive_by_wish(&wish, &cap, inputs.surroundings))
    }

    /// Age of the newest word that the motion hangs on: the operator's command or the plan. None while nobody drives.
    #[must_use]
    pub fn driver_age(&self, now: MonoTime) -> Option<Duration> {
        match self.state {
            SafetyState::Teleop => self.command_age(now),
            SafetyState::Auto => Some(self.plan_age(now)),
            SafetyState::Boot
            | SafetyState::Parked
            | SafetyState::Handover
            | SafetyState::SafeStop
            | SafetyState::Halt
            | SafetyState::EStop => None,
        }
    }

    pub(crate) fn update_cap(&mut self, now: MonoTime) {
        if !matches!(self.state, SafetyState::Teleop | SafetyState::Auto) {
            self.cap = Cap::none(CapTerm::State);
            return;
        }
        let inputs = self.cap_inputs(now);
        if self.breaks(Broken::S13) {
            self.governor.reset(&self.config, &inputs);
        }
        self.cap = self.governor.cap(now, &self.config, &inputs);
        if self.blind_trips() {
            self.governor.tripped(now, self.machine.map_or(0, |machine| machine.speed_mm_s.saturating_abs()));
            self.cap = Cap::none(CapTerm::BlindTrip);
        } else if self.wish(now).is_none_or(|wish| wish.late) {
            self.cap.term = CapTerm::Late;
        }
    }

    fn blind_trips(&self) -> bool {
        self.state == SafetyState::Teleop && self.blind_um() > i64::from(self.config.blind_trip_mm).saturating_mul(1000)
    }

    /// The command of this tick.
    pub(crate) fn drive(&mut self, now: MonoTime) -> Drive {
        let measured = self.machine.map_or(0, |machine| machine.steering_mrad);
        let safe_decel = self.config.load_safe_decel_mm_s2(self.fork_mm(), self.loaded()).max(1);
        let standing = Drive { brake_mm_s2: safe_decel, steering_mrad: measured, ..Drive::default() };
        let drive = match self.state {
            SafetyState::Boot | SafetyState::Parked | SafetyState::Handover => standing,
            SafetyState::SafeStop | SafetyState::Halt | SafetyState::EStop => self.stop_drive(now),
            SafetyState::Teleop | SafetyState::Auto => {
                let seen = self.surroundings.filter(|_| self.scan_fresh(now));
                self.wish(now).map_or(standing, |wish| self.drive_by_wish(&wish, &self.cap, seen))
            }
        };
        #[cfg(any(test, feature = "broken"))]
        let drive = self.spoil(now, drive);
        drive
    }

    /// What the driver of this state wants; none if there was no word yet.
    fn wish(&self, now: MonoTime) -> Option<Wish> {
        if self.state == SafetyState::Auto {
            let steering_mrad = self.planned_steering()?;
            let plan = self.plan();
            let standing = self.machine.is_some_and(|machine| machine.speed_mm_s.saturating_abs() < STANDING_MM_S);
            let mut wish = Wish {
                speed_mm_s: plan.map_or(0, |plan| plan.speed_mm_s),
                steering_mrad,
                lift_mm_s: plan.map_or(0, |plan| plan.lift_mm_s),
                // A plan to stand is a plan to brake: nobody keeps a foot on a pedal here.
                enabled: plan.is_some_and(|plan| plan.speed_mm_s != 0 || standing),
                silent: false,
                late: self.plan_age(now) > self.config.coast_after,
            };
            if let Some(newest) = self.gate.newest().filter(|_| self.breaks(Broken::S18)) {
                wish.steering_mrad = newest.command.steering_mrad;
            }
            return Some(wish);
        }
        let accepted = self.gate.newest()?;
        let command = &accepted.command;
        Some(Wish {
            speed_mm_s: command.speed_mm_s,
            steering_mrad: command.steering_mrad,
            lift_mm_s: command.lift_mm_s,
            enabled: self.switch.armed() || self.breaks(Broken::S1),
            silent: now.since(accepted.at) > HOLDS_AFTER,
            late: now.since(accepted.at) > self.config.coast_after,
        })
    }

    /// What is wished for, as far as the cap allows; in silence no more than what was told last. The stop that the guard holds
    /// ready counts on that.
    fn drive_by_wish(&self, wish: &Wish, cap: &Cap, seen: Option<Surroundings>) -> Drive {
        let drive = self.follow_wish(wish, cap, seen);
        let told = self.told;
        if !wish.silent {
            return drive;
        }
        if told.brake_mm_s2 > drive.brake_mm_s2 {
            return Drive {
                speed_mm_s: 0,
                accel_mm_s2: 0,
                brake_mm_s2: told.brake_mm_s2,
                lift_mm_s: drive.lift_mm_s.min(0),
                ..drive
            };
        }
        Drive { speed_mm_s: within(drive.speed_mm_s, told.speed_mm_s), ..drive }
    }

    fn follow_wish(&self, wish: &Wish, cap: &Cap, seen: Option<Surroundings>) -> Drive {
        let safe_decel = self.config.load_safe_decel_mm_s2(self.fork_mm(), self.loaded()).max(1);
        let wheel = seen.and_then(|seen| seen.guard_wheel_mrad).map(|wheel| within(wheel, self.config.max_steering_mrad));
        let steering_mrad = wheel.unwrap_or(wish.steering_mrad);
        let lift_mm_s = if seen.is_none_or(|seen| seen.guard_lift) { wish.lift_mm_s } else { wish.lift_mm_s.min(0) };
        let measured = self.machine.map_or(0, |machine| machine.speed_mm_s);
        let standing = measured.saturating_abs() < STANDING_MM_S;
        let over = |limit: i32| measured.saturating_abs().saturating_sub(limit);
        // Where the way itself is missing, and where the guard says no, nothing brakes softly.
        let solid = over(cap.solid_mm_s) > OVER_SOLID_MM_S || seen.is_some_and(|seen| seen.guard_limit_mm_s <= 0);
        let braking = |percent| {
            let percent = if solid { 100 } else { percent };
            Drive { brake_mm_s2: scale(safe_decel, percent, 100).max(1), steering_mrad, ..Drive::default() }
        };
        if cap.term == CapTerm::BlindTrip {
            return braking(100);
        }
        if !wish.enabled {
            return braking(COMFORT_PERCENT);
        }
        if wish.late {
            return braking(COAST_PERCENT);
        }
        let speed = within(wish.speed_mm_s, cap.mm_s);
        if speed == 0 && standing {
            return Drive { lift_mm_s, ..braking(COMFORT_PERCENT) };
        }
        // Rolling out by itself is too slow where there is no way left, and the traction brakes too softly for a big fall.
        if solid || over(cap.mm_s) > OVER_CAP_MM_S || cap.mm_s == 0 {
            return braking(100);
        }
        let turns_round = speed.signum().saturating_mul(measured.signum()) < 0;
        let slower = speed.saturating_abs() < measured.saturating_abs() || turns_round;
        Drive {
            speed_mm_s: speed,
            accel_mm_s2: if slower { safe_decel } else { self.config.max_accel_mm_s2.min(safe_decel) },
            brake_mm_s2: 0,
            steering_mrad,
            lift_mm_s,
            safe_stop: false,
        }
    }

    /// The last look at a command before it leaves, by rules that know nothing of how it came about.
    pub(crate) fn interlock(&mut self, now: MonoTime, drive: Drive) -> Drive {
        let driven = matches!(self.state, SafetyState::Teleop | SafetyState::Auto);
        let moving = drive.speed_mm_s != 0 || drive.lift_mm_s != 0;
        let wrong = drive.brake_mm_s2 < 0
            || !driven && (moving || drive.brake_mm_s2 == 0)
            || drive.speed_mm_s.saturating_abs() > self.cap.mm_s
            || drive.steering_mrad.saturating_abs() > steering_limit(&self.config, self.machine.map(|m| m.steering_mrad));
        if !wrong || self.breaks_an_invariant() {
            return drive;
        }
        self.raise(Cause::InternalFault);
        if self.state != SafetyState::EStop {
            self.enter(now, SafetyState::EStop);
        }
        self.cap = Cap::none(CapTerm::State);
        self.stop_drive(now)
    }
}

/// Two periods of the console's commands.
const HOLDS_AFTER: Duration = Duration::from_millis(40);

/// A command holds the wheel within the vehicle's range, or where it is measured to be.
fn steering_limit(config: &Config, measured_mrad: Option<i32>) -> i32 {
    config.max_steering_mrad.max(measured_mrad.unwrap_or(0).saturating_abs())
}
