use super::*;
use crate::model::tests_support::model;
use crate::situation::tests_support::quiet;
use crate::situation::to_milli;

fn at(x_mm: i64, y_mm: i64, heading_mrad: i64) -> OdometryPose {
    OdometryPose { x_um: 1000 * x_mm, y_um: 1000 * y_mm, heading_urad: 1000 * heading_mrad }
}

/// To the micrometre.
fn finely(x: f64, y: f64, heading: f64) -> OdometryPose {
    let micro = |value: f64| i64::from(to_milli(1000.0 * value));
    OdometryPose { x_um: micro(x), y_um: micro(y), heading_urad: micro(heading) }
}

fn corners(places: impl IntoIterator<Item = (i32, i32)>) -> Vec<PlacePoint> {
    places.into_iter().map(|(x_mm, y_mm)| PlacePoint { x_mm, y_mm }).collect()
}

/// The way of a situation, in the odometry frame.
fn laid(mut way: Way, situation: &Situation<'_>, forward: bool) -> Way {
    let anchor = OdometryPose::default();
    way.lay(&model(""), anchor, &anchor.sees(situation.pose), situation, forward);
    way
}

/// The way along a plan, with the vehicle at its first corner.
fn planned(places: &[(i32, i32)]) -> Way {
    let first = places.first().copied().unwrap_or_default();
    let pose = at(i64::from(first.0), i64::from(first.1), 0);
    laid(Way::new(), &Situation { pose, way: &corners(places.iter().copied()), ..quiet() }, true)
}

/// The way of a vehicle that came through these places and is at `pose` now, its wheel straight.
fn driven_on(trail: impl IntoIterator<Item = OdometryPose>, pose: OdometryPose, forward: bool) -> Way {
    let mut way = Way::new();
    for place in trail {
        way.note(place, forward);
    }
    laid(way, &Situation { pose, ..quiet() }, forward)
}

fn points(way: &Way) -> &[(f64, f64)] {
    &way.points[..way.count]
}

/// Direction of the last piece, against the x axis or, backwards, its other end.
fn last_direction(way: &Way, sign: f64) -> f64 {
    let (one, two) = (points(way)[way.count - 2], points(way)[way.count - 1]);
    (two.1 - one.1).atan2(sign * (two.0 - one.0))
}

fn same(one: (f64, f64), two: (f64, f64), most: f64) -> bool {
    (one.0 - two.0).abs() < most && (one.1 - two.1).abs() < most
}

#[test]
fn a_trail_keeps_the_last_twenty_places_a_step_apart() {
    let mut trail = Way::new().trail;
    // Every 5 cm from 5 m on: every second place is a step from the one before.
    for step in 0..=50 {
        trail.note(at(5000 + 50 * step, 0, 0), true);
        assert!(trail.first < TRAIL && trail.count <= TRAIL, "the ring is not left");
    }
    let kept: Vec<_> = trail.iter().map(|place| place.x_um / 1000).collect();
    assert_eq!(kept, (56..=75).map(|tenth| 100 * tenth).collect::<Vec<_>>());
    assert_eq!(trail.newest(), Some(at(7500, 0, 0)));
    trail.note(at(7500, 99, 0), true);
    assert_eq!(trail.newest(), Some(at(7500, 0, 0)), "99 mm are no step");
}

#[test]
fn a_change_of_direction_begins_a_new_trail() {
    let mut trail = Way::new().trail;
    let places = |trail: &Trail| trail.iter().map(|place| place.x_um / 1000).collect::<Vec<_>>();
    assert_eq!(trail.newest(), None);
    for x in [3000, 3100, 3200] {
        trail.note(at(x, 0, 0), true);
    }
    assert_eq!(places(&trail), [3000, 3100, 3200]);
    for x in [3250, 3150, 3050] {
        trail.note(at(x, 0, 0), false);
    }
    assert_eq!(places(&trail), [3250, 3150, 3050]);
    trail.note(at(3060, 0, 0), true);
    assert_eq!(places(&trail), [3060]);
}

