//! Short runs of the whole: what must hold always, and what the oracle and the yardstick are worth.

use farhand_traffic::{Effort, Layout, Part, Scenario, Ways, World, criteria, ideal_tasks, picture, usual_run};
use std::time::Duration;

const TEN_MINUTES: Duration = Duration::from_mins(10);

#[test]
fn nothing_is_touched_stuck_or_lost_on_a_few_sites() {
    let effort = Effort { first_seed: 1, seeds: 6, fewest: 8, most: 50, span: TEN_MINUTES };
    let findings = criteria(&effort, &[Part::Sites], &mut |_, _| {}).expect("sites can be made");
    assert_eq!(findings.len(), 5);
    for finding in findings {
        assert!(finding.holds, "{}: {}", finding.criterion, finding.figure);
    }
}

#[test]
fn other_seeds_are_other_runs() {
    let hash = |seed| usual_run(seed, 8, TEN_MINUTES).expect("runs").seen.hash;
    assert_ne!(hash(1), hash(2));
}

#[test]
fn a_gateway_that_dies_every_minute_loses_no_grant() {
    let scenario = Scenario { restarts_per_hour: 60.0, ..Scenario::usual(7, 20, TEN_MINUTES) };
    let outcome = World::new(Layout::generated(7, 20).expect("is a site"), scenario).expect("has room").run().expect("runs");
    assert!(outcome.restarts >= 3, "{outcome:?}");
    assert_eq!((outcome.seen.lost_grants, outcome.adopted, outcome.seen.overlaps), (0, 0, 0));
    assert!(outcome.tasks > 20, "work goes on: {outcome:?}");
}

#[test]
fn every_vehicle_in_trouble_meets_a_person() {
    let scenario = Scenario { trouble_per_hour: 12.0, ..Scenario::usual(3, 8, TEN_MINUTES) };
    let outcome = World::new(Layout::generated(3, 8).expect("is a site"), scenario).expect("has room").run().expect("runs");
    assert!(outcome.to_control.len() >= 5, "{outcome:?}");
    assert_eq!((outcome.seen.overlaps, outcome.seen.intrusions, outcome.seen.deadlocks), (0, 0, 0));
}

#[test]
fn points_without_mass_do_more_than_vehicles_and_one_alone_nearly_as_much() {
    let layout = Layout::warehouse(Ways::Both).expect("the map is a site");
    let hour = Duration::from_hours(1);
    let ideal = ideal_tasks(&layout, 1, 1, hour).expect("has goals");
    let ours = World::new(layout, Scenario::calm(1, 1, hour)).expect("has room").run().expect("runs").tasks;
    assert!(ours < ideal && ours * 100 >= ideal * 85, "{ours} of {ideal}");
}

#[test]
fn a_site_can_be_drawn() {
    let drawn = picture(1, 8, Duration::from_mins(1)).expect("can be drawn");
    assert!(drawn.starts_with("<svg") && drawn.trim_end().ends_with("</svg>"));
    assert!(drawn.contains("site 1, 8 vehicles"));
}
