//! One camera's GStreamer pipeline: build it, stamp what enters, hand out what is encoded.

use crate::camera::Taker;
use crate::content::{Content, ContentWatch, Luma};
use crate::mends::{CameraError, failure, package_mend};
use farhand_drive::vehicle_now;
use farhand_profile::CameraProfile;
use farhand_protocol::MonoTime;
use gstreamer::prelude::*;
use gstreamer::{ClockTime, PadProbeReturn, PadProbeType};
use gstreamer_app::{AppSink, AppSinkCallbacks};
use gstreamer_video::{UpstreamForceKeyUnitEvent, VideoFrameExt, VideoFrameRef, VideoInfo};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

const ENTRY: &str = "farhand-entry";
const ENCODER: &str = "farhand-encoder";
const SINK: &str = "farhand-sink";
// A key frame comes when it is asked for; this is only the net below, should a request be lost.
const SAFETY_KEY_SECONDS: u32 = 10;
// How many milliseconds of the bit rate one picture may take: bounds a key frame to three pictures' worth at 30 a second.
const VBV_MS: u32 = 100;
// Beyond this the encoder leaves out what has changed, and an old place looks live. What does not fit then is shown less often.
const QP_MAX: u32 = 36;
// x264enc moves a stream that begins below 1000 hours up to there, so that decode times stay positive. Beginning at that
// height leaves each stamp as it was written.
const STAMP_BASE: ClockTime = ClockTime::from_seconds(1000 * 3600);
// Two captures closer than this would get the same RTP timestamp (90 kHz).
const SMALLEST_STEP_US: u64 = 12;
// What GStreamer writes where a source does not count.
const NO_OFFSET: u64 = u64::MAX;

/// What the probes and the supervisor share.
#[derive(Default)]
pub(crate) struct Traffic {
    /// Asked before each picture is let in; none lets all of them in.
    taker: Option<Arc<dyn Taker>>,
    /// Somebody wants the pictures.
    pub(crate) watched: AtomicBool,
    /// Raw pictures that came, watched or not.
    pub(crate) pictures: AtomicU64,
    /// Pictures that the source counted as new ones.
    frames: AtomicU64,
    /// The source's own number of the newest picture.
    last_offset: AtomicU64,
    /// Capture time of the newest picture let in.
    last_capture_us: AtomicU64,
    /// What the pictures show; none if nobody wants to know.
    pub(crate) content: Option<Mutex<Looked>>,
}

/// What the pictures of one camera show, and of which picture that was measured last.
#[derive(Debug)]
pub(crate) struct Looked {
    watch: ContentWatch,
    newest: Option<(MonoTime, Content)>,
}

impl Traffic {
    pub(crate) fn new(profile: &CameraProfile, taker: Option<Arc<dyn Taker>>) -> Self {
        let looked = |check| Mutex::new(Looked { watch: ContentWatch::new(check, &profile.lens), newest: None });
        Self { taker, content: profile.freeze_check.map(looked), ..Self::default() }
    }

    /// True if the picture that is there now is to be encoded.
    fn admits(&self) -> bool {
        self.watched.load(Ordering::Relaxed) && self.taker.as_ref().is_none_or(|taker| taker.admits())
    }

    /// Counts a picture, as its source does where it has a count: a number that it repeats is the same picture once more.
    fn count(&self, offset: u64) -> u64 {
        let last = self.last_offset.swap(offset, Ordering::Relaxed);
        let new = offset == NO_OFFSET || offset != last || self.frames.load(Ordering::Relaxed) == 0;
        self.frames.fetch_add(u64::from(new), Ordering::Relaxed) + u64::from(new)
    }

    /// What was measured on the picture with this capture time.
    fn content_of(&self, capture: MonoTime) -> Option<Content> {
        let looked = lock(self.content.as_ref()?);
        looked.newest.filter(|(at, _)| *at == capture).map(|(_, content)| content)
    }
}

/// One encoded picture, before it has a number.
pub(crate) struct Encoded {
    pub(crate) capture: MonoTime,
    pub(crate) key: bool,
    pub(crate) bytes: bytes::Bytes,
    pub(crate) content: Option<Content>,
}

/// A built pipeline; stopped when dropped.
pub(crate) struct Pipeline {
    chain: gstreamer::Pipeline,
    encoder: gstreamer::Element,
    /// The first error, caught where it is posted: a start that fails flushes the bus.
    first_error: Arc<OnceLock<CameraError>>,
}

