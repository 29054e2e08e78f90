//! The thread that carries datagrams.

use super::{NetOptions, Route};
use anyhow::{Context as _, bail};
use farhand_drive::vehicle_now;
use farhand_net::{Conditions, Link, Preset, Rate, Trace, preset};
use farhand_protocol::MonoTime;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tracing::{info, warn};

/// Longest time the thread sleeps: new clients and changed conditions are seen by then at the latest.
const LONGEST_SLEEP: Duration = Duration::from_millis(20);
/// Clients of one route at most; the one unheard for longest makes room.
const MOST_CLIENTS: usize = 64;
const LARGEST_DATAGRAM: usize = 65_536;
/// A recorded link holds this much in its queue: 100 packets.
const TRACE_QUEUE_BYTES: u64 = 150_000;

/// Which way a datagram goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    ToServer,
    ToClient,
}

/// One direction of one client.
struct Lane {
    link: Link,
    last_delivered: Option<MonoTime>,
}

#[expect(clippy::struct_field_names, reason = "the two directions are named after their ends")]
struct Client {
    address: SocketAddr,
    socket: UdpSocket,
    heard: MonoTime,
    to_server: Lane,
    to_client: Lane,
}

struct OpenRoute {
    route: Route,
    socket: UdpSocket,
    clients: Vec<Client>,
    preset: &'static str,
    /// Towards the server, towards the clients.
    conditions: [Conditions; 2],
    /// What clients that made room had counted.
    past: [LaneStatus; 2],
}

/// All routes and what the network is like.
pub(crate) struct Carrier {
    routes: Vec<OpenRoute>,
    blackout: [bool; 2],
    seed: u64,
    ended: bool,
}

/// One direction of a route, for people and tests.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct LaneStatus {
    offered: u64,
    delivered: u64,
    dropped: u64,
    /// CLOCK_MONOTONIC of the last datagram handed on.
    last_delivered_us: Option<u64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RouteStatus {
    name: String,
    listen: SocketAddr,
    to: SocketAddr,
    clients: usize,
    preset: &'static str,
    to_server: LaneStatus,
    to_client: LaneStatus,
}

#[derive(Debug, Serialize)]
pub(crate) struct Status {
    now_us: u64,
    /// The first route's; see each route for its own.
    preset: &'static str,
    blackout_to_server: bool,
    blackout_to_client: bool,
    routes: Vec<RouteStatus>,
}

impl Carrier {
    pub(crate) fn open(options: &NetOptions) -> anyhow::Result<Self> {
        let mut routes = Vec::new();
        for route in &options.routes {
            let socket = UdpSocket::bind(route.listen)
                .with_context(|| format!("route {}: listening on {}; is the port in use?", route.name, route.listen))?;
            socket.set_nonblocking(true)?;
            info!(name = route.name, listen = %route.listen, to = %route.to, "carrying");
            routes.push(OpenRoute {
                route: route.clone(),
                socket,
                clients: Vec::new(),
                preset: "",
                conditions: Default::default(),
                past: Default::default(),
            });
        }
        let mut carrier = Self { routes, blackout: [false; 2], seed: options.seed, ended: false };
        carrier.use_preset(&options.preset, None)?;
        for (file, way) in [(&options.trace_to_server, 0), (&options.trace_to_client, 1)] {
            if let Some(file) = file {
                let rate = Rate::Trace { trace: read_trace(file)?, queue_bytes: TRACE_QUEUE_BYTES };
                carrier.routes.iter_mut().for_each(|route| route.conditions[way].rate = rate.clone());
            }
        }
        Ok(carrier)
    }

    /// Changes what the network is like from now on, on one route or on all of them.
    pub(crate) fn use_preset(&mut self, name: &str, route: Option<&str>) -> anyhow::Result<()> {
        let Some(found) = preset(name) else {
            let known: Vec<&str> = farhand_net::PRESETS.iter().map(|preset| preset.name).collect();
            bail!("preset {name:?} is unknown; there are {}", known.join(", "));
        };
        let meant = |open: &OpenRoute| route.is_none_or(|name| open.route.name == name);
        if !self.routes.iter().any(meant) {
            let known: Vec<&str> = self.routes.iter().map(|open| open.route.name.as_str()).collect();
            bail!("route {:?} is unknown; there are {}", route.unwrap_or_default(), known.join(", "));
        }
        self.routes.iter_mut().filter(|open| meant(open)).for_each(|open| open.use_preset(found));
        Ok(())
    }

    /// Begins or ends a blackout of one way.
    pub(crate) fn set_blackout(&mut self, way: Way, on: bool) {
        self.blackout[way as usize] = on;
        for client in self.routes.iter_mut().flat_map(|route| &mut route.clients) {
            match way {
                Way::ToServer => client.to_server.link.set_blackout(on),
                Way::ToClient => client.to_client.link.set_blackout(on),
            }
        }
    }

    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    pub(crate) fn status(&self) -> Status {
        let routes = self.routes.iter().map(|route| RouteStatus {
            name: route.route.name.clone(),
            listen: route.route.listen,
            to: route.route.to,
            clients: route.clients.len(),
            preset: route.preset,
            to_server: route.clients.iter().fold(route.past[0], |sum, client| sum.plus(&client.to_server)),
            to_client: route.clients.iter().fold(route.past[1], |sum, client| sum.plus(&client.to_client)),
        });
        Status {
            now_us: vehicle_now().0,
            preset: self.routes.first().map_or("", |route| route.preset),
            blackout_to_server: self.blackout[0],
            blackout_to_client: self.blackout[1],
            routes: routes.collect(),
        }
    }

