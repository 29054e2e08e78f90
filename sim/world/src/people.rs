//! People on foot.
//!
//! Each has a walk: where to be when. Unmoved people follow it whatever comes (the stress case); social people want to follow
//! it and keep away from machines and racks, which must never be what makes a stop a good one.

use crate::{Ground, Outline};

/// A bend of a walk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knot {
    /// When.
    pub at_s: f64,
    /// Where.
    pub point: (f64, f64),
}

/// Where somebody is when. Before the first knot and after the last, they stand there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Walk {
    knots: Vec<Knot>,
}

impl Walk {
    /// Through points at one speed; equal points or a speed of 0 end the walk there.
    #[must_use]
    pub fn through(points: &[(f64, f64)], start_s: f64, speed_mps: f64) -> Self {
        let mut walk = Self::default();
        let mut at_s = start_s;
        for &point in points {
            if let Some(last) = walk.knots.last() {
                at_s += (point.0 - last.point.0).hypot(point.1 - last.point.1) / speed_mps;
            }
            if !at_s.is_finite() {
                break;
            }
            walk.knots.push(Knot { at_s, point });
        }
        walk
    }

    /// The same walk with a rest of `rest_s` once `at_m` metres are done: somebody stops and looks.
    #[must_use]
    pub fn resting(mut self, at_m: f64, rest_s: f64) -> Self {
        let mut done = 0.0;
        let ends = self.knots.windows(2).map(|pair| {
            done += (pair[1].point.0 - pair[0].point.0).hypot(pair[1].point.1 - pair[0].point.1);
            done
        });
        let Some(index) = ends.collect::<Vec<f64>>().iter().position(|&end| end >= at_m).map(|index| index + 1) else {
            return self;
        };
        let (before, after) = (self.knots[index - 1], self.knots[index]);
        let length = (after.point.0 - before.point.0).hypot(after.point.1 - before.point.1);
        let done_before: f64 = self.knots[..index]
            .windows(2)
            .map(|pair| (pair[1].point.0 - pair[0].point.0).hypot(pair[1].point.1 - pair[0].point.1))
            .sum();
        let rest = before.towards(&after, ((at_m - done_before) / length.max(1e-9)).clamp(0.0, 1.0));
        for knot in &mut self.knots[index..] {
            knot.at_s += rest_s;
        }
        self.knots.splice(index..index, [rest, Knot { at_s: rest.at_s + rest_s, ..rest }]);
        self
    }

    /// Its bends.
    #[must_use]
    pub fn knots(&self) -> &[Knot] {
        &self.knots
    }

    /// Where they are.
    #[must_use]
    pub fn at(&self, seconds: f64) -> (f64, f64) {
        let next = self.knots.iter().position(|knot| knot.at_s > seconds);
        match next {
            Some(0) => self.knots[0].point,
            Some(next) => {
                let (before, after) = (self.knots[next - 1], self.knots[next]);
                before.towards(&after, (seconds - before.at_s) / (after.at_s - before.at_s)).point
            }
            None => self.knots.last().map_or((0.0, 0.0), |knot| knot.point),
        }
    }
}

impl Knot {
    fn towards(&self, other: &Self, share: f64) -> Self {
        let between = |from: f64, to: f64| from + (to - from) * share;
        Self {
            at_s: between(self.at_s, other.at_s),
            point: (between(self.point.0, other.point.0), between(self.point.1, other.point.1)),
        }
    }
}

/// How somebody takes machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Sees nothing, walks on.
    Unmoved,
    /// Keeps away, as the social force model has it.
    Social,
}

/// One person.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Where they want to be.
    pub walk: Walk,
    /// How they take machines.
    pub manner: Manner,
}

/// Everybody, at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Crowd {
    people: Vec<Person>,
    states: Vec<State>,
    seconds: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct State {
    at: (f64, f64),
    velocity: (f64, f64),
}

/// Radius of a body.
pub const BODY_M: f64 = 0.25;
/// Radius of the legs in the plane of a scanner.
pub const LEGS_M: f64 = 0.15;

impl Crowd {
    /// Everybody at the beginning of their walk.
    #[must_use]
    pub fn new(people: Vec<Person>) -> Self {
        let states = people.iter().map(|person| State { at: person.walk.at(0.0), velocity: (0.0, 0.0) }).collect();
        Self { people, states, seconds: 0.0 }
    }

    /// Moves everybody on by a small step; `machines` are kept away from by who looks.
    pub fn advance(&mut self, seconds: f64, machines: &[Outline], ground: &Ground) {
        self.seconds += seconds;
        for (person, state) in self.people.iter().zip(&mut self.states) {
            match person.manner {
                Manner::Unmoved => {
                    let at = person.walk.at(self.seconds);
                    state.velocity = ((at.0 - state.at.0) / seconds, (at.1 - state.at.1) / seconds);
                    state.at = at;
                }
                Manner::Social => state.give_way(person.walk.at(self.seconds + AHEAD_S), seconds, machines, ground),
            }
        }
    }

    /// Everybody's middle.
    pub fn places(&self) -> impl ExactSizeIterator<Item = (f64, f64)> + '_ {
        self.states.iter().map(|state| state.at)
    }

    /// Everybody's velocity.
    pub fn velocities(&self) -> impl ExactSizeIterator<Item = (f64, f64)> + '_ {
        self.states.iter().map(|state| state.velocity)
    }

    /// Who they are.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Seconds since the beginning of the walks.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }
}

