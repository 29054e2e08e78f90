//! What the guard does, one story a test.

use crate::ride::{Laws, Ride, Truck, profile};
use crate::scene::{Place, Site};
use farhand_guard::{Choice, Command, KeepClear, Manoeuvre, PlacePoint, Refusal, Rung, ScoreFault, Scores, Steering, Term};
use farhand_protocol::MonoTime;

const START: Place = Place { x: 0.0, y: 0.0, heading: 0.0 };

fn ride(site: Site, speed: f64) -> Ride {
    let profile = profile("");
    let truck = Truck::new(Laws::of(&profile), START).rolling(speed, 0.0);
    Ride::new(profile, site, truck)
}

/// Drives at a speed with the wheel straight, with scans, proposals and the gate at their own rates.
fn drive_straight(ride: &mut Ride, speed: f64, ticks: u32) -> Vec<Term> {
    let mut terms = Vec::new();
    for tick in 0..ticks {
        if tick % 4 == 0 {
            ride.look();
        }
        if tick % 10 == 0 {
            let proposal = ride.consider();
            assert!(proposal.manoeuvre.is_some(), "tick {tick}: {:?}", proposal.choice);
        }
        let wanted = ride.wanted(speed, 0.0);
        terms.push(ride.drive(&wanted).term);
    }
    terms
}

fn manoeuvre(index: usize) -> Manoeuvre {
    Manoeuvre::new(index).expect("one of the library")
}

fn corner(x: i32, y: i32) -> PlacePoint {
    PlacePoint { x_mm: x, y_mm: y }
}

#[test]
fn in_an_open_hall_every_stop_that_the_speed_allows_is_free() {
    let mut ride = ride(Site::default(), 1.0);
    let proposal = ride.consider();
    assert_eq!(proposal.accepted.count(), 36, "{proposal:?}");
    assert!((7900..=8000).contains(&proposal.free_distance_mm), "{}", proposal.free_distance_mm);
}

#[test]
fn at_speed_in_an_aisle_sharp_curves_and_long_stops_are_refused() {
    let mut ride = ride(Site::aisle(3.3), 2.5);
    let proposal = ride.consider();
    assert!(proposal.accepted.contains(manoeuvre(15)), "straight, full brake");
    assert!(proposal.accepted.contains(manoeuvre(33)), "the pursuit, full brake");
    assert!(!proposal.accepted.contains(manoeuvre(0)), "sharp right leads into the rack");
    assert!(!proposal.accepted.contains(manoeuvre(17)), "15 % of the brake take more than 6 m");
    assert_eq!(proposal.choice, Choice::Ranked(ScoreFault::Missing));
}

#[test]
fn before_a_wall_the_gate_slows_and_the_truck_comes_to_stand_before_it() {
    let mut site = Site::aisle(3.3);
    site.wall((12.0, -1.65), (12.0, 1.65));
    let mut ride = ride(site, 2.5);
    let terms = drive_straight(&mut ride, 2.5, 1500);
    assert!(terms.iter().all(|term| !matches!(term, Term::Unproved(_))));
    assert!(terms.contains(&Term::Free) && terms.iter().any(|term| matches!(term, Term::Slower(Refusal::Obstacle))));
    let left = 12.0 - 1.55 - ride.truck.place.x;
    assert!((0.10..0.25).contains(&left), "{left} m are left");
}

#[test]
fn the_free_distance_ends_at_the_wall() {
    let mut site = Site::aisle(3.3);
    site.wall((6.0, -1.65), (6.0, 1.65));
    let mut ride = ride(site, 1.0);
    let proposal = ride.consider();
    // From the nose of the truck to the wall, less 70 % of the clearance, in steps of 10 cm.
    assert!((4200..=4390).contains(&proposal.free_distance_mm), "{}", proposal.free_distance_mm);
}

#[test]
fn without_a_fresh_and_whole_scan_of_each_scanner_nothing_is_accepted() {
    let mut ride = ride(Site::aisle(3.3), 1.0);
    assert!(ride.consider().manoeuvre.is_some());
    ride.now_us += 151_000;
    ride.heard_us = ride.now_us;
    let proposal = ride.consider();
    assert_eq!((proposal.manoeuvre, proposal.choice), (None, Choice::Nothing(Refusal::ScanUnknown)));
    assert!(proposal.accepted.is_empty() && proposal.free_distance_mm == 0 && proposal.corridor.count == 0);
    let wanted = ride.wanted(1.0, 0.0);
    let allowed = ride.allow(&wanted);
    assert_eq!((allowed.max_speed_mm_s, allowed.term), (0, Term::Unproved(Refusal::ScanUnknown)));
    assert!(allowed.brake_mm_s2 > 1500);
    ride.look();
    assert!(ride.consider().manoeuvre.is_some());
    let one_scanner = ride.with_situation(|guard, now, situation| {
        let situation = farhand_guard::Situation { scans: &situation.scans[..1], ..*situation };
        guard.consider(now, &situation, None)
    });
    assert_eq!(one_scanner.choice, Choice::Nothing(Refusal::ScanUnknown), "the second scanner is missing");
}