impl Pipeline {
    /// Builds without starting.
    pub(crate) fn build(
        profile: &CameraProfile,
        traffic: &Arc<Traffic>,
        deliver: impl FnMut(Encoded) + Send + 'static,
    ) -> Result<Self, CameraError> {
        let pipeline = parse(profile)?;
        let part = |name| {
            pipeline.by_name(name).ok_or_else(|| CameraError::Source {
                camera: profile.name.clone(),
                why: format!("it leaves no place for {name}"),
            })
        };
        let (entry, encoder, sink) = (part(ENTRY)?, part(ENCODER)?, part(SINK)?);
        stamp(&entry, profile, traffic);
        look(&encoder, traffic);
        let sink = sink
            .downcast::<AppSink>()
            .map_err(|_| CameraError::Source { camera: profile.name.clone(), why: format!("it uses the name {SINK}") })?;
        hand_out(&sink, traffic, deliver);
        let first_error = catch_errors(&pipeline, &profile.name);
        Ok(Self { chain: pipeline, encoder, first_error })
    }

    pub(crate) fn start(&self, camera: &str) -> Result<(), CameraError> {
        match self.chain.set_state(gstreamer::State::Playing) {
            Ok(_) => Ok(()),
            // The element's own words are the better error.
            Err(error) => Err(self
                .first_error
                .get()
                .cloned()
                .unwrap_or_else(|| CameraError::Source { camera: camera.to_owned(), why: error.to_string() })),
        }
    }

    /// Waits for an error or the end of the source.
    pub(crate) fn news(&self, camera: &str, within: ClockTime) -> Option<CameraError> {
        use gstreamer::{MessageType, MessageView};
        let message = self.chain.bus()?.timed_pop_filtered(within, &[MessageType::Error, MessageType::Eos])?;
        match message.view() {
            MessageView::Error(error) => Some(self.first_error.get().cloned().unwrap_or_else(|| failure(camera, error))),
            _ => Some(CameraError::Ended { camera: camera.to_owned() }),
        }
    }

    /// The encoder keeps this rate from its next picture on.
    pub(crate) fn set_bitrate(&self, kbps: u32) {
        self.encoder.set_property("bitrate", kbps.max(1));
    }

    /// Makes the next picture one that can be decoded alone.
    pub(crate) fn force_key_frame(&self) {
        let event = UpstreamForceKeyUnitEvent::builder().all_headers(true).build();
        if !self.encoder.send_event(event) {
            tracing::debug!("the encoder takes no key frame request yet");
        }
    }
}

fn catch_errors(pipeline: &gstreamer::Pipeline, camera: &str) -> Arc<OnceLock<CameraError>> {
    let first = Arc::new(OnceLock::new());
    let (slot, camera) = (Arc::clone(&first), camera.to_owned());
    if let Some(bus) = pipeline.bus() {
        bus.set_sync_handler(move |_, message| {
            if let gstreamer::MessageView::Error(error) = message.view() {
                slot.get_or_init(|| failure(&camera, error));
            }
            gstreamer::BusSyncReply::Pass
        });
    }
    first
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        if let Err(error) = self.chain.set_state(gstreamer::State::Null) {
            tracing::warn!(%error, "a camera's pipeline does not stop");
        }
    }
}

fn parse(profile: &CameraProfile) -> Result<gstreamer::Pipeline, CameraError> {
    let mut context = gstreamer::ParseContext::new();
    let parsed = gstreamer::parse::launch_full(&description(profile), Some(&mut context), gstreamer::ParseFlags::FATAL_ERRORS);
    // An element with a wrong property is on this list too; only what cannot be found is missing.
    let missing = |element: &String| gstreamer::ElementFactory::find(element).is_none();
    if let Some(element) = context.missing_elements().into_iter().find(missing) {
        let mend = package_mend(&element);
        return Err(CameraError::MissingElement { camera: profile.name.clone(), element, mend });
    }
    let why = match parsed {
        Ok(element) => match element.downcast::<gstreamer::Pipeline>() {
            Ok(pipeline) => return Ok(pipeline),
            Err(_) => "it is no chain of elements".to_owned(),
        },
        Err(error) => error.to_string(),
    };
    Err(CameraError::Source { camera: profile.name.clone(), why })
}

/// The whole chain. The source's own thread only stamps; scaling, converting (both pass through what fits already) and
/// encoding have the thread of the queue, which holds the newest picture only.
fn description(profile: &CameraProfile) -> String {
    let CameraProfile { source, width_px, height_px, fps, bitrate_kbps, .. } = profile;
    // One thread and one slice for each picture; sliced threads are still to be compared by measurement.
    // `scenecut=0`: a key frame comes when asked, never because the picture changed. The floor of the quantiser keeps a
    // still picture from being polished up to the full bit rate.
    format!(
        "{source} ! queue name={ENTRY} max-size-buffers=1 max-size-bytes=0 max-size-time=0 leaky=downstream \
         ! videoscale ! videoconvert ! video/x-raw,format=I420,width={width_px},height={height_px} \
         ! x264enc name={ENCODER} tune=zerolatency speed-preset=ultrafast bitrate={bitrate_kbps} vbv-buf-capacity={VBV_MS} \
           key-int-max={key_int} bframes=0 threads=1 sliced-threads=false cabac=false qp-min=18 qp-max={QP_MAX} byte-stream=true aud=false \
           option-string=scenecut=0 \
         ! video/x-h264,profile=constrained-baseline,stream-format=byte-stream,alignment=au \
         ! appsink name={SINK} sync=false max-buffers=2 drop=false qos=false enable-last-sample=false",
        key_int = fps.saturating_mul(SAFETY_KEY_SECONDS).max(1),
    )
}

