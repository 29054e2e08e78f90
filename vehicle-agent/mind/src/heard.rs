//! What goes into the mind, and what comes out.

use farhand_drive::{Actuate, AgentSays, GuardianSays, MachineSays};
use farhand_guard::ScoreFault;
use farhand_protocol::{BootId, MonoTime, SafetyEvent, VehicleState};
use farhand_safety::Persisted;
use serde::{Deserialize, Serialize};

/// What a mind begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// This start of the guardian.
    pub boot_id: BootId,
    /// The content of the state file; none if it was missing or damaged.
    pub stored: Option<Persisted>,
    /// The process has real-time scheduling and locked memory.
    pub realtime: bool,
    /// Vehicle clock at the start.
    pub at: MonoTime,
}

/// Something arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// The machine said something.
    Machine(MachineSays),
    /// The machine's socket ended.
    MachineGone,
    /// An agent connected.
    AgentHere,
    /// The agent said something.
    Agent(AgentSays),
    /// The agent's socket ended.
    AgentGone,
    /// This content is in the state file, safe against a power cut.
    Stored(#[serde(with = "crate::record::persisted")] Persisted),
    /// The state file could not be written.
    StoreFailed,
    /// The host was suspended.
    Suspended,
}

/// What becomes of something that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// The vehicle must decide at once: call [`crate::Mind::tick`] before the next one is due.
    pub urgent: bool,
    /// To the agent.
    pub say: Option<GuardianSays>,
    /// For the log.
    pub remark: Option<Remark>,
}

/// What a tick decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// To the machine, before anything else.
    pub actuate: Actuate,
    /// To the state file, off the tick; answered by [`Heard::Stored`] or [`Heard::StoreFailed`].
    pub store: Option<Persisted>,
    /// To the agent: the safety state changed.
    pub event: Option<SafetyEvent>,
    /// To the agent, after the event.
    pub state: Option<VehicleState>,
}

/// What comes of thinking after a tick.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Thought {
    /// To the agent: the policy's next question.
    pub say: Option<GuardianSays>,
    /// For the log.
    pub remark: Option<Remark>,
}

/// Something for the log that changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// A sweep that cannot be used.
    SweepRefused {
        /// Of this scanner.
        scanner: u8,
        /// Such sweeps so far.
        refused: u64,
    },
    /// The policy's answer is no list of scores.
    NoScores {
        /// How long it was.
        bytes: usize,
    },
    /// From now on the policy's scores choose the stop.
    ScoresUsed,
    /// From now on they do not; the guard ranks by itself.
    ScoresUnused(ScoreFault),
}
