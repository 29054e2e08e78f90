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

#[cfg(test)]
pub(crate) mod tests_support {
    use super::{Model, Scene, Settings};
    use crate::model::tests_support::profile;

    /// A vehicle on a free floor, and what is put on it.
    pub(crate) struct Floor {
        pub(crate) model: Model,
        pub(crate) settings: Settings,
        pub(crate) scene: Scene,
    }

    impl Floor {
        pub(crate) fn of(text: &str) -> Self {
            let profile = profile(text);
            let (model, settings) = (Model::from_profile(&profile), Settings::from_profile(&profile));
            Self { scene: Scene::new(&model, &settings), model, settings }
        }

        pub(crate) fn with_things(mut self, points: &[(f64, f64)]) -> Self {
            assert!(points.iter().all(|&(x, y)| self.scene.mapped.insert(x, y)));
            self
        }

        pub(crate) fn with_people(mut self, points: &[(f64, f64)]) -> Self {
            assert!(points.iter().all(|&(x, y)| self.scene.unmapped.insert(x, y)));
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tests_support::Floor;
    use super::*;
    use crate::geometry::Rect;
    use crate::situation::ScanPoint;
    use crate::situation::tests_support::quiet;

    const NOW: MonoTime = MonoTime(10_000_000);

    fn site() -> Floor {
        Floor::of("[guard]\nmost_points = 256")
    }

    impl Floor {
        fn known(&mut self, situation: &Situation<'_>) -> Result<(), Refusal> {
            self.scene.update(&self.settings, NOW, situation);
            self.scene.known()
        }

        /// With this fence, the vehicle at `pose` and two good scans.
        fn fenced(&mut self, fence: &[PlacePoint], x_mm: i64, y_mm: i64) -> Result<(), Refusal> {
            self.known(&Situation { scans: &[scan(NOW, &[]), scan(NOW, &[])], fence, pose: at(x_mm, y_mm), ..quiet() })
        }
    }

    fn at(x_mm: i64, y_mm: i64) -> OdometryPose {
        OdometryPose { x_um: 1000 * x_mm, y_um: 1000 * y_mm, heading_urad: 0 }
    }

    fn scan(at: MonoTime, points: &[ScanPoint]) -> Scan<'_> {
        Scan { at, pose: OdometryPose::default(), whole: true, points }
    }

    fn point(x_mm: i32, y_mm: i32, mapped: bool) -> ScanPoint {
        ScanPoint { x_mm, y_mm, mapped }
    }

    fn fence(corners: &[(i32, i32)]) -> Vec<PlacePoint> {
        corners.iter().map(|&(x_mm, y_mm)| PlacePoint { x_mm, y_mm }).collect()
    }

    fn held(grid: &Grid) -> Vec<(f64, f64)> {
        let mut held = Vec::new();
        grid.near(&Pose::ORIGIN, &Rect { x0: -9.0, x1: 9.0, y0: -9.0, y1: 9.0 }, |x, y| {
            held.push((x, y));
            true
        });
        held
    }

