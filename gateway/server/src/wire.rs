//! The desk's wire over the relay.

use farhand_api::{Doing, View, Wire, WireError};
use farhand_protocol::{GatewaySays, StopOrder, VehicleId};
use farhand_relay::{OpenError, Relay, ViewerId, ViewerKind};
use std::sync::Arc;

/// Passes everything on to the relay.
pub(crate) struct RelayWire(pub(crate) Arc<Relay>);

impl Wire for RelayWire {
    fn say(&self, vehicle: &VehicleId, says: GatewaySays) -> bool {
        self.0.say(vehicle, says).is_ok()
    }

    fn order_stop(&self, vehicle: &VehicleId, order: &StopOrder) -> bool {
        self.0.order_stop(vehicle, order.clone()).is_ok()
    }

    fn round_trip_us(&self, vehicle: &VehicleId) -> Option<u64> {
        let snapshot = self.0.vehicles().into_iter().find(|snapshot| snapshot.hello.vehicle == *vehicle)?;
        snapshot.rtt.and_then(|rtt| u64::try_from(rtt.as_micros()).ok())
    }

    fn open_viewer<'a>(
        &'a self,
        vehicle: &'a VehicleId,
        viewer: ViewerId,
        view: View,
        offer: String,
    ) -> Doing<'a, Result<String, WireError>> {
        let kind = match view {
            View::Cockpit => ViewerKind::Console,
            View::Camera(camera) => ViewerKind::Camera(camera),
        };
        Box::pin(async move { self.0.open_viewer(vehicle, viewer, kind, offer).await.map_err(|error| refusal(&error)) })
    }

    fn close_viewer(&self, viewer: ViewerId) {
        self.0.close_viewer(viewer);
    }
}

fn refusal(error: &OpenError) -> WireError {
    match error {
        OpenError::VehicleAway => WireError::VehicleAway,
        OpenError::Full(most) => WireError::Full(*most),
        OpenError::Stopping => WireError::Stopping,
        other => WireError::Offer(other.to_string()),
    }
}
