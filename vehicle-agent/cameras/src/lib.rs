//! Cameras through GStreamer: from any source of a profile to stamped H.264 access units.

mod camera;
mod content;
mod mends;
mod motion;
mod pipeline;

pub use camera::{Camera, Taker, Unit, check};
pub use content::{Content, ContentWatch, Luma, Motions};
pub use mends::CameraError;

/// Starts GStreamer. Call once before anything else of this crate.
///
/// # Errors
/// [`CameraError::Library`] if it is missing or broken.
pub fn initialise() -> Result<(), CameraError> {
    gstreamer::init().map_err(|error| CameraError::Library { why: error.to_string() })?;
    mends::require_elements()
}
