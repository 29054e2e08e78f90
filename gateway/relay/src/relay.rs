//! The public face: starts the threads, opens and closes viewers, passes words on to vehicles.

use crate::port::SharedPort;
use crate::quic::QuicDoor;
use crate::socket::{PageSocket, SocketWay};
use crate::stopping::StopRepetition;
use crate::tickets::{Expected, KEPT_FOR, Tickets};
use crate::units::enter;
use crate::vehicle::{Vehicle, Vehicles};
use crate::viewer::{self, Opening};
use crate::{Rules, ViewerId, control, media, now};
use farhand_protocol::{CameraIndex, GatewaySays, Hello, StopOrder, VehicleId, VehicleState};
use farhand_transport::{Class, Endpoint, EndpointError, Identity, listen};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::watch;

/// A stop is repeated this often.
const STOP_PERIOD: Duration = Duration::from_millis(20);

/// Where the relay listens.
#[derive(Debug)]
pub struct RelayConfig {
    /// QUIC, control connections of vehicles.
    pub control_listen: SocketAddr,
    /// QUIC, pictures of vehicles.
    pub media_listen: SocketAddr,
    /// WebRTC, pictures and commands of all pages: one UDP port.
    pub ice_listen: SocketAddr,
    /// WebTransport, pictures and commands of pages that speak QUIC themselves; none if there are to be none.
    pub quic_listen: Option<SocketAddr>,
    /// The addresses under which pages reach `ice_listen` and `quic_listen`, the preferred one first; they need not be this machine's own.
    pub public_addresses: Vec<IpAddr>,
    /// Certificate towards the vehicles.
    pub identity: Identity,
}

/// Why the relay cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// A port cannot be opened.
    #[error("{key}: {source}")]
    Listen {
        /// The setting it comes from.
        key: &'static str,
        /// What is wrong.
        source: EndpointError,
    },
    /// A thread cannot be started.
    #[error("a thread of the relay cannot be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// The vehicle has no control connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the vehicle is not connected")]
pub struct VehicleAway;

/// What a viewer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewerKind {
    /// Every camera and the channels for driving. The gateway speaks first on channel `now`, as soon as its end is open;
    /// what the page says there before may be lost.
    Console,
    /// One camera to look at.
    Camera(CameraIndex),
}

/// How a page comes in by its own way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayIn {
    /// To be named there: good once, and for ten seconds.
    pub ticket: String,
    /// Where QUIC goes, if it is offered.
    pub quic: Option<PagesByQuic>,
}

/// Where a page's WebTransport goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagesByQuic {
    /// Holds the ticket.
    pub url: String,
    /// SHA-256 of the certificate that is shown there.
    pub certificate_sha256: [u8; 32],
}

/// Why a viewer was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The vehicle is not connected.
    #[error("the vehicle is not connected")]
    VehicleAway,
    /// The vehicle has no such camera.
    #[error("the vehicle has no camera {0}")]
    NoCamera(CameraIndex),
    /// The page can decode none of what vehicles send.
    #[error(
        "This viewer cannot decode H.264, which is what vehicles send. Use a current Chrome, Edge or Safari, or Firefox 130 or later \
         with the console's own page."
    )]
    NoCodec,
    /// The page's offer cannot be answered.
    #[error("the offer cannot be answered: {0}")]
    Offer(String),
    /// As many viewers are open as there may be.
    #[error("{0} viewers are open, which is the most")]
    Full(usize),
    /// The relay is stopping.
    #[error("the gateway is stopping")]
    Stopping,
}

/// One vehicle as the relay sees it now.
#[derive(Debug, Clone)]
pub struct VehicleSnapshot {
    /// What it said when it came.
    pub hello: Hello,
    /// Its control connection stands.
    pub connected: bool,
    /// Round trip of the control connection.
    pub rtt: Option<Duration>,
    /// The newest state.
    pub state: Option<Arc<VehicleState>>,
    /// Age of the newest state.
    pub state_age: Option<Duration>,
    /// Open viewers.
    pub watchers: usize,
}

struct Ports {
    control: Endpoint,
    media: Endpoint,
    pages: Arc<SharedPort>,
    quic: Option<Arc<QuicDoor>>,
}

