//! The configuration files of a system.

use super::plan::Plan;
use crate::{house, python, steps};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::f64::consts::{FRAC_PI_2, PI};
use std::path::Path;
use std::process::Command;

/// One camera of a demo truck.
struct Camera {
    name: &'static str,
    required_for: &'static [&'static str],
    x_m: f64,
    y_m: f64,
    z_m: f64,
    yaw_rad: f64,
    fov_rad: f64,
    /// From the upper edge, as a share of the height: what a driver needs of the ceiling is little.
    horizon: f64,
}

/// Front over the mast, rear over the counterweight, one at each side of the roof.
const CAMERAS: [Camera; 4] = [
    Camera {
        name: "front",
        required_for: &["forward", "handover"],
        x_m: -0.4,
        y_m: 0.0,
        z_m: 2.2,
        yaw_rad: 0.0,
        fov_rad: FRAC_PI_2,
        horizon: 0.25,
    },
    Camera {
        name: "rear",
        required_for: &["reverse", "handover"],
        x_m: -1.2,
        y_m: 0.0,
        z_m: 2.2,
        yaw_rad: PI,
        fov_rad: FRAC_PI_2,
        horizon: 0.25,
    },
    Camera { name: "left", required_for: &[], x_m: -0.4, y_m: 0.55, z_m: 2.0, yaw_rad: FRAC_PI_2, fov_rad: 1.9, horizon: 0.35 },
    Camera {
        name: "right",
        required_for: &[],
        x_m: -0.4,
        y_m: -0.55,
        z_m: 2.0,
        yaw_rad: -FRAC_PI_2,
        fov_rad: 1.9,
        horizon: 0.35,
    },
];

const SITE_FILE: &str = "site.toml";
/// Where the first truck stands, and how far north of it the next one.
const FIRST_PLACE_M: (f64, f64) = (6.0, 4.0);
const BETWEEN_TRUCKS_M: f64 = 4.0;

/// Writes all of them.
pub(crate) fn write(plan: &Plan) -> Result<()> {
    make_folder(&plan.folder)?;
    put(&plan.gateway_config(), &gateway(plan))?;
    put(&plan.folder.join("sim.toml"), &simulator(plan))?;
    for vehicle in plan.vehicles() {
        let folder = plan.vehicle_folder(&vehicle);
        make_folder(&folder.join("video"))?;
        put(&folder.join("profile.toml"), &profile(plan, &folder))?;
        put(&folder.join("guardian.toml"), &guardian(plan, &vehicle))?;
        put(&folder.join("agent.toml"), &agent(plan, &vehicle))?;
    }
    if plan.scanners { map(plan) } else { Ok(()) }
}

fn gateway(plan: &Plan) -> Value {
    let ports = plan.ports;
    json!({
        "http_listen": local(ports.web),
        "https_listen": format!("{}:{}", plan.address, ports.web_tls),
        "control_listen": local(ports.control),
        "media_listen": local(ports.media),
        "ice_listen": format!("{}:{}", plan.address, ports.ice),
        "quic_listen": format!("{}:{}", plan.address, ports.quic),
        "public_addresses": [plan.address],
        "names": plan.names,
        "data_folder": "data",
    })
}

fn simulator(plan: &Plan) -> Value {
    let machine = |(place, vehicle): (u32, &String)| {
        json!({
            "name": vehicle,
            "profile": format!("{vehicle}/profile.toml"),
            "socket": format!("{vehicle}/machine.sock"),
            "video_folder": format!("{vehicle}/video"),
            "x_m": FIRST_PLACE_M.0,
            "y_m": FIRST_PLACE_M.1 + f64::from(place) * BETWEEN_TRUCKS_M,
            "heading_rad": 0.0,
        })
    };
    let machines: Vec<Value> = (0..).zip(&plan.vehicles()).map(machine).collect();
    let mut settings = json!({ "truth_listen": local(plan.ports.truth), "seed": 1, "machines": machines });
    if let Some(site) = &plan.site {
        settings["site"] = site.as_str().into();
    }
    settings
}

fn profile(plan: &Plan, folder: &Path) -> Value {
    let camera = |camera: &Camera| {
        let socket = folder.join("video").join(format!("{}.shm", camera.name));
        let picture = "video/x-raw,format=I420,width=640,height=360,framerate=30/1";
        json!({
            "name": camera.name,
            "source": format!("shmsrc socket-path={} is-live=true do-timestamp=true ! {picture}", socket.display()),
            "required_for": camera.required_for,
            // The simulator burns its stamp into each picture, so two are never the same.
            "freeze_check": "motion",
            "mount": { "x_m": camera.x_m, "y_m": camera.y_m, "z_m": camera.z_m, "yaw_rad": camera.yaw_rad },
            "lens": { "horizontal_fov_rad": camera.fov_rad, "horizon": camera.horizon },
        })
    };
    json!({ "kind": "counterbalance-truck", "scanner": { "fitted": plan.scanners }, "cameras": CAMERAS.iter().take(plan.cameras.into()).map(camera).collect::<Vec<_>>() })
}

/// The site as the simulator gives it to the trucks.
fn map(plan: &Plan) -> Result<()> {
    let mut command = Command::new(house::program("farhand-sim")?);
    command.arg("--config").arg(plan.folder.join("sim.toml")).arg("map");
    let text = steps::output(&mut command).context("making the map of the site")?;
    let file = plan.folder.join(SITE_FILE);
    std::fs::write(&file, text).with_context(|| format!("writing {}", file.display()))
}

fn guardian(plan: &Plan, vehicle: &str) -> Value {
    let mut settings = json!({
        "vehicle": vehicle,
        "profile": "profile.toml",
        "machine_socket": "machine.sock",
        "agent_socket": "agent.sock",
        "state_file": "guardian.state",
    });
    if plan.scanners {
        settings["site"] = format!("../{SITE_FILE}").into();
    }
    settings
}

fn agent(plan: &Plan, vehicle: &str) -> Value {
    json!({
        "vehicle": vehicle,
        "profile": "profile.toml",
        "guardian_socket": "agent.sock",
        "gateway_control": local(plan.control_port()),
        "gateway_media": local(plan.media_port()),
        "gateway_name": "farhand-gateway",
        "certificate": "certificate.pem",
        "key": "key.pem",
        "ca": "ca.pem",
        "policy": { "card": plan.policy, "library": python::onnxruntime_path() },
    })
}

fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("making the folder {}", path.display()))
}

fn put(path: &Path, settings: &Value) -> Result<()> {
    let text = toml::to_string(settings).with_context(|| format!("making {}", path.display()))?;
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
