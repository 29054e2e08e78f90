//! One truck on its way through one scenario, tick by tick: the truth, and what is remembered of it.

use crate::corridor::Corridor;
use crate::scenario::Scenario;
use farhand_protocol::MonoTime;
use farhand_world::{Crowd, Drive, Localisation, Mishap, Outline, Place, Random, Reckoning, SolidKind, TipWatch, Truck};
use std::time::Duration;

/// From one tick to the next: the guardian's 100 Hz.
pub const TICK: Duration = Duration::from_millis(10);
/// The same in seconds.
pub const TICK_S: f64 = 0.01;
/// Where every scenario's clock begins.
pub const START: MonoTime = MonoTime(1_000_000);
/// Most people of one scenario.
pub(crate) const MOST_PEOPLE: usize = 4;

/// The truth at one tick.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Where the truck is.
    pub place: Place,
    /// Where its wheels say it is, in a frame of their own.
    pub reckoned: Place,
    /// Where it believes it is on the map.
    pub believed: Option<Place>,
    /// How fast.
    pub speed_mps: f64,
    /// Angle of the wheel.
    pub steering_rad: f64,
    /// What the brake gives.
    pub decel_mps2: f64,
    /// Path length.
    pub travelled_m: f64,
    people: [(f64, f64); MOST_PEOPLE],
    count: usize,
}

impl Moment {
    /// Where everybody is.
    #[must_use]
    pub fn people(&self) -> &[(f64, f64)] {
        &self.people[..self.count]
    }
}

/// What the truck ran into, or who ran into it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Contact {
    /// Something that stands.
    Solid {
        /// What.
        kind: SolidKind,
        /// Speed at the contact.
        speed_mps: f64,
    },
    /// Somebody.
    Person {
        /// Which.
        index: usize,
        /// Speed of the truck at the contact.
        speed_mps: f64,
    },
}

/// The truck under way.
#[derive(Debug, Clone)]
pub struct Ride {
    now: MonoTime,
    truck: Truck,
    crowd: Crowd,
    reckoning: Reckoning,
    localisation: Localisation,
    tips: TipWatch,
    trace: Vec<Moment>,
    corridor: Corridor,
    /// Newest first.
    last: [Drive; 3],
    heard_at: MonoTime,
    contact: Option<Contact>,
}

impl Ride {
    /// At the beginning of a scenario, under way with its first command; without people if `alone`.
    #[must_use]
    pub fn begin(scenario: &Scenario, alone: bool) -> Self {
        let first = scenario.first_command;
        let people = if alone { Vec::new() } else { scenario.people.clone() };
        let mut ride = Self {
            now: START,
            truck: scenario.rig.truck(scenario.start, START, first),
            crowd: Crowd::new(people),
            reckoning: Reckoning::new(scenario.senses.reckoning, scenario.start),
            localisation: Localisation::new(scenario.senses.localisation, Random::new(scenario.seed ^ LOCALISATION_SALT)),
            tips: TipWatch::new(scenario.rig.tips),
            trace: Vec::with_capacity(1024),
            corridor: Corridor::default(),
            last: [first; 3],
            heard_at: START,
            contact: None,
        };
        ride.trace.push(ride.moment());
        ride.corridor = scenario.corridor.lay(scenario, &ride);
        ride
    }

    /// Gives the truck a command and moves everything on by one tick.
    pub fn tick(&mut self, scenario: &Scenario, command: Drive) {
        let before = self.truck.speed_mps();
        self.truck.command(self.now, command);
        for _ in 0..2 {
            self.now = self.now.after(TICK / 2);
            self.truck.step(self.now, TICK_S / 2.0);
        }
        let place = self.truck.place();
        let outline: Outline = scenario.rig.known.footprint(&place).body;
        self.crowd.advance(TICK_S, &[outline], &scenario.ground);
        self.reckoning.advance(place, TICK_S);
        self.localisation.advance(TICK_S);
        self.tips.advance(TICK_S, (before - self.truck.speed_mps()) / TICK_S, self.sideways_mps2());
        if self.last[0] != command {
            self.last = [command, self.last[0], self.last[1]];
        }
        self.trace.push(self.moment());
        if self.contact.is_none() {
            self.contact = self.touched(scenario);
        }
    }

