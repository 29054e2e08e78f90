//! Every message, grouped by the hop it travels.

use crate::{BootId, CameraIndex, Cause, LatchId, LeaseEpoch, OperatorName, RtpStamp, SafetyState, VehicleId};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use ts_rs::TS;

/// The version this build writes and reads; another is refused with a reason.
pub const WIRE_VERSION: u16 = 1;

// ---- console <-> gateway, channel `now` (unordered, no retransmits) ----------------------------------------------

/// What a page sends on channel `now`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FromConsole {
    /// Drive: needs the lease. Its bytes reach the guardian as the page made them.
    Command(Command),
    /// Stop now: needs only `watch`. Repeated at 50 Hz until the state shows a latch.
    Stop(StopRequest),
    /// Answered by the gateway at once.
    Ping(Ping),
    /// A picture that can be decoded alone is needed; only where pictures come as units.
    KeyFrame(KeyFrameWish),
    /// A picture has come whole; only where pictures come as units.
    Arrived(Arrived),
}

/// What an operator wants from the vehicle in this instant, at 50 Hz and at once on a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Command {
    /// Wire version.
    pub v: u16,
    /// The start of the vehicle this is meant for.
    pub boot_id: BootId,
    /// The lease under which it is given.
    pub epoch: LeaseEpoch,
    /// Rises with each command of the lease, from 1.
    #[ts(type = "number")]
    pub seq: u64,
    /// The operator's own clock, echoed back for the round trip; never a ground for a decision.
    #[ts(type = "number")]
    pub operator_us: u64,
    /// The enable switch is held.
    pub enable: bool,
    /// Age of the input sample behind this command.
    pub input_age_ms: u32,
    /// Wanted speed; negative is backwards; 0 is neutral.
    pub speed_mm_s: i32,
    /// Wanted angle of the steered wheel, positive turns the vehicle left when it goes forward.
    pub steering_mrad: i32,
    /// Wanted fork speed, positive lifts.
    #[serde(default)]
    pub lift_mm_s: i32,
    /// The operator confirms that this is the vehicle she means to drive.
    #[serde(default)]
    pub confirm: bool,
    /// Acknowledges the latched stop with this number.
    #[serde(default)]
    pub rearm_latch: Option<LatchId>,
    /// The enable switch is pressed through to its third position, by switches that have one: stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pressed_through: Option<bool>,
    /// The pictures on the glass when this was made, one for each camera on show.
    pub stamps: Vec<GlassStamp>,
}

/// A picture that was really drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct GlassStamp {
    /// The camera.
    pub camera: CameraIndex,
    /// Its RTP timestamp, which is the vehicle's capture time.
    pub rtp: RtpStamp,
}

/// Asks for a stop. Nothing in it is needed for the stop to be obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StopRequest {
    /// Wire version.
    pub v: u16,
    /// Chosen by the page; the same for all repetitions of one press.
    pub request: u32,
}

/// Measures the way between page and gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Ping {
    /// The page's own clock.
    #[ts(type = "number")]
    pub operator_us: u64,
}

/// Asks for a picture that can be decoded alone. The gateway bounds how often the vehicle is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeyFrameWish {
    /// Which camera.
    pub camera: CameraIndex,
}

/// Says that a picture is there. From it the gateway tells what the way carries: the next ones are made for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Arrived {
    /// The number in its [`crate::PictureHead`].
    pub number: u32,
}

/// What a page receives on channel `now`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ToConsole {
    /// A [`crate::VehicleState`], byte for byte as the guardian made it.
    State(#[ts(type = "Uint8Array")] ByteBuf),
    /// Answer to a ping.
    Pong(Pong),
    /// How the gateway sees the vehicle and its lease, twice a second and on a change.
    Link(ConsoleLink),
}

/// Answer to a [`Ping`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Pong {
    /// The page's clock as it was sent.
    #[ts(type = "number")]
    pub operator_us: u64,
}

/// The gateway's view of one vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConsoleLink {
    /// The vehicle's control connection stands.
    pub connected: bool,
    /// Round trip gateway to vehicle and back.
    #[ts(type = "number | null")]
    pub vehicle_rtt_us: Option<u64>,
    /// Age of the newest state the gateway has.
    pub state_age_ms: Option<u32>,
    /// Who holds the lease.
    pub holder: Option<OperatorName>,
    /// The lease's epoch, while one is granted.
    pub epoch: Option<LeaseEpoch>,
    /// True if this very session holds it.
    pub mine: bool,
}

// ---- gateway <-> vehicle, datagrams on the control connection ----------------------------------------------------

/// Datagram from the gateway to a vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayDatagram {
    /// A [`FromConsole::Command`] of the lease holder, byte for byte.
    Command(ByteBuf),
    /// Stop now.
    Stop(StopOrder),
}

/// A stop that the gateway passes on for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopOrder {
    /// Who asked.
    pub by: OperatorName,
    /// The number of the press.
    pub request: u32,
}

/// Datagram from a vehicle to the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VehicleDatagram {
    /// A [`crate::VehicleState`], byte for byte as the guardian made it.
    State(ByteBuf),
}

// ---- gateway <-> vehicle, the reliable stream on the control connection ------------------------------------------
// Each message is preceded by its length as four bytes, big endian, at most 64 KiB.

