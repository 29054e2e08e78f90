use super::*;
use crate::scene::tests_support::Floor;

/// Cells of one metre, and a vehicle from 1 m behind its axle to 2 m ahead, 1.5 m to both sides: its corners are 2.5 m away.
fn floor() -> Floor {
    let mut floor = Floor::of(
        "[geometry]\nbehind_m = 1.0\nahead_m = 2.0\nwidth_m = 3.0\n[load]\nfork_width_m = 3.0\nfork_face_m = 0.5\n\
         pocket_ahead_m = 0.25\npocket_width_m = 1.0",
    );
    (floor.scene.mapped, floor.scene.unmapped) = (Grid::new(64.0, 16), Grid::new(64.0, 16));
    floor
}

impl Floor {
    fn with_fence(mut self, from: (f64, f64), to: (f64, f64)) -> Self {
        self.scene.fence.push((from, to));
        self
    }

    fn with_zone(mut self, centre: Pose, half_length: f64, half_width: f64) -> Self {
        self.scene.zones.push((centre, half_length, half_width));
        self
    }

    fn sweep(&self) -> Sweep<'_> {
        Sweep::new(&self.model, &self.scene, false)
    }

    /// True if the mapped points stay that far away in a step from the origin.
    fn clear(&self, step: &Step, need: f64, creeping: bool) -> bool {
        self.sweep().clear(&self.scene.mapped, &Pose::ORIGIN, step, (need, creeping))
    }
}

/// A step from `start` on.
fn step_from(start: &Pose, ds: f64, dtheta: f64) -> Step {
    let (steering, seconds, travelled) = (0.0, 0.2, ds.abs());
    Step { pose: start.moved(ds, dtheta), steering, seconds, travelled, ds, dtheta, bend: 0.0, speed: 1.0 }
}

fn step(ds: f64, dtheta: f64) -> Step {
    step_from(&Pose::ORIGIN, ds, dtheta)
}

/// Straight on from the origin, in steps of 0.1 m with these speeds.
fn track(speeds: &[f64]) -> Track {
    let mut track = Track::new();
    track.begin(Pose::ORIGIN);
    for &speed in speeds {
        let travelled = track.length() + 0.1;
        track.push(Step { travelled, speed, ..step_from(&track.end(), 0.1, 0.0) }).expect("there is room");
    }
    track
}

fn near(one: f64, two: f64) -> bool {
    (one - two).abs() < 1e-9
}

const DEMAND: Demand = Demand { clearance: 0.1, creep_clearance: 0.03, creep_speed: -1.0, person_speed: 0.0 };
/// Whatever is not faster than 1 m/s creeps.
const CREEP: Demand = Demand { creep_speed: 1.0, ..DEMAND };

#[test]
fn demands_are_those_of_the_profile_made_stricter_and_only_creep_may_come_near() {
    let Floor { settings, .. } = floor();
    let gate = Demand::new(&settings, Strictness::GATE, true);
    assert!(near(gate.clearance, 0.12) && near(gate.creep_clearance, 0.036) && near(gate.creep_speed, 0.29));
    assert!(Demand::new(&settings, Strictness::GATE, false).creep_speed < 0.0, "not even standing is creeping");
    let soft = gate.soft(&settings, true);
    assert_eq!((gate.person_speed, soft.person_speed, soft.soft(&settings, false).person_speed), (0.0, 1.6, 0.0));
    assert_eq!((soft.clearance, soft.creep_speed), (gate.clearance, gate.creep_speed));
}

#[test]
fn harm_is_clearly_less_by_more_than_a_fifth_and_persons_count_first() {
    let harm = |person, thing| Harm { person, thing };
    let cases = [
        ((3.9, 9.0), (5.0, 1.0), true, "less to persons, whatever to things"),
        ((4.0, 9.0), (5.0, 9.0), false, "just a fifth less is not clearly less"),
        ((5.0, 3.9), (5.0, 5.0), true, "the same to persons, less to things"),
        ((5.0, 4.0), (5.0, 5.0), false, "just a fifth less to things"),
        ((4.5, 3.9), (5.0, 5.0), true, "nearly the same to persons, less to things"),
        ((5.0, 0.0), (3.9, 9.0), false, "more to persons, whatever to things"),
        ((5.0, 3.9), (4.0, 5.0), true, "a fifth more to persons is not clearly more"),
        ((5.0, 5.0), (5.0, 5.0), false, "the same"),
        ((0.0, 0.0), (0.0, 1.0), true, "none at all against some"),
        ((0.0, 0.0), (0.0, 0.0), false, "none is not less than none"),
    ];
    for (one, other, less, what) in cases {
        assert_eq!(harm(one.0, one.1).clearly_less_than(&harm(other.0, other.1)), less, "{what}");
    }
}

