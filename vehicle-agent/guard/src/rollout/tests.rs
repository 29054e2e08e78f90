use super::*;
use crate::geometry::length;

#[test]
fn commands_on_their_way_come_out_in_order_after_the_dead_time() {
    let mut pending = Pending::new(0.03, |ahead| 100.0 * ahead);
    assert_eq!([0, 1, 2, 3].map(|steps| pending.ahead(steps)), [Some(0.0), Some(1.0), Some(2.0), None]);
    assert_eq!(pending.pass(7.0), 0.0);
    assert_eq!([0, 1, 2, 3].map(|steps| pending.ahead(steps)), [Some(1.0), Some(2.0), Some(7.0), None]);
    assert_eq!([8.0, 9.0, 10.0, 11.0].map(|command| pending.pass(command)), [1.0, 2.0, 7.0, 8.0]);
    assert_eq!([0, 1, 2, 3].map(|steps| pending.ahead(steps)), [Some(9.0), Some(10.0), Some(11.0), None]);
}

#[test]
fn without_a_dead_time_a_command_takes_effect_at_once() {
    let mut pending = Pending::new(0.0, |_| 5.0);
    assert_eq!((pending.ahead(0), pending.pass(7.0), pending.pass(8.0)), (None, 7.0, 8.0));
}

#[test]
fn a_measured_vehicle_has_the_commands_of_the_history_on_their_way() {
    let model = model(LATE);
    let mut history = History::new();
    let start = Pose::new(1.0, 2.0, 0.5);
    let at = |millis: u64| MonoTime(1_000_000 + millis * 1000);
    let unheard = Vehicle::measured(&model, &history, at(0), (&start, -0.7, 1.4));
    assert_eq!((unheard.pose, unheard.rolling), (start, Rolling { speed: -0.7, decel: 0.0 }));
    assert_eq!((unheard.steering, unheard.seconds, unheard.travelled), (1.3, 0.0, 0.0), "no further than the wheel goes");
    assert_eq!([0, 2, 3].map(|steps| unheard.wheel.ahead(steps)), [Some(1.3), Some(1.3), None], "it stays where it is");
    assert_eq!([0, 4, 5].map(|steps| unheard.brake.ahead(steps)), [Some(0.0), Some(0.0), None]);

    history.note(&model, at(0), &Command::default(), at(0));
    let told = Command { steering_mrad: 200, brake_mm_s2: 1600, ..Command::default() };
    history.note(&model, at(60), &told, at(20));
    let vehicle = Vehicle::measured(&model, &history, at(60), (&start, 1.0, 0.1));
    assert_eq!(vehicle.wheel.ahead(0), Some(0.2), "told 40 ms ago, more than the dead time");
    assert_eq!([0, 1, 4].map(|steps| vehicle.brake.ahead(steps)), [Some(0.0), Some(1.6), Some(1.6)], "told 40 ms ago, due in 10");
    history.note(&model, at(90), &told, at(20));
    assert_eq!(Vehicle::measured(&model, &history, at(90), (&start, 1.0, 0.1)).rolling.decel, history.decel());
    close(history.decel(), 0.24, "three steps of jerk, from 70 ms on");
}

#[test]
fn a_step_says_how_far_it_went_and_how_it_turned() {
    let model = model(AT_ONCE);
    let brake = Command { brake_mm_s2: 1600, steering_mrad: 400, ..Command::default() };
    let bend = 0.5 * (0.224_f64.tan() - 0.2_f64.tan());
    // Rolling alone brakes harder until the brake has built up: 0.25 m/s2 for three steps.
    let ways = [0.009_987_5, 0.009_962_5, 0.009_937_5];
    let turn: f64 = ways.iter().zip([0.204_f64, 0.212, 0.22]).map(|(way, angle)| way * angle.tan() / 2.0).sum();
    for sign in [1.0, -1.0] {
        let mut vehicle = vehicle(&model, sign, 0.2);
        let track = held(&model, WIDE, &mut vehicle, &brake, 3).expect("within wide bounds");
        let [step]: [Step; 1] = track.steps().try_into().expect("one step");
        close(step.ds, sign * 0.029_887_5, "way");
        close(step.dtheta, sign * turn, "turn");
        close(step.bend, bend, "bend");
        close(step.speed, 1.0, "highest speed");
        close(step.steering, 0.224, "wheel at the end");
        close(step.seconds, 0.03, "time at the end");
        close(step.travelled, 0.029_887_5, "both directions count up");
        assert!((step.pose.x - sign * 0.029_887_5).abs() < 1e-6, "nearly straight: {}", step.pose.x);
        close(step.pose.sin, (sign * turn).sin(), "heading");
        assert_eq!(step.pose, vehicle.pose);
        assert_eq!((step.steering, step.seconds, step.travelled), (vehicle.steering, vehicle.seconds, vehicle.travelled));
        close(vehicle.rolling.speed, sign * 0.9925, "speed");
    }
    let faster = Command { speed_mm_s: 2000, accel_mm_s2: 1000, ..Command::default() };
    let track = held(&model, WIDE, &mut vehicle(&model, 1.0, 0.0), &faster, 2).expect("within wide bounds");
    close(track.steps()[0].speed, 1.02, "the speed at its end is the highest");
    assert_eq!(track.steps()[0].bend, 0.0, "the wheel did not turn");
}

