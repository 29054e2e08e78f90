//! The floor that a stop sweeps, as a polygon to be shown.

use crate::geometry::{Pose, Rect};
use crate::model::Footprint;
use crate::situation::{OdometryPose, to_milli};
use crate::track::Track;
use farhand_protocol::MonoTime;

/// Most corners of a corridor.
pub const MOST_CORNERS: usize = 24;

/// The floor that an accepted stop sweeps, from its beginning to the standstill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corridor {
    /// Counts accepted stops; 0 is none.
    pub id: u64,
    /// When the stop was proved free.
    pub at: MonoTime,
    /// Where the vehicle was then.
    pub pose: OdometryPose,
    /// How many of `corners` there are.
    pub count: u8,
    /// Corners in order, in the vehicle frame at `pose`: down one side, back up the other.
    pub corners: [Corner; MOST_CORNERS],
}

/// A corner, in the vehicle frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Corner {
    /// Ahead of the fixed axle.
    pub x_mm: i32,
    /// Left of the middle.
    pub y_mm: i32,
}

impl Corridor {
    /// No corridor.
    pub const NONE: Self = Self {
        id: 0,
        at: MonoTime(0),
        pose: OdometryPose { x_um: 0, y_um: 0, heading_urad: 0 },
        count: 0,
        corners: [Corner { x_mm: 0, y_mm: 0 }; MOST_CORNERS],
    };

    /// Its corners.
    pub fn corners(&self) -> impl Iterator<Item = Corner> {
        self.corners.iter().take(usize::from(self.count)).copied()
    }

    /// Lays the polygon around what `footprint` sweeps along `track`; `vehicle` is where the vehicle is in the frame of both.
    pub(crate) fn around(footprint: &Footprint, track: &Track, vehicle: &Pose) -> Self {
        let mut ribs = Ribs::new(footprint, track);
        ribs.widen(footprint, track);
        let mut corridor = Self { count: u8::try_from(MOST_CORNERS).unwrap_or(0), ..Self::NONE };
        let sides = ribs.side(|rib| rib.left).chain(ribs.side(|rib| rib.right).rev());
        for (corner, (x, y)) in corridor.corners.iter_mut().zip(sides) {
            let (ahead, left) = vehicle.inside(x, y);
            *corner = Corner { x_mm: to_milli(ahead), y_mm: to_milli(left) };
        }
        corridor
    }
}

/// A cross-cut of the corridor: where the middle is, and how far it reaches to both sides.
#[derive(Debug, Clone, Copy)]
struct Rib {
    middle: Pose,
    left: f64,
    right: f64,
}

/// Cross-cuts at equal distances along the way, from behind the vehicle's end at the start to before its nose at the end.
struct Ribs {
    cuts: [Rib; RIBS],
    /// 1 forward, -1 backwards.
    sign: f64,
    /// Way between two of them.
    pitch: f64,
    /// Way of the first.
    from: f64,
}

impl Ribs {
    fn new(footprint: &Footprint, track: &Track) -> Self {
        let forward = track.steps().first().is_none_or(|step| step.ds > 0.0);
        let sign = if forward { 1.0 } else { -1.0 };
        let bounds = &footprint.bounds;
        let (behind, before) = if forward { (-bounds.x0, bounds.x1) } else { (bounds.x1, -bounds.x0) };
        let length = track.length();
        let pitch = (behind + length + before) / LAST_RIB;
        let mut cuts = [Rib { middle: track.start, left: 0.0, right: 0.0 }; RIBS];
        let mut way = -behind;
        for rib in &mut cuts {
            rib.middle = along(track, way, sign);
            way += pitch;
        }
        Self { cuts, sign, pitch, from: -behind }
    }

