//! Rows 18 and 20: a machine that does not do what it is told, and a load that is high.

use super::links::{AISLE, Course, SILENT, under_way};
use super::{Effort, Found};
use crate::network::{BOTH_WAYS, Way};
use crate::rig::Rig;
use crate::stop::{MOST_STOP, millis};
use farhand_machine::floors::{self, START};
use farhand_protocol::Cause;
use farhand_world::{Balance, Load, TipWatch};

pub(super) fn wheel(effort: &Effort) -> anyhow::Result<Found> {
    let mut reactions = Vec::new();
    for seed in 0..effort.drives {
        let mut rig = under_way(&AISLE, "", u64::from(seed))?;
        rig.machine.ails.wheel_stuck = true;
        rig.page.hands.beside_mrad = 300;
        // Nothing is to be hit while it drives beside its way.
        rig.machine.ground = floors::open();
        let stop = rig.stops_well(&[Cause::SteeringFault])?;
        reactions.push(stop.reaction);
    }
    Found::new(reactions.len(), format!("brake {} (p50 / most)", millis(&reactions)))
}

/// A slower truck stands before half a brake can be told from a whole one.
const TOLD_FROM_MPS: f64 = 1.5;

pub(super) fn brake(effort: &Effort) -> anyhow::Result<Found> {
    let (mut rests, mut unnoticed_mps) = (Vec::new(), 0.0_f64);
    for seed in 0..effort.drives {
        let mut rig = under_way(&Course { ground: floors::open, wishes: |_| (2500, 0), ..AISLE }, "", u64::from(seed))?;
        rig.machine.ails.brake_share = Some(0.5);
        let speed_mps = rig.machine.truck.speed_mps();
        rig.network.blackout(&BOTH_WAYS, true);
        rests.push(rig.stops_well(&SILENT)?.rest);
        if !rig.oracle.events.iter().any(|event| event.causes.contains(&Cause::BrakeFault)) {
            unnoticed_mps = unnoticed_mps.max(speed_mps);
        }
    }
    anyhow::ensure!(unnoticed_mps < TOLD_FROM_MPS, "not noticed at {unnoticed_mps:.2} m/s");
    Found::new(rests.len(), format!("rest {} (p50 / most); unnoticed up to {unnoticed_mps:.2} m/s", millis(&rests)))
}

pub(super) fn wet(effort: &Effort) -> anyhow::Result<Found> {
    let mut rests = Vec::new();
    for seed in 0..effort.drives {
        let mut rig = under_way(&AISLE, "", u64::from(seed))?;
        rig.machine.ails.friction = Some(0.3);
        rig.network.blackout(&BOTH_WAYS, true);
        rests.push(rig.stops_well(&SILENT)?.rest);
    }
    Found::new(rests.len(), format!("rest {} (p50 / most)", millis(&rests)))
}

/// The truck of the study, with the shape of the profile.
const TRUCK: Balance =
    Balance { mass_kg: 3_100.0, centre_behind_m: 0.65, centre_height_m: 0.6, track_m: 0.93, wheelbase_m: 1.4, fork_face_m: 0.4 };
const PALLET: Load = Load { mass_kg: 800.0, length_m: 1.2, width_m: 0.8, centre_m: 0.6 };
/// Between forks and pallet.
const FRICTION: f64 = 0.35;

pub(super) fn raised(effort: &Effort) -> anyhow::Result<Found> {
    let (mut rests, mut least) = (Vec::new(), f64::INFINITY);
    for seed in 0..effort.drives {
        for ways in [&BOTH_WAYS[..], &[Way::Pictures], &[Way::Commands]] {
            let mut rig = high(u64::from(seed))?;
            rig.network.blackout(ways, true);
            rig.oracle.watch();
            let begin = rig.now;
            let tips = TRUCK.limits(Some((&PALLET, rig.machine.truck.fork_m())), FRICTION);
            least = least.min(tips.forward_mps2);
            let mut watch = TipWatch::new(tips);
            while rig.machine.truck.speed_mps() != 0.0 {
                rig.tick();
                let (speed, wheel) = (rig.machine.truck.speed_mps(), rig.machine.truck.steering_rad());
                watch.advance(0.01, rig.machine.truck.decel_mps2(), speed * speed * wheel.tan() / TRUCK.wheelbase_m);
                anyhow::ensure!(rig.now.since(begin) < MOST_STOP, "it does not stop");
            }
            anyhow::ensure!(!watch.mishap().any(), "{:?} with limits {tips:?}", watch.mishap());
            rig.oracle.ensure_none()?;
            rests.push(rig.now.since(begin));
        }
    }
    Found::new(rests.len(), format!("rest {} (p50 / most); tips at {least:.2} m/s²", millis(&rests)))
}

/// Under way with the forks at 2.5 m.
fn high(seed: u64) -> anyhow::Result<Rig> {
    let mut rig = Rig::taken_over("", floors::aisle(), START)?;
    (rig.page.hands.idle, rig.page.hands.lift_mm_s) = (true, 400);
    rig.until(30.0, "forks at 2.5 m", |rig| rig.machine.truck.fork_m() > 2.5)?;
    rig.page.hands.lift_mm_s = 0;
    rig.page.hands.wishes = AISLE.wishes;
    rig.page.hands.idle = false;
    rig.run(3.0 + 0.37 * f64::from(u32::try_from(seed % 8)?));
    anyhow::ensure!(rig.machine.truck.speed_mps() > 0.05, "with a raised load it does not drive at all: {:?}", rig.state);
    Ok(rig)
}
