//! One vehicle: its connections, its newest state, its cameras and its viewers.

use crate::delivery::ViewerPort;
use crate::media::CameraRelay;
use crate::relay::{VehicleAway, VehicleSnapshot};
use crate::{ViewerId, now};
use arc_swap::ArcSwapOption;
use bytes::Bytes;
use farhand_protocol::{
    CameraDemand, CameraIndex, GatewayDatagram, GatewaySays, Hello, MediaDemand, MonoTime, StopOrder, ToConsole, VehicleId,
    VehicleState, WIRE_VERSION, encode,
};
use farhand_transport::{Connection, send_datagram};
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc};

/// Every vehicle that ever came.
#[derive(Default)]
pub(crate) struct Vehicles {
    by_id: Mutex<BTreeMap<VehicleId, Arc<Vehicle>>>,
}

impl Vehicles {
    pub(crate) fn find(&self, id: &VehicleId) -> Option<Arc<Vehicle>> {
        locked(&self.by_id).get(id).cloned()
    }

    pub(crate) fn find_or_add(&self, id: &VehicleId) -> Arc<Vehicle> {
        Arc::clone(locked(&self.by_id).entry(id.clone()).or_insert_with(|| Arc::new(Vehicle::new(id.clone()))))
    }

    pub(crate) fn all(&self) -> Vec<Arc<Vehicle>> {
        locked(&self.by_id).values().cloned().collect()
    }
}

/// The control connection of a vehicle.
pub(crate) struct ControlLink {
    pub(crate) connection: Connection,
    pub(crate) words: mpsc::Sender<GatewaySays>,
    pub(crate) hello: Hello,
}

/// The newest state and when it came.
pub(crate) struct Heard {
    pub(crate) state: Arc<VehicleState>,
    pub(crate) at: MonoTime,
}

/// One vehicle.
pub(crate) struct Vehicle {
    pub(crate) id: VehicleId,
    control: ArcSwapOption<ControlLink>,
    /// Kept after the connection is gone, for people who look.
    hello: ArcSwapOption<Hello>,
    heard: ArcSwapOption<Heard>,
    media: Mutex<Option<Connection>>,
    viewers: Mutex<BTreeMap<ViewerId, Arc<ViewerPort>>>,
    pub(crate) cameras: Mutex<BTreeMap<CameraIndex, CameraRelay>>,
    /// Wakes the task that tells the vehicle which pictures are wanted.
    pub(crate) demand_changed: Notify,
}

impl Vehicle {
    fn new(id: VehicleId) -> Self {
        Self {
            id,
            control: ArcSwapOption::empty(),
            hello: ArcSwapOption::empty(),
            heard: ArcSwapOption::empty(),
            media: Mutex::new(None),
            viewers: Mutex::new(BTreeMap::new()),
            cameras: Mutex::new(BTreeMap::new()),
            demand_changed: Notify::new(),
        }
    }

    /// A control connection was accepted; the one before it, if any, is replaced.
    pub(crate) fn attach(&self, link: Arc<ControlLink>) {
        self.hello.store(Some(Arc::new(link.hello.clone())));
        if let Some(before) = self.control.swap(Some(link)) {
            before.connection.close(1_u32.into(), b"replaced by a newer connection");
        }
    }

    /// The connection is gone. False if a newer one has taken its place.
    pub(crate) fn detach(&self, link: &Arc<ControlLink>) -> bool {
        let current = self.control.load_full();
        let ours = current.is_some_and(|current| Arc::ptr_eq(&current, link));
        if ours {
            self.control.store(None);
        }
        ours
    }

    pub(crate) fn connected(&self) -> bool {
        self.control.load().is_some()
    }

    pub(crate) fn hello(&self) -> Option<Arc<Hello>> {
        self.hello.load_full()
    }

    pub(crate) fn say(&self, says: GatewaySays) -> Result<(), VehicleAway> {
        let link = self.control.load_full().ok_or(VehicleAway)?;
        link.words.try_send(says).map_err(|_| VehicleAway)
    }

    pub(crate) fn send_stop(&self, order: &StopOrder) -> Result<(), VehicleAway> {
        self.send(&GatewayDatagram::Stop(order.clone()))
    }

    /// Passes a command on; quinn keeps the newest two and drops older ones, so nothing queues.
    pub(crate) fn send_command(&self, bytes: &[u8]) -> Result<(), VehicleAway> {
        self.send(&GatewayDatagram::Command(ByteBuf::from(bytes)))
    }

    fn send(&self, datagram: &GatewayDatagram) -> Result<(), VehicleAway> {
        let link = self.control.load_full().ok_or(VehicleAway)?;
        send_datagram(&link.connection, datagram).map_err(|_| VehicleAway)
    }