    #[test]
    fn it_is_known_only_by_fresh_and_whole_scans_of_every_scanner() {
        assert_eq!(site().scene.known(), Err(Refusal::ScanUnknown), "before the first scan");
        let good = scan(NOW, &[]);
        let (just, old) = (scan(MonoTime(NOW.0 - 150_000), &[]), scan(MonoTime(NOW.0 - 150_001), &[]));
        let dirty = Scan { whole: false, ..good };
        let unknown = Err(Refusal::ScanUnknown);
        let cases: [(&[Scan<'_>], Result<(), Refusal>); 10] = [
            (&[good, good], Ok(())),
            (&[good, just], Ok(())),
            (&[good, good, good, good], Ok(())),
            (&[], unknown),
            (&[good], unknown),
            (&[good, good, good, good, good], unknown),
            (&[good, old], unknown),
            (&[old, good], unknown),
            (&[good, dirty], unknown),
            (&[dirty, good], unknown),
        ];
        for (index, (scans, known)) in cases.into_iter().enumerate() {
            let mut site = site();
            assert_eq!(site.known(&Situation { scans, ..quiet() }), known, "case {index}");
        }
        let mut aged = site();
        assert_eq!(aged.known(&Situation { scans: &[just, good], ..quiet() }), Ok(()));
        assert_eq!(aged.scene.scan_age, 0.15, "the oldest counts");
    }

    #[test]
    fn a_scan_with_more_points_than_fit_is_no_scan() {
        let many = vec![point(2000, 100, true); 257];
        let mut site = site();
        let other = [point(3000, 100, true)];
        for (points, known) in [(&many[..256], Ok(())), (&many[..], Err(Refusal::ScanUnknown)), (&many[..256], Ok(()))] {
            assert_eq!(site.known(&Situation { scans: &[scan(NOW, points), scan(NOW, &[])], ..quiet() }), known);
        }
        // One point that fits after one that does not.
        let scans = [scan(NOW, &many), scan(MonoTime(NOW.0 - 1), &other)];
        let split = [scan(NOW, &many), Scan { points: &[point(90_000, 0, true)], ..scans[1] }];
        assert_eq!(site.known(&Situation { scans: &scans, ..quiet() }), Err(Refusal::ScanUnknown));
        assert_eq!(
            site.known(&Situation { scans: &split, ..quiet() }),
            Err(Refusal::ScanUnknown),
            "what is too far away always fits"
        );
    }

    #[test]
    fn the_frame_stays_with_a_scan_and_moves_with_a_new_one() {
        let mut site = site();
        let points = [point(2000, 500, true), point(3000, -500, false)];
        // Taken a metre back, with the vehicle turned to the left.
        let pose = OdometryPose { x_um: -1_000_000, y_um: 0, heading_urad: 500_000 };
        let mut scans = [Scan { pose, ..scan(NOW, &points) }, scan(NOW, &[])];
        let (sin, cos) = 0.5_f64.sin_cos();
        assert_eq!(site.known(&Situation { scans: &scans, ..quiet() }), Ok(()));
        let near = |found: &[(f64, f64)], x: f64, y: f64| {
            assert!(found.len() == 1 && (found[0].0 - x).abs() < 1e-9 && (found[0].1 - y).abs() < 1e-9, "{found:?}");
        };
        near(&held(&site.scene.mapped), -1.0 + 2.0 * cos - 0.5 * sin, 2.0 * sin + 0.5 * cos);
        near(&held(&site.scene.unmapped), -1.0 + 3.0 * cos + 0.5 * sin, 3.0 * sin - 0.5 * cos);
        // The vehicle moves on within the frame of the same scans.
        assert_eq!(site.known(&Situation { scans: &scans, pose: at(300, 40), ..quiet() }), Ok(()));
        assert_eq!((site.scene.anchor, site.scene.vehicle.x, site.scene.vehicle.y), (at(0, 0), 0.3, 0.04));
        near(&held(&site.scene.mapped), -1.0 + 2.0 * cos - 0.5 * sin, 2.0 * sin + 0.5 * cos);
        // A new one brings a new frame, and what the old one saw is gone.
        scans[0].at = MonoTime(NOW.0 - 1);
        scans[0].points = &points[..1];
        assert_eq!(site.known(&Situation { scans: &scans, pose: at(300, 40), ..quiet() }), Ok(()));
        assert_eq!((site.scene.anchor, site.scene.vehicle), (at(300, 40), Pose::ORIGIN));
        near(&held(&site.scene.mapped), -1.3 + 2.0 * cos - 0.5 * sin, 2.0 * sin + 0.5 * cos - 0.04);
        assert!(held(&site.scene.unmapped).is_empty());
    }

    #[test]
    fn without_a_scan_the_frame_is_that_of_the_vehicle() {
        let mut site = site();
        for pose in [at(500, 0), at(700, 100)] {
            assert_eq!(site.known(&Situation { pose, ..quiet() }), Err(Refusal::ScanUnknown));
            assert_eq!((site.scene.anchor, site.scene.vehicle), (pose, Pose::ORIGIN));
        }
    }

    #[test]
    fn a_zone_lies_where_its_middle_is_and_along_its_heading() {
        let mut site = site();
        let centre = PlacePoint { x_mm: 3000, y_mm: 1000 };
        let zone = KeepClear { centre, heading_mrad: 700, half_length_mm: 2500, half_width_mm: 400 };
        let pose = OdometryPose { heading_urad: 200_000, ..at(1000, 500) };
        let _ = site.known(&Situation { keep_clear: &[zone; 9], pose, ..quiet() });
        assert_eq!(site.scene.zones.len(), 8, "no more are kept");
        let (middle, length, width) = site.scene.zones[0];
        let (sin, cos) = 0.2_f64.sin_cos();
        assert!(
            (middle.x - (2.0 * cos + 0.5 * sin)).abs() < 1e-9 && (middle.y - (0.5 * cos - 2.0 * sin)).abs() < 1e-9,
            "{middle:?}"
        );
        assert!((middle.sin - 0.5_f64.sin()).abs() < 1e-9 && (middle.cos - 0.5_f64.cos()).abs() < 1e-9, "{middle:?}");
        assert_eq!((length, width), (2.5, 0.4));
    }

    #[test]
    fn two_corners_are_no_fence_and_more_than_sixty_four_do_not_fit() {
        let mut site = site();
        let far = fence(&[(5000, 5000), (6000, 5000), (6000, 6000), (5000, 6000)]);
        for (count, known, sides) in [(0, Ok(()), 0), (2, Ok(()), 0), (3, Err(Refusal::Fence), 3), (4, Err(Refusal::Fence), 4)] {
            assert_eq!(site.fenced(&far[..count], 0, 0), known, "{count} corners");
            assert_eq!(site.scene.fence.len(), sides);
        }
        // The right side of a square, cut into many.
        let square = |count: i32| {
            let right = (0..count - 2).map(|step| (5000, -5000 + 100 * step));
            fence(&right.chain([(-5000, 5000), (-5000, -5000)]).collect::<Vec<_>>())
        };
        assert_eq!(site.fenced(&square(64), 0, 0), Ok(()));
        assert_eq!(site.fenced(&square(65), 0, 0), Err(Refusal::Fence));
        let unseen = site.known(&Situation { fence: &far, ..quiet() });
        assert_eq!(unseen, Err(Refusal::ScanUnknown), "without a scan the fence does not matter");
    }

    #[test]
    fn inside_a_slanted_fence_is_up_to_its_sides() {
        let mut site = site();
        // At y = 1 the sides are crossed at -3.857 and 5.286, at y = -1 at -4.429 and 4.429.
        let slanted = fence(&[(-5000, -3000), (4000, -2000), (7000, 5000), (-3000, 4000)]);
        let backwards: Vec<_> = slanted.iter().rev().copied().collect();
        let (inside, outside) = (Ok(()), Err(Refusal::Fence));
        for fence in [&slanted, &backwards] {
            for (x, y, known) in [
                (0, 0, inside),
                (5280, 1000, inside),
                (5290, 1000, outside),
                (-3850, 1000, inside),
                (-3860, 1000, outside),
                (4420, -1000, inside),
                (4430, -1000, outside),
                (-4420, -1000, inside),
                (-4430, -1000, outside),
                // Between the two lower corners, and the two upper ones.
                (-550, -2500, inside),
                (-450, -2500, outside),
                (2050, 4500, inside),
                (1950, 4500, outside),
                (0, 6000, outside),
                (0, -4000, outside),
            ] {
                assert_eq!(site.fenced(fence, x, y), known, "({x}, {y})");
            }
        }
        assert_eq!(site.scene.fence.len(), 4);
    }

    #[test]
    fn level_with_a_corner_and_on_a_side_the_fence_is_counted_once() {
        let mut site = site();
        let diamond = fence(&[(2000, 0), (0, 2000), (-2000, 0), (0, -2000)]);
        let turned: Vec<_> = diamond.iter().rev().copied().collect();
        for fence in [&diamond, &turned] {
            assert_eq!(site.fenced(fence, 0, 0), Ok(()), "level with two corners");
            assert_eq!(site.fenced(fence, -1999, 0), Ok(()));
            for (x, y) in [(-2001, 0), (2001, 0), (-1, 2000), (-1, -2001)] {
                assert_eq!(site.fenced(fence, x, y), Err(Refusal::Fence), "({x}, {y})");
            }
        }
        let square = fence(&[(-4000, -3000), (0, -3000), (0, 3000), (-4000, 3000)]);
        assert_eq!(site.fenced(&square, 0, 1000), Err(Refusal::Fence), "on the far side is outside");
        assert_eq!(site.fenced(&square, -1, 1000), Ok(()));
    }
}