#[test]
fn a_lost_link_is_driven_out_along_the_committed_stop() {
    let mut ride = ride(Site::aisle(3.3), 2.5);
    drive_straight(&mut ride, 2.5, 100);
    ride.guard.commit();
    while ride.truck.speed > 0.0 {
        ride.look();
        let drive = ride.stop_tick();
        assert_eq!((drive.rung, drive.speed_mm_s, drive.reason), (Rung::Committed, 0, None));
        assert!(drive.brake_mm_s2 > 0);
    }
    let standing = ride.stop_tick();
    assert!(standing.brake_mm_s2 > 1500, "the brake stays on");
}

#[test]
fn the_best_score_among_the_accepted_wins_and_bad_scores_do_not_count() {
    let mut ride = ride(Site::aisle(3.3), 2.5);
    let mut scores = [0.0_f32; 36];
    scores[0] = 9.0; // Not accepted.
    scores[16] = 5.0; // Better by more than what counts as equal. Straight, half brake: accepted.
    let mut ask = |at_us: u64, values: &[f32]| {
        let scores = Scores { at: MonoTime(at_us), values };
        ride.with_situation(|guard, now, situation| guard.consider(now, situation, Some(&scores)))
    };
    let scored = ask(9_900_000, &scores);
    assert_eq!((scored.manoeuvre, scored.choice), (Some(manoeuvre(16)), Choice::Scored));
    assert_eq!(ask(9_849_999, &scores).choice, Choice::Ranked(ScoreFault::Late));
    assert_eq!(ask(10_000_001, &scores).choice, Choice::Ranked(ScoreFault::Late), "from the future");
    assert_eq!(ask(9_850_000, &scores).choice, Choice::Scored);
    assert_eq!(ask(9_900_000, &scores[..35]).choice, Choice::Ranked(ScoreFault::Count));
    for bad in [f32::NAN, f32::INFINITY] {
        scores[20] = bad;
        assert_eq!(ask(9_900_000, &scores).choice, Choice::Ranked(ScoreFault::NotFinite));
    }
}

#[test]
fn what_the_map_does_not_explain_forbids_soft_braking_near_it() {
    let mut known = Site::aisle(6.0);
    known.block((3.0, 2.0), (3.4, 2.4), true);
    let mut unknown = Site::aisle(6.0);
    unknown.block((3.0, 2.0), (3.4, 2.4), false);
    let soft = manoeuvre(17);
    let (known, unknown) = (ride(known, 1.4).consider(), ride(unknown, 1.4).consider());
    assert!(known.accepted.contains(soft), "15 % straight past a post");
    assert!(!unknown.accepted.contains(soft), "15 % straight past a person");
    assert!(unknown.accepted.contains(manoeuvre(15)), "full brake is all that can be done");
}

#[test]
fn the_ranking_does_not_stop_in_a_crossing_if_a_little_more_way_leads_out_of_it() {
    let mut ride = ride(Site::default(), 1.5);
    let open = ride.consider();
    assert_eq!(open.manoeuvre.map(Manoeuvre::decel_percent), Some(100), "the shortest");
    // In the first its tail would come to rest, and half a metre farther it is out; in the second its nose, and its whole length
    // is farther than a crossing is worth.
    for (x_mm, decel_percent) in [(-300, 50), (2500, 100)] {
        ride.keep_clear =
            vec![KeepClear { centre: corner(x_mm, 0), heading_mrad: 1571, half_length_mm: 4000, half_width_mm: 100 }];
        let clear = ride.consider();
        assert_eq!(clear.manoeuvre.map(Manoeuvre::decel_percent), Some(decel_percent), "{x_mm}: {:?}", clear.manoeuvre);
    }
}

#[test]
fn no_stop_leaves_the_geofence() {
    let mut ride = ride(Site::default(), 1.5);
    ride.fence = vec![corner(-5000, -3000), corner(3400, -3000), corner(3400, 3000), corner(-5000, 3000)];
    let proposal = ride.consider();
    assert!(proposal.accepted.contains(manoeuvre(15)));
    assert!(!proposal.accepted.contains(manoeuvre(17)), "15 % straight ends outside");
    let wanted = ride.wanted(2.5, 0.0);
    let allowed = ride.allow(&wanted);
    assert!(matches!(allowed.term, Term::Slower(_)), "{allowed:?}");
    ride.fence = vec![corner(2000, -3000), corner(4000, -3000), corner(4000, 3000)];
    assert_eq!(ride.consider().choice, Choice::Nothing(Refusal::Fence), "the vehicle is outside");
}

