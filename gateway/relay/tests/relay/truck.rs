//! A vehicle over real QUIC.

use crate::site::Site;
use bytes::Bytes;
use farhand_protocol::{
    BootId, CameraIndex, CameraSummary, Cause, Codec, GatewayDatagram, GatewaySays, Hello, LatchId, LeaseEpoch, MediaDemand,
    MediaHeader, MonoTime, SafetyState, VehicleDatagram, VehicleId, VehicleSays, VehicleState, WIRE_VERSION, encode,
};
use farhand_relay::Relay;
use farhand_transport::{
    Class, Connection, Endpoint, MessageReader, MessageWriter, connect, dialer, open_messages, read_datagram, send_datagram,
    send_unit,
};
use serde_bytes::ByteBuf;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const BOOT: BootId = BootId(7);

pub(crate) struct Truck {
    pub(crate) control: Connection,
    pub(crate) media: Connection,
    pub(crate) answer: GatewaySays,
    endpoints: [Endpoint; 2],
    _words: (MessageWriter<VehicleSays>, MessageReader<GatewaySays>),
}

impl Truck {
    /// A truck with one camera.
    pub(crate) async fn come(site: &Site, relay: &Relay) -> Self {
        Self::come_as(site, relay, &truck_1()).await
    }

    /// Shows truck-1's certificate and says another name.
    pub(crate) async fn come_as(site: &Site, relay: &Relay, says: &VehicleId) -> Self {
        let identity = site.vehicle(&truck_1());
        let [control_at, media_at] = relay.listening().expect("listens");
        let control_end = dialer(ANY, &identity, Class::Control).expect("opens");
        let media_end = dialer(ANY, &identity, Class::Media).expect("opens");
        let control = connect(&control_end, control_at, "farhand-gateway").await.expect("connects");
        let mut words = open_messages(&control).await.expect("opens");
        words.0.write(&VehicleSays::Hello(hello(says))).await.expect("written");
        let answer = words.1.read().await.expect("answered");
        let media = connect(&media_end, media_at, "farhand-gateway").await.expect("connects");
        Self { control, media, answer, endpoints: [control_end, media_end], _words: words }
    }

    /// A fresh media connection, as after a restart of the agent.
    pub(crate) async fn dial_media_again(&mut self, relay: &Relay) {
        let media_at = relay.listening().expect("listens")[1];
        self.media = connect(&self.endpoints[1], media_at, "farhand-gateway").await.expect("connects");
    }

    pub(crate) fn say_state(&self, bytes: Vec<u8>) {
        send_datagram(&self.control, &VehicleDatagram::State(ByteBuf::from(bytes))).expect("sent");
    }

    /// The next command or stop; none if none comes within the time.
    pub(crate) async fn hear(&self, within: Duration) -> Option<GatewayDatagram> {
        let hearing = read_datagram(&self.control);
        tokio::time::timeout(within, hearing).await.ok().map(|heard| heard.expect("a datagram"))
    }

    /// Waits until more than `above` key frames were asked for, and returns how many.
    pub(crate) async fn asked_for_key_frame(&self, above: u32) -> u32 {
        loop {
            let demand: MediaDemand = read_datagram(&self.media).await.expect("a demand");
            match demand.cameras.first() {
                Some(camera) if camera.key_frame_request > above => return camera.key_frame_request,
                _ => {}
            }
        }
    }

    /// Sends one picture of the only camera, whose capture time is its number in milliseconds, and waits until it has arrived.
    pub(crate) async fn show(&self, sequence: u32, key: bool) {
        let payload = Bytes::from(vec![0, 0, 0, 1, if key { 0x65 } else { 0x41 }, 0xaa, 0xbb]);
        let header = MediaHeader {
            camera: CameraIndex(0),
            codec: Codec::H264,
            key,
            sequence,
            depends_on: if key { sequence } else { sequence - 1 },
            capture: MonoTime(u64::from(sequence) * 1000),
            length: u32::try_from(payload.len()).expect("short"),
        };
        let unit = send_unit(&self.media, &header, payload).await.expect("sent");
        assert!(unit.acknowledged().await, "arrived");
    }
}

pub(crate) fn truck_1() -> VehicleId {
    VehicleId::new("truck-1").expect("a name")
}

fn hello(vehicle: &VehicleId) -> Hello {
    Hello {
        v: WIRE_VERSION,
        vehicle: vehicle.clone(),
        boot_id: BOOT,
        highest_epoch: LeaseEpoch(3),
        kind: "counterbalance-truck".into(),
        cameras: vec![CameraSummary { name: "front".into(), width_px: 640, height_px: 360, required_for: Vec::new(), eye: None }],
        max_speed_mm_s: 2000,
        max_steering_mrad: 1200,
        outline: None,
    }
}

/// A state's bytes; a latch is of no cause that is told.
pub(crate) fn state(seq: u64, latch: Option<LatchId>) -> Vec<u8> {
    state_with(seq, latch, &[])
}

/// A state's bytes.
pub(crate) fn state_with(seq: u64, latch: Option<LatchId>, causes: &[Cause]) -> Vec<u8> {
    let state = VehicleState {
        seq,
        vehicle_us: seq * 20_000,
        state: if latch.is_some() { SafetyState::Halt } else { SafetyState::Parked },
        causes: causes.to_vec(),
        latch,
        ..VehicleState::parked(BOOT, LeaseEpoch(3))
    };
    encode(&state).expect("encodes")
}
