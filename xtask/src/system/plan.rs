//! What a system is made of, and how each of its processes is started.

use super::child::Invocation;
use super::people::Person;
use super::ports::Ports;
use crate::house;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One system.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Where its files are.
    pub folder: PathBuf,
    /// How many trucks it has.
    pub count: u8,
    /// How many cameras each truck has.
    pub cameras: u8,
    /// Whether the trucks have safety scanners, and with them a guard.
    pub scanners: bool,
    /// Card of the stop policy that the guard asks.
    pub policy: PathBuf,
    /// Its ports.
    pub ports: Ports,
    /// The simulated site.
    pub site: Option<String>,
    /// The network between the trucks and the gateway, where it is not the plain one.
    pub net: Option<String>,
    /// Names and addresses in the pages' certificate.
    pub names: Vec<String>,
    /// The address that serves pages over https and receives WebRTC.
    pub address: String,
    /// Who may log in.
    pub people: Vec<Person>,
}

impl Plan {
    /// A system with the usual people and without an emulated network.
    pub(crate) fn new(folder: PathBuf, count: u8, ports: Ports) -> Result<Self> {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let address = "127.0.0.1".to_owned();
        let policy = house::root().join("models/safe-stop/card.json");
        Ok(Self {
            folder,
            count,
            cameras: 4,
            scanners: false,
            policy,
            ports,
            site: None,
            net: None,
            names,
            address,
            people: Person::usual()?,
        })
    }

    /// `truck-1`, `truck-2`, ...
    pub(crate) fn vehicles(&self) -> Vec<String> {
        (1..=self.count).map(|number| format!("truck-{number}")).collect()
    }

    pub(crate) fn web_url(&self) -> String {
        format!("http://localhost:{}", self.ports.web)
    }

    pub(crate) fn web_tls_url(&self) -> String {
        format!("https://{}:{}", self.address, self.ports.web_tls)
    }

    pub(crate) fn truth_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.truth)
    }

    pub(crate) fn net_url(&self) -> Option<String> {
        self.net.as_ref().map(|_| format!("http://127.0.0.1:{}", self.ports.net_status))
    }

    /// Where the agents find the gateway: behind the emulator, where there is one.
    pub(crate) fn control_port(&self) -> u16 {
        if self.net.is_some() { self.ports.net_control } else { self.ports.control }
    }

    pub(crate) fn media_port(&self) -> u16 {
        if self.net.is_some() { self.ports.net_media } else { self.ports.media }
    }

    pub(crate) fn gateway_config(&self) -> PathBuf {
        self.folder.join("gateway.toml")
    }

    pub(crate) fn vehicle_folder(&self, vehicle: &str) -> PathBuf {
        self.folder.join(vehicle)
    }

    /// The command lines of all processes, by name.
    pub(crate) fn invocations(&self) -> Result<BTreeMap<String, Invocation>> {
        let logs = self.folder.join("logs");
        std::fs::create_dir_all(&logs).context("making the folder of logs")?;
        let invocation = |name: &str, program: &'static str, arguments: Vec<String>| {
            let log = logs.join(format!("{name}.log"));
            (name.to_owned(), Invocation { program, arguments, log })
        };
        let config = |path: &Path| vec!["--config".to_owned(), path.display().to_string()];
        let mut all = BTreeMap::new();
        all.extend([
            invocation("sim", "farhand-sim", config(&self.folder.join("sim.toml"))),
            invocation("gateway", "farhand-gateway", config(&self.gateway_config())),
        ]);
        if let Some(preset) = &self.net {
            all.extend([invocation("net", "farhand-sim", self.net_arguments(preset))]);
        }
        for vehicle in self.vehicles() {
            let folder = self.vehicle_folder(&vehicle);
            all.extend([
                invocation(&format!("guardian-{vehicle}"), "farhand-guardian", config(&folder.join("guardian.toml"))),
                invocation(&format!("agent-{vehicle}"), "farhand-agent", config(&folder.join("agent.toml"))),
            ]);
        }
        Ok(all)
    }

    fn net_arguments(&self, preset: &str) -> Vec<String> {
        let route = |name: &str, from: u16, to: u16| format!("{name}=127.0.0.1:{from}=127.0.0.1:{to}");
        let mut arguments = vec!["net".to_owned(), "--preset".to_owned(), preset.to_owned()];
        arguments.extend(["--status".to_owned(), format!("127.0.0.1:{}", self.ports.net_status)]);
        arguments.extend(["--route".to_owned(), route("control", self.ports.net_control, self.ports.control)]);
        arguments.extend(["--route".to_owned(), route("media", self.ports.net_media, self.ports.media)]);
        arguments
    }
}
