//! What the operator is shown as the floor of the stop, against where the truck goes when the link is lost.

use super::stage::Stage;
use farhand_machine::floors::{START, bend, steering_along_the_bend};
use farhand_protocol::{Corridor, SafetyState as S};
use farhand_world::Place;

type Point = (f64, f64);
/// A corridor as it lies on the floor.
pub(super) type Floor = Vec<Point>;

/// The corridor on the floor, for a vehicle at `place`.
pub(super) fn on_the_floor(corridor: &Corridor, place: &Place) -> Floor {
    let metres = |value: i32| f64::from(value) / 1000.0;
    corridor.corners_mm.chunks_exact(2).map(|corner| place.point(metres(corner[0]), metres(corner[1]))).collect()
}

/// How far a point lies outside a polygon.
pub(super) fn outside_m(polygon: &[Point], (x, y): Point) -> f64 {
    let sides = || polygon.iter().zip(polygon.iter().cycle().skip(1));
    let crossed = sides().filter(|(a, b)| (a.1 > y) != (b.1 > y) && x < (b.0 - a.0) * (y - a.1) / (b.1 - a.1) + a.0);
    if crossed.count() % 2 == 1 {
        return 0.0;
    }
    let to_side = |(a, b): (&Point, &Point)| {
        let (along, long) = ((b.0 - a.0, b.1 - a.1), (b.0 - a.0).hypot(b.1 - a.1).max(1e-9));
        let share = (((x - a.0) * along.0 + (y - a.1) * along.1) / (long * long)).clamp(0.0, 1.0);
        (x - a.0 - share * along.0).hypot(y - a.1 - share * along.1)
    };
    sides().map(to_side).fold(f64::INFINITY, f64::min)
}

#[test]
fn a_loss_in_a_bend_ends_in_the_corridor_that_was_shown_when_the_stop_began() {
    let mut stage = Stage::taken_over("", bend(), START);
    let (mut losses, mut turned_most, mut outside_most_m) = (0, 0.0_f64, 0.0_f64);
    for tick in 0..2500 {
        if stage.machine.truck.place().y_m > 8.0 {
            break;
        }
        stage.hands = Some((2500, steering_along_the_bend(&stage.machine.truck.place())));
        stage.tick();
        if tick % 15 != 0 || stage.machine.truck.speed_mps() < 0.3 {
            continue;
        }
        let mut lost = stage.clone();
        lost.hands = None;
        lost.until(S::SafeStop);
        let begin = lost.machine.truck.place();
        let corridor = lost.lookout.corridor(lost.now).expect("a stop that is held has a corridor");
        assert!(corridor.id > 0 && corridor.age_ms <= 300, "{corridor:?}");
        let floor = on_the_floor(&corridor, &begin);
        while lost.core.state() == S::SafeStop {
            lost.tick();
            for corner in lost.machine.truck.outline().corners() {
                outside_most_m = outside_most_m.max(outside_m(&floor, corner));
            }
        }
        losses += 1;
        turned_most = turned_most.max((lost.machine.truck.place().heading_rad - begin.heading_rad).abs());
    }
    eprintln!("{losses} losses, turned by up to {turned_most:.2} rad, at most {outside_most_m:.3} m beside the shown floor");
    assert!(losses >= 30 && turned_most > 0.3, "{losses} losses, turned by {turned_most}");
    // The polygon is the nominal way, of which wheels and brakes stray a little; safety.md 3.2 allows 0.10 m.
    assert!(outside_most_m < 0.06, "{outside_most_m} m beside the shown floor");
}

#[test]
fn the_corridor_moves_with_the_truck_and_is_none_before_a_stop_is_proved() {
    let mut stage = Stage::new("", bend(), START);
    assert_eq!(stage.lookout.corridor(stage.now), None);
    stage = Stage::taken_over("", bend(), START);
    stage.hands = Some((1500, 0));
    stage.run_ms(1500);
    let (shown, then) = (stage.lookout.corridor(stage.now).expect("one"), stage.machine.truck.place());
    let ahead_m = |corridor: &Corridor| corridor.corners_mm.chunks_exact(2).map(|corner| corner[0]).max().unwrap_or(0);
    assert!(ahead_m(&shown) > 1_600, "it reaches beyond the nose: {shown:?}");
    stage.tick();
    let next = stage.lookout.corridor(stage.now).expect("one");
    let moved_mm = (stage.machine.truck.place().x_m - then.x_m) * 1000.0;
    if next.id == shown.id {
        assert!((f64::from(ahead_m(&shown) - ahead_m(&next)) - moved_mm).abs() < 3.0, "{moved_mm}");
    }
}
