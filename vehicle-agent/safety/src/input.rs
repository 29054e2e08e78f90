//! What goes into the core and what comes out.

use crate::Persisted;
use farhand_protocol::{Authority, CameraIndex, LeaseEpoch, MissionEpoch, MonoTime, Pose, SafetyState, StopRung};

/// What the machine measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MachineSample {
    /// When it was measured, on the vehicle's clock.
    pub at: MonoTime,
    /// Path travelled, both directions counted up.
    pub travelled_um: u64,
    /// Speed along the vehicle.
    pub speed_mm_s: i32,
    /// Angle of the steered wheel.
    pub steering_mrad: i32,
    /// Height of the forks.
    pub fork_mm: i32,
    /// The emergency stop circuit is open.
    pub emergency_stop: bool,
    /// There is a load on the forks, or nobody knows.
    pub loaded: bool,
    /// Where the machine believes it is. Only whether it knows is a ground for a decision, never where.
    pub pose: Option<Pose>,
}

/// What is around the vehicle, as the guard's shell judged it. All distances hold for the direction of travel, asked and
/// actual: where they differ, the shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surroundings {
    /// When it was judged.
    pub at: MonoTime,
    /// When the oldest of the scans behind it was taken.
    pub scan_at: MonoTime,
    /// Free way along the corridor that the loaded vehicle sweeps.
    pub free_distance_mm: i32,
    /// Way to the first edge behind which somebody may stand unseen.
    pub occlusion_mm: Option<i32>,
    /// Room at the narrower side of the corridor.
    pub side_clearance_mm: i32,
    /// Limit of the zone on the map, where one is known.
    pub zone_limit_mm_s: Option<i32>,
    /// Highest speed at which the guard still sees a free stop ahead.
    pub guard_limit_mm_s: i32,
    /// The only wheel with which it still does, where the one that is asked for would leave no free stop.
    pub guard_wheel_mrad: Option<i32>,
    /// Raising the forks leaves a free stop.
    pub guard_lift: bool,
    /// The guard holds a stop that is free.
    pub way_out: bool,
    /// The scanners' own protective field is broken.
    pub breached: bool,
}

impl Surroundings {
    /// The same as if no guard looked at what is asked for.
    pub(crate) fn without_guard(self) -> Self {
        Self { guard_limit_mm_s: i32::MAX, guard_wheel_mrad: None, guard_lift: true, ..self }
    }
}

/// The stop that the guard wants driven in this tick. Given in each tick while it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manoeuvre {
    /// Its number.
    pub id: u32,
    /// Angle of the steered wheel.
    pub steering_mrad: i32,
    /// Deceleration.
    pub brake_mm_s2: i32,
    /// [`StopRung::Manoeuvre`] if it is proved free, [`StopRung::Path`] if it only follows the path that was driven. The
    /// other rungs need no guard.
    pub rung: StopRung,
}

/// What the vehicle's own autonomy wants in this instant; given again and again, its silence is a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The mission it belongs to.
    pub mission: MissionEpoch,
    /// Rises with each plan of a mission, from 1.
    pub seq: u64,
    /// When it was made, on the vehicle's clock.
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

/// How a scene moves in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureMotion {
    /// Away from the middle.
    Outwards,
    /// Towards the middle.
    Inwards,
    /// All of it to the left.
    Leftwards,
    /// All of it to the right.
    Rightwards,
}

/// What the agent measured on one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// The camera.
    pub camera: CameraIndex,
    /// When the picture was taken.
    pub capture: MonoTime,
    /// The source's own count of pictures.
    pub frame: u64,
    /// How often the content has changed so far, by the camera's freeze check.
    pub changes: u64,
    /// How the scene has moved since the content that was told before; none if that is not clear.
    pub motion: Option<PictureMotion>,
}

