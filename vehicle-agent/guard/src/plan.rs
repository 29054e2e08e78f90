//! A stop that was proved free, kept as a way on the floor, and the law that drives it.
//!
//! What is kept is not "this wheel angle from now on" but the swept way itself. A vehicle that brakes earlier than the plan
//! says, for a stop can be ordered at any moment, goes a shorter piece of the very same way: what it sweeps lies within what
//! was proved free and shown.

use crate::geometry::{Pose, within};
use crate::manoeuvre::Manoeuvre;
use crate::model::Model;
use crate::situation::OdometryPose;
use crate::track::Track;

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
    /// for the distance and the angle by which the vehicle is off.
    pub(crate) fn steer(&mut self, model: &Model, plan: &Plan, pose: &Pose, speed: f64) -> f64 {
        let pose = self.frame.placed(pose);
        let steps = plan.track.steps();
        while let Some(step) = steps.get(self.at) {
            let (ahead, _) = step.pose.inside(pose.x, pose.y);
            if ahead * step.ds.signum() < 0.0 {
                break;
            }
            self.at += 1;
        }
        let Some(step) = steps.get(self.at) else {
            self.travelled = plan.track.length();
            return steps.last().map_or(plan.steering_at_start, |step| step.steering);
        };
        let sign = step.ds.signum();
        let (ahead, _) = step.pose.inside(pose.x, pose.y);
        self.travelled = (step.travelled + ahead * sign).max(0.0);
        let wheel = plan.wheel_at(self.at, self.travelled + speed.abs() * (model.steer_dead + ANSWER_S));
        // The plan abreast of the vehicle: a little back from the end of the step, along its arc.
        let back = within(ahead, step.ds.abs());
        let abreast = step.pose.moved(back, back * step.dtheta / step.ds);
        let (_, off) = abreast.inside(pose.x, pose.y);
        let turned = abreast.cos * pose.sin - abreast.sin * pose.cos;
        let correction = off / (FIRMNESS_M * FIRMNESS_M) + 2.0 * sign * turned / FIRMNESS_M;
        model.steering(model.curvature(wheel) - within(correction, MOST_CORRECTION))
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

/// A correction is made over about this way: long against the way that a truck at speed goes in its dead time.
const FIRMNESS_M: f64 = 0.7;
/// Half of the time between two answers of the law.
const ANSWER_S: f64 = 0.01;
/// Most curvature that a correction adds.
const MOST_CORRECTION: f64 = 0.5;
