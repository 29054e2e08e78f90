//! What moves bytes for the desk.

use farhand_protocol::{CameraIndex, GatewaySays, StopOrder, VehicleId};
use farhand_relay::ViewerId;
use std::future::Future;
use std::pin::Pin;

/// What a viewer is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Every camera, and the channels for driving.
    Cockpit,
    /// One camera, to look at only.
    Camera(CameraIndex),
}

/// Why the wire could not do it. The text is for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The vehicle is not connected.
    #[error("The vehicle is not connected. Try again when it is.")]
    VehicleAway,
    /// The page's offer cannot be used.
    #[error("The page's offer cannot be used: {0}. Reload the page.")]
    Offer(String),
    /// Too many viewers are open already.
    #[error("{0} viewers are open, which is the most. Close one, then try again.")]
    Full(usize),
    /// The gateway is about to stop.
    #[error("The gateway is stopping. Try again when it is back.")]
    Stopping,
}

/// A future of the wire.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries words to vehicles and pictures to pages; implemented over the relay.
pub trait Wire: Send + Sync + 'static {
    /// Says something to a vehicle on its reliable stream, without waiting. False if it is not connected.
    fn say(&self, vehicle: &VehicleId, says: GatewaySays) -> bool;
    /// Sends a stop ahead of everything else, without waiting. False if the vehicle is not connected.
    fn order_stop(&self, vehicle: &VehicleId, order: &StopOrder) -> bool;
    /// Round trip to the vehicle and back.
    fn round_trip_us(&self, vehicle: &VehicleId) -> Option<u64>;
    /// Answers a page's offer and gives the answer.
    fn open_viewer<'a>(
        &'a self,
        vehicle: &'a VehicleId,
        viewer: ViewerId,
        view: View,
        offer: String,
    ) -> Doing<'a, Result<String, WireError>>;
    /// Closes a viewer; unknown ones are no error.
    fn close_viewer(&self, viewer: ViewerId);
}