#[test]
fn a_straight_way_is_cut_in_tenths_and_a_sharp_curve_finer() {
    let model = model(AT_ONCE);
    for (steering_mrad, pieces, steps) in [(0, 6, 7), (600, 6, 7), (1300, 7, 6), (-1300, 7, 6)] {
        let steering = milli(steering_mrad);
        let steady = Command { speed_mm_s: 1600, accel_mm_s2: 1000, steering_mrad, ..Command::default() };
        let mut vehicle = vehicle(&model, 1.6, steering);
        let track = held(&model, WIDE, &mut vehicle, &steady, 42).expect("within wide bounds");
        assert_eq!(track.len(), pieces, "{steering}");
        for step in track.steps() {
            close(step.ds, 0.016 * f64::from(steps), "pieces of whole steps");
            close(step.dtheta, step.ds * steering.tan() / 2.0, "on a circle");
        }
        close(track.length(), 0.672, "42 steps of 16 mm");
        if steering != 0.0 {
            let radius = 2.0 / steering.tan();
            let turn = 0.672 / radius;
            let off = length(vehicle.pose.x - radius * turn.sin(), vehicle.pose.y - radius * (1.0 - turn.cos()));
            assert!(off < 1e-6, "{off} m off the circle");
        }
    }
}

#[test]
fn a_change_of_direction_is_the_end_of_a_step() {
    let model = model(AT_ONCE);
    let back = Command { speed_mm_s: -1000, accel_mm_s2: 1000, steering_mrad: 400, ..Command::default() };
    let track = held(&model, WIDE, &mut vehicle(&model, 0.023, 0.0), &back, 4).expect("within wide bounds");
    let [there, back]: [Step; 2] = track.steps().try_into().expect("there and back");
    // At 1 m/s2: 23, 13, 3, -7, -17 mm/s.
    close(there.ds, 0.000_26, "there");
    close(there.seconds, 0.02, "the last step forward");
    close(there.speed, 0.023, "speed there");
    close(there.dtheta, 0.5 * (0.000_18 * 0.004_f64.tan() + 0.000_08 * 0.012_f64.tan()), "turn there");
    close(back.ds, -0.000_14, "back");
    close(back.seconds, 0.04, "the end");
    close(back.travelled, 0.000_4, "both");
    close(back.speed, 0.017, "speed back");
    assert!((back.dtheta + 0.5 * (0.000_02 * 0.02_f64.tan() + 0.000_12 * 0.028_f64.tan())).abs() < 1e-12, "turn back");
    close(back.bend, 0.5 * (0.032_f64.tan() - 0.016_f64.tan()), "bend back");
}

#[test]
fn standing_still_belongs_to_the_step_before_and_alone_is_no_step() {
    let model = model(AT_ONCE);
    for sign in [1.0, -1.0] {
        let track = held(&model, WIDE, &mut vehicle(&model, sign * 0.002, 0.0), &Command::default(), 5).expect("free");
        assert_eq!(track.len(), 1);
        close(track.steps()[0].ds, sign * 0.000_01, "one step of rolling out");
        close(track.steps()[0].seconds, 0.05, "to the end of the command");
    }
    let mut standing = vehicle(&model, 0.0, 0.0);
    let track = held(&model, WIDE, &mut standing, &Command::default(), 5).expect("free");
    assert_eq!(track.len(), 0);
    close(standing.seconds, 0.05, "time goes on");
}

