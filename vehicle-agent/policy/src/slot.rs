//! The newest value of one thread for another: a newer one replaces it, and neither ever waits for the other.

use std::sync::{Mutex, MutexGuard, TryLockError};

/// A place for one value.
#[derive(Debug, Default)]
pub(crate) struct Slot<T>(Mutex<Option<T>>);

/// What came of putting something in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// The place was empty.
    Fresh,
    /// An older value was there, and is gone.
    Replaced,
}

impl<T> Slot<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Puts a value in without waiting; gives it back while the other side has its hand in the place.
    pub(crate) fn put(&self, value: T) -> Result<Put, T> {
        let Some(mut place) = self.now() else { return Err(value) };
        Ok(if place.replace(value).is_some() { Put::Replaced } else { Put::Fresh })
    }

    /// Takes the value out without waiting; none too while the other side has its hand in the place.
    pub(crate) fn take(&self) -> Option<T> {
        self.now()?.take()
    }

    /// Puts a value in, and waits for the moment that the other side needs to copy one out: for the thread that may wait.
    pub(crate) fn put_waiting(&self, value: T) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(value);
    }

    /// Takes the value out, and waits likewise.
    pub(crate) fn take_waiting(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }

    fn now(&self) -> Option<MutexGuard<'_, Option<T>>> {
        match self.0.try_lock() {
            Ok(place) => Some(place),
            // Nobody panics while holding it, and a value is whole or not there.
            Err(TryLockError::Poisoned(place)) => Some(place.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_wins() {
        let slot = Slot::new();
        assert_eq!((slot.put(1), slot.put(2)), (Ok(Put::Fresh), Ok(Put::Replaced)));
        assert_eq!((slot.take(), slot.take()), (Some(2), None));
        slot.put_waiting(3);
        assert_eq!(slot.take_waiting(), Some(3));
    }

    #[test]
    fn a_hand_in_the_place_keeps_nobody_waiting() {
        let slot = Slot::new();
        slot.put_waiting(1);
        let hand = slot.0.lock();
        assert_eq!((slot.put(2), slot.take()), (Err(2), None));
        drop(hand);
        assert_eq!(slot.take(), Some(1));
    }
}
