//! `farhand-sim look`: one picture where a person would rather look.

use crate::config::{Loaded, picture_size};
use crate::site::eye_of;
use anyhow::Context as _;
use clap::Args;
use farhand_drive::vehicle_now;
use farhand_protocol::CameraIndex;
use farhand_world::{CameraView, Scene, Stamp, World, burn_stamp};
use std::path::PathBuf;

/// Writes what one camera sees at the start, as PPM.
#[derive(Debug, Args)]
pub(crate) struct LookOptions {
    /// Whose camera.
    #[arg(long)]
    machine: String,
    /// Which camera of its profile.
    #[arg(long)]
    camera: String,
    /// Where to write the picture.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(options: &LookOptions, settings: &Loaded, world: &World) -> anyhow::Result<()> {
    let names = || world.machines().iter().map(|machine| machine.name.as_str()).collect::<Vec<_>>().join(", ");
    let own = world.machines().iter().position(|machine| machine.name == options.machine);
    let own = own.with_context(|| format!("--machine {}: there are {}", options.machine, names()))?;
    let cameras = &settings.profiles[own].cameras;
    let known = || cameras.iter().map(|camera| camera.name.as_str()).collect::<Vec<_>>().join(", ");
    let (camera, index) = cameras
        .iter()
        .zip(0..)
        .find(|(camera, _)| camera.name == options.camera)
        .with_context(|| format!("--camera {}: {} has {}", options.camera, options.machine, known()))?;
    let bodies: Vec<_> = world.bodies().collect();
    let (width, height) = picture_size(camera);
    let mut view = CameraView::new(width, height, camera.lens.horizontal_fov_rad.value(), camera.lens.horizon.value());
    let eye = eye_of(&bodies[own].place, camera);
    let mut picture = view.draw(&Scene { site: world.site(), bodies: &bodies, own }, &eye);
    burn_stamp(&mut picture, Stamp::new(vehicle_now(), CameraIndex(index)));
    std::fs::write(&options.out, picture.to_ppm()).with_context(|| format!("writing {}", options.out.display()))
}