#[test]
fn a_plan_is_followed_from_the_point_nearest_to_the_vehicle_on() {
    // In the frame of the anchor the vehicle is at (2, 1).
    let (anchor, pose) = (at(1000, 1000, 0), at(3000, 2000, 0));
    let lay = |plan: &[PlacePoint]| {
        let mut way = Way::new();
        way.lay(&model(""), anchor, &anchor.sees(pose), &Situation { pose, way: plan, ..quiet() }, true);
        assert!(!way.extrapolated());
        way
    };
    let lengthwise = lay(&corners((0..=16).map(|step| (-2000 + 500 * step, 2000))));
    assert_eq!(points(&lengthwise), [(2.0, 1.0), (2.5, 1.0), (3.0, 1.0), (3.5, 1.0), (4.0, 1.0), (4.5, 1.0), (5.0, 1.0)]);
    let across = lay(&corners((0..=16).map(|step| (3000, -2000 + 500 * step))));
    assert_eq!(points(&across)[..2], [(2.0, 1.0), (2.0, 1.5)]);
    assert_eq!(across.count, 9);
}

#[test]
fn points_of_a_plan_closer_than_a_quarter_metre_are_left_out_and_so_is_what_is_too_far() {
    let along_x = planned(&[(5000, 0), (5100, 0), (5200, 0), (5250, 0), (5300, 0), (5600, 0)]);
    assert_eq!(points(&along_x), [(5.0, 0.0), (5.25, 0.0), (5.6, 0.0)]);
    let along_y = planned(&[(0, 5000), (0, 5100), (0, 5200), (0, 5250), (0, 5300), (0, 5600)]);
    assert_eq!(points(&along_y), [(0.0, 5.0), (0.0, 5.25), (0.0, 5.6)]);
    let long: Vec<_> = (0..50).map(|step| (250 * step, 0)).collect();
    assert_eq!(points(&planned(&long)).last(), Some(&(8.75, 0.0)), "9 m and no more");
}

#[test]
fn one_point_is_no_plan_but_two_are() {
    for (plan, extrapolated) in [(vec![], true), (vec![(0, 0)], true), (vec![(0, 0), (500, 300)], false)] {
        let way = planned(&plan);
        assert_eq!(way.extrapolated(), extrapolated, "{plan:?}");
        assert_eq!(way.count, if extrapolated { POINTS } else { 2 });
    }
    let three = planned(&[(0, 0), (500, 300), (900, 300)]);
    assert_eq!((three.extrapolated(), three.count), (false, 3));
    assert!(Way::new().extrapolated());
}

#[test]
fn without_a_trail_the_wheel_says_how_the_way_bends_and_the_bend_is_gone_after_three_metres() {
    let (pose, curvature) = (at(1000, 2000, 300), 0.28_f64.tan() / 1.4);
    let mut turned = [0.0; 2];
    for (turned, forward) in turned.iter_mut().zip([true, false]) {
        let way = laid(Way::new(), &Situation { pose, steering_mrad: 280, ..quiet() }, forward);
        assert_eq!(way.count, 36);
        let vehicle = Pose::new(1.0, 2.0, 0.3);
        let seen: Vec<_> = points(&way).iter().map(|point| vehicle.inside(point.0, point.1)).collect();
        assert!(same(seen[0], (0.0, 0.0), 1e-12));
        for pair in seen.windows(2) {
            assert!((length(pair[1].0 - pair[0].0, pair[1].1 - pair[0].1) - 0.25).abs() < 1e-4, "{pair:?}");
        }
        // On the circle: sideways by half of the curvature times the square of the way.
        assert!((seen[1].1 - 0.5 * curvature * 0.0625).abs() < 1e-4, "{:?}", seen[1]);
        assert_eq!(seen[1].0 > 0.0, forward);
        let direction = |from: usize| {
            let (dx, dy) = (seen[from + 1].0 - seen[from].0, seen[from + 1].1 - seen[from].1);
            dy.atan2(dx.abs())
        };
        // Twelve pieces that bend by 12/12, 11/12, ... 1/12 of the curvature make 6.5 of the whole; then it goes straight on.
        for piece in [12, 20, 34] {
            let found = direction(piece);
            assert!((found - 0.25 * 6.5 * curvature).abs() < 1e-9, "piece {piece}: {found}");
        }
        assert!(direction(10) < direction(12) - 1e-3, "not before");
        *turned = seen[35].1;
    }
    assert!((turned[0] - turned[1]).abs() < 1e-9, "backwards the way bends to the same side");
}