#[test]
fn the_sideways_limit_itself_may_be_reached() {
    let model = model(AT_ONCE);
    let curvature = model.curvature(0.785);
    let bounds = |lateral| Bounds { lateral, ..WIDE };
    for (steering_mrad, steering) in [(785, 0.785), (-785, -0.785)] {
        let steady = Command { speed_mm_s: 1000, accel_mm_s2: 1000, steering_mrad, ..Command::default() };
        let hold = |lateral| held(&model, bounds(lateral), &mut vehicle(&model, 1.0, steering), &steady, 3).map(|_| ());
        assert_eq!(hold(curvature), Ok(()));
        assert_eq!(hold(curvature - 1e-6), Err(Refusal::Lateral));
    }
    // Rolling on from 2 m/s the first step has a mean of 1.99875 m/s, and it only gets slower.
    for (speed, free) in [(1.9989, true), (1.9986, false)] {
        for sign in [1.0, -1.0] {
            let rolled = braked(&model, bounds(speed * speed * curvature), &mut vehicle(&model, sign * 2.0, 0.785), 0.0, 0.785);
            assert_eq!(rolled.map(|_| ()), if free { Ok(()) } else { Err(Refusal::Lateral) });
        }
    }
}

#[test]
fn a_drive_that_slows_the_vehicle_may_be_cut_so_the_limit_must_bear_the_speed_without_it() {
    let model = model(AT_ONCE);
    let curvature = model.curvature(0.785);
    let slower = Command { speed_mm_s: 500, accel_mm_s2: 1000, steering_mrad: 785, ..Command::default() };
    let hold = |lateral, steering, steps| {
        let mut vehicle = vehicle(&model, 2.0, steering);
        held(&model, Bounds { lateral, ..WIDE }, &mut vehicle, &slower, steps).map(|_| ())
    };
    // After one step: 1.9900 m/s with the drive, 1.9975 m/s without.
    assert_eq!(hold(1.9965 * 1.9965 * curvature, 0.785, 1), Err(Refusal::Lateral));
    assert_eq!(hold(1.9976 * 1.9976 * curvature, 0.785, 100), Ok(()));
    // After the second in which the wheel turns: 1.02 m/s with it, 1.7525 m/s without.
    assert_eq!(hold(1.750 * 1.750 * curvature, 0.0, 100), Err(Refusal::Lateral));
    assert_eq!(hold(1.755 * 1.755 * curvature, 0.0, 100), Ok(()));
}

#[test]
fn a_way_is_too_long_by_its_length_or_by_its_time() {
    let model = model(AT_ONCE);
    let steady = Command { speed_mm_s: 1600, accel_mm_s2: 1000, ..Command::default() };
    let hold = |bounds, steps| held(&model, bounds, &mut vehicle(&model, 1.6, 0.0), &steady, steps).map(|_| ());
    let short = Bounds { longest_m: 0.165, ..WIDE };
    assert_eq!(hold(short, 10), Ok(()), "16 cm");
    assert_eq!(hold(short, 11), Err(Refusal::TooLong), "17.6 cm");
    let quick = Bounds { longest_s: 0.1, ..WIDE };
    assert_eq!(hold(quick, 11), Ok(()), "one step more than a tenth");
    assert_eq!(hold(quick, 12), Err(Refusal::TooLong));
}

#[test]
fn coasting_lasts_for_the_shorter_dead_time_and_carries_out_what_was_told_before() {
    let model = model(LATE);
    let mut vehicle = vehicle(&model, 1.0, 0.0);
    vehicle.wheel = Pending::new(model.steer_dead, |ahead| ahead);
    vehicle.brake = Pending::new(model.brake_dead, |_| 1.6);
    let mut track = Track::new();
    Roller::new(&model, WIDE, &mut track).coast(&mut vehicle).expect("within wide bounds");
    close(vehicle.seconds, 0.03, "30 ms");
    close(vehicle.steering, 0.016, "0, then twice as fast as it goes towards 0.01 and 0.02");
    close(vehicle.rolling.decel, 0.24, "three steps of jerk");
    close(track.length(), 0.03 * (1.0 - 0.00375), "rolling brakes harder still");
    assert_eq!(track.len(), 1);
    let before = vehicle.seconds;
    Roller::new(&model, WIDE, &mut track).coast(&mut vehicle).expect("nothing is left");
    assert_eq!(vehicle.seconds, before);
}

