//! A stop that was proved free, kept as a way on the floor, and the law that drives it.
//!
//! What is kept is not "this wheel angle from now on" but the swept way itself. A vehicle that brakes earlier than the plan
//! says, for a stop can be ordered at any moment, goes a shorter piece of the very same way: what it sweeps lies within what
//! was proved free and shown.

use crate::geometry::{Pose, larger, within};
use crate::manoeuvre::Manoeuvre;
use crate::model::Model;
use crate::situation::OdometryPose;
use crate::track::{Step, Track};

/// A stop on the floor.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) id: u64,
    pub(crate) manoeuvre: Manoeuvre,
    /// Creep was chosen when it was proved.
    pub(crate) creep: bool,
    /// Where the frame of the track lies.
    pub(crate) anchor: OdometryPose,
    /// Where the vehicle was, in that frame.
    pub(crate) start: Pose,
    pub(crate) steering_at_start: f64,
    pub(crate) track: Track,
    /// False until the first stop was proved.
    pub(crate) valid: bool,
}

impl Plan {
    pub(crate) fn new() -> Self {
        Self {
            id: 0,
            manoeuvre: Manoeuvre::STRAIGHT,
            creep: false,
            anchor: OdometryPose::default(),
            start: Pose::ORIGIN,
            steering_at_start: 0.0,
            track: Track::new(),
            valid: false,
        }
    }

    pub(crate) fn copy_from(&mut self, other: &Self) {
        let Self { id, manoeuvre, creep, anchor, start, steering_at_start, ref track, valid } = *other;
        self.track.copy_from(track);
        (self.id, self.manoeuvre, self.creep) = (id, manoeuvre, creep);
        (self.anchor, self.start, self.steering_at_start, self.valid) = (anchor, start, steering_at_start, valid);
    }

    /// Way left from the point of the plan nearest to the vehicle; all of it at the start.
    pub(crate) fn left(&self, cursor: &Cursor) -> f64 {
        (self.track.length() - cursor.travelled).max(0.0)
    }
}

/// Follows a plan step by step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor {
    /// The frame in which poses come, seen from the plan's.
    frame: Pose,
    /// The step of the plan abreast of the vehicle.
    at: usize,
    /// Way along the plan.
    travelled: f64,
}

impl Cursor {
    /// For poses given in the frame of `anchor`.
    pub(crate) fn new(plan: &Plan, anchor: OdometryPose) -> Self {
        Self { frame: plan.anchor.sees(anchor), at: 0, travelled: 0.0 }
    }

    /// The wheel that keeps a vehicle on the plan: that of the plan where the wheel will be when it answers, and a correction
    /// for the distance and the angle by which the vehicle is off. The correction may bend the way more than the plan does only
    /// as far as a sideways acceleration of `lateral` allows at this speed: rather a little beside the plan than over.
    pub(crate) fn steer(&mut self, model: &Model, plan: &Plan, pose: &Pose, (speed, lateral): (f64, f64)) -> f64 {
        let pose = self.frame.placed(pose);
        let steps = plan.track.steps();
        while let Some(step) = steps.get(self.at) {
            let (ahead, _) = step.pose.inside(pose.x, pose.y);
            if along(step, ahead) < 0.0 {
                break;
            }
            self.at += 1;
        }
        let Some(step) = steps.get(self.at) else {
            self.travelled = plan.track.length();
            return steps.last().map_or(plan.steering_at_start, |step| step.steering);
        };
        let (ahead, _) = step.pose.inside(pose.x, pose.y);
        self.travelled = (step.travelled + along(step, ahead)).max(0.0);
        let wheel = plan.wheel_at(self.at, self.travelled + speed.abs() * (model.steer_dead + ANSWER_S));
        // The plan abreast of the vehicle: a little back from the end of the step, along its arc.
        let back = within(ahead, step.ds.abs());
        let abreast = step.pose.moved(back, back * step.dtheta / step.ds);
        let (_, off) = abreast.inside(pose.x, pose.y);
        let turned = abreast.cos * pose.sin - abreast.sin * pose.cos;
        let correction = off / (FIRMNESS_M * FIRMNESS_M) + 2.0 * along(step, turned) / FIRMNESS_M;
        let bend = model.curvature(wheel);
        let most = larger(bend.abs(), lateral / (speed * speed).max(1e-9));
        model.steering(within(bend - within(correction, MOST_CORRECTION), most))
    }
}

impl Plan {
    /// The plan's wheel after this much way, looked for from step `from` on.
    fn wheel_at(&self, from: usize, travelled: f64) -> f64 {
        let steps = self.track.steps();
        let mut before = from
            .checked_sub(1)
            .and_then(|place| steps.get(place))
            .map_or((steps.first().map_or(0.0, |step| step.travelled - step.ds.abs()), self.steering_at_start), |step| {
                (step.travelled, step.steering)
            });
        for step in steps.iter().skip(from) {
            if step.travelled >= travelled {
                let share = (travelled - before.0) / (step.travelled - before.0).max(1e-9);
                return before.1 + share.clamp(0.0, 1.0) * (step.steering - before.1);
            }
            before = (step.travelled, step.steering);
        }
        before.1
    }
}

