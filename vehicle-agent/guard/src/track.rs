//! The way of a roll-out: short steps, each with all that a sweep must know.

use crate::geometry::Pose;

/// Why a stop is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The newest scan is too old, not whole, or one of a scanner is missing.
    ScanUnknown,
    /// Something the map explains is in the way.
    Obstacle,
    /// Something the map does not explain is in the way, or could be by then.
    Person,
    /// It would leave the geofence.
    Fence,
    /// It takes more than 8 s or 6 m.
    TooLong,
    /// The curve is too sharp for the speed, the load and the height of the forks.
    Lateral,
}

/// One step of a way; all but `pose`, `steering`, `seconds` and `travelled`, which are those at its end, hold for its whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    pub(crate) pose: Pose,
    pub(crate) steering: f64,
    /// Since the decision.
    pub(crate) seconds: f64,
    /// Since the decision, both directions counted up.
    pub(crate) travelled: f64,
    /// Along the heading; negative backwards.
    pub(crate) ds: f64,
    pub(crate) dtheta: f64,
    /// Change of the curvature.
    pub(crate) bend: f64,
    /// Highest speed without its sign.
    pub(crate) speed: f64,
}

impl Step {
    /// The most by which the curve of a point, up to `radius` from the vehicle's origin, leaves its chord in the vehicle's frame.
    ///
    /// With the turn `t`, the way `s`, the curvature `k`, its change `b` and the radius `r`, the second derivative of the curve
    /// adds up to at most `t (1 + k r)`, evenly, from the curvature and `b r`, however spread, from its change.
    pub(crate) fn bow(&self, radius: f64) -> f64 {
        let (way, turn) = (self.ds.abs(), self.dtheta.abs());
        turn * (way + turn * radius) / 8.0 + way * self.bend * radius / 4.0
    }
}

/// A way from `start` on.
#[derive(Debug, Clone)]
pub(crate) struct Track {
    pub(crate) start: Pose,
    steps: Vec<Step>,
}

impl Track {
    pub(crate) fn new() -> Self {
        Self { start: Pose::ORIGIN, steps: Vec::with_capacity(MOST_STEPS) }
    }

    pub(crate) fn begin(&mut self, start: Pose) {
        self.start = start;
        self.steps.clear();
    }

    /// Keeps the first `count` steps.
    pub(crate) fn cut(&mut self, count: usize) {
        self.steps.truncate(count);
    }

    /// Adds a step; a way with too many is too long.
    pub(crate) fn push(&mut self, step: Step) -> Result<(), Refusal> {
        if self.steps.len() >= MOST_STEPS {
            return Err(Refusal::TooLong);
        }
        self.steps.push(step);
        Ok(())
    }

    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.start = other.start;
        self.steps.clear();
        // Both have the same capacity: nothing is allocated.
        self.steps.extend_from_slice(&other.steps);
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    pub(crate) fn end(&self) -> Pose {
        self.steps.last().map_or(self.start, |step| step.pose)
    }

    /// Metres from the decision to the standstill.
    pub(crate) fn length(&self) -> f64 {
        self.steps.last().map_or(0.0, |step| step.travelled)
    }
}

/// Six metres in tenths, eight seconds in fifths, and as much again for the commands before the stop.
const MOST_STEPS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn step(number: u16) -> Step {
        let travelled = f64::from(number) + 1.0;
        Step {
            pose: Pose::new(travelled, 0.5, 0.0),
            steering: 0.1,
            seconds: 0.2 * travelled,
            travelled,
            ds: 1.0,
            dtheta: 0.0,
            bend: 0.0,
            speed: 2.0,
        }
    }

    fn track(count: u16) -> Track {
        let mut track = Track::new();
        track.begin(Pose::new(0.0, 0.5, 0.0));
        for number in 0..count {
            track.push(step(number)).expect("there is room");
        }
        track
    }

    #[test]
    fn a_way_begins_where_it_is_told_and_ends_with_its_last_step() {
        let mut track = track(0);
        assert_eq!((track.len(), track.length(), track.end()), (0, 0.0, Pose::new(0.0, 0.5, 0.0)));
        for number in 0..3 {
            track.push(step(number)).expect("there is room");
        }
        assert_eq!(track.steps(), [step(0), step(1), step(2)]);
        assert_eq!((track.len(), track.length(), track.end()), (3, 3.0, Pose::new(3.0, 0.5, 0.0)));
        track.cut(2);
        assert_eq!((track.steps(), track.length()), (&[step(0), step(1)][..], 2.0));
        track.begin(Pose::ORIGIN);
        assert_eq!((track.start, track.len()), (Pose::ORIGIN, 0));
    }

    #[test]
    fn a_copy_is_the_same_way_whatever_was_there_before() {
        let (mut copy, other) = (track(5), track(2));
        copy.start = Pose::ORIGIN;
        copy.copy_from(&other);
        assert_eq!((copy.start, copy.steps()), (other.start, other.steps()));
    }

    #[test]
    fn a_way_has_room_for_256_steps_and_refuses_the_next() {
        let mut track = track(256);
        assert_eq!(track.push(step(256)), Err(Refusal::TooLong));
        assert_eq!(track.len(), 256);
        track.cut(255);
        assert_eq!(track.push(step(255)), Ok(()));
    }

    #[test]
    fn the_curve_of_a_point_leaves_its_chord_by_no_more_than_the_bow() {
        let still = Step { ds: 0.0, ..step(0) };
        assert_eq!(Step { ds: -3.0, ..still }.bow(4.0), 0.0, "straight on");
        // On the spot a point moves along a circle: its rise over the chord is `r (1 - cos(t / 2))`.
        for dtheta in [0.1, -0.1, 0.3] {
            let bow = Step { dtheta, ..still }.bow(4.0);
            let rise = 4.0 * (1.0 - (0.5 * dtheta).cos());
            assert!(bow >= rise && bow < 1.01 * rise, "{bow} {rise}");
        }
        // Half a radian over 3 m: 0.5 (3 + 0.5 * 4) / 8; the change of curvature adds 3 * 3 * 4 / 4.
        for (ds, dtheta) in [(3.0, 0.5), (-3.0, 0.5), (3.0, -0.5), (-3.0, -0.5)] {
            assert_eq!(Step { ds, dtheta, ..still }.bow(4.0), 0.3125);
            assert_eq!(Step { ds, dtheta, bend: 3.0, ..still }.bow(4.0), 9.3125);
        }
    }
}
