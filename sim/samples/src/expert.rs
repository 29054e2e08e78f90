//! The expert in the study: knows the floor, the people and the truck as they are, and drives the cheapest stop of the library.

use crate::costs::{Costs, Weights};
use crate::manoeuvre::Stop;
use farhand_senses::SCORES;
use farhand_study::{Brake, Controller, Sight};
use std::time::Duration;

/// No vehicle can have what it knows: it says what the library of stops can give at best, by the costs that a policy learns from.
#[derive(Debug, Default)]
pub struct Expert {
    stop: Option<Stop>,
}

impl Expert {
    /// Its word on the command line.
    pub const NAME: &str = "expert";
}

impl Controller for Expert {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn begin(&mut self, _sight: &mut Sight<'_>) {
        self.stop = None;
    }

    fn stop(&mut self, sight: &mut Sight<'_>) -> Brake {
        let known = sight.vehicle();
        let mut stop = self.stop.unwrap_or_else(|| {
            let (scenario, ride) = sight.truth();
            Stop::new(cheapest(&Costs::new(scenario, Weights::WHOLE).all(ride, Duration::ZERO)), known)
        });
        let drive = stop.drive(known, sight.corridor(), &sight.reckoned(), sight.speed_mps());
        self.stop = Some(stop);
        Brake { decel_mps2: drive.brake_mps2, steering_rad: drive.steering_rad }
    }
}

/// The first of the cheapest.
pub(crate) fn cheapest(costs: &[f32; SCORES]) -> usize {
    (0..SCORES).min_by(|&one, &two| costs[one].total_cmp(&costs[two])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use farhand_study::{Family, Frozen, Runner, Scenario, Set, scenario_seed};

    #[test]
    fn the_first_of_the_cheapest_is_driven() {
        let mut costs = [1.0; SCORES];
        (costs[4], costs[9]) = (0.5, 0.5);
        assert_eq!(cheapest(&costs), 4);
    }

    #[test]
    fn it_touches_less_than_a_frozen_wheel_and_breaks_no_limit() {
        let family: Family = Set::Tune.family().expect("reads");
        let (mut expert, mut frozen) = (0, 0);
        for scenario in (0..200).filter_map(|number| Scenario::draw(&family, scenario_seed(Some(Set::Tune), 5, number)).ok()) {
            let mut runner = Runner::new(&scenario);
            let best = runner.run(&mut Expert::default()).outcome;
            assert!(!best.speed_increase && !best.unfinished, "{scenario:?}");
            expert += u32::from(best.contact.is_some());
            frozen += u32::from(runner.run(&mut Frozen::default()).outcome.contact.is_some());
        }
        assert!(expert < frozen, "expert {expert}, frozen {frozen}");
    }
}
