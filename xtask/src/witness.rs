//! A witness of the machine: notices when the host takes a processor away, so that a late tick can be told from a slow one.
//!
//! One thread a processor, pinned to it and scheduled before everything of ours, sleeps 5 ms at a time and notes how late it
//! woke. It computes nothing, so its lateness is the machine's alone. Beside it, and where there is no right to real-time alone,
//! the kernel's own count of stolen time is read twenty times a second.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

const PERIOD: Duration = Duration::from_millis(5);
/// A processor that was gone for this long is noted. The guardian ticks each 20 ms and calls 50 ms an overrun: a processor that
/// is gone for 30 ms can make one, and the witness then wakes at least 25 ms late.
const STALL: Duration = Duration::from_millis(20);
const STOLEN_PERIOD: Duration = Duration::from_millis(50);
// Fixed by the kernel's interface, whatever its own tick is.
const KERNEL_TICK: Duration = Duration::from_millis(10);
/// The newest are kept.
const MOST: usize = 256;
// Above the guardian's own priority.
const PRIORITY: u8 = 60;

/// A processor was gone.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Stall {
    /// Which one.
    pub(crate) cpu: usize,
    /// For how long something should have run there and did not.
    pub(crate) late_ms: u64,
    /// How long ago it ended.
    pub(crate) ago_ms: u64,
}

/// What was noted so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Witness(Arc<Mutex<Vec<(Instant, usize, Duration)>>>);

impl Witness {
    /// Starts the threads; they end with the program.
    pub(crate) fn start() -> Self {
        let witness = Self::default();
        let Ok(mine) = sched_getaffinity(None) else { return witness };
        for cpu in (0..CpuSet::MAX_CPU).filter(|cpu| mine.is_set(*cpu)) {
            let notes = witness.clone();
            // A machine that gives no thread gives no witness either: no stall is ever claimed.
            drop(std::thread::Builder::new().name(format!("witness {cpu}")).spawn(move || notes.watch(cpu)));
        }
        let notes = witness.clone();
        drop(std::thread::Builder::new().name("witness of theft".to_owned()).spawn(move || notes.watch_theft()));
        witness
    }

    /// The stalls noted so far, oldest first.
    pub(crate) fn stalls(&self) -> Vec<Stall> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.iter().map(|&(at, cpu, late)| Stall { cpu, late_ms: millis(late), ago_ms: millis(at.elapsed()) }).collect()
    }

    fn watch(&self, cpu: usize) {
        let mut only = CpuSet::new();
        only.set(cpu);
        if sched_setaffinity(None, &only).is_err() || !first_in_line() {
            return;
        }
        loop {
            let due = Instant::now() + PERIOD;
            std::thread::sleep(PERIOD);
            let late = due.elapsed();
            if late >= STALL {
                self.note(cpu, late);
            }
        }
    }

    fn watch_theft(&self) {
        let mut before = stolen(&read_counts());
        loop {
            std::thread::sleep(STOLEN_PERIOD);
            let after = stolen(&read_counts());
            for (&(cpu, then), &(_, now)) in before.iter().zip(&after) {
                let lost = KERNEL_TICK * now.saturating_sub(then);
                if lost >= STALL {
                    self.note(cpu, lost);
                }
            }
            before = after;
        }
    }

    fn note(&self, cpu: usize, late: Duration) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() == MOST {
            notes.remove(0);
        }
        notes.push((Instant::now(), cpu, late));
    }
}

/// Where there are no such counts nothing was stolen.
fn read_counts() -> String {
    std::fs::read_to_string("/proc/stat").unwrap_or_default()
}

/// Kernel ticks stolen from each processor since boot.
fn stolen(counts: &str) -> Vec<(usize, u32)> {
    let of_one = |line: &str| {
        let (name, counts) = line.strip_prefix("cpu")?.split_once(' ')?;
        Some((name.parse().ok()?, counts.split_whitespace().nth(7)?.parse().ok()?))
    };
    counts.lines().filter_map(of_one).collect()
}

fn first_in_line() -> bool {
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    ThreadPriorityValue::try_from(PRIORITY).is_ok_and(|priority| {
        set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(priority), policy).is_ok()
    })
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stolen_time_is_read_for_each_processor_and_not_for_their_sum() {
        let counts = "cpu  9 9 9 9 9 9 9 15 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\ncpu1 1 2 3 4 5 6 6 7 0 0\nintr 5\n";
        assert_eq!(stolen(counts), [(0, 8), (1, 7)]);
        assert!(stolen("").is_empty());
    }

    #[test]
    fn stalls_are_kept_newest_last_and_bounded() {
        let witness = Witness::default();
        for late in 0..=MOST {
            witness.note(0, Duration::from_millis(late as u64));
        }
        let stalls = witness.stalls();
        assert_eq!((stalls.len(), stalls[0].late_ms), (MOST, 1));
        assert!(stalls.windows(2).all(|pair| pair[0].ago_ms >= pair[1].ago_ms));
    }
}
