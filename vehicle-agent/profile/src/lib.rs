//! The vehicle profile: one TOML file that guardian, agent, simulator and page read alike.
//!
//! The doc comments are the manual; every value has a range that reading enforces, and lengths, speeds and times are SI.

mod cameras;
mod limits;

pub use cameras::{CameraProfile, Lens, Mount, Requirement};
pub use limits::{Actuators, Geometry, Limits, LinkLimits};

use farhand_settings::Settings;
use serde::Deserialize;

/// One vehicle's profile.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Kind of vehicle.
    pub kind: Kind,
    /// Shape on the floor.
    #[serde(default)]
    pub geometry: Geometry,
    /// What the machine may do.
    #[serde(default)]
    pub limits: Limits,
    /// How the machine answers its actuators.
    #[serde(default)]
    pub actuators: Actuators,
    /// When the vehicle slows and stops by itself.
    #[serde(default)]
    pub link: LinkLimits,
    /// The cameras, in the order of their index on the wire; at most 8.
    #[serde(default)]
    pub cameras: Vec<CameraProfile>,
}

/// Kinds of vehicle that Farhand knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A fork-lift truck steered at the rear.
    CounterbalanceTruck,
    /// A pallet jack.
    PalletJack,
    /// A tugger train.
    Tugger,
    /// A driverless pod.
    Pod,
    /// A picking arm.
    PickingArm,
}

impl Kind {
    /// The word used in the profile and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CounterbalanceTruck => "counterbalance-truck",
            Self::PalletJack => "pallet-jack",
            Self::Tugger => "tugger",
            Self::Pod => "pod",
            Self::PickingArm => "picking-arm",
        }
    }
}

/// Most cameras of one vehicle.
pub const MAX_CAMERAS: usize = 8;

impl Settings for Profile {
    fn check(&self) -> Result<(), (String, String)> {
        if self.cameras.len() > MAX_CAMERAS {
            return Err(("cameras".into(), format!("has {} entries; allowed 0 to {MAX_CAMERAS}", self.cameras.len())));
        }
        for (index, camera) in self.cameras.iter().enumerate() {
            if self.cameras[..index].iter().any(|other| other.name == camera.name) {
                return Err(("cameras.name".into(), format!("\"{}\" stands twice; names must differ", camera.name)));
            }
        }
        self.link.check()
    }
}