/// From a vehicle. The first message of a connection is [`VehicleSays::Hello`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VehicleSays {
    /// Who this is.
    Hello(Hello),
    /// The guardian has stored the epoch and will obey commands under it.
    LeaseAccepted {
        /// The granted epoch.
        epoch: LeaseEpoch,
        /// The start of the guardian that accepted.
        boot_id: BootId,
    },
    /// The guardian refuses the epoch because it has seen a higher one, or cannot store it.
    LeaseRefused {
        /// The epoch that was offered.
        epoch: LeaseEpoch,
        /// The highest epoch it knows.
        highest_epoch: LeaseEpoch,
        /// Why, for a person.
        why: String,
    },
    /// The safety state changed.
    Event(SafetyEvent),
}

/// The first message of a vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Wire version.
    pub v: u16,
    /// The vehicle's name; must be the one in its certificate.
    pub vehicle: VehicleId,
    /// The running guardian.
    pub boot_id: BootId,
    /// Highest epoch the guardian has ever accepted.
    pub highest_epoch: LeaseEpoch,
    /// Kind of vehicle, from its profile.
    pub kind: String,
    /// Its cameras, in the order of their index.
    pub cameras: Vec<CameraSummary>,
    /// Highest speed of the profile.
    pub max_speed_mm_s: i32,
    /// Largest angle of the steered wheel.
    pub max_steering_mrad: i32,
    /// Its outline on the floor, for pictures of it.
    #[serde(default)]
    pub outline: Option<Outline>,
}

/// Outline of a vehicle on the floor; its origin is the middle of the fixed axle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Outline {
    /// How far it reaches behind its origin.
    pub behind_mm: i32,
    /// How far it reaches ahead of it, forks included.
    pub ahead_mm: i32,
    /// Its width.
    pub width_mm: i32,
}

/// Where a camera sits on its vehicle, looking level, and what it sees: enough to draw on its picture what lies on the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CameraEye {
    /// Ahead of the vehicle's origin.
    pub x_mm: i32,
    /// Left of it.
    pub y_mm: i32,
    /// Above the floor.
    pub z_mm: i32,
    /// Looking direction, counter-clockwise from forward.
    pub yaw_mrad: i32,
    /// From the left edge of the picture to the right edge; a pinhole without distortion.
    pub fov_mrad: i32,
    /// Thousandths of the picture's height from its upper edge to the horizon.
    pub horizon_permille: i32,
}

/// A camera as the page needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CameraSummary {
    /// Name in the profile, for instance `front`.
    pub name: String,
    /// Picture width.
    pub width_px: u32,
    /// Picture height.
    pub height_px: u32,
    /// For which of `forward`, `reverse`, `handover` its picture is required.
    pub required_for: Vec<String>,
    /// Where it sits.
    #[serde(default)]
    pub eye: Option<CameraEye>,
}

/// A change of the safety core's state, for the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafetyEvent {
    /// The running guardian.
    pub boot_id: BootId,
    /// Vehicle clock of the change.
    pub vehicle_us: u64,
    /// State before.
    pub from: SafetyState,
    /// State after.
    pub to: SafetyState,
    /// Active causes, worst first.
    pub causes: Vec<Cause>,
    /// The latch, where there is one.
    pub latch: Option<LatchId>,
    /// Speed at the change.
    pub speed_mm_s: i32,
    /// Blind distance at the change.
    pub blind_mm: i32,
    /// The lease's epoch.
    pub epoch: LeaseEpoch,
}

/// From the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewaySays {
    /// The hello was accepted.
    Welcome,
    /// The hello was refused; the connection closes.
    Refused {
        /// Why, with the mend.
        why: String,
    },
    /// A lease was granted; answered by `LeaseAccepted` or `LeaseRefused`.
    LeaseGrant {
        /// The new epoch.
        epoch: LeaseEpoch,
        /// Who will drive.
        holder: OperatorName,
    },
    /// The lease is over.
    LeaseEnd {
        /// Its epoch.
        epoch: LeaseEpoch,
        /// How it ended.
        why: LeaseEnding,
    },
}

/// How a lease ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LeaseEnding {
    /// The holder gave it back.
    Released,
    /// Nothing was heard from the holder.
    Silence,
    /// Somebody with the right took it away.
    Revoked,
    /// The vehicle refused it.
    VehicleRefused,
    /// The vehicle's connection is gone.
    VehicleGone,
    /// The gateway restarted.
    GatewayRestart,
}

// ---- gateway <-> vehicle, the media connection -------------------------------------------------------------------

/// Datagram from the gateway on the media connection: what is wanted, repeated five times a second and on a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaDemand {
    /// Wire version.
    pub v: u16,
    /// Rises with each demand of a connection; an older one is ignored.
    pub seq: u64,
    /// One entry for each camera that somebody watches.
    pub cameras: Vec<CameraDemand>,
    /// The bits a second that the way to the pages carries, where it carries less than the vehicle sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downlink_bps: Option<u64>,
}

/// One watched camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraDemand {
    /// Which.
    pub camera: CameraIndex,
    /// Rises each time a key frame is asked for.
    pub key_frame_request: u32,
}
