//! How long the coordinator thinks, on this machine: a figure, never a test.

use crate::layout::Layout;
use crate::scenario::Scenario;
use crate::world::World;
use farhand_coordination::Event;
use std::time::{Duration, Instant};

/// Times of the coordinator's ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticks {
    /// Half of them were faster.
    pub p50: Duration,
    /// One of a hundred was slower.
    pub p99: Duration,
    /// The slowest.
    pub most: Duration,
    /// How many there were.
    pub ticks: usize,
}

/// Lets so many vehicles work on a generated site, with trouble, and times each tick of the coordinator: the fastest of five goes at the
/// same tick, since what others take of the processor meanwhile is not the coordinator's.
///
/// # Errors
/// If the site cannot be made.
pub fn tick_times(vehicles: usize, span: Duration) -> anyhow::Result<Ticks> {
    let scenario = Scenario { restarts_per_hour: 0.0, ..Scenario::usual(1, vehicles, span) };
    let mut world = World::new(Layout::generated(1, vehicles)?, scenario)?;
    let mut times = Vec::new();
    while world.seconds() < span.as_secs_f64() {
        world.step_watched(&mut |coordinator, now| {
            let once = || {
                let mut same = coordinator.clone();
                let begin = Instant::now();
                let _ = same.handle_event(now, Event::Tick);
                begin.elapsed()
            };
            times.extend((0..REPEATS).map(|_| once()).min());
        })?;
    }
    times.sort_unstable();
    let at =
        |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default();
    Ok(Ticks { p50: at(50), p99: at(99), most: at(100), ticks: times.len() })
}

const REPEATS: usize = 5;
