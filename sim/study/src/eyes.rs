//! What the scanners have said so far: swept only when somebody asks, and equal however often anybody asks.

use crate::ride::{Moment, Ride, START, TICK};
use crate::scenario::Scenario;
use farhand_protocol::MonoTime;
use farhand_world::{LEGS_M, Place, Random, ScanFault, ScanScene, Sweep};
use std::time::Duration;

/// One return, in the vehicle's frame when the sweep was taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScanPoint {
    /// Ahead of the fixed axle.
    pub ahead_m: f64,
    /// Left of the middle.
    pub left_m: f64,
    /// True if the map explains it from where the truck believes it is.
    pub mapped: bool,
}

/// One sweep, and where the wheels said the truck was.
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    /// Beam by beam.
    pub sweep: Sweep,
    /// In the frame of the wheels.
    pub reckoned: Place,
    /// The returns.
    pub points: Vec<ScanPoint>,
}

/// A fault of one scanner, from an instant on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blemish {
    /// Which scanner.
    pub scanner: usize,
    /// From here on.
    pub from: MonoTime,
    /// What is wrong.
    pub fault: ScanFault,
}

/// The two scanners of the truck.
#[derive(Debug, Clone, Default)]
pub struct Eyes {
    /// Newest last, by scanner and number of the sweep.
    seen: Vec<(usize, u64, Option<Scan>)>,
    blemish: Option<Blemish>,
}

impl Eyes {
    /// Eyes with a fault.
    #[must_use]
    pub fn with_fault(blemish: Blemish) -> Self {
        Self { seen: Vec::new(), blemish: Some(blemish) }
    }

    /// The newest sweep of each scanner that was known `ago` before now; none if none was, or a fault swallowed it.
    pub fn newest(&mut self, scenario: &Scenario, ride: &Ride, ago: Duration) -> [Option<&Scan>; 2] {
        let numbers = [0, 1].map(|scanner| {
            let number = newest_number(scenario, ride, scanner, ago);
            if let Some(number) = number.filter(|&number| self.find(scanner, number).is_none()) {
                let scan = self.take(scenario, ride, scanner, number);
                if self.seen.len() >= MOST_KEPT {
                    self.seen.remove(0);
                }
                self.seen.push((scanner, number, scan));
            }
            number
        });
        let found = |scanner: usize| self.find(scanner, numbers[scanner]?)?.as_ref();
        [found(0), found(1)]
    }

    fn find(&self, scanner: usize, number: u64) -> Option<&Option<Scan>> {
        self.seen.iter().rev().find(|seen| seen.0 == scanner && seen.1 == number).map(|seen| &seen.2)
    }

    fn take(&self, scenario: &Scenario, ride: &Ride, scanner: usize, number: u64) -> Option<Scan> {
        let taken = taken_at(scenario, scanner, number);
        let fault = self.blemish.filter(|blemish| blemish.scanner == scanner && taken >= blemish.from);
        // A frozen unit shows what it saw when it froze, and says it is of now.
        let frozen = fault.filter(|blemish| blemish.fault == ScanFault::Frozen).map(|blemish| blemish.from);
        let truth = moment(ride, frozen.unwrap_or(taken));
        let legs: Vec<((f64, f64), f64)> = truth.people().iter().map(|&at| (at, LEGS_M)).collect();
        let scene = ScanScene { ground: &scenario.ground, legs: &legs, others: &[] };
        let unit = &scenario.scanners()[scanner];
        let salt = (number << 1 | scanner as u64).wrapping_mul(SWEEP_SALT);
        let sweep = unit.sweep(taken, &truth.place, &scene, &mut Random::new(scenario.seed ^ salt));
        let sweep = fault.map_or(Some(sweep.clone()), |blemish| unit.spoilt(sweep, blemish.fault))?;
        let now = moment(ride, taken);
        let mapped = |(x, y): (f64, f64)| {
            now.believed.is_some_and(|place| scenario.map.near(place.point(x, y), EXPLAINED_M).next().is_some())
        };
        let points = unit.points(&sweep).map(|at| ScanPoint { ahead_m: at.0, left_m: at.1, mapped: mapped(at) }).collect();
        Some(Scan { sweep, reckoned: now.reckoned, points })
    }
}

/// The number of the newest sweep that was known so long ago.
fn newest_number(scenario: &Scenario, ride: &Ride, scanner: usize, ago: Duration) -> Option<u64> {
    let setup = scenario.scanners()[scanner].setup();
    let since =
        ride.now().since(START).checked_sub(ago)?.checked_sub(setup.response)?.checked_sub(phase(setup.cycle, scanner))?;
    u64::try_from(since.as_micros() / setup.cycle.as_micros()).ok()
}

fn taken_at(scenario: &Scenario, scanner: usize, number: u64) -> MonoTime {
    let cycle = scenario.scanners()[scanner].setup().cycle;
    START.after(phase(cycle, scanner)).after(cycle * u32::try_from(number).unwrap_or(u32::MAX))
}

/// The two units do not sweep at the same instant.
fn phase(cycle: Duration, scanner: usize) -> Duration {
    if scanner == 0 { Duration::ZERO } else { cycle / 2 }
}

fn moment(ride: &Ride, at: MonoTime) -> &Moment {
    ride.ago(ride.now().since(at).saturating_sub(TICK / 2))
}

/// A return this near to something on the map is explained by it: localisation errs by some centimetres and a degree.
const EXPLAINED_M: f64 = 0.2;
/// A policy looks back over 100 ms; what is older is not asked for again.
const MOST_KEPT: usize = 16;
const SWEEP_SALT: u64 = 0xd134_2543_de82_ef95;