/// A distance or an angle in the direction in which a step is driven.
fn along(step: &Step, ahead: f64) -> f64 {
    if step.ds.is_sign_negative() { -ahead } else { ahead }
}

/// A correction is made over about this way: long against the way that a truck at speed goes in its dead time.
const FIRMNESS_M: f64 = 0.7;
/// Half of the time between two answers of the law.
const ANSWER_S: f64 = 0.01;
/// Most curvature that a correction adds.
const MOST_CORRECTION: f64 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests_support::model;

    /// Eight steps of 12.5 cm from `start` on, backwards if `ds` is negative, turning by `dtheta` each.
    fn plan(start: Pose, ds: f64, dtheta: f64, steering: impl Fn(f64) -> f64) -> Plan {
        let mut plan = Plan { start, steering_at_start: steering(0.0), valid: true, ..Plan::new() };
        plan.track.begin(start);
        let (mut pose, mut travelled) = (start, 0.0);
        for _ in 0..8 {
            pose = pose.moved(ds, dtheta);
            travelled += ds.abs();
            let step = Step { pose, steering: steering(travelled), seconds: 0.0, travelled, ds, dtheta, bend: 0.0, speed: 0.5 };
            plan.track.push(step).expect("there is room");
        }
        plan
    }

    /// The wheel and the way left for a vehicle at `pose` in the frame of the plan.
    fn steered(plan: &Plan, pose: &Pose, speed: f64) -> (f64, f64) {
        let mut cursor = Cursor::new(plan, plan.anchor);
        let wheel = cursor.steer(&model(""), plan, pose, (speed, f64::INFINITY));
        (wheel, plan.left(&cursor))
    }

    fn assert_near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    #[test]
    fn off_the_plan_the_wheel_turns_back_for_the_distance_and_for_the_angle() {
        // Over 0.7 m: a distance counts by its square, an angle twice.
        for start in [Pose::ORIGIN, Pose::new(1.0, -2.0, 0.6)] {
            for (ds, sign) in [(0.125, 1.0), (-0.125, -1.0)] {
                let straight = plan(start, ds, 0.0, |_| 0.0);
                for (off, angle) in [(0.1, 0.05), (-0.1, 0.05), (0.05, -0.1), (0.0, 0.1), (0.1, 0.0)] {
                    let (wheel, left) = steered(&straight, &start.placed(&Pose::new(sign * 0.3125, off, angle)), 0.0);
                    let curvature = -(off / 0.49 + 2.0 * sign * f64::sin(angle) / 0.7);
                    assert_near(wheel, (curvature * 1.4).atan());
                    assert_near(left, 0.6875);
                }
                let far = steered(&straight, &start.placed(&Pose::new(sign * 0.3125, 1.0, 0.0)), 0.0);
                assert_near(far.0, -(0.5_f64 * 1.4).atan());
            }
        }
    }

    #[test]
    fn a_correction_bends_the_way_no_more_than_the_load_allows_and_the_plan_itself_is_driven_as_it_is() {
        // 1 m/s2 at 2 m/s: a curvature of 0.25 1/m; what the plan bends itself is 0.2 and 0.4 1/m.
        let wheel = |own: f64, off: f64, speed: f64| {
            let bent = plan(Pose::ORIGIN, 0.125, 0.0, |_| (own * 1.4_f64).atan());
            let mut cursor = Cursor::new(&bent, bent.anchor);
            let wheel = cursor.steer(&model(""), &bent, &Pose::new(0.3125, off, 0.0), (speed, 1.0));
            wheel.tan() / 1.4
        };
        for speed in [2.0, -2.0] {
            for (own, off, bend) in [
                (0.0, -0.049, 0.1),
                (0.0, -0.2, 0.25),
                (0.0, 0.2, -0.25),
                (0.2, -0.2, 0.25),
                (0.2, 0.049, 0.1),
                (0.4, -0.2, 0.4),
                (0.4, 0.049, 0.3),
                (0.4, 1.0, -0.1),
                (-0.4, 0.2, -0.4),
            ] {
                assert_near(wheel(own, off, speed), bend);
            }
        }
        assert_near(wheel(0.0, -1.0, 0.0), 0.5);
    }

    #[test]
    fn on_the_plan_the_wheel_is_where_the_plan_has_it_when_the_wheel_answers() {
        let bending = plan(Pose::ORIGIN, 0.125, 0.0, |way| 0.1 + 0.4 * way);
        let on = Pose::new(0.3125, 0.0, 0.0);
        assert_near(steered(&bending, &on, 0.0).0, 0.1 + 0.4 * 0.3125);
        // The dead time of the wheel is 0.1 s, and half of the time between two answers is 0.01 s.
        for speed in [2.0, -2.0] {
            assert_near(steered(&bending, &on, speed).0, 0.1 + 0.4 * (0.3125 + 0.22));
        }
        assert_near(steered(&bending, &on, 9.0).0, 0.5);
        assert_near(steered(&bending, &Pose::new(-0.5, 0.0, 0.0), 0.0).0, 0.1);
    }

    #[test]
    fn between_two_points_the_plan_goes_along_its_arc() {
        let wheel = 0.7_f64.atan();
        for (ds, dtheta) in [(0.125, 0.0625), (-0.125, -0.0625)] {
            let arc = plan(Pose::new(0.5, 0.5, 0.3), ds, dtheta, |_| wheel);
            // Three and a half steps on.
            let mut on = arc.start;
            for _ in 0..7 {
                on = on.moved(0.5 * ds, 0.5 * dtheta);
            }
            let (found, left) = steered(&arc, &on, 0.0);
            assert!((found - wheel).abs() < 1e-4, "{found} is not {wheel}");
            assert!((left - 0.5625).abs() < 1e-4, "{left}");
        }
    }

    #[test]
    fn a_step_is_over_where_it_ends() {
        let straight = plan(Pose::ORIGIN, 0.125, 0.0, |way| 0.4 * way);
        let (wheel, left) = steered(&straight, &Pose::new(1.0, 0.1, 0.0), 0.0);
        assert_eq!((wheel, left), (0.4, 0.0), "beyond the plan nothing is corrected any more");
        let (wheel, left) = steered(&straight, &Pose::new(0.999, 0.1, 0.0), 0.0);
        assert!(wheel < 0.2 && (left - 0.001).abs() < 1e-9, "{wheel} {left}");
        assert_eq!(steered(&straight, &Pose::new(-0.5, 0.0, 0.0), 0.0).1, 1.0, "before it all of it is left");
        assert_eq!(steered(&straight, &Pose::new(3.0, 0.0, 0.0), 0.0).1, 0.0);
        let nowhere = Plan { steering_at_start: 0.3, ..Plan::new() };
        assert_eq!(steered(&nowhere, &Pose::ORIGIN, 1.0), (0.3, 0.0));
    }

    #[test]
    fn a_cursor_goes_on_from_where_it_was() {
        let straight = plan(Pose::ORIGIN, 0.125, 0.0, |_| 0.0);
        let mut cursor = Cursor::new(&straight, straight.anchor);
        for (x, at) in [(0.0, 0), (0.3, 2), (0.125, 2), (0.5, 4), (2.0, 8)] {
            let _ = cursor.steer(&model(""), &straight, &Pose::new(x, 0.0, 0.0), (0.0, f64::INFINITY));
            assert_eq!(cursor.at, at, "at {x} m");
        }
    }

    #[test]
    fn a_plan_lies_still_while_the_frame_moves() {
        let mut straight = plan(Pose::ORIGIN, 0.125, 0.0, |_| 0.0);
        straight.anchor = OdometryPose { x_um: 1_000_000, ..OdometryPose::default() };
        let mut cursor = Cursor::new(&straight, OdometryPose { y_um: 100_000, ..OdometryPose::default() });
        let wheel = cursor.steer(&model(""), &straight, &Pose::new(1.3125, 0.0, 0.0), (0.0, f64::INFINITY));
        assert_near(wheel, -(0.1_f64 / 0.49 * 1.4).atan());
        assert_near(straight.left(&cursor), 0.6875);
    }

    #[test]
    fn between_two_wheels_of_the_plan_the_way_shares() {
        let mut late = Plan { steering_at_start: 0.1, ..Plan::new() };
        let step = |travelled: f64, steering: f64| Step {
            pose: Pose::ORIGIN,
            steering,
            seconds: 0.0,
            travelled,
            ds: -0.1,
            dtheta: 0.0,
            bend: 0.0,
            speed: 0.0,
        };
        assert_eq!(late.wheel_at(0, 1.0), 0.1, "a plan without a way");
        for (travelled, steering) in [(0.5, 0.2), (0.6, -0.4)] {
            late.track.push(step(travelled, steering)).expect("there is room");
        }
        for (way, wheel) in
            [(0.3, 0.1), (0.4, 0.1), (0.45, 0.15), (0.475, 0.175), (0.5, 0.2), (0.55, -0.1), (0.6, -0.4), (9.0, -0.4)]
        {
            assert_near(late.wheel_at(0, way), wheel);
        }
        assert_near(late.wheel_at(1, 0.575), -0.25);
        assert_near(late.wheel_at(1, 0.3), 0.2);
    }

    #[test]
    fn a_copy_is_the_whole_plan() {
        let original = Plan {
            id: 7,
            manoeuvre: Manoeuvre::new(20).expect("one of the library"),
            creep: true,
            anchor: OdometryPose { x_um: 1, y_um: 2, heading_urad: 3 },
            ..plan(Pose::new(1.0, 2.0, 0.3), 0.125, 0.01, |_| 0.2)
        };
        let mut copy = Plan::new();
        copy.copy_from(&original);
        assert_eq!(format!("{copy:?}"), format!("{original:?}"));
    }
}
