//! Commands that take effect later.

use farhand_protocol::MonoTime;
use std::time::Duration;

// Half a second of dead time at 100 commands a second, doubled.
const CAPACITY: usize = 128;

/// Hands out each value a dead time after it came in; keeps the last one until the next.
#[derive(Debug, Clone)]
pub(crate) struct DelayLine {
    dead_time: Duration,
    current: f64,
    waiting: [(MonoTime, f64); CAPACITY],
    first: usize,
    count: usize,
}

impl DelayLine {
    pub(crate) fn new(dead_time: Duration, start: f64) -> Self {
        Self { dead_time, current: start, waiting: [(MonoTime(0), start); CAPACITY], first: 0, count: 0 }
    }

    /// Takes a value in. When the line is full the oldest takes effect early: nothing is ever lost but time.
    pub(crate) fn push(&mut self, now: MonoTime, value: f64) {
        if self.count == CAPACITY {
            self.take_first();
        }
        self.waiting[(self.first + self.count) % CAPACITY] = (now.after(self.dead_time), value);
        self.count += 1;
    }

    /// The value in effect at `now`.
    pub(crate) fn at(&mut self, now: MonoTime) -> f64 {
        while self.count > 0 && self.waiting[self.first].0 <= now {
            self.take_first();
        }
        self.current
    }

    fn take_first(&mut self) {
        self.current = self.waiting[self.first].1;
        self.first = (self.first + 1) % CAPACITY;
        self.count -= 1;
    }
}
