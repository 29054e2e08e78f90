//! Rows 12, 16 and 17: cameras, scanners and a policy that lie or fall silent.

use super::links::{AISLE, BEND, under_way};
use super::{Effort, Found};
use crate::network::BOTH_WAYS;
use crate::rig::{Policy, Rig};
use crate::stop::{MOST_SILENCE, MOST_STOP, millis};
use farhand_protocol::{CameraIndex, Cause, MonoTime, SafetyState};
use farhand_world::ScanFault;
use std::time::Duration;

/// safety.md section 7, row 12.
const FROZEN: Duration = Duration::from_millis(600);

pub(super) fn frozen_front(effort: &Effort) -> anyhow::Result<Found> {
    let mut reactions = Vec::new();
    for seed in 0..effort.drives {
        let mut rig = under_way(&AISLE, "", u64::from(seed))?;
        rig.agent.frozen[0] = true;
        let stop = rig.stops_well(&[Cause::PictureFrozen])?;
        anyhow::ensure!(stop.reaction <= FROZEN, "braked after {:?}", stop.reaction);
        reactions.push(stop.reaction);
    }
    Found::new(reactions.len(), format!("brake {} (p50 / most)", millis(&reactions)))
}

pub(super) fn frozen_rear(_effort: &Effort) -> anyhow::Result<Found> {
    let mut rig = under_way(&AISLE, "", 1)?;
    rig.agent.frozen[1] = true;
    rig.run(2.0);
    anyhow::ensure!(rig.state.state == SafetyState::Teleop, "stopped for {:?}", rig.state.causes);
    anyhow::ensure!(rig.state.still.contains(&CameraIndex(1)), "not said: {:?}", rig.state.still);
    Found::new(1, "named in the state within 2 s".into())
}

/// So many scores the library has.
const SCORES: usize = 36;

/// Outweighs a zone, and all that the guard would rather have among scores that are alike.
const CLEARLY: f32 = 100.0;

fn only(best: usize) -> Vec<f32> {
    (0..SCORES).map(|index| if index == best { CLEARLY } else { 0.0 }).collect()
}

/// What a policy may answer, and whether the guard should take it for one.
const POLICIES: [(&str, Option<Policy>, bool); 8] = [
    ("none", None, false),
    ("NaN", Some(|at| (at, vec![f32::NAN; SCORES])), false),
    ("infinite", Some(|at| (at, vec![f32::INFINITY; SCORES])), false),
    ("half a second late", Some(|at| (MonoTime(at.0.saturating_sub(500_000)), only(0))), false),
    ("too short", Some(|at| (at, vec![1.0; 3])), false),
    ("constant", Some(|at| (at, vec![0.5; SCORES])), true),
    // The softest brake there is, wherever it leads.
    ("the longest way", Some(|at| (at, (0..36_u8).map(|index| CLEARLY * f32::from(index % 3)).collect())), true),
    // The sharpest turn, the softer its brake the better.
    (
        "the worst",
        Some(|at| (at, (0..36_u8).map(|index| if index < 3 { CLEARLY * f32::from(index + 1) } else { 0.0 }).collect())),
        true,
    ),
];

pub(super) fn policies(effort: &Effort) -> anyhow::Result<Found> {
    let (mut trials, mut rolled) = (0, Vec::new());
    for (name, policy, counts) in POLICIES {
        let mut total_m = 0.0;
        for seed in 0..effort.drives {
            let course = if seed.is_multiple_of(2) { BEND } else { AISLE };
            let mut rig = under_way(&course, "", u64::from(seed))?;
            rig.agent.policy = policy;
            rig.run(0.4);
            anyhow::ensure!(rig.scores_used == counts, "{name}: scores used {}, drive {seed}", rig.scores_used);
            rig.network.blackout(&BOTH_WAYS, true);
            let stop = rig.stops(MOST_STOP).map_err(|failed| failed.context(format!("policy {name}, drive {seed}")))?;
            anyhow::ensure!(stop.silence <= MOST_SILENCE, "{name}: braked after {:?}", stop.silence);
            total_m += stop.rolled_m;
            trials += 1;
        }
        rolled.push((name, counts, total_m / f64::from(effort.drives.max(1))));
    }
    let without = rolled.first().map_or(0.0, |(_, _, rolled_m)| *rolled_m);
    let different = rolled.iter().find(|(_, counts, rolled_m)| !counts && (rolled_m - without).abs() > 1e-9);
    anyhow::ensure!(different.is_none(), "a policy of no use changed the stop: {different:?}, without {without}");
    let with_all = rolled.iter().map(|(_, _, rolled_m)| *rolled_m);
    let (least, most) = with_all.fold((f64::INFINITY, 0.0_f64), |(least, most), mean| (least.min(mean), most.max(mean)));
    Found::new(trials, format!("rolled {without:.2} m without one, {least:.2} to {most:.2} m with each (means)"))
}