    /// Takes in every outline of the vehicle on its way.
    fn widen(&mut self, footprint: &Footprint, track: &Track) {
        let poses = std::iter::once((track.start, 0.0)).chain(track.steps().iter().map(|step| (step.pose, step.travelled)));
        for (pose, travelled) in poses {
            for part in footprint.parts() {
                // Abreast of the axle the inner side touches what it sweeps.
                for ahead in [part.x0, part.x1, 0.0_f64.max(part.x0).min(part.x1)] {
                    self.take_in_both(part, ahead, (&pose, travelled));
                }
            }
        }
        // Where it begins and where it rests, no end of it has passed the ribs that lie between its ends.
        let (rest, length) = (track.end(), track.length());
        for part in footprint.parts() {
            let places = (0..MOST_PLACES).map(|place| part.x0 + BETWEEN_M * f64::from(place));
            for ahead in places.take_while(|ahead| *ahead <= part.x1) {
                self.take_in_both(part, ahead, (&track.start, 0.0));
                self.take_in_both(part, ahead, (&rest, length));
            }
        }
        self.round_off();
    }

    /// Takes in the left and the right side of a part at one place along the vehicle, which has moved so far.
    fn take_in_both(&mut self, part: &Rect, ahead: f64, (pose, travelled): (&Pose, f64)) {
        for left in [part.y0, part.y1] {
            self.take_in(pose.outside(ahead, left), travelled + self.sign * ahead);
        }
    }

    /// Widens the two ribs next to a point that lies at about `guess` along the way.
    fn take_in(&mut self, point: (f64, f64), guess: f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates: nothing is before the first rib")]
        let guessed = (((guess - self.from) / self.pitch) as usize).min(LAST_GAP);
        // The guess is along the vehicle; the way may bend meanwhile.
        let behind = (1..=guessed).rev().find(|place| self.ahead_of(*place, point) >= 0.0).unwrap_or(0);
        let place = (behind..LAST_GAP).find(|place| self.ahead_of(place + 1, point) <= 0.0).unwrap_or(LAST_GAP);
        for rib in self.cuts.iter_mut().skip(place).take(2) {
            let (_, left) = rib.middle.inside(point.0, point.1);
            rib.left = rib.left.max(left);
            rib.right = rib.right.min(left);
        }
    }

    fn ahead_of(&self, place: usize, point: (f64, f64)) -> f64 {
        self.cuts.get(place).map_or(0.0, |rib| self.sign * rib.middle.inside(point.0, point.1).0)
    }

    /// On the outside of a curve the straight line between two ribs cuts the corner: both are widened by what it cuts.
    fn round_off(&mut self) {
        let cut = self.cuts;
        for (place, (one, two)) in cut.iter().zip(cut.iter().skip(1)).enumerate() {
            let turn = one.middle.cos * two.middle.sin - one.middle.sin * two.middle.cos;
            let on_the_right = turn.is_sign_positive() == self.sign.is_sign_positive();
            let side = |rib: &Rib| rib.middle.outside(0.0, if on_the_right { rib.right } else { rib.left });
            let (from, to) = (side(one), side(two));
            let bow = (to.0 - from.0).hypot(to.1 - from.1) * turn.abs() / 8.0;
            for rib in self.cuts.iter_mut().skip(place).take(2) {
                if on_the_right {
                    rib.right -= bow;
                } else {
                    rib.left += bow;
                }
            }
        }
    }

    fn side(&self, reach: impl Fn(&Rib) -> f64) -> impl DoubleEndedIterator<Item = (f64, f64)> {
        self.cuts.map(|rib| rib.middle.outside(0.0, reach(&rib))).into_iter()
    }
}

/// The place after this much way; before its beginning and after its end the way goes straight on.
fn along(track: &Track, way: f64, sign: f64) -> Pose {
    if way <= 0.0 {
        return track.start.moved(sign * way, 0.0);
    }
    let mut before = (track.start, 0.0);
    for step in track.steps() {
        if step.travelled >= way {
            let ds = (way - before.1).copysign(step.ds);
            return before.0.moved(ds, ds * step.dtheta / step.ds);
        }
        before = (step.pose, step.travelled);
    }
    before.0.moved(sign * (way - before.1), 0.0)
}

