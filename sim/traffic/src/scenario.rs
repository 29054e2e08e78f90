//! What happens on a site, and what came of it.

use crate::oracle::Seen;
use std::time::Duration;

/// What happens on the site.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scenario {
    /// Everything is drawn from it.
    pub seed: u64,
    /// How many vehicles there are.
    pub vehicles: usize,
    /// How many people there are at desks.
    pub operators: usize,
    /// How long.
    pub span: Duration,
    /// Vehicles stand for 2 to 8 steps with a chance of 0.003 a node, as in the benchmark of the League of Robot Runners.
    pub delays: bool,
    /// Messages are late and lost.
    pub bad_network: bool,
    /// How often a vehicle under way needs a person.
    pub trouble_per_hour: f64,
    /// How often the gateway dies and comes back.
    pub restarts_per_hour: f64,
    /// One vehicle stops after 5 minutes and nobody comes.
    pub one_dead: bool,
}

impl Scenario {
    /// Row 23: everything goes wrong at its usual rate.
    #[must_use]
    pub fn usual(seed: u64, vehicles: usize, span: Duration) -> Self {
        Self {
            seed,
            vehicles,
            operators: 2,
            span,
            delays: true,
            bad_network: true,
            trouble_per_hour: 2.0,
            restarts_per_hour: 2.0,
            one_dead: false,
        }
    }

    /// Vehicles and a good network, and nothing that goes wrong.
    #[must_use]
    pub fn calm(seed: u64, vehicles: usize, span: Duration) -> Self {
        Self {
            delays: false,
            bad_network: false,
            trouble_per_hour: 0.0,
            restarts_per_hour: 0.0,
            ..Self::usual(seed, vehicles, span)
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Goals at which work was done.
    pub tasks: u64,
    /// What the oracle saw.
    pub seen: Seen,
    /// From each call for help to a person in control.
    pub to_control: Vec<Duration>,
    /// How long people were busy, each and together.
    pub helping: Duration,
    /// Restarts of the gateway.
    pub restarts: u64,
    /// Nodes held that the restarted gateway had to learn from a vehicle.
    pub adopted: u64,
}
