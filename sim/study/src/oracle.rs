//! The yardstick: was there a stop without a contact?
//!
//! It knows the true floor, the true people and the true truck, and tries 31 curvatures with 5 decelerations, each alone and
//! each followed by each other one after 0.3, 0.6 or 1.0 s. A stop that it finds is driven with the real truck before it
//! counts. What it may try is fixed: once a study is published, only more stops may be added, which makes more cases
//! avoidable and never fewer.

use crate::ride::Ride;
use crate::rollout::{Demand, Hazards, Laws, STEP_S, State};
use crate::scenario::Scenario;
use farhand_world::{DistanceField, Drive};
use std::cell::OnceCell;

/// Curvatures to either side, and straight.
const CURVATURES: usize = 31;
/// The sharpest of them.
const SHARPEST_PER_M: f64 = 1.2;
/// Shares of the load-safe deceleration.
const SHARES: [f64; 5] = [1.0, 0.75, 0.5, 0.3, 0.15];
/// When the second phase begins.
const SWITCHES_S: [f64; 3] = [0.3, 0.6, 1.0];
/// A stop may last and be as long as this (safety.md 3.2).
const LONGEST_S: f64 = 8.0;
const LONGEST_M: f64 = 6.0;
/// What is found in coarse steps keeps so much away from everything; the real truck then shows whether that was enough.
const GROWN_M: f64 = 0.01;
/// Above what is safe sideways by so much counts as rounding.
const ROUNDING: f64 = 1.02;

/// One stop, of one phase or two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    first: Demand,
    second: Option<(usize, Demand)>,
}

/// The yardstick for one scenario.
#[derive(Debug)]
pub struct Oracle<'a> {
    scenario: &'a Scenario,
    field: OnceCell<DistanceField>,
    answers: Vec<(Question, Option<Candidate>)>,
}

/// States that are equal bit by bit have one answer.
type Question = [u64; 6];

impl<'a> Oracle<'a> {
    /// Ready to be asked.
    #[must_use]
    pub fn new(scenario: &'a Scenario) -> Self {
        Self { scenario, field: OnceCell::new(), answers: Vec::new() }
    }

    /// True if there is a stop without a contact from here on.
    pub fn finds_a_stop(&mut self, noticed: &Ride) -> bool {
        self.stop(noticed).is_some()
    }

    /// A stop without a contact from here on, driven with the real truck.
    pub fn stop(&mut self, noticed: &Ride) -> Option<Candidate> {
        if noticed.contact().is_some() {
            return None;
        }
        let now = noticed.latest();
        let question = [
            now.place.x_m,
            now.place.y_m,
            now.place.heading_rad,
            now.speed_mps,
            now.steering_rad,
            noticed.last()[0].steering_rad,
        ]
        .map(f64::to_bits);
        if let Some((_, answer)) = self.answers.iter().find(|(asked, _)| *asked == question) {
            return *answer;
        }
        let answer = self.search(noticed);
        self.answers.push((question, answer));
        answer
    }

    fn search(&self, noticed: &Ride) -> Option<Candidate> {
        let field = self.field.get_or_init(|| DistanceField::of(&self.scenario.ground, FIELD_CELL_M, 1.0));
        let search = Search {
            laws: Laws::of(self.scenario),
            hazards: Hazards::new(self.scenario, field, noticed, steps(LONGEST_S), GROWN_M),
            held: Demand { steering_rad: noticed.last()[0].steering_rad, decel_mps2: noticed.last()[0].brake_mps2 },
            most_sideways: self.scenario.rig.known.safe_lateral_mps2.max(noticed.sideways_mps2().abs()) * ROUNDING,
        };
        let start = State::of(noticed);
        let demands = self.demands();
        let single = |&first: &Demand| Candidate { first, second: None };
        let free = |candidate: &Candidate| drives_free(self.scenario, noticed, candidate);
        let singles = demands.iter().filter(|&&first| search.is_free(start, search.held, first)).map(single);
        singles.into_iter().find(free).or_else(|| {
            demands.iter().find_map(|&first| {
                let switched = search.until_switches(start, first);
                switched.into_iter().flatten().find_map(|(switch, state)| {
                    let seconds = demands.iter().filter(|&&second| second != first && search.is_free(state, first, second));
                    seconds.map(|&second| Candidate { first, second: Some((switch, second)) }).find(free)
                })
            })
        })
    }

