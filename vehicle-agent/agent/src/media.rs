//! Pictures to the gateway: whole, in order, the newest or none. One thread.

use crate::dial::{Dialer, Silence};
use crate::guardian::GuardianPort;
use crate::outlet::{Outlet, Refusal};
use crate::pace::{Pace, encoder_kbps};
use farhand_cameras::{Camera, Content, Unit};
use farhand_drive::{AgentSays, PictureMotion, vehicle_now};
use farhand_link::LatestSlot;
use farhand_protocol::{CameraIndex, MediaDemand, MonoTime, WIRE_VERSION};
use farhand_transport::{Connection, MessageError, UnitError, packet_clock, probe, read_datagram, send_unit};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

const TICK: Duration = Duration::from_millis(50);
const SILENT_AFTER: Duration = Duration::from_millis(500);
// The gateway repeats its demand five times a second.
const DEMAND_LASTS: Duration = Duration::from_secs(2);
// Handing a unit to quinn waits only when credits are used up; then the picture is not worth the wait.
const HAND_OVER: Duration = Duration::from_millis(5);

// An encoder is told a new rate when it differs by a thirtieth: less is not seen.
const TUNED_BY: u32 = 30;

/// Where cameras put their newest picture, from GStreamer's threads.
#[derive(Debug, Clone)]
pub(crate) struct Inbox(Arc<InboxParts>);

#[derive(Debug)]
struct InboxParts {
    slots: Mutex<Vec<LatestSlot<Unit>>>,
    arrived: Notify,
}

impl Inbox {
    pub(crate) fn new(cameras: usize) -> Self {
        let slots = Mutex::new(std::iter::repeat_with(LatestSlot::new).take(cameras).collect());
        Self(Arc::new(InboxParts { slots, arrived: Notify::new() }))
    }

    /// Puts a picture in; one still waiting is displaced, and the gate sees the gap in the numbers.
    pub(crate) fn put(&self, unit: Unit) {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get_mut(usize::from(unit.header.camera.0)) {
            slot.put(unit);
        }
        drop(slots);
        self.0.arrived.notify_one();
    }

    fn take_all(&self) -> Vec<Unit> {
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter_mut().filter_map(LatestSlot::take).collect()
    }
}

/// What the media thread needs.
pub(crate) struct MediaPlan {
    pub(crate) dialer: Dialer,
    pub(crate) cameras: Vec<Camera>,
    pub(crate) inbox: Inbox,
    pub(crate) pace: Pace,
    pub(crate) port: GuardianPort,
    /// Whether a gateway that welcomed this vehicle is heard on control.
    pub(crate) control_stands: Arc<AtomicBool>,
    pub(crate) stop: CancellationToken,
}

struct Link {
    connection: Connection,
    silence: Silence,
    newest_demand: Option<u64>,
}

/// Acknowledgements under way on the present connection: camera, sequence, arrived.
type Acknowledgements = JoinSet<(CameraIndex, u32, bool)>;

/// Runs until told to stop.
pub(crate) async fn run(mut plan: MediaPlan) {
    let stop = plan.stop.clone();
    let outlets = plan.cameras.iter().map(|_| Outlet::default()).collect();
    let told = vec![None; plan.cameras.len()];
    let rates_kbps = vec![0; plan.cameras.len()];
    let mut media = Media { outlets, told, link: None, demanded_at: None, acknowledgements: JoinSet::new(), rates_kbps };
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = plan.inbox.0.arrived.notified() => {
                for unit in plan.inbox.take_all() {
                    media.offer(&plan, unit).await;
                }
            }
            demand = demand(media.link.as_ref()) => media.demanded(&plan, demand),
            (camera, sequence, arrived) = next_acknowledgement(&mut media.acknowledgements) => media.acknowledged(&plan, camera, sequence, arrived),
            () = plan.pace.changed() => {}
            _ = tick.tick() => media.tick(&mut plan),
            connection = plan.dialer.won() => media.adopt(&mut plan, connection),
        }
        media.tune(&plan);
    }
    if let Some(link) = media.link.take() {
        link.connection.close(0_u32.into(), b"the agent stops");
    }
    plan.cameras.iter().for_each(Camera::ask_to_stop);
    plan.dialer.close().await;
    for camera in plan.cameras {
        if !camera.stop(Duration::from_millis(500)) {
            tracing::warn!("A camera's source does not close");
        }
    }
}