impl Ports {
    fn open(config: &RelayConfig, control: &Runtime, media: &Runtime) -> Result<Self, RelayError> {
        let open = |runtime: &Runtime, key, address, class| {
            let _inside = runtime.enter();
            listen(address, &config.identity, class).map_err(|source| RelayError::Listen { key, source })
        };
        let (control, address) = (open(control, "control_listen", config.control_listen, Class::Control)?, config.ice_listen);
        let _inside = media.enter();
        let pages = SharedPort::open(address, config.public_addresses.clone())
            .map_err(|source| RelayError::Listen { key: "ice_listen", source: EndpointError::Bind { address, source } })?;
        let door = config.quic_listen.map(|listen| QuicDoor::open(listen, config.public_addresses.clone()).map(Arc::new));
        let quic = door.transpose().map_err(|source| RelayError::Listen { key: "quic_listen", source })?;
        Ok(Self { control, media: open(media, "media_listen", config.media_listen, Class::Media)?, pages, quic })
    }
}

/// The running relay. Control has a thread and a runtime of its own, so that pictures never stand in front of a command.
pub struct Relay {
    vehicles: Arc<Vehicles>,
    rules: Arc<dyn Rules>,
    pages: Arc<SharedPort>,
    quic: Option<Arc<QuicDoor>>,
    tickets: Arc<Tickets>,
    control: Handle,
    media: Mutex<Option<Runtime>>,
    media_handle: Handle,
    endpoints: [Endpoint; 2],
    ending: watch::Sender<bool>,
    control_thread: Mutex<Option<JoinHandle<()>>>,
}

impl Relay {
    /// Opens the ports and starts the threads.
    ///
    /// # Errors
    /// [`RelayError`] names the setting whose port cannot be opened.
    pub fn start(config: &RelayConfig, rules: Arc<dyn Rules>) -> Result<Self, RelayError> {
        let control = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let media = tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("pictures").enable_all().build()?;
        let ports = match Ports::open(config, &control, &media) {
            Ok(ports) => ports,
            Err(error) => {
                // Dropping them here would wait, which a caller inside a runtime must not.
                control.shutdown_background();
                media.shutdown_background();
                return Err(error);
            }
        };
        let vehicles = Arc::new(Vehicles::default());
        let (ending, mut ended) = watch::channel(false);
        let control_handle = control.handle().clone();
        control.spawn(control::accept(ports.control.clone(), Arc::clone(&vehicles), Arc::clone(&rules)));
        let thread = std::thread::Builder::new().name("control".into()).spawn(move || {
            // An error means that the sender is gone, which is an end as well.
            control.block_on(async { drop(ended.wait_for(|end| *end).await) });
        })?;
        media.spawn(Arc::clone(&ports.pages).receive());
        let tickets = Arc::<Tickets>::default();
        if let Some(door) = &ports.quic {
            media.spawn(Arc::clone(door).accept(Arc::clone(&tickets)));
        }
        media.spawn(media::accept(ports.media.clone(), Arc::clone(&vehicles), Arc::clone(&rules)));
        Ok(Self {
            vehicles,
            rules,
            pages: ports.pages,
            quic: ports.quic,
            tickets,
            control: control_handle,
            media_handle: media.handle().clone(),
            media: Mutex::new(Some(media)),
            endpoints: [ports.control, ports.media],
            ending,
            control_thread: Mutex::new(Some(thread)),
        })
    }

    /// Where vehicles reach it: control, then media. Of use where the configured port was 0.
    ///
    /// # Errors
    /// What the system says of the sockets.
    pub fn listening(&self) -> std::io::Result<[SocketAddr; 2]> {
        let [control, media] = &self.endpoints;
        Ok([control.local_addr()?, media.local_addr()?])
    }

    /// Where pages' WebRTC goes. Of use where the configured port was 0.
    #[must_use]
    pub fn ice_listening(&self) -> SocketAddr {
        self.pages.listening()
    }

    /// Where pages' WebTransport goes, if it is offered. Of use where the configured port was 0.
    #[must_use]
    pub fn quic_listening(&self) -> Option<SocketAddr> {
        self.quic.as_ref().and_then(|door| door.listening().ok())
    }

    /// The same as the origin of a URL, under the address by which pages reach it.
    #[must_use]
    pub fn quic_origin(&self) -> Option<String> {
        self.quic.as_ref()?.origin()
    }

    /// Says something to a vehicle on its reliable stream, without waiting.
    ///
    /// # Errors
    /// [`VehicleAway`] if it is not connected, or takes nothing any more.
    pub fn say(&self, vehicle: &VehicleId, says: GatewaySays) -> Result<(), VehicleAway> {
        self.vehicles.find(vehicle).ok_or(VehicleAway)?.say(says)
    }

