//! The expert: what each stop would cost, by the true floor, the true people and the true truck with its dead times.

use crate::manoeuvre::Stop;
use farhand_protocol::MonoTime;
use farhand_senses::SCORES;
use farhand_study::{Ride, STANDING_MPS, Scenario};
use farhand_world::{BODY_M, DistanceField, Drive, Outline, Place, Truck};
use std::time::Duration;

/// Labels instants of one scenario.
#[derive(Debug)]
pub struct Costs<'a> {
    scenario: &'a Scenario,
    field: DistanceField,
    weights: Weights,
}

/// What a stop costs beside contacts and near ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    refused: f64,
    keep_clear: f64,
    metre: f64,
    aside: f64,
}

impl Weights {
    /// What a policy learns: danger. Limits, zones and lengths the guard works out for each stop; the policy would guess them.
    /// Of stops without danger the shorter one that leaves the way least costs a little less.
    pub const DANGER: Self = Self { refused: 0.0, keep_clear: 0.0, metre: 0.05, aside: 0.1 };
    /// All that a stop is judged by: what the guard refuses outweighs a blocked crossing, and that some metres of way.
    pub const WHOLE: Self = Self { refused: 5.0, keep_clear: 4.5, metre: 0.2, aside: 0.6 };
}

/// What is the same for all stops from one instant on.
struct Instant<'a> {
    ride: &'a Ride,
    /// How long the last command is held before the stop begins.
    held_steps: usize,
    /// Everybody, step by step. People do not make way: what the truck may hit must not depend on their kindness.
    people: Vec<Vec<(f64, f64)>>,
}

impl<'a> Costs<'a> {
    /// Ready to be asked.
    #[must_use]
    pub fn new(scenario: &'a Scenario, weights: Weights) -> Self {
        Self { scenario, field: DistanceField::of(&scenario.ground, FIELD_CELL_M, 1.0), weights }
    }

    /// The cost of every manoeuvre if the last command is held for `held` from now on, and the stop begins then. Lower is
    /// better, 0.5 is a clear preference, a contact is worse than everything that is none.
    #[must_use]
    pub fn all(&self, ride: &Ride, held: Duration) -> [f32; SCORES] {
        let mut crowd = ride.crowd().clone();
        let someone = crowd.places().next().is_some();
        let people = (0..if someone { MOST_STEPS } else { 0 }).map(|_| {
            crowd.advance(STEP_S, &[], &self.scenario.ground);
            crowd.places().collect()
        });
        let held_steps = usize::try_from(held.as_micros() / STEP.as_micros()).unwrap_or(0);
        let instant = Instant { ride, held_steps, people: people.collect() };
        std::array::from_fn(|index| self.one(&instant, index))
    }

    fn one(&self, instant: &Instant<'_>, index: usize) -> f32 {
        let (known, ride) = (&self.scenario.rig.known, instant.ride);
        let mut truck = ride.truck().clone();
        let (mut stop, mut now, mut marks) = (Stop::new(index, known), ride.now(), Marks::default());
        let begin_m = truck.travelled_m();
        for step in 0..MOST_STEPS {
            let speed_mps = truck.speed_mps();
            if speed_mps.abs() < STANDING_MPS {
                break;
            }
            let command = if step < instant.held_steps {
                ride.last()[0]
            } else {
                stop.drive(known, ride.corridor(), &reckoned(ride, &truck.place()), speed_mps)
            };
            advance(&mut truck, &mut now, command);
            if step >= instant.held_steps + SETTLING_STEPS {
                marks.sideways |= sideways_mps2(&truck).abs() > known.safe_lateral_mps2 * ROUNDING;
            }
            let people = instant.people.get(step).map_or(&[][..], Vec::as_slice);
            marks.near(self, &truck, people);
            if marks.contact.is_some() {
                break;
            }
        }
        marks.length_m = truck.travelled_m() - begin_m;
        marks.aside_m = aside_m(ride, &truck.place());
        marks.end = self.end(&truck);
        marks.cost(&self.weights)
    }

    fn end(&self, truck: &Truck) -> End {
        if truck.speed_mps().abs() >= STANDING_MPS {
            return End::UnderWay;
        }
        let footprint = self.scenario.rig.known.footprint(&truck.place());
        let blocks = self.scenario.zones.iter().any(|zone| footprint.overlaps(&Outline::upright(zone.low, zone.high)));
        if blocks { End::Blocking } else { End::Stands }
    }
}

