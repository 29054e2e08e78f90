//! `guardian.toml`.

use farhand_protocol::VehicleId;
use farhand_settings::{Settings, SettingsError};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Configuration of a guardian. Relative paths are relative to the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardianConfig {
    /// The vehicle's name, for the log.
    pub(crate) vehicle: VehicleId,
    /// The vehicle profile.
    pub(crate) profile: PathBuf,
    /// Where the machine listens.
    pub(crate) machine_socket: PathBuf,
    /// Where the guardian listens for the agent.
    pub(crate) agent_socket: PathBuf,
    /// Latch, causes, highest epoch and boot count, kept over restarts.
    pub(crate) state_file: PathBuf,
}

impl Settings for GuardianConfig {}

impl GuardianConfig {
    pub(crate) fn load(path: &Path) -> Result<Self, SettingsError> {
        let mut config: Self = farhand_settings::load(path)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        for file in [&mut config.profile, &mut config.machine_socket, &mut config.agent_socket, &mut config.state_file] {
            *file = folder.join(&file);
        }
        Ok(config)
    }
}