    /// Notes that a command of the operator came in, and lays the corridor anew if it is time.
    pub fn heard(&mut self, scenario: &Scenario) {
        self.heard_at = self.now;
        if scenario.corridor.is_due(scenario, self) {
            self.corridor = scenario.corridor.lay(scenario, self);
        }
    }

    fn moment(&self) -> Moment {
        let place = self.truck.place();
        let mut people = [(0.0, 0.0); MOST_PEOPLE];
        people.iter_mut().zip(self.crowd.places()).for_each(|(slot, at)| *slot = at);
        Moment {
            place,
            reckoned: self.reckoning.place(),
            believed: self.localisation.believed(&place),
            speed_mps: self.truck.speed_mps(),
            steering_rad: self.truck.steering_rad(),
            decel_mps2: self.truck.decel_mps2(),
            travelled_m: self.truck.travelled_m(),
            people,
            count: self.crowd.places().len().min(MOST_PEOPLE),
        }
    }

    fn touched(&self, scenario: &Scenario) -> Option<Contact> {
        let speed_mps = self.truck.speed_mps();
        // Who walks into a truck that stands is not run into by it.
        if speed_mps.abs() < STANDING_MPS {
            return None;
        }
        let footprint = scenario.rig.known.footprint(&self.truck.place());
        if let Some(index) = self.crowd.places().position(|at| footprint.touches_person(at)) {
            return Some(Contact::Person { index, speed_mps });
        }
        footprint.obstacle(&scenario.ground).map(|solid| Contact::Solid { kind: solid.kind, speed_mps })
    }

    /// Sideways acceleration.
    #[must_use]
    pub fn sideways_mps2(&self) -> f64 {
        let speed = self.truck.speed_mps();
        speed * speed * self.truck.steering_rad().tan() / self.truck.shape().wheelbase_m
    }

    /// The truck.
    #[must_use]
    pub fn truck(&self) -> &Truck {
        &self.truck
    }

    /// The people.
    #[must_use]
    pub fn crowd(&self) -> &Crowd {
        &self.crowd
    }

    /// The truth, from the beginning to now, one for each tick.
    #[must_use]
    pub fn trace(&self) -> &[Moment] {
        &self.trace
    }

    /// The truth now.
    #[must_use]
    pub fn latest(&self) -> &Moment {
        // The first is pushed when a ride begins, and none is ever taken away.
        &self.trace[self.trace.len() - 1]
    }

    /// The truth some time ago, or at the beginning.
    #[must_use]
    pub fn ago(&self, span: Duration) -> &Moment {
        let ticks = usize::try_from(span.as_micros() / TICK.as_micros()).unwrap_or(usize::MAX);
        &self.trace[(self.trace.len() - 1).saturating_sub(ticks)]
    }

    /// The corridor that was laid last.
    #[must_use]
    pub fn corridor(&self) -> &Corridor {
        &self.corridor
    }

    /// The last three different commands, newest first.
    #[must_use]
    pub fn last(&self) -> &[Drive; 3] {
        &self.last
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> MonoTime {
        self.now
    }

    /// When the operator was heard last.
    #[must_use]
    pub fn heard_at(&self) -> MonoTime {
        self.heard_at
    }

    /// The first contact.
    #[must_use]
    pub fn contact(&self) -> Option<Contact> {
        self.contact
    }

    /// What tipped or slid.
    #[must_use]
    pub fn mishap(&self) -> Mishap {
        self.tips.mishap()
    }

    /// True when the truck stands.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.truck.speed_mps().abs() < STANDING_MPS
    }
}

/// Halt begins below this (safety.md 2.1).
pub const STANDING_MPS: f64 = 0.01;
/// So that localisation and operator do not share their chance.
const LOCALISATION_SALT: u64 = 0x1234_5678_9abc_def0;