impl State {
    fn give_way(&mut self, goal: (f64, f64), seconds: f64, machines: &[Outline], ground: &Ground) {
        let wish = (goal.0 - self.at.0, goal.1 - self.at.1);
        let wanted = limited((wish.0 / AHEAD_S, wish.1 / AHEAD_S), FASTEST_MPS);
        let mut push = ((wanted.0 - self.velocity.0) / RELAX_S, (wanted.1 - self.velocity.1) / RELAX_S);
        for machine in machines {
            let middle = machine.middle();
            self.push_away(&mut push, machine.distance_to(self.at), middle, (MACHINE_PUSH_MPS2, MACHINE_REACH_M));
        }
        for solid in ground.near(self.at, SOLID_REACH_M * 4.0) {
            let nearest = (self.at.0.clamp(solid.low.0, solid.high.0), self.at.1.clamp(solid.low.1, solid.high.1));
            self.push_away(&mut push, solid.distance_to(self.at), nearest, (SOLID_PUSH_MPS2, SOLID_REACH_M));
        }
        let velocity = (self.velocity.0 + push.0 * seconds, self.velocity.1 + push.1 * seconds);
        self.velocity = limited(velocity, FASTEST_MPS);
        self.at = (self.at.0 + self.velocity.0 * seconds, self.at.1 + self.velocity.1 * seconds);
    }

    fn push_away(&self, push: &mut (f64, f64), distance: f64, from: (f64, f64), (strength, reach): (f64, f64)) {
        let away = (self.at.0 - from.0, self.at.1 - from.1);
        let length = away.0.hypot(away.1).max(1e-6);
        let force = strength * ((BODY_M - distance) / reach).exp();
        push.0 += force * away.0 / length;
        push.1 += force * away.1 / length;
    }
}

fn limited(vector: (f64, f64), most: f64) -> (f64, f64) {
    let length = vector.0.hypot(vector.1);
    if length <= most { vector } else { (vector.0 * most / length, vector.1 * most / length) }
}

/// How far ahead on their walk social people aim.
const AHEAD_S: f64 = 0.5;
/// How fast they take up the velocity they want.
const RELAX_S: f64 = 0.5;
/// Walking speed that the makers of scanners count with.
const FASTEST_MPS: f64 = 1.6;
// A push of a few m/s2 within half a metre: people keep an arm's length from a truck, and a hand's width from a rack.
const MACHINE_PUSH_MPS2: f64 = 6.0;
const MACHINE_REACH_M: f64 = 0.5;
const SOLID_PUSH_MPS2: f64 = 3.0;
const SOLID_REACH_M: f64 = 0.1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Place, Solid, SolidKind};

    fn walk() -> Walk {
        Walk::through(&[(0.0, 0.0), (4.0, 0.0), (4.0, 2.0)], 1.0, 1.0)
    }

    #[test]
    fn a_walk_is_where_it_should_be_when_it_should() {
        let walk = walk();
        let at = [0.0, 1.0, 3.0, 5.0, 6.5, 9.0].map(|seconds| walk.at(seconds));
        assert_eq!(at, [(0.0, 0.0), (0.0, 0.0), (2.0, 0.0), (4.0, 0.0), (4.0, 1.5), (4.0, 2.0)]);
        assert_eq!(Walk::through(&[(1.0, 2.0), (3.0, 4.0)], 0.0, 0.0).at(7.0), (1.0, 2.0), "without speed nobody gets anywhere");
        assert_eq!(Walk::default().at(3.0), (0.0, 0.0));
    }

    #[test]
    fn somebody_who_rests_is_late_afterwards() {
        let walk = walk().resting(3.0, 2.0);
        let at = [3.9, 4.5, 6.0, 7.0, 8.0].map(|seconds| walk.at(seconds).0);
        assert!((at[0] - 2.9).abs() < 1e-9 && at[1..3] == [3.0, 3.0] && at[3..] == [4.0, 4.0], "{at:?}");
        assert_eq!(walk.at(20.0), (4.0, 2.0));
        assert_eq!(walk.clone().resting(99.0, 1.0), walk, "beyond the end nobody rests");
    }

    #[test]
    fn the_unmoved_walk_through_a_truck_and_the_social_go_round_it() {
        let ground = Ground::new(vec![Solid::new((-5.0, 3.0), (15.0, 4.0), SolidKind::Rack)]);
        let truck = Outline::around(&Place { x_m: 2.0, y_m: 0.1, heading_rad: 0.0 }, 0.6, 0.6, 1.0);
        let nearest = |manner| {
            let walk = Walk::through(&[(0.0, 0.0), (6.0, 0.0)], 0.0, 1.2);
            let mut crowd = Crowd::new(vec![Person { walk, manner }]);
            let mut nearest = f64::INFINITY;
            for _ in 0..1_000 {
                crowd.advance(0.01, &[truck], &ground);
                let at = crowd.places().next().expect("somebody");
                nearest = nearest.min(truck.distance_to(at));
            }
            let end = crowd.places().next().expect("somebody");
            (nearest, (end.0 - 6.0).hypot(end.1))
        };
        assert_eq!(nearest(Manner::Unmoved), (0.0, 0.0));
        let (near, off) = nearest(Manner::Social);
        assert!(near > 0.1 && off < 0.5, "{near} m from the truck, {off} m from the goal");
    }
}
