//! The agent: a vehicle's way to its gateway. Cameras, encoder and network live here; nothing here moves the machine.

mod config;
mod control;
mod dial;
mod doctor;
mod guardian;
mod media;
mod outlet;
mod pace;
mod policy;
mod urgency;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use config::AgentConfig;
use control::ControlPlan;
use dial::Dialer;
use farhand_cameras::{Camera, Taker, Unit};
use farhand_profile::Profile;
use farhand_protocol::{BootId, CameraEye, CameraIndex, CameraSummary, Hello, LeaseEpoch, Outline, WIRE_VERSION};
use farhand_transport::{Class, Identity, PacketWatch, watched_dialer};
use guardian::GuardianPort;
use media::{Inbox, MediaPlan};
use pace::Pace;
use policy::Scorer;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::error;

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Connects one vehicle to its gateway: pictures out, commands in.
#[derive(Debug, Parser)]
#[command(name = "farhand-agent", version)]
struct Arguments {
    /// Configuration in TOML.
    #[arg(long, value_name = "FILE", global = true, default_value = "agent.toml")]
    config: PathBuf,
    /// Says whether the configuration is fine, and ends.
    #[arg(long)]
    check_config: bool,
    /// Logs every branch taken.
    #[arg(long, global = true)]
    verbose: bool,
    #[command(subcommand)]
    command: Option<Subcommands>,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Checks cameras, certificates, sockets and the way to the gateway, and says what to mend.
    Doctor,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let level = if arguments.verbose { tracing::Level::DEBUG } else { tracing::Level::INFO };
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();
    match run(&arguments) {
        Ok(code) => code,
        Err(failure) => {
            error!("{failure:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = AgentConfig::load(&arguments.config)?;
    let profile: Profile = farhand_settings::load(&config.profile)?;
    if arguments.check_config {
        eprintln!("fine");
        return Ok(ExitCode::SUCCESS);
    }
    if matches!(arguments.command, Some(Subcommands::Doctor)) {
        return doctor::examine(&config, &profile);
    }
    drive(&config, profile).map(|()| ExitCode::SUCCESS)
}

/// Runs both threads until a signal comes or one of them ends.
fn drive(config: &AgentConfig, profile: Profile) -> anyhow::Result<()> {
    farhand_cameras::initialise()?;
    let identity = Identity::load(&config.certificate, &config.key, &config.ca)?;
    let (stop, port) = (CancellationToken::new(), GuardianPort::default());
    let (hello, stands) = (hello(config, &profile), Arc::new(AtomicBool::new(false)));
    let pace = Pace::new(&profile.cameras);
    let control_runtime = runtime()?;
    let plan = ControlPlan {
        dialer: endpoint(&control_runtime, &identity, Class::Control, config, None)?,
        guardian_socket: config.guardian_socket.clone(),
        port: port.clone(),
        hello,
        stands: Arc::clone(&stands),
        pace: pace.clone(),
        scorer: Scorer::open(config.policy.as_ref()),
        stop: stop.clone(),
    };
    let control = spawn("control", control_runtime, &stop, move || {
        urgency::ask();
        control::run(plan)
    })?;

    let media_runtime = runtime()?;
    let inbox = Inbox::new(profile.cameras.len());
    let cameras = start_cameras(profile, &inbox, &pace)?;
    let dialer = endpoint(&media_runtime, &identity, Class::Media, config, Some(Arc::new(pace.clone())))?;
    let plan = MediaPlan { dialer, cameras, inbox, pace, port, control_stands: stands, stop: stop.clone() };
    let media = spawn("media", media_runtime, &stop, move || media::run(plan))?;

    tracing::info!(vehicle = %config.vehicle, gateway = config.gateway_control, "Agent runs");
    runtime()?.block_on(until_told(&stop))?;
    stop.cancel();
    for (name, thread) in [("control", control), ("media", media)] {
        if thread.join().is_err() {
            anyhow::bail!("the {name} thread broke off; its reason is above");
        }
    }
    Ok(())
}

/// What one camera asks and where its pictures go.
struct Intake {
    camera: CameraIndex,
    inbox: Inbox,
    pace: Pace,
}

impl Taker for Intake {
    fn admits(&self) -> bool {
        self.pace.admits(self.camera)
    }

    fn take(&self, unit: Unit) {
        self.inbox.put(unit);
    }
}

fn start_cameras(profile: Profile, inbox: &Inbox, pace: &Pace) -> anyhow::Result<Vec<Camera>> {
    let mut cameras = Vec::with_capacity(profile.cameras.len());
    for (index, camera) in profile.cameras.into_iter().enumerate() {
        let index = CameraIndex(u8::try_from(index).context("numbering the cameras")?);
        let intake = Intake { camera: index, inbox: inbox.clone(), pace: pace.clone() };
        cameras.push(Camera::start(index, camera, intake).context("starting a camera's thread")?);
    }
    Ok(cameras)
}

fn endpoint(
    runtime: &Runtime,
    identity: &Identity,
    class: Class,
    config: &AgentConfig,
    watch: Option<Arc<dyn PacketWatch>>,
) -> anyhow::Result<Dialer> {
    let _inside = runtime.enter();
    let address = match class {
        Class::Control => &config.gateway_control,
        Class::Media => &config.gateway_media,
    };
    let bind = match address.parse() {
        Ok(SocketAddr::V6(_)) => SocketAddr::new(std::net::IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED), 0),
        _ => ANY,
    };
    Ok(Dialer::new(watched_dialer(bind, identity, class, watch)?, address, &config.gateway_name))
}

fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting a runtime")
}

/// Gives a task its own thread and runtime; if it ends, even by breaking off, the others are told to stop.
fn spawn<F: Future<Output = ()>>(
    name: &str,
    runtime: Runtime,
    stop: &CancellationToken,
    task: impl FnOnce() -> F + Send + 'static,
) -> anyhow::Result<JoinHandle<()>> {
    let stop = stop.clone().drop_guard();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let _stop = stop;
            runtime.block_on(task());
        })
        .with_context(|| format!("starting the {name} thread"))
}

