//! Why there are no scores at the moment, and how often each reason came up. Pure.

use farhand_protocol::MonoTime;
use farhand_senses::SCORES;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Older scores are about another situation.
pub const MOST_AGE: Duration = Duration::from_millis(150);

/// A run takes 0.02 ms, 5 ms when the machine takes the core away; beyond this something is wrong with model or machine.
pub const MOST_TIME: Duration = Duration::from_millis(10);

/// Why there are no scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Nothing has been scored yet.
    NotYet,
    /// ONNX Runtime reported an error.
    Run,
    /// Not one score for each manoeuvre.
    Length,
    /// A score is NaN or infinite.
    NotFinite,
    /// The run took longer than [`MOST_TIME`].
    Slow,
    /// The newest scores are older than [`MOST_AGE`], or from the future.
    Late,
    /// The policy's thread has ended.
    Ended,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::NotYet, Self::Run, Self::Length, Self::NotFinite, Self::Slow, Self::Late, Self::Ended];

    /// The word in logs and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotYet => "not_yet",
            Self::Run => "run",
            Self::Length => "length",
            Self::NotFinite => "not_finite",
            Self::Slow => "slow",
            Self::Late => "late",
            Self::Ended => "ended",
        }
    }
}

/// How often each thing has happened since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Questions that were asked.
    pub asked: u64,
    /// Questions that a newer one replaced before they were looked at.
    pub replaced: u64,
    /// Runs that gave scores.
    pub scored: u64,
    faults: [u64; Fault::ALL.len()],
}

impl Counts {
    /// How often this fault was met: runs for those of a run, answers for those of an answer.
    #[must_use]
    pub fn of(&self, fault: Fault) -> u64 {
        self.faults.get(fault as usize).copied().unwrap_or_default()
    }
}

/// The same, counted by two threads.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) asked: AtomicU64,
    pub(crate) replaced: AtomicU64,
    pub(crate) scored: AtomicU64,
    faults: [AtomicU64; Fault::ALL.len()],
}

impl Tally {
    pub(crate) fn add(&self, fault: Fault) {
        if let Some(count) = self.faults.get(fault as usize) {
            count.fetch_add(1, Ordering::Release);
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        let of = |count: &AtomicU64| count.load(Ordering::Acquire);
        Counts {
            asked: of(&self.asked),
            replaced: of(&self.replaced),
            scored: of(&self.scored),
            faults: self.faults.each_ref().map(of),
        }
    }
}

/// What one run is worth.
pub(crate) fn judge(scores: &[f32], took: Duration) -> Result<[f32; SCORES], Fault> {
    let scores: [f32; SCORES] = scores.try_into().map_err(|_| Fault::Length)?;
    if !scores.iter().all(|score| score.is_finite()) {
        return Err(Fault::NotFinite);
    }
    if took > MOST_TIME { Err(Fault::Slow) } else { Ok(scores) }
}

/// True while scores of a situation at `at` may be used.
pub(crate) fn is_fresh(at: MonoTime, now: MonoTime) -> bool {
    at <= now && now.since(at) <= MOST_AGE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_worth_something_only_if_whole_finite_and_quick() {
        let good = [0.5; SCORES];
        assert_eq!(judge(&good, MOST_TIME), Ok(good));
        assert_eq!(judge(&good, MOST_TIME + Duration::from_micros(1)), Err(Fault::Slow));
        assert_eq!(judge(&good[1..], Duration::ZERO), Err(Fault::Length));
        assert_eq!(judge(&[0.5; SCORES + 1], Duration::ZERO), Err(Fault::Length));
        assert_eq!(judge(&[], Duration::ZERO), Err(Fault::Length));
        for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for place in [0, SCORES - 1] {
                let mut scores = good;
                scores[place] = odd;
                assert_eq!(judge(&scores, Duration::ZERO), Err(Fault::NotFinite));
            }
        }
    }

    #[test]
    fn scores_serve_for_150_ms_and_never_before_their_time() {
        let at = MonoTime(1_000_000);
        assert!(is_fresh(at, at) && is_fresh(at, MonoTime(1_150_000)));
        assert!(!is_fresh(at, MonoTime(1_150_001)) && !is_fresh(at, MonoTime(999_999)));
    }

    #[test]
    fn each_fault_is_counted_under_its_own_name() {
        let tally = Tally::default();
        for (times, fault) in (1..).zip(Fault::ALL) {
            (0..times).for_each(|_| tally.add(fault));
        }
        assert_eq!(Fault::ALL.map(|fault| tally.counts().of(fault)), [1, 2, 3, 4, 5, 6, 7]);
        let words: std::collections::BTreeSet<_> = Fault::ALL.map(Fault::word).into();
        assert_eq!(words.len(), Fault::ALL.len());
    }
}