#[test]
fn the_driven_way_goes_on_beside_a_vehicle_that_was_steered_off_it() {
    for (forward, sign) in [(true, 1.0), (false, -1.0)] {
        let back = if forward { 1 } else { -1 };
        let way = driven_on((0..=10).map(|step| at(back * 100 * step, 0, 0)), at(back * 1300, 400, 0), forward);
        // From the last place to the vehicle it is half a metre: so far on the trail has gone, straight.
        assert!(same(points(&way)[0], (sign * 1.5, 0.0), 1e-9), "{:?}", points(&way)[0]);
        assert!(same(points(&way)[35], (sign * 10.25, 0.0), 1e-9), "{:?}", points(&way)[35]);
        assert!(way.extrapolated());
    }
}

#[test]
fn the_bend_of_the_driven_way_is_its_whole_turn_over_its_whole_length() {
    for (forward, sign) in [(true, 1.0), (false, -1.0)] {
        let back = if forward { 1 } else { -1 };
        // A metre straight, then a turn of 0.15 rad in half a metre: 0.1 per metre over all of it.
        let way = driven_on((0..=10).map(|step| at(back * 100 * step, 0, 0)), at(back * 1500, 0, back * 150), forward);
        // Each place, driven on by 0.5 to 1.5 m with that bend, ends at about (1.5, 0.05 l^2), turned by 0.1 l; the mean of l is
        // 1, that of its square 1.1, of its third power 1.3, of its fourth 1.618.
        let start = (sign * (1.5 - 0.01 / 6.0 * 1.3), 0.05 * 1.1 - 0.001 / 24.0 * 1.618);
        assert!(same(points(&way)[0], start, 1e-5), "{:?} is not {start:?}", points(&way)[0]);
        let direction = last_direction(&way, sign);
        assert!((direction - (0.1 + 0.1 * 0.25 * 6.5)).abs() < 1e-6, "{direction}");
    }
}

#[test]
fn a_circle_is_driven_on_whatever_the_wheel_does_just_now() {
    let on = |step: i32| {
        let angle = 0.03 * f64::from(step);
        finely(4.0 * angle.sin(), 4.0 * (1.0 - angle.cos()), angle)
    };
    let way = driven_on((0..12).map(on), on(12), true);
    let here = (4.0 * 0.36_f64.sin(), 4.0 * (1.0 - 0.36_f64.cos()));
    assert!(same(points(&way)[0], here, 1e-4), "{:?}", points(&way)[0]);
    let direction = last_direction(&way, 1.0);
    assert!((direction - (0.36 + 0.25 * 0.25 * 6.5)).abs() < 1e-4, "{direction}");
    assert_eq!(way.count, POINTS);
}

#[test]
fn a_short_trail_says_nothing() {
    let short = driven_on((0..=3).map(|step| at(100 * step, 0, 0)), at(300, 200, 0), true);
    assert_eq!(points(&short)[0], (0.3, 0.2), "30 cm: from the vehicle on");
    let long = driven_on((0..=3).map(|step| at(150 * step, 0, 0)), at(450, 200, 0), true);
    assert!(same(points(&long)[0], (0.65, 0.0), 1e-9), "45 cm: from the trail on: {:?}", points(&long)[0]);
}

