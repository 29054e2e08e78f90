//! How often a camera may be asked for a key frame.

use crate::Deadline;
use farhand_protocol::MonoTime;
use std::time::Duration;

// A key frame is some five times a usual picture: more than one a second would cost the picture its quality (design.md 7).
const INTERVAL: Duration = Duration::from_secs(1);

/// At most one request a second for one camera, for all viewers together. The first wish is answered at once, a later
/// one is remembered, and one that no key frame has answered is repeated.
#[derive(Debug, Clone, Default)]
pub struct KeyFrameBudget {
    last_asked: Option<MonoTime>,
    wished: bool,
}

impl KeyFrameBudget {
    /// Nothing asked, nothing wished.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Somebody needs a key frame. True if it is to be asked for now.
    #[must_use]
    pub fn wish(&mut self, now: MonoTime) -> bool {
        self.wished = true;
        self.tick(now)
    }

    /// Time passed. True if a key frame is to be asked for now.
    #[must_use]
    pub fn tick(&mut self, now: MonoTime) -> bool {
        let rested = self.last_asked.is_none_or(|asked| now.since(asked) >= INTERVAL);
        let ask = self.wished && rested;
        if ask {
            self.last_asked = Some(now);
        }
        ask
    }

    /// A key frame came: everybody's wish is fulfilled.
    pub fn key_frame(&mut self) {
        self.wished = false;
    }

    /// When to call [`Self::tick`].
    #[must_use]
    pub fn next_deadline(&self) -> Option<Deadline> {
        let asked = self.last_asked.filter(|_| self.wished)?;
        Some(Deadline { at: asked.after(INTERVAL), why: "key frame wished" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(millis: u64) -> MonoTime {
        MonoTime(millis * 1000)
    }

    #[test]
    fn the_first_wish_is_answered_at_once_and_the_next_after_a_second() {
        let mut budget = KeyFrameBudget::new();
        assert!(budget.wish(ms(10)));
        budget.key_frame();
        assert!(!budget.wish(ms(500)));
        assert_eq!(budget.next_deadline().map(|deadline| deadline.at), Some(ms(1010)));
        assert!(!budget.tick(ms(1009)));
        assert!(budget.tick(ms(1010)));
    }

    #[test]
    fn a_key_frame_that_came_meanwhile_fulfils_the_wish() {
        let mut budget = KeyFrameBudget::new();
        assert!(budget.wish(ms(10)));
        assert!(!budget.wish(ms(20)));
        budget.key_frame();
        assert_eq!(budget.next_deadline(), None);
        assert!(!budget.tick(ms(5000)));
    }

    #[test]
    fn a_request_without_an_answer_is_repeated() {
        let mut budget = KeyFrameBudget::new();
        assert!(budget.wish(ms(0)));
        assert!(budget.tick(ms(1000)));
        assert!(budget.tick(ms(2500)));
    }

    proptest! {
        #[test]
        fn requests_are_never_closer_than_a_second(steps in prop::collection::vec((0_u64..700, 0_u8..3), 1..80)) {
            let mut budget = KeyFrameBudget::new();
            let (mut now, mut last) = (0, None);
            for (wait, what) in steps {
                now += wait;
                let asked = match what {
                    0 => budget.wish(ms(now)),
                    1 => budget.tick(ms(now)),
                    _ => { budget.key_frame(); false }
                };
                if asked {
                    prop_assert!(last.is_none_or(|last| now - last >= 1000));
                    last = Some(now);
                }
            }
        }
    }
}
