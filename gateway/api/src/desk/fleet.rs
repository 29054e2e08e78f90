//! What is known of each vehicle that may come in.

use farhand_protocol::{Hello, LeaseEpoch, MonoTime, OperatorName, VehicleId, VehicleState};
use farhand_store::StoredVehicle;
use std::collections::BTreeMap;

/// Every enrolled vehicle.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    vehicles: BTreeMap<VehicleId, Vehicle>,
}

#[derive(Debug, Default)]
struct Vehicle {
    revoked: bool,
    connected: bool,
    hello: Option<Hello>,
    state: Option<(MonoTime, VehicleState)>,
}

/// A vehicle as it was last seen.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) id: VehicleId,
    pub(crate) connected: bool,
    pub(crate) hello: Option<Hello>,
    pub(crate) state: Option<VehicleState>,
    pub(crate) state_age_ms: Option<u64>,
    pub(crate) round_trip_us: Option<u64>,
    pub(crate) holder: Option<OperatorName>,
    pub(crate) epoch: Option<LeaseEpoch>,
    pub(crate) watchers: usize,
}

impl Fleet {
    /// Takes in the stored list and returns who was shut out just now.
    pub(super) fn admit(&mut self, kept: &[StoredVehicle]) -> Vec<VehicleId> {
        let mut shut_out = Vec::new();
        // A vehicle without a certificate was only ever driven under another database.
        for stored in kept.iter().filter(|stored| stored.certificate_sha256.is_some()) {
            let vehicle = self.vehicles.entry(stored.id.clone()).or_default();
            if stored.revoked && !vehicle.revoked {
                shut_out.push(stored.id.clone());
            }
            vehicle.revoked = stored.revoked;
        }
        shut_out
    }

    /// A vehicle at the door.
    pub(super) fn arrives(&mut self, hello: &Hello) -> Result<(), String> {
        let id = &hello.vehicle;
        let Some(vehicle) = self.vehicles.get_mut(id) else {
            return Err(format!("{id} is not enrolled on this gateway. Run `farhand-gateway enroll {id}` and copy its files."));
        };
        if vehicle.revoked {
            return Err(format!("{id} was revoked. Run `farhand-gateway enroll {id}` to let it in again."));
        }
        vehicle.connected = true;
        vehicle.hello = Some(hello.clone());
        Ok(())
    }

    pub(super) fn went(&mut self, id: &VehicleId) {
        if let Some(vehicle) = self.vehicles.get_mut(id) {
            vehicle.connected = false;
        }
    }

    pub(super) fn reports(&mut self, now: MonoTime, id: &VehicleId, state: &VehicleState) {
        if let Some(vehicle) = self.vehicles.get_mut(id) {
            vehicle.state = Some((now, state.clone()));
        }
    }

    /// Everything but what the leases and the wire know.
    pub(super) fn seen(&self, now: MonoTime) -> impl Iterator<Item = Seen> {
        self.vehicles.iter().filter(|(_, vehicle)| !vehicle.revoked).map(move |(id, vehicle)| {
            let (at, state) = vehicle.state.clone().unzip();
            let state_age_ms = at.and_then(|at| u64::try_from(now.since(at).as_millis()).ok());
            Seen {
                id: id.clone(),
                connected: vehicle.connected,
                hello: vehicle.hello.clone(),
                state,
                state_age_ms,
                round_trip_us: None,
                holder: None,
                epoch: None,
                watchers: 0,
            }
        })
    }
}
