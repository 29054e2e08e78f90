//! One page's connection: WebRTC, a track for each camera, channel `now` for commands and states.

use crate::channel::{self, LINK_PERIOD, ToPage};
use crate::delivery::{PictureQueues, ViewerPort};
use crate::demux::{Full, MOST_LINES};
use crate::feedback::PageFeedback;
use crate::page::Page;
use crate::port::{Line, SharedPort};
use crate::relay::{OpenError, ViewerKind};
use crate::retransmit::Retransmitter;
use crate::runtime::LineRuntime;
use crate::sending::{ABS_SEND_TIME_URI, PLAYOUT_DELAY_URI, Sending, send_pictures};
use crate::vehicle::Vehicle;
use crate::{Rules, ViewerId, now};
use farhand_protocol::CameraIndex;
use rtc::data_channel::RTCDataChannelInit;
use rtc::ice::rand::{generate_pwd, generate_ufrag};
use rtc::interceptor::{Registry, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::interceptor_registry::configure_rtcp_reports;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_H264, MediaEngine};
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RtpCodecKind,
};
use rtc::shared::error::Error;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use tracing::{debug, info};
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_local::{TrackLocal, TrackLocalEvent};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState, RTCPeerConnectionState,
};

pub(crate) const PAYLOAD_TYPE: u8 = 102;
const CLOCK_RATE: u32 = 90_000;
const GATHER_WITHIN: Duration = Duration::from_secs(2);
/// A page that has not connected by then is gone; a page that lost its connection opens a new one.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
struct Events {
    gathered: watch::Sender<bool>,
    state: watch::Sender<RTCPeerConnectionState>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Events {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.gathered.send_replace(state == RTCIceGatheringState::Complete);
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.state.send_replace(state);
    }
}

/// Who wants to see what, and by which way.
pub(crate) struct Opening {
    pub(crate) vehicle: Arc<Vehicle>,
    pub(crate) id: ViewerId,
    pub(crate) kind: ViewerKind,
    pub(crate) pages: Arc<SharedPort>,
    pub(crate) rules: Arc<dyn Rules>,
}

/// Answers an offer and starts the viewer's tasks; they end with the connection.
pub(crate) async fn open(opening: Opening, offer: String) -> Result<String, OpenError> {
    let Opening { vehicle, id, kind, pages, rules } = opening;
    let cameras = cameras_of(&vehicle, kind)?;
    if offers_video_without_h264(&offer) {
        return Err(OpenError::NoCodec);
    }
    let refused = |error: Error| OpenError::Offer(error.to_string());
    let (gathered, gathering) = watch::channel(false);
    let (state, connection_state) = watch::channel(RTCPeerConnectionState::New);
    // The page's datagrams are known by it, so it must not be guessed.
    let name = generate_ufrag();
    let (line, runtime) = pages.line(&name).map_err(|Full| OpenError::Full(MOST_LINES))?;
    let (port, queues) = ViewerPort::of_tracks(id, &cameras);
    let feedback = feedback(&vehicle, &port);
    let building = connection(name, runtime, pages.stand_ins(), Events { gathered, state }, feedback);
    let connection = Box::pin(building).await.map_err(refused)?;
    let (answer, ends) = match Box::pin(agree(&*connection, offer, kind, &cameras, gathering)).await {
        Ok(agreed) => agreed,
        Err(error) => {
            // Without this it would live on. That it was never open is no news.
            drop(connection.close().await);
            return Err(refused(error));
        }
    };
    vehicle.add_viewer(Arc::clone(&port));
    for camera in &cameras {
        vehicle.wish_key_frame(*camera);
    }
    let page = Page { vehicle, port, rules };
    let viewer = Viewer { page, connection: Arc::from(connection), _line: line };
    tokio::spawn(viewer.run(ends, queues, connection_state));
    Ok(pages.name_candidates(&answer))
}

/// What the gateway puts in at its end of a connection.
struct Ends {
    sendings: Vec<Sending>,
    channels: Option<Channels>,
}

/// Makes the answer to an offer.
async fn agree(
    connection: &dyn PeerConnection,
    offer: String,
    kind: ViewerKind,
    cameras: &[CameraIndex],
    mut gathering: watch::Receiver<bool>,
) -> Result<(String, Ends), Error> {
    let offer = RTCSessionDescription::offer(offer)?;
    let mut sendings = Vec::new();
    for camera in cameras {
        sendings.push(add_track(connection, *camera).await?);
    }
    let channels = match kind {
        ViewerKind::Console => Some(add_channels(connection).await?),
        ViewerKind::Camera(_) => None,
    };
    connection.set_remote_description(offer).await?;
    let answer = connection.create_answer(None).await?;
    connection.set_local_description(answer).await?;
    // An error means that the connection is gone; then there is no description below.
    drop(timeout(GATHER_WITHIN, gathering.wait_for(|done| *done)).await);
    let answer = connection.local_description().await.ok_or_else(|| Error::Other("no answer could be made".into()))?;
    Ok((answer.sdp, Ends { sendings, channels }))
}

