//! What passes over the sockets inside a vehicle.

use crate::MachineScan;
use farhand_protocol::{BootId, CameraIndex, LeaseEpoch, MissionEpoch, MonoTime, OperatorName, Pose, SafetyEvent};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// From the guardian to the machine, 100 times a second; silence of 200 ms makes the machine brake by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actuate {
    /// Counts the commands of one boot of the guardian.
    pub seq: u64,
    /// Vehicle clock at the tick.
    pub at: MonoTime,
    /// Wanted speed; 0 = no traction.
    pub speed_mm_s: i32,
    /// Steepest acceleration towards it.
    pub accel_mm_s2: i32,
    /// Demanded deceleration; 0 = brake released. Above 0 it overrides the wanted speed.
    pub brake_mm_s2: i32,
    /// Wanted angle of the steered wheel, positive turns the vehicle left when it goes forward.
    pub steering_mrad: i32,
    /// Wanted fork speed.
    pub lift_mm_s: i32,
    /// True while this is the command of a safe stop.
    pub safe_stop: bool,
}

/// From the machine to the guardian.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MachineSays {
    /// What it measures, 100 times a second.
    Report(MachineReport),
    /// A sweep of one of its safety scanners.
    Scan(MachineScan),
}

/// Measurements of the machine at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineReport {
    /// Counts the reports of one connection.
    pub seq: u64,
    /// CLOCK_MONOTONIC of the measurement; the guardian checks that the clocks are the same.
    pub at: MonoTime,
    /// Path length travelled, forward counted up and backward counted up too.
    pub travelled_um: u64,
    /// Measured speed.
    pub speed_mm_s: i32,
    /// Measured angle of the steered wheel.
    pub steering_mrad: i32,
    /// Height of the forks.
    pub fork_mm: i32,
    /// The emergency stop circuit on the truck is open.
    pub emergency_stop: bool,
    /// Where the machine believes it is.
    pub pose: Option<Pose>,
    /// The machine braked by its own watchdog since the last report.
    pub watchdog_tripped: bool,
}

/// From the agent to the guardian.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentSays {
    /// The agent is alive; 50 times a second.
    Beat {
        /// The agent's CLOCK_MONOTONIC, to check that the clock is the same.
        at: MonoTime,
        /// The gateway's control connection stands.
        gateway_connected: bool,
    },
    /// A command, byte for byte as the console made it.
    Command(ByteBuf),
    /// Somebody with the right asks for a stop.
    Stop(StopOrigin),
    /// The gateway granted a lease.
    LeaseGrant {
        /// Its epoch.
        epoch: LeaseEpoch,
        /// Its holder.
        holder: OperatorName,
    },
    /// The lease is over.
    LeaseEnd {
        /// Its epoch.
        epoch: LeaseEpoch,
        /// Somebody with the right took it away.
        #[serde(default)]
        revoked: bool,
    },
    /// A picture with this capture time was sent.
    Sent {
        /// The camera.
        camera: CameraIndex,
        /// When the picture was taken.
        capture: MonoTime,
    },
    /// What a picture shows, measured by the camera's `freeze_check`; the guardian decides whether it stands still.
    Content {
        /// The camera.
        camera: CameraIndex,
        /// When the picture was taken.
        capture: MonoTime,
        /// The source's own count of pictures; a picture that it did not count is not a new one.
        frame: u64,
        /// How often the content has changed since the agent started: `identical` counts each picture that differs in any
        /// bit from the one before, `motion` each in which something has moved.
        changes: u64,
        /// How the scene has moved in the pictures since the last word about this camera; none if that is not clear.
        #[serde(default)]
        motion: Option<PictureMotion>,
    },
    /// The fleet releases the vehicle to drive by itself.
    Release {
        /// The mission; newer than any before.
        mission: MissionEpoch,
    },
    /// The mission is over, or taken back.
    MissionEnd {
        /// The mission.
        mission: MissionEpoch,
    },
    /// What the learned policy thinks of each of the guard's manoeuvres.
    Scores {
        /// The question that is answered: when the situation was.
        at: MonoTime,
        /// One 32-bit float for each manoeuvre, least significant byte first; higher is better.
        values: ByteBuf,
    },
    /// What the vehicle's own autonomy wants; 50 times a second, its silence is a stop.
    Plan(WantedMotion),
}

/// How a scene moves in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureMotion {
    /// Away from the middle, as in a picture that goes where it looks.
    Outwards,
    /// Towards the middle.
    Inwards,
    /// All of it to the left.
    Leftwards,
    /// All of it to the right.
    Rightwards,
}

/// What the autonomy wants in this instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedMotion {
    /// The mission it belongs to.
    pub mission: MissionEpoch,
    /// Rises with each plan of a mission, from 1.
    pub seq: u64,
    /// The agent's CLOCK_MONOTONIC when it was made.
    pub at: MonoTime,
    /// Wanted speed.
    pub speed_mm_s: i32,
    /// Wanted angle of the steered wheel.
    pub steering_mrad: i32,
    /// Wanted fork speed.
    pub lift_mm_s: i32,
    /// Way to the end of what the fleet has released.
    pub base_left_mm: i32,
    /// Distance from the planned path.
    pub off_path_mm: i32,
    /// The autonomy knows where it is.
    pub localised: bool,
}

/// Who asked for a stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopOrigin {
    /// The person.
    pub by: OperatorName,
    /// The number of the press.
    pub request: u32,
}

/// From the guardian to the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardianSays {
    /// First message after the agent connects.
    Hello {
        /// This start of the guardian.
        boot_id: BootId,
        /// Highest epoch ever accepted.
        highest_epoch: LeaseEpoch,
    },
    /// A [`farhand_protocol::VehicleState`] to pass on as it is.
    State(ByteBuf),
    /// The epoch is stored; commands under it are obeyed from now.
    LeaseAccepted {
        /// The epoch.
        epoch: LeaseEpoch,
    },
    /// The epoch is not accepted.
    LeaseRefused {
        /// The epoch that was offered.
        epoch: LeaseEpoch,
        /// The highest epoch known.
        highest_epoch: LeaseEpoch,
        /// Why, for a person.
        why: String,
    },
    /// The mission is stored; the vehicle drives by itself from now.
    MissionAccepted {
        /// The mission.
        mission: MissionEpoch,
    },
    /// The vehicle does not drive by itself now.
    MissionRefused {
        /// The mission.
        mission: MissionEpoch,
        /// Why, for a person.
        why: String,
    },
    /// The safety state changed.
    Event(SafetyEvent),
    /// What the learned policy is to judge, 20 times a second while the guard looks for a stop.
    Senses {
        /// When the situation was.
        at: MonoTime,
        /// The row of `farhand-senses`: 32-bit floats, least significant byte first.
        row: ByteBuf,
    },
}
