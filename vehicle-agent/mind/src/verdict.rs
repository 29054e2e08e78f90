//! What one tick came to, in whole numbers: what a replay compares.

use crate::{Decision, Mind, Taken, Thought};
use farhand_drive::Actuate;
use farhand_protocol::{CapTerm, LatchId, SafetyState, StopRung, encode};
use farhand_safety::CauseSet;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What one tick came to. Two that are equal were reached by minds that said and did the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Row", from = "Row")]
pub struct Verdict {
    /// The state after the tick.
    pub state: SafetyState,
    /// Why it stands or stops.
    pub causes: CauseSet,
    /// The stop to be acknowledged.
    pub latch: Option<LatchId>,
    /// Highest speed allowed.
    pub cap_mm_s: i32,
    /// What binds it.
    pub cap_term: CapTerm,
    /// The best rung that is open to a stop under way.
    pub rung: Option<StopRung>,
    /// What the machine was told: speed, acceleration, brake, wheel and forks, in the units of [`Actuate`].
    pub told: [i32; 5],
    /// The command of a safe stop.
    pub safe_stop: bool,
    /// CRC-32 over all that went to agent and state file since the verdict before.
    pub said: u32,
}

/// The same without names: a hundred of them are written each second.
type Row = (SafetyState, u32, Option<LatchId>, (i32, CapTerm), Option<StopRung>, [i32; 5], bool, u32);

impl From<Verdict> for Row {
    fn from(verdict: Verdict) -> Self {
        let Verdict { state, causes, latch, cap_mm_s, cap_term, rung, told, safe_stop, said } = verdict;
        (state, causes.bits(), latch, (cap_mm_s, cap_term), rung, told, safe_stop, said)
    }
}

impl From<Row> for Verdict {
    fn from((state, causes, latch, (cap_mm_s, cap_term), rung, told, safe_stop, said): Row) -> Self {
        let causes = CauseSet::from_bits(causes);
        Self { state, causes, latch, cap_mm_s, cap_term, rung, told, safe_stop, said }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [speed, accel, brake, wheel, lift] = self.told;
        write!(f, "{:?} {:?}", self.state, self.causes.iter().collect::<Vec<_>>())?;
        if let Some(latch) = self.latch {
            write!(f, " latch {latch}")?;
        }
        write!(f, ", cap {} mm/s ({:?})", self.cap_mm_s, self.cap_term)?;
        if let Some(rung) = self.rung {
            write!(f, ", rung {rung:?}")?;
        }
        write!(f, ", told {speed} mm/s by {accel} mm/s², brake {brake} mm/s², wheel {wheel} mrad, forks {lift} mm/s")?;
        write!(f, "{}, said {:08x}", if self.safe_stop { ", safe stop" } else { "" }, self.said)
    }
}

/// Sums up what a mind says, until its next verdict.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said(crc32fast::Hasher);

impl Said {
    pub(crate) fn taken(&mut self, taken: &Taken) {
        self.add(taken.say.as_ref());
    }

    pub(crate) fn thought(&mut self, thought: &Thought) {
        self.add(thought.say.as_ref());
    }

    /// The verdict of a tick that `mind` has just made.
    pub(crate) fn verdict(&mut self, mind: &Mind, decision: &Decision) -> Verdict {
        self.add(decision.event.as_ref());
        self.add(decision.state.as_ref());
        if let Some(store) = &decision.store {
            self.0.update(&store.to_bytes());
        }
        let said = std::mem::take(&mut self.0).finalize();
        let Actuate { speed_mm_s, accel_mm_s2, brake_mm_s2, steering_mrad, lift_mm_s, safe_stop, .. } = decision.actuate;
        let (cap_mm_s, cap_term) = mind.core.cap();
        Verdict {
            state: mind.core.state(),
            causes: mind.core.causes(),
            latch: mind.core.latch(),
            cap_mm_s,
            cap_term,
            rung: mind.core.stop_rung(),
            told: [speed_mm_s, accel_mm_s2, brake_mm_s2, steering_mrad, lift_mm_s],
            safe_stop,
            said,
        }
    }

    fn add<T: Serialize>(&mut self, message: Option<&T>) {
        let Some(message) = message else { return };
        // What cannot be encoded is not sent either.
        if let Ok(bytes) = encode(message) {
            self.0.update(&bytes);
        }
    }
}