#[test]
fn raising_the_forks_is_refused_where_it_would_take_the_last_stop() {
    // From far to near: first all is allowed, then only without lifting, then only slower.
    let terms: Vec<_> = (0..40)
        .map(|step| {
            let mut site = Site::aisle(2.0);
            let wall = 3.1 - 0.01 * f64::from(step);
            site.wall((wall, -1.0), (wall, 1.0));
            let mut ride = ride(site, 1.0);
            ride.truck.fork = 2.0;
            ride.look();
            let wanted = Command { lift_mm_s: 400, ..ride.wanted(1.0, 0.0) };
            let allowed = ride.allow(&wanted);
            (allowed.term == Term::Free, allowed.max_lift_mm_s > 0)
        })
        .collect();
    let mut seen = terms.clone();
    seen.dedup();
    assert_eq!(seen, [(true, true), (true, false), (false, false)], "{terms:?}");
}

#[test]
fn a_manoeuvre_of_the_pursuit_leads_back_to_the_planned_way() {
    let mut ride = ride(Site::default(), 1.5);
    ride.way = (0..20).map(|step| corner(step * 500, 600)).collect();
    let _ = ride.consider();
    let (points, extrapolated) = ride.guard.last_way();
    assert!(!extrapolated && points.iter().all(|point| (point.y_mm - 600).abs() < 5), "{points:?}");
    let mut scores = [0.0; 36];
    scores[35] = 20.0;
    let scores = Scores { at: MonoTime(ride.now_us), values: &scores };
    let proposal = ride.with_situation(|guard, now, situation| guard.consider(now, situation, Some(&scores)));
    let chosen = proposal.manoeuvre.expect("one is chosen");
    assert_eq!((chosen.steering(), chosen.decel_percent()), (Steering::Pursuit, 15));
    ride.guard.commit();
    while ride.truck.speed > 0.0 {
        ride.look();
        ride.stop_tick();
    }
    assert!((ride.truck.place.y - 0.6).abs() < 0.1, "{:?}", ride.truck.place);
}

#[test]
fn a_late_link_keeps_the_stop_that_was_shown() {
    let mut ride = ride(Site::aisle(3.3), 2.0);
    let shown = ride.consider();
    for _ in 0..10 {
        let last = ride.last;
        ride.tick(last);
    }
    ride.look();
    let late = ride.consider();
    assert_eq!((late.choice, late.corridor.id), (Choice::Shown, shown.corridor.id));
}

#[test]
fn what_steps_into_the_committed_way_makes_the_brake_harder_first() {
    let mut ride = ride(Site::aisle(6.0), 1.5);
    let mut scores = [0.0; 36];
    scores[16] = 20.0; // Straight, half brake: to 2.3 m.
    let scores = Scores { at: MonoTime(ride.now_us), values: &scores };
    let proposal = ride.with_situation(|guard, now, situation| guard.consider(now, situation, Some(&scores)));
    assert_eq!(proposal.manoeuvre, Some(manoeuvre(16)));
    ride.guard.commit();
    assert_eq!(ride.stop_tick().rung, Rung::Committed);
    ride.site.block((3.2, -0.2), (3.4, 0.2), false);
    ride.look();
    let drive = ride.stop_tick();
    assert_eq!((drive.rung, drive.reason), (Rung::Harder, Some(Refusal::Person)), "{drive:?}");
    assert!(drive.brake_mm_s2 > 1500);
    let mut hardest = drive.brake_mm_s2;
    while ride.truck.speed > 0.0 {
        ride.look();
        let drive = ride.stop_tick();
        assert!(drive.brake_mm_s2 >= hardest, "the brake is never loosened");
        hardest = drive.brake_mm_s2;
        assert!(ride.clearance() > 0.0, "no contact");
    }
}

#[test]
fn where_nothing_is_free_a_person_is_spared_before_a_rack() {
    let mut ride = ride(Site::aisle(3.0), 2.0);
    let _ = ride.consider();
    ride.guard.commit();
    // Straight on hits a person with the left of the forks; to the right of them stands a rack.
    ride.site.block((2.9, 0.38), (3.2, 0.8), false);
    ride.site.block((2.7, -1.4), (4.5, -0.6), true);
    ride.look();
    let drive = ride.stop_tick();
    assert_eq!(drive.rung, Rung::LeastHarm);
    assert!(drive.steering_mrad < 0, "to the right, away from the person: {drive:?}");
    assert!(drive.brake_mm_s2 > 1500);
}

