//! The core's view of itself, for people.

use crate::CauseSet;
use crate::core::{Core, millis};
use farhand_protocol::{CapTerm, Echo, LatchId, MonoTime, SafetyEvent, SafetyState, VehicleState, WIRE_VERSION};

impl Core {
    /// A snapshot to send, at most one for each tick. `realtime` and `late_ticks` come from the shell.
    #[must_use]
    pub fn snapshot(&mut self, now: MonoTime, realtime: bool, late_ticks: u64) -> VehicleState {
        self.snapshots = self.snapshots.wrapping_add(1);
        let machine = self.machine;
        VehicleState {
            v: WIRE_VERSION,
            seq: self.snapshots,
            vehicle_us: now.0,
            boot_id: self.boot_id,
            epoch: self.highest_epoch,
            lease_live: self.lease_live,
            state: self.state,
            causes: self.causes.iter().collect(),
            latch: self.latch(),
            authority: self.authority(),
            needs: self.needs(now),
            speed_mm_s: machine.map_or(0, |machine| machine.speed_mm_s),
            steering_mrad: machine.map_or(0, |machine| machine.steering_mrad),
            cap_mm_s: self.cap.mm_s,
            cap_term: self.cap.term,
            blind_mm: i32::try_from(self.blind_um() / 1000).unwrap_or(i32::MAX),
            blind_limit_mm: self.config.blind_trip_mm,
            loop_age_ms: self.loop_age(now).map(millis),
            command_age_ms: self.command_age(now).map(millis),
            odometer_mm: i64::try_from(self.odometer.travelled_um / 1000).unwrap_or(i64::MAX),
            pose: machine.and_then(|machine| machine.pose),
            corridor: None,
            fork_mm: machine.map_or(0, |machine| machine.fork_mm),
            echo: self.gate.echo().map(|(at, operator_us)| Echo {
                operator_us,
                hold_us: u64::try_from(now.since(at).as_micros()).unwrap_or(u64::MAX),
            }),
            last_stop: self.stop.last,
            rejected: self.gate.reject_counts().collect(),
            accepted: self.gate.accepted(),
            realtime,
            late_ticks,
            mission: self.auto.mission,
            protection: self.protection(now),
            free_mm: self.surroundings.filter(|_| self.config.scanner && self.scan_fresh(now)).map(|seen| seen.free_distance_mm),
            still: self.stillness.frozen(now, &self.config).union(self.stillness.repeating(now, &self.config)).iter().collect(),
            swapped: self.sights.swapped(&self.config).iter().collect(),
        }
    }

    /// The active causes, as in a snapshot.
    #[must_use]
    pub fn causes(&self) -> CauseSet {
        self.causes
    }

    /// The latched stop that an acknowledgement must name, as in a snapshot.
    #[must_use]
    pub fn latch(&self) -> Option<LatchId> {
        self.state.latched().then_some(self.latch)
    }

    /// Highest speed allowed in mm/s, and which term binds it, as in a snapshot.
    #[must_use]
    pub fn cap(&self) -> (i32, CapTerm) {
        (self.cap.mm_s, self.cap.term)
    }

    /// A change of state, for the journal.
    #[must_use]
    pub fn event(&self, now: MonoTime, from: SafetyState, to: SafetyState) -> SafetyEvent {
        SafetyEvent {
            boot_id: self.boot_id,
            vehicle_us: now.0,
            from,
            to,
            causes: self.causes.iter().collect(),
            latch: self.latch(),
            speed_mm_s: self.machine.map_or(0, |machine| machine.speed_mm_s),
            blind_mm: i32::try_from(self.blind_um() / 1000).unwrap_or(i32::MAX),
            epoch: self.highest_epoch,
        }
    }
}