/// Without a codec in common the answer would be a track that never shows anything.
fn offers_video_without_h264(offer: &str) -> bool {
    offer.contains("m=video") && !offer.to_ascii_uppercase().contains(" H264/90000")
}

pub(crate) fn cameras_of(vehicle: &Vehicle, kind: ViewerKind) -> Result<Vec<CameraIndex>, OpenError> {
    let count = vehicle.hello().map_or(0, |hello| hello.cameras.len());
    match kind {
        ViewerKind::Console => Ok((0..u8::try_from(count).unwrap_or(u8::MAX)).map(CameraIndex).collect()),
        ViewerKind::Camera(camera) if usize::from(camera.0) < count => Ok(vec![camera]),
        ViewerKind::Camera(camera) => Err(OpenError::NoCamera(camera)),
    }
}

async fn connection(
    name: String,
    runtime: LineRuntime,
    stand_ins: Vec<SocketAddr>,
    events: Events,
    feedback: PageFeedback<impl FnMut(u64) + Send + Sync + 'static>,
) -> Result<Box<dyn PeerConnection>, Error> {
    let mut media = MediaEngine::default();
    let codec = RTCRtpCodecParameters { rtp_codec: h264(), payload_type: PAYLOAD_TYPE };
    media.register_codec(codec, RtpCodecKind::Video)?;
    for uri in [PLAYOUT_DELAY_URI, ABS_SEND_TIME_URI] {
        let extension = RTCRtpHeaderExtensionCapability { uri: uri.to_owned() };
        media.register_header_extension(extension, RtpCodecKind::Video, None)?;
    }
    for (typ, parameter) in [("nack", ""), ("nack", "pli"), ("goog-remb", "")] {
        let feedback = RTCPFeedback { typ: typ.to_owned(), parameter: parameter.to_owned() };
        media.register_feedback(feedback, RtpCodecKind::Video);
    }
    let registry = configure_rtcp_reports(Registry::new()).with(Slot::NackResponder, Retransmitter::default());
    // Behind every interceptor of the library.
    let registry = registry.with(Slot::from(14_000), feedback);
    let settings = SettingEngineBuilder::new()
        .with_include_loopback_candidate(true)
        .with_ice_credentials(name, generate_pwd())
        .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
        .build();
    let building = PeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_media_engine(media)
        .with_setting_engine(settings)
        .with_interceptor_registry(registry)
        .with_handler(Arc::new(events))
        .with_runtime(Arc::new(runtime))
        .with_udp_addrs(stand_ins)
        .build();
    Ok(Box::new(Box::pin(building).await?))
}

fn h264() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_H264.to_owned(),
        clock_rate: CLOCK_RATE,
        channels: 0,
        sdp_fmtp_line: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f".to_owned(),
        rtcp_feedback: Vec::new(),
    }
}

async fn add_track(connection: &dyn PeerConnection, camera: CameraIndex) -> Result<Sending, Error> {
    // Randomly seeded: two viewers' streams never share a number.
    #[expect(clippy::cast_possible_truncation, reason = "any 32 bits will do")]
    let ssrc = RandomState::new().build_hasher().finish() as u32 | 1;
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec: h264(),
        ..Default::default()
    };
    let name = format!("camera-{camera}");
    let track = MediaStreamTrack::new(name.clone(), name.clone(), name, RtpCodecKind::Video, vec![coding]);
    let track = Arc::new(TrackLocalStaticRTP::new(track));
    let sender = connection.add_track(Arc::clone(&track) as Arc<dyn TrackLocal>).await?;
    Ok(Sending { camera, track, sender, ssrc })
}

/// Channel `now`, and `log`, which is kept open for events.
type Channels = (Arc<dyn DataChannel>, Arc<dyn DataChannel>);

async fn add_channels(connection: &dyn PeerConnection) -> Result<Channels, Error> {
    let fresh = RTCDataChannelInit { ordered: false, max_retransmits: Some(0), negotiated: Some(0), ..Default::default() };
    let now = connection.create_data_channel("now", Some(fresh)).await?;
    let reliable = RTCDataChannelInit { negotiated: Some(1), ..Default::default() };
    let log = connection.create_data_channel("log", Some(reliable)).await?;
    Ok((now, log))
}

struct Viewer {
    page: Page,
    connection: Arc<dyn PeerConnection>,
    /// Its place at the pages' port, held to the end.
    _line: Line,
}

