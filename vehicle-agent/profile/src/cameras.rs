//! The cameras of a profile.

use farhand_settings::{Millis, Real};
use serde::Deserialize;

/// One camera.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraProfile {
    /// Name on the page and in the API: `front`, `rear`, `left`, `right`, ...
    pub name: String,
    /// Any GStreamer description that ends in raw video, for instance `v4l2src device=/dev/video0`.
    pub source: String,
    /// Picture width.
    #[serde(default = "default_width")]
    pub width_px: u32,
    /// Picture height.
    #[serde(default = "default_height")]
    pub height_px: u32,
    /// Pictures a second.
    #[serde(default = "default_fps")]
    pub fps: u32,
    /// Most bits a second after encoding.
    #[serde(default = "default_bitrate")]
    pub bitrate_kbps: u32,
    /// Time between the light and the first element after the source, for sources that add latency of their own.
    #[serde(default = "default_sensor_delay")]
    pub sensor_delay: Millis<0, 2000>,
    /// When a fresh picture of this camera is required.
    #[serde(default)]
    pub required_for: Vec<Requirement>,
    /// How a picture that stands still is told from a new one; left out, nobody looks.
    #[serde(default)]
    pub freeze_check: Option<FreezeCheck>,
    /// Where it sits.
    #[serde(default)]
    pub mount: Mount,
    /// What it sees.
    #[serde(default)]
    pub lens: Lens,
}

/// When a camera's picture is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Requirement {
    /// While moving or being told to move forward.
    Forward,
    /// While moving or being told to move backwards.
    Reverse,
    /// For the take-over.
    Handover,
}

impl Requirement {
    /// The word used in the profile and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Reverse => "reverse",
            Self::Handover => "handover",
        }
    }
}

/// How a picture that stands still is told from a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FreezeCheck {
    /// It is the same to the last bit: for raw sensors, whose noise never repeats.
    Identical,
    /// Nothing in it has moved: for anything that was decoded.
    Motion,
}

/// Pose of a camera in the vehicle frame.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mount {
    /// Ahead of the fixed axle.
    pub x_m: Real<-8000, 8000>,
    /// Left of the middle.
    pub y_m: Real<-4000, 4000>,
    /// Above the floor.
    pub z_m: Real<100, 6000>,
    /// Looking direction, counter-clockwise from forward.
    pub yaw_rad: Real<-3142, 3142>,
}

impl Default for Mount {
    fn default() -> Self {
        Self { x_m: Real::thousandths(0), y_m: Real::thousandths(0), z_m: Real::thousandths(2000), yaw_rad: Real::thousandths(0) }
    }
}

/// A pinhole lens without distortion.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lens {
    /// Angle from the left edge to the right edge.
    pub horizontal_fov_rad: Real<300, 2600>,
    /// Where the horizon lies, as a share of the height from the upper edge. Above the middle the picture shows less ceiling and more
    /// floor, as that of a shifted lens does.
    pub horizon: Real<100, 900>,
}

impl Default for Lens {
    fn default() -> Self {
        Self { horizontal_fov_rad: Real::thousandths(1570), horizon: Real::thousandths(500) }
    }
}

fn default_width() -> u32 {
    640
}

fn default_height() -> u32 {
    360
}

fn default_fps() -> u32 {
    30
}

// Four cameras at 1.2 Mbit/s each: the figure of the latency promise in design.md section 3.
fn default_bitrate() -> u32 {
    1200
}

fn default_sensor_delay() -> Millis<0, 2000> {
    Millis::of(0)
}