struct Media {
    outlets: Vec<Outlet>,
    /// What the guardian was told last of each camera's content.
    told: Vec<Option<Content>>,
    link: Option<Link>,
    demanded_at: Option<MonoTime>,
    acknowledgements: Acknowledgements,
    /// What each encoder was told to keep.
    rates_kbps: Vec<u32>,
}

impl Media {
    /// Sends a picture, and tells the guardian what it must know of it: before the next command, which may name the picture.
    async fn offer(&mut self, plan: &MediaPlan, unit: Unit) {
        let (camera, capture) = (unit.header.camera, unit.header.capture);
        let content = self.news_of(&unit);
        self.send(plan, unit).await;
        if let Some((Content { frame, changes, .. }, motion)) = content {
            plan.port.say_along(AgentSays::Content { camera, capture, frame, changes, motion });
        }
    }

    /// A content that the guardian must hear of, also if the picture is not sent in the end: the counts go on, and the guardian
    /// decides. With it, how the scene has moved since the word before.
    fn news_of(&mut self, unit: &Unit) -> Option<(Content, Option<PictureMotion>)> {
        let told = self.told.get_mut(usize::from(unit.header.camera.0))?;
        let content = unit.content.filter(|content| content.is_news(told.as_ref()))?;
        let motion = told.and_then(|told| content.motion_since(&told));
        *told = Some(content);
        Some((content, motion))
    }

    /// Sends a picture if it can be decoded there and there is room, and tells the guardian only then.
    async fn send(&mut self, plan: &MediaPlan, unit: Unit) {
        let (camera, capture) = (unit.header.camera, unit.header.capture);
        let in_flight: usize = self.outlets.iter().map(Outlet::bytes_in_flight).sum();
        let Some(outlet) = self.outlets.get_mut(usize::from(camera.0)) else { return };
        let Some(link) = &mut self.link else { return };
        let now = vehicle_now();
        match outlet.admit(now, &unit.header, in_flight) {
            Ok(()) => {}
            Err(Refusal { ask_key_frame }) => {
                if ask_key_frame {
                    wish(plan, outlet, camera);
                }
                return;
            }
        }
        match timeout(HAND_OVER, send_unit(&link.connection, &unit.header, unit.payload)).await {
            Ok(Ok(sent)) => {
                plan.port.say_along(AgentSays::Sent { camera, capture });
                let (sequence, arrival) = (unit.header.sequence, sent.acknowledged());
                self.acknowledgements.spawn(async move { (camera, sequence, arrival.await) });
                plan.pace.handed_over(camera, outlet.sent(packet_clock(), &unit.header, sent));
            }
            Ok(Err(UnitError::Connection(error))) => {
                tracing::debug!(%error, "Media connection gone");
                outlet.failed();
            }
            Ok(Err(error)) => {
                tracing::warn!(camera = camera.0, %error, "Picture not sent");
                outlet.failed();
                wish(plan, outlet, camera);
            }
            Err(_late) => {
                outlet.failed();
                wish(plan, outlet, camera);
            }
        }
    }

    fn demanded(&mut self, plan: &MediaPlan, demand: Result<MediaDemand, MessageError>) {
        let Some(link) = &mut self.link else { return };
        let demand = match demand {
            Ok(demand) if demand.v == WIRE_VERSION => demand,
            Ok(demand) => return tracing::warn!(version = demand.v, "Demand of another version; update the agent"),
            Err(MessageError::Decode(error)) => return tracing::warn!(%error, "Gateway says something unknown"),
            Err(error) => {
                tracing::warn!(%error, "Media connection gone");
                self.link = None;
                return;
            }
        };
        if link.newest_demand.is_some_and(|newest| demand.seq <= newest) {
            return;
        }
        link.newest_demand = Some(demand.seq);
        self.demanded_at = Some(vehicle_now());
        plan.pace.demanded(|camera| demand.cameras.iter().any(|wanted| wanted.camera == camera), demand.downlink_bps);
        for (index, (camera, outlet)) in plan.cameras.iter().zip(&mut self.outlets).enumerate() {
            let wanted = demand.cameras.iter().find(|wanted| usize::from(wanted.camera.0) == index);
            camera.watch(wanted.is_some());
            let Some(wanted) = wanted else { continue };
            if outlet.key_frame_requested(wanted.key_frame_request) {
                wish(plan, outlet, wanted.camera);
            }
        }
    }

