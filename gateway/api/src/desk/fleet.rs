//! What is known of each vehicle that may come in.

use crate::throttle::Throttle;
use farhand_protocol::{BootId, Hello, LeaseEpoch, MonoTime, OperatorName, VehicleId, VehicleState};
use farhand_store::{Entry, StoredVehicle};
use std::collections::BTreeMap;

/// Every enrolled vehicle.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    vehicles: BTreeMap<VehicleId, Vehicle>,
}

#[derive(Debug)]
struct Vehicle {
    revoked: bool,
    connected: bool,
    /// A hello that was let in; its vehicle is not there yet.
    expected: Option<Hello>,
    hello: Option<Hello>,
    state: Option<(MonoTime, VehicleState)>,
    rows: Throttle,
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

impl Vehicle {
    /// One that was revoked before this gateway started needs no shutting out.
    fn new(revoked: bool) -> Self {
        Self { revoked, connected: false, expected: None, hello: None, state: None, rows: Throttle::of_a_vehicle() }
    }
}

impl Fleet {
    /// Takes in the stored list and returns who was shut out just now, and whether it was there.
    pub(super) fn admit(&mut self, kept: &[StoredVehicle]) -> Vec<(VehicleId, bool)> {
        let mut shut_out = Vec::new();
        // A vehicle without a certificate was only ever driven under another database.
        for stored in kept.iter().filter(|stored| stored.certificate_sha256.is_some()) {
            let vehicle = self.vehicles.entry(stored.id.clone()).or_insert_with(|| Vehicle::new(stored.revoked));
            if stored.revoked && !vehicle.revoked {
                shut_out.push((stored.id.clone(), vehicle.connected));
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
        check(hello)?;
        vehicle.expected = Some(hello.clone());
        Ok(())
    }

    /// Something of this guardian was heard. The hello, if the vehicle has come by that.
    pub(super) fn heard(&mut self, id: &VehicleId, boot: BootId) -> Option<Hello> {
        let vehicle = self.vehicles.get_mut(id)?;
        let hello = vehicle.expected.take_if(|hello| hello.boot_id == boot)?;
        vehicle.connected = true;
        vehicle.hello = Some(hello.clone());
        Some(hello)
    }

    /// True if the vehicle was there.
    pub(super) fn went(&mut self, id: &VehicleId) -> bool {
        self.vehicles.get_mut(id).is_some_and(|vehicle| std::mem::take(&mut vehicle.connected))
    }

    pub(super) fn reports(&mut self, now: MonoTime, id: &VehicleId, state: &VehicleState) {
        if let Some(vehicle) = self.vehicles.get_mut(id) {
            vehicle.state = Some((now, state.clone()));
        }
    }

    /// A row that a vehicle causes, if it may pass.
    pub(super) fn row(&mut self, now: MonoTime, id: &VehicleId, entry: Entry) -> Option<Entry> {
        self.vehicles.get_mut(id)?.rows.pass_on(now, entry)
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

/// What a vehicle says of itself is shown to every page and kept: a broken one must not be able to fill them.
fn check(hello: &Hello) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("the hello's {what}. Check the vehicle's profile."));
    if hello.kind.len() > MOST_NAME {
        return wrong("kind is longer than 64 characters");
    }
    if hello.cameras.len() > MOST_CAMERAS {
        return wrong("cameras are more than 16");
    }
    for camera in &hello.cameras {
        let words = camera.required_for.iter().chain([&camera.name]);
        if camera.required_for.len() > MOST_CAMERAS || words.clone().any(|word| word.len() > MOST_NAME) {
            return wrong("cameras hold a name longer than 64 characters, or too many");
        }
    }
    Ok(())
}

const MOST_NAME: usize = 64;
const MOST_CAMERAS: usize = 16;