#[test]
fn braking_ends_at_the_standstill_and_asks_its_law_every_other_step() {
    let model = model(AT_ONCE);
    for sign in [1.0, -1.0] {
        let mut vehicle = vehicle(&model, sign * 0.1, 0.0);
        let mut asked = 0;
        let mut track = Track::new();
        let law = |at: &Vehicle| {
            close(at.seconds, 0.02 * f64::from(asked), "when it is asked");
            asked += 1;
            0.5
        };
        Roller::new(&model, WIDE, &mut track).brake(&mut vehicle, 0.0, law).expect("within wide bounds");
        assert!(vehicle.rolling.stands());
        assert_eq!(asked, 20, "0.4 s at 0.25 m/s2");
        close(track.length(), 0.02, "half of 0.1 m/s for 0.4 s");
        close(track.steps().iter().map(|step| step.ds).sum(), sign * 0.02, "with its sign");
        close(vehicle.steering, 0.32, "0.4 s at 0.8 rad/s");
    }
}

#[test]
fn a_profile_slows_evenly_in_knots_of_a_tenth_or_a_fifth() {
    let model = model(AT_ONCE);
    for sign in [1.0, -1.0] {
        let vehicle = vehicle(&model, sign, 0.0);
        let mut profile = Profile::new();
        profile.brake(&model, WIDE, &vehicle, 0.2);
        let speed = |seconds: f64| 1.0 - 0.25 * seconds;
        let mut before = 0.0;
        let (last, others) = profile.knots.split_last().expect("some");
        for knot in others {
            let (span, step) = (knot.end - knot.begin, 0.01 * speed(knot.begin));
            let by_length = (0.1..0.1 + step).contains(&knot.ds.abs()) && span < 0.205;
            let by_time = (0.199..0.211).contains(&span) && knot.ds.abs() < 0.1 + step;
            assert!(by_length || by_time, "{knot:?}");
        }
        assert!(last.end - last.begin < 0.205, "{last:?}");
        for knot in &profile.knots {
            close(knot.begin, before, "one follows the other");
            close(knot.speed, speed(knot.begin), "the highest speed is that at its beginning");
            close(knot.mean_speed, sign * 0.5 * (speed(knot.begin) + speed(knot.end)), "the mean has a sign");
            close(knot.ds, knot.mean_speed * (knot.end - knot.begin), "way");
            before = knot.end;
        }
        close(last.end, 4.0, "1 m/s at 0.25 m/s2");
        close(profile.knots.iter().map(|knot| knot.ds).sum(), sign * 2.0, "way");
        // The first half of the way is cut by length, the end by time.
        assert!(profile.knots[0].end < 0.12 && others[others.len() - 2].end - others[others.len() - 2].begin > 0.195);
        assert_eq!(profile.refusal, None);
    }
}

#[test]
fn a_profile_is_braked_first_by_what_was_told_before() {
    let model = model(LATE);
    let mut vehicle = vehicle(&model, 1.0, 0.0);
    vehicle.brake = Pending::new(model.brake_dead, |ahead| if ahead < 0.015 { 0.0 } else { 1.6 });
    for (used, steps) in [(0, 2), (1, 1), (2, 0)] {
        vehicle.used = used;
        let mut profile = Profile::new();
        profile.brake(&model, WIDE, &vehicle, 0.8);
        // Rolling for `steps`, then the brake builds up to 1.6 m/s2 by 0.08 a step, and after what was told falls to 0.8 m/s2.
        let mut speed = 1.0 - 0.0025 * f64::from(steps);
        let mut way = 0.01 * f64::from(steps) * 0.5 * (1.0 + speed);
        for step in 1..200 {
            let decel = (0.08 * f64::from(step)).clamp(0.25, 0.8);
            let next = f64::max(speed - 0.01 * decel, 0.0);
            way += 0.005 * (speed + next);
            speed = next;
        }
        close(profile.knots.iter().map(|knot| knot.ds).sum(), way, "way");
    }
}

#[test]
fn a_profile_is_refused_beyond_its_longest_time_or_way_but_not_at_it() {
    let model = model(AT_ONCE);
    let vehicle = vehicle(&model, 0.002, 0.0);
    let refusal = |longest_s, longest_m| {
        let mut profile = Profile::new();
        profile.brake(&model, Bounds { longest_m, longest_s, ..WIDE }, &vehicle, 1.6);
        let steered = profile.steer(&model, WIDE, &vehicle, 0.0, &mut Track::new());
        assert_eq!(profile.refusal, steered.err(), "a refused profile is no way");
        profile.refusal
    };
    // It stands after one step of 10 ms: half of 2 mm/s for 10 ms.
    let way = 0.5 * 0.002 * STEP;
    assert_eq!(refusal(0.0, way), None);
    assert_eq!(refusal(-1e-6, 1.0), Some(Refusal::TooLong));
    assert_eq!(refusal(1.0, 0.999 * way), Some(Refusal::TooLong));
}

