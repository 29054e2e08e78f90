//! Where the vehicle is by its own wheels: a frame that drifts slowly and never jumps, which the guard can count on.

use farhand_drive::MachineReport;
use farhand_guard::OdometryPose;
use farhand_protocol::MonoTime;
use std::time::Duration;

/// Follows the reports of the machine and remembers the last second.
#[derive(Debug, Clone)]
pub(crate) struct Reckoning {
    wheelbase_m: f64,
    place: Place,
    last: Option<MachineReport>,
    trail: [(MonoTime, Place); TRAIL],
    first: usize,
    count: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Place {
    x_m: f64,
    y_m: f64,
    heading_rad: f64,
}

impl Reckoning {
    pub(crate) fn new(wheelbase_m: f64) -> Self {
        let trail = [(MonoTime(0), Place::default()); TRAIL];
        Self { wheelbase_m, place: Place::default(), last: None, trail, first: 0, count: 0 }
    }

    /// Takes a report in. One that is not newer says nothing.
    pub(crate) fn take(&mut self, report: &MachineReport) {
        if let Some(last) = &self.last {
            if report.at <= last.at {
                return;
            }
            let way_um = report.travelled_um.saturating_sub(last.travelled_um).min(MOST_WAY_UM);
            // At the turn from one direction to the other less than a report's way is counted wrong.
            let backward = report.speed_mm_s < 0 || (report.speed_mm_s == 0 && last.speed_mm_s < 0);
            let way_m = f64::from(u32::try_from(way_um).unwrap_or(u32::MAX)) / 1e6;
            let steering_rad = 0.5 * (milli(report.steering_mrad) + milli(last.steering_mrad));
            self.place = self.moved(if backward { -way_m } else { way_m }, steering_rad);
        }
        self.last = Some(*report);
        if let Some(slot) = self.trail.get_mut((self.first + self.count) % TRAIL) {
            *slot = (report.at, self.place);
        }
        if self.count < TRAIL {
            self.count += 1;
        } else {
            self.first = (self.first + 1) % TRAIL;
        }
    }

    /// Forgets what was: after a pause nobody knows how the vehicle was moved meanwhile.
    pub(crate) fn forget(&mut self) {
        (self.last, self.count) = (None, 0);
    }

    /// The newest report.
    pub(crate) fn report(&self) -> Option<&MachineReport> {
        self.last.as_ref()
    }

    /// Where the vehicle is at `now`, rolled on from the newest report.
    pub(crate) fn now(&self, now: MonoTime) -> OdometryPose {
        let Some(last) = &self.last else { return self.place.pose() };
        let since = now.since(last.at).min(LONGEST_ROLL).as_secs_f64();
        self.moved(milli(last.speed_mm_s) * since, milli(last.steering_mrad)).pose()
    }

    /// Where it was at `at`; none if that is before the memory begins.
    pub(crate) fn at(&self, at: MonoTime) -> Option<OdometryPose> {
        let mut later: Option<(MonoTime, Place)> = None;
        for back in 1..=self.count {
            let entry = *self.trail.get((self.first + self.count - back) % TRAIL)?;
            if entry.0 <= at {
                let place = later.map_or(entry.1, |later| entry.1.towards(&later.1, share(entry.0, at, later.0)));
                return Some(place.pose());
            }
            later = Some(entry);
        }
        None
    }

    fn moved(&self, way_m: f64, steering_rad: f64) -> Place {
        let turned = way_m * steering_rad.clamp(-MOST_STEERING, MOST_STEERING).tan() / self.wheelbase_m;
        let heading = self.place.heading_rad + 0.5 * turned;
        Place {
            x_m: self.place.x_m + way_m * heading.cos(),
            y_m: self.place.y_m + way_m * heading.sin(),
            heading_rad: self.place.heading_rad + turned,
        }
    }
}

impl Place {
    fn towards(&self, other: &Self, share: f64) -> Self {
        let between = |from: f64, to: f64| from + share * (to - from);
        Self {
            x_m: between(self.x_m, other.x_m),
            y_m: between(self.y_m, other.y_m),
            heading_rad: between(self.heading_rad, other.heading_rad),
        }
    }

