//! The vehicle profile: one TOML file that guardian, agent, simulator and page read alike.
//!
//! The doc comments are the manual; every value has a range that reading enforces, and lengths, speeds and times are SI.

mod cameras;
mod guard;
mod limits;
mod onboard;

pub use cameras::{CameraProfile, FreezeCheck, Lens, Mount, Requirement};
pub use guard::{GuardLimits, LoadShape};
pub use limits::{Actuators, Geometry, Limits, LinkLimits};
pub use onboard::{Auto, Scanner, Stop, StopPolicy};

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
    /// The safety scanners.
    #[serde(default)]
    pub scanner: Scanner,
    /// How it stops when it is left alone.
    #[serde(default)]
    pub stop: Stop,
    /// Driving by itself.
    #[serde(default)]
    pub auto: Auto,
    /// The forks and what they carry.
    #[serde(default)]
    pub load: LoadShape,
    /// What makes a stop free.
    #[serde(default)]
    pub guard: GuardLimits,
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
        self.guard.check()?;
        self.link.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn parsed(text: &str) -> Result<Profile, String> {
        let text = format!("kind = \"counterbalance-truck\"\n{text}\n");
        farhand_settings::parse(&text, Path::new("p.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn what_a_vehicle_does_on_board_has_defaults_and_ranges() {
        let plain = parsed("").expect("a kind is enough");
        assert!(!plain.scanner.fitted && plain.stop.policy == StopPolicy::Navigate);
        assert_eq!(plain.auto.handover_speed_mps.value(), 0.0);
        assert_eq!(parsed("[stop]\npolicy = \"brake\"").expect("good").stop.policy, StopPolicy::Brake);
        let too_late = parsed("[scanner]\nlost_after = \"160ms\"").expect_err("refused");
        assert!(too_late.starts_with("p.toml:3: scanner.lost_after is \"160ms\"; allowed 50ms to 150ms"), "{too_late}");
        let too_fast = parsed("[auto]\nhandover_speed_mps = 0.31").expect_err("refused");
        assert_eq!(too_fast, "p.toml:3: auto.handover_speed_mps is 0.31; allowed 0 to 0.3");
    }
}
