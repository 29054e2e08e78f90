//! A camera that keeps itself alive.

use crate::content::Content;
use crate::mends::CameraError;
use crate::pipeline::{Encoded, Pipeline, Traffic};
use bytes::Bytes;
use farhand_profile::CameraProfile;
use farhand_protocol::{CameraIndex, Codec, MAX_UNIT_BYTES, MediaHeader};
use gstreamer::ClockTime;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

// A camera at one picture a second is still alive.
const SILENT_AFTER: Duration = Duration::from_secs(2);
// A network camera negotiates for seconds before its first picture.
const FIRST_PICTURE_WITHIN: Duration = Duration::from_secs(6);
const FIRST_RETRY: Duration = Duration::from_millis(250);
const LAST_RETRY: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(200);
// A source nobody watches is closed after this: it costs power in the camera and, in the simulator, the drawing.
const REST_AFTER: Duration = Duration::from_secs(5);

/// One encoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Number, dependency, capture time and length.
    pub header: MediaHeader,
    /// One H.264 access unit, Annex B.
    pub payload: Bytes,
    /// What the picture shows, if the camera's `freeze_check` asks for it.
    pub content: Option<Content>,
}

/// Whoever takes a camera's pictures. Called on GStreamer's threads, so neither may wait.
pub trait Taker: Send + Sync + 'static {
    /// A raw picture is there. False if it is not to be encoded: the next one is newer.
    fn admits(&self) -> bool {
        true
    }

    /// An encoded picture.
    fn take(&self, unit: Unit);
}

impl<F: Fn(Unit) + Send + Sync + 'static> Taker for F {
    fn take(&self, unit: Unit) {
        self(unit);
    }
}

/// One running camera. Dropping it asks it to stop without waiting.
#[derive(Debug)]
pub struct Camera {
    shared: Arc<Shared>,
    orders: SyncSender<Order>,
    stopped: Receiver<()>,
}

/// What the handle asks of the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Somebody watches: open the source if it rests.
    Wake,
    /// End.
    Stop,
}

/// How one pipeline's life ended.
enum End {
    Stopped,
    Resting,
    Fault(CameraError),
}

/// What the supervisor and the handle share.
struct Shared {
    traffic: Arc<Traffic>,
    wants_key_frame: AtomicBool,
    /// What the encoder is to keep.
    bitrate_kbps: AtomicU32,
    fps: u32,
    pipeline: Mutex<Option<Arc<Pipeline>>>,
    fault: Mutex<Option<CameraError>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("bitrate_kbps", &self.bitrate_kbps).finish_non_exhaustive()
    }
}

impl Camera {
    /// Starts the camera on its own thread.
    ///
    /// # Errors
    /// What the system says if it gives no thread. A source that fails is no error here: it is logged and tried again.
    pub fn start(index: CameraIndex, profile: CameraProfile, taker: impl Taker) -> std::io::Result<Self> {
        let taker: Arc<dyn Taker> = Arc::new(taker);
        let shared = Arc::new(Shared {
            traffic: Arc::new(Traffic::new(&profile, Some(Arc::clone(&taker)))),
            wants_key_frame: AtomicBool::new(false),
            bitrate_kbps: AtomicU32::new(profile.bitrate_kbps),
            fps: profile.fps,
            pipeline: Mutex::new(None),
            fault: Mutex::new(None),
        });
        let (orders, asked) = sync_channel(8);
        let (done, stopped) = sync_channel(1);
        let numbering = Numbering { index, next: 0, taker };
        let supervisor = Supervisor { profile, shared: Arc::clone(&shared), asked, numbering: Arc::new(Mutex::new(numbering)) };
        std::thread::Builder::new().name(format!("camera-{}", index.0)).spawn(move || {
            supervisor.run();
            // Nobody waits if the handle is gone.
            let _ = done.try_send(());
        })?;
        Ok(Self { shared, orders, stopped })
    }

    /// Says whether somebody watches. The first picture after nobody did is a key frame.
    pub fn watch(&self, watched: bool) {
        let before = self.shared.traffic.watched.swap(watched, Ordering::Relaxed);
        if watched && !before {
            self.request_key_frame();
            // A full channel holds a wake already.
            let _ = self.orders.try_send(Order::Wake);
        }
    }

