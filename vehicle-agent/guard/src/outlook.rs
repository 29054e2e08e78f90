//! How much room there is: along a stop and on beyond it, and at its sides.

use crate::geometry::Pose;
use crate::guard::Guard;
use crate::plan::Cursor;
use crate::scene::RANGE;
use crate::settings::Strictness;
use crate::situation::{Situation, milli};
use crate::sweep::{Demand, Sweep};
use crate::track::Step;

/// Where a stop ends and the look beyond it begins.
struct End {
    pose: Pose,
    steering: f64,
    forward: bool,
    /// Way from the vehicle to there.
    left: f64,
}

impl Guard {
    /// What is left of the newest stop, and how far on beyond its end the way is free.
    pub(crate) fn free_along_newest(&mut self, situation: &Situation<'_>) -> f64 {
        let (senses, plan) = (&self.senses, &self.newest);
        let mut cursor = Cursor::new(plan, senses.scene.anchor);
        let _ = cursor.steer(&senses.model, plan, &senses.scene.vehicle, (0.0, 0.0));
        let left = plan.left(&cursor);
        let end = plan.track.steps().last().map_or_else(
            || self.here(situation),
            |last| End {
                pose: senses.scene.anchor.sees(plan.anchor).placed(&last.pose),
                steering: last.steering,
                forward: last.ds.is_sign_positive(),
                left,
            },
        );
        self.free_beyond(situation, &end)
    }

    /// The same for the stop that was rolled out last.
    pub(crate) fn free_along_stop(&mut self, situation: &Situation<'_>) -> f64 {
        let track = &self.bench.track;
        let end = track.steps().last().map_or_else(
            || self.here(situation),
            |last| End { pose: last.pose, steering: last.steering, forward: last.ds.is_sign_positive(), left: track.length() },
        );
        self.free_beyond(situation, &end)
    }

    fn here(&self, situation: &Situation<'_>) -> End {
        let (pose, steering) = (self.senses.scene.vehicle, milli(situation.steering_mrad));
        End { pose, steering, forward: self.senses.forward, left: 0.0 }
    }

    fn free_beyond(&mut self, situation: &Situation<'_>, end: &End) -> f64 {
        let senses = &self.senses;
        let demand = Demand::new(&senses.settings, Strictness::KEEP, situation.creep);
        let track = &mut self.bench.track;
        track.begin(end.pose);
        let ds = if end.forward { LOOK_STEP_M } else { -LOOK_STEP_M };
        let dtheta = ds * senses.model.curvature(end.steering);
        let (mut pose, mut travelled) = (end.pose, end.left);
        while travelled + LOOK_STEP_M <= RANGE {
            pose = pose.moved(ds, dtheta);
            travelled += LOOK_STEP_M;
            let step = Step { pose, steering: end.steering, seconds: 0.0, travelled, ds, dtheta, bend: 0.0, speed: 0.0 };
            if track.push(step).is_err() {
                break;
            }
        }
        let sweep = Sweep::new(&senses.model, &senses.scene, situation.loaded);
        sweep.along(track, &demand).map_or_else(|blocked| blocked.travelled, |()| travelled)
    }

    /// Room at the narrower side of the newest stop.
    pub(crate) fn room_along_newest(&self, situation: &Situation<'_>) -> f64 {
        let (senses, plan) = (&self.senses, &self.newest);
        let sweep = Sweep::new(&senses.model, &senses.scene, situation.loaded);
        let frame = senses.scene.anchor.sees(plan.anchor);
        let steps = plan.track.steps().iter().step_by(SIDE_STEPS).map(|step| frame.placed(&step.pose));
        std::iter::once(senses.scene.vehicle).chain(steps).fold(MOST_ROOM_M, |room, pose| sweep.room(&pose, room))
    }
}

/// How finely the free way is measured.
const LOOK_STEP_M: f64 = 0.1;
/// The sides are looked at once in this many steps of a stop: half a metre, a fraction of a vehicle's length.
const SIDE_STEPS: usize = 5;
/// Room that is more than enough for any speed.
const MOST_ROOM_M: f64 = 2.0;

#[cfg(test)]
mod tests {
    use crate::guard::tests::{Point, Rig, STRAIGHT, aisle, wall};

    #[test]
    fn the_free_way_ends_at_a_wall_or_at_eight_metres() {
        for (speed, x_mm) in [(1000, 6000), (-1000, -6300), (0, 6000), (300, 6000), (2000, 6000)] {
            let free = Rig::new(speed, 0).see(&[wall(x_mm)], true).consider().free_distance_mm;
            // Less 70 % of the clearance, in steps of 10 cm.
            assert!((4281..=4380).contains(&free), "{free} at {speed}");
            let free = Rig::new(speed, 0).consider().free_distance_mm;
            assert!((7900..=8000).contains(&free), "{free} at {speed} in the open");
            let other = Rig::new(speed, 0).see(&[wall(-x_mm)], true).consider().free_distance_mm;
            assert!((7900..=8000).contains(&other), "{other} at {speed} with the wall on the other side");
        }
    }

    #[test]
    fn the_free_way_of_a_stop_is_that_before_it_and_beyond_it() {
        for (speed, x_mm) in [(1000, 6000), (-1000, -6300)] {
            let mut rig = Rig::new(speed, 0);
            let _ = rig.prefer(STRAIGHT);
            assert!((7900..=8000).contains(&rig.follow().free_distance_mm));
            let free = rig.see(&[wall(x_mm)], true).follow().free_distance_mm;
            assert!((4281..=4380).contains(&free), "{free} at {speed}");
            assert!((7900..=8000).contains(&rig.see(&[wall(-x_mm)], true).follow().free_distance_mm));
        }
    }

    #[test]
    fn beyond_its_end_the_way_bends_as_the_wheel_is_left() {
        // On a circle of 3 m to the left, the nose comes to the wall at its left after a third of a metre; straight on never.
        let side: [(Point, Point); 1] = [((-4000, 900), (9000, 900))];
        let free = |steering: i32| {
            let mut rig = Rig::new(0, steering);
            rig.see(&side, true).follow().free_distance_mm
        };
        let turned = free(437);
        assert!((200..=700).contains(&turned), "{turned}");
        assert!((7900..=8000).contains(&free(0)));
    }

    #[test]
    fn the_room_is_that_at_the_narrower_side_up_to_two_metres() {
        let room = |walls: &[(Point, Point)]| Rig::new(1000, 0).see(walls, true).consider().side_clearance_mm;
        assert_eq!(room(&aisle(1100)), 1100);
        assert_eq!(room(&[aisle(1100)[0], aisle(700)[1]]), 700);
        assert_eq!(room(&[aisle(700)[0], aisle(1100)[1]]), 700);
        assert_eq!(room(&[((1900, 1050), (2000, 1050))]), 500, "beside the stop, ahead of the vehicle");
        assert_eq!((room(&aisle(2100)), room(&[])), (2000, 2000));
    }
}