    fn acknowledged(&mut self, plan: &MediaPlan, camera: CameraIndex, sequence: u32, arrived: bool) {
        let Some(outlet) = self.outlets.get_mut(usize::from(camera.0)) else { return };
        if outlet.acknowledged(sequence, arrived) {
            wish(plan, outlet, camera);
        }
    }

    fn tick(&mut self, plan: &mut MediaPlan) {
        let now = vehicle_now();
        let stands = self.link.as_mut().is_some_and(|link| link.silence.stands(&link.connection));
        // A gateway takes pictures only of a vehicle that it welcomed on control: until then each call would be turned away.
        plan.dialer.tick(!stands && plan.control_stands.load(Ordering::Relaxed));
        if self.demanded_at.is_some_and(|at| now.since(at) >= DEMAND_LASTS) {
            self.demanded_at = None;
            plan.cameras.iter().for_each(|camera| camera.watch(false));
            plan.pace.demanded(|_| false, None);
        }
        if let Some(link) = self.link.as_ref().filter(|_| plan.pace.is_missing()) {
            probe(&link.connection);
        }
        for (index, outlet) in self.outlets.iter_mut().enumerate() {
            let camera = CameraIndex(u8::try_from(index).unwrap_or(u8::MAX));
            if outlet.give_up(|since| plan.pace.gives_up(packet_clock(), since)) {
                wish(plan, outlet, camera);
            } else if outlet.budget.tick(now) {
                ask(plan, camera);
            }
        }
    }

    /// Tells each encoder its share; small changes wait until they add up.
    fn tune(&mut self, plan: &MediaPlan) {
        for (index, (camera, share)) in plan.cameras.iter().zip(plan.pace.shares(packet_clock())).enumerate() {
            let (kbps, Some(told)) = (encoder_kbps(share, camera.fps()), self.rates_kbps.get_mut(index)) else { continue };
            if share.bps > 0 && kbps.abs_diff(*told) * TUNED_BY >= *told {
                *told = kbps;
                camera.set_bitrate(kbps);
            }
        }
    }

    fn adopt(&mut self, plan: &mut MediaPlan, connection: Connection) {
        tracing::info!(gateway = %connection.remote_address(), "Media connection stands");
        plan.dialer.tick(false);
        plan.dialer.succeeded();
        for outlet in &mut self.outlets {
            outlet.restart();
        }
        self.acknowledgements = JoinSet::new();
        plan.pace.restart();
        let link = Link { connection, silence: Silence::new(SILENT_AFTER), newest_demand: None };
        if let Some(old) = self.link.replace(link) {
            old.connection.close(0_u32.into(), b"replaced by a fresh connection");
        }
    }
}

fn wish(plan: &MediaPlan, outlet: &mut Outlet, camera: CameraIndex) {
    if outlet.budget.wish(vehicle_now()) {
        ask(plan, camera);
    }
}

fn ask(plan: &MediaPlan, camera: CameraIndex) {
    if let Some(camera) = plan.cameras.get(usize::from(camera.0)) {
        camera.request_key_frame();
    }
}

async fn demand(link: Option<&Link>) -> Result<MediaDemand, MessageError> {
    match link {
        Some(link) => read_datagram(&link.connection).await,
        None => std::future::pending().await,
    }
}

async fn next_acknowledgement(under_way: &mut Acknowledgements) -> (CameraIndex, u32, bool) {
    loop {
        match under_way.join_next().await {
            Some(Ok(done)) => return done,
            Some(Err(_aborted)) => {}
            None => return std::future::pending().await,
        }
    }
}
