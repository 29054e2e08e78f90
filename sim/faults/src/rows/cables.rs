//! Row 12: cameras whose cables are exchanged, in pictures of the simulator's warehouse.

use super::{Effort, Found};
use crate::page::Wishes;
use crate::rig::Rig;
use crate::stop::millis;
use farhand_machine::floors;
use farhand_protocol::{Cause, SafetyState};
use farhand_world::{Place, Random, Site};
use std::f64::consts::PI;
use std::rc::Rc;
use std::time::Duration;

/// safety.md section 7, row 12.
const NOTICED: Duration = Duration::from_millis(600);
/// Where there is little to see in one of the pictures, one drive in twenty may take longer.
const AT_ALL: Duration = Duration::from_secs(2);
/// Slower than this, the way that must be seen takes longer.
const QUICK_MPS: f64 = 1.1;
/// Middles of the aisles of the demo site.
const AISLES_M: [f64; 5] = [4.0, 12.0, 20.0, 28.0, 36.0];

/// Along the aisle in which it is, the way it stands.
const FORWARD: Wishes = |place| (2500, along_the_aisle(place, 1.0));
const BACKWARDS: Wishes = |place| (-2500, along_the_aisle(place, -1.0));

fn along_the_aisle(place: &Place, way: f64) -> i32 {
    let aisle_m = AISLES_M.into_iter().min_by(|one, other| (place.y_m - one).abs().total_cmp(&(place.y_m - other).abs()));
    let along = if place.heading_rad.cos() > 0.0 { 0.0 } else { PI };
    let off_m = (place.y_m - aisle_m.unwrap_or(place.y_m)) * along.cos();
    let turned = (place.heading_rad - along + PI).rem_euclid(2.0 * PI) - PI;
    floors::steering(-1.2 * off_m - 1.6 * way * turned)
}

/// A truck that is driven along an aisle, with its real eyes.
fn in_the_warehouse(site: &Rc<Site>, seed: u64) -> anyhow::Result<Rig> {
    let mut chance = Random::new(seed);
    let east = chance.chance(0.5);
    let backwards = chance.chance(0.3);
    // Far from the end that it drives to.
    let x_m = if east == backwards { chance.between(40.0, 46.0) } else { chance.between(14.0, 20.0) };
    let place = Place { x_m, y_m: AISLES_M[chance.below(AISLES_M.len())], heading_rad: if east { 0.0 } else { PI } };
    let mut rig = Rig::taken_over("", site.ground(), place)?;
    rig.opens_eyes(site);
    rig.page.hands.wishes = if backwards { BACKWARDS } else { FORWARD };
    rig.page.hands.most_mm_s = if chance.chance(0.5) { 2500 } else { 1200 };
    rig.page.hands.beside_mrad = if chance.chance(0.5) { 20 } else { -20 };
    Ok(rig)
}

pub(super) fn swapped(effort: &Effort) -> anyhow::Result<Found> {
    let site = Rc::new(Site::named("demo", 1)?);
    let (mut reactions, mut ways_m, mut before_m) = (Vec::new(), Vec::new(), 0.0);
    for seed in 0..u64::from(effort.drives) {
        let mut rig = in_the_warehouse(&site, seed)?;
        let mut chance = Random::new(seed + 77);
        rig.until(10.0, "a truck under way", |rig| rig.machine.truck.speed_mps().abs() > QUICK_MPS)?;
        rig.run(chance.between(1.0, 6.0));
        let (causes, named) = (&rig.state.causes, &rig.state.swapped);
        anyhow::ensure!(
            rig.state.state == SafetyState::Teleop && named.is_empty(),
            "drive {seed}, nothing exchanged: {causes:?}, {named:?}"
        );
        before_m += rig.machine.truck.travelled_m();
        let from_m = rig.machine.truck.travelled_m();
        let speed_mps = rig.machine.truck.speed_mps();
        rig.eyes.as_mut().into_iter().for_each(|eyes| eyes.swapped = true);
        rig.oracle.watch();
        let after = rig.until(10.0, "the stop", |rig| rig.state.state == SafetyState::SafeStop)?;
        ways_m.push(rig.machine.truck.travelled_m() - from_m);
        let causes = rig.state.causes.clone();
        anyhow::ensure!(causes == [Cause::PictureSwapped], "drive {seed}: stopped for {causes:?}");
        anyhow::ensure!(after <= AT_ALL, "drive {seed} at {speed_mps:.2} m/s: stopped after {after:?}");
        rig.stops(crate::stop::MOST_STOP)?;
        reactions.push(after);
    }
    let late = reactions.iter().filter(|after| **after > NOTICED).count();
    anyhow::ensure!(late * 20 <= reactions.len(), "{late} of {} later than {NOTICED:?}", reactions.len());
    ways_m.sort_by(f64::total_cmp);
    let way_m = |at: usize| ways_m.get(at).copied().unwrap_or(0.0);
    let figure = format!(
        "brake {}, {late} after 0.6 s; after {:.2} / {:.2} m; none in {before_m:.0} m before",
        millis(&reactions),
        way_m(ways_m.len() / 2),
        way_m(ways_m.len().saturating_sub(1))
    );
    Found::new(reactions.len(), figure)
}
