//! A slot in which the newest value wins.

/// Holds at most one value; a newer one displaces it and is counted.
#[derive(Debug, Clone)]
pub struct LatestSlot<T> {
    value: Option<T>,
    displaced: u64,
}

impl<T> LatestSlot<T> {
    /// An empty slot.
    #[must_use]
    pub const fn new() -> Self {
        Self { value: None, displaced: 0 }
    }

    /// Puts a value in and returns the one it displaced.
    pub fn put(&mut self, value: T) -> Option<T> {
        let old = self.value.replace(value);
        self.displaced += u64::from(old.is_some());
        old
    }

    /// Takes the value out.
    pub fn take(&mut self) -> Option<T> {
        self.value.take()
    }

    /// True if nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.value.is_none()
    }

    /// Values that a newer one displaced since the start.
    #[must_use]
    pub fn displaced(&self) -> u64 {
        self.displaced
    }
}

impl<T> Default for LatestSlot<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_value_wins_and_the_displaced_one_is_counted() {
        let mut slot = LatestSlot::new();
        assert_eq!((slot.put(1), slot.put(2)), (None, Some(1)));
        assert_eq!((slot.take(), slot.take()), (Some(2), None));
        assert_eq!(slot.displaced(), 1);
    }
}