#[test]
fn a_profile_of_too_many_knots_is_too_long() {
    let model = model(AT_ONCE);
    let mut profile = Profile::new();
    profile.brake(&model, WIDE, &vehicle(&model, 2.4, 0.0), 0.0);
    assert_eq!(profile.refusal, None, "11.5 m");
    profile.brake(&model, WIDE, &vehicle(&model, 2.6, 0.0), 0.0);
    assert_eq!((profile.refusal, profile.knots.len()), (Some(Refusal::TooLong), MOST_KNOTS), "13.5 m");
}

#[test]
fn a_knot_is_cut_into_pieces_where_the_wheel_turns_far_on_its_way() {
    let model = model(AT_ONCE);
    // The wheel turns by 0.4 rad in the half second of a knot, or to its target; curvature is half of the tangent.
    for (from, target, way, pieces) in [
        (0.0, 0.0, 0.4, 1),
        (0.0, 0.9, 0.4, 6),
        (0.0, -0.9, -0.4, 6),
        (0.3, 0.5, 0.4, 3),
        (0.5, 0.3, 0.4, 4),
        (0.9, 1.3, 0.1, 4),
        (1.2, -1.2, 0.5, 8),
    ] {
        let track = steered(&model, (from, target), way);
        assert_eq!(track.len(), pieces, "{from} to {target}");
        let share = 0.5 / f64::from(u8::try_from(pieces).expect("few"));
        let angle = |elapsed: f64| from + (0.8 * elapsed).min((target - from).abs()).copysign(target - from);
        let (mut elapsed, mut pose) = (0.0, Pose::new(3.0, 4.0, 0.5));
        for step in track.steps() {
            let curvature = 0.5 * angle(elapsed + 0.5 * share).tan();
            close(step.ds, way * share / 0.5, "equal pieces");
            close(step.dtheta, step.ds * curvature, "turned by the wheel in the middle");
            close(step.bend, 0.5 * (angle(elapsed + share).tan() - angle(elapsed).tan()).abs(), "change of the curvature");
            elapsed += share;
            pose = pose.moved(step.ds, step.dtheta);
            close(step.seconds, 0.5 + elapsed, "time");
            close(step.travelled, 0.7 + way.abs() * elapsed / 0.5, "way");
            close(step.steering, angle(elapsed), "wheel");
            close(length(step.pose.x - pose.x, step.pose.y - pose.y), 0.0, "place");
            assert_eq!(step.speed, 2.5);
        }
        close(elapsed, 0.5, "the whole knot");
    }
}

#[test]
fn a_knot_without_time_is_no_step() {
    let model = model(AT_ONCE);
    let profile = Profile { knots: vec![Knot { begin: 0.5, end: 0.5, ds: 0.0, speed: 0.0, mean_speed: 0.0 }], refusal: None };
    let mut track = Track::new();
    assert_eq!(profile.steer(&model, WIDE, &vehicle(&model, 1.0, 0.0), 0.0, &mut track), Ok(()));
    assert_eq!(track.len(), 0);
}

#[test]
fn the_mean_speed_of_a_knot_may_reach_the_sideways_limit() {
    let model = model(AT_ONCE);
    for (mean_speed, steering) in [(2.0, 0.785), (-2.0, 0.785), (2.0, -0.785)] {
        let profile = Profile { knots: vec![Knot { begin: 0.0, end: 0.05, ds: 0.1, speed: 2.0, mean_speed }], refusal: None };
        let limit = 4.0 * model.curvature(0.785);
        let steer = |lateral| {
            let vehicle = vehicle(&model, 2.0, steering);
            profile.steer(&model, Bounds { lateral, ..WIDE }, &vehicle, steering, &mut Track::new())
        };
        assert_eq!(steer(limit), Ok(()));
        assert_eq!(steer(limit - 1e-6), Err(Refusal::Lateral));
    }
}

