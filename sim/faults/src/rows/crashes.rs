//! Rows 9, 10, 11 and 21: processes that die, people who do not answer, and stops that are asked for.

use super::links::{AISLE, BEND, SILENT, under_way};
use super::{Effort, Found};
use crate::oracle::Told;
use crate::rig::Rig;
use crate::stop::{MOST_SILENCE, millis};
use farhand_drive::{AgentSays, StopOrigin};
use farhand_machine::floors::{self, START};
use farhand_mind::Heard;
use farhand_protocol::{Cause, MonoTime, OperatorName, SafetyState};
use std::time::Duration;

/// safety.md section 7, row 9.
const AGENT_MISSED: Duration = Duration::from_millis(200);

pub(super) fn agent(effort: &Effort) -> anyhow::Result<Found> {
    let mut reactions = Vec::new();
    for seed in 0..effort.drives {
        // Half of them end their socket, half hang.
        let mut rig = under_way(&BEND, "", u64::from(seed))?;
        rig.agent.alive = false;
        if seed.is_multiple_of(2) {
            rig.hear(&Heard::AgentGone);
        }
        let stop = rig.stops_well(&[Cause::AgentLost])?;
        anyhow::ensure!(stop.reaction <= AGENT_MISSED, "braked after {:?}", stop.reaction);
        rig.agent.alive = true;
        rig.hear(&Heard::AgentHere);
        rig.stays(2.0)?;
        reactions.push(stop.reaction);
    }
    Found::new(reactions.len(), format!("brake {} (p50 / most)", millis(&reactions)))
}

/// The machine's own watchdog: 0.2 s of silence, and a tick.
const WATCHDOG: Duration = Duration::from_millis(250);

pub(super) fn guardian(effort: &Effort) -> anyhow::Result<Found> {
    let mut slowed = Vec::new();
    for seed in 0..effort.drives {
        let mut rig = under_way(&AISLE, "", u64::from(seed))?;
        rig.guardian = None;
        let (begin, trips) = (rig.now, rig.machine.truck.watchdog_trips());
        rig.until(1.0, "the machine's watchdog", |rig| rig.machine.truck.watchdog_trips() > trips)?;
        let after = rig.now.since(begin);
        anyhow::ensure!(after <= WATCHDOG, "the machine braked after {after:?}");
        rig.until(8.0, "the standstill", |rig| rig.machine.truck.speed_mps() == 0.0)?;
        rig.start_guardian();
        rig.run(3.0);
        anyhow::ensure!(rig.state.latch.is_some(), "it started without a latch: {:?}", rig.state.state);
        anyhow::ensure!(rig.state.causes.contains(&Cause::Restarted), "started for {:?}", rig.state.causes);
        let stood = rig.machine.truck.travelled_m();
        rig.run(3.0);
        anyhow::ensure!(rig.machine.truck.travelled_m() - stood < 0.005, "it moved by itself");
        rig.oracle.ensure_none()?;
        slowed.push(after);
    }
    Found::new(slowed.len(), format!("watchdog {} (p50 / most)", millis(&slowed)))
}

pub(super) fn page(effort: &Effort) -> anyhow::Result<Found> {
    let mut silences = Vec::new();
    for seed in 0..effort.drives {
        let mut rig = under_way(&BEND, "", u64::from(seed))?;
        rig.page.alive = false;
        let stop = rig.stops_well(&SILENT)?;
        anyhow::ensure!(stop.silence <= MOST_SILENCE, "braked after {:?}", stop.silence);
        rig.page.alive = true;
        rig.stays(2.0)?;
        silences.push(stop.silence);
    }
    Found::new(silences.len(), format!("brake {} (p50 / most)", millis(&silences)))
}

pub(super) fn stuck_switch(_effort: &Effort) -> anyhow::Result<Found> {
    let mut rig = Rig::taken_over("", floors::open(), START)?;
    rig.page.hands.wishes = |_| (800, 200);
    let begin = rig.now;
    rig.run(1.0);
    rig.until(40.0, "the traction off for a hand that does nothing", |rig| rig.oracle.newest().speed_mm_s == 0)?;
    let after = rig.now.since(begin);
    anyhow::ensure!((24.0..=26.0).contains(&after.as_secs_f64()), "its traction ended after {after:?}");
    rig.until(8.0, "the standstill", |rig| rig.machine.truck.speed_mps() == 0.0)?;
    let stood = rig.machine.truck.travelled_m();
    rig.run(3.0);
    anyhow::ensure!(rig.machine.truck.travelled_m() - stood < 0.005, "it moved again under the same hand");
    rig.oracle.ensure_none()?;
    Found::new(1, format!("traction off after {:.1} s, and it stays off", after.as_secs_f64()))
}

/// A clock of the page, and what it is called.
type Clock = (&'static str, fn(MonoTime) -> u64);

pub(super) fn clocks(_effort: &Effort) -> anyhow::Result<Found> {
    const HOUR_US: u64 = 3_600_000_000;
    let right = told_with(|now| now.0)?;
    let clocks: [Clock; 4] = [
        ("an hour ahead", |now| now.0 + HOUR_US),
        ("500 ppm fast", |now| now.0 + now.0 / 2000),
        ("set back while driving", |now| if now.0 > 15_000_000 { now.0 - 10_000_000 } else { now.0 }),
        ("standing still", |_| 1),
    ];
    for (name, clock) in clocks {
        anyhow::ensure!(told_with(clock)? == right, "a page clock {name} changed what the machine was told");
    }
    Found::new(clocks.len(), format!("{} commands to the machine, equal each time", right.len()))
}

/// All that a machine was told in a drive and the stop at its end.
fn told_with(clock: fn(MonoTime) -> u64) -> anyhow::Result<Vec<Told>> {
    let mut rig = Rig::taken_over("", floors::bend(), START)?;
    rig.page.clock = clock;
    rig.page.hands.wishes = BEND.wishes;
    let mut told = Vec::new();
    for tick in 0..900 {
        rig.page.alive = tick < 500;
        rig.tick();
        told.push(rig.oracle.newest());
    }
    Ok(told)
}

pub(super) fn remote_stop(effort: &Effort) -> anyhow::Result<Found> {
    let mut reactions = Vec::new();
    for seed in 0..effort.drives {
        let mut rig = under_way(&BEND, "", u64::from(seed))?;
        rig.hear_agent(AgentSays::Stop(StopOrigin { by: OperatorName::new("carol")?, request: 1 }));
        let stop = rig.stops_well(&[Cause::RemoteStop])?;
        anyhow::ensure!(stop.reaction <= Duration::from_millis(20), "braked after {:?}", stop.reaction);
        rig.stays(2.0)?;
        reactions.push(stop.reaction);
    }
    Found::new(reactions.len(), format!("brake {} (p50 / most)", millis(&reactions)))
}

pub(super) fn emergency_stop(effort: &Effort) -> anyhow::Result<Found> {
    let mut rests = Vec::new();
    for seed in 0..effort.drives {
        let mut rig = under_way(&AISLE, "", u64::from(seed))?;
        let begin = rig.now;
        rig.machine.ails.emergency_stop = true;
        rig.until(8.0, "the standstill", |rig| rig.machine.truck.speed_mps() == 0.0)?;
        anyhow::ensure!(rig.state.state == SafetyState::EStop, "in {:?}", rig.state.state);
        rests.push(rig.now.since(begin));
        rig.run(1.0);
        rig.machine.ails.emergency_stop = false;
        rig.stays(3.0)?;
    }
    Found::new(rests.len(), format!("rest {} (p50 / most)", millis(&rests)))
}
