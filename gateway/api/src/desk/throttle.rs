//! Keeps strangers from filling the journal.

use farhand_protocol::MonoTime;
use std::time::Duration;

/// Lets a few rows through each minute and counts the rest.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    since: MonoTime,
    passed: u32,
    held_back: u64,
}

impl Throttle {
    /// `Some(rows held back since the last one that passed)` if this one may pass.
    pub(super) fn pass(&mut self, now: MonoTime) -> Option<u64> {
        if now.since(self.since) >= SPAN {
            self.since = now;
            self.passed = 0;
        }
        if self.passed >= MOST {
            self.held_back += 1;
            return None;
        }
        self.passed += 1;
        Some(std::mem::take(&mut self.held_back))
    }
}

const SPAN: Duration = Duration::from_mins(1);
// Enough to see who knocks; a scanner's thousands are one number.
const MOST: u32 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_few_rows_and_a_number() {
        let mut throttle = Throttle::default();
        let passed = (0..1000).filter(|_| throttle.pass(MonoTime(0)).is_some()).count();
        assert_eq!(passed, 30);
        assert_eq!(throttle.pass(MonoTime(60_000_000)), Some(970), "the next minute says what was held back");
    }
}
