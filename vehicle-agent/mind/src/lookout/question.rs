//! What the learned policy is asked with: what the vehicle knows at one instant, as the model was given it in training.

use super::Sweep;
use farhand_drive::MachineReport;
use farhand_guard::{Command, Corner, OdometryPose};
use farhand_protocol::MonoTime;
use farhand_senses::{Beams, Features, LinkReason, Senses, Told, ZoneAhead};
use std::collections::VecDeque;
use std::time::Duration;

/// What must be remembered from one question to the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    /// The last three different commands to the actuators, newest first.
    told: [Told; 3],
    /// When the machine was heard last, and how fast it was.
    speed: Option<(MonoTime, i32)>,
    /// What the scanners saw lately, in the odometry frame in metres, newest last.
    seen: VecDeque<(MonoTime, Vec<(f64, f64)>)>,
}

/// The present, as the lookout has it.
pub(super) struct Present<'a> {
    pub(super) sweeps: &'a [Sweep],
    /// When the oldest of them was taken.
    pub(super) scan_at: MonoTime,
    pub(super) pose: OdometryPose,
    pub(super) report: &'a MachineReport,
    pub(super) wheelbase_m: f64,
    /// Deceleration and sideways acceleration that the load allows.
    pub(super) limits_mm_s2: (i32, i32),
    /// The way the vehicle is on, and whether it is only thought on.
    pub(super) way: ([Corner; 6], bool),
    pub(super) loaded: bool,
    /// The next zone to be kept clear.
    pub(super) keep_clear: Option<ZoneAhead>,
}

impl Memory {
    /// A command left for the machine.
    pub(super) fn note(&mut self, command: &Command) {
        let told = Told { speed_mps: si(command.speed_mm_s), steering_rad: si(command.steering_mrad) };
        if told != self.told[0] {
            self.told = [told, self.told[0], self.told[1]];
        }
    }

    /// The machine is gone: what was seen and measured is worth nothing.
    pub(super) fn forget(&mut self) {
        self.speed = None;
        self.seen.clear();
    }

    /// The row for now, "as if the link were lost now"; none if a number of it is none.
    pub(super) fn features(&mut self, present: &Present<'_>) -> Option<Features> {
        let report = present.report;
        let points: Vec<(f64, f64)> = present.sweeps.iter().flat_map(on_the_floor).collect();
        let beams = beams(&points, present.pose);
        let beams_before = self.seen_before(present.scan_at).map(|points| self::beams(points, present.pose));
        self.remember(present.scan_at, points);
        let (decel, lateral) = present.limits_mm_s2;
        let steering_rad = f64::from(report.steering_mrad) / 1000.0;
        let (way, corridor_extrapolated) = present.way;
        let senses = Senses {
            beams,
            beams_before,
            speed_mps: si(report.speed_mm_s),
            curvature_per_m: narrow(steering_rad.tan() / present.wheelbase_m),
            decel_mps2: self.decel_mps2(report),
            told: self.told,
            loaded: present.loaded,
            mast_m: si(report.fork_mm),
            safe_decel_mps2: si(decel),
            safe_lateral_mps2: si(lateral),
            corridor_m: way.map(|corner| (si(corner.x_mm), si(corner.y_mm))),
            corridor_extrapolated,
            keep_clear: present.keep_clear,
            since_event_s: 0.0,
            reason: LinkReason::Silence,
        };
        Features::of(&senses).ok()
    }

    /// What was seen the motion cue's time before, or as soon before that as there is.
    fn seen_before(&self, now: MonoTime) -> Option<&[(f64, f64)]> {
        let older = self.seen.iter().rev().find(|(at, _)| now.since(*at) >= MOTION_OVER);
        older.map(|(_, points)| points.as_slice())
    }

    fn remember(&mut self, at: MonoTime, points: Vec<(f64, f64)>) {
        if self.seen.back().is_some_and(|(last, _)| *last >= at) {
            return;
        }
        self.seen.push_back((at, points));
        while self.seen.len() > REMEMBERED {
            self.seen.pop_front();
        }
    }

    fn decel_mps2(&mut self, report: &MachineReport) -> f32 {
        let before = self.speed.replace((report.at, report.speed_mm_s));
        let Some((at, speed_mm_s)) = before.filter(|(at, _)| report.at > *at) else { return 0.0 };
        let slower = f64::from(speed_mm_s.saturating_abs()) - f64::from(report.speed_mm_s.saturating_abs());
        narrow((slower / 1000.0 / report.at.since(at).as_secs_f64()).max(0.0))
    }
}

/// The returns of a sweep in the odometry frame.
fn on_the_floor(sweep: &Sweep) -> impl Iterator<Item = (f64, f64)> {
    let (x, y, (sin, cos)) = place(sweep.pose);
    sweep.points.iter().map(move |point| {
        let (ahead, left) = (f64::from(point.x_mm) / 1000.0, f64::from(point.y_mm) / 1000.0);
        (x + cos * ahead - sin * left, y + sin * ahead + cos * left)
    })
}

fn beams(points: &[(f64, f64)], pose: OdometryPose) -> Beams {
    let (x, y, (sin, cos)) = place(pose);
    Beams::of(points.iter().map(|point| {
        let (dx, dy) = (point.0 - x, point.1 - y);
        (narrow(cos * dx + sin * dy), narrow(cos * dy - sin * dx))
    }))
}

#[expect(clippy::cast_precision_loss, reason = "a vehicle that drove for years is a few million metres away")]
fn place(pose: OdometryPose) -> (f64, f64, (f64, f64)) {
    (pose.x_um as f64 / 1e6, pose.y_um as f64 / 1e6, (pose.heading_urad as f64 / 1e6).sin_cos())
}

/// From thousandths to SI.
fn si(thousandths: i32) -> f32 {
    narrow(f64::from(thousandths) / 1000.0)
}

#[expect(clippy::cast_possible_truncation, reason = "metres, seconds and radians around one vehicle")]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// The motion cue (safety.md 3.1).
const MOTION_OVER: Duration = Duration::from_millis(100);
/// Questions are 50 ms apart: the oldest of these is older than the cue.
const REMEMBERED: usize = 4;
