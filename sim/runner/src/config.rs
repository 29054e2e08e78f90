//! The simulator's configuration, and the world made from it.

use anyhow::Context as _;
use farhand_profile::{CameraProfile, Profile};
use farhand_protocol::VehicleId;
use farhand_settings::{Real, Settings};
use farhand_world::{MachineSetup, Place, Response, Shape, Site, World};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What stands in `sim.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SimConfig {
    /// Where ground truth is served; a loopback address.
    #[serde(default = "default_truth")]
    pub truth_listen: SocketAddr,
    /// Equal seeds make equal sites.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// Name of the site.
    #[serde(default = "default_site")]
    pub site: String,
    /// The machines; at least one.
    pub machines: Vec<MachineConfig>,
}

/// One machine.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MachineConfig {
    /// Its vehicle's id.
    pub name: VehicleId,
    /// The vehicle profile.
    pub profile: PathBuf,
    /// Where it listens for its guardian.
    pub socket: PathBuf,
    /// Where its cameras' shared memory is offered, as `NAME.shm`.
    pub video_folder: PathBuf,
    /// Start, east of the site's south-west corner.
    pub x_m: Real<-1_000_000, 1_000_000>,
    /// Start, north of it.
    pub y_m: Real<-1_000_000, 1_000_000>,
    /// Start, counter-clockwise from east.
    #[serde(default = "default_heading")]
    pub heading_rad: Real<-6284, 6284>,
}

const MOST_MACHINES: usize = 16;

impl Settings for SimConfig {
    fn check(&self) -> Result<(), (String, String)> {
        if !self.truth_listen.ip().is_loopback() {
            let message = format!("is \"{}\"; allowed is a loopback address such as \"127.0.0.1:7500\"", self.truth_listen);
            return Err(("truth_listen".into(), message));
        }
        if self.machines.is_empty() || self.machines.len() > MOST_MACHINES {
            return Err(("machines".into(), format!("has {} entries; allowed 1 to {MOST_MACHINES}", self.machines.len())));
        }
        for (index, machine) in self.machines.iter().enumerate() {
            let before = &self.machines[..index];
            if before.iter().any(|other| other.name == machine.name) {
                return Err(("machines.name".into(), format!("\"{}\" stands twice; names must differ", machine.name)));
            }
            if before.iter().any(|other| other.socket == machine.socket) {
                let message = format!("\"{}\" stands twice; sockets must differ", machine.socket.display());
                return Err(("machines.socket".into(), message));
            }
        }
        Ok(())
    }
}

/// The configuration with its profiles; paths are absolute or relative to the working directory.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub config: SimConfig,
    /// In the machines' order.
    pub profiles: Vec<Profile>,
}

impl Loaded {
    pub(crate) fn load(path: &Path) -> anyhow::Result<Self> {
        let mut config: SimConfig = farhand_settings::load(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut profiles = Vec::new();
        for machine in &mut config.machines {
            for relative in [&mut machine.profile, &mut machine.socket, &mut machine.video_folder] {
                *relative = folder.join(&relative);
            }
            let profile = farhand_settings::load(&machine.profile);
            profiles.push(profile.with_context(|| format!("profile of {} in {}", machine.name, path.display()))?);
        }
        Ok(Self { config, profiles })
    }

    /// The site with its machines at their starts.
    pub(crate) fn world(&self) -> anyhow::Result<World> {
        let site = Site::named(&self.config.site, self.config.seed).context("site")?;
        let setups = self.config.machines.iter().zip(&self.profiles).map(|(machine, profile)| MachineSetup {
            name: machine.name.to_string(),
            shape: Shape::of(profile),
            response: Response::of(profile),
            place: Place { x_m: machine.x_m.value(), y_m: machine.y_m.value(), heading_rad: machine.heading_rad.value() },
        });
        World::new(site, setups.collect()).context("machines")
    }
}

/// Picture size of a camera as the renderer takes it.
pub(crate) fn picture_size(camera: &CameraProfile) -> (usize, usize) {
    let whole = |pixels: u32| usize::try_from(pixels.clamp(16, 4096)).unwrap_or(16);
    (whole(camera.width_px), whole(camera.height_px))
}

fn default_truth() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7500))
}

fn default_seed() -> u64 {
    1
}

fn default_site() -> String {
    "demo".to_owned()
}

fn default_heading() -> Real<-6284, 6284> {
    Real::thousandths(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = "[[machines]]\nname = \"truck-1\"\nprofile = \"p.toml\"\nsocket = \"m.sock\"\nvideo_folder = \"v\"\nx_m = 6.0\ny_m = 4.0\n";

    fn refusal(text: &str) -> String {
        farhand_settings::parse::<SimConfig>(text, Path::new("sim.toml")).expect_err("refused").to_string()
    }

    #[test]
    fn a_short_file_is_enough() {
        let config: SimConfig = farhand_settings::parse(MACHINE, Path::new("sim.toml")).expect("good");
        assert_eq!((config.seed, config.truth_listen.port(), config.site.as_str()), (1, 7500, "demo"));
    }

    #[test]
    fn ground_truth_stays_on_this_machine() {
        let text = refusal(&format!("seed = 1\ntruth_listen = \"0.0.0.0:7500\"\n{MACHINE}"));
        assert!(text.starts_with("sim.toml:2: truth_listen is \"0.0.0.0:7500\"; allowed is a loopback"), "{text}");
    }

    #[test]
    fn two_machines_of_one_name_are_refused() {
        let text = refusal(&format!("{MACHINE}{MACHINE}"));
        assert!(text.contains("\"truck-1\" stands twice"), "{text}");
    }

    #[test]
    fn a_taken_starting_place_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("p.toml"), "kind = \"counterbalance-truck\"\n").expect("written");
        let path = folder.path().join("sim.toml");
        std::fs::write(&path, MACHINE.replace("x_m = 6.0", "x_m = 0.5")).expect("written");
        let failure = Loaded::load(&path).expect("readable").world().expect_err("a wall is there");
        assert!(format!("{failure:#}").contains("truck-1 cannot stand at x_m = 0.5"), "{failure:#}");
    }
}
