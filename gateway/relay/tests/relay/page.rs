//! A person's page: another WebRTC peer, with channel `now` and a track.

use farhand_protocol::{FromConsole, Limits, ToConsole, decode, encode};
use farhand_relay::{Relay, ViewerId, ViewerKind};
use rtc::data_channel::RTCDataChannelInit;
use rtc::interceptor::Registry;
use rtc::peer_connection::configuration::interceptor_registry::configure_nack;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_H264, MediaEngine};
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::rtp::packet::Packet;
use rtc::rtp_transceiver::rtp_sender::{RTCRtpCodec, RTCRtpCodecParameters, RTCRtpHeaderExtensionCapability, RtpCodecKind};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState};

const WITHIN: Duration = Duration::from_secs(10);
const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PLAYOUT_DELAY_URI: &str = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";

struct Events {
    gathered: watch::Sender<bool>,
    packets: mpsc::Sender<Packet>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Events {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.gathered.send_replace(state == RTCIceGatheringState::Complete);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let packets = self.packets.clone();
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event
                    && packets.send(packet).await.is_err()
                {
                    return;
                }
            }
        });
    }
}

pub(crate) struct Page {
    /// Where the answer says that the gateway is, in its order.
    pub(crate) told: Vec<SocketAddr>,
    /// Messages before the gateway's own view.
    pub(crate) heard_before_view: usize,
    connection: Box<dyn PeerConnection>,
    channel: Arc<dyn DataChannel>,
    messages: mpsc::Receiver<ToConsole>,
    packets: mpsc::Receiver<Packet>,
}

impl Page {
    /// Opens the console of truck-1 and waits for channel `now`.
    pub(crate) async fn open(relay: &Relay, viewer: ViewerId) -> Self {
        Self::open_by(relay, viewer, LOCALHOST, str::to_owned).await
    }

    /// The same, but the page knows this one way to the gateway only.
    pub(crate) async fn open_at(relay: &Relay, viewer: ViewerId, way: SocketAddr) -> Self {
        let here = if way.is_ipv4() { LOCALHOST } else { IpAddr::V6(Ipv6Addr::LOCALHOST) };
        Self::open_by(relay, viewer, here, |answer| only(answer, way)).await
    }

    async fn open_by(relay: &Relay, viewer: ViewerId, here: IpAddr, change: impl Fn(&str) -> String) -> Self {
        let (mut page, offer, mut open) = Self::offering(here).await;
        let answer = relay.open_viewer(&crate::truck::truck_1(), viewer, ViewerKind::Console, offer).await.expect("answered");
        page.told = told(&answer);
        let answer = RTCSessionDescription::answer(change(&answer)).expect("an answer");
        page.connection.set_remote_description(answer).await.expect("connects");
        tokio::time::timeout(WITHIN, open.wait_for(|open| *open)).await.expect("channel `now` opens").expect("lives");
        // What is said before the gateway's end is open as well may be lost; its first words say that it is.
        let heard = Cell::new(0);
        let view = |message| {
            heard.update(|heard| heard + 1);
            matches!(message, ToConsole::Link(_)).then_some(())
        };
        page.hears("the gateway's own view", view).await;
        page.heard_before_view = heard.get() - 1;
        page
    }

    /// A page that says something from the moment when its own end opens, twenty times.
    pub(crate) async fn open_and_say(relay: &Relay, viewer: ViewerId, says: &FromConsole) -> Self {
        let (page, offer, mut open) = Self::offering(LOCALHOST).await;
        let answer = relay.open_viewer(&crate::truck::truck_1(), viewer, ViewerKind::Console, offer).await.expect("answered");
        let answer = RTCSessionDescription::answer(answer).expect("an answer");
        page.connection.set_remote_description(answer).await.expect("connects");
        tokio::time::timeout(WITHIN, open.wait_for(|open| *open)).await.expect("channel `now` opens").expect("lives");
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        for _ in 0..20 {
            pace.tick().await;
            page.say(says).await;
        }
        page
    }

    /// A page that makes its offer and never hears the answer.
    pub(crate) async fn deaf(relay: &Relay, viewer: ViewerId) -> Self {
        let (page, offer, _) = Self::offering(LOCALHOST).await;
        relay.open_viewer(&crate::truck::truck_1(), viewer, ViewerKind::Console, offer).await.expect("answered");
        page
    }

    async fn offering(here: IpAddr) -> (Self, String, watch::Receiver<bool>) {
        let (gathered, mut gathering) = watch::channel(false);
        let (packet_in, packets) = mpsc::channel(1024);
        let connection = peer(here, Events { gathered, packets: packet_in }).await;
        let receive = RTCRtpTransceiverInit { direction: RTCRtpTransceiverDirection::Recvonly, ..Default::default() };
        connection.add_transceiver_from_kind(RtpCodecKind::Video, Some(receive)).await.expect("added");
        let fresh = RTCDataChannelInit { ordered: false, max_retransmits: Some(0), negotiated: Some(0), ..Default::default() };
        let channel = connection.create_data_channel("now", Some(fresh)).await.expect("created");
        let reliable = RTCDataChannelInit { negotiated: Some(1), ..Default::default() };
        connection.create_data_channel("log", Some(reliable)).await.expect("created");
        let offer = connection.create_offer(None).await.expect("offers");
        connection.set_local_description(offer).await.expect("set");
        tokio::time::timeout(WITHIN, gathering.wait_for(|done| *done)).await.expect("gathers").expect("lives");
        let offer = connection.local_description().await.expect("an offer").sdp;
        let (message_in, messages) = mpsc::channel(1024);
        let (opened, open) = watch::channel(false);
        tokio::spawn(read(Arc::clone(&channel), message_in, opened));
        (Self { told: Vec::new(), heard_before_view: 0, connection, channel, messages, packets }, offer, open)
    }

