//! From state, command and cap to the command of the actuators.

use crate::cap::{Cap, CapInputs};
use crate::config::{COAST_PERCENT, COMFORT_PERCENT, STANDING_MM_S, scale};
use crate::core::Core;
use crate::input::Drive;
use farhand_protocol::{CapTerm, MonoTime, SafetyState};

impl Core {
    pub(crate) fn cap_inputs(&self, now: MonoTime) -> CapInputs {
        let commanded = self.gate.newest().map_or(0, |accepted| accepted.command.steering_mrad);
        let measured = self.machine.map_or(0, |machine| machine.steering_mrad);
        CapInputs {
            loop_age: self.loop_age(now),
            steering_mrad: commanded.saturating_abs().max(measured.saturating_abs()),
            fork_mm: self.fork_mm(),
        }
    }

    pub(crate) fn update_cap(&mut self, now: MonoTime) {
        if self.state != SafetyState::Teleop {
            self.cap = Cap { mm_s: 0, term: CapTerm::State };
            return;
        }
        let inputs = self.cap_inputs(now);
        self.cap = self.governor.cap(now, &self.config, inputs);
        if self.blind_um() > i64::from(self.config.blind_trip_mm) * 1000 {
            self.cap = Cap { mm_s: 0, term: CapTerm::BlindTrip };
        } else if self.command_age(now).is_none_or(|age| age > self.config.coast_after) {
            self.cap.term = CapTerm::Late;
        }
    }

    pub(crate) fn drive(&self, now: MonoTime) -> Drive {
        let measured = self.machine.map_or(0, |machine| machine.steering_mrad);
        let safe_decel = self.config.load_safe_decel_mm_s2(self.fork_mm());
        let standing = Drive { brake_mm_s2: safe_decel, steering_mrad: measured, ..Drive::default() };
        match self.state {
            SafetyState::Boot | SafetyState::Parked | SafetyState::Auto | SafetyState::Handover => standing,
            SafetyState::SafeStop | SafetyState::Halt | SafetyState::EStop => {
                Drive { steering_mrad: self.held_steering_mrad, safe_stop: true, ..standing }
            }
            SafetyState::Teleop => self.drive_by_command(now, safe_decel),
        }
    }

    /// Teleop: what the newest command asks for, as far as the cap allows.
    fn drive_by_command(&self, now: MonoTime, safe_decel: i32) -> Drive {
        let Some(accepted) = self.gate.newest() else { return Drive { brake_mm_s2: safe_decel, ..Drive::default() } };
        let command = &accepted.command;
        let braking = |percent| Drive {
            brake_mm_s2: scale(safe_decel, percent, 100).max(1),
            steering_mrad: command.steering_mrad,
            ..Drive::default()
        };
        let late = now.since(accepted.at) > self.config.coast_after;
        match self.cap.term {
            CapTerm::BlindTrip => return braking(100),
            _ if !self.switch.armed() => return braking(COMFORT_PERCENT),
            _ if late => return braking(COAST_PERCENT),
            _ => {}
        }
        let speed = command.speed_mm_s.clamp(-self.cap.mm_s, self.cap.mm_s);
        let measured = self.machine.map_or(0, |machine| machine.speed_mm_s);
        if speed == 0 && measured.saturating_abs() < STANDING_MM_S {
            return Drive { lift_mm_s: command.lift_mm_s, ..braking(COMFORT_PERCENT) };
        }
        let slower = speed.saturating_abs() < measured.saturating_abs() || (speed > 0) != (measured > 0);
        Drive {
            speed_mm_s: speed,
            accel_mm_s2: if slower { safe_decel } else { self.config.max_accel_mm_s2.min(safe_decel) },
            brake_mm_s2: 0,
            steering_mrad: command.steering_mrad,
            lift_mm_s: command.lift_mm_s,
            safe_stop: false,
        }
    }
}
