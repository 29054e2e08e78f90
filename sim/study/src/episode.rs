//! One scenario with one controller: drive, lose the link, stop; and what came of it.

use crate::controller::{Brake, Controller, Sight};
use crate::eyes::Eyes;
use crate::operator::Driver;
use crate::oracle::Oracle;
use crate::ride::{Contact, Ride, TICK_S};
use crate::scenario::Scenario;
use farhand_world::{Drive, Outline};

/// What came of it.
#[expect(clippy::struct_excessive_bools, reason = "each is a count of its own in the table")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// What it ran into after the loss, if anything.
    pub contact: Option<Contact>,
    /// There was a contact, and the yardstick found a stop without one.
    pub avoidable: bool,
    /// It braked or turned harder than the load allows, or something tipped or slid.
    pub over_limit: bool,
    /// It got faster after the loss was noticed.
    pub speed_increase: bool,
    /// It came to rest in a zone to be kept clear.
    pub in_keep_clear: bool,
    /// Metres from the loss to the stand, or to the contact.
    pub stop_m: f64,
    /// Seconds for it.
    pub stop_s: f64,
    /// Speed at the loss.
    pub speed_mps: f64,
    /// It ran into something while the link was up: only a controller that gates commands can change that.
    pub contact_before: bool,
    /// It did not stand after the longest time that a stop may take.
    pub unfinished: bool,
}

/// The ride of one controller, kept for pictures.
#[derive(Debug, Clone)]
pub struct Episode {
    /// The truth, tick by tick.
    pub ride: Ride,
    /// How many ticks it had at the loss.
    pub loss_tick: usize,
    /// And when the loss was noticed.
    pub noticed_tick: usize,
    /// What came of it.
    pub outcome: Outcome,
}

/// Runs controllers through one scenario.
#[derive(Debug)]
pub struct Runner<'a> {
    scenario: &'a Scenario,
    /// The drive that controllers without a gate share.
    shared: Option<Held>,
    oracle: Oracle<'a>,
}

/// A ride when the loss is noticed.
#[derive(Debug, Clone)]
struct Held {
    ride: Ride,
    loss_tick: usize,
    contact_before: bool,
}

impl<'a> Runner<'a> {
    /// Nothing has run yet.
    #[must_use]
    pub fn new(scenario: &'a Scenario) -> Self {
        Self { scenario, shared: None, oracle: Oracle::new(scenario) }
    }

    /// Runs one controller from the beginning to the stand.
    pub fn run(&mut self, controller: &mut dyn Controller) -> Episode {
        let scenario = self.scenario;
        let mut eyes = Eyes::default();
        let held = if controller.gates() {
            hold(scenario, Some(controller), &mut eyes)
        } else {
            let shared = self.shared.get_or_insert_with(|| hold(scenario, None, &mut Eyes::default())).clone();
            controller.begin(&mut Sight::new(scenario, &shared.ride, &mut eyes));
            shared
        };
        let mut ride = held.ride.clone();
        let mut watch = Watch::default();
        while ride.contact().is_none() && !ride.stands() && watch.seconds < LONGEST_S {
            let Brake { decel_mps2, steering_rad } = controller.stop(&mut Sight::new(scenario, &ride, &mut eyes));
            let before = ride.latest().speed_mps.abs();
            ride.tick(scenario, Drive { brake_mps2: decel_mps2.max(0.0), steering_rad, ..Drive::default() });
            watch.note(scenario, &ride, before);
        }
        let outcome = self.judge(&ride, &held, &watch);
        Episode { ride, loss_tick: held.loss_tick, noticed_tick: held.ride.trace().len() - 1, outcome }
    }

    fn judge(&mut self, ride: &Ride, held: &Held, watch: &Watch) -> Outcome {
        let scenario = self.scenario;
        let (at_loss, end) = (&ride.trace()[held.loss_tick], ride.latest());
        let contact = ride.contact().filter(|_| !held.contact_before);
        let footprint = scenario.rig.known.footprint(&end.place);
        #[expect(clippy::cast_precision_loss, reason = "some hundred ticks")]
        let stop_s = (ride.trace().len() - 1 - held.loss_tick) as f64 * TICK_S;
        Outcome {
            contact,
            avoidable: contact.is_some() && self.oracle.finds_a_stop(&held.ride),
            over_limit: watch.over_limit || ride.mishap().any(),
            speed_increase: watch.faster,
            in_keep_clear: ride.stands()
                && scenario.zones.iter().any(|zone| footprint.overlaps(&Outline::upright(zone.low, zone.high))),
            stop_m: end.travelled_m - at_loss.travelled_m,
            stop_s,
            speed_mps: at_loss.speed_mps,
            contact_before: held.contact_before,
            unfinished: ride.contact().is_none() && !ride.stands(),
        }
    }
}

/// Drives to the loss and on until it is noticed, with the controller's gate if there is one.
fn hold(scenario: &Scenario, mut gate: Option<&mut dyn Controller>, eyes: &mut Eyes) -> Held {
    let mut ride = Ride::begin(scenario, false);
    let mut driver = Driver::begin(scenario);
    if let Some(gate) = &mut gate {
        gate.begin(&mut Sight::new(scenario, &ride, eyes));
    }
    let mut wanted = scenario.first_command;
    let (mut loss_tick, mut contact_before) = (0, false);
    let noticed_at = scenario.loss_at.after(scenario.rig.known.detection);
    while ride.now() < noticed_at && ride.contact().is_none() {
        if ride.now() < scenario.loss_at {
            wanted = driver.command(scenario, &ride);
            ride.heard(scenario);
            loss_tick = ride.trace().len();
        }
        let passed = match &mut gate {
            Some(gate) => gate.drive(&mut Sight::new(scenario, &ride, eyes), wanted),
            None => wanted,
        };
        ride.tick(scenario, passed);
        contact_before = ride.contact().is_some() && ride.now() <= scenario.loss_at;
    }
    Held { ride, loss_tick, contact_before }
}

/// Looks for what a stop must not do.
#[derive(Debug, Default)]
struct Watch {
    seconds: f64,
    over_limit: bool,
    faster: bool,
}

impl Watch {
    fn note(&mut self, scenario: &Scenario, ride: &Ride, speed_before: f64) {
        let (known, now) = (&scenario.rig.known, ride.latest());
        self.seconds += TICK_S;
        self.faster |= now.speed_mps.abs() > speed_before + 1e-6;
        // In the first moments the truck still answers to the operator: what was turned too far then is not the stop's doing.
        let answers = self.seconds > scenario.rig.response.steer_dead_time.as_secs_f64() + SETTLING_S;
        let sideways = answers && ride.sideways_mps2().abs() > known.safe_lateral_mps2 * ROUNDING;
        self.over_limit |= now.decel_mps2 > known.safe_decel_mps2 * ROUNDING || sideways;
    }
}

/// A stop that is not over by then is none (safety.md 3.2 allows 8 s; the rest is for controllers that break that rule).
const LONGEST_S: f64 = 15.0;
/// Until the wheel has turned back from what the operator did.
const SETTLING_S: f64 = 0.3;
const ROUNDING: f64 = 1.02;
