//! `cargo xtask stack`: a running system for a test or a bench, spoken to over standard input and output.
//!
//! It prints one JSON object when all vehicles are there, then one for each process that ends or is started. Each line
//! of standard input is `start NAME`, `login PERSON`, `stalls` (when did the host take a processor away?) or `stop`; the
//! end of standard input stops it as well.

use crate::signals::Ending;
use crate::steps::say;
use crate::system::{Plan, Ports, System};
use crate::witness::Witness;
use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use std::io::BufRead as _;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

/// Options of `stack`.
#[derive(Debug, Args)]
pub(crate) struct StackOptions {
    /// Folder for configuration, data and logs; made if it is not there.
    #[arg(long)]
    dir: PathBuf,
    /// How many trucks.
    #[arg(long, default_value_t = 1)]
    vehicles: u8,
    /// How many cameras each truck has: front, rear, left, right.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=4))]
    cameras: u8,
    /// Puts this kind of network between the trucks and the gateway; `clean` only makes cuts possible.
    #[arg(long, value_name = "PRESET")]
    net: Option<String>,
    /// Gives the trucks their safety scanners, and the guardian its guard.
    #[arg(long)]
    scanners: bool,
    /// Card of the stop policy; models/safe-stop if not given.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The simulated site.
    #[arg(long)]
    site: Option<String>,
    /// Names and addresses under which the pages are served, beside localhost.
    #[arg(long = "name", value_name = "NAME")]
    names: Vec<String>,
    /// The loopback address that serves pages over https and receives WebRTC.
    #[arg(long, value_name = "ADDRESS")]
    address: Option<std::net::Ipv4Addr>,
}

/// Runs until it is told to stop.
pub(crate) fn run(options: &StackOptions) -> Result<()> {
    std::fs::create_dir_all(&options.dir).with_context(|| format!("making {}", options.dir.display()))?;
    let folder = options.dir.canonicalize().context("finding the folder")?;
    let ending = Ending::watch()?;
    let orders = read_orders()?;
    let witness = Witness::start();
    let mut plan = Plan::new(folder, options.vehicles, Ports::free()?)?;
    plan.cameras = options.cameras;
    plan.scanners = options.scanners;
    if let Some(card) = &options.policy {
        plan.policy = std::path::absolute(card).context("finding the card of the policy")?;
    }
    plan.site.clone_from(&options.site);
    plan.net.clone_from(&options.net);
    plan.names.extend(options.names.iter().cloned());
    if let Some(address) = options.address {
        plan.address = address.to_string();
        plan.names.push(address.to_string());
    }
    let mut system = System::prepare(plan)?;
    if system.start(&ending)? {
        say(&serde_json::to_string(&json!({ "event": "ready", "doors": system.doors() }))?);
        serve(&mut system, &ending, &orders, &witness)?;
    }
    system.stop();
    Ok(())
}

fn serve(system: &mut System, ending: &Ending, orders: &Receiver<String>, witness: &Witness) -> Result<()> {
    while !ending.asked() {
        for (name, how) in system.take_dead() {
            say(&serde_json::to_string(&json!({ "event": "ended", "name": name, "how": how }))?);
        }
        match orders.try_recv() {
            Ok(order) => match obey(system, ending, witness, &order) {
                Ok(answer) => say(&serde_json::to_string(&answer)?),
                Err(error) => say(&serde_json::to_string(&json!({ "event": "refused", "why": format!("{error:#}") }))?),
            },
            Err(TryRecvError::Empty) => std::thread::sleep(Duration::from_millis(20)),
            Err(TryRecvError::Disconnected) => ending.ask(),
        }
    }
    Ok(())
}

fn obey(system: &mut System, ending: &Ending, witness: &Witness, order: &str) -> Result<serde_json::Value> {
    match order.split_once(' ').unwrap_or((order, "")) {
        ("start", name) => Ok(json!({ "event": "started", "name": name, "pid": system.start_one(name)? })),
        ("login", person) => Ok(json!({ "event": "login", "url": system.login_url(person)? })),
        ("stalls", "") => Ok(json!({ "event": "stalls", "stalls": witness.stalls() })),
        ("stop", "") => {
            ending.ask();
            Ok(json!({ "event": "stopping" }))
        }
        _ => anyhow::bail!("\"{order}\" is none of: start NAME, login PERSON, stalls, stop"),
    }
}

/// Lines of standard input, read by a thread because they have no timeout. A reader that is slow makes the writer wait.
fn read_orders() -> Result<Receiver<String>> {
    let (sender, receiver) = sync_channel(16);
    std::thread::Builder::new()
        .name("orders".to_owned())
        .spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if sender.send(line.trim().to_owned()).is_err() {
                    return;
                }
            }
        })
        .context("starting the reader of orders")?;
    Ok(receiver)
}
