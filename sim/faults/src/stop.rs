//! One stop, as it is measured.

use crate::rig::Rig;
use anyhow::Context as _;
use farhand_protocol::{Cause, SafetyState};
use std::time::Duration;

/// design.md section 3: from the last command that arrived to the first demand of the brake.
pub(crate) const MOST_SILENCE: Duration = Duration::from_millis(300);
/// And to the standstill.
pub(crate) const MOST_STOP: Duration = Duration::from_secs(8);

/// What came of one stop.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    /// From the last command that reached the guardian to the brake.
    pub(crate) silence: Duration,
    /// From the fault to the brake.
    pub(crate) reaction: Duration,
    /// From the fault to the standstill.
    pub(crate) rest: Duration,
    /// On the way.
    pub(crate) rolled_m: f64,
    /// When the stop began.
    pub(crate) causes: Vec<Cause>,
}

impl Rig {
    /// Lets time pass until the vehicle has stopped by itself, at most `limit`.
    pub(crate) fn stops(&mut self, limit: Duration) -> anyhow::Result<Stop> {
        let (begin, from_m) = (self.now, self.machine.truck.travelled_m());
        self.oracle.watch();
        self.until(limit.as_secs_f64() + 2.0, "the halt", |rig| {
            matches!(rig.state.state, SafetyState::Halt | SafetyState::EStop) && rig.machine.truck.speed_mps() == 0.0
        })?;
        self.oracle.ensure_none()?;
        let braked = self.oracle.braked.context("it came to stand without a demand of the brake")?;
        let stops = |event: &&farhand_protocol::SafetyEvent| event.to != event.from && !event.causes.is_empty();
        let first = self.oracle.events.iter().find(stops).context("the stop gave no event")?;
        Ok(Stop {
            silence: braked.since(self.oracle.last_command.min(braked)),
            reaction: braked.since(begin),
            rest: self.now.since(begin),
            rolled_m: self.machine.truck.travelled_m() - from_m,
            causes: first.causes.clone(),
        })
    }

    /// A stop that keeps to the bounds of design.md section 3, and has one of these causes.
    pub(crate) fn stops_well(&mut self, causes: &[Cause]) -> anyhow::Result<Stop> {
        let stop = self.stops(MOST_STOP)?;
        anyhow::ensure!(stop.rest <= MOST_STOP, "stood only after {:?}", stop.rest);
        stop.is_for(causes)?;
        Ok(stop)
    }

    /// The hand stays on the switch and on the wheel: nothing may move, and the stop stays latched.
    pub(crate) fn stays(&mut self, seconds: f64) -> anyhow::Result<()> {
        let from_m = self.machine.truck.travelled_m();
        self.run(seconds);
        anyhow::ensure!(
            matches!(self.state.state, SafetyState::Halt | SafetyState::EStop) && self.state.latch.is_some(),
            "it left the stop by itself: {:?}",
            self.state.state
        );
        anyhow::ensure!(self.machine.truck.travelled_m() - from_m < 0.005, "it moved");
        self.oracle.ensure_none()
    }

    /// The deliberate way back: neutral, the latch named, the hand-over, the switch.
    pub(crate) fn returns(&mut self) -> anyhow::Result<()> {
        (self.page.hands.enable, self.page.hands.idle) = (false, true);
        self.run(1.0);
        if self.desk.holder().is_none() {
            self.desk.ask(self.now, crate::desk::Desk::ALICE);
        }
        self.page.hands.rearm = self.page.latch();
        self.until(20.0, "the way back from the stop", |rig| rig.state.latch.is_none())?;
        self.page.hands.rearm = None;
        self.presses_when_offered()
    }
}

impl Stop {
    pub(crate) fn is_for(&self, causes: &[Cause]) -> anyhow::Result<()> {
        anyhow::ensure!(self.causes.iter().any(|cause| causes.contains(cause)), "it stopped for {:?}", self.causes);
        Ok(())
    }
}

/// Median and most of spans, in whole milliseconds, as text.
pub(crate) fn millis(spans: &[Duration]) -> String {
    let mut sorted: Vec<u128> = spans.iter().map(Duration::as_millis).collect();
    sorted.sort_unstable();
    let (median, most) = (sorted.get(sorted.len() / 2), sorted.last());
    format!("{} / {} ms", median.copied().unwrap_or(0), most.copied().unwrap_or(0))
}
