//! The vehicles' pictures: read, put in order, cut into packets once, handed to every viewer's port.

use crate::control::not_connected;
use crate::packets::{PictureCutter, PicturePackets};
use crate::vehicle::{Vehicle, Vehicles, locked};
use crate::{Rules, now};
use bytes::Bytes;
use farhand_link::{Arrival, ArrivalOrder, KeyFrameBudget, UnitLabel};
use farhand_protocol::{CameraIndex, MediaHeader, MonoTime};
use farhand_transport::{Connection, Endpoint, peer_vehicle, read_unit};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::{debug, info};

/// A unit that others overtook is waited for this long: one retransmission at 50 ms round trip, and a little.
const OVERTAKEN_PATIENCE: Duration = Duration::from_millis(80);
/// A unit that takes longer than this to arrive helps nobody any more.
const UNIT_WITHIN: Duration = Duration::from_secs(1);
const DEMAND_PERIOD: Duration = Duration::from_millis(200);

/// One camera's pictures on their way through.
pub(crate) struct CameraRelay {
    order: ArrivalOrder<(MediaHeader, Bytes)>,
    budget: KeyFrameBudget,
    cutter: PictureCutter,
    request: u32,
}

impl CameraRelay {
    pub(crate) fn new() -> Self {
        Self {
            order: ArrivalOrder::new(OVERTAKEN_PATIENCE),
            budget: KeyFrameBudget::new(),
            cutter: PictureCutter::default(),
            request: 0,
        }
    }

    /// A new media connection: sequences may start anywhere.
    pub(crate) fn restart(&mut self) {
        self.order = ArrivalOrder::new(OVERTAKEN_PATIENCE);
    }

    /// True if the vehicle is to be asked now.
    pub(crate) fn wish(&mut self, now: MonoTime) -> bool {
        let ask = self.budget.wish(now);
        self.request = self.request.wrapping_add(u32::from(ask));
        ask
    }

    /// True if a wish that had to wait is due now.
    fn tick(&mut self, now: MonoTime) -> bool {
        let ask = self.budget.tick(now);
        self.request = self.request.wrapping_add(u32::from(ask));
        ask
    }

    pub(crate) fn request(&self) -> u32 {
        self.request
    }

    fn cut(&mut self, arrival: Arrival<(MediaHeader, Bytes)>) -> Vec<Arc<PicturePackets>> {
        let units = arrival.forward.into_iter();
        let mut pictures = Vec::new();
        for (header, bytes) in units {
            if header.key {
                self.budget.key_frame();
            }
            pictures.extend(self.cutter.cut(header, now(), bytes).map(Arc::new));
        }
        pictures
    }
}

/// Accepts until the endpoint closes.
pub(crate) async fn accept(endpoint: Endpoint, vehicles: Arc<Vehicles>, rules: Arc<dyn Rules>) {
    while let Some(incoming) = endpoint.accept().await {
        let (vehicles, rules) = (Arc::clone(&vehicles), Arc::clone(&rules));
        tokio::spawn(async move {
            let remote = incoming.remote_address();
            let connection = match incoming.await {
                Ok(connection) => connection,
                Err(error) => return not_connected(&*rules, remote, &error),
            };
            match peer_vehicle(&connection) {
                // Only a vehicle whose hello was accepted may send pictures.
                Ok(id) => match vehicles.find(&id).filter(|vehicle| vehicle.connected()) {
                    Some(vehicle) => serve(connection, vehicle).await,
                    None => connection.close(3_u32.into(), b"control first"),
                },
                Err(error) => rules.peer_refused(remote, &error.to_string()),
            }
        });
    }
}