    fn pose(&self) -> OdometryPose {
        OdometryPose { x_um: millionths(self.x_m), y_um: millionths(self.y_m), heading_urad: millionths(self.heading_rad) }
    }
}

/// How far `at` lies from `from` to `to`.
fn share(from: MonoTime, at: MonoTime, to: MonoTime) -> f64 {
    let whole = to.since(from).as_secs_f64();
    if whole > 0.0 { (at.since(from).as_secs_f64() / whole).min(1.0) } else { 0.0 }
}

fn milli(value: i32) -> f64 {
    f64::from(value) / 1000.0
}

#[expect(clippy::cast_possible_truncation, reason = "metres and radians; the cast saturates")]
fn millionths(value: f64) -> i64 {
    (value * 1e6).round() as i64
}

/// Reports of more than a second at 100 a second: scans are a tenth of that old.
const TRAIL: usize = 128;
/// More way than a second at 8 m/s between two reports is a counter that jumped.
const MOST_WAY_UM: u64 = 8_000_000;
/// A report older than this is no ground to roll on; the core stops for less.
const LONGEST_ROLL: Duration = Duration::from_millis(100);
/// The tangent of the steering angle stays finite.
const MOST_STEERING: f64 = 1.5;

#[cfg(test)]
mod tests {
    use super::*;

    fn report(at_ms: u64, travelled_um: u64, speed_mm_s: i32, steering_mrad: i32) -> MachineReport {
        MachineReport {
            seq: 1,
            at: MonoTime(at_ms * 1000),
            travelled_um,
            speed_mm_s,
            steering_mrad,
            fork_mm: 100,
            emergency_stop: false,
            pose: None,
            watchdog_tripped: false,
        }
    }

    #[test]
    fn a_quarter_of_a_circle_and_back_ends_where_it_began() {
        let mut reckoning = Reckoning::new(1.4);
        let steering = 500;
        let radius = 1.4 / 0.5_f64.tan();
        let ticks = 400_u64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small")]
        let way = |tick: u64| (std::f64::consts::FRAC_PI_2 * radius * 1e6 * tick as f64 / ticks as f64) as u64;
        for tick in 0..=ticks {
            reckoning.take(&report(1000 + tick * 10, way(tick), 1000, steering));
        }
        let corner = reckoning.now(MonoTime(5_000_000));
        let near = |value: i64, metres: f64| (value - millionths(metres)).abs() < 500;
        assert!(near(corner.x_um, radius) && near(corner.y_um, radius), "{corner:?}");
        assert!(near(corner.heading_urad, std::f64::consts::FRAC_PI_2), "{corner:?}");
        for tick in 1..=ticks {
            reckoning.take(&report(5000 + tick * 10, way(ticks) + way(tick), -1000, steering));
        }
        let back = reckoning.now(MonoTime(9_000_000));
        assert!(near(back.x_um, 0.0) && near(back.y_um, 0.0) && near(back.heading_urad, 0.0), "{back:?}");
    }

    #[test]
    fn the_past_is_known_for_a_second_between_the_reports_too() {
        let mut reckoning = Reckoning::new(1.4);
        for tick in 0..300 {
            reckoning.take(&report(1000 + tick * 10, tick * 20_000, 2000, 0));
        }
        assert_eq!(reckoning.at(MonoTime(3_905_000)).expect("known").x_um, 5_810_000);
        assert_eq!(reckoning.at(MonoTime(9_000_000)).expect("the newest").x_um, 5_980_000);
        assert!(reckoning.at(MonoTime(2_000_000)).is_none(), "too long ago");
        assert_eq!(reckoning.now(MonoTime(4_000_000)).x_um, 6_000_000, "rolled on for 10 ms");
        assert_eq!(reckoning.now(MonoTime(8_000_000)).x_um, 6_180_000, "for 100 ms at most");
        reckoning.forget();
        assert!(reckoning.at(MonoTime(3_905_000)).is_none() && reckoning.report().is_none());
    }
}
