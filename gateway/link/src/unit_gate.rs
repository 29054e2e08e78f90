//! Lets a picture through only if the one it depends on went through.

use farhand_protocol::MediaHeader;

/// What the gate needs to know of an access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitLabel {
    /// Its number among the camera's units.
    pub sequence: u32,
    /// The unit without which it cannot be decoded; its own number for a key frame.
    pub depends_on: u32,
    /// It can be decoded alone.
    pub key: bool,
}

impl From<&MediaHeader> for UnitLabel {
    fn from(header: &MediaHeader) -> Self {
        Self { sequence: header.sequence, depends_on: header.depends_on, key: header.key }
    }
}

/// What to do with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Pass it on.
    Forward,
    /// Drop it. A key frame is needed before anything can be passed on: wish for one.
    WithholdAndAsk,
    /// Drop it; it is older than what was passed on.
    TooLate,
}

/// The order of one camera's units towards one receiver.
///
/// A picture is shown whole or not at all: after a gap the receiver's picture stands still and its age grows.
#[derive(Debug, Clone, Default)]
pub struct UnitGate {
    /// Newest unit passed on; none while a key frame is needed.
    forwarded: Option<u32>,
    /// Newest number ever passed on, which no later unit may undercut.
    newest: Option<u32>,
}

impl UnitGate {
    /// Begins closed: the first unit must be a key frame.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges the next unit. `Forward` counts it as passed on; tell [`Self::lost`] if that fails later.
    pub fn offer(&mut self, unit: UnitLabel) -> Verdict {
        if self.newest.is_some_and(|newest| !is_after(unit.sequence, newest)) {
            return Verdict::TooLate;
        }
        if unit.key || self.forwarded == Some(unit.depends_on) {
            self.forwarded = Some(unit.sequence);
            self.newest = Some(unit.sequence);
            return Verdict::Forward;
        }
        self.forwarded = None;
        Verdict::WithholdAndAsk
    }

    /// A unit that is not offered because there is no room for it. True if a key frame is to be wished for.
    #[must_use]
    pub fn skip(&mut self, unit: UnitLabel) -> bool {
        let follows = self.forwarded == Some(unit.depends_on) || unit.key;
        if follows {
            self.forwarded = None;
        }
        self.forwarded.is_none()
    }

    /// A unit passed on earlier was given up. True if a key frame is to be wished for: what followed it cannot be shown.
    #[must_use]
    pub fn lost(&mut self) -> bool {
        self.forwarded = None;
        true
    }

    /// True while only a key frame can pass.
    #[must_use]
    pub fn waits_for_key_frame(&self) -> bool {
        self.forwarded.is_none()
    }

    /// The unit that the next one must depend on.
    #[must_use]
    pub(crate) fn expects_after(&self) -> Option<u32> {
        self.forwarded
    }

    pub(crate) fn is_old(&self, sequence: u32) -> bool {
        self.newest.is_some_and(|newest| !is_after(sequence, newest))
    }
}

/// True if `later` follows `earlier` on the wrapping counter.
pub(crate) fn is_after(later: u32, earlier: u32) -> bool {
    later != earlier && later.wrapping_sub(earlier) < 1 << 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn key(sequence: u32) -> UnitLabel {
        UnitLabel { sequence, depends_on: sequence, key: true }
    }

    fn after(sequence: u32) -> UnitLabel {
        UnitLabel { sequence, depends_on: sequence.wrapping_sub(1), key: false }
    }

    #[test]
    fn nothing_passes_before_the_first_key_frame() {
        let mut gate = UnitGate::new();
        assert_eq!(gate.offer(after(7)), Verdict::WithholdAndAsk);
        assert_eq!(gate.offer(key(8)), Verdict::Forward);
        assert_eq!(gate.offer(after(9)), Verdict::Forward);
    }

    #[test]
    fn after_a_gap_everything_is_withheld_until_a_key_frame() {
        let mut gate = UnitGate::new();
        assert_eq!(gate.offer(key(1)), Verdict::Forward);
        assert_eq!(gate.offer(after(3)), Verdict::WithholdAndAsk);
        assert_eq!(gate.offer(after(4)), Verdict::WithholdAndAsk);
        assert_eq!(gate.offer(key(5)), Verdict::Forward);
    }

    #[test]
    fn a_unit_given_up_later_closes_the_gate() {
        let mut gate = UnitGate::new();
        assert_eq!(gate.offer(key(1)), Verdict::Forward);
        assert!(gate.lost());
        assert_eq!(gate.offer(after(2)), Verdict::WithholdAndAsk);
    }

    #[test]
    fn an_old_unit_never_comes_after_a_newer_one() {
        let mut gate = UnitGate::new();
        assert_eq!(gate.offer(key(5)), Verdict::Forward);
        assert_eq!(gate.offer(key(4)), Verdict::TooLate);
        assert_eq!(gate.offer(key(5)), Verdict::TooLate);
        assert_eq!(gate.offer(after(6)), Verdict::Forward);
    }

    #[test]
    fn the_counter_may_wrap() {
        let mut gate = UnitGate::new();
        assert_eq!(gate.offer(key(u32::MAX)), Verdict::Forward);
        assert_eq!(gate.offer(after(0)), Verdict::Forward);
        assert_eq!(gate.offer(after(1)), Verdict::Forward);
    }

    proptest! {
        #[test]
        fn a_unit_passes_only_if_what_it_depends_on_passed(
            first in any::<u32>(),
            steps in prop::collection::vec((0_u8..10, any::<bool>()), 1..200),
        ) {
            let mut gate = UnitGate::new();
            let mut passed = BTreeSet::new();
            let mut sequence = first;
            for (what, is_key) in steps {
                let unit = if is_key && what % 3 == 0 { key(sequence) } else { after(sequence) };
                sequence = sequence.wrapping_add(1);
                match what {
                    0 => {}
                    1 => { let _ = gate.skip(unit); }
                    2 => {
                        let _ = gate.lost();
                        passed.clear();
                    }
                    _ => if gate.offer(unit) == Verdict::Forward {
                        prop_assert!(unit.key || passed.contains(&unit.depends_on));
                        passed.insert(unit.sequence);
                    }
                }
            }
        }
    }
}