    /// Sends a stop now and again until the vehicle shows that it was heard, for two seconds at most.
    ///
    /// # Errors
    /// [`VehicleAway`] if it is not connected now. Its own watchdog acts then, and if it is back within the two seconds it is
    /// told all the same.
    pub fn order_stop(&self, vehicle: &VehicleId, order: StopOrder) -> Result<(), VehicleAway> {
        let vehicle = self.vehicles.find(vehicle).ok_or(VehicleAway)?;
        let repetition = StopRepetition::new(vehicle.state().as_deref());
        let sent = vehicle.send_stop(&order);
        self.control.spawn(repeat_stop(vehicle, order, repetition));
        sent
    }

    /// Every vehicle that ever came, in the order of their names.
    #[must_use]
    pub fn vehicles(&self) -> Vec<VehicleSnapshot> {
        self.vehicles.all().iter().filter_map(|vehicle| vehicle.snapshot(now())).collect()
    }

    /// Answers a page's offer. The viewer closes by itself when its connection fails.
    ///
    /// # Errors
    /// [`OpenError`]; nothing is left open then.
    pub async fn open_viewer(
        &self,
        vehicle: &VehicleId,
        viewer: ViewerId,
        kind: ViewerKind,
        offer: String,
    ) -> Result<String, OpenError> {
        let vehicle = self.vehicles.find(vehicle).filter(|vehicle| vehicle.connected()).ok_or(OpenError::VehicleAway)?;
        let (pages, rules) = (Arc::clone(&self.pages), Arc::clone(&self.rules));
        // Everything of a viewer runs beside the pictures, never on the thread that asks.
        self.media_handle
            .spawn(viewer::open(Opening { vehicle, id: viewer, kind, pages, rules }, offer))
            .await
            .map_err(|_| OpenError::Stopping)?
    }

    /// Keeps a place for a page whose pictures come as access units. It comes by QUIC or by a socket; [`Rules::viewer_gone`] says
    /// if it does not.
    ///
    /// # Errors
    /// [`OpenError`]; nothing is left open then.
    pub fn open_way(&self, vehicle: &VehicleId, viewer: ViewerId) -> Result<WayIn, OpenError> {
        let vehicle = self.vehicles.find(vehicle).filter(|vehicle| vehicle.connected()).ok_or(OpenError::VehicleAway)?;
        let ticket = self.tickets.issue(Expected { vehicle, id: viewer, rules: Arc::clone(&self.rules) });
        let (tickets, kept) = (Arc::clone(&self.tickets), ticket.clone());
        self.media_handle.spawn(async move {
            tokio::time::sleep(KEPT_FOR).await;
            tickets.expire(&kept);
        });
        let quic = self.quic.as_ref().and_then(|door| door.invite(&ticket));
        Ok(WayIn { ticket, quic })
    }

    /// A page has come by a socket. False if its ticket is none, was used, or is too old.
    #[must_use]
    pub fn join(&self, ticket: &str, socket: PageSocket) -> bool {
        let Some(expected) = self.tickets.claim(ticket) else { return false };
        let _inside = self.media_handle.enter();
        enter(expected, SocketWay::new(socket));
        true
    }

    /// Closes a viewer; an unknown one is no error.
    pub fn close_viewer(&self, viewer: ViewerId) {
        self.tickets.withdraw(viewer);
        for vehicle in self.vehicles.all() {
            if let Some(port) = vehicle.remove_viewer(viewer) {
                port.end();
            }
        }
    }

    /// Ends all connections and threads.
    pub fn shutdown(&self) {
        for endpoint in &self.endpoints {
            endpoint.close(0_u32.into(), b"gateway stops");
        }
        if let Some(door) = &self.quic {
            door.close();
        }
        self.ending.send_replace(true);
        let thread = self.control_thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A thread that failed has nothing left to end.
            drop(thread.join());
        }
        if let Some(media) = self.media.lock().unwrap_or_else(PoisonError::into_inner).take() {
            media.shutdown_background();
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shutdown();
    }
}

async fn repeat_stop(vehicle: Arc<Vehicle>, order: StopOrder, mut repetition: StopRepetition) {
    let mut period = tokio::time::interval(STOP_PERIOD);
    loop {
        period.tick().await;
        if !repetition.goes_on(vehicle.state().as_deref()) {
            return;
        }
        // Away now may be back in the next period.
        let _ = vehicle.send_stop(&order);
    }
}
