//! What the guard answers: whole numbers with their unit in the name.

use crate::corridor::Corridor;
use crate::manoeuvre::{AcceptedSet, Manoeuvre};
use crate::track::Refusal;
use farhand_protocol::MonoTime;

/// The answer to "what if the link were lost now?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// When it was asked.
    pub at: MonoTime,
    /// The stop that would be driven; none if no stop is proved free.
    pub manoeuvre: Option<Manoeuvre>,
    /// All of the library that are proved free.
    pub accepted: AcceptedSet,
    /// The floor that the stop sweeps, to be shown; empty if there is none.
    pub corridor: Corridor,
    /// Free way along that corridor and on beyond it, from the vehicle's origin; for the cap's field term.
    pub free_distance_mm: i32,
    /// Room at the narrower side of that corridor, as far as it matters: at most 2 m.
    pub side_clearance_mm: i32,
    /// Why this one.
    pub choice: Choice,
}

/// Why a stop was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// It is the first of the ranking among those accepted whose scores are as good as the best.
    Scored,
    /// There were no scores to go by; it is the first of the built-in ranking.
    Ranked(ScoreFault),
    /// The link is late; the stop that was shown last is still free and stays.
    Shown,
    /// Nothing of the library is free any more, but the stop proved before still is.
    Kept(Refusal),
    /// No stop is proved free; the pursuit at full load-safe braking fails for this.
    Nothing(Refusal),
}

/// Why scores were not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScoreFault {
    /// There are none.
    Missing,
    /// Not one for each manoeuvre.
    Count,
    /// One is NaN or infinite.
    NotFinite,
    /// Older than 150 ms, or from the future.
    Late,
}

/// The answer to "may this be passed on?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// Highest speed, without its sign, at which the command may be passed on; the vehicle's own highest if the guard does not
    /// bind, 0 if it must not drive.
    pub max_speed_mm_s: i32,
    /// The steering to pass on: the one that was wanted, unless only another keeps a way to stop.
    pub steering_mrad: i32,
    /// Deceleration to demand; above 0 it overrides the speed. 0 while the vehicle may drive.
    pub brake_mm_s2: i32,
    /// Highest lift speed: 0 if raising the forks would take the last way to stop.
    pub max_lift_mm_s: i32,
    /// What the guard did.
    pub term: Term,
}

/// What the gate did with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    /// Passed as it is.
    Free,
    /// Passed, slower.
    Slower(Refusal),
    /// Braked, with the wanted steering.
    Braked(Refusal),
    /// Braked along the stop that was proved before: the wanted steering would leave no way to stop.
    Followed(Refusal),
    /// No stop is proved free: braked along the last one.
    Unproved(Refusal),
}

/// One tick of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drive {
    /// Always 0: the traction stays off.
    pub speed_mm_s: i32,
    /// Deceleration to demand.
    pub brake_mm_s2: i32,
    /// Angle of the steered wheel.
    pub steering_mrad: i32,
    /// Free way along this stop and on beyond it; 0 if nothing is free, or nobody knows.
    pub free_distance_mm: i32,
    /// Rung of the ladder.
    pub rung: Rung,
    /// Why the rungs above were left, the newest reason; none on the first.
    pub reason: Option<Refusal>,
}

impl Rung {
    /// True if the stop on this rung is proved free.
    #[must_use]
    pub fn is_free(self) -> bool {
        match self {
            Self::Committed | Self::Harder | Self::Frozen | Self::Across => true,
            Self::LeastHarm | Self::Unseen => false,
        }
    }
}

/// Rungs of the ladder, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rung {
    /// The committed stop as it was proved.
    Committed,
    /// Along its way, braking as hard as the load allows.
    Harder,
    /// With the wheel as it is, braking as hard as the load allows.
    Frozen,
    /// Another steering, proved free when the present one was not.
    Across,
    /// Nothing is proved free: what hits least, persons first.
    LeastHarm,
    /// There is no scan to prove anything by: along the committed way, braking as hard as the load allows.
    Unseen,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_four_rungs_are_proved_free_and_the_last_two_are_not() {
        let rungs = [Rung::Committed, Rung::Harder, Rung::Frozen, Rung::Across, Rung::LeastHarm, Rung::Unseen];
        assert_eq!(rungs.map(Rung::is_free), [true, true, true, true, false, false]);
        assert!(rungs.is_sorted(), "the best is the first");
    }
}