    /// Makes the next picture a key frame.
    pub fn request_key_frame(&self) {
        let pipeline = lock(&self.shared.pipeline).clone();
        match pipeline {
            Some(pipeline) => pipeline.force_key_frame(),
            // A new pipeline begins with one anyway, but it may be on its way already.
            None => self.shared.wants_key_frame.store(true, Ordering::Relaxed),
        }
    }

    /// Sets the rate that the encoder keeps from its next picture on, without a restart and without a key frame.
    pub fn set_bitrate(&self, kbps: u32) {
        if self.shared.bitrate_kbps.swap(kbps, Ordering::Relaxed) == kbps {
            return;
        }
        if let Some(pipeline) = lock(&self.shared.pipeline).as_ref() {
            pipeline.set_bitrate(kbps);
        }
    }

    /// Pictures a second, on which the encoder counts.
    #[must_use]
    pub fn fps(&self) -> u32 {
        self.shared.fps
    }

    /// What is wrong now, if anything.
    pub fn fault(&self) -> Option<CameraError> {
        lock(&self.shared.fault).clone()
    }

    /// Asks the camera to stop, without waiting.
    pub fn ask_to_stop(&self) {
        // A channel full of wakes is emptied by the supervisor within one look; dropping the handle ends it too.
        let _ = self.orders.try_send(Order::Stop);
    }

    /// Stops and waits until the source is closed, at most `within`. True if it was in time.
    #[must_use]
    pub fn stop(self, within: Duration) -> bool {
        self.ask_to_stop();
        !matches!(self.stopped.recv_timeout(within), Err(RecvTimeoutError::Timeout))
    }
}

/// Gives numbers across all pipelines of one camera.
struct Numbering {
    index: CameraIndex,
    next: u32,
    taker: Arc<dyn Taker>,
}

impl Numbering {
    fn hand_on(&mut self, encoded: Encoded) {
        let length = match u32::try_from(encoded.bytes.len()) {
            Ok(length) if length <= MAX_UNIT_BYTES => length,
            _ => {
                tracing::warn!(camera = self.index.0, bytes = encoded.bytes.len(), "A picture is too long to send");
                // The number is used up, so what depends on the lost picture is withheld until a key frame.
                self.next = self.next.wrapping_add(1);
                return;
            }
        };
        let sequence = self.next;
        self.next = self.next.wrapping_add(1);
        let header = MediaHeader {
            camera: self.index,
            codec: Codec::H264,
            key: encoded.key,
            sequence,
            depends_on: if encoded.key { sequence } else { sequence.wrapping_sub(1) },
            capture: encoded.capture,
            length,
        };
        self.taker.take(Unit { header, payload: encoded.bytes, content: encoded.content });
    }
}

struct Supervisor {
    profile: CameraProfile,
    shared: Arc<Shared>,
    asked: Receiver<Order>,
    numbering: Arc<Mutex<Numbering>>,
}

impl Supervisor {
    fn run(&self) {
        let mut retry = FIRST_RETRY;
        loop {
            let before = self.pictures();
            match self.one_life() {
                End::Stopped => return,
                End::Resting => {
                    if !self.rest() {
                        return;
                    }
                    retry = FIRST_RETRY;
                    continue;
                }
                End::Fault(fault) => self.report(fault),
            }
            if self.pictures() > before {
                retry = FIRST_RETRY;
            }
            if self.stops_within(retry) {
                return;
            }
            retry = (retry * 2).min(LAST_RETRY);
        }
    }

    /// Waits until somebody watches; false if the camera is to end.
    fn rest(&self) -> bool {
        tracing::debug!(camera = self.profile.name, "Nobody watches; source closed");
        while !self.watched() {
            match self.asked.recv() {
                Ok(Order::Wake) => {}
                Ok(Order::Stop) | Err(_) => return false,
            }
        }
        true
    }