#[test]
fn a_step_keeps_its_clearance_and_the_bow_of_the_curve_to_every_side() {
    // The bow of a straight step of 0.1 m with this bend, up to 2.5 m + 0.1 m + 0.5 m away: 0.1 * 2 * 3.1 / 4 = 0.155.
    let forward = Step { bend: 2.0, ..step(0.1, 0.0) };
    let backward = Step { bend: 2.0, ..step(-0.1, 0.0) };
    for (distance, clear) in [(0.2545, false), (0.2555, true), (0.01, false), (0.9, true), (-0.5, false)] {
        let (front, rear, side) = (2.0 + distance, -1.0 - distance, 1.5 + distance);
        let reached = |step: &Step, point: (f64, f64)| !floor().with_things(&[point]).clear(step, 0.1, false);
        for y in [side, -side] {
            assert_eq!(!reached(&forward, (0.5, y)), clear, "{distance} beside");
            assert_eq!(!reached(&backward, (0.5, y)), clear, "{distance} beside, backwards");
        }
        assert_eq!(!reached(&forward, (front + 0.1, 0.3)), clear, "{distance} ahead of its end");
        assert_eq!(!reached(&backward, (rear - 0.1, 0.3)), clear, "{distance} behind its end");
        assert_eq!(!reached(&forward, (rear, 0.3)), clear, "{distance} behind its beginning");
    }
}

#[test]
fn a_clearance_of_metres_is_kept_as_well() {
    for (distance, clear) in [(1.5, false), (2.3, false), (2.499, false), (2.501, true), (2.7, true)] {
        let site = floor().with_things(&[(0.5, 1.5 + distance)]);
        assert_eq!(site.clear(&step(0.1, 0.0), 2.5, false), clear, "{distance}");
    }
}

#[test]
fn what_is_passed_over_between_the_two_ends_of_a_step_is_hit() {
    // 3 m ahead of the front at the beginning, 3 m behind the rear at the end.
    assert!(!floor().with_things(&[(5.0, 0.0)]).clear(&step(9.0, 0.0), 0.1, false));
    assert!(!floor().with_things(&[(-4.0, 0.0)]).clear(&step(-9.0, 0.0), 0.1, false));
    assert!(floor().with_things(&[(5.0, 2.0)]).clear(&step(9.0, 0.0), 0.1, false), "beside it is free");
    assert!(floor().clear(&step(9.0, 0.0), 0.1, false), "nothing is nowhere in the way");
}

#[test]
fn the_second_of_two_things_is_not_overlooked_and_the_first_not_forgotten() {
    let (free, hit) = ((0.5, -1.9), (0.5, 1.55));
    assert!(!floor().with_things(&[free, hit]).clear(&step(0.1, 0.0), 0.1, false));
    assert!(!floor().with_things(&[(0.5, -1.55), (0.5, 1.9)]).clear(&step(0.1, 0.0), 0.1, false));
}

#[test]
fn in_creep_a_pallet_in_front_of_the_forks_may_be_touched_and_nothing_else() {
    // The pocket reaches from the fork face at 0.5 m to 2.25 m, half a metre to both sides.
    let clear = |point, ds, creeping| floor().with_things(&[point]).clear(&step(ds, 0.0), 0.3, creeping);
    for point in [(2.2, 0.0), (1.0, 0.4), (2.2, -0.4)] {
        assert!(clear(point, 0.1, true) && clear(point, -0.04, true), "{point:?} is in the pocket");
        assert!(!clear(point, 0.1, false), "{point:?} is an obstacle without creep");
    }
    assert!(!clear((2.2, 0.6), 0.1, true), "beside the pocket");
    assert!(!clear((-1.1, 0.0), -0.1, true), "behind the vehicle");
    assert!(!clear((0.55, 0.0), 0.1, true), "it comes out of the pocket against the fork face");
    assert!(!clear((0.45, 0.0), -0.1, true), "it comes out of the body");
    assert!(!clear((2.3, 0.0), 0.1, true), "it was beyond the pocket");
    assert!(!clear((2.2, 0.0), -0.1, true), "it will be beyond the pocket");
}

