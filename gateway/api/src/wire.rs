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

/// An opened viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its number.
    pub viewer: ViewerId,
    /// The answer to the page's offer.
    pub sdp: String,
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
    /// No more viewers fit.
    #[error("{0}")]
    Busy(String),
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
    /// Answers a page's offer.
    fn open_viewer<'a>(&'a self, vehicle: &'a VehicleId, view: View, sdp: String) -> Doing<'a, Result<Answer, WireError>>;
    /// Closes a viewer; unknown ones are no error.
    fn close_viewer(&self, viewer: ViewerId) -> Doing<'_, ()>;
}
