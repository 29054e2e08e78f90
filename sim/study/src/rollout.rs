//! What would come of a stop, fast: the truck's own laws in steps of 20 ms, on the true floor among the true people.
//!
//! Good for trying thousands of stops out. Whoever needs to be sure drives the one that was found with the real truck.

use crate::ride::{MOST_PEOPLE, Ride};
use crate::scenario::Scenario;
use farhand_world::{BODY_M, DistanceField, Place};

/// One step.
pub(crate) const STEP_S: f64 = 0.02;

/// The laws of one truck.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Laws {
    wheelbase_m: f64,
    steer_step_rad: f64,
    jerk_step_mps2: f64,
    pub(crate) steer_dead_steps: usize,
    pub(crate) brake_dead_steps: usize,
}

/// Where a truck is in such a stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct State {
    pub(crate) place: Place,
    pub(crate) speed_mps: f64,
    pub(crate) decel_mps2: f64,
    pub(crate) steering_rad: f64,
    pub(crate) travelled_m: f64,
    pub(crate) step: usize,
}

/// What the actuators are told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Demand {
    pub(crate) steering_rad: f64,
    pub(crate) decel_mps2: f64,
}

impl Laws {
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let response = &scenario.rig.response;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "up to half a second in steps")]
        let steps = |seconds: f64| (seconds / STEP_S).round() as usize;
        Self {
            wheelbase_m: scenario.rig.known.shape.wheelbase_m,
            steer_step_rad: response.steer_rate_radps * STEP_S,
            jerk_step_mps2: response.brake_jerk_mps3 * STEP_S,
            steer_dead_steps: steps(response.steer_dead_time.as_secs_f64()),
            brake_dead_steps: steps(response.brake_dead_time.as_secs_f64()),
        }
    }

    /// One step with what has got through to wheel and brake.
    pub(crate) fn step(&self, state: &mut State, through: Demand) {
        state.steering_rad += (through.steering_rad - state.steering_rad).clamp(-self.steer_step_rad, self.steer_step_rad);
        state.decel_mps2 += (through.decel_mps2 - state.decel_mps2).clamp(-self.jerk_step_mps2, self.jerk_step_mps2);
        let before = state.speed_mps;
        state.speed_mps = (before - state.decel_mps2.max(ROLLING_MPS2) * STEP_S).max(0.0);
        let way = f64::midpoint(before, state.speed_mps) * STEP_S;
        let turn = way * state.steering_rad.tan() / self.wheelbase_m;
        let (sin, cos) = (state.place.heading_rad + turn / 2.0).sin_cos();
        state.place.x_m += way * cos;
        state.place.y_m += way * sin;
        state.place.heading_rad += turn;
        state.travelled_m += way;
        state.step += 1;
    }

    /// Sideways acceleration.
    pub(crate) fn sideways_mps2(&self, state: &State) -> f64 {
        state.speed_mps * state.speed_mps * state.steering_rad.tan() / self.wheelbase_m
    }
}

impl State {
    /// As the truck is now.
    pub(crate) fn of(ride: &Ride) -> Self {
        let now = ride.latest();
        Self {
            place: now.place,
            speed_mps: now.speed_mps.max(0.0),
            decel_mps2: now.decel_mps2,
            steering_rad: now.steering_rad,
            travelled_m: 0.0,
            step: 0,
        }
    }
}

/// What such a stop may run into.
#[derive(Debug)]
pub(crate) struct Hazards<'a> {
    scenario: &'a Scenario,
    field: &'a DistanceField,
    /// Everybody, step by step.
    people: Vec<[(f64, f64); MOST_PEOPLE]>,
    count: usize,
    /// Middles along the truck's axis and radius of three discs that cover it.
    discs: ([f64; 3], f64),
    grown_m: f64,
}

/// What it ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hit {
    Solid,
    Person,
}

impl<'a> Hazards<'a> {
    /// From now on for so many steps. All is taken to be larger by `grown_m`.
    pub(crate) fn new(scenario: &'a Scenario, field: &'a DistanceField, ride: &Ride, steps: usize, grown_m: f64) -> Self {
        let mut crowd = ride.crowd().clone();
        let count = crowd.places().len().min(MOST_PEOPLE);
        let mut people = Vec::new();
        for _ in 0..if count == 0 { 0 } else { steps } {
            crowd.advance(STEP_S, &[], &scenario.ground);
            let mut places = [(0.0, 0.0); MOST_PEOPLE];
            places.iter_mut().zip(crowd.places()).for_each(|(slot, at)| *slot = at);
            people.push(places);
        }
        let known = &scenario.rig.known;
        let (behind, ahead, half) = (known.shape.behind_m, known.ahead_m(), known.width_m() / 2.0);
        let sixth = (ahead + behind) / 6.0;
        let discs = ([sixth - behind, 3.0 * sixth - behind, 5.0 * sixth - behind], sixth.hypot(half) + grown_m);
        Self { scenario, field, people, count, discs, grown_m }
    }

    /// What the truck touches.
    pub(crate) fn hit(&self, state: &State) -> Option<Hit> {
        let (sin, cos) = state.place.heading_rad.sin_cos();
        let (x, y) = (state.place.x_m, state.place.y_m);
        let free = self.discs.0.iter().all(|ahead| self.field.clear_m((x + cos * ahead, y + sin * ahead)) >= self.discs.1);
        if !free && self.scenario.rig.known.grown_footprint(&state.place, self.grown_m).obstacle(&self.scenario.ground).is_some()
        {
            return Some(Hit::Solid);
        }
        (self.person_gap_m(state, (sin, cos)) < BODY_M + self.grown_m).then_some(Hit::Person)
    }

    /// Metres from the footprint to the nearest middle of a person.
    fn person_gap_m(&self, state: &State, (sin, cos): (f64, f64)) -> f64 {
        let Some(places) = self.people.get(state.step.saturating_sub(1).min(self.people.len().saturating_sub(1))) else {
            return f64::INFINITY;
        };
        let known = &self.scenario.rig.known;
        let mut gap = f64::INFINITY;
        for (px, py) in &places[..self.count] {
            let (dx, dy) = (px - state.place.x_m, py - state.place.y_m);
            let (ahead, left) = (cos * dx + sin * dy, (cos * dy - sin * dx).abs());
            let rect =
                |from: f64, to: f64, width: f64| (from - ahead).max(ahead - to).max(0.0).hypot((left - width / 2.0).max(0.0));
            gap = gap.min(rect(-known.shape.behind_m, known.shape.ahead_m, known.shape.width_m));
            if let Some(load) = known.load {
                gap = gap.min(rect(load.from_m, load.to_m, load.width_m));
            }
        }
        gap
    }
}

/// Rolling resistance, as the world's truck has it.
const ROLLING_MPS2: f64 = 0.25;