#[test]
fn points_are_looked_for_as_far_as_the_way_and_the_turn_can_bring_them() {
    let site = floor();
    // Half a metre beyond the reach a point is 2.6 m ahead or 2.1 m to the left: the turn brings it 0.52 m sideways and 0.42 m
    // lengthwise, the way another 0.3 m.
    for (ds, dtheta) in [(0.3, 0.2), (-0.3, 0.2), (0.3, -0.2), (-0.3, -0.2)] {
        let around = site.sweep().around(&step(ds, dtheta), 0.1);
        assert!(near(around.x0, -1.82) && near(around.x1, 2.82), "{around:?}");
        assert!(near(around.y0, -2.12) && near(around.y1, 2.12), "{around:?}");
    }
}

#[test]
fn what_a_step_needs_depends_on_creep_and_grows_with_time_for_people() {
    let mut site = floor();
    site.scene.scan_age = 0.05;
    let at = |speed, seconds| Step { seconds, speed, ..step(0.1, 0.0) };
    let (sweep, demand) = (site.sweep(), Demand { creep_speed: 0.3, person_speed: 1.5, ..DEMAND });
    let (need, grown, creeping) = sweep.needs(&at(0.3, 0.45), &demand);
    assert!(need == 0.03 && near(grown, 0.75) && creeping, "the highest speed of creep is creep");
    let (need, grown, creeping) = sweep.needs(&at(0.301, 0.95), &demand);
    assert!(need == 0.1 && near(grown, 1.5) && !creeping);
    assert_eq!(sweep.needs(&at(0.301, 1.4), &demand), (0.1, 2.0, false), "nobody comes nearer than 2 m");
    assert_eq!(sweep.needs(&at(0.0, 1.4), &DEMAND), (0.1, 0.0, false), "who brakes fully need not wait");
}

#[test]
fn a_way_is_blocked_by_the_first_step_that_comes_too_near() {
    let mut way = Track::new();
    way.begin(Pose::new(0.2, 0.0, 0.0));
    for (x, travelled) in [(0.2, 3.0), (0.3, 3.1), (0.4, 3.2)] {
        let start = Pose::new(x, 0.0, 0.0);
        way.push(Step { travelled, ..step_from(&start, 0.1, 0.0) }).expect("there is room");
    }
    let blocked = |site: &Floor, demand: &Demand| {
        site.sweep().along(&way, demand).map_err(|blocked| (blocked.refusal, (blocked.travelled * 1e6).round() / 1e6))
    };
    // The front is at 2.2 m, then at 2.3 m, 2.4 m and 2.5 m.
    assert_eq!(blocked(&floor(), &DEMAND), Ok(()));
    assert_eq!(blocked(&floor().with_things(&[(2.35, 0.0)]), &DEMAND), Err((Refusal::Obstacle, 2.9)), "at once");
    assert_eq!(blocked(&floor().with_people(&[(2.45, 0.0)]), &DEMAND), Err((Refusal::Person, 3.0)), "in the second step");
    assert_eq!(blocked(&floor().with_things(&[(2.55, 0.0)]), &DEMAND), Err((Refusal::Obstacle, 3.1)), "in the last step");
    assert_eq!(blocked(&floor().with_things(&[(2.61, 0.0)]), &DEMAND), Ok(()), "beyond the clearance");
    // In 0.2 s people come 0.8 m nearer.
    let soft = Demand { person_speed: 4.0, ..DEMAND };
    assert_eq!(blocked(&floor().with_people(&[(0.5, 2.3)]), &soft), Err((Refusal::Person, 2.9)));
    assert_eq!(blocked(&floor().with_people(&[(0.5, 2.3)]), &DEMAND), Ok(()), "they need not be waited for");
    assert_eq!(blocked(&floor().with_things(&[(0.5, 2.3)]), &soft), Ok(()), "things stay where they are");
    assert_eq!(blocked(&floor().with_people(&[(0.5, 2.41)]), &soft), Ok(()), "0.91 m are enough");
    let fenced = floor().with_fence((-9.0, 1.5), (9.0, 1.5));
    assert_eq!(blocked(&fenced, &DEMAND), Err((Refusal::Fence, 2.9)));
    assert_eq!(blocked(&floor().with_fence((-9.0, 1.6), (9.0, 1.6)), &DEMAND), Ok(()), "within a fence");
    // In creep 3 cm are enough.
    assert_eq!(blocked(&floor().with_things(&[(0.5, 1.55)]), &CREEP), Ok(()));
    assert_eq!(blocked(&floor().with_things(&[(0.5, 1.52)]), &CREEP), Err((Refusal::Obstacle, 2.9)));
    let nothing = Track::new();
    assert!(floor().with_things(&[(0.5, 0.0)]).sweep().along(&nothing, &DEMAND).is_ok(), "no way, no hit");
}

