//! A site in real time: one thread moves the machines, one a machine draws its cameras, one serves the truth.

mod cameras;
mod faults;
mod feed;
mod log;
mod machines;
mod server;
mod stage;

use crate::config::Loaded;
use anyhow::{Context as _, bail};
use farhand_drive::PacketListener;
use farhand_machine::Scanners;
use farhand_profile::CameraProfile;
use farhand_world::{Eye, Place, World};
use machines::{Machines, Port};
use stage::Stage;
use std::sync::Arc;
use std::thread::JoinHandle;
use tracing::info;

/// Runs until SIGTERM or SIGINT.
pub(crate) fn run(settings: &Loaded, world: World) -> anyhow::Result<()> {
    gstreamer::init().context("starting GStreamer")?;
    let stage = Arc::new(Stage::new(&world));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let listener = server::listen(&runtime, settings.config.truth_listen)?;
    let machines = settings.config.machines.iter().zip(&settings.profiles).zip(1_u64..);
    let ports = machines.map(|((machine, profile), number)| {
        if let Some(folder) = machine.socket.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
        }
        let listener = PacketListener::bind(&machine.socket)
            .with_context(|| format!("{}: listening on socket {}", machine.name, machine.socket.display()))?;
        let scanners = Scanners::of(profile, settings.config.seed ^ number << 32);
        Ok(Port::new(machine.name.to_string(), listener, scanners))
    });
    let ports = ports.collect::<anyhow::Result<Vec<_>>>()?;
    let mut threads = cameras::start(settings, &stage)?;
    threads.push(Machines::new(world, ports, Arc::clone(&stage)).start().context("starting the machines")?);
    info!(truth = %settings.config.truth_listen, machines = settings.config.machines.len(), "running");
    let outcome = runtime.block_on(server::serve(listener, Arc::clone(&stage)));
    stage.end();
    join(threads)?;
    info!("ended");
    outcome
}

fn join(threads: Vec<JoinHandle<()>>) -> anyhow::Result<()> {
    for thread in threads {
        let name = thread.thread().name().unwrap_or("thread").to_owned();
        if thread.join().is_err() {
            bail!("the thread {name} failed");
        }
    }
    Ok(())
}

/// Where a camera of a profile is, on a machine at this place.
pub(crate) fn eye_of(machine: &Place, camera: &CameraProfile) -> Eye {
    let mount = &camera.mount;
    Eye::mounted(machine, mount.x_m.value(), mount.y_m.value(), mount.z_m.value(), mount.yaw_rad.value())
}
