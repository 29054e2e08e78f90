//! `guardian.toml`.

use farhand_profile::Profile;
use farhand_protocol::VehicleId;
use farhand_settings::{Settings, SettingsError};
use farhand_site::SiteMap;
use serde::Deserialize;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Configuration of a guardian. Relative paths are relative to the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardianConfig {
    /// The vehicle's name, for the log.
    pub(crate) vehicle: VehicleId,
    /// The vehicle profile.
    pub(crate) profile: PathBuf,
    /// The map of the site; left out, everything that the scanners see counts as a person.
    #[serde(default)]
    pub(crate) site: Option<PathBuf>,
    /// Where the machine listens.
    pub(crate) machine_socket: PathBuf,
    /// Where the guardian listens for the agent.
    pub(crate) agent_socket: PathBuf,
    /// Latch, causes, highest epoch and boot count, kept over restarts.
    pub(crate) state_file: PathBuf,
    /// Records the session for `farhand-guardian replay`; without this section nothing is recorded.
    #[serde(default)]
    pub(crate) record: Option<RecordConfig>,
}

/// The black box.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordConfig {
    /// The record of this run. The one of the run before that lasted for more than about a second is kept beside it, with `.1`
    /// behind its name.
    pub(crate) file: PathBuf,
    /// Most that both may take together, in megabytes of a million bytes, 2 to 1000000. A record that has its half of it ends
    /// there until the next start. A truck with two scanners writes about 0.3 gigabytes in an hour.
    #[serde(default = "megabytes")]
    megabytes: u32,
}

impl RecordConfig {
    /// Most bytes of one of the two files.
    pub(crate) fn bytes_of_one(&self) -> u64 {
        u64::from(self.megabytes) * 500_000
    }
}

impl Settings for GuardianConfig {
    fn check(&self) -> Result<(), (String, String)> {
        match &self.record {
            Some(record) if !MEGABYTES.contains(&record.megabytes) => {
                let (least, most) = (MEGABYTES.start(), MEGABYTES.end());
                let message = format!("is {}; allowed {least} to {most} (default {})", record.megabytes, megabytes());
                Err(("record.megabytes".into(), message))
            }
            _ => Ok(()),
        }
    }
}

const MEGABYTES: RangeInclusive<u32> = 2..=1_000_000;

fn megabytes() -> u32 {
    8000
}

impl GuardianConfig {
    pub(crate) fn load(path: &Path) -> Result<Self, SettingsError> {
        let mut config: Self = farhand_settings::load(path)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        for file in [&mut config.profile, &mut config.machine_socket, &mut config.agent_socket, &mut config.state_file] {
            *file = folder.join(&file);
        }
        if let Some(site) = &mut config.site {
            *site = folder.join(&site);
        }
        if let Some(record) = &mut config.record {
            record.file = folder.join(&record.file);
        }
        Ok(config)
    }
}

/// What the guardian knows of its vehicle and its site, and the words it was read from.
#[derive(Debug)]
pub(crate) struct Vehicle {
    pub(crate) profile: Profile,
    pub(crate) profile_text: String,
    pub(crate) site: Option<(SiteMap, String)>,
}

impl Vehicle {
    pub(crate) fn read(config: &GuardianConfig) -> Result<Self, SettingsError> {
        let profile_text = farhand_settings::read(&config.profile)?;
        let profile = farhand_settings::parse(&profile_text, &config.profile)?;
        let site = |path: &PathBuf| {
            let text = farhand_settings::read(path)?;
            Ok((SiteMap::parse(&text, path)?, text))
        };
        Ok(Self { profile, profile_text, site: config.site.as_ref().map(site).transpose()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str =
        "vehicle = \"truck-1\"\nprofile = \"p\"\nmachine_socket = \"m\"\nagent_socket = \"a\"\nstate_file = \"s\"\n";

    fn parsed(more: &str) -> Result<GuardianConfig, String> {
        farhand_settings::parse(&format!("{PLAIN}{more}"), Path::new("g.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_recorded_unless_the_file_says_where() {
        assert!(parsed("").expect("good").record.is_none());
        let record = parsed("[record]\nfile = \"box\"").expect("good").record.expect("one");
        assert_eq!((record.file, record.megabytes), (PathBuf::from("box"), 8000));
        assert!(parsed("[record]\nmegabytes = 10").expect_err("refused").contains("file"));
    }

    #[test]
    fn a_record_has_room_for_something_and_not_for_everything() {
        assert_eq!(parsed("[record]\nfile = \"b\"\nmegabytes = 2").expect("good").record.expect("one").bytes_of_one(), 1_000_000);
        for wrong in [0, 1, 1_000_001] {
            let refusal = parsed(&format!("[record]\nfile = \"b\"\nmegabytes = {wrong}")).expect_err("refused");
            let expected = format!("g.toml:8: record.megabytes is {wrong}; allowed 2 to 1000000 (default 8000)");
            assert_eq!(refusal, expected);
        }
    }
}