#[test]
fn a_fence_keeps_half_of_a_step_away_at_both_of_its_ends() {
    // No point of the vehicle is farther from one of the ends than half of the way, here 0.25 m.
    let inside = |from, to| floor().with_fence(from, to).sweep().fenced_in(&Pose::ORIGIN, &step(0.5, 0.0));
    let (along, across) = (|y: f64| inside((-20.0, y), (20.0, y)), |x: f64| inside((x, -20.0), (x, 20.0)));
    for (beyond, free) in [(-0.1, false), (0.0, false), (0.001, true), (0.5, true), (3.0, true), (9.0, true)] {
        assert_eq!([along(1.75 + beyond), along(-1.75 - beyond)], [free; 2], "{beyond} beside");
        assert_eq!(across(-1.25 - beyond), free, "{beyond} behind its beginning");
        assert_eq!(across(2.75 + beyond), free, "{beyond} ahead of its end");
    }
    assert!(!inside((-20.0, 0.0), (20.0, 0.0)), "straight through");
    assert!(inside((4.0, 20.0), (4.0, 9.0)), "a side that ends far away");
    let two = floor().with_fence((-20.0, 9.0), (20.0, 9.0)).with_fence((-20.0, 1.6), (20.0, 1.6));
    assert!(!two.sweep().fenced_in(&Pose::ORIGIN, &step(0.5, 0.0)), "each side of it counts");
    // After 2 m, 0.99 m ahead of the front; the other is 1.01 m ahead.
    let long = |x: f64| floor().with_fence((x, -20.0), (x, 20.0)).sweep().fenced_in(&Pose::ORIGIN, &step(2.0, 0.0));
    assert!(!long(4.99) && long(5.01));
}

#[test]
fn a_fence_keeps_away_what_the_turn_and_the_bow_add() {
    // Half a metre beyond its corners, 3 m away, 0.1 rad are 0.3 m: with 0.2 m of way, half of that is 0.25 m. The bow adds
    // 0.1 * 0.5 / 8 for the turn and 0.2 * 3 / 4 for the bend.
    let inside = |x: f64, ds: f64, dtheta: f64| {
        let site = floor().with_fence((x, -20.0), (x, 20.0));
        site.sweep().fenced_in(&Pose::ORIGIN, &Step { bend: 1.0, ..step(ds, dtheta) })
    };
    for dtheta in [0.1, -0.1] {
        assert!(!inside(-1.4055, 0.2, dtheta) && inside(-1.407, 0.2, dtheta), "behind its beginning");
        assert!(!inside(2.4055, -0.2, dtheta) && inside(2.407, -0.2, dtheta), "ahead of its beginning");
    }
}

#[test]
fn the_margin_is_what_is_left_beyond_the_clearance_at_every_second_step_and_at_the_end() {
    // The front is at 2.1 m, 2.2 m, ... 2.5 m; the second, the fourth and the last step count.
    let way = track(&[1.0; 5]);
    let margin = |site: &Floor, demand: &Demand| site.sweep().margin(&way, demand, (0.0, 0.3));
    assert_eq!(margin(&floor(), &DEMAND), 0.3, "not more than asked for");
    for point in [(0.7, 1.75), (0.7, -1.75), (2.75, 0.0), (-1.05, 0.0)] {
        assert!(near(margin(&floor().with_things(&[point]), &DEMAND), 0.15), "{point:?}");
        assert!(near(margin(&floor().with_people(&[point]), &DEMAND), 0.15), "{point:?}");
    }
    assert!(near(margin(&floor().with_things(&[(-1.15, 0.0)]), &DEMAND), 0.25), "the first step is not looked at");
    assert_eq!(margin(&floor().with_things(&[(0.7, 1.55)]), &DEMAND), 0.0, "never below 0");
    assert_eq!(margin(&floor().with_things(&[(0.7, 1.95)]), &DEMAND), 0.3, "too far to count");
    // In 0.2 s people come 0.2 m nearer.
    let soft = Demand { person_speed: 1.0, ..DEMAND };
    assert!(near(margin(&floor().with_people(&[(0.7, 1.95)]), &soft), 0.15));
    assert!(near(margin(&floor().with_people(&[(2.95, 0.0)]), &soft), 0.15));
    assert_eq!(margin(&floor().with_things(&[(0.7, 1.95)]), &soft), 0.3);
}

