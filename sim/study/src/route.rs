//! Where the operator drives: a way through the plan, moved to the middle of the floor that is free.

use crate::family::Family;
use crate::path::{Path, STEP_M};
use crate::plan::Plan;
use crate::rig::Known;
use farhand_world::{Ground, Place, Random};

/// Draws corners of a way through aisles and crossings: with a turn, or straight on.
pub(crate) fn corners(plan: &Plan, family: &Family, random: &mut Random) -> Vec<(f64, f64)> {
    let aisle = random.below(plan.aisles.len());
    let y = plan.aisles[aisle].middle();
    let (first, last) = (plan.crossings[0], plan.crossings[plan.crossings.len() - 1]);
    let (west, east) = (first.low + END_M, last.high - END_M);
    if !family.route.turn_share.draw(random) {
        return if random.chance(0.5) { vec![(west, y), (east, y)] } else { vec![(east, y), (west, y)] };
    }
    let crossing = random.below(plan.crossings.len());
    let x = plan.crossings[crossing].middle();
    let ends = [west, east].into_iter().filter(|end| (end - x).abs() > LEG_M).collect::<Vec<f64>>();
    let from = ends[random.below(ends.len())];
    let mut way = vec![(from, y), (x, y)];
    // Into another aisle beyond the turn, or to the end of the way across.
    let other = random.below(plan.aisles.len());
    if other == aisle {
        let south = (y - FAR_M).max(plan.aisles[0].low + END_M - 1.0);
        let north = (y + FAR_M).min(plan.aisles[plan.aisles.len() - 1].high + 1.0 - END_M);
        let northward = if random.chance(0.5) { north - y > LEG_M } else { y - south < LEG_M };
        way.push((x, if northward { north } else { south }));
    } else {
        way.extend([(x, plan.aisles[other].middle()), (ends[random.below(ends.len())], plan.aisles[other].middle())]);
    }
    for _ in 0..2 {
        let leg = family.route.leg_m.draw(random);
        shorten(&mut way, leg);
        way.reverse();
    }
    if random.chance(0.5) {
        way.reverse();
    }
    way
}

/// Lets a way begin no farther before its first turn.
fn shorten(way: &mut [(f64, f64)], leg_m: f64) {
    let [first, second, ..] = way else { return };
    let (dx, dy) = (first.0 - second.0, first.1 - second.1);
    let share = (leg_m / dx.hypot(dy).max(1e-9)).min(1.0);
    *first = (second.0 + share * dx, second.1 + share * dy);
}

/// Rounds the corners and keeps to the middle of what is free, within the length of the truck.
#[must_use]
pub(crate) fn centred(corners: &[(f64, f64)], radius_m: f64, bias_m: f64, ground: &Ground, known: &Known) -> Path {
    let path = Path::rounded(corners, radius_m);
    let points = path.points();
    let sides: Vec<(f64, f64)> = points
        .iter()
        .map(|point| {
            let side = |heading: f64| ground.cast((point.x_m, point.y_m), heading, SIDE_M);
            (side(point.heading_rad + QUARTER_TURN), side(point.heading_rad - QUARTER_TURN))
        })
        .collect();
    let (ahead, behind) = (steps(known.ahead_m() + 0.3), steps(known.shape.behind_m + 0.3));
    let mut off: Vec<f64> = (0..sides.len())
        .map(|index| {
            let near = &sides[index.saturating_sub(behind)..(index + ahead + 1).min(sides.len())];
            let (left, right) = near.iter().fold((SIDE_M, SIDE_M), |least, side| (least.0.min(side.0), least.1.min(side.1)));
            ((left - right) / 2.0 + bias_m).clamp(-MOST_OFF_M, MOST_OFF_M)
        })
        .collect();
    for _ in 0..2 {
        off = smooth(&off, steps(SMOOTH_M));
    }
    let moved: Vec<(f64, f64)> = points.iter().zip(off).map(|(point, off)| point.beside(off)).collect();
    Path::through(&moved)
}

/// True if the truck can be driven along with room to spare.
#[must_use]
pub(crate) fn passable(path: &Path, ground: &Ground, known: &Known) -> bool {
    path.points().iter().step_by(2).all(|point| {
        let place = Place { x_m: point.x_m, y_m: point.y_m, heading_rad: point.heading_rad };
        known.grown_footprint(&place, ROOM_M).obstacle(ground).is_none()
    })
}

fn smooth(values: &[f64], reach: usize) -> Vec<f64> {
    let mut sums = vec![0.0; values.len() + 1];
    for (index, value) in values.iter().enumerate() {
        sums[index + 1] = sums[index] + value;
    }
    (0..values.len())
        .map(|index| {
            let (from, to) = (index.saturating_sub(reach), (index + reach + 1).min(values.len()));
            #[expect(clippy::cast_precision_loss, reason = "a few points")]
            let count = (to - from) as f64;
            (sums[to] - sums[from]) / count
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few metres")]
fn steps(metres: f64) -> usize {
    (metres / STEP_M) as usize
}

const QUARTER_TURN: f64 = std::f64::consts::FRAC_PI_2;
/// A way ends this far from the wall.
const END_M: f64 = 2.2;
/// A leg before a turn is at least this long.
const LEG_M: f64 = 4.0;
/// And goes on for so much after it.
const FAR_M: f64 = 12.0;
/// As far to each side as it matters.
const SIDE_M: f64 = 2.2;
const MOST_OFF_M: f64 = 0.8;
const SMOOTH_M: f64 = 1.2;
/// On each side of the truck along the whole way.
const ROOM_M: f64 = 0.12;