async fn serve(connection: Connection, vehicle: Arc<Vehicle>) {
    info!(vehicle = %vehicle.id, "pictures connected");
    vehicle.attach_media(connection.clone());
    let demanding = tokio::spawn(demand(connection.clone(), Arc::clone(&vehicle)));
    while let Ok(stream) = connection.accept_uni().await {
        let (vehicle, connection) = (Arc::clone(&vehicle), connection.clone());
        tokio::spawn(async move {
            match timeout(UNIT_WITHIN, read_unit(stream)).await {
                Ok(Ok((header, bytes))) => take(&vehicle, &connection, header, bytes),
                Ok(Err(error)) => dropped(&vehicle, 1, &error.to_string()),
                Err(_) => dropped(&vehicle, 1, "too slow"),
            }
        });
    }
    demanding.abort();
    info!(vehicle = %vehicle.id, "pictures ended");
}

fn take(vehicle: &Vehicle, connection: &Connection, header: MediaHeader, bytes: Bytes) {
    let camera = header.camera;
    if vehicle.hello().is_none_or(|hello| usize::from(camera.0) >= hello.cameras.len()) {
        return dropped(vehicle, 1, "a camera that was not announced");
    }
    metrics::counter!("farhand_media_units_total", "vehicle" => vehicle.id.to_string(), "camera" => camera.to_string())
        .increment(1);
    metrics::counter!("farhand_media_bytes_total", "vehicle" => vehicle.id.to_string(), "camera" => camera.to_string())
        .increment(u64::from(header.length));
    let label = UnitLabel::from(&header);
    pass_on(vehicle, camera, |relay| {
        // Another connection counts its units anew.
        let current = vehicle.has_media(connection);
        if current { relay.order.arrive(now(), label, (header, bytes)) } else { nothing_but_a_loss() }
    });
}

fn nothing_but_a_loss<T>() -> Arrival<T> {
    Arrival { forward: Vec::new(), dropped: 1, ask_key_frame: false }
}

/// Lets the camera's order decide, and hands on what it releases, in that order: units are read by many tasks, so the lock is
/// held until every viewer's port has them. Nothing under it waits.
fn pass_on(vehicle: &Vehicle, camera: CameraIndex, decide: impl FnOnce(&mut CameraRelay) -> Arrival<(MediaHeader, Bytes)>) {
    let mut cameras = locked(&vehicle.cameras);
    let relay = cameras.entry(camera).or_insert_with(CameraRelay::new);
    let arrival = decide(relay);
    let (mut starving, lost) = (arrival.ask_key_frame, arrival.dropped);
    for picture in relay.cut(arrival) {
        for port in vehicle.ports() {
            starving |= port.offer(camera, &picture);
        }
    }
    drop(cameras);
    if lost > 0 {
        dropped(vehicle, lost, "out of order");
    }
    if starving {
        vehicle.wish_key_frame(camera);
    }
}

/// Tells the vehicle which pictures are wanted: five times a second and at once on a change.
async fn demand(connection: Connection, vehicle: Arc<Vehicle>) {
    let mut period = interval(DEMAND_PERIOD);
    period.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for seq in 1.. {
        tokio::select! {
            _ = period.tick() => {}
            () = vehicle.demand_changed.notified() => {}
        }
        tick(&vehicle);
        if farhand_transport::send_datagram(&connection, &vehicle.demand(seq)).is_err() {
            return;
        }
    }
}

/// Gives up units that never came, and remembers wishes that had to wait.
fn tick(vehicle: &Vehicle) {
    let cameras: Vec<CameraIndex> = locked(&vehicle.cameras).keys().copied().collect();
    for camera in cameras {
        pass_on(vehicle, camera, |relay| relay.order.tick(now()));
        if let Some(relay) = locked(&vehicle.cameras).get_mut(&camera) {
            relay.tick(now());
        }
    }
}

fn dropped(vehicle: &Vehicle, count: usize, why: &str) {
    debug!(vehicle = %vehicle.id, count, why, "units dropped");
    metrics::counter!("farhand_media_units_dropped_total", "vehicle" => vehicle.id.to_string()).increment(count as u64);
}