#[test]
fn in_creep_the_pallet_in_the_pocket_takes_no_margin() {
    let way = track(&[1.0; 5]);
    let margin = |point, demand| floor().with_things(&[point]).sweep().margin(&way, &demand, (0.0, 0.3));
    // At the end it is 0.2 m ahead of the forks and in the pocket, before that 0.3 m ahead and beyond it.
    assert!(near(margin((2.7, 0.0), CREEP), 0.27));
    assert!(near(margin((2.7, 0.0), DEMAND), 0.1), "without creep there is no pocket");
    assert!(near(margin((0.7, 1.68), CREEP), 0.15), "what stands beside counts");
    assert_eq!(margin((1.5, 0.0), CREEP), 0.3, "in the pocket all the time");
}

#[test]
fn a_margin_below_the_least_is_not_measured_any_further() {
    let way = track(&[1.0; 5]);
    let margin = |points: &[(f64, f64)], limits| floor().with_things(points).sweep().margin(&way, &DEMAND, limits);
    // Seen from right to left: 0.15 m, then 0.05 m.
    let beside = [(0.7, -1.75), (0.7, 1.65)];
    assert!(near(margin(&beside, (0.0, 0.3)), 0.05) && near(margin(&beside, (0.2, 0.3)), 0.15));
    // Behind the second step 0.15 m; ahead of the fourth 0.12 m and of the last 0.02 m.
    let (behind, ahead) = ((-1.05, 0.0), (2.62, 0.0));
    assert!(near(margin(&[behind, ahead], (0.2, 0.3)), 0.15) && near(margin(&[behind, ahead], (0.1, 0.3)), 0.02));
    assert!(near(margin(&[behind, ahead], (0.13, 0.3)), 0.12));
    assert!(near(margin(&[ahead], (0.3, 0.3)), 0.12), "just the least is not below it");
}

#[test]
fn harm_is_done_with_the_speed_of_the_first_touch() {
    let way = track(&[3.0, 2.0, 1.5]);
    let harm = |things: &[(f64, f64)], people: &[(f64, f64)]| floor().with_things(things).with_people(people).sweep().harm(&way);
    assert_eq!(harm(&[], &[]), Harm { person: 0.0, thing: 0.0 });
    // The front is at 2.1 m after the first step, at 2.2 m after the second.
    let (first, second, beyond) = ((2.05, 0.0), (2.15, 0.0), (9.0, 0.0));
    assert_eq!(harm(&[second], &[first]), Harm { person: 9.0, thing: 4.0 });
    assert_eq!(harm(&[first], &[second]), Harm { person: 4.0, thing: 9.0 });
    assert_eq!(harm(&[first], &[beyond]), Harm { person: 0.0, thing: 9.0 });
    assert_eq!(harm(&[beyond], &[second]), Harm { person: 4.0, thing: 0.0 });
    assert_eq!(harm(&[(0.5, 1.504)], &[(0.5, 1.506)]), Harm { person: 0.0, thing: 9.0 }, "nearer than 5 mm is a touch");
}