#[test]
fn the_pursuit_aims_farther_ahead_the_faster_it_goes() {
    let plan: Vec<_> = (0..36).map(|step| (250 * step, 0)).collect();
    let (way, model) = (planned(&plan), model(""));
    for (speed, aim, place) in [(0.0, 0.75, 3), (2.0, 1.75, 7), (-2.0, 1.75, 7), (4.0, 3.0, 12)] {
        for (y, heading) in [(-0.5, 0.0), (0.5, 0.0), (-0.5, 0.2)] {
            let mut from = 0;
            let pose = Pose::new(0.0, y, heading);
            let wheel = way.pursue(&model, &pose, speed, &mut from);
            assert_eq!(from, place, "at {speed} m/s the aim is the first point {} m off", 0.8 + 0.5 * f64::abs(speed));
            // The circle through the vehicle, along its heading, and through the aim.
            let left = -heading.sin() * aim - heading.cos() * y;
            let curvature = 2.0 * left / (aim * aim + y * y);
            assert!((wheel - (curvature * 1.4).atan()).abs() < 1e-12, "{speed} {y}: {wheel}");
        }
    }
}

#[test]
fn at_the_end_of_the_way_the_pursuit_aims_at_its_last_point() {
    let (way, model) = (planned(&[(1000, 0), (1500, 0), (2000, 0)]), model(""));
    let mut from = 0;
    let pose = Pose::new(1.4, -0.3, 0.0);
    for _ in 0..2 {
        let wheel = way.pursue(&model, &pose, 0.0, &mut from);
        assert!((wheel - (2.0 * 0.3 / 0.45 * 1.4_f64).atan()).abs() < 1e-9, "{wheel}");
        assert_eq!(from, 3);
    }
    assert_eq!(Way::new().pursue(&model, &pose, 0.0, &mut 0), 0.0, "without a way the wheel is straight");
}

#[test]
fn nearer_than_20_cm_the_pursuit_aims_at_nothing() {
    let (way, model) = (planned(&[(1000, 0), (1500, 0), (2000, 0)]), model(""));
    let wheel = |y: f64| way.pursue(&model, &Pose::new(2.0, -y, 0.0), 0.0, &mut 2);
    assert_eq!([0.2, 0.25, -0.2].map(wheel), [1.3, 1.3, -1.3], "abreast of the aim the wheel is turned fully");
    assert_eq!([0.199, -0.199, 0.0].map(wheel), [0.0; 3]);
}

#[test]
fn six_points_lie_sixty_centimetres_apart_along_the_way_round_its_corner() {
    let vehicle = Pose::new(2.0, 1.0, std::f64::consts::FRAC_PI_2);
    let corner = planned(&[(2000, 1000), (3000, 1000), (3000, 5000)]).six_points(&vehicle);
    for (found, expected) in corner.iter().zip([(0.0, -0.6), (0.2, -1.0), (0.8, -1.0), (1.4, -1.0), (2.0, -1.0), (2.6, -1.0)]) {
        assert!(same(*found, expected, 1e-9), "{corner:?}");
    }
    let short = planned(&[(2000, 1000), (3000, 1000)]).six_points(&vehicle);
    assert!(same(short[0], (0.0, -0.6), 1e-9), "{short:?}");
    assert!(short[1..].iter().all(|found| same(*found, (0.0, -1.0), 1e-9)), "then its end: {short:?}");
    assert_eq!(Way::new().six_points(&vehicle), [(0.0, 0.0); 6], "without a way the vehicle itself");
}

#[test]
fn an_angle_between_two_headings_takes_the_short_way_round() {
    let between = |from: f64, to: f64| angle_between(&Pose::new(1.0, 2.0, from), &Pose::new(-3.0, 0.5, to));
    let full = 2.0 * std::f64::consts::PI;
    for (from, to, turn) in [(0.3, 1.1, 0.8), (1.1, 0.3, -0.8), (3.0, -3.0, full - 6.0), (-3.0, 3.0, 6.0 - full), (0.4, 2.9, 2.5)]
    {
        assert!((between(from, to) - turn).abs() < 1e-12, "{from} to {to}");
    }
}

#[test]
fn a_place_is_driven_on_along_an_arc() {
    let end = driven(Pose::ORIGIN, 1.0, 0.5);
    assert!(
        same((end.x, end.y), (2.0 * 0.5_f64.sin(), 2.0 * (1.0 - 0.5_f64.cos())), 1e-6) && (end.sin - 0.5_f64.sin()).abs() < 1e-9
    );
    let back = driven(end, -1.0, 0.5);
    assert!(same((back.x, back.y), (0.0, 0.0), 1e-9));
}
