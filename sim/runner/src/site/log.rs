//! What each machine was told, for at least the last minute.

use farhand_drive::Actuate;
use farhand_protocol::MonoTime;
use farhand_world::Place;
use serde::Serialize;
use std::collections::VecDeque;

// A minute at 100 commands a second, and a third more.
const CAPACITY: usize = 8000;

/// One actuator command as it came in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct LogEntry {
    pub received_us: u64,
    pub at_us: u64,
    pub speed_mm_s: i32,
    pub brake_mm_s2: i32,
    pub steering_mrad: i32,
    pub safe_stop: bool,
    /// The machine's true speed at that moment.
    pub measured_speed_mm_s: i32,
    /// Where it truly was.
    pub x_m: f64,
    pub y_m: f64,
    pub heading_rad: f64,
}

impl LogEntry {
    pub(crate) fn new(received: MonoTime, command: &Actuate, measured_speed_mm_s: i32, place: Place) -> Self {
        Self {
            received_us: received.0,
            at_us: command.at.0,
            speed_mm_s: command.speed_mm_s,
            brake_mm_s2: command.brake_mm_s2,
            steering_mrad: command.steering_mrad,
            safe_stop: command.safe_stop,
            measured_speed_mm_s,
            x_m: place.x_m,
            y_m: place.y_m,
            heading_rad: place.heading_rad,
        }
    }
}

/// Oldest first; the oldest make room.
#[derive(Debug)]
pub(crate) struct ActuatorLog {
    entries: VecDeque<LogEntry>,
}

impl ActuatorLog {
    pub(crate) fn new() -> Self {
        Self { entries: VecDeque::with_capacity(CAPACITY) }
    }

    pub(crate) fn push(&mut self, entry: LogEntry) {
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// What was received after an instant.
    pub(crate) fn since(&self, since_us: u64) -> Vec<LogEntry> {
        let first = self.entries.partition_point(|entry| entry.received_us <= since_us);
        self.entries.range(first..).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(received_us: u64) -> LogEntry {
        let command = Actuate {
            seq: 0,
            at: MonoTime(received_us),
            speed_mm_s: 0,
            accel_mm_s2: 0,
            brake_mm_s2: 0,
            steering_mrad: 0,
            lift_mm_s: 0,
            safe_stop: false,
        };
        LogEntry::new(MonoTime(received_us), &command, 0, Place { x_m: 0.0, y_m: 0.0, heading_rad: 0.0 })
    }

    #[test]
    fn a_minute_of_commands_is_kept_and_no_more_than_the_capacity() {
        let mut log = ActuatorLog::new();
        (0..20_000).for_each(|number| log.push(entry(number * 10_000)));
        let kept = log.since(0);
        assert_eq!(kept.len(), CAPACITY);
        assert!(kept[kept.len() - 1].received_us - kept[0].received_us >= 60_000_000);
    }

    #[test]
    fn only_what_came_after_the_instant_is_given() {
        let mut log = ActuatorLog::new();
        (1..=5).for_each(|number| log.push(entry(number)));
        assert_eq!(log.since(3).iter().map(|entry| entry.received_us).collect::<Vec<_>>(), [4, 5]);
        assert!(log.since(5).is_empty());
    }
}
