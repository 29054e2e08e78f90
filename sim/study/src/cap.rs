//! The speed cap while the link is up: what stops within the floor that is seen to be free (safety.md 1.4).

use crate::ride::Ride;
use crate::rig::Known;
use crate::scenario::Scenario;
use farhand_world::Place;

/// The highest speed at which a link lost now still ends before what is in the way, and before people who may step out from
/// where nobody sees them. `at_m` is how far along its way the truck is.
#[must_use]
pub(crate) fn cap_mps(scenario: &Scenario, ride: &Ride, at_m: f64) -> f64 {
    let known = &scenario.rig.known;
    let now = ride.latest();
    let eye = now.place.point(known.ahead_m(), 0.0);
    let people: Vec<(f64, f64)> = now
        .people()
        .iter()
        .copied()
        .filter(|&at| (at.0 - eye.0).hypot(at.1 - eye.1) < RANGE_M && scenario.ground.sees(eye, at))
        .collect();
    let (mut free_m, mut edge_m) = (RANGE_M, None);
    let mut ahead_m = 0.0;
    while ahead_m < RANGE_M {
        let way = scenario.path.at(at_m + ahead_m);
        let place = Place { x_m: way.x_m, y_m: way.y_m, heading_rad: way.heading_rad };
        let footprint = known.footprint(&place);
        let blocked = ahead_m > 0.0 && footprint.obstacle(&scenario.ground).is_some();
        if blocked || people.iter().any(|&at| footprint.distance_to(at) < PERSON_M) {
            free_m = ahead_m;
            break;
        }
        let beyond_front = ahead_m - known.ahead_m();
        if edge_m.is_none() && beyond_front > 0.0 && [1.0, -1.0].into_iter().any(|side| hides(scenario, eye, &place, side)) {
            edge_m = Some(beyond_front);
        }
        ahead_m += STEP_M;
    }
    let reaction = reaction_s(known);
    let decel = known.safe_decel_mps2;
    let field = stop_within(decel, reaction, free_m - MARGIN_M);
    let edge = edge_m.map_or(f64::INFINITY, |edge_m| stop_before_edge(decel, reaction, edge_m).max(CRAWL_MPS));
    // Raised forks lower the speed with the root of the deceleration, as the safety core has it.
    let mast = known.response.max_speed_mps * (decel / MAST_DECEL_MPS2).min(1.0).sqrt();
    field.min(edge).min(mast).max(0.0)
}

/// From the loss to full deceleration: detection, dead time, half of the ramp.
fn reaction_s(known: &Known) -> f64 {
    known.detection.as_secs_f64()
        + known.response.brake_dead_time.as_secs_f64()
        + known.safe_decel_mps2 / (2.0 * known.response.brake_jerk_mps3)
}

/// Solves v T + v^2 / 2a = D.
fn stop_within(decel: f64, reaction: f64, distance: f64) -> f64 {
    decel * ((reaction * reaction + 2.0 * distance.max(0.0) / decel).sqrt() - reaction)
}

/// Solves v T + v^2 / 2a = d v / (v + w): somebody walks in at w while the truck comes up to the edge.
fn stop_before_edge(decel: f64, reaction: f64, distance: f64) -> f64 {
    let half = decel * reaction + WALK_MPS / 2.0;
    let rest = 2.0 * decel * (distance - reaction * WALK_MPS);
    ((half * half + rest).max(0.0).sqrt() - half).max(0.0)
}

/// True if there is floor beside the way that cannot be seen and from which somebody may step.
fn hides(scenario: &Scenario, eye: (f64, f64), place: &Place, side: f64) -> bool {
    let aside = scenario.rig.known.width_m() / 2.0 + BESIDE_M;
    let (origin, point) = ((place.x_m, place.y_m), place.point(0.0, side * aside));
    scenario.ground.sees(origin, point) && !scenario.ground.sees(eye, point)
}

/// The range of the protective fields and a little: what is farther does not bind a speed of 3 m/s.
const RANGE_M: f64 = 9.0;
const STEP_M: f64 = 0.4;
/// Supplement to every distance (safety.md 1.4).
const MARGIN_M: f64 = 0.3;
/// Somebody this near to the swept floor is in the way.
const PERSON_M: f64 = 0.35;
const WALK_MPS: f64 = 1.6;
/// Hidden floor counts from here beside the truck.
const BESIDE_M: f64 = 0.9;
/// Past a hidden edge one creeps on.
const CRAWL_MPS: f64 = 0.6;
/// Braking of a load carried low; the cap by mast height is relative to it.
const MAST_DECEL_MPS2: f64 = 1.6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_safety_1_4_comes_out() {
        let rows = [(2.5, 0.55, [1.4, 2.6, 3.7, 5.4]), (0.8, 0.85, [0.9, 1.5, 2.2, 3.1])];
        for (decel, reaction, speeds) in rows {
            for (distance, speed) in [1.5, 3.0, 5.0, 9.0].into_iter().zip(speeds) {
                // The table has one decimal.
                let cap = stop_within(decel, reaction, distance - MARGIN_M);
                assert!((cap - speed).abs() < 0.06, "{cap} m/s within {distance} m, not {speed}");
            }
        }
        assert_eq!(stop_within(1.8, 0.35, 0.1 - MARGIN_M), 0.0);
    }

    #[test]
    fn an_edge_lets_through_as_fast_as_one_stops_before_who_steps_out() {
        let speed = stop_before_edge(1.8, 0.51, 3.0);
        let stop = speed * 0.51 + speed * speed / 3.6;
        assert!((stop - 3.0 * speed / (speed + 1.6)).abs() < 1e-9 && speed > 1.0, "{speed} m/s");
        assert_eq!(stop_before_edge(1.8, 0.51, 0.0), 0.0, "at the edge itself no speed is right");
    }
}
