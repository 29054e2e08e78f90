//! What a vehicle says about itself, 20 times a second and at once on a change.

use crate::{
    Authority, BootId, CameraIndex, CapTerm, Cause, EncodeError, LatchId, LeaseEpoch, MissionEpoch, Need, Protection,
    RejectReason, SafetyState, StopRung, WIRE_VERSION, encode,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Snapshot of one vehicle, made by its guardian and relayed as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VehicleState {
    /// Wire version.
    pub v: u16,
    /// Counts snapshots of this boot.
    #[ts(type = "number")]
    pub seq: u64,
    /// Vehicle clock when the snapshot was made.
    #[ts(type = "number")]
    pub vehicle_us: u64,
    /// This start of the guardian.
    pub boot_id: BootId,
    /// Highest epoch accepted so far; 0 before the first.
    pub epoch: LeaseEpoch,
    /// True while that epoch's lease is alive on the vehicle.
    pub lease_live: bool,
    /// State of the safety core.
    pub state: SafetyState,
    /// Active causes, worst first.
    pub causes: Vec<Cause>,
    /// The latched stop that an acknowledgement must name.
    pub latch: Option<LatchId>,
    /// Who moves the machine in this tick.
    pub authority: Authority,
    /// What is missing before it moves, in the order a person should do it.
    pub needs: Vec<Need>,
    /// Measured speed.
    pub speed_mm_s: i32,
    /// Measured steering, positive left.
    pub steering_mrad: i32,
    /// Highest speed allowed now.
    pub cap_mm_s: i32,
    /// Which term of the cap binds.
    pub cap_term: CapTerm,
    /// Metres travelled since the capture of the picture behind the last accepted command.
    pub blind_mm: i32,
    /// The blind distance at which the vehicle brakes.
    pub blind_limit_mm: i32,
    /// Age of that picture, oldest over the required cameras; none if unknown.
    pub loop_age_ms: Option<u32>,
    /// Age of the last accepted command.
    pub command_age_ms: Option<u32>,
    /// Distance travelled since boot.
    #[ts(type = "number")]
    pub odometer_mm: i64,
    /// Where the machine believes it is, on the site's map.
    pub pose: Option<Pose>,
    /// Height of the forks.
    pub fork_mm: i32,
    /// Newest command's own operator stamp and how long the vehicle has held it: gives the round trip.
    pub echo: Option<Echo>,
    /// The last stop, kept until the next one.
    pub last_stop: Option<LastStop>,
    /// Commands without effect since boot, by reason, only those above 0.
    pub rejected: Vec<RejectCount>,
    /// Commands obeyed since boot.
    #[ts(type = "number")]
    pub accepted: u64,
    /// True if the guardian got real-time scheduling and locked memory.
    pub realtime: bool,
    /// Safety ticks that came more than 5 ms late since boot.
    #[ts(type = "number")]
    pub late_ticks: u64,
    /// The fleet's mission under which it drives by itself.
    #[serde(default)]
    pub mission: Option<MissionEpoch>,
    /// What the safety scanners do for it.
    #[serde(default)]
    pub protection: Protection,
    /// Free way ahead along the corridor, while the scanners are heard.
    #[serde(default)]
    pub free_mm: Option<i32>,
    /// Cameras that show the same picture for too long; while it moves and one is required, that is a cause as well.
    #[serde(default)]
    pub still: Vec<CameraIndex>,
    /// Cameras whose pictures move as each other's should, as if their cables were exchanged; while it moves and one is required,
    /// that is a cause as well.
    #[serde(default)]
    pub swapped: Vec<CameraIndex>,
    /// The floor that the stop held ready would sweep, while the guard holds one.
    #[serde(default)]
    pub corridor: Option<Corridor>,
}

/// The floor that a stop would sweep, as it lies around the vehicle at the time of the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Corridor {
    /// Counts the stops that were proved free since boot.
    pub id: u32,
    /// Since it was proved free.
    pub age_ms: u32,
    /// Where odometry has the vehicle at the time of the snapshot, in a frame of its own: what it drove between a picture and this
    /// snapshot is the difference of two of them.
    pub here: Pose,
    /// Corners in order, each ahead of the vehicle's origin and left of it: down one side, back up the other.
    pub corners_mm: Vec<i32>,
}

impl VehicleState {
    /// Most bytes of an encoded state: with a little around it, what a QUIC datagram of the smallest path (1,200 bytes) takes.
    pub const MOST_BYTES: usize = 1120;

    /// Writes it so that it fits a datagram. When much is wrong at once, the corridor gives way: it is a picture, the causes are not.
    ///
    /// # Errors
    /// [`EncodeError`] as of [`encode`].
    pub fn encode(mut self) -> Result<Vec<u8>, EncodeError> {
        let whole = encode(&self)?;
        if whole.len() <= Self::MOST_BYTES || self.corridor.take().is_none() {
            return Ok(whole);
        }
        encode(&self)
    }

    /// The first words of a vehicle that stands parked and that nobody drives: where whoever plays a vehicle begins.
    #[must_use]
    pub fn parked(boot_id: BootId, epoch: LeaseEpoch) -> Self {
        Self {
            v: WIRE_VERSION,
            seq: 1,
            vehicle_us: 1,
            boot_id,
            epoch,
            lease_live: false,
            state: SafetyState::Parked,
            causes: Vec::new(),
            latch: None,
            authority: Authority::None,
            needs: Vec::new(),
            speed_mm_s: 0,
            steering_mrad: 0,
            cap_mm_s: 0,
            cap_term: CapTerm::State,
            blind_mm: 0,
            blind_limit_mm: 1000,
            loop_age_ms: None,
            command_age_ms: None,
            odometer_mm: 0,
            pose: None,
            fork_mm: 0,
            echo: None,
            last_stop: None,
            rejected: Vec::new(),
            accepted: 0,
            realtime: false,
            late_ticks: 0,
            mission: None,
            protection: Protection::default(),
            free_mm: None,
            still: Vec::new(),
            swapped: Vec::new(),
            corridor: None,
        }
    }
}

/// Position on the site's map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Pose {
    /// East of the map's origin.
    pub x_mm: i32,
    /// North of the map's origin.
    pub y_mm: i32,
    /// Counter-clockwise from east.
    pub heading_mrad: i32,
}

/// Gives the console its round trip without any clock in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Echo {
    /// The operator stamp of the newest command received.
    #[ts(type = "number")]
    pub operator_us: u64,
    /// Time between that command's arrival at the guardian and this snapshot.
    #[ts(type = "number")]
    pub hold_us: u64,
}

/// What a stop was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LastStop {
    /// The latch it set.
    pub latch: LatchId,
    /// The worst cause when it began.
    pub cause: Cause,
    /// Time from the last accepted command to the brake demand.
    pub silence_ms: Option<u32>,
    /// Metres rolled after the brake demand.
    pub rolled_mm: i32,
    /// The lowest rung of the ladder that it came down to.
    #[serde(default)]
    pub rung: Option<StopRung>,
}

/// How many commands had no effect for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RejectCount {
    /// The reason.
    pub reason: RejectReason,
    /// Since boot.
    #[ts(type = "number")]
    pub count: u64,
}