async fn until_told(stop: &CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = stop.cancelled() => {}
    }
    tracing::info!("Agent stops");
    Ok(())
}

fn hello(config: &AgentConfig, profile: &Profile) -> Hello {
    let cameras = profile.cameras.iter().map(|camera| CameraSummary {
        name: camera.name.clone(),
        width_px: camera.width_px,
        height_px: camera.height_px,
        required_for: camera.required_for.iter().map(|required| required.as_str().to_owned()).collect(),
        eye: Some(CameraEye {
            x_mm: thousandths(camera.mount.x_m.value()),
            y_mm: thousandths(camera.mount.y_m.value()),
            z_mm: thousandths(camera.mount.z_m.value()),
            yaw_mrad: thousandths(camera.mount.yaw_rad.value()),
            fov_mrad: thousandths(camera.lens.horizontal_fov_rad.value()),
            horizon_permille: thousandths(camera.lens.horizon.value()),
        }),
    });
    let geometry = &profile.geometry;
    Hello {
        v: WIRE_VERSION,
        vehicle: config.vehicle.clone(),
        boot_id: BootId::default(),
        highest_epoch: LeaseEpoch::default(),
        kind: profile.kind.as_str().to_owned(),
        cameras: cameras.collect(),
        max_speed_mm_s: thousandths(profile.limits.max_speed_mps.value()),
        max_steering_mrad: thousandths(profile.limits.max_steering_rad.value()),
        outline: Some(Outline {
            behind_mm: thousandths(geometry.behind_m.value()),
            ahead_mm: thousandths(geometry.ahead_m.value()),
            width_mm: thousandths(geometry.width_m.value()),
        }),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the profile bounds both values to a few thousand")]
fn thousandths(value: f64) -> i32 {
    (value * 1000.0).round() as i32
}
