//! What the guard is told: the study's sight in the guard's whole numbers.

use crate::controller::Sight;
use crate::eyes;
use crate::ride::TICK;
use farhand_guard::{Command, KeepClear, OdometryPose, PlacePoint, Scan, ScanPoint, Situation};
use farhand_protocol::MonoTime;
use farhand_site::Zone;
use farhand_world::{Drive, Place};

/// What has been told so far and need not be put into numbers again.
#[derive(Debug)]
pub(super) struct Told {
    swept: [Option<Swept>; 2],
    seen_once: [bool; 2],
    way: Vec<PlacePoint>,
    laid: Option<MonoTime>,
    zones: Vec<KeepClear>,
    last: Drive,
    last_at: MonoTime,
}

/// One sweep.
#[derive(Debug)]
struct Swept {
    taken: MonoTime,
    whole: bool,
    pose: OdometryPose,
    points: Vec<ScanPoint>,
}

impl Told {
    pub(super) fn new(sight: &Sight<'_>) -> Self {
        Self {
            swept: [None, None],
            seen_once: [false; 2],
            way: Vec::new(),
            laid: None,
            zones: Vec::new(),
            last: sight.last()[0],
            last_at: before(sight.now()),
        }
    }

    /// Takes in what is new.
    pub(super) fn look(&mut self, sight: &mut Sight<'_>) {
        for ((slot, once), scan) in self.swept.iter_mut().zip(&mut self.seen_once).zip(sight.scans()) {
            *once |= scan.is_some();
            match scan {
                None => *slot = None,
                Some(scan) if slot.as_ref().is_some_and(|swept| swept.taken == scan.sweep.taken) => {}
                Some(scan) => *slot = Some(Swept::of(scan)),
            }
        }
        let corridor = sight.corridor();
        if self.laid != Some(corridor.laid) {
            self.laid = Some(corridor.laid);
            // Without a plan the guard goes by the way just driven.
            let points = if corridor.extrapolated { &[][..] } else { &corridor.points[..] };
            self.way = points.iter().map(|&at| place_point(at)).collect();
        }
        if self.last != sight.last()[0] {
            (self.last, self.last_at) = (sight.last()[0], before(sight.now()));
        }
        self.zones = zones(sight);
    }

    /// True as soon as both scanners have spoken.
    pub(super) fn sees_all(&self) -> bool {
        self.seen_once == [true; 2]
    }

    /// Puts a question in the present situation.
    pub(super) fn ask<T>(&self, sight: &Sight<'_>, ask: impl FnOnce(MonoTime, &Situation<'_>) -> T) -> T {
        let nothing = Scan { at: MonoTime(0), pose: OdometryPose::default(), whole: false, points: &[] };
        let mut scans = [nothing; 2];
        let mut count = 0;
        for swept in self.swept.iter().flatten() {
            scans[count] = Scan { at: swept.taken, pose: swept.pose, whole: swept.whole, points: &swept.points };
            count += 1;
        }
        let vehicle = sight.vehicle();
        let situation = Situation {
            scans: &scans[..count],
            pose: odometry(&sight.reckoned()),
            speed_mm_s: thousandths(sight.speed_mps()),
            steering_mrad: thousandths(sight.steering_rad()),
            fork_mm: thousandths(vehicle.fork_m),
            loaded: vehicle.load.is_some(),
            last: command(&self.last),
            last_at: self.last_at,
            heard_at: sight.heard_at(),
            asked_mm_s: command(&self.last).speed_mm_s,
            creep: false,
            way: &self.way,
            keep_clear: &self.zones,
            fence: &[],
        };
        ask(sight.now(), &situation)
    }
}

impl Swept {
    fn of(scan: &eyes::Scan) -> Self {
        let point = |point: &eyes::ScanPoint| ScanPoint {
            x_mm: thousandths(point.ahead_m),
            y_mm: thousandths(point.left_m),
            mapped: point.mapped,
        };
        let points = scan.points.iter().map(point).collect();
        Self { taken: scan.sweep.taken, whole: scan.sweep.whole, pose: odometry(&scan.reckoned), points }
    }
}

/// The nearest zones, from the map into the frame of the wheels; none while localisation is lost.
fn zones(sight: &Sight<'_>) -> Vec<KeepClear> {
    let Some(believed) = sight.believed() else { return Vec::new() };
    let turned = sight.reckoned().heading_rad - believed.heading_rad;
    let distance = |zone: &Zone| {
        let (x, y) = zone.middle();
        (x - believed.x_m).hypot(y - believed.y_m)
    };
    let mut near: Vec<&Zone> = sight.zones().iter().filter(|zone| distance(zone) < ZONES_WITHIN_M).collect();
    near.sort_by(|one, two| distance(one).total_cmp(&distance(two)));
    let told = |zone: &Zone| {
        Some(KeepClear {
            centre: place_point(sight.reckoned_from_map(zone.middle())?),
            heading_mrad: thousandths(turned),
            half_length_mm: thousandths((zone.high.0 - zone.low.0) / 2.0),
            half_width_mm: thousandths((zone.high.1 - zone.low.1) / 2.0),
        })
    };
    near.into_iter().take(MOST_ZONES).filter_map(told).collect()
}

/// A command as the machine gets it.
pub(super) fn command(drive: &Drive) -> Command {
    Command {
        speed_mm_s: thousandths(drive.speed_mps),
        accel_mm_s2: thousandths(drive.accel_mps2),
        brake_mm_s2: thousandths(drive.brake_mps2),
        steering_mrad: thousandths(drive.steering_rad),
        lift_mm_s: thousandths(drive.lift_mps),
    }
}

/// Commands are given at the beginning of a tick.
fn before(now: MonoTime) -> MonoTime {
    MonoTime(now.0.saturating_sub(u64::try_from(TICK.as_micros()).unwrap_or(0)))
}

fn place_point((x, y): (f64, f64)) -> PlacePoint {
    PlacePoint { x_mm: thousandths(x), y_mm: thousandths(y) }
}

#[expect(clippy::cast_possible_truncation, reason = "a float to integer cast saturates")]
fn odometry(place: &Place) -> OdometryPose {
    let micro = |value: f64| (value * 1e6).round() as i64;
    OdometryPose { x_um: micro(place.x_m), y_um: micro(place.y_m), heading_urad: micro(place.heading_rad) }
}

#[expect(clippy::cast_possible_truncation, reason = "a float to integer cast saturates")]
pub(super) fn thousandths(value: f64) -> i32 {
    (value * 1000.0).round() as i32
}

/// As many as the guard looks at, and as far as a stop may lead with the truck's length.
const MOST_ZONES: usize = 8;
const ZONES_WITHIN_M: f64 = 12.0;