#[test]
fn room_is_what_is_free_beside_the_vehicle_on_the_narrower_side() {
    let pose = Pose { x: 1.0, y: -1.0, cos: 0.0, sin: 1.0 };
    // This much ahead and to the left of a vehicle that looks along the y axis.
    let at = |ahead: f64, left: f64| pose.outside(ahead, left);
    let room =
        |things: &[(f64, f64)], people: &[(f64, f64)]| floor().with_things(things).with_people(people).sweep().room(&pose, 2.0);
    assert_eq!(room(&[], &[]), 2.0, "not more than asked for");
    assert!(near(room(&[at(0.0, 2.2)], &[]), 0.7) && near(room(&[], &[at(0.0, 2.2)]), 0.7));
    assert!(near(room(&[at(0.0, -1.9)], &[]), 0.4) && near(room(&[], &[at(0.0, -1.9)]), 0.4));
    assert!(near(room(&[at(0.0, 2.2)], &[at(1.5, -1.9)]), 0.4) && near(room(&[at(-0.9, 1.7)], &[at(0.0, -1.9)]), 0.2));
    for abreast in [1.99, -0.99] {
        assert!(near(room(&[at(abreast, 2.2)], &[]), 0.7), "{abreast} is abreast");
    }
    for past in [2.01, -1.01] {
        assert_eq!(room(&[at(past, 2.2), at(past, 0.0)], &[]), 2.0, "{past} is not abreast");
    }
    assert_eq!(room(&[at(0.0, 1.0)], &[]), 0.0, "never below 0");
}

#[test]
fn a_vehicle_stands_in_a_zone_if_any_part_of_it_does() {
    let stands = |zone: Pose, half_length, half_width, at: Pose| {
        floor().with_zone(zone, half_length, half_width).sweep().in_keep_clear(&at)
    };
    let along = |x: f64| stands(Pose::new(5.0, 0.0, 0.0), 1.0, 0.5, Pose::new(x, 0.0, 0.0));
    assert_eq!([1.9, 2.1, 3.9, 4.5, 6.9, 7.1].map(along), [false, true, true, true, true, false], "from 4 m to 6 m");
    let across = |y: f64| stands(Pose::new(0.0, 5.0, 0.0), 0.5, 1.0, Pose::new(0.0, y, 0.0));
    assert_eq!([2.4, 2.6, 3.9, 6.1, 7.4, 7.6].map(across), [false, true, true, true, true, false], "from 4 m to 6 m");
    // A square turned by 45 degrees near the front left corner: its side is 1 m from its middle, its corners are 1.41 m.
    let beyond_the_corner = |by: f64| {
        let zone = Pose::new(2.0 + by, 1.5 + by, std::f64::consts::FRAC_PI_4);
        stands(zone, 1.0, 1.0, Pose::ORIGIN)
    };
    assert_eq!([0.6, 0.7, 0.72, 1.2, 1.5].map(beyond_the_corner), [true, true, false, false, false]);
    assert!(!floor().sweep().in_keep_clear(&Pose::ORIGIN), "no zone");
    let two = floor().with_zone(Pose::new(9.0, 9.0, 0.0), 1.0, 1.0).with_zone(Pose::ORIGIN, 0.1, 0.1);
    assert!(two.sweep().in_keep_clear(&Pose::ORIGIN), "each zone counts");
}

#[test]
fn points_overlap_a_rectangle_unless_all_are_beyond_one_side() {
    let rect = Rect { x0: 1.0, x1: 3.0, y0: 2.0, y1: 5.0 };
    let square = |x: f64, y: f64| [(x - 0.5, y - 0.5), (x + 0.5, y - 0.5), (x + 0.5, y + 0.5), (x - 0.5, y + 0.5)];
    for (x, y) in [(2.0, 3.0), (0.5, 3.0), (3.5, 3.0), (2.0, 1.5), (2.0, 5.5), (3.5, 5.5)] {
        assert!(overlaps(&rect, &square(x, y)), "{x} {y} is within or touches");
    }
    for (x, y) in [(0.4, 3.0), (3.6, 3.0), (2.0, 1.4), (2.0, 5.6), (3.6, 5.6), (-9.0, 9.0)] {
        assert!(!overlaps(&rect, &square(x, y)), "{x} {y} is beyond");
    }
    // The point of a needle and the flat of a blade.
    assert!(!overlaps(&rect, &[(0.0, 3.0); 4]) && !overlaps(&rect, &[(4.0, 3.0); 4]));
    assert!(!overlaps(&rect, &[(2.0, 1.0); 4]) && !overlaps(&rect, &[(2.0, 6.0); 4]));
    assert!(overlaps(&rect, &[(1.0, 3.0); 4]) && overlaps(&rect, &[(3.0, 3.0); 4]));
    assert!(overlaps(&rect, &[(2.0, 2.0); 4]) && overlaps(&rect, &[(2.0, 5.0); 4]));
}