    /// Reads and delivers what is there; returns how long nothing will happen.
    fn carry(&mut self, buffer: &mut [u8]) -> Duration {
        let blackout = self.blackout;
        let mut soonest = LONGEST_SLEEP;
        for route in &mut self.routes {
            route.take_from_clients(buffer, blackout, &mut self.seed);
            let now = vehicle_now();
            for client in &mut route.clients {
                while let Ok(length) = client.socket.recv(buffer) {
                    client.to_client.link.offer(vehicle_now(), &buffer[..length]);
                }
                client.to_server.deliver(now, |bytes| client.socket.send(bytes));
                client.to_client.deliver(now, |bytes| route.socket.send_to(bytes, client.address));
                for lane in [&client.to_server, &client.to_client] {
                    soonest = lane.link.next_deadline().map_or(soonest, |due| due.since(vehicle_now()).min(soonest));
                }
            }
        }
        soonest
    }

    /// Copies of the sockets to wait for, made outside the lock's critical work.
    fn sockets(&self) -> io::Result<Vec<OwnedFd>> {
        let own = self.routes.iter().map(|route| &route.socket);
        let clients = self.routes.iter().flat_map(|route| route.clients.iter().map(|client| &client.socket));
        own.chain(clients).map(|socket| socket.as_fd().try_clone_to_owned()).collect()
    }

    fn client_count(&self) -> usize {
        self.routes.iter().map(|route| route.clients.len()).sum()
    }
}

impl OpenRoute {
    fn use_preset(&mut self, preset: &Preset) {
        self.preset = preset.name;
        self.conditions = [preset.conditions(), preset.conditions()];
        for client in &mut self.clients {
            client.to_server.link.set_conditions(preset.conditions());
            client.to_client.link.set_conditions(preset.conditions());
        }
    }

    fn take_from_clients(&mut self, buffer: &mut [u8], blackout: [bool; 2], seed: &mut u64) {
        while let Ok((length, from)) = self.socket.recv_from(buffer) {
            let now = vehicle_now();
            let index = match self.clients.iter().position(|client| client.address == from) {
                Some(index) => index,
                None => match self.admit(from, blackout, seed) {
                    Ok(index) => index,
                    Err(error) => {
                        warn!(%error, %from, "a client cannot be carried");
                        continue;
                    }
                },
            };
            let client = &mut self.clients[index];
            client.heard = now;
            client.to_server.link.offer(now, &buffer[..length]);
        }
    }

    fn admit(&mut self, from: SocketAddr, blackout: [bool; 2], seed: &mut u64) -> io::Result<usize> {
        if self.clients.len() >= MOST_CLIENTS {
            let oldest = (0..self.clients.len()).min_by_key(|index| self.clients[*index].heard).unwrap_or(0);
            let gone = self.clients.swap_remove(oldest);
            self.past = [self.past[0].plus(&gone.to_server), self.past[1].plus(&gone.to_client)];
        }
        let any = if self.route.to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any)?;
        socket.connect(self.route.to)?;
        socket.set_nonblocking(true)?;
        let mut lane = |way: usize| {
            *seed = seed.wrapping_add(1);
            let mut link = Link::new(self.conditions[way].clone(), *seed);
            link.set_blackout(blackout[way]);
            Lane { link, last_delivered: None }
        };
        let (to_server, to_client) = (lane(0), lane(1));
        self.clients.push(Client { address: from, socket, heard: vehicle_now(), to_server, to_client });
        Ok(self.clients.len() - 1)
    }
}

impl Lane {
    fn deliver(&mut self, now: MonoTime, mut send: impl FnMut(&[u8]) -> io::Result<usize>) {
        while let Some(bytes) = self.link.poll(now) {
            // A server that is not there yet refuses; for the sender that is a lost datagram, as on a real network.
            if send(&bytes).is_ok() {
                self.last_delivered = Some(vehicle_now());
            }
        }
    }
}

impl LaneStatus {
    fn plus(self, lane: &Lane) -> Self {
        let counts = lane.link.counts();
        Self {
            offered: self.offered + counts.offered,
            delivered: self.delivered + counts.delivered,
            dropped: self.dropped + counts.dropped,
            last_delivered_us: self.last_delivered_us.max(lane.last_delivered.map(|at| at.0)),
        }
    }
}

fn read_trace(path: &Path) -> anyhow::Result<Trace> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading the trace {}", path.display()))?;
    Trace::parse(&text).with_context(|| format!("{}", path.display()))
}

/// The lock, whatever became of its last holder: counters and links stay usable.
pub(crate) fn lock(shared: &Mutex<Carrier>) -> MutexGuard<'_, Carrier> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries on a thread of its own until [`Carrier::end`].
pub(crate) fn spawn(shared: Arc<Mutex<Carrier>>) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("net".into()).spawn(move || {
        let mut buffer = vec![0; LARGEST_DATAGRAM];
        let mut sockets = Vec::new();
        let mut clients = usize::MAX;
        loop {
            let sleep = {
                let mut carrier = lock(&shared);
                if carrier.ended {
                    return;
                }
                let sleep = carrier.carry(&mut buffer);
                if carrier.client_count() != clients {
                    clients = carrier.client_count();
                    sockets = carrier.sockets().unwrap_or_default();
                }
                sleep
            };
            let mut fds: Vec<PollFd<'_>> = sockets.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
            let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(sleep.subsec_nanos()) };
            // An interrupted or failed wait only means looking earlier.
            let _ = poll(&mut fds, Some(&timeout));
        }
    })
}
