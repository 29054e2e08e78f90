//! One message of each kind, with values at the edges of what the wire carries.

use farhand_protocol::{
    Arrived, Authority, BootId, CameraDemand, CameraEye, CameraIndex, CameraSummary, CapTerm, Cause, Codec, Command, ConsoleLink,
    Corridor, Echo, FromConsole, GatewayDatagram, GatewaySays, GlassStamp, Hello, KeyFrameWish, LastStop, LatchId, LeaseEnding,
    LeaseEpoch, MediaDemand, MediaHeader, MissionEpoch, MonoTime, Need, OperatorName, Outline, PictureHead, Ping, Pong, Pose,
    Protection, RejectCount, RejectReason, RtpStamp, SafetyEvent, SafetyState, StopOrder, StopRequest, StopRung, ToConsole,
    VehicleDatagram, VehicleId, VehicleSays, VehicleState, WIRE_VERSION, encode,
};
use serde_bytes::ByteBuf;

const LARGEST: u64 = (1 << 53) - 1;

pub(crate) fn truck() -> VehicleId {
    VehicleId::new("truck-1").expect("a good name")
}

pub(crate) fn alice() -> OperatorName {
    OperatorName::new("alice").expect("a good name")
}

pub(crate) fn command() -> Command {
    Command {
        v: WIRE_VERSION,
        boot_id: BootId(0xdead_beef),
        epoch: LeaseEpoch(7),
        seq: 41,
        operator_us: 123_456_789_012,
        enable: true,
        input_age_ms: 12,
        speed_mm_s: 1500,
        steering_mrad: -250,
        lift_mm_s: 0,
        confirm: false,
        rearm_latch: None,
        pressed_through: None,
        stamps: vec![
            GlassStamp { camera: CameraIndex(0), rtp: RtpStamp(3_000_000_000) },
            GlassStamp { camera: CameraIndex(3), rtp: RtpStamp(u32::MAX) },
        ],
    }
}

pub(crate) fn state() -> VehicleState {
    VehicleState {
        v: WIRE_VERSION,
        seq: 90,
        vehicle_us: 4_500_000_000,
        boot_id: BootId(1),
        epoch: LeaseEpoch(7),
        lease_live: true,
        state: SafetyState::Teleop,
        causes: vec![],
        latch: None,
        authority: Authority::Operator,
        needs: vec![],
        speed_mm_s: 1490,
        steering_mrad: -248,
        cap_mm_s: 2500,
        cap_term: CapTerm::Site,
        blind_mm: 120,
        blind_limit_mm: 1000,
        loop_age_ms: Some(81),
        command_age_ms: Some(14),
        odometer_mm: 1_234_567,
        pose: Some(Pose { x_mm: -12_000, y_mm: 3400, heading_mrad: 1571 }),
        fork_mm: 0,
        echo: Some(Echo { operator_us: 123_456_789_012, hold_us: 3200 }),
        last_stop: None,
        rejected: vec![],
        accepted: 4001,
        realtime: false,
        late_ticks: 0,
        mission: None,
        protection: Protection::Watching,
        free_mm: Some(5400),
        still: vec![],
        swapped: vec![],
        corridor: Some(Corridor {
            id: 17,
            age_ms: 45,
            here: Pose { x_mm: 40_250, y_mm: -7, heading_mrad: -3100 },
            corners_mm: vec![-1850, 600, 1550, 600, 1550, -600, -1850, -600],
        }),
    }
}

pub(crate) fn halted() -> VehicleState {
    VehicleState {
        state: SafetyState::Halt,
        causes: vec![Cause::CommandLost, Cause::PictureOld],
        latch: Some(LatchId(3)),
        authority: Authority::Stopping,
        needs: vec![Need::GoodLink, Need::Acknowledge, Need::Neutral],
        speed_mm_s: 0,
        cap_mm_s: 0,
        cap_term: CapTerm::State,
        loop_age_ms: None,
        command_age_ms: None,
        pose: None,
        echo: None,
        mission: Some(MissionEpoch(12)),
        protection: Protection::Lost,
        free_mm: None,
        still: vec![CameraIndex(1)],
        swapped: vec![CameraIndex(0), CameraIndex(1)],
        corridor: None,
        last_stop: Some(LastStop {
            latch: LatchId(3),
            cause: Cause::CommandLost,
            silence_ms: Some(251),
            rolled_mm: 1310,
            rung: Some(StopRung::Held),
        }),
        rejected: vec![
            RejectCount { reason: RejectReason::Malformed, count: 2 },
            RejectCount { reason: RejectReason::OldEpoch, count: LARGEST },
        ],
        ..state()
    }
}

pub(crate) fn hello() -> Hello {
    Hello {
        v: WIRE_VERSION,
        vehicle: truck(),
        boot_id: BootId(1),
        highest_epoch: LeaseEpoch(6),
        kind: "counterbalance-truck".to_owned(),
        cameras: vec![CameraSummary {
            name: "front".to_owned(),
            width_px: 640,
            height_px: 360,
            required_for: vec!["forward".to_owned(), "handover".to_owned()],
            eye: Some(CameraEye { x_mm: 300, y_mm: 0, z_mm: 2100, yaw_mrad: 0, fov_mrad: 1571, horizon_permille: 280 }),
        }],
        max_speed_mm_s: 2500,
        max_steering_mrad: 1300,
        outline: Some(Outline { behind_mm: 1850, ahead_mm: 1550, width_mm: 1100 }),
    }
}

