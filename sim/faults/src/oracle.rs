//! What is asked of every tick, by the truth and not by what the vehicle says of itself.

use farhand_drive::Actuate;
use farhand_machine::Machine;
use farhand_protocol::{FromConsole, Limits, MonoTime, RtpStamp, SafetyEvent, SafetyState, VehicleState, decode};
use std::time::Duration;

/// Slower than this is standing, as odometry resolves it.
const STANDING_MPS: f64 = 0.015;
/// Traction that is taken off goes on for a moment.
const NOT_FASTER_MPS: f64 = 0.12;

/// What a machine was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Told {
    pub(crate) speed_mm_s: i32,
    pub(crate) brake_mm_s2: i32,
    pub(crate) steering_mrad: i32,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Oracle {
    /// When the newest command reached the guardian.
    pub(crate) last_command: MonoTime,
    /// The front picture that it named.
    named: Option<RtpStamp>,
    /// The first braking command of a stop since [`Oracle::watch`].
    pub(crate) braked: Option<MonoTime>,
    pub(crate) events: Vec<SafetyEvent>,
    /// Breaches, in words; the first of each kind.
    breaches: Vec<&'static str>,
    newest: Told,
    /// The speed at which the stop under way began.
    began_mps: Option<f64>,
}

impl Oracle {
    /// Looks out for the next brake, and forgets what was.
    pub(crate) fn watch(&mut self) {
        self.braked = None;
        self.events.clear();
    }

    /// A command reached the guardian.
    pub(crate) fn heard(&mut self, now: MonoTime, command: &[u8]) {
        self.last_command = now;
        if let Ok(FromConsole::Command(command)) = decode(command, Limits::CONSOLE) {
            self.named = command.stamps.iter().find(|stamp| stamp.camera.0 == 0).map(|stamp| stamp.rtp);
        }
    }

    /// How old the front picture is that the newest command named.
    pub(crate) fn named_age(&self, now: MonoTime) -> Duration {
        const TICKS_A_MS: u32 = 90;
        let ticks = self.named.map(|named| RtpStamp::of_capture(now).0.wrapping_sub(named.0));
        ticks.map_or(Duration::MAX, |ticks| Duration::from_millis(u64::from(ticks / TICKS_A_MS)))
    }

    /// What the machine was told last.
    pub(crate) fn newest(&self) -> Told {
        self.newest
    }

    pub(crate) fn told(&mut self, now: MonoTime, command: &Actuate) {
        let Actuate { speed_mm_s, brake_mm_s2, steering_mrad, .. } = *command;
        self.newest = Told { speed_mm_s, brake_mm_s2, steering_mrad };
        if self.braked.is_none() && command.safe_stop && command.speed_mm_s == 0 && command.brake_mm_s2 > 0 {
            self.braked = Some(now);
        }
    }

    pub(crate) fn look(&mut self, machine: &Machine, state: &VehicleState) {
        let speed = machine.truck.speed_mps().abs();
        self.breach(machine.touches(), "it touched something");
        let quiet = match state.state {
            SafetyState::Boot | SafetyState::Parked | SafetyState::Handover | SafetyState::Halt | SafetyState::EStop => true,
            SafetyState::Teleop | SafetyState::Auto | SafetyState::SafeStop => false,
        };
        self.breach(quiet && self.newest.speed_mm_s != 0, "traction where nobody may drive");
        self.breach(state.state == SafetyState::Halt && speed > STANDING_MPS, "it said halted and moved");
        let stops = state.state == SafetyState::SafeStop;
        let began = *self.began_mps.get_or_insert(speed);
        self.breach(stops && speed > began + NOT_FASTER_MPS, "it got faster in a stop");
        if !stops {
            self.began_mps = None;
        }
        let blind = state.state == SafetyState::Teleop && state.blind_limit_mm > 0 && state.blind_mm > state.blind_limit_mm;
        self.breach(blind && self.newest.brake_mm_s2 == 0, "it drove on blind");
    }

    fn breach(&mut self, is: bool, what: &'static str) {
        if is && !self.breaches.contains(&what) {
            self.breaches.push(what);
        }
    }

    /// Fails with what was breached.
    pub(crate) fn ensure_none(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.breaches.is_empty(), "{}", self.breaches.join(", "));
        Ok(())
    }
}