    /// Runs one pipeline until it fails, rests or is stopped.
    fn one_life(&self) -> End {
        let name = &self.profile.name;
        let numbering = Arc::clone(&self.numbering);
        let built = Pipeline::build(&self.profile, &self.shared.traffic, move |encoded| lock(&numbering).hand_on(encoded));
        let pipeline = match built {
            Ok(pipeline) => Arc::new(pipeline),
            Err(fault) => return End::Fault(fault),
        };
        if let Err(fault) = pipeline.start(name) {
            return End::Fault(fault);
        }
        *lock(&self.shared.pipeline) = Some(Arc::clone(&pipeline));
        pipeline.set_bitrate(self.shared.bitrate_kbps.load(Ordering::Relaxed));
        if self.shared.wants_key_frame.swap(false, Ordering::Relaxed) {
            pipeline.force_key_frame();
        }
        let end = self.watch_over(&pipeline);
        *lock(&self.shared.pipeline) = None;
        end
    }

    fn watch_over(&self, pipeline: &Pipeline) -> End {
        let name = &self.profile.name;
        let (first, mut seen, mut since) = (self.pictures(), self.pictures(), Instant::now());
        let mut watched_at = Instant::now();
        loop {
            let look = ClockTime::from_mseconds(u64::try_from(LOOK_EVERY.as_millis()).unwrap_or(u64::MAX));
            if let Some(fault) = pipeline.news(name, look) {
                return End::Fault(fault);
            }
            if self.stops_within(Duration::ZERO) {
                return End::Stopped;
            }
            if self.watched() {
                watched_at = Instant::now();
            }
            let pictures = self.pictures();
            if pictures != seen {
                (seen, since) = (pictures, Instant::now());
                self.well();
            }
            let limit = if seen == first { FIRST_PICTURE_WITHIN } else { SILENT_AFTER };
            if since.elapsed() > limit {
                return End::Fault(CameraError::Silent { camera: name.clone(), silence: limit });
            }
            if seen != first && watched_at.elapsed() > REST_AFTER {
                return End::Resting;
            }
        }
    }

    fn watched(&self) -> bool {
        self.shared.traffic.watched.load(Ordering::Relaxed)
    }

    fn pictures(&self) -> u64 {
        self.shared.traffic.pictures.load(Ordering::Relaxed)
    }

    /// Waits that long for the order to stop; to wake a camera that does not rest is nothing.
    fn stops_within(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        loop {
            match self.asked.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Order::Wake) => {}
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) => return false,
            }
        }
    }

    /// Says a new fault once; the same again only in detail.
    fn report(&self, fault: CameraError) {
        let mut known = lock(&self.shared.fault);
        if known.as_ref() == Some(&fault) {
            tracing::debug!(%fault, "Camera still away");
        } else {
            tracing::warn!(%fault, "Camera away");
        }
        *known = Some(fault);
    }

    fn well(&self) {
        if lock(&self.shared.fault).take().is_some() {
            tracing::info!(camera = self.profile.name, "Camera is back");
        }
    }
}

/// Runs a camera until its first encoded picture and stops it.
///
/// # Errors
/// [`CameraError`] that says what is wrong, [`CameraError::Silent`] if nothing came in time.
pub fn check(profile: &CameraProfile, within: Duration) -> Result<(), CameraError> {
    let traffic = Arc::new(Traffic::new(profile, None));
    traffic.watched.store(true, Ordering::Relaxed);
    let (first, came) = sync_channel(1);
    // Only the first picture counts; later ones find the channel full.
    let pipeline = Pipeline::build(profile, &traffic, move |_| {
        let _ = first.try_send(());
    })?;
    pipeline.start(&profile.name)?;
    let deadline = Instant::now() + within;
    while Instant::now() < deadline {
        if let Some(fault) = pipeline.news(&profile.name, ClockTime::ZERO) {
            return Err(fault);
        }
        if came.recv_timeout(Duration::from_millis(50)).is_ok() {
            return Ok(());
        }
    }
    Err(CameraError::Silent { camera: profile.name.clone(), silence: within })
}

/// A panic in another thread leaves plain values behind, all of them usable.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
