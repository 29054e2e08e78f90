//! Waits a little for a unit that is overtaken on the way.
//!
//! Each unit travels on its own stream, so after a lost packet a later one may be complete first. Giving up at once would
//! cost a key frame for each lost packet; waiting for ever would show nothing.

use crate::Deadline;
use crate::unit_gate::{UnitGate, UnitLabel, Verdict, is_after};
use farhand_protocol::MonoTime;
use std::time::Duration;

// Half a second at 60 units a second: beyond that something is wrong and a key frame is the mend.
const MOST_HELD: usize = 32;

/// What to do with units after an arrival or a tick.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Arrival<T> {
    /// Pass these on, in this order.
    pub forward: Vec<T>,
    /// Units dropped, to be counted.
    pub dropped: usize,
    /// Wish for a key frame.
    pub ask_key_frame: bool,
}

impl<T> Arrival<T> {
    fn nothing() -> Self {
        Self { forward: Vec::new(), dropped: 0, ask_key_frame: false }
    }
}

/// One camera's units in the order of their making.
#[derive(Debug, Clone)]
pub struct ArrivalOrder<T> {
    gate: UnitGate,
    patience: Duration,
    /// Oldest first; each with the time of its arrival.
    held: Vec<(UnitLabel, MonoTime, T)>,
}

impl<T> ArrivalOrder<T> {
    /// Waits at most `patience` for a unit that others overtook.
    #[must_use]
    pub fn new(patience: Duration) -> Self {
        Self { gate: UnitGate::new(), patience, held: Vec::new() }
    }

    /// A unit arrived whole.
    pub fn arrive(&mut self, now: MonoTime, unit: UnitLabel, item: T) -> Arrival<T> {
        let mut out = Arrival::nothing();
        if self.gate.is_old(unit.sequence) || self.held.iter().any(|(held, ..)| held.sequence == unit.sequence) {
            out.dropped = 1;
            return out;
        }
        let place = self.held.partition_point(|(held, ..)| is_after(unit.sequence, held.sequence));
        self.held.insert(place, (unit, now, item));
        self.release(&mut out);
        self.give_up(now, &mut out);
        out
    }

    /// Time passed.
    pub fn tick(&mut self, now: MonoTime) -> Arrival<T> {
        let mut out = Arrival::nothing();
        self.give_up(now, &mut out);
        out
    }

    /// When to call [`Self::tick`].
    #[must_use]
    pub fn next_deadline(&self) -> Option<Deadline> {
        let oldest = self.held.iter().map(|(_, since, _)| *since).min()?;
        Some(Deadline { at: oldest.after(self.patience), why: "unit overtaken" })
    }

    /// True while only a key frame can pass.
    #[must_use]
    pub fn waits_for_key_frame(&self) -> bool {
        self.gate.waits_for_key_frame()
    }

    /// Passes on what can be decoded now; a key frame makes everything before it worthless.
    fn release(&mut self, out: &mut Arrival<T>) {
        if let Some(at) = self.held.iter().rposition(|(unit, ..)| unit.key) {
            out.dropped += self.held.drain(..at).count();
        }
        while let Some((unit, ..)) = self.held.first() {
            if !unit.key && self.gate.expects_after() != Some(unit.depends_on) {
                break;
            }
            let (unit, _, item) = self.held.remove(0);
            match self.gate.offer(unit) {
                Verdict::Forward => out.forward.push(item),
                Verdict::WithholdAndAsk | Verdict::TooLate => out.dropped += 1,
            }
        }
    }