impl Viewer {
    /// Until the connection fails, the page goes, or the viewer is closed.
    async fn run(
        self,
        Ends { sendings, channels }: Ends,
        mut queues: PictureQueues,
        mut state: watch::Receiver<RTCPeerConnectionState>,
    ) {
        let id = self.page.port.id;
        info!(vehicle = %self.page.vehicle.id, viewer = id.0, "viewer opened");
        let viewer = Arc::new(self);
        let mut tasks = tokio::task::JoinSet::new();
        for sending in sendings {
            if let Some(queue) = queues.remove(&sending.camera) {
                tasks.spawn(listen_for_wishes(Arc::clone(&viewer), sending.camera, Arc::clone(&sending.track)));
                tasks.spawn(send_pictures(sending, Arc::clone(&viewer.page.port), queue, state.clone()));
            }
        }
        if let Some((channel, _log)) = &channels {
            let (opened, open) = oneshot::channel();
            tasks.spawn(read_channel(Arc::clone(&viewer), Arc::clone(channel), opened));
            tasks.spawn(write_channel(Arc::clone(&viewer), Arc::clone(channel), open));
        }
        let life = async {
            let connected = state.wait_for(|state| *state == RTCPeerConnectionState::Connected);
            if timeout(CONNECT_WITHIN, connected).await.is_ok_and(|connected| connected.is_ok()) {
                // An error means that the connection is gone, which is an end as well.
                drop(state.wait_for(|state| is_over(*state)).await);
            }
        };
        tokio::select! {
            () = life => {}
            () = viewer.page.port.ended() => {}
        }
        tasks.shutdown().await;
        viewer.page.leave();
        if let Err(error) = viewer.connection.close().await {
            debug!(viewer = id.0, %error, "closing");
        }
        info!(vehicle = %viewer.page.vehicle.id, viewer = id.0, "viewer closed");
    }
}

fn is_over(state: RTCPeerConnectionState) -> bool {
    matches!(state, RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed | RTCPeerConnectionState::Disconnected)
}

async fn read_channel(viewer: Arc<Viewer>, channel: Arc<dyn DataChannel>, opened: oneshot::Sender<()>) {
    let mut opened = Some(opened);
    while let Some(event) = channel.poll().await {
        match event {
            DataChannelEvent::OnOpen => {
                // The writer waits for it, unless the viewer is at its end.
                let _ = opened.take().map(|opened| opened.send(()));
            }
            DataChannelEvent::OnMessage(message) => {
                // Tracks are not acknowledged picture by picture.
                let _ = viewer.page.take(&message.data);
            }
            DataChannelEvent::OnClose | DataChannelEvent::OnError => break,
            _ => {}
        }
    }
    debug!(viewer = viewer.page.port.id.0, "channel `now` ended");
    viewer.page.port.end();
}

async fn write_channel(viewer: Arc<Viewer>, channel: Arc<dyn DataChannel>, open: oneshot::Receiver<()>) {
    if open.await.is_ok() {
        channel::write(&viewer.page.port, || viewer.page.link(), ToPage(channel)).await;
        debug!(viewer = viewer.page.port.id.0, "channel `now` takes nothing");
        viewer.page.port.end();
    }
}

async fn listen_for_wishes(viewer: Arc<Viewer>, camera: CameraIndex, track: Arc<TrackLocalStaticRTP>) {
    loop {
        match track.poll().await {
            Some(TrackLocalEvent::OnRtcpPacket(_)) => viewer.page.vehicle.wish_key_frame(camera),
            // Not bound yet, or unbound; the viewer's end aborts this task.
            Some(_) | None => tokio::time::sleep(LINK_PERIOD).await,
        }
    }
}

/// Notes what a page says that it can take, and has the vehicle told at once where that got less.
fn feedback(vehicle: &Arc<Vehicle>, port: &Arc<ViewerPort>) -> PageFeedback<impl FnMut(u64) + Send + Sync + 'static> {
    let (vehicle, port) = (Arc::clone(vehicle), Arc::clone(port));
    PageFeedback::new(move |bps| {
        let less = port.said(now(), bps);
        metrics::counter!("farhand_page_estimates_total", "less" => if less { "yes" } else { "no" }).increment(1);
        if less {
            vehicle.demand_changed.notify_one();
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_offers_video_in_other_codecs_only_is_told_so_and_what_is_no_offer_is_left_to_the_library() {
        let offer = |codec: &str| format!("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 {codec}/90000\r\n");
        assert!(offers_video_without_h264(&offer("VP8")));
        assert!(!offers_video_without_h264(&offer("h264")));
        assert!(!offers_video_without_h264("nonsense"));
    }
}