#[test]
fn the_wheel_first_does_what_was_told_before_and_never_turns_back_for_half_a_step() {
    let model = model(LATE);
    let mut vehicle = vehicle(&model, 1.0, 0.0);
    vehicle.wheel = Pending::new(model.steer_dead, |ahead| if ahead < 0.015 { 0.4 } else { -0.4 });
    let mut wheel = Wheel::new(&model, &vehicle, -0.9);
    let mut at = |seconds| {
        wheel.turn_to(seconds);
        close(wheel.curvature, 0.5 * wheel.angle.tan(), "curvature");
        wheel.angle
    };
    assert_eq!(at(0.005), 0.0, "half a step is not worth it");
    close(at(0.02), 0.016, "two steps of 0.8 rad/s to the left");
    close(at(0.026), 0.008, "the third goes right, and goes on to 0.03 s");
    close(at(0.028), 0.008, "which is over already");
    close(at(0.04), 0.0, "now to the target");
    close(at(0.0525), -0.01, "for as long as there is");
    close(at(0.0525), -0.01, "and no longer");
    close(at(9.0), -0.9, "until it is there");
}

#[test]
fn a_profile_steered_and_a_roll_out_step_by_step_end_at_the_same_place() {
    let model = model(LATE);
    for (speed, target) in [(1.5, 0.5), (1.5, -0.5), (-1.0, 0.6)] {
        let mut vehicle = vehicle(&model, speed, 0.1);
        let mut profile = Profile::new();
        profile.brake(&model, WIDE, &vehicle, 1.6);
        let mut quick = Track::new();
        profile.steer(&model, WIDE, &vehicle, target, &mut quick).expect("within wide bounds");
        let exact = braked(&model, WIDE, &mut vehicle, 1.6, target).expect("within wide bounds");
        let (one, two) = (quick.end(), exact.end());
        assert!(length(one.x - two.x, one.y - two.y) < 0.002, "{one:?} {two:?}");
        close(quick.length(), exact.length(), "length");
    }
}

/// Wheelbase 2 m, farthest point 1.3 m away, 0.8 rad/s, 8 m/s3; 0.25 m/s2 by rolling alone.
const SHAPE: &str = "[geometry]\nwheelbase_m = 2.0\nbehind_m = 1.2\nahead_m = 1.0\nwidth_m = 1.0\n\
    [load]\nfork_face_m = 0.4\nfork_width_m = 1.0\nlength_m = 0.6\nwidth_m = 0.8\n[actuators]\n";
const AT_ONCE: &str = "steer_dead_time = \"0ms\"\nbrake_dead_time = \"0ms\"";
const LATE: &str = "steer_dead_time = \"30ms\"\nbrake_dead_time = \"50ms\"";
const WIDE: Bounds = Bounds { lateral: 100.0, longest_m: 100.0, longest_s: 100.0 };

fn model(dead_times: &str) -> Model {
    crate::model::tests_support::model(&format!("{SHAPE}{dead_times}"))
}

/// At the origin, with the wheel told to stay and the brake to be off.
fn vehicle(model: &Model, speed: f64, steering: f64) -> Vehicle {
    Vehicle {
        pose: Pose::ORIGIN,
        rolling: Rolling { speed, decel: 0.0 },
        steering,
        curvature: model.curvature(steering),
        seconds: 0.0,
        travelled: 0.0,
        wheel: Pending::new(model.steer_dead, |_| steering),
        brake: Pending::new(model.brake_dead, |_| 0.0),
        used: 0,
    }
}

fn held(model: &Model, bounds: Bounds, vehicle: &mut Vehicle, command: &Command, steps: usize) -> Result<Track, Refusal> {
    let mut track = Track::new();
    track.begin(vehicle.pose);
    Roller::new(model, bounds, &mut track).hold(vehicle, command, steps)?;
    Ok(track)
}

fn braked(model: &Model, bounds: Bounds, vehicle: &mut Vehicle, decel: f64, steering: f64) -> Result<Track, Refusal> {
    let mut track = Track::new();
    track.begin(vehicle.pose);
    Roller::new(model, bounds, &mut track).brake(vehicle, decel, |_| steering)?;
    Ok(track)
}

/// One knot of this way from 0.5 s to 1.0 s, begun after 0.7 m at (3, 4).
fn steered(model: &Model, (from, target): (f64, f64), way: f64) -> Track {
    let knot = Knot { begin: 0.5, end: 1.0, ds: way, speed: 2.5, mean_speed: 2.0 * way };
    let profile = Profile { knots: vec![knot], refusal: None };
    let vehicle = Vehicle { pose: Pose::new(3.0, 4.0, 0.5), seconds: 0.5, travelled: 0.7, ..vehicle(model, 1.0, from) };
    let mut track = Track::new();
    profile.steer(model, WIDE, &vehicle, target, &mut track).expect("within wide bounds");
    track
}

#[track_caller]
fn close(value: f64, expected: f64, what: &str) {
    assert!((value - expected).abs() < 1e-9, "{what}: {value} instead of {expected}");
}
