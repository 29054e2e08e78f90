//! The floor that a stop sweeps, as a polygon to be shown.

use crate::geometry::Pose;
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
                let middle = 0.5 * (part.x0 + part.x1);
                // Abreast of the axle the inner side touches what it sweeps.
                let axle = 0.0_f64.max(part.x0).min(part.x1);
                for ahead in [part.x0, 0.5 * (part.x0 + middle), middle, 0.5 * (middle + part.x1), part.x1, axle] {
                    for left in [part.y0, part.y1] {
                        self.take_in(pose.outside(ahead, left), travelled + self.sign * ahead);
                    }
                }
            }
        }
        self.round_off();
    }

    /// Widens the two ribs next to a point that lies at about `guess` along the way.
    fn take_in(&mut self, point: (f64, f64), guess: f64) {
        let place = ((guess - self.from) / self.pitch).clamp(0.0, LAST_RIB - 1e-9);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 11")]
        let mut place = place as usize;
        // The guess is along the vehicle; the way may bend meanwhile.
        while place > 0 && self.ahead_of(place, point) < 0.0 {
            place -= 1;
        }
        while place + 2 < RIBS && self.ahead_of(place + 1, point) > 0.0 {
            place += 1;
        }
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

const RIBS: usize = MOST_CORNERS / 2;
const LAST_RIB: f64 = 11.0;
