//! What moves bytes for the desk: the relay, and in this room's own tests the far end that they play.

use farhand_protocol::{GatewaySays, StopOrder, VehicleId};
use farhand_relay::{OpenError, PageSocket, Relay, ViewerId, ViewerKind, WayIn};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

/// A future of the wire.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries words to vehicles and pictures to pages.
pub trait Wire: Send + Sync + 'static {
    /// Says something to a vehicle on its reliable stream, without waiting. False if it is not connected.
    fn say(&self, vehicle: &VehicleId, says: GatewaySays) -> bool;
    /// Sends a stop ahead of everything else, without waiting. False if the vehicle is not connected.
    fn order_stop(&self, vehicle: &VehicleId, order: StopOrder) -> bool;
    /// Round trip in microseconds to each vehicle that is connected.
    fn round_trips(&self) -> BTreeMap<VehicleId, u64>;
    /// Answers a page's offer and gives the answer.
    fn open_viewer<'a>(
        &'a self,
        vehicle: &'a VehicleId,
        viewer: ViewerId,
        kind: ViewerKind,
        offer: String,
    ) -> Doing<'a, Result<String, OpenError>>;
    /// Keeps a place for a page that gets access units.
    ///
    /// # Errors
    /// [`OpenError`]; nothing is left open then.
    fn open_way(&self, vehicle: &VehicleId, viewer: ViewerId) -> Result<WayIn, OpenError>;
    /// A page has come by a socket. False if its ticket is none.
    fn join(&self, ticket: &str, socket: PageSocket) -> bool;
    /// Where pages' QUIC goes, as the origin of a URL; none where it is not offered.
    fn quic_origin(&self) -> Option<String>;
    /// Closes a viewer; unknown ones are no error.
    fn close_viewer(&self, viewer: ViewerId);
}

impl Wire for Relay {
    fn say(&self, vehicle: &VehicleId, says: GatewaySays) -> bool {
        self.say(vehicle, says).is_ok()
    }

    fn order_stop(&self, vehicle: &VehicleId, order: StopOrder) -> bool {
        self.order_stop(vehicle, order).is_ok()
    }

    fn round_trips(&self) -> BTreeMap<VehicleId, u64> {
        let known = self.vehicles().into_iter().filter_map(|snapshot| Some((snapshot.hello.vehicle, snapshot.rtt?)));
        known.filter_map(|(vehicle, rtt)| Some((vehicle, u64::try_from(rtt.as_micros()).ok()?))).collect()
    }

    fn open_viewer<'a>(
        &'a self,
        vehicle: &'a VehicleId,
        viewer: ViewerId,
        kind: ViewerKind,
        offer: String,
    ) -> Doing<'a, Result<String, OpenError>> {
        Box::pin(self.open_viewer(vehicle, viewer, kind, offer))
    }

    fn open_way(&self, vehicle: &VehicleId, viewer: ViewerId) -> Result<WayIn, OpenError> {
        self.open_way(vehicle, viewer)
    }

    fn join(&self, ticket: &str, socket: PageSocket) -> bool {
        self.join(ticket, socket)
    }

    fn quic_origin(&self) -> Option<String> {
        self.quic_origin()
    }

    fn close_viewer(&self, viewer: ViewerId) {
        self.close_viewer(viewer);
    }
}
