//! One camera's GStreamer pipeline: build it, stamp what enters, hand out what is encoded.

use crate::mends::{CameraError, failure, package_mend};
use farhand_drive::vehicle_now;
use farhand_profile::CameraProfile;
use farhand_protocol::MonoTime;
use gstreamer::prelude::*;
use gstreamer::{ClockTime, PadProbeReturn, PadProbeType};
use gstreamer_app::{AppSink, AppSinkCallbacks};
use gstreamer_video::UpstreamForceKeyUnitEvent;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

const ENTRY: &str = "farhand-entry";
const ENCODER: &str = "farhand-encoder";
const SINK: &str = "farhand-sink";
// A key frame comes when it is asked for; this is only the net below, should a request be lost.
const SAFETY_KEY_SECONDS: u32 = 10;
// How many milliseconds of the bit rate one picture may take: bounds a key frame to three pictures' worth at 30 a second.
const VBV_MS: u32 = 100;
// x264enc moves a stream that begins below 1000 hours up to there, so that decode times stay positive. Beginning at that
// height leaves each stamp as it was written.
const STAMP_BASE: ClockTime = ClockTime::from_seconds(1000 * 3600);
// Two captures closer than this would get the same RTP timestamp (90 kHz).
const SMALLEST_STEP_US: u64 = 12;

/// What the probes and the supervisor share.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// Somebody wants the pictures.
    pub(crate) watched: AtomicBool,
    /// Raw pictures that came, watched or not.
    pub(crate) pictures: AtomicU64,
    /// Capture time of the newest picture let in.
    last_capture_us: AtomicU64,
}

/// One encoded picture, before it has a number.
pub(crate) struct Encoded {
    pub(crate) capture: MonoTime,
    pub(crate) key: bool,
    pub(crate) bytes: bytes::Bytes,
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
        let sink = sink
            .downcast::<AppSink>()
            .map_err(|_| CameraError::Source { camera: profile.name.clone(), why: format!("it uses the name {SINK}") })?;
        hand_out(&sink, deliver);
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
           key-int-max={key_int} bframes=0 threads=1 sliced-threads=false cabac=false qp-min=18 byte-stream=true aud=false \
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
        if !traffic.watched.load(Ordering::Relaxed) {
            // `Handled` and not `Drop`: both let the picture go, but GStreamer 1.22 complains of `Drop` from this binding.
            return PadProbeReturn::Handled;
        }
        let Some(buffer) = info.buffer_mut() else { return PadProbeReturn::Ok };
        let capture_us = now.0.saturating_sub(u64::try_from(delay.as_micros()).unwrap_or(0));
        let earliest = traffic.last_capture_us.load(Ordering::Relaxed) + SMALLEST_STEP_US;
        let capture_us = capture_us.max(earliest);
        traffic.last_capture_us.store(capture_us, Ordering::Relaxed);
        let buffer = buffer.make_mut();
        buffer.set_pts(STAMP_BASE + ClockTime::from_useconds(capture_us));
        buffer.set_dts(ClockTime::NONE);
        PadProbeReturn::Ok
    });
}

fn hand_out(sink: &AppSink, mut deliver: impl FnMut(Encoded) + Send + 'static) {
    let callbacks = AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gstreamer::FlowError::Eos)?;
            if let Some(encoded) = sample.buffer().and_then(encoded) {
                deliver(encoded);
            }
            Ok(gstreamer::FlowSuccess::Ok)
        })
        .build();
    sink.set_callbacks(callbacks);
}

fn encoded(buffer: &gstreamer::BufferRef) -> Option<Encoded> {
    let capture = MonoTime(buffer.pts()?.checked_sub(STAMP_BASE)?.useconds());
    let key = !buffer.flags().contains(gstreamer::BufferFlags::DELTA_UNIT);
    let bytes = bytes::Bytes::copy_from_slice(buffer.map_readable().ok()?.as_slice());
    Some(Encoded { capture, key, bytes })
}