/// Places along a vehicle that stands: closer together than the ribs of the shortest vehicle.
const BETWEEN_M: f64 = 0.1;
const MOST_PLACES: u8 = 255;
const RIBS: usize = MOST_CORNERS / 2;
const LAST_RIB: f64 = 11.0;
/// Between the last two ribs.
const LAST_GAP: usize = RIBS - 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests_support::model;
    use crate::track::Step;

    #[test]
    fn no_corridor_has_no_corners() {
        assert_eq!(Corridor::NONE.corners().count(), 0);
    }

    #[test]
    fn the_corridor_of_a_straight_stop_is_as_wide_as_the_vehicle_and_reaches_as_far() {
        let model = model("");
        for (sign, first) in [(1, -1850), (-1, 1550)] {
            // Somewhere in the frame of the scene; the corners are told as seen from the vehicle.
            let start = Pose::new(3.0, -2.0, 0.8);
            let corridor = Corridor::around(model.footprint(false), &straight(start, f64::from(sign), 10), &start);
            // 3.4 m of vehicle and 1 m of way in 11 pieces of 0.4 m.
            let expected = |place: i32, y_mm| Corner { x_mm: first + sign * 400 * place, y_mm };
            let corners: Vec<_> = corridor.corners().collect();
            let there = (0..12).map(|place| expected(place, 550));
            let back = (0..12).rev().map(|place| expected(place, -550));
            assert_eq!(corners, there.chain(back).collect::<Vec<_>>());
            assert_eq!((corridor.id, corridor.at, corridor.pose), (0, MonoTime(0), OdometryPose::default()));
        }
    }

    #[test]
    fn the_corridor_of_a_standing_vehicle_holds_it() {
        let model = model("");
        for steps in 0..4 {
            let track = straight(Pose::ORIGIN, 1.0, steps);
            let corridor = Corridor::around(model.footprint(false), &track, &Pose::ORIGIN);
            let narrow: Vec<_> = corridor.corners().filter(|corner| corner.y_mm.abs() < 550).collect();
            assert!(narrow.is_empty(), "{narrow:?} after {steps} steps");
        }
    }

    #[test]
    fn ahead_of_the_body_the_corridor_is_as_narrow_as_the_forks() {
        let model = model("[load]\nfork_width_m = 0.6");
        let corridor = Corridor::around(model.footprint(false), &straight(Pose::ORIGIN, 1.0, 10), &Pose::ORIGIN);
        // The body ends at 0.4 m and moves on to 1.4 m, between the cuts at 1.35 m and 1.75 m.
        let left: Vec<_> = corridor.corners().take(12).map(|corner| corner.y_mm).collect();
        assert_eq!(left, [550, 550, 550, 550, 550, 550, 550, 550, 550, 550, 300, 300]);
        let right: Vec<_> = corridor.corners().skip(12).map(|corner| corner.y_mm).collect();
        assert_eq!(right, [-300, -300, -550, -550, -550, -550, -550, -550, -550, -550, -550, -550]);
    }

    #[test]
    fn a_corridor_round_a_curve_holds_the_whole_vehicle_all_the_way() {
        let model = model("");
        let footprint = model.footprint(false);
        // From nose to tail every 5 cm, with 2 cm of it taken off.
        let outline: Vec<(f64, f64)> =
            (0..=66).map(|place| -1.83 + 0.05 * f64::from(place)).flat_map(|x| [(x, 0.53), (x, -0.53)]).collect();
        for (sign, steps, curvature) in [1.0, -1.0].into_iter().flat_map(|sign| {
            [0, 2, 5, 10, 30].into_iter().flat_map(move |steps| [0.9, 0.5, -0.5, -0.9].map(|curvature| (sign, steps, curvature)))
        }) {
            let track = curve(Pose::ORIGIN, sign, steps, curvature);
            let corridor = Corridor::around(footprint, &track, &Pose::ORIGIN);
            let polygon: Vec<_> =
                corridor.corners().map(|corner| (f64::from(corner.x_mm) / 1e3, f64::from(corner.y_mm) / 1e3)).collect();
            let poses = std::iter::once(track.start).chain(track.steps().iter().map(|step| step.pose));
            for (x, y) in poses.flat_map(|pose| outline.iter().map(move |(ahead, left)| pose.outside(*ahead, *left))) {
                assert!(holds(&polygon, x, y), "{sign}, {steps} steps of {curvature}: ({x}, {y})");
            }
        }
    }

    #[test]
    fn a_point_widens_the_two_ribs_next_to_it() {
        // Ribs every half metre from -1 m on.
        let widened = |x, guess| {
            let mut ribs = straight_ribs(1.0, -1.0, 0.5);
            ribs.take_in((x, 0.7), guess);
            ribs.take_in((x, -0.4), guess);
            ribs.take_in((x, 0.2), guess);
            places(&ribs, 0.7, -0.4)
        };
        assert_eq!(widened(0.75, 0.75), [3, 4]);
        assert_eq!(widened(0.75, 2.4), [3, 4], "guessed too far");
        assert_eq!(widened(0.75, -0.3), [3, 4], "guessed too near");
        assert_eq!(widened(3.75, 2.6), [9, 10]);
        assert_eq!(widened(0.5, 0.5), [3, 4], "on a rib: that and the next");
        assert_eq!(widened(0.5, 2.4), [3, 4], "on a rib, found from ahead");
        assert_eq!(widened(0.5, -0.9), [2, 3], "on a rib, found from behind");
        assert_eq!(widened(-1.2, -1.2), [0, 1], "behind the first");
        assert_eq!(widened(-1.2, 0.5), [0, 1]);
        assert_eq!(widened(4.75, 5.1), [10, 11], "beyond the last");
        assert_eq!(widened(4.75, 2.0), [10, 11]);
    }

    #[test]
    fn going_backwards_the_ribs_count_backwards() {
        let widened = |x, guess| {
            let mut ribs = straight_ribs(-1.0, -1.0, 0.5);
            ribs.take_in((x, 0.7), guess);
            ribs.take_in((x, -0.4), guess);
            places(&ribs, 0.7, -0.4)
        };
        assert_eq!(widened(-0.75, 0.75), [3, 4]);
        assert_eq!(widened(-0.75, 2.4), [3, 4]);
        assert_eq!(widened(-0.75, -0.3), [3, 4]);
        assert_eq!(widened(-0.5, -0.9), [2, 3]);
    }

    #[test]
    fn a_long_vehicle_that_stands_is_taken_in_without_a_gap() {
        // From -6 m to 4 m, and ribs a metre apart: at -6.5 m, -5.5 m, ... forwards, at 4.5 m, 3.5 m, ... backwards.
        let model = model("[geometry]\nbehind_m = 6.0\nahead_m = 4.0\n[load]\nfork_face_m = 4.0");
        for (sign, from) in [(1.0, -6.5), (-1.0, -4.5)] {
            let mut ribs = straight_ribs(sign, from, 1.0);
            let standing = Track::new();
            ribs.widen(model.footprint(false), &standing);
            assert_eq!(places(&ribs, 0.55, -0.55), (0..RIBS).collect::<Vec<_>>(), "{sign}");
        }
    }

    #[test]
    fn the_outer_side_of_a_curve_is_widened_by_what_a_straight_line_cuts_off() {
        // Two cuts 1.2 m apart with a turn of sin 0.6 between them; along a straight line there is nothing to cut.
        let one = Pose { x: 1.0, y: 2.0, cos: 0.8, sin: 0.6 };
        let left = Pose { x: 2.0, y: 2.5, cos: 0.28, sin: 0.96 };
        // From 0.5 m right of the one, (1.3, 1.6), to 0.5 m right of the other, (2.48, 2.36).
        let bow = 1.18_f64.hypot(0.76) * 0.6 / 8.0;
        let rounded = |sign, from: Pose, to: Pose| {
            let mut ribs = straight_ribs(sign, 0.0, 1.0);
            for (place, rib) in ribs.cuts.iter_mut().enumerate() {
                *rib = Rib { middle: if place < 6 { from } else { to }, left: 0.25, right: -0.5 };
            }
            ribs.round_off();
            ribs.cuts.map(|rib| (rib.left, rib.right))
        };
        let plain = (0.25, -0.5);
        let wider = rounded(1.0, one, left);
        assert_eq!((wider[4], wider[7]), (plain, plain));
        for (left, right) in [wider[5], wider[6]] {
            assert!(left == 0.25 && (right + 0.5 + bow).abs() < 1e-12, "{left} {right}");
        }
        // The other way about the left is outside: from (0.85, 2.2) to (1.76, 2.57).
        let bow = 0.91_f64.hypot(0.37) * 0.6 / 8.0;
        for cuts in [rounded(1.0, left, one), rounded(-1.0, one, left)] {
            assert_eq!((cuts[4], cuts[7]), (plain, plain));
            for (left, right) in [cuts[5], cuts[6]] {
                assert!(right == -0.5 && (left - 0.25 - bow).abs() < 1e-12, "{left} {right}");
            }
        }
    }

    #[test]
    fn a_place_along_the_way_lies_on_its_arcs_and_straight_on_before_and_after() {
        for sign in [1.0, -1.0] {
            let track = curve(Pose::ORIGIN, sign, 2, 2.0);
            let at = |way| along(&track, way, sign);
            assert_near(at(-0.25), Pose::new(sign * -0.25, 0.0, 0.0));
            assert_near(at(0.0), Pose::ORIGIN);
            // A circle of half a metre: 0.1 m are 0.2 rad.
            let on_the_circle = |way: f64| {
                let turn = sign * way / 0.5;
                Pose::new(0.5 * turn.sin(), 0.5 * (1.0 - turn.cos()), turn)
            };
            for way in [0.04, 0.1, 0.13, 0.2] {
                assert_near(at(way), on_the_circle(way));
            }
            let end = on_the_circle(0.2);
            assert_near(at(0.45), Pose { x: end.x + sign * 0.25 * end.cos, y: end.y + sign * 0.25 * end.sin, ..end });
        }
    }

    /// Steps of a tenth on a circle.
    fn curve(start: Pose, sign: f64, steps: u8, curvature: f64) -> Track {
        let mut track = Track::new();
        track.begin(start);
        let ds = sign * 0.1;
        let dtheta = ds * curvature;
        let mut pose = start;
        for step in 1..=steps {
            pose = pose.moved(ds, dtheta);
            let travelled = 0.1 * f64::from(step);
            let step = Step { pose, steering: 0.0, seconds: travelled, travelled, ds, dtheta, bend: 0.0, speed: 1.0 };
            track.push(step).expect("not too many");
        }
        track
    }

    fn straight(start: Pose, sign: f64, steps: u8) -> Track {
        curve(start, sign, steps, 0.0)
    }

    /// Ribs across the x axis.
    fn straight_ribs(sign: f64, from: f64, pitch: f64) -> Ribs {
        let mut cuts = [Rib { middle: Pose::ORIGIN, left: 0.0, right: 0.0 }; RIBS];
        let mut way = from;
        for rib in &mut cuts {
            rib.middle.x = sign * way;
            way += pitch;
        }
        Ribs { cuts, sign, pitch, from }
    }

    /// The ribs that reach this far; the others reach nowhere.
    fn places(ribs: &Ribs, left: f64, right: f64) -> Vec<usize> {
        let reaches = |rib: &Rib| (rib.left - left).abs() < 1e-12 && (rib.right - right).abs() < 1e-12;
        assert!(ribs.cuts.iter().all(|rib| reaches(rib) || (rib.left, rib.right) == (0.0, 0.0)), "{:?}", ribs.cuts);
        (0..RIBS).filter(|place| reaches(&ribs.cuts[*place])).collect()
    }

    fn holds(polygon: &[(f64, f64)], x: f64, y: f64) -> bool {
        let next = polygon.iter().cycle().skip(1);
        let crossed = |(from, to): &(&(f64, f64), &(f64, f64))| {
            (from.1 > y) != (to.1 > y) && x < from.0 + (y - from.1) / (to.1 - from.1) * (to.0 - from.0)
        };
        polygon.iter().zip(next).filter(crossed).count() % 2 == 1
    }

    #[track_caller]
    fn assert_near(pose: Pose, expected: Pose) {
        let off = [pose.x - expected.x, pose.y - expected.y, pose.cos - expected.cos, pose.sin - expected.sin];
        assert!(off.iter().all(|off| off.abs() < 2e-6), "{pose:?} instead of {expected:?}");
    }
}
