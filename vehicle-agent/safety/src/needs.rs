//! What is still missing before the vehicle moves, or moves again.

use crate::broken::Broken;
use crate::core::Core;
use farhand_protocol::{MonoTime, Need, SafetyState};

impl Core {
    /// Everything of the take-over is there but the press of the enable switch.
    pub(crate) fn handover_ready(&self, now: MonoTime) -> bool {
        self.lease_live
            && self.confirmed
            && self.link_good(now)
            && self.pictures_fresh(now)
            && self.scan_fresh(now)
            && self.stands_now(now)
    }

    pub(crate) fn rearm_complete(&self, now: MonoTime) -> bool {
        self.lease_live
            && self.rearm.acknowledged()
            && (self.rearm.neutral_seen() || self.breaks(Broken::S12))
            && self.rearm.clear_for(now) >= self.config.good_for
            && self.stands_now(now)
    }

    /// What is missing, in the order a person should do it.
    pub(crate) fn needs(&self, now: MonoTime) -> Vec<Need> {
        let mut needs = Vec::with_capacity(4);
        let mut want = |missing: bool, need: Need| missing.then(|| needs.push(need));
        match self.state {
            SafetyState::Parked => {
                want(!self.lease_live, Need::Lease);
                want(self.lease_live, Need::Confirm);
                want(!self.scan_fresh(now), Need::Scanner);
            }
            SafetyState::Handover => {
                want(!self.confirmed, Need::Confirm);
                want(!self.link_good(now), Need::GoodLink);
                want(!self.pictures_fresh(now), Need::Pictures);
                want(!self.scan_fresh(now), Need::Scanner);
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
                want(!self.scan_fresh(now), Need::Scanner);
                want(!self.lease_live, Need::Lease);
                want(self.rearm.clear_for(now) < self.config.good_for, Need::GoodLink);
                want(!self.rearm.acknowledged(), Need::Acknowledge);
                want(self.rearm.acknowledged() && !self.rearm.neutral_seen(), Need::Neutral);
            }
            SafetyState::Boot => {
                want(!self.scan_fresh(now), Need::Scanner);
            }
            SafetyState::Auto | SafetyState::SafeStop => {}
        }
        needs
    }
}
