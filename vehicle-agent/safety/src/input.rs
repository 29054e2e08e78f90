//! What goes into the core and what comes out.

use crate::Persisted;
use farhand_protocol::{CameraIndex, LeaseEpoch, MonoTime, Pose, SafetyState};

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
    /// Where the machine believes it is; passed on, never a ground for a decision.
    pub pose: Option<Pose>,
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
    /// Bytes of a console's message.
    Command(&'a [u8]),
    /// A person with the right asks for a stop.
    Stop,
    /// The gateway granted a lease.
    LeaseGrant(LeaseEpoch),
    /// The lease is over.
    LeaseEnd(LeaseEpoch),
    /// This content is in the state file, safe against a power cut.
    Stored(Persisted),
    /// The state file could not be written.
    StoreFailed,
    /// A picture with this capture time was sent.
    Sent(CameraIndex, MonoTime),
    /// The host was suspended.
    ClockJump,
}

/// The answer to a granted lease.
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
}