    /// The gateway's end of the way that is in use.
    pub(crate) async fn connected_to(&self) -> SocketAddr {
        let transport = self.connection.sctp().await.expect("negotiated").transport().ice_transport();
        let pair = transport.get_selected_candidate_pair().await.expect("lives").expect("connected");
        SocketAddr::new(pair.remote().address.parse().expect("an address"), pair.remote().port)
    }

    pub(crate) async fn say(&self, says: &FromConsole) {
        self.say_bytes(&encode(says).expect("encodes")).await;
    }

    pub(crate) async fn say_bytes(&self, bytes: &[u8]) {
        self.channel.send(bytes.into()).await.expect("sent");
    }

    /// The next message that the test cares for.
    pub(crate) async fn hears<T>(&mut self, what: &str, pick: impl Fn(ToConsole) -> Option<T>) -> T {
        let hearing = async {
            loop {
                let message = self.messages.recv().await.expect("the channel lives");
                if let Some(picked) = pick(message) {
                    return picked;
                }
            }
        };
        tokio::time::timeout(WITHIN, hearing).await.unwrap_or_else(|_| unreachable!("never heard: {what}"))
    }

    /// States that have come and were not looked at.
    pub(crate) fn waiting_states(&mut self) -> usize {
        std::iter::from_fn(|| self.messages.try_recv().ok()).filter(|message| matches!(message, ToConsole::State(_))).count()
    }

    /// The next picture of one packet.
    pub(crate) async fn sees(&mut self) -> Packet {
        tokio::time::timeout(WITHIN, self.packets.recv()).await.expect("a picture").expect("the track lives")
    }

    pub(crate) async fn go(self) {
        self.connection.close().await.expect("closes");
    }
}

async fn read(channel: Arc<dyn DataChannel>, messages: mpsc::Sender<ToConsole>, opened: watch::Sender<bool>) {
    while let Some(event) = channel.poll().await {
        match event {
            DataChannelEvent::OnOpen => drop(opened.send_replace(true)),
            DataChannelEvent::OnMessage(message) => {
                let message = decode(&message.data, Limits::DATAGRAM).expect("a message for a page");
                if messages.send(message).await.is_err() {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// The addresses in an answer's first part.
fn told(answer: &str) -> Vec<SocketAddr> {
    let lines = answer.lines().map(|line| line.strip_prefix("a=candidate:"));
    let candidates = lines.skip_while(Option::is_none).map_while(|line| line);
    let address = |candidate: &str| {
        let words: Vec<&str> = candidate.split(' ').collect();
        SocketAddr::new(words[4].parse().expect("an address"), words[5].parse().expect("a port"))
    };
    candidates.map(address).collect()
}

/// The answer with this way in place of all others.
fn only(answer: &str, way: SocketAddr) -> String {
    let (ip, port) = (way.ip(), way.port());
    let others = answer.split_inclusive('\n').filter(|line| !line.starts_with("a=candidate:"));
    let with_it = |line: &str| {
        let candidate = format!("a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\n");
        if line.starts_with("a=ice-ufrag:") { format!("{line}{candidate}") } else { line.to_owned() }
    };
    others.map(with_it).collect::<Vec<_>>().concat()
}

async fn peer(here: IpAddr, events: Events) -> Box<dyn PeerConnection> {
    let mut media = MediaEngine::default();
    let rtp_codec = RTCRtpCodec {
        mime_type: MIME_TYPE_H264.to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f".to_owned(),
        rtcp_feedback: Vec::new(),
    };
    media.register_codec(RTCRtpCodecParameters { rtp_codec, payload_type: 96 }, RtpCodecKind::Video).expect("registers");
    let playout_delay = RTCRtpHeaderExtensionCapability { uri: PLAYOUT_DELAY_URI.to_owned() };
    media.register_header_extension(playout_delay, RtpCodecKind::Video, None).expect("registers");
    let registry = configure_nack(Registry::new(), &mut media);
    let settings = SettingEngineBuilder::new().with_include_loopback_candidate(true).build();
    let building = PeerConnectionBuilder::new()
        .with_media_engine(media)
        .with_interceptor_registry(registry)
        .with_setting_engine(settings)
        .with_handler(Arc::new(events))
        .with_udp_addrs(vec![SocketAddr::new(here, 0)])
        .build();
    Box::new(Box::pin(building).await.expect("builds"))
}
