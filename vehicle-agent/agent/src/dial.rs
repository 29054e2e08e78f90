//! Dials the gateway until somebody answers, several attempts side by side.

use farhand_drive::vehicle_now;
use farhand_link::{Event, Health, Limits, LinkMonitor};
use farhand_transport::{Connection, Endpoint, connect};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

// An attempt begun just before a dead link returns has lost its first packet; the next one comes 150 ms later. With a
// handshake of two round trips the first state shows within half a second.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(150);
const ATTEMPT: Duration = Duration::from_secs(1);
const MOST_ATTEMPTS: usize = 6;
// A gateway that says no will say no again, and writes each refusal into its journal.
const AFTER_REFUSAL: Duration = Duration::from_secs(2);

/// Dials one class of connection.
pub(crate) struct Dialer {
    endpoint: Endpoint,
    address: String,
    name: String,
    racing: JoinSet<Result<Connection, String>>,
    next: Instant,
    last_error: String,
}

impl Dialer {
    pub(crate) fn new(endpoint: Endpoint, address: &str, name: &str) -> Self {
        Self {
            endpoint,
            address: address.to_owned(),
            name: name.to_owned(),
            racing: JoinSet::new(),
            next: Instant::now(),
            last_error: String::new(),
        }
    }

    /// Starts another attempt if one is wanted and due; drops those under way if none is wanted.
    pub(crate) fn tick(&mut self, wanted: bool) {
        if !wanted {
            self.racing.abort_all();
            return;
        }
        if Instant::now() < self.next || self.racing.len() >= MOST_ATTEMPTS {
            return;
        }
        self.next = Instant::now() + BETWEEN_ATTEMPTS;
        let (endpoint, address, name) = (self.endpoint.clone(), self.address.clone(), self.name.clone());
        self.racing.spawn(async move {
            match timeout(ATTEMPT, attempt(&endpoint, &address, &name)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(format!(
                    "{address} does not answer. Is the gateway running, is the address right, and does the network let UDP through?"
                )),
            }
        });
    }

    /// Waits for the first attempt that succeeds and drops the others. Cancel-safe.
    pub(crate) async fn won(&mut self) -> Connection {
        loop {
            match self.racing.join_next().await {
                Some(Ok(Ok(connection))) => {
                    self.racing.abort_all();
                    return connection;
                }
                Some(Ok(Err(why))) => self.failed(why),
                Some(Err(_aborted)) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// The gateway answered and said no: dial again only after a while.
    pub(crate) fn refused(&mut self, why: String) {
        self.next = Instant::now() + AFTER_REFUSAL;
        self.failed(why);
    }

    /// All is well: the next failure is news again.
    pub(crate) fn succeeded(&mut self) {
        self.last_error.clear();
    }

    /// Closes the endpoint politely.
    pub(crate) async fn close(mut self) {
        self.racing.abort_all();
        self.endpoint.close(0_u32.into(), b"the agent stops");
        // Whatever is not out by then is lost; the gateway's idle timeout covers it.
        let _ = timeout(Duration::from_millis(300), self.endpoint.wait_idle()).await;
    }

    fn failed(&mut self, why: String) {
        if why == self.last_error {
            tracing::debug!(%why, "Gateway still away");
        } else {
            tracing::warn!(%why, "Gateway away");
            self.last_error = why;
        }
    }
}

async fn attempt(endpoint: &Endpoint, address: &str, name: &str) -> Result<Connection, String> {
    let resolved = resolve(address).await?;
    connect(endpoint, resolved, name).await.map_err(|error| error.to_string())
}

/// Finds the IPv4 address of `host:port` (the endpoint's socket is IPv4), or the IPv6 one of a literal.
pub(crate) async fn resolve(address: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = address.parse() {
        return Ok(address);
    }
    let found = tokio::net::lookup_host(address).await.map_err(|error| format!("{address}: the name is unknown: {error}"))?;
    let mut found: Vec<SocketAddr> = found.collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    found.into_iter().next().ok_or_else(|| format!("{address}: the name has no address"))
}

/// Judges a connection by the acknowledgements that come back on it.
pub(crate) struct Silence {
    monitor: LinkMonitor,
    acks: u64,
}

impl Silence {
    /// A fresh connection has just answered.
    pub(crate) fn new(lost_after: Duration) -> Self {
        let mut monitor = LinkMonitor::new(Limits { late_after: lost_after / 2, lost_after });
        // Health is earned by the handshake that just ended.
        let _ = monitor.handle_event(vehicle_now(), Event::Beat);
        Self { monitor, acks: 0 }
    }

    /// Looks for new acknowledgements; true while the connection is not lost.
    pub(crate) fn stands(&mut self, connection: &Connection) -> bool {
        let acks = connection.stats().frame_rx.acks;
        let event = if acks == self.acks { Event::Tick } else { Event::Beat };
        self.acks = acks;
        if let Some(health) = self.monitor.handle_event(vehicle_now(), event) {
            tracing::debug!(?health, remote = %connection.remote_address(), "Link");
        }
        self.monitor.health() != Health::Lost && connection.close_reason().is_none()
    }
}