/// Stamps each raw picture with the vehicle clock as it enters; the stamp travels as its presentation time.
fn stamp(entry: &gstreamer::Element, profile: &CameraProfile, traffic: &Arc<Traffic>) {
    let Some(pad) = entry.static_pad("sink") else { return };
    let delay = profile.sensor_delay.span();
    let traffic = Arc::clone(traffic);
    pad.add_probe(PadProbeType::BUFFER, move |_, info| {
        let now = vehicle_now();
        traffic.pictures.fetch_add(1, Ordering::Relaxed);
        if !traffic.admits() {
            // `Handled` and not `Drop`: both let the picture go, but GStreamer 1.22 complains of `Drop` from this binding.
            return PadProbeReturn::Handled;
        }
        let Some(buffer) = info.buffer_mut() else { return PadProbeReturn::Ok };
        let frame = traffic.count(buffer.offset());
        let capture_us = now.0.saturating_sub(u64::try_from(delay.as_micros()).unwrap_or(0));
        let earliest = traffic.last_capture_us.load(Ordering::Relaxed) + SMALLEST_STEP_US;
        let capture_us = capture_us.max(earliest);
        traffic.last_capture_us.store(capture_us, Ordering::Relaxed);
        let buffer = buffer.make_mut();
        buffer.set_pts(STAMP_BASE + ClockTime::from_useconds(capture_us));
        buffer.set_dts(ClockTime::NONE);
        // Scaling and converting keep it: whoever looks at the picture behind them knows its number.
        buffer.set_offset(frame);
        PadProbeReturn::Ok
    });
}

/// Measures what each picture shows, on the thread that encodes it and on what is encoded.
fn look(encoder: &gstreamer::Element, traffic: &Arc<Traffic>) {
    if traffic.content.is_none() {
        return;
    }
    let Some(pad) = encoder.static_pad("sink") else { return };
    let traffic = Arc::clone(traffic);
    pad.add_probe(PadProbeType::BUFFER, move |pad, info| {
        let measured = || {
            let buffer = info.buffer()?;
            let capture = capture_of(buffer)?;
            let picture = VideoInfo::from_caps(pad.current_caps()?.as_ref()).ok()?;
            let frame = VideoFrameRef::from_buffer_ref_readable(buffer, &picture).ok()?;
            let (width, stride) = (usize::try_from(frame.width()).ok()?, usize::try_from(*frame.plane_stride().first()?).ok()?);
            let luma = Luma { bytes: frame.plane_data(0).ok()?, width, stride };
            let mut looked = lock(traffic.content.as_ref()?);
            let content = looked.watch.look(buffer.offset(), luma);
            looked.newest = Some((capture, content));
            Some(())
        };
        if measured().is_none() {
            tracing::debug!("A picture cannot be looked at; it counts as not new");
        }
        PadProbeReturn::Ok
    });
}

fn capture_of(buffer: &gstreamer::BufferRef) -> Option<MonoTime> {
    Some(MonoTime(buffer.pts()?.checked_sub(STAMP_BASE)?.useconds()))
}

fn hand_out(sink: &AppSink, traffic: &Arc<Traffic>, mut deliver: impl FnMut(Encoded) + Send + 'static) {
    let traffic = Arc::clone(traffic);
    let callbacks = AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gstreamer::FlowError::Eos)?;
            if let Some(encoded) = sample.buffer().and_then(|buffer| encoded(buffer, &traffic)) {
                deliver(encoded);
            }
            Ok(gstreamer::FlowSuccess::Ok)
        })
        .build();
    sink.set_callbacks(callbacks);
}

fn encoded(buffer: &gstreamer::BufferRef, traffic: &Traffic) -> Option<Encoded> {
    let capture = capture_of(buffer)?;
    let key = !buffer.flags().contains(gstreamer::BufferFlags::DELTA_UNIT);
    let bytes = bytes::Bytes::copy_from_slice(buffer.map_readable().ok()?.as_slice());
    Some(Encoded { capture, key, bytes, content: traffic.content_of(capture) })
}

fn lock(looked: &Mutex<Looked>) -> std::sync::MutexGuard<'_, Looked> {
    looked.lock().unwrap_or_else(PoisonError::into_inner)
}
