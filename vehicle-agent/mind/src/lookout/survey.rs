//! The site's map around the vehicle: which returns it explains, and where its zones and its fence lie for the wheels.
//!
//! Localisation answers in the site's frame, the guard counts in the frame of the wheels. The newest answer joins the two. One that
//! leaps away from what the wheels say may be wrong, and the one before it too: for a while nothing is explained then.

use super::Sweep;
use crate::reckoning::Reckoning;
use farhand_drive::MachineReport;
use farhand_guard::{KeepClear, OdometryPose, PlacePoint};
use farhand_protocol::{MonoTime, Pose};
use farhand_senses::ZoneAhead;
use farhand_site::{SiteMap, Zone};
use std::time::Duration;

/// A site and where the vehicle is on it.
#[derive(Debug, Clone)]
pub(super) struct Survey {
    site: SiteMap,
    fix: Option<Fix>,
    /// Since when each answer agrees with the one before and the wheels; none while there is no answer.
    steady_since: Option<MonoTime>,
    /// The nearest zones, and the fence, in the frame of the wheels.
    pub(super) zones: Vec<KeepClear>,
    pub(super) fence: Vec<PlacePoint>,
}

/// One place in both frames.
#[derive(Debug, Clone, Copy)]
struct Fix {
    at: MonoTime,
    site: Turned,
    wheels: Turned,
}

/// A place and the sine and cosine of its heading.
#[derive(Debug, Clone, Copy)]
struct Turned {
    x_m: f64,
    y_m: f64,
    heading_rad: f64,
    sin: f64,
    cos: f64,
}

impl Survey {
    pub(super) fn of(site: SiteMap) -> Self {
        let (zones, fence) = (Vec::with_capacity(MOST_ZONES), Vec::with_capacity(site.fence().len()));
        Self { site, fix: None, steady_since: None, zones, fence }
    }

    /// A report that the reckoning has taken in.
    pub(super) fn take_report(&mut self, report: &MachineReport, reckoning: &Reckoning) {
        let Some(pose) = report.pose else {
            self.steady_since = None;
            return;
        };
        let fix = Fix { at: report.at, site: Turned::of_site(pose), wheels: Turned::of_wheels(reckoning.now(report.at)) };
        if self.fix.is_some_and(|before| report.at <= before.at) {
            return;
        }
        let leapt = self.fix.is_none_or(|before| fix.leaps_from(&before));
        self.steady_since = if leapt { Some(report.at) } else { self.steady_since.or(Some(report.at)) };
        self.fix = Some(fix);
    }

    /// The machine is gone: nobody knows how the vehicle was moved meanwhile, and the wheels count anew.
    pub(super) fn forget(&mut self) {
        (self.fix, self.steady_since) = (None, None);
        self.zones.clear();
        self.fence.clear();
    }

    /// Says of each return of a sweep whether the map explains it.
    pub(super) fn explain(&self, sweep: &mut Sweep) {
        let Some(fix) = self.settled() else { return };
        let vehicle = fix.on_the_site(&Turned::of_wheels(sweep.pose));
        for point in &mut sweep.points {
            point.mapped = self.site.explains(vehicle.outside(si(point.x_mm), si(point.y_mm)));
        }
    }

    /// Moves zones and fence to where the wheels say that they are. What is known of a fence stays in force without localisation.
    pub(super) fn look_around(&mut self, here: OdometryPose) {
        self.zones.clear();
        let Some(fix) = self.fix else { return };
        self.fence.clear();
        self.fence.extend(self.site.fence().iter().map(|&corner| fix.for_the_wheels(corner)));
        if self.settled().is_none() {
            return;
        }
        let vehicle = fix.on_the_site(&Turned::of_wheels(here));
        let away = |zone: &Zone| {
            let (x, y) = zone.middle();
            (x - vehicle.x_m).hypot(y - vehicle.y_m)
        };
        let mut near: Vec<&Zone> = self.site.zones().iter().filter(|zone| away(zone) < ZONES_WITHIN_M).collect();
        near.sort_by(|one, two| away(one).total_cmp(&away(two)));
        let turned = fix.wheels.heading_rad - fix.site.heading_rad;
        self.zones.extend(near.into_iter().take(MOST_ZONES).map(|zone| KeepClear {
            centre: fix.for_the_wheels(zone.middle()),
            heading_mrad: thousandths(turned.sin().atan2(turned.cos())),
            half_length_mm: thousandths(0.5 * (zone.high.0 - zone.low.0)),
            half_width_mm: thousandths(0.5 * (zone.high.1 - zone.low.1)),
        }));
    }

