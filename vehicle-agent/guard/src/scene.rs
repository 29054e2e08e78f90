//! What the scanners see, once a scan brought to one frame: the vehicle's own when the newest scan came in.

use crate::geometry::Pose;
use crate::grid::Grid;
use crate::model::Model;
use crate::settings::Settings;
use crate::situation::{KeepClear, OdometryPose, PlacePoint, Scan, Situation, milli};
use crate::track::Refusal;
use farhand_protocol::MonoTime;

/// Points, fence and keep-clear zones around the vehicle.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    /// Where the frame lies.
    pub(crate) anchor: OdometryPose,
    /// What the map explains.
    pub(crate) mapped: Grid,
    /// What it does not.
    pub(crate) unmapped: Grid,
    /// Sides of the geofence.
    pub(crate) fence: Vec<((f64, f64), (f64, f64))>,
    /// Zones in which the vehicle should not come to rest: their middle with the direction of their length, and their halves.
    pub(crate) zones: Vec<(Pose, f64, f64)>,
    /// Age of the oldest scan.
    pub(crate) scan_age: f64,
    /// The vehicle now.
    pub(crate) vehicle: Pose,
    known: Result<(), Refusal>,
    built_from: [Option<(MonoTime, usize)>; MOST_SCANNERS],
    fits: bool,
}

impl Scene {
    pub(crate) fn new(model: &Model, settings: &Settings) -> Self {
        let reach = RANGE + model.radius() + GROWTH_M + model.max_speed * settings.scan_lost_after.as_secs_f64();
        Self {
            anchor: OdometryPose::default(),
            mapped: Grid::new(reach, settings.most_points),
            unmapped: Grid::new(reach, settings.most_points),
            fence: Vec::with_capacity(MOST_SIDES),
            zones: Vec::with_capacity(MOST_ZONES),
            scan_age: 0.0,
            vehicle: Pose::ORIGIN,
            known: Err(Refusal::ScanUnknown),
            built_from: [None; MOST_SCANNERS],
            fits: false,
        }
    }

    /// Ready to be swept, or why not.
    pub(crate) fn known(&self) -> Result<(), Refusal> {
        self.known
    }

    /// Takes a situation in; the points are sorted anew only if a scan is new.
    pub(crate) fn update(&mut self, settings: &Settings, now: MonoTime, situation: &Situation<'_>) {
        let mut stamps = [None; MOST_SCANNERS];
        for (stamp, scan) in stamps.iter_mut().zip(situation.scans) {
            *stamp = Some((scan.at, scan.points.len()));
        }
        if stamps != self.built_from || situation.scans.is_empty() {
            self.built_from = stamps;
            self.anchor = situation.pose;
            self.sort(situation.scans);
        }
        self.vehicle = self.anchor.sees(situation.pose);
        self.mark_zones(situation.keep_clear);
        let fenced = self.mark_fence(situation.fence);
        self.scan_age = situation.scans.iter().map(|scan| now.since(scan.at).as_secs_f64()).fold(0.0, f64::max);
        let fresh = situation.scans.iter().all(|scan| scan.whole && now.since(scan.at) <= settings.scan_lost_after);
        let complete = (settings.scanners..=MOST_SCANNERS).contains(&situation.scans.len());
        self.known = match () {
            () if !(fresh && complete && self.fits) => Err(Refusal::ScanUnknown),
            () if !fenced => Err(Refusal::Fence),
            () => Ok(()),
        };
    }

    fn sort(&mut self, scans: &[Scan<'_>]) {
        self.mapped.clear();
        self.unmapped.clear();
        self.fits = true;
        for scan in scans {
            let scanner = self.anchor.sees(scan.pose);
            for point in scan.points {
                let (x, y) = scanner.outside(milli(point.x_mm), milli(point.y_mm));
                let grid = if point.mapped { &mut self.mapped } else { &mut self.unmapped };
                self.fits &= grid.insert(x, y);
            }
        }
    }

    fn mark_zones(&mut self, zones: &[KeepClear]) {
        self.zones.clear();
        for zone in zones.iter().take(MOST_ZONES) {
            let (x, y) = self.anchor.sees_point(zone.centre);
            let heading = OdometryPose { heading_urad: i64::from(zone.heading_mrad) * 1000, ..self.anchor };
            let turned = self.anchor.sees(heading);
            self.zones.push((Pose { x, y, ..turned }, milli(zone.half_length_mm), milli(zone.half_width_mm)));
        }
    }

    /// False if the vehicle is outside, or the fence has more sides than fit.
    fn mark_fence(&mut self, fence: &[PlacePoint]) -> bool {
        self.fence.clear();
        if fence.len() < 3 {
            return true;
        }
        let mut inside = false;
        let ends = fence.iter().skip(1).chain(fence.first());
        for (from, to) in fence.iter().zip(ends).take(MOST_SIDES) {
            let (from, to) = (self.anchor.sees_point(*from), self.anchor.sees_point(*to));
            let at = &self.vehicle;
            // A ray to the right crosses the sides of a polygon an odd number of times from inside.
            if (from.1 > at.y) != (to.1 > at.y) && at.x < from.0 + (at.y - from.1) / (to.1 - from.1) * (to.0 - from.0) {
                inside = !inside;
            }
            self.fence.push((from, to));
        }
        inside && fence.len() <= MOST_SIDES
    }
}

/// Farthest that a free way is looked for.
pub(crate) const RANGE: f64 = 8.0;
/// What clearance, steps and margins add to the reach of a sweep.
const GROWTH_M: f64 = 1.0;
const MOST_SCANNERS: usize = 4;
const MOST_SIDES: usize = 64;
const MOST_ZONES: usize = 8;
