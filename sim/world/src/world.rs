//! The site with its machines.

use crate::{Body, Drive, Odometry, Outline, Place, Response, Shape, Site, Truck};
use farhand_protocol::MonoTime;
use std::time::Duration;

/// Why a world cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// A machine's first place is taken.
    #[error("{machine} cannot stand at x_m = {x_m}, y_m = {y_m}: {what} is there. Give it a free place")]
    Occupied {
        /// The machine.
        machine: String,
        /// East.
        x_m: f64,
        /// North.
        y_m: f64,
        /// What stands there.
        what: String,
    },
}

/// One machine to put into the world.
#[derive(Debug, Clone)]
pub struct MachineSetup {
    /// Its name.
    pub name: String,
    /// Its measures.
    pub shape: Shape,
    /// Its actuators.
    pub response: Response,
    /// Where it starts.
    pub place: Place,
}

/// One machine in the world.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// The thing itself.
    pub truck: Truck,
    /// How often it ran into something.
    pub contacts: u64,
    /// What it stands against.
    pub touching: Option<String>,
    /// Path length at the last contact.
    touched_m: f64,
    odometry: Odometry,
}

/// What a machine's own sensors say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Path length.
    pub travelled_m: f64,
    /// Signed speed.
    pub speed_mps: f64,
    /// Angle of the steered wheel.
    pub steering_rad: f64,
    /// Height of the forks.
    pub fork_m: f64,
    /// Where it believes it is.
    pub believed: Place,
    /// The red button is pressed.
    pub emergency_stop: bool,
    /// Watchdog trips since the start.
    pub watchdog_trips: u64,
}

/// Everything that moves, and what stands around it.
#[derive(Debug)]
pub struct World {
    site: Site,
    machines: Vec<Machine>,
    now: Option<MonoTime>,
}

impl World {
    /// Puts the machines on their places.
    ///
    /// # Errors
    /// [`WorldError::Occupied`] names the machine and what is in its way.
    pub fn new(site: Site, setups: Vec<MachineSetup>) -> Result<Self, WorldError> {
        let mut world = Self { site, machines: Vec::new(), now: None };
        for setup in setups {
            let truck = Truck::new(setup.shape, setup.response, setup.place);
            if let Some(what) = world.obstacle(&truck.outline(), usize::MAX) {
                let Place { x_m, y_m, .. } = setup.place;
                return Err(WorldError::Occupied { machine: setup.name, x_m, y_m, what });
            }
            let odometry = Odometry::new(setup.place);
            world.machines.push(Machine { name: setup.name, truck, contacts: 0, touching: None, touched_m: 0.0, odometry });
        }
        Ok(world)
    }

    /// Moves everything on to `now` in steps of 1 ms; a jump of more than a second is cut to that second.
    pub fn advance(&mut self, now: MonoTime) {
        let start = self.now.unwrap_or(now);
        let mut at = MonoTime(start.0.max(now.0.saturating_sub(MOST_US)));
        while at.0 + STEP_US <= now.0 {
            at = at.after(Duration::from_micros(STEP_US));
            for index in 0..self.machines.len() {
                self.step(index, at);
            }
        }
        self.now = Some(at);
    }

    fn step(&mut self, index: usize, at: MonoTime) {
        let before = (self.machines[index].truck.place(), self.machines[index].truck.travelled_m());
        self.machines[index].truck.step(at, STEP_S);
        let moved = self.machines[index].truck.place() != before.0;
        let hit = if moved { self.obstacle(&self.machines[index].truck.outline(), index) } else { None };
        let machine = &mut self.machines[index];
        if let Some(what) = hit {
            machine.truck.blocked(before.0, before.1);
            if machine.touching.as_ref() != Some(&what) {
                machine.contacts += 1;
                machine.touching = Some(what);
            }
            machine.touched_m = before.1;
        } else if machine.truck.travelled_m() > machine.touched_m + FREE_M {
            machine.touching = None;
        }
        machine.odometry.advance(machine.truck.place(), STEP_S);
    }

    fn obstacle(&self, outline: &Outline, except: usize) -> Option<String> {
        let others = self.machines.iter().enumerate().filter(|(index, _)| *index != except);
        let other = others.map(|(_, other)| other).find(|other| other.truck.outline().overlaps(outline));
        other.map(|other| other.name.clone()).or_else(|| self.site.obstacle(outline).map(str::to_owned))
    }

    /// Gives one machine a command.
    pub fn command(&mut self, index: usize, now: MonoTime, drive: Drive) {
        if let Some(machine) = self.machines.get_mut(index) {
            machine.truck.command(now, drive);
        }
    }

    /// Presses or releases one machine's red button.
    pub fn set_emergency_stop(&mut self, index: usize, now: MonoTime, open: bool) {
        if let Some(machine) = self.machines.get_mut(index) {
            machine.truck.set_emergency_stop(now, open);
        }
    }

    /// What one machine's sensors say.
    pub fn measured(&self, index: usize) -> Option<Measured> {
        let Machine { truck, odometry, .. } = self.machines.get(index)?;
        Some(Measured {
            travelled_m: truck.travelled_m(),
            speed_mps: truck.speed_mps(),
            steering_rad: truck.steering_rad(),
            fork_m: truck.fork_m(),
            believed: odometry.believed(),
            emergency_stop: truck.emergency_stop(),
            watchdog_trips: truck.watchdog_trips(),
        })
    }

    /// The machines, as they really are.
    pub fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// What stands still.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// What cameras see of the machines, in the machines' order.
    pub fn bodies(&self) -> impl Iterator<Item = Body> + '_ {
        self.machines.iter().zip(0..).map(|(machine, colour)| Body {
            place: machine.truck.place(),
            shape: machine.truck.shape(),
            fork_m: machine.truck.fork_m(),
            colour,
        })
    }
}

// Fine enough for a brake jerk of 20 m/s3 to be right to 0.02 m/s2.
const STEP_US: u64 = 1000;
const STEP_S: f64 = 0.001;
// Pushing on against a rack creeps up its last millimetre again and again: one contact until the truck is clear of it.
const FREE_M: f64 = 0.05;
const MOST_US: u64 = 1_000_000;