    /// Drops what has waited too long. What needs a key frame waits too: a long key frame is easily overtaken.
    fn give_up(&mut self, now: MonoTime, out: &mut Arrival<T>) {
        let impatient = self.held.iter().any(|(_, since, _)| now.since(*since) >= self.patience);
        let without_key = self.gate.waits_for_key_frame() && !self.held.is_empty();
        out.ask_key_frame = impatient || without_key;
        if impatient || self.held.len() > MOST_HELD {
            out.dropped += self.held.len();
            self.held.clear();
            out.ask_key_frame = self.gate.lost();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const PATIENCE: Duration = Duration::from_millis(100);

    fn ms(millis: u64) -> MonoTime {
        MonoTime(millis * 1000)
    }

    fn unit(sequence: u32, key: bool) -> UnitLabel {
        UnitLabel { sequence, depends_on: if key { sequence } else { sequence.wrapping_sub(1) }, key }
    }

    fn order() -> ArrivalOrder<u32> {
        ArrivalOrder::new(PATIENCE)
    }

    #[test]
    fn an_overtaken_unit_is_waited_for() {
        let mut order = order();
        assert_eq!(order.arrive(ms(0), unit(1, true), 1).forward, [1]);
        assert!(order.arrive(ms(10), unit(3, false), 3).forward.is_empty());
        assert_eq!(order.next_deadline().map(|deadline| deadline.at), Some(ms(110)));
        assert_eq!(order.arrive(ms(20), unit(2, false), 2).forward, [2, 3]);
        assert_eq!(order.next_deadline(), None);
    }

    #[test]
    fn after_the_patience_a_key_frame_is_asked_for_and_nothing_smears() {
        let mut order = order();
        let _ = order.arrive(ms(0), unit(1, true), 1);
        let _ = order.arrive(ms(10), unit(3, false), 3);
        assert_eq!(order.tick(ms(109)), Arrival::nothing());
        assert_eq!(order.tick(ms(110)), Arrival { forward: vec![], dropped: 1, ask_key_frame: true });
        let late = order.arrive(ms(120), unit(2, false), 2);
        assert_eq!(late, Arrival { forward: vec![], dropped: 0, ask_key_frame: true });
        let key = order.arrive(ms(130), unit(4, true), 4);
        assert_eq!((key.forward, key.dropped), (vec![4], 1));
    }

    #[test]
    fn a_key_frame_does_not_wait_for_what_it_overtook() {
        let mut order = order();
        let _ = order.arrive(ms(0), unit(1, true), 1);
        let _ = order.arrive(ms(1), unit(3, false), 3);
        let key = order.arrive(ms(2), unit(4, true), 4);
        assert_eq!((key.forward, key.dropped), (vec![4], 1));
        assert_eq!(order.arrive(ms(3), unit(2, false), 2).dropped, 1);
    }

    #[test]
    fn a_key_frame_that_its_successor_overtook_costs_nothing() {
        let mut order = order();
        let early = order.arrive(ms(0), unit(9, false), 9);
        assert_eq!(early, Arrival { forward: vec![], dropped: 0, ask_key_frame: true });
        assert_eq!(order.arrive(ms(5), unit(8, true), 8).forward, [8, 9]);
    }

    #[test]
    fn before_the_first_key_frame_nothing_is_held_for_long() {
        let mut order = order();
        let _ = order.arrive(ms(0), unit(9, false), 9);
        assert_eq!(order.tick(ms(100)), Arrival { forward: vec![], dropped: 1, ask_key_frame: true });
        assert_eq!(order.next_deadline(), None);
    }

    proptest! {
        #[test]
        fn what_passes_is_in_order_and_decodable_and_what_is_held_is_bounded(
            shuffled in prop::collection::vec((0_u32..60, 0_u64..40), 1..200),
        ) {
            let mut order = order();
            let mut passed = BTreeSet::new();
            let mut now = 0;
            for (sequence, wait) in shuffled {
                now += wait;
                let _ = order.tick(ms(now));
                let out = order.arrive(ms(now), unit(sequence, sequence % 7 == 0), sequence);
                for sequence in out.forward {
                    prop_assert!(passed.last().is_none_or(|last| sequence > *last));
                    prop_assert!(sequence % 7 == 0 || passed.contains(&(sequence - 1)));
                    passed.insert(sequence);
                }
                prop_assert!(order.held.len() <= MOST_HELD);
            }
        }
    }
}
