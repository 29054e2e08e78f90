//! Deliberate faults, one for each invariant, to show that the checks find them. They exist only in tests and with the
//! feature `broken`, which no program that drives is built with.

use crate::core::Core;
#[cfg(any(test, feature = "broken"))]
use crate::input::Drive;
#[cfg(any(test, feature = "broken"))]
use farhand_protocol::{MonoTime, SafetyState};

/// The invariants of safety.md 2.2, each as the fault that breaks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(not(any(test, feature = "broken")), expect(unreachable_pub, dead_code, reason = "nothing is broken in a program"))]
pub enum Broken {
    /// The enable switch is not asked for.
    S1,
    /// An epoch is granted twice.
    S2,
    /// Sequences are not compared.
    S3,
    /// A safe stop ends when commands return.
    S4,
    /// The traction stays on in a safe stop.
    S5,
    /// The brake is released in Halt.
    S6,
    /// Silence is not noticed.
    S7,
    /// The circuit of the red button is not asked for its reset.
    S8,
    /// Any latch number, sent at any time, acknowledges.
    S9,
    /// A cause that comes in Halt goes with the acknowledgement that was under way.
    S10,
    /// Neutral is taken for granted at the take-over.
    S11,
    /// A held enable switch stays armed over a stop.
    S12,
    /// The cap jumps up.
    S13,
    /// Without a manoeuvre the stop waits for one.
    S14,
    /// The end of the released path moves on without the gateway.
    S15,
    /// A mission that was left goes on.
    S16,
    /// The forks go on in a stop.
    S17,
    /// The operator's steering mixes into the plan.
    S18,
    /// A stop needs a lease.
    S19,
    /// A decision hangs on something that is no input.
    S20,
    /// The brake comes one tick after the state.
    S21,
    /// The first cause hides the others.
    S22,
    /// Traction where there must be none, for the interlock to find.
    Interlock,
}

#[cfg(any(test, feature = "broken"))]
impl Broken {
    /// The invariants in their order.
    pub const INVARIANTS: [Self; 22] = [
        Self::S1,
        Self::S2,
        Self::S3,
        Self::S4,
        Self::S5,
        Self::S6,
        Self::S7,
        Self::S8,
        Self::S9,
        Self::S10,
        Self::S11,
        Self::S12,
        Self::S13,
        Self::S14,
        Self::S15,
        Self::S16,
        Self::S17,
        Self::S18,
        Self::S19,
        Self::S20,
        Self::S21,
        Self::S22,
    ];
}

impl Core {
    /// Breaks this core for good.
    #[cfg(any(test, feature = "broken"))]
    pub fn break_on_purpose(&mut self, broken: Option<Broken>) {
        self.broken = broken;
    }

    /// The fault of this core; there is none in a program.
    #[cfg_attr(not(any(test, feature = "broken")), expect(clippy::unused_self, reason = "the same face as in a test"))]
    fn fault(&self) -> Option<Broken> {
        #[cfg(any(test, feature = "broken"))]
        {
            self.broken
        }
        #[cfg(not(any(test, feature = "broken")))]
        {
            None
        }
    }

    pub(crate) fn breaks(&self, broken: Broken) -> bool {
        self.fault() == Some(broken)
    }

    /// The interlock would hide most of the faults from the checks.
    pub(crate) fn breaks_an_invariant(&self) -> bool {
        self.fault().is_some_and(|broken| broken != Broken::Interlock)
    }

    /// The faults that lie in the command itself.
    #[cfg(any(test, feature = "broken"))]
    pub(crate) fn spoil(&self, now: MonoTime, drive: Drive) -> Drive {
        let wish = self.gate.newest().map_or((0, 0), |newest| (newest.command.speed_mm_s, newest.command.lift_mm_s));
        let stopping = self.state == SafetyState::SafeStop;
        match self.broken {
            Some(Broken::S5) if stopping => {
                Drive { speed_mm_s: wish.0.saturating_add(500), accel_mm_s2: 1000, brake_mm_s2: 0, ..drive }
            }
            Some(Broken::S6) if self.state == SafetyState::Halt => Drive { brake_mm_s2: 0, ..drive },
            Some(Broken::S17) if stopping => Drive { lift_mm_s: wish.1, ..drive },
            Some(Broken::S20) => Drive { accel_mm_s2: drive.accel_mm_s2.saturating_add(chance()), ..drive },
            Some(Broken::S21) if stopping && self.entered == now => Drive { brake_mm_s2: 0, ..drive },
            Some(Broken::Interlock) if self.state == SafetyState::Parked => Drive { speed_mm_s: 100, ..drive },
            _ => drive,
        }
    }
}

/// Not a function of any input: counts through the whole process.
#[cfg(any(test, feature = "broken"))]
fn chance() -> i32 {
    use std::sync::atomic::{AtomicI32, Ordering};
    static CALLS: AtomicI32 = AtomicI32::new(0);
    CALLS.fetch_add(1, Ordering::Relaxed).wrapping_rem(7)
}
