//! The samples of one scenario: while the operator drives, and along a stop that is picked.

use crate::costs::{Costs, Weights};
use crate::manoeuvre::Stop;
use crate::senses::features;
use farhand_senses::{Features, SCORES};
use farhand_study::{Driver, Eyes, Ride, Scenario, Sight, TICK};
use std::time::Duration;

/// What the vehicle knew at one instant, and what each stop from there would cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Seed of the scenario.
    pub scenario: u64,
    /// Which instant of it.
    pub step: u32,
    /// What the model is given.
    pub features: Features,
    /// One for each manoeuvre.
    pub costs: [f32; SCORES],
}

/// Drives one scenario and labels instants of it. `pick` says which manoeuvre is driven after the loss; it sees the features
/// and the true costs, so it may be the expert or a model.
pub fn samples_of(scenario: &Scenario, mut pick: impl FnMut(&Features, &[f32; SCORES]) -> usize) -> Vec<Sample> {
    let (costs, mut eyes, mut samples) = (Costs::new(scenario, Weights::DANGER), Eyes::default(), Vec::new());
    let known = &scenario.rig.known;
    let mut label = |ride: &Ride, eyes: &mut Eyes, held: Duration, since: Duration| {
        let features = features(&mut Sight::new(scenario, ride, eyes), since).ok()?;
        let costs = costs.all(ride, held);
        let step = u32::try_from(samples.len()).unwrap_or(u32::MAX);
        samples.push(Sample { scenario: scenario.seed, step, features: features.clone(), costs });
        Some((features, costs))
    };
    let mut ride = Ride::begin(scenario, false);
    let (mut driver, mut wanted) = (Driver::begin(scenario), scenario.first_command);
    let noticed_at = scenario.loss_at.after(known.detection);
    while ride.now() < noticed_at && ride.contact().is_none() {
        if ride.now() < scenario.loss_at {
            wanted = driver.command(scenario, &ride);
            ride.heard(scenario);
            let left = scenario.loss_at.since(ride.now());
            if left <= LOOK_BEFORE && is_due(left, BETWEEN) {
                label(&ride, &mut eyes, known.detection, Duration::ZERO);
            }
        }
        ride.tick(scenario, wanted);
    }
    let Some((features, costs)) = label(&ride, &mut eyes, Duration::ZERO, Duration::ZERO).filter(|_| ride.contact().is_none())
    else {
        return samples;
    };
    let mut stop = Stop::new(pick(&features, &costs).min(SCORES - 1), known);
    while !ride.stands() && ride.contact().is_none() && ride.now().since(noticed_at) < LONGEST {
        let now = ride.latest();
        let drive = stop.drive(known, ride.corridor(), &now.reckoned, now.speed_mps);
        ride.tick(scenario, drive);
        let since = ride.now().since(noticed_at);
        if is_due(since, BETWEEN) && !ride.stands() && ride.contact().is_none() {
            label(&ride, &mut eyes, Duration::ZERO, since);
        }
    }
    samples
}

fn is_due(span: Duration, every: Duration) -> bool {
    (span.as_micros() / TICK.as_micros()).is_multiple_of(every.as_micros() / TICK.as_micros())
}

/// From when on the ride is labelled.
const LOOK_BEFORE: Duration = Duration::from_millis(1800);
/// States nearer to each other than this are nearly the same sample.
const BETWEEN: Duration = Duration::from_millis(300);
const LONGEST: Duration = Duration::from_secs(8);