pub(crate) fn event() -> SafetyEvent {
    SafetyEvent {
        boot_id: BootId(1),
        vehicle_us: 4_500_000_000,
        from: SafetyState::Teleop,
        to: SafetyState::SafeStop,
        causes: vec![Cause::CommandLost],
        latch: Some(LatchId(3)),
        speed_mm_s: 1490,
        blind_mm: 380,
        epoch: LeaseEpoch(7),
    }
}

pub(crate) fn from_console() -> Vec<(&'static str, FromConsole)> {
    let quiet = Command { enable: false, speed_mm_s: 0, steering_mrad: 0, stamps: vec![], ..command() };
    vec![
        ("a command while driving", FromConsole::Command(command())),
        ("a command that confirms a take-over", FromConsole::Command(Command { confirm: true, ..quiet.clone() })),
        ("a command that re-arms", FromConsole::Command(Command { rearm_latch: Some(LatchId(3)), ..quiet.clone() })),
        ("a command of a switch pressed through", FromConsole::Command(Command { pressed_through: Some(true), ..quiet.clone() })),
        (
            "a command with the largest numbers",
            FromConsole::Command(Command {
                seq: LARGEST,
                operator_us: LARGEST,
                epoch: LeaseEpoch(LARGEST),
                boot_id: BootId(u32::MAX),
                speed_mm_s: i32::MIN,
                steering_mrad: i32::MAX,
                ..quiet
            }),
        ),
        ("a stop", FromConsole::Stop(StopRequest { v: WIRE_VERSION, request: 9 })),
        ("a ping", FromConsole::Ping(Ping { operator_us: 5 })),
        ("a wish for a key frame", FromConsole::KeyFrame(KeyFrameWish { camera: CameraIndex(2) })),
        ("a picture that has come", FromConsole::Arrived(Arrived { number: u32::MAX })),
    ]
}

pub(crate) fn to_console() -> Vec<(&'static str, ToConsole)> {
    let link = ConsoleLink {
        connected: true,
        vehicle_rtt_us: Some(480),
        state_age_ms: Some(12),
        holder: Some(alice()),
        epoch: Some(LeaseEpoch(7)),
        mine: true,
    };
    let away = ConsoleLink { connected: false, vehicle_rtt_us: None, state_age_ms: None, holder: None, epoch: None, mine: false };
    vec![
        ("a state on its way to a page", ToConsole::State(ByteBuf::from(encode(&state()).expect("encodes")))),
        ("a pong", ToConsole::Pong(Pong { operator_us: 5 })),
        ("a link that stands", ToConsole::Link(link)),
        ("a link to nowhere", ToConsole::Link(away)),
    ]
}

pub(crate) fn gateway_datagrams() -> Vec<(&'static str, GatewayDatagram)> {
    let command = encode(&FromConsole::Command(command())).expect("encodes");
    vec![
        ("a command on its way to a vehicle", GatewayDatagram::Command(ByteBuf::from(command))),
        ("a stop on its way to a vehicle", GatewayDatagram::Stop(StopOrder { by: alice(), request: 9 })),
    ]
}

pub(crate) fn vehicle_datagrams() -> Vec<(&'static str, VehicleDatagram)> {
    let state = encode(&halted()).expect("encodes");
    vec![("a state on its way to the gateway", VehicleDatagram::State(ByteBuf::from(state)))]
}

pub(crate) fn vehicle_says() -> Vec<(&'static str, VehicleSays)> {
    let (epoch, highest_epoch) = (LeaseEpoch(7), LeaseEpoch(8));
    vec![
        ("a hello", VehicleSays::Hello(hello())),
        ("a lease accepted", VehicleSays::LeaseAccepted { epoch, boot_id: BootId(1) }),
        ("a lease refused", VehicleSays::LeaseRefused { epoch, highest_epoch, why: "a higher epoch was seen".to_owned() }),
        ("a change of state", VehicleSays::Event(event())),
    ]
}

pub(crate) fn gateway_says() -> Vec<(&'static str, GatewaySays)> {
    vec![
        ("a welcome", GatewaySays::Welcome),
        ("a refusal", GatewaySays::Refused { why: "truck-1 is not enrolled".to_owned() }),
        ("a lease", GatewaySays::LeaseGrant { epoch: LeaseEpoch(7), holder: alice() }),
        ("the end of a lease", GatewaySays::LeaseEnd { epoch: LeaseEpoch(7), why: LeaseEnding::Silence }),
    ]
}

pub(crate) fn media_demand() -> MediaDemand {
    let cameras = vec![CameraDemand { camera: CameraIndex(0), key_frame_request: 4 }];
    MediaDemand { v: WIRE_VERSION, seq: 12, cameras, downlink_bps: None }
}

pub(crate) fn narrow_media_demand() -> MediaDemand {
    MediaDemand { downlink_bps: Some(900_000), ..media_demand() }
}

pub(crate) fn media_headers() -> Vec<(&'static str, MediaHeader)> {
    let header = MediaHeader {
        camera: CameraIndex(3),
        codec: Codec::H264,
        key: false,
        sequence: 41,
        depends_on: 40,
        capture: MonoTime(4_500_000_123),
        length: 5000,
    };
    vec![
        ("a picture that needs the one before", header),
        ("a key frame", MediaHeader { key: true, depends_on: 41, ..header }),
        ("the wrap of the sequence", MediaHeader { sequence: 0, depends_on: u32::MAX, ..header }),
    ]
}

pub(crate) fn picture_heads() -> Vec<(&'static str, PictureHead)> {
    let heads = media_headers().into_iter().zip(1_u32..).map(|((name, header), number)| {
        let received = MonoTime(9_000_000_000 + u64::from(number));
        (name, PictureHead { number, received, relayed: MonoTime(received.0 + 250), header })
    });
    heads.collect()
}