    /// Takes a state: kept for snapshots, and its bytes go to every viewer as they are. None if a newer one overtook it.
    pub(crate) fn hear(&self, bytes: ByteBuf, state: VehicleState) -> Option<Arc<VehicleState>> {
        let overtaken = |heard: &Arc<Heard>| heard.state.boot_id == state.boot_id && heard.state.seq >= state.seq;
        if self.heard.load().as_ref().is_some_and(overtaken) {
            return None;
        }
        let state = Arc::new(state);
        self.heard.store(Some(Arc::new(Heard { state: Arc::clone(&state), at: now() })));
        if let Ok(message) = encode(&ToConsole::State(bytes)) {
            let message = Bytes::from(message);
            for port in self.ports() {
                port.put_state(message.clone());
            }
        }
        Some(state)
    }

    /// The newest state.
    pub(crate) fn state(&self) -> Option<Arc<VehicleState>> {
        self.heard.load().as_ref().map(|heard| Arc::clone(&heard.state))
    }

    pub(crate) fn round_trip_us(&self) -> Option<u64> {
        let link = self.control.load_full()?;
        u64::try_from(link.connection.rtt().as_micros()).ok()
    }

    pub(crate) fn state_age_ms(&self, now: MonoTime) -> Option<u32> {
        let heard = self.heard.load_full()?;
        u32::try_from(now.since(heard.at).as_millis()).ok()
    }

    pub(crate) fn snapshot(&self, now: MonoTime) -> Option<VehicleSnapshot> {
        let heard = self.heard.load_full();
        let link = self.control.load_full();
        Some(VehicleSnapshot {
            hello: (*self.hello()?).clone(),
            connected: link.is_some(),
            rtt: link.map(|link| link.connection.rtt()),
            state: heard.as_ref().map(|heard| Arc::clone(&heard.state)),
            state_age: heard.map(|heard| now.since(heard.at)),
            watchers: locked(&self.viewers).len(),
        })
    }

    pub(crate) fn attach_media(&self, connection: Connection) {
        if let Some(before) = locked(&self.media).replace(connection) {
            before.close(1_u32.into(), b"replaced by a newer connection");
        }
        let mut cameras = locked(&self.cameras);
        for relay in cameras.values_mut() {
            relay.restart();
        }
        // Still under the cameras' lock: no picture of either connection passes in between.
        for port in self.ports() {
            port.restart();
        }
        drop(cameras);
        self.demand_changed.notify_one();
    }

    /// Pictures come over this connection, not over a newer one.
    pub(crate) fn has_media(&self, connection: &Connection) -> bool {
        locked(&self.media).as_ref().is_some_and(|current| current.stable_id() == connection.stable_id())
    }

    pub(crate) fn add_viewer(&self, port: Arc<ViewerPort>) {
        locked(&self.viewers).insert(port.id, port);
        self.demand_changed.notify_one();
    }

    pub(crate) fn remove_viewer(&self, viewer: ViewerId) -> Option<Arc<ViewerPort>> {
        let removed = locked(&self.viewers).remove(&viewer);
        self.demand_changed.notify_one();
        removed
    }

    pub(crate) fn ports(&self) -> Vec<Arc<ViewerPort>> {
        locked(&self.viewers).values().cloned().collect()
    }

    /// A picture that can be decoded alone is needed; at most one request a second for all viewers together.
    pub(crate) fn wish_key_frame(&self, camera: CameraIndex) {
        let asked = locked(&self.cameras).entry(camera).or_insert_with(CameraRelay::new).wish(now());
        if asked {
            metrics::counter!("farhand_key_frame_requests_total", "vehicle" => self.id.to_string()).increment(1);
            self.demand_changed.notify_one();
        }
    }

    /// What the vehicle should send now.
    pub(crate) fn demand(&self, seq: u64) -> MediaDemand {
        let ports = self.ports();
        let mut relays = locked(&self.cameras);
        let cameras = self.hello().map_or(0, |hello| hello.cameras.len());
        let watched = (0..u8::try_from(cameras).unwrap_or(u8::MAX))
            .map(CameraIndex)
            .filter(|camera| ports.iter().any(|port| port.watches(*camera)));
        let entry = |camera| {
            let relay = relays.entry(camera).or_insert_with(CameraRelay::new);
            CameraDemand { camera, key_frame_request: relay.request() }
        };
        MediaDemand { v: WIRE_VERSION, seq, cameras: watched.map(entry).collect(), downlink_bps: downlink_bps(&ports, now()) }
    }
}

/// What whoever drives can take; while nobody drives, what the page can take that can take most: a watcher on a poor network
/// lowers nobody else's pictures. None if nothing limits it.
fn downlink_bps(ports: &[Arc<ViewerPort>], now: MonoTime) -> Option<u64> {
    let takes = |port: &Arc<ViewerPort>| port.takes_bps(now);
    match ports.iter().find(|port| port.drives(now)) {
        Some(driver) => takes(driver),
        None => ports.iter().map(takes).collect::<Option<Vec<u64>>>()?.into_iter().max(),
    }
}

/// The lock, whatever became of its last holder: the maps stay usable.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
