//! A person's page at a vehicle without cameras: WebRTC with the two channels, and commands once it holds the lease.

use crate::browser::Browser;
use crate::site::{Site, until};
use crate::truck::BOOT;
use farhand_protocol::{Command, FromConsole, LeaseEpoch, WIRE_VERSION, encode};
use reqwest::{Method, StatusCode};
use rtc::data_channel::RTCDataChannelInit;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::sdp::RTCSessionDescription;
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::peer_connection::{PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState};

/// A page that is open.
pub(crate) struct Page {
    pub(crate) browser: Browser,
    pub(crate) viewer: String,
    vehicle: String,
    channel: Arc<dyn DataChannel>,
    is_open: watch::Receiver<bool>,
    commanding: Option<JoinHandle<()>>,
    _connection: Box<dyn PeerConnection>,
}

struct Events(watch::Sender<bool>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Events {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.0.send_replace(state == RTCIceGatheringState::Complete);
    }
}

impl Page {
    /// Logs in and opens the page of a vehicle.
    pub(crate) async fn open(site: &Site, name: &str, vehicle: &str) -> Self {
        let browser = Browser::log_in(site, name).await;
        let (gathered, mut gathering) = watch::channel(false);
        let settings = SettingEngineBuilder::new().with_include_loopback_candidate(true).build();
        let building = PeerConnectionBuilder::new()
            .with_setting_engine(settings)
            .with_handler(Arc::new(Events(gathered)))
            .with_udp_addrs(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))])
            .build();
        let connection: Box<dyn PeerConnection> = Box::new(Box::pin(building).await.expect("builds"));
        let fresh = RTCDataChannelInit { ordered: false, max_retransmits: Some(0), negotiated: Some(0), ..Default::default() };
        let channel = connection.create_data_channel("now", Some(fresh)).await.expect("created");
        let reliable = RTCDataChannelInit { negotiated: Some(1), ..Default::default() };
        connection.create_data_channel("log", Some(reliable)).await.expect("created");
        let offer = connection.create_offer(None).await.expect("offers");
        connection.set_local_description(offer).await.expect("set");
        gathering.wait_for(|done| *done).await.expect("gathers");
        let offer = connection.local_description().await.expect("an offer").sdp;
        let path = format!("/api/v1/vehicles/{vehicle}/viewers");
        let (status, answer) = browser.ask(Method::POST, &path, json!({ "sdp": offer })).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let sdp = answer["sdp"].as_str().expect("text").to_owned();
        let answered = RTCSessionDescription::answer(sdp).expect("an answer");
        connection.set_remote_description(answered).await.expect("connects");
        let (opened, is_open) = watch::channel(false);
        tokio::spawn(follow(Arc::clone(&channel), opened));
        let viewer = answer["viewer_id"].as_str().expect("text").to_owned();
        let vehicle = vehicle.to_owned();
        let page = Self { browser, viewer, vehicle, channel, is_open, commanding: None, _connection: connection };
        until("channel `now` is open", async || page.is_open().then_some(())).await;
        page
    }

    /// Is channel `now` open?
    pub(crate) fn is_open(&self) -> bool {
        *self.is_open.borrow()
    }

    /// Takes control and sends commands from then on.
    pub(crate) async fn drives(&mut self) {
        let (status, lease) = self.browser.take(&self.vehicle, &self.viewer).await;
        assert_eq!(status, StatusCode::OK, "{lease}");
        let epoch = LeaseEpoch(lease["epoch"].as_u64().expect("a number"));
        self.commanding = Some(tokio::spawn(command(Arc::clone(&self.channel), epoch)));
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(commanding) = &self.commanding {
            commanding.abort();
        }
    }
}

async fn follow(channel: Arc<dyn DataChannel>, opened: watch::Sender<bool>) {
    while let Some(event) = channel.poll().await {
        match event {
            DataChannelEvent::OnOpen => drop(opened.send_replace(true)),
            DataChannelEvent::OnClose | DataChannelEvent::OnError => break,
            _ => {}
        }
    }
    opened.send_replace(false);
}

async fn command(channel: Arc<dyn DataChannel>, epoch: LeaseEpoch) {
    let mut period = tokio::time::interval(Duration::from_millis(20));
    for seq in 1.. {
        period.tick().await;
        let command = Command {
            v: WIRE_VERSION,
            boot_id: BOOT,
            epoch,
            seq,
            operator_us: seq * 20_000,
            enable: false,
            input_age_ms: 1,
            speed_mm_s: 0,
            steering_mrad: 0,
            lift_mm_s: 0,
            confirm: false,
            rearm_latch: None,
            pressed_through: None,
            stamps: Vec::new(),
        };
        let bytes = encode(&FromConsole::Command(command)).expect("encodes");
        // A closed channel takes nothing; the test sees that by what does not arrive.
        drop(channel.send(bytes.as_slice().into()).await);
    }
}