    /// All first and second phases, the hardest braking first.
    fn demands(&self) -> Vec<Demand> {
        let known = &self.scenario.rig.known;
        #[expect(clippy::cast_precision_loss, reason = "31 curvatures")]
        let curvature = |index: usize| SHARPEST_PER_M * (2.0 * index as f64 / (CURVATURES - 1) as f64 - 1.0);
        let of_share = |share: f64| {
            (0..CURVATURES).map(move |index| Demand {
                steering_rad: known.steering_rad(curvature(index)),
                decel_mps2: share * known.safe_decel_mps2,
            })
        };
        SHARES.into_iter().flat_map(of_share).collect()
    }
}

/// One search.
struct Search<'a> {
    laws: Laws,
    hazards: Hazards<'a>,
    /// What wheel and brake were told last before.
    held: Demand,
    most_sideways: f64,
}

impl Search<'_> {
    /// True if the truck comes to rest without a contact, in time, within the length and the limits of its load. `before` is
    /// what gets through to wheel and brake until their dead times are over.
    fn is_free(&self, mut state: State, before: Demand, demand: Demand) -> bool {
        let begin = state.step;
        while state.speed_mps > 0.0 {
            if !self.step(&mut state, begin, before, demand) {
                return false;
            }
        }
        true
    }

    /// Where the first phase is when the second may begin; none where it has run into something or stands already.
    fn until_switches(&self, mut state: State, first: Demand) -> [Option<(usize, State)>; SWITCHES_S.len()] {
        let mut reached = [None; SWITCHES_S.len()];
        for (slot, seconds) in reached.iter_mut().zip(SWITCHES_S) {
            let switch = steps(seconds);
            while state.step < switch {
                if state.speed_mps <= 0.0 || !self.step(&mut state, 0, self.held, first) {
                    return reached;
                }
            }
            *slot = Some((switch, state));
        }
        reached
    }

    fn step(&self, state: &mut State, begin: usize, before: Demand, demand: Demand) -> bool {
        let since = state.step - begin;
        let through = Demand {
            steering_rad: if since < self.laws.steer_dead_steps { before } else { demand }.steering_rad,
            decel_mps2: if since < self.laws.brake_dead_steps { before } else { demand }.decel_mps2,
        };
        self.laws.step(state, through);
        state.step < steps(LONGEST_S)
            && state.travelled_m <= LONGEST_M
            && self.laws.sideways_mps2(state).abs() <= self.most_sideways
            && self.hazards.hit(state).is_none()
    }
}

/// Drives a stop with the real truck among the real people.
fn drives_free(scenario: &Scenario, noticed: &Ride, candidate: &Candidate) -> bool {
    let mut ride = noticed.clone();
    let ticks = (STEP_S / crate::ride::TICK_S).round();
    let begin = noticed.latest().travelled_m;
    let mut tick = 0.0;
    while !ride.stands() {
        let phase = match candidate.second {
            Some((switch, second)) if tick >= to_f64(switch) * ticks => second,
            _ => candidate.first,
        };
        let brake_mps2 = phase.decel_mps2.max(1e-3);
        ride.tick(scenario, Drive { brake_mps2, steering_rad: phase.steering_rad, ..Drive::default() });
        tick += 1.0;
        let long = ride.latest().travelled_m - begin > LONGEST_M || tick * crate::ride::TICK_S > LONGEST_S;
        if ride.contact().is_some() || ride.mishap().any() || long {
            return false;
        }
    }
    true
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some seconds in steps")]
fn steps(seconds: f64) -> usize {
    (seconds / STEP_S).round() as usize
}

#[expect(clippy::cast_precision_loss, reason = "some hundred steps")]
fn to_f64(steps: usize) -> f64 {
    steps as f64
}

/// Cells of the distances that spare most of the exact checks.
const FIELD_CELL_M: f64 = 0.1;
