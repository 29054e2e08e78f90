//! A set of causes without allocation.

use crate::rules::rule;
use farhand_protocol::Cause;

/// A set of causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CauseSet(u32);

impl CauseSet {
    /// No cause.
    pub const EMPTY: Self = Self(0);

    /// Adds a cause; true if it was not in the set.
    pub fn insert(&mut self, cause: Cause) -> bool {
        let before = self.0;
        self.0 |= bit(cause);
        self.0 != before
    }

    /// True if the cause is in the set.
    #[must_use]
    pub fn contains(self, cause: Cause) -> bool {
        self.0 & bit(cause) != 0
    }

    /// True if there is no cause.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The causes, worst first.
    pub fn iter(self) -> impl Iterator<Item = Cause> {
        crate::rules::RULES.iter().map(|rule| rule.cause).filter(move |cause| self.contains(*cause))
    }

    /// The worst cause.
    #[must_use]
    pub fn worst(self) -> Option<Cause> {
        self.iter().next()
    }

    /// The most severe action any of them asks for.
    #[must_use]
    pub fn action(self) -> Option<crate::Action> {
        self.iter().map(|cause| rule(cause).action).max()
    }

    /// The set as a number, for the state file.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Reads the number of a state file; unknown bits are dropped.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        let mut set = Self::EMPTY;
        for cause in Cause::ALL {
            if bits & bit(*cause) != 0 {
                set.insert(*cause);
            }
        }
        set
    }
}

impl FromIterator<Cause> for CauseSet {
    fn from_iter<I: IntoIterator<Item = Cause>>(causes: I) -> Self {
        let mut set = Self::EMPTY;
        for cause in causes {
            set.insert(cause);
        }
        set
    }
}

/// The place of a cause in the number; new causes are only added at the end of the enum.
fn bit(cause: Cause) -> u32 {
    1_u32.checked_shl(cause as u32).unwrap_or(0)
}

// Each cause has a bit of its own.
const _: () = assert!(Cause::ALL.len() <= 32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cause_hides_another() {
        let mut set = CauseSet::EMPTY;
        for cause in Cause::ALL {
            assert!(set.insert(*cause));
            assert!(!set.insert(*cause));
        }
        assert_eq!(set.iter().count(), Cause::ALL.len());
        assert_eq!(CauseSet::from_bits(set.bits()), set);
        assert_eq!(CauseSet::from_bits(u32::MAX), set);
    }

    #[test]
    fn the_worst_cause_comes_first() {
        let mut set = CauseSet::EMPTY;
        set.insert(Cause::CommandLost);
        set.insert(Cause::EmergencyStop);
        assert_eq!(set.worst(), Some(Cause::EmergencyStop));
        assert_eq!(set.action(), Some(crate::Action::EStop));
    }
}
