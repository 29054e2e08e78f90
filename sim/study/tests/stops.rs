//! The study as a whole: equal seeds, the yardstick where the answer is known, and what no stop may do.

use farhand_study::{
    Controller, Family, NAMES, Oracle, Outcome, Path, Record, Ride, RunHash, Runner, Scenario, Scene, Set, named,
};
use farhand_study::{picture, scenario_seed};
use farhand_world::{Drive, Ground, Solid, SolidKind};

#[test]
fn equal_seeds_have_equal_outcomes_and_others_have_not() {
    let family = Set::Tune.family().expect("reads");
    let of_run = |seed: u64| {
        let mut hash = RunHash::default();
        for outcome in outcomes(&family, seed, 12).iter().flatten() {
            hash.take(&Record::from(outcome));
        }
        hash.shown()
    };
    let first = of_run(1);
    assert_eq!(first, of_run(1));
    assert_ne!(first, of_run(2));
}

#[test]
fn the_yardstick_finds_the_way_past_a_corner_that_braking_straight_hits() {
    let mut scenario = on_a_bare_floor();
    let (ride, _) = scenario.driven();
    let (begin, end) = (ride.latest().travelled_m, braked(&scenario, &ride));
    let corner = end.latest().place.point(scenario.rig.known.ahead_m(), -scenario.rig.known.width_m() / 2.0);
    let near = corner.0 - 0.15 * (end.latest().travelled_m - begin);
    put(&mut scenario, (near, corner.1 - 3.0), (near + 3.0, corner.1 + 0.04));
    assert!(braked(&scenario, &ride).contact().is_some(), "braking straight must hit the corner");
    let stop = Oracle::new(&scenario).stop(&ride);
    assert!(stop.is_some(), "steering a little to the left passes it");
}

#[test]
fn the_yardstick_finds_nothing_where_there_is_no_room_to_stop() {
    let mut scenario = on_a_bare_floor();
    let (ride, _) = scenario.driven();
    assert!(Oracle::new(&scenario).finds_a_stop(&ride), "an empty floor is free");
    let stop_m = braked(&scenario, &ride).latest().travelled_m - ride.latest().travelled_m;
    let near = ride.latest().place.x_m + scenario.rig.known.ahead_m() + 0.4 * stop_m;
    put(&mut scenario, (near, -30.0), (near + 1.0, 30.0));
    assert!(!Oracle::new(&scenario).finds_a_stop(&ride));
}

#[test]
fn what_one_controller_avoided_the_yardstick_calls_avoidable_for_the_others() {
    let family = Set::Tune.family().expect("reads");
    let (mut shown, mut agreed) = (0, 0);
    for one in outcomes(&family, 3, 250) {
        // The simple controllers share their drive up to the loss: one that stops free shows that a free stop exists.
        let free = one.iter().any(|outcome| outcome.contact.is_none() && outcome.stop_m < 6.0 && outcome.stop_s < 8.0);
        for outcome in one.iter().filter(|outcome| outcome.contact.is_some() && free) {
            shown += 1;
            agreed += u32::from(outcome.avoidable);
        }
    }
    assert!(shown >= 5, "only {shown} cases: too few to tell");
    assert!(agreed * 10 >= shown * 9, "the yardstick misses stops that were driven: {agreed} of {shown}");
}

#[test]
fn load_safe_stops_stay_within_the_load_and_never_get_faster() {
    let family = Set::HeldOut.family().expect("reads");
    for one in outcomes(&family, 5, 60) {
        for outcome in one {
            assert!(!outcome.speed_increase && !outcome.unfinished, "{outcome:?}");
        }
    }
}

#[test]
fn a_picture_shows_the_outcome_in_words() {
    let family = Set::Tune.family().expect("reads");
    let scenario = Scenario::draw(&family, scenario_seed(Some(Set::Tune), 1, 0)).expect("drivable");
    let mut controller = named("pursuit").expect("known");
    let drawn = picture(&scenario, &Runner::new(&scenario).run(controller.as_mut()), "racks & <aisles>; pursuit");
    assert!(drawn.starts_with("<svg") && drawn.ends_with("</svg>\n"));
    assert!(drawn.contains("racks &amp; &lt;aisles>"));
    assert!(drawn.contains("lost at") && drawn.contains("from the loss"));
}

/// The outcome of each simple controller in so many scenarios.
fn outcomes(family: &Family, seed: u64, count: u64) -> Vec<Vec<Outcome>> {
    let mut controllers: Vec<Box<dyn Controller>> = SIMPLE.iter().map(|name| named(name).expect("known")).collect();
    let mut run = |number: u64| {
        let scenario = Scenario::draw(family, scenario_seed(None, seed, number)).expect("drivable");
        let mut runner = Runner::new(&scenario);
        controllers.iter_mut().map(|controller| runner.run(controller.as_mut()).outcome).collect()
    };
    assert!(SIMPLE.iter().all(|name| NAMES.contains(name)));
    (0..count).map(&mut run).collect()
}

const SIMPLE: [&str; 3] = ["frozen", "straight", "pursuit"];

/// A truck that goes east at some speed, with nothing and nobody about.
fn on_a_bare_floor() -> Scenario {
    let family = Set::Tune.family().expect("reads");
    let scene =
        || Scene { ground: Ground::new(walls()), zones: Vec::new(), path: Path::rounded(&[(0.0, 0.0), (40.0, 0.0)], 2.0) };
    let drawn = (0..200).map(|seed| Scenario::draw_on(&family, seed, |_, _| Ok(scene())).expect("drivable"));
    let mut scenario = drawn
        .into_iter()
        .find(|scenario| {
            let (ride, last) = scenario.driven();
            scenario.ground.solids().len() == 4 && ride.latest().speed_mps > 1.6 && last.steering_rad.abs() < 0.05
        })
        .expect("some are fast and straight");
    scenario.people.clear();
    scenario
}

fn walls() -> Vec<Solid> {
    let wall = |low, high| Solid::new(low, high, SolidKind::Wall);
    vec![
        wall((-40.0, -41.0), (90.0, -40.0)),
        wall((-40.0, 40.0), (90.0, 41.0)),
        wall((-41.0, -41.0), (-40.0, 41.0)),
        wall((90.0, -41.0), (91.0, 41.0)),
    ]
}

fn put(scenario: &mut Scenario, low: (f64, f64), high: (f64, f64)) {
    let rack = Solid::new(low, high, SolidKind::Rack);
    scenario.ground = Ground::new(walls().into_iter().chain([rack]).collect());
}

/// The end of a stop with the wheel straight and full load-safe braking.
fn braked(scenario: &Scenario, ride: &Ride) -> Ride {
    let mut ride = ride.clone();
    while !ride.stands() {
        ride.tick(scenario, Drive { brake_mps2: scenario.rig.known.safe_decel_mps2, ..Drive::default() });
    }
    ride
}