/// A scan counts for 150 ms from when it was taken; then comes the next tick.
const UNSEEN: Duration = Duration::from_millis(160);

pub(super) fn scanners(effort: &Effort) -> anyhow::Result<Found> {
    let dirty = ScanFault::DirtyWindow { from_rad: -0.4, to_rad: 0.4 };
    unseen(effort, &[("silent", ScanFault::Dropout), ("half blind", ScanFault::HalfBeams), ("dirty", dirty)])
}

pub(super) fn frozen_scanners(effort: &Effort) -> anyhow::Result<Found> {
    unseen(effort, &[("frozen", ScanFault::Frozen)])
}

fn unseen(effort: &Effort, faults: &[(&str, ScanFault)]) -> anyhow::Result<Found> {
    let mut reactions = Vec::new();
    for seed in 0..effort.drives {
        for (name, fault) in faults {
            let mut rig = under_way(&BEND, "", u64::from(seed))?;
            rig.machine.ails.scans = Some(*fault);
            rig.oracle.watch();
            let begin = rig.now;
            rig.until(2.0, "the brake", |rig| rig.oracle.newest().brake_mm_s2 > 0 && rig.state.state != SafetyState::Teleop)?;
            let after = rig.now.since(begin);
            anyhow::ensure!(after <= UNSEEN, "{name}: braked after {after:?}");
            let causes = rig.state.causes.clone();
            anyhow::ensure!(causes.contains(&Cause::ScanLost), "{name}: stopped for {causes:?}");
            rig.until(8.0, "the standstill", |rig| rig.machine.truck.speed_mps() == 0.0)?;
            reactions.push(after);
        }
    }
    Found::new(reactions.len(), format!("brake {} (p50 / most)", millis(&reactions)))
}

/// What a stop takes at most: scan, control and brake dead time, and the deceleration that the load bears (safety.md 1.4).
fn stopping_m(speed_mps: f64) -> f64 {
    speed_mps * 0.41 + speed_mps * speed_mps / (2.0 * 1.57)
}

pub(super) fn ghost(effort: &Effort) -> anyhow::Result<Found> {
    let mut speeds = Vec::new();
    for range_m in [2.5, 1.5, 0.8] {
        let mut fastest = 0.0_f64;
        for seed in 0..effort.drives {
            let mut rig: Rig = under_way(&AISLE, "", u64::from(seed))?;
            // The front unit looks 45 degrees to the left: this is straight ahead of the truck, and stays so as it drives.
            let ghost = ScanFault::Ghost { bearing_rad: -std::f64::consts::FRAC_PI_4, range_m, width_rad: 0.2 };
            rig.machine.ails.scans = Some(ghost);
            rig.run(4.0);
            let speed = rig.machine.truck.speed_mps().abs();
            anyhow::ensure!(stopping_m(speed) <= range_m, "{speed:.2} m/s with something {range_m} m ahead");
            fastest = fastest.max(speed);
            rig.oracle.ensure_none()?;
        }
        speeds.push(format!("{fastest:.2} m/s at {range_m} m"));
    }
    Found::new(3 * usize::try_from(effort.drives)?, format!("at most {}", speeds.join(", ")))
}
