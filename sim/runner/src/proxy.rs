//! `farhand-sim net`: the emulated network in front of real UDP sockets.
//!
//! Each route listens on one address and passes on to another. Every client address has a socket of its own towards the
//! server and a pair of links. One thread carries everything; a small loopback server shows and changes the conditions.

mod carrier;
mod status;

use anyhow::{Context as _, bail};
use clap::Args;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use carrier::Carrier;

/// Puts an emulated network between clients and servers over UDP.
#[derive(Debug, Args)]
pub(crate) struct NetOptions {
    /// A way to carry, written NAME=LISTEN=TO, for instance control=127.0.0.1:9443=127.0.0.1:7443. May stand several times.
    #[arg(long = "route", required = true, value_name = "NAME=LISTEN=TO")]
    routes: Vec<Route>,
    /// What the network is like: clean, rtt50, rtt50_loss2, rtt100_jitter10_loss1_4mbit, rtt50_8mbit, rtt50_1mbit, wifi_lossy, handover, dead_zone, mangled.
    #[arg(long, default_value = "clean")]
    preset: String,
    /// Recorded link towards the server, in the Mahimahi format; replaces the preset's rate.
    #[arg(long, value_name = "FILE")]
    trace_to_server: Option<std::path::PathBuf>,
    /// Recorded link towards the clients.
    #[arg(long, value_name = "FILE")]
    trace_to_client: Option<std::path::PathBuf>,
    /// Where to serve status and controls, on loopback.
    #[arg(long, value_name = "ADDRESS")]
    status: Option<SocketAddr>,
    /// Same seed, same fate for the same datagrams.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// One way to carry.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    name: String,
    listen: SocketAddr,
    to: SocketAddr,
}

impl FromStr for Route {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split('=');
        let (Some(name), Some(listen), Some(to), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err("a route is written NAME=LISTEN=TO".into());
        };
        let address = |text: &str| text.parse().map_err(|_| format!("{text:?} is no address such as 127.0.0.1:7443"));
        Ok(Self { name: name.to_owned(), listen: address(listen)?, to: address(to)? })
    }
}

/// Carries until SIGTERM or SIGINT.
pub(crate) fn run(options: &NetOptions) -> anyhow::Result<()> {
    if let Some(status) = options.status.filter(|address| !address.ip().is_loopback()) {
        bail!("--status is {status}; only a loopback address is allowed, for instance 127.0.0.1:7600");
    }
    let carrier = Carrier::open(options).context("opening the routes")?;
    let shared = Arc::new(Mutex::new(carrier));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let carrying = carrier::spawn(Arc::clone(&shared)).context("starting the carrying thread")?;
    let outcome = runtime.block_on(status::serve(options.status, Arc::clone(&shared)));
    carrier::lock(&shared).end();
    if carrying.join().is_err() {
        bail!("the carrying thread failed");
    }
    outcome
}