    /// The zone that the policy is told of.
    pub(super) fn zone_ahead(&self, here: OdometryPose) -> Option<ZoneAhead> {
        let vehicle = self.settled()?.on_the_site(&Turned::of_wheels(here));
        ZoneAhead::nearest(self.site.zones().iter().map(|zone| {
            let corners = zone.corners().map(|corner| vehicle.inside(corner)).map(|(ahead, left)| (narrow(ahead), narrow(left)));
            ZoneAhead::spanning(corners, zone.holds((vehicle.x_m, vehicle.y_m)))
        }))
    }

    /// The newest answer, if localisation has agreed with the wheels for long enough.
    fn settled(&self) -> Option<&Fix> {
        let (fix, since) = (self.fix.as_ref()?, self.steady_since?);
        (fix.at.since(since) >= SETTLED_AFTER).then_some(fix)
    }
}

impl Fix {
    /// True if the way from `before` to here is another one for localisation than for the wheels.
    fn leaps_from(&self, before: &Self) -> bool {
        let expected = before.on_the_site(&self.wheels);
        let turned = self.site.heading_rad - expected.heading_rad;
        let beside_m = (self.site.x_m - expected.x_m).hypot(self.site.y_m - expected.y_m);
        // Whatever is no number is a leap.
        !(beside_m <= LEAP_M && turned.sin().atan2(turned.cos()).abs() <= LEAP_RAD)
    }

    /// A place of the wheels' frame on the site.
    fn on_the_site(&self, place: &Turned) -> Turned {
        let (ahead, left) = self.wheels.inside((place.x_m, place.y_m));
        let (x_m, y_m) = self.site.outside(ahead, left);
        Turned::new(x_m, y_m, self.site.heading_rad + place.heading_rad - self.wheels.heading_rad)
    }

    fn for_the_wheels(&self, point: (f64, f64)) -> PlacePoint {
        let (ahead, left) = self.site.inside(point);
        let (x_m, y_m) = self.wheels.outside(ahead, left);
        PlacePoint { x_mm: thousandths(x_m), y_mm: thousandths(y_m) }
    }
}

impl Turned {
    fn new(x_m: f64, y_m: f64, heading_rad: f64) -> Self {
        let (sin, cos) = heading_rad.sin_cos();
        Self { x_m, y_m, heading_rad, sin, cos }
    }

    fn of_site(pose: Pose) -> Self {
        Self::new(si(pose.x_mm), si(pose.y_mm), si(pose.heading_mrad))
    }

    #[expect(clippy::cast_precision_loss, reason = "a vehicle that drove for years is a few million metres away")]
    fn of_wheels(pose: OdometryPose) -> Self {
        Self::new(pose.x_um as f64 / 1e6, pose.y_um as f64 / 1e6, pose.heading_urad as f64 / 1e6)
    }

    /// A point of the frame as it is seen from here.
    fn inside(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (dx, dy) = (x - self.x_m, y - self.y_m);
        (self.cos * dx + self.sin * dy, self.cos * dy - self.sin * dx)
    }

    /// A point that is seen from here in the frame.
    fn outside(&self, ahead_m: f64, left_m: f64) -> (f64, f64) {
        (self.x_m + self.cos * ahead_m - self.sin * left_m, self.y_m + self.sin * ahead_m + self.cos * left_m)
    }
}

fn si(thousandths: i32) -> f64 {
    f64::from(thousandths) / 1000.0
}

#[expect(clippy::cast_possible_truncation, reason = "metres and radians; the cast saturates")]
fn thousandths(value: f64) -> i32 {
    (value * 1000.0).round() as i32
}

#[expect(clippy::cast_possible_truncation, reason = "metres around one vehicle")]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// As many as the guard looks at.
const MOST_ZONES: usize = 8;
/// Farther than any stop is long, and half a zone.
const ZONES_WITHIN_M: f64 = 15.0;
/// Localisation corrects itself by some centimetres; more in one report is another place.
const LEAP_M: f64 = 0.25;
const LEAP_RAD: f64 = 0.1;
/// So long must it agree with the wheels before the map explains anything.
const SETTLED_AFTER: Duration = Duration::from_millis(500);
