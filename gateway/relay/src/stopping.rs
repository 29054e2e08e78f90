//! How long a stop is repeated: until the vehicle shows that it was heard.

use farhand_protocol::{Cause, LatchId, VehicleState};

/// Two seconds, at one each 20 ms.
const MOST_TIMES: u32 = 100;

/// One stop that was asked for.
#[derive(Debug)]
pub(crate) struct StopRepetition {
    /// The latch under which an earlier stop stood already. It is no answer: a re-arm of it may be on its way.
    before: Option<LatchId>,
    left: u32,
}

impl StopRepetition {
    /// Asked for while the vehicle showed this.
    pub(crate) fn new(state: Option<&VehicleState>) -> Self {
        Self { before: state.and_then(|state| stopped(state.latch, &state.causes)), left: MOST_TIMES }
    }

    /// True if it is to be sent once more.
    pub(crate) fn goes_on(&mut self, state: Option<&VehicleState>) -> bool {
        let stopped = state.and_then(|state| stopped(state.latch, &state.causes));
        self.goes_on_at(stopped)
    }

    fn goes_on_at(&mut self, stopped: Option<LatchId>) -> bool {
        let answered = stopped.is_some() && stopped != self.before;
        self.left = if answered { 0 } else { self.left.saturating_sub(1) };
        self.left > 0
    }
}

/// The latch under which a remote stop stands. A latch of any other cause says nothing of the stop: on a link so bad that the
/// vehicle stops by itself, the stop may well be lost, and whoever re-arms would not hear of it.
fn stopped(latch: Option<LatchId>, causes: &[Cause]) -> Option<LatchId> {
    latch.filter(|_| causes.contains(&Cause::RemoteStop))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(before: Option<LatchId>) -> StopRepetition {
        StopRepetition { before, left: MOST_TIMES }
    }

    const FOUR: Option<LatchId> = Some(LatchId(4));

    #[test]
    fn a_latch_of_another_cause_does_not_answer_a_stop() {
        assert_eq!(stopped(FOUR, &[Cause::CommandLost]), None);
        assert_eq!(stopped(None, &[Cause::RemoteStop]), None);
        assert_eq!(stopped(FOUR, &[Cause::CommandLost, Cause::RemoteStop]), FOUR);
        assert!(asked(None).goes_on_at(stopped(FOUR, &[Cause::CommandLost])));
        assert!(!asked(None).goes_on_at(FOUR), "the cause under a latch, old or new, is the answer");
    }

    #[test]
    fn a_stop_that_stood_before_is_no_answer_to_a_later_one() {
        let mut later = asked(FOUR);
        assert!(later.goes_on_at(FOUR));
        assert!(!later.goes_on_at(Some(LatchId(5))));
        assert!(!later.goes_on_at(FOUR), "over is over");
    }

    #[test]
    fn a_stop_that_is_never_answered_ends_after_two_seconds() {
        let mut silent = asked(None);
        let times = (0..1000).filter(|_| silent.goes_on(None)).count();
        assert_eq!(times, 99, "and the one before");
    }
}