#[test]
fn with_the_scan_gone_in_a_stop_it_brakes_in_full_along_the_committed_way() {
    let mut ride = ride(Site::aisle(3.3), 2.0);
    let _ = ride.consider();
    ride.guard.commit();
    ride.now_us += 200_000;
    let drive = ride.follow();
    assert_eq!((drive.rung, drive.reason), (Rung::Unseen, Some(Refusal::ScanUnknown)));
    assert!(drive.brake_mm_s2 > 1500);
}

#[test]
fn a_stop_before_the_first_proposal_freezes_the_wheel_and_brakes() {
    let mut ride = ride(Site::aisle(5.0), 1.0);
    ride.guard.commit();
    let drive = ride.stop_tick();
    assert_eq!((drive.rung, drive.steering_mrad), (Rung::Frozen, 0));
    assert!(drive.brake_mm_s2 > 1500);
}

#[test]
fn equal_questions_have_equal_answers() {
    let run = || {
        let mut ride = ride(Site::crossing(3.4), 2.0);
        let mut answers = Vec::new();
        for tick in 0..150_i32 {
            if tick % 4 == 0 {
                ride.look();
            }
            let wanted = ride.wanted(2.0, 0.3 * (f64::from(tick) * 0.07).sin());
            let proposal = if tick % 10 == 0 { Some(ride.consider()) } else { None };
            answers.push((proposal, ride.drive(&wanted)));
        }
        answers
    };
    assert_eq!(run(), run());
}

/// Two pallets abreast leave 65 mm to each wall: more than creeping needs, less than anything faster does.
fn before_a_trailer(speed: f64, x: f64) -> Ride {
    let profile = profile("[load]\nwidth_m = 2.33\nlength_m = 1.2");
    let truck = Truck::new(Laws::of(&profile), Place { x, ..START }).rolling(speed, 0.0);
    let mut ride = Ride::new(profile, Site::trailer(4.0, 2.46), truck);
    (ride.loaded, ride.creep) = (true, true);
    ride
}

#[test]
fn a_narrow_trailer_is_entered_and_left_in_creep_without_a_stop() {
    let mut ride = before_a_trailer(0.0, 0.0);
    let mut narrowest = f64::INFINITY;
    for speed in [0.3, -0.3] {
        let terms = drive_straight(&mut ride, speed, 3000);
        let stops = terms.iter().filter(|term| !matches!(term, Term::Free | Term::Slower(_))).count();
        assert_eq!(stops, 0, "at {} m", ride.truck.place.x);
        narrowest = narrowest.min(ride.clearance());
        let inside = ride.truck.place.x + 1.6 - 4.0;
        assert!(if speed > 0.0 { inside > 5.0 } else { inside < 0.0 }, "{inside} m inside after {speed} m/s");
    }
    assert!((0.05..0.07).contains(&narrowest), "{narrowest} m to the walls");
}

#[test]
fn the_same_trailer_is_refused_above_creep_and_where_creep_was_not_chosen() {
    let mut ride = before_a_trailer(0.31, 6.0);
    let proposal = ride.consider();
    assert_eq!(proposal.manoeuvre, None, "{proposal:?}");
    let mut ride = before_a_trailer(0.28, 6.0);
    let wanted = ride.wanted(0.31, 0.0);
    let allowed = ride.drive(&wanted);
    assert!((250..=300).contains(&allowed.max_speed_mm_s), "{allowed:?}");
    let mut ride = before_a_trailer(0.0, 0.0);
    ride.creep = false;
    drive_straight(&mut ride, 0.3, 3000);
    assert!(ride.truck.place.x + 1.6 < 4.0, "it stands {} m before the trailer", 4.0 - 1.6 - ride.truck.place.x);
}

#[test]
fn a_full_lever_near_a_wall_pulls_away_slowly_after_standing() {
    let mut slowed = 0;
    for gap in 0..60 {
        let standing = || {
            let mut site = Site::default();
            let wall = 1.5 + 0.02 * f64::from(gap);
            site.wall((wall, -1.0), (wall, 1.0));
            ride(site, 0.0)
        };
        if standing().allow_of(0.1).term != Term::Free {
            continue;
        }
        let mut ride = standing();
        assert_eq!(ride.allow_of(0.0).term, Term::Free, "it stands");
        let full = ride.allow_of(1.0);
        // Found by halving: a 32nd of the lever less at most.
        assert!(full.max_speed_mm_s > 100 - 1000 / 32, "a gap that a gentle lever may use: {full:?}");
        slowed += u32::from(matches!(full.term, Term::Slower(_)));
    }
    assert!(slowed >= 3, "{slowed}");
}