/// What came of one stop.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Marks {
    contact: Option<(Hit, f64)>,
    close: bool,
    sideways: bool,
    end: End,
    length_m: f64,
    /// From the way it was on, at rest.
    aside_m: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum End {
    #[default]
    Stands,
    /// It stands in a zone that should be kept clear.
    Blocking,
    /// It does not stand, after a contact or all the time that a stop may take.
    UnderWay,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Hit {
    Solid,
    Person,
}

impl Marks {
    fn near(&mut self, costs: &Costs<'_>, truck: &Truck, people: &[(f64, f64)]) {
        let (known, ground) = (&costs.scenario.rig.known, &costs.scenario.ground);
        let (place, speed_mps) = (truck.place(), truck.speed_mps().abs());
        let footprint = known.footprint(&place);
        let gap_m = people.iter().map(|&at| footprint.distance_to(at) - BODY_M).fold(f64::INFINITY, f64::min);
        if gap_m < 0.0 {
            self.contact = Some((Hit::Person, speed_mps));
            return;
        }
        self.close |= gap_m < CLOSE_PERSON_M;
        let grown = known.grown_footprint(&place, CLOSE_M);
        if grown.parts().all(|part| costs.field.surely_free(part)) || grown.obstacle(ground).is_none() {
            return;
        }
        self.close = true;
        if footprint.obstacle(ground).is_some() {
            self.contact = Some((Hit::Solid, speed_mps));
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a cost of some tens")]
    fn cost(&self, weights: &Weights) -> f32 {
        let contact = match self.contact {
            Some((Hit::Solid, speed_mps)) => SOLID + SOLID_SPEED * speed_mps,
            Some((Hit::Person, speed_mps)) => PERSON + PERSON_SPEED * speed_mps,
            None => 0.0,
        };
        let end = match self.end {
            End::Stands => 0.0,
            End::Blocking => weights.keep_clear,
            // A contact ends the stop in its middle; that has its own cost.
            End::UnderWay => when(self.contact.is_none(), weights.refused),
        };
        let refused = when(self.sideways, weights.refused) + when(self.length_m > LONGEST_M, weights.refused);
        let way = weights.metre * self.length_m.max(0.0) + weights.aside * self.aside_m;
        (contact + end + refused + when(self.close, CLOSE) + way) as f32
    }
}

fn when(is: bool, cost: f64) -> f64 {
    if is { cost } else { 0.0 }
}

/// Where the wheels would say the truck is: their frame stands still against the true one for some seconds.
fn reckoned(ride: &Ride, place: &Place) -> Place {
    let now = ride.latest();
    let (sin, cos) = now.place.heading_rad.sin_cos();
    let (dx, dy) = (place.x_m - now.place.x_m, place.y_m - now.place.y_m);
    let (x_m, y_m) = now.reckoned.point(cos * dx + sin * dy, cos * dy - sin * dx);
    Place { x_m, y_m, heading_rad: now.reckoned.heading_rad + place.heading_rad - now.place.heading_rad }
}

/// How far a place lies beside the last corridor, which goes on straight behind its end.
fn aside_m(ride: &Ride, place: &Place) -> f64 {
    let (begin, points) = (ride.latest().reckoned, &ride.corridor().points);
    let rest = reckoned(ride, place);
    let corners: Vec<(f64, f64)> = std::iter::once((begin.x_m, begin.y_m)).chain(points.iter().copied()).collect();
    let last = corners.len() - 2;
    let beside = |(at, pair): (usize, &[(f64, f64)])| {
        let (from, to) = (pair[0], pair[1]);
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let long = dx.hypot(dy).max(1e-6);
        let along = ((rest.x_m - from.0) * dx + (rest.y_m - from.1) * dy) / long;
        let along = along.clamp(0.0, if at == last { long + LONGEST_M } else { long });
        (rest.x_m - from.0 - along * dx / long).hypot(rest.y_m - from.1 - along * dy / long)
    };
    corners.windows(2).enumerate().map(beside).fold(f64::INFINITY, f64::min)
}

fn advance(truck: &mut Truck, now: &mut MonoTime, command: Drive) {
    truck.command(*now, command);
    *now = now.after(STEP);
    truck.step(*now, STEP_S);
}

fn sideways_mps2(truck: &Truck) -> f64 {
    let speed = truck.speed_mps();
    speed * speed * truck.steering_rad().tan() / truck.shape().wheelbase_m
}

const STEP: Duration = Duration::from_millis(20);
const STEP_S: f64 = 0.02;
/// Detection and eight seconds.
const MOST_STEPS: usize = 420;
/// Until the wheel has turned back from what the operator did.
const SETTLING_STEPS: usize = 22;
const ROUNDING: f64 = 1.02;
const FIELD_CELL_M: f64 = 0.1;
const LONGEST_M: f64 = 6.5;
/// The guard keeps 0.10 m to all that stands; it refuses what comes nearer.
const CLOSE_M: f64 = 0.12;
const CLOSE_PERSON_M: f64 = 0.4;

// Costs. The loss tells 0.5 apart clearly: a contact outweighs all else together.
const PERSON: f64 = 17.5;
const PERSON_SPEED: f64 = 4.0;
const SOLID: f64 = 12.5;
const SOLID_SPEED: f64 = 2.0;
const CLOSE: f64 = 1.5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worse_costs_more() {
        let free = Marks { length_m: 3.0, ..Marks::default() };
        let beside = Marks { aside_m: 0.5, ..free };
        let longer = Marks { length_m: 5.0, ..free };
        let blocking = Marks { end: End::Blocking, ..free };
        let refused = Marks { sideways: true, ..free };
        let rack = Marks { contact: Some((Hit::Solid, 0.1)), length_m: 1.0, ..free };
        let person = Marks { contact: Some((Hit::Person, 0.1)), length_m: 1.0, ..free };
        let worst_without_contact = Marks { close: true, sideways: true, end: End::Blocking, length_m: 6.0, ..free };
        let costs = [free, beside, longer, blocking, refused, worst_without_contact, rack, person];
        for weights in [Weights::WHOLE, Weights::DANGER] {
            let costs = costs.map(|marks| marks.cost(&weights));
            assert!(costs[0] >= 0.0 && costs[6] > costs[5] + 0.5 && costs[7] > costs[6] + 3.0, "{costs:?}");
            let faster = Marks { contact: Some((Hit::Person, 2.0)), ..person };
            assert!(faster.cost(&weights) > person.cost(&weights) + 5.0);
        }
        assert!(costs.map(|marks| marks.cost(&Weights::WHOLE)).is_sorted());
        let danger = [free, blocking, refused].map(|marks| marks.cost(&Weights::DANGER));
        assert!(danger.iter().all(|cost| (cost - danger[0]).abs() < 1e-6), "{danger:?}");
    }
}