/// Something arrived.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The machine reported.
    Machine(MachineSample),
    /// The machine's socket ended.
    MachineGone,
    /// The agent's beat, with the agent's own clock.
    AgentBeat(MonoTime),
    /// The agent's socket ended.
    AgentGone,
    /// The agent's connection to the gateway stands, or not.
    GatewayConnected(bool),
    /// Bytes of a console's message.
    Command(&'a [u8]),
    /// A person with the right asks for a stop.
    Stop,
    /// The gateway granted a lease.
    LeaseGrant(LeaseEpoch),
    /// The lease is over.
    LeaseEnd(LeaseEpoch),
    /// The lease was taken away.
    LeaseRevoked(LeaseEpoch),
    /// The fleet releases the vehicle to drive by itself.
    Release(MissionEpoch),
    /// The mission is over.
    MissionEnd(MissionEpoch),
    /// The autonomy's plan.
    Plan(Plan),
    /// What the guard's shell sees.
    Surroundings(Surroundings),
    /// The stop that the guard wants driven.
    Manoeuvre(Manoeuvre),
    /// What a picture shows.
    Content(Content),
    /// This content is in the state file, safe against a power cut.
    Stored(Persisted),
    /// The state file could not be written.
    StoreFailed,
    /// A picture with this capture time was sent.
    Sent(CameraIndex, MonoTime),
    /// The host was suspended.
    ClockJump,
}

/// The answer to a granted lease or a released mission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantAnswer {
    /// Stored; commands under it are obeyed from now.
    Accepted(LeaseEpoch),
    /// Not newer than `highest`.
    TooOld {
        /// The epoch that was offered.
        offered: LeaseEpoch,
        /// The highest known.
        highest: LeaseEpoch,
    },
    /// The state file cannot be written, so the epoch would not survive a restart.
    NotStored(LeaseEpoch),
    /// Stored; the vehicle drives by itself as soon as it may.
    MissionAccepted(MissionEpoch),
    /// The vehicle does not drive by itself now.
    MissionRefused {
        /// The mission.
        mission: MissionEpoch,
        /// Why.
        why: MissionRefusal,
    },
}

/// Why a vehicle does not drive by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MissionRefusal {
    /// Not newer than the highest mission known.
    TooOld,
    /// It is not parked without a cause, or another mission is about to begin.
    NotParked,
    /// Somebody holds its lease.
    Leased,
    /// It has no safety scanners, or does not hear them.
    NoScanner,
    /// Its agent or its gateway is away.
    NoGateway,
    /// Its state file cannot be written.
    NotStored,
}

/// The motion that is asked for, before any limit: what the guard is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// Wanted speed.
    pub speed_mm_s: i32,
    /// Wanted angle of the steered wheel.
    pub steering_mrad: i32,
    /// Slow enough, by choice, to go close.
    pub creep: bool,
}

/// The command to the actuators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drive {
    /// Wanted speed; 0 = no traction.
    pub speed_mm_s: i32,
    /// Steepest change towards it.
    pub accel_mm_s2: i32,
    /// Demanded deceleration; above 0 it overrides the speed.
    pub brake_mm_s2: i32,
    /// Wanted angle of the steered wheel.
    pub steering_mrad: i32,
    /// Wanted fork speed.
    pub lift_mm_s: i32,
    /// The command belongs to a stop that the vehicle makes by itself.
    pub safe_stop: bool,
}

/// A change of state, for the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// State before.
    pub from: SafetyState,
    /// State after.
    pub to: SafetyState,
}

/// The result of one tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// To the machine, now.
    pub drive: Drive,
    /// To the state file, off the tick; answered by [`Input::Stored`] or [`Input::StoreFailed`].
    pub store: Option<Persisted>,
    /// The state changed in this tick.
    pub transition: Option<Transition>,
    /// Who moves the machine in this tick: exactly one.
    pub authority: Authority,
    /// The newest answer to a grant or a release, where [`crate::Core::step`] took one in.
    pub answer: Option<GrantAnswer>,
}
