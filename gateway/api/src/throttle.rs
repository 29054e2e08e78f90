//! Keeps strangers, and vehicles that went wrong, from filling the journal.

use farhand_protocol::MonoTime;
use farhand_store::Entry;
use std::time::Duration;

/// Lets so many rows through each minute and counts the rest.
#[derive(Debug)]
pub(crate) struct Throttle {
    most: u32,
    since: MonoTime,
    passed: u32,
    held_back: u64,
}

impl Throttle {
    /// For one kind of stranger: enough to see who knocks; a scanner's thousands are one number.
    pub(crate) fn of_strangers() -> Self {
        Self::new(30)
    }

    /// For one vehicle: more than any drive needs; a guardian that flaps between two states fifty times a second is one number.
    pub(crate) fn of_a_vehicle() -> Self {
        Self::new(300)
    }

    fn new(most: u32) -> Self {
        Self { most, since: MonoTime::default(), passed: 0, held_back: 0 }
    }

    /// The row, if it may pass; it says how many were held back since the last one that did.
    pub(crate) fn pass_on(&mut self, now: MonoTime, mut entry: Entry) -> Option<Entry> {
        let held_back = self.pass(now)?;
        if held_back > 0 {
            entry.data["held_back_before"] = held_back.into();
        }
        Some(entry)
    }

    /// `Some(rows held back since the last one that passed)` if this one may pass.
    fn pass(&mut self, now: MonoTime) -> Option<u64> {
        if now.since(self.since) >= SPAN {
            self.since = now;
            self.passed = 0;
        }
        if self.passed >= self.most {
            self.held_back += 1;
            return None;
        }
        self.passed += 1;
        Some(std::mem::take(&mut self.held_back))
    }
}

const SPAN: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_few_rows_and_a_number() {
        let mut throttle = Throttle::of_strangers();
        let passed = (0..1000).filter(|_| throttle.pass(MonoTime(0)).is_some()).count();
        assert_eq!(passed, 30);
        assert_eq!(throttle.pass(MonoTime(60_000_000)), Some(970), "the next minute says what was held back");
    }
}
