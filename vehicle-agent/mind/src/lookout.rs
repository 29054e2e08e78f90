//! What the guardian sees around the vehicle: keeps the newest sweep of each scanner, asks the guard, and tells the core.
//!
//! The core decides; the lookout only puts the core's situation to the guard and the guard's answers to the core. It knows no
//! clock and no socket. Without a map, or without a place on it, nothing is explained: every return could be a person.

mod question;
mod survey;

use crate::reckoning::Reckoning;
use farhand_drive::{MachineReport, MachineScan, NO_RETURN, NO_WORD};
use farhand_guard::{
    Allowed, Choice, Command, Corner, Guard, Model, OdometryPose, Proposal, Refusal, Rung, Scan, ScanPoint, ScoreFault, Scores,
    Settings, Situation, Term,
};
use farhand_profile::Profile;
use farhand_protocol::{Corridor, MonoTime, Pose, StopRung};
use farhand_safety::{Core, Drive, Manoeuvre, Surroundings};
use farhand_senses::{Features, SCORES};
use farhand_site::SiteMap;
use question::{Memory, Present};
use std::time::Duration;
use survey::Survey;

/// Eyes of a vehicle with safety scanners.
#[derive(Debug, Clone)]
pub(crate) struct Lookout {
    guard: Guard,
    reckoning: Reckoning,
    /// None on a vehicle that has no map of its site.
    survey: Option<Survey>,
    sweeps: Vec<Sweep>,
    most_points: usize,
    told: (MonoTime, Command),
    proposal: Option<Proposal>,
    /// Path length at the time of the proposal.
    proposed_um: u64,
    next_proposal: MonoTime,
    look_period: Duration,
    /// Nobody was told of the proposal yet.
    untold: bool,
    /// The stop under way was committed.
    committed: bool,
    refused: u64,
    wheelbase_m: f64,
    memory: Memory,
    /// What the policy is to be asked, until somebody fetches it.
    question: Option<(MonoTime, Features)>,
    /// The policy's newest answer. Whether it may be used is for the guard to judge.
    scores: Option<(MonoTime, Vec<f32>)>,
}

/// The newest sweep of one scanner.
#[derive(Debug, Clone, Default)]
struct Sweep {
    at: Option<MonoTime>,
    pose: OdometryPose,
    whole: bool,
    points: Vec<ScanPoint>,
    /// As the unit gave it.
    ranges: Vec<u16>,
    fan: Fan,
}

/// What the core is to be told in one tick.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sight {
    pub(crate) surroundings: Option<Surroundings>,
    pub(crate) manoeuvre: Option<Manoeuvre>,
}

impl Lookout {
    /// Without scanners it has nothing to go by, and says nothing.
    pub(crate) fn of(profile: &Profile) -> Self {
        let most_points = usize::from(profile.guard.most_points);
        let scanners = if profile.scanner.fitted { profile.guard.scanners } else { 0 };
        let sweep = || Sweep {
            points: Vec::with_capacity(most_points),
            ranges: Vec::with_capacity(most_points),
            fan: Fan { directions: Vec::with_capacity(most_points), ..Fan::default() },
            ..Sweep::default()
        };
        Self {
            guard: Guard::new(Model::from_profile(profile), Settings::from_profile(profile)),
            reckoning: Reckoning::new(profile.geometry.wheelbase_m.value()),
            survey: None,
            sweeps: (0..scanners).map(|_| sweep()).collect(),
            most_points,
            told: (MonoTime(0), Command::default()),
            proposal: None,
            proposed_um: 0,
            next_proposal: MonoTime(0),
            look_period: profile.guard.look_period.span(),
            untold: false,
            committed: false,
            refused: 0,
            wheelbase_m: profile.geometry.wheelbase_m.value(),
            memory: Memory::default(),
            question: None,
            scores: None,
        }
    }

    /// Gives it the map of its site.
    pub(crate) fn know(&mut self, site: SiteMap) {
        self.survey = Some(Survey::of(site));
    }

    /// A report of the machine.
    pub(crate) fn take_report(&mut self, report: &MachineReport) {
        self.reckoning.take(report);
        if let Some(survey) = &mut self.survey {
            survey.take_report(report, &self.reckoning);
        }
    }

    /// The machine is gone: what it saw last is worth nothing, and nobody knows how it will be moved.
    pub(crate) fn forget(&mut self) {
        self.reckoning.forget();
        self.survey.iter_mut().for_each(Survey::forget);
        self.proposal = None;
        self.memory.forget();
        self.sweeps.iter_mut().for_each(|sweep| sweep.at = None);
    }

    /// A sweep. False if it cannot be used: of an unknown scanner, of the future, not newer, of a time that nobody remembers, or
    /// the very sweep before although the vehicle moves: that unit shows the past and does not know it.
    pub(crate) fn take_scan(&mut self, now: MonoTime, scan: &MachineScan) -> bool {
        let pose = self.reckoning.at(scan.at);
        let moves = self.reckoning.report().is_some_and(|report| report.speed_mm_s.abs() >= MOVING_MM_S);
        let sweep = self.sweeps.get_mut(usize::from(scan.scanner));
        let (Some(sweep), Some(pose), true) = (sweep, pose, scan.at <= now) else {
            self.refused = self.refused.saturating_add(1);
            return false;
        };
        let frozen = moves && sweep.points.len() >= TELLING_POINTS && scan.ranges.iter().eq(sweep.ranges.iter().copied());
        if frozen || sweep.at.is_some_and(|at| scan.at <= at) {
            self.refused = self.refused.saturating_add(1);
            return false;
        }
        sweep.ranges.clear();
        sweep.ranges.extend(scan.ranges.iter());
        sweep.points.clear();
        let fits = lay_out(scan, &mut sweep.fan, &mut sweep.points, self.most_points);
        (sweep.at, sweep.pose, sweep.whole) = (Some(scan.at), pose, scan.whole && fits);
        if let Some(survey) = &self.survey {
            survey.explain(sweep);
        }
        true
    }

    /// Sweeps that could not be used.
    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }

    /// What was sent to the machine.
    pub(crate) fn note(&mut self, now: MonoTime, drive: &Drive) {
        self.told = (now, command(drive));
        self.guard.note(now, &self.told.1);
        self.memory.note(&self.told.1);
    }

    /// Before a tick of the core: may what is asked for be passed on, or, in a stop, where to?
    pub(crate) fn look(&mut self, now: MonoTime, core: &Core) -> Sight {
        let stop = core.stop_rung();
        self.committed &= stop.is_some();
        let Some(scan_at) = self.scanned_at() else { return Sight::default() };
        match (stop, core.intended(now)) {
            (Some(rung), _) => self.look_in_a_stop(now, core, rung, scan_at),
            (None, Some(intended)) => self.look_at(now, core, &intended, scan_at),
            (None, None) => Sight { surroundings: self.seen(scan_at, None), manoeuvre: None },
        }
    }

    /// After a tick of the core, when its command has left: looks for the best stop if it is time to. A stop that has begun is
    /// driven as it was shown: nobody sees another one in time.
    pub(crate) fn think(&mut self, now: MonoTime, core: &Core) {
        let begun = core.stop_rung().is_some_and(has_a_choice);
        let Some(scan_at) = self.scanned_at().filter(|_| now >= self.next_proposal && !begun) else { return };
        let stands = self.reckoning.report().is_none_or(|report| report.speed_mm_s.abs() < STANDING_MM_S);
        self.next_proposal = now.after(if stands { STANDING_PERIOD } else { self.look_period });
        let here = self.reckoning.now(now);
        self.survey.iter_mut().for_each(|survey| survey.look_around(here));
        let scored = self.scores.take();
        self.proposal = self.ask(now, core, |guard, situation| {
            let scores = scored.as_ref().map(|(at, values)| Scores { at: *at, values });
            guard.consider(now, situation, scores.as_ref())
        });
        self.scores = scored;
        self.untold = true;
        self.proposed_um = self.reckoning.report().map_or(0, |report| report.travelled_um);
        self.question = self.features(now, scan_at).map(|features| (now, features));
    }

    fn features(&mut self, now: MonoTime, scan_at: MonoTime) -> Option<Features> {
        let (report, pose) = (self.reckoning.report()?, self.reckoning.now(now));
        self.memory.features(&Present {
            sweeps: &self.sweeps,
            scan_at,
            pose,
            report,
            wheelbase_m: self.wheelbase_m,
            limits_mm_s2: self.guard.load_limits(report.fork_mm),
            way: self.guard.last_way(),
            loaded: LOADED,
            keep_clear: self.survey.as_ref().and_then(|survey| survey.zone_ahead(pose)),
        })
    }

    /// What the policy is to be asked since the last time, if anything.
    pub(crate) fn question(&mut self) -> Option<(MonoTime, Features)> {
        self.question.take()
    }

    /// The policy's answer to the question of `at`. False if it is no list of scores at all.
    pub(crate) fn take_scores(&mut self, at: MonoTime, values: &[u8]) -> bool {
        let (each, rest) = values.as_chunks::<4>();
        if each.len() != SCORES || !rest.is_empty() {
            self.scores = None;
            return false;
        }
        if self.scores.as_ref().is_none_or(|(last, _)| at > *last) {
            self.scores = Some((at, each.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()));
        }
        true
    }

    /// True once after each proposal.
    pub(crate) fn take_untold(&mut self) -> bool {
        std::mem::take(&mut self.untold)
    }

    /// The floor that the stop held ready would sweep, around where the vehicle is now.
    pub(crate) fn corridor(&self, now: MonoTime) -> Option<Corridor> {
        let corridor = self.proposal.as_ref().map(|proposal| proposal.corridor).filter(|corridor| corridor.count > 0)?;
        let here = self.reckoning.now(now);
        let moved = |corner: Corner| here.sees_corner(corridor.pose, corner);
        Some(Corridor {
            id: u32::try_from(corridor.id).unwrap_or(u32::MAX),
            age_ms: u32::try_from(now.since(corridor.at).as_millis()).unwrap_or(u32::MAX),
            here: Pose { x_mm: thousandth(here.x_um), y_mm: thousandth(here.y_um), heading_mrad: thousandth(here.heading_urad) },
            corners_mm: corridor.corners().map(moved).flat_map(|corner| [corner.x_mm, corner.y_mm]).collect(),
        })
    }

    /// Whether the policy's scores chose the stop that is held, or why not; none if nobody asked for them.
    pub(crate) fn scored(&self) -> Option<Result<(), ScoreFault>> {
        match self.proposal?.choice {
            Choice::Scored => Some(Ok(())),
            Choice::Ranked(fault) => Some(Err(fault)),
            Choice::Shown | Choice::Kept(_) | Choice::Nothing(_) => None,
        }
    }

    /// When the oldest of the newest sweeps was taken; none until each scanner has spoken.
    fn scanned_at(&self) -> Option<MonoTime> {
        self.sweeps.iter().map(|sweep| sweep.at).min().flatten()
    }

    fn look_at(&mut self, now: MonoTime, core: &Core, intended: &Drive, scan_at: MonoTime) -> Sight {
        let wanted = command(intended);
        let allowed = self.ask(now, core, |guard, situation| guard.allow(now, situation, &wanted));
        let Some(allowed) = allowed.filter(|allowed| !matches!(allowed.term, Term::Unproved(Refusal::ScanUnknown))) else {
            return Sight::default();
        };
        let seen = self.seen(scan_at, Some(now));
        let surroundings = seen.map(|seen| gated(seen, &allowed, &wanted));
        Sight { surroundings, manoeuvre: None }
    }

    fn look_in_a_stop(&mut self, now: MonoTime, core: &Core, rung: StopRung, scan_at: MonoTime) -> Sight {
        let id = self.proposal.map_or(0, |proposal| u32::try_from(proposal.corridor.id).unwrap_or(u32::MAX));
        match rung {
            StopRung::Held => Sight { surroundings: self.seen(scan_at, None), manoeuvre: None },
            StopRung::Path => {
                let wheel = self.ask(now, core, |guard, situation| guard.wheel_of_the_way(now, situation));
                // How hard to brake on this rung is for the core.
                let along = |steering_mrad| Manoeuvre { id, steering_mrad, brake_mm_s2: i32::MAX, rung: StopRung::Path };
                Sight { surroundings: self.seen(scan_at, None), manoeuvre: wheel.map(along) }
            }
            StopRung::Manoeuvre | StopRung::Machine => {
                if !self.committed {
                    self.guard.commit();
                    self.committed = true;
                }
                let Some(drive) = self.ask(now, core, |guard, situation| guard.follow(now, situation)) else {
                    return Sight::default();
                };
                let rung = if drive.rung.is_free() { StopRung::Manoeuvre } else { StopRung::Path };
                let (steering_mrad, brake_mm_s2) = (drive.steering_mrad, drive.brake_mm_s2);
                let manoeuvre = Some(Manoeuvre { id, steering_mrad, brake_mm_s2, rung });
                let free = |seen| Surroundings {
                    at: now,
                    free_distance_mm: drive.free_distance_mm,
                    way_out: drive.rung.is_free(),
                    ..seen
                };
                let surroundings = self.seen(scan_at, Some(now)).filter(|_| drive.rung != Rung::Unseen).map(free);
                Sight { surroundings, manoeuvre }
            }
        }
    }

    /// The surroundings by the newest proposal, less the way driven since. `judged` is now if the guard was asked just now.
    fn seen(&self, scan_at: MonoTime, judged: Option<MonoTime>) -> Option<Surroundings> {
        let proposal = self.proposal.filter(|proposal| proposal.choice != Choice::Nothing(Refusal::ScanUnknown))?;
        let driven_um = self.reckoning.report()?.travelled_um.saturating_sub(self.proposed_um);
        let driven_mm = i32::try_from(driven_um / 1000).unwrap_or(i32::MAX);
        Some(Surroundings {
            at: judged.unwrap_or(proposal.at),
            scan_at,
            free_distance_mm: proposal.free_distance_mm.saturating_sub(driven_mm),
            occlusion_mm: None,
            side_clearance_mm: proposal.side_clearance_mm,
            zone_limit_mm_s: None,
            guard_limit_mm_s: 0,
            guard_wheel_mrad: None,
            guard_lift: false,
            way_out: proposal.manoeuvre.is_some(),
            breached: false,
        })
    }

    /// Puts the situation to the guard. None without a report of the machine, or before each scanner has spoken.
    fn ask<T>(&mut self, now: MonoTime, core: &Core, question: impl FnOnce(&mut Guard, &Situation<'_>) -> T) -> Option<T> {
        let report = self.reckoning.report()?;
        let mut scans = [Scan { at: MonoTime(0), pose: OdometryPose::default(), whole: false, points: &[] }; MOST_SCANNERS];
        for (scan, sweep) in scans.iter_mut().zip(&self.sweeps) {
            *scan = Scan { at: sweep.at?, pose: sweep.pose, whole: sweep.whole, points: &sweep.points };
        }
        let asked = core.asked();
        let (last_at, last) = self.told;
        let situation = Situation {
            scans: scans.get(..self.sweeps.len())?,
            pose: self.reckoning.now(now),
            speed_mm_s: report.speed_mm_s,
            steering_mrad: report.steering_mrad,
            fork_mm: report.fork_mm,
            loaded: LOADED,
            last,
            last_at,
            heard_at: MonoTime(now.0.saturating_sub(core.driver_age(now).map_or(0, micros))),
            asked_mm_s: asked.speed_mm_s,
            creep: asked.creep,
            way: &[],
            keep_clear: self.survey.as_ref().map_or(&[], |survey| &survey.zones),
            fence: self.survey.as_ref().map_or(&[], |survey| &survey.fence),
        };
        Some(question(&mut self.guard, &situation))
    }
}

/// On these rungs the guard's own stop is driven.
fn has_a_choice(rung: StopRung) -> bool {
    match rung {
        StopRung::Manoeuvre | StopRung::Machine => true,
        StopRung::Held | StopRung::Path => false,
    }
}

/// What the gate says of the command that is meant.
fn gated(seen: Surroundings, allowed: &Allowed, wanted: &Command) -> Surroundings {
    Surroundings {
        guard_limit_mm_s: if allowed.brake_mm_s2 > 0 { 0 } else { allowed.max_speed_mm_s },
        guard_wheel_mrad: (allowed.steering_mrad != wanted.steering_mrad).then_some(allowed.steering_mrad),
        guard_lift: allowed.max_lift_mm_s > 0,
        ..seen
    }
}

/// The directions of a unit's beams: the same from sweep to sweep, so they are kept.
#[derive(Debug, Clone, Default)]
struct Fan {
    of: (i32, u32),
    /// Cosine and sine in the vehicle frame.
    directions: Vec<(f64, f64)>,
}

impl Fan {
    fn turn_to(&mut self, scan: &MachineScan) {
        let (of, beams) = ((scan.mount.heading_urad, scan.step_urad), scan.ranges.beams());
        if self.of == of && self.directions.len() == beams {
            return;
        }
        let step = f64::from(scan.step_urad) / 1e6;
        let mut angle =
            f64::from(scan.mount.heading_urad) / 1e6 - 0.5 * step * (f64::from(u32::try_from(beams).unwrap_or(u32::MAX)) - 1.0);
        self.of = of;
        self.directions.clear();
        self.directions.extend((0..beams).map(|_| {
            let (sin, cos) = angle.sin_cos();
            angle += step;
            (cos, sin)
        }));
    }
}

/// The returns of a sweep in the vehicle frame; false if they do not fit.
fn lay_out(scan: &MachineScan, fan: &mut Fan, points: &mut Vec<ScanPoint>, most_points: usize) -> bool {
    fan.turn_to(scan);
    for (range, (cos, sin)) in scan.ranges.iter().zip(&fan.directions) {
        if range != NO_WORD && range != NO_RETURN && range <= FARTHEST_MM {
            if points.len() >= most_points {
                return false;
            }
            let (x_mm, y_mm) = (whole(f64::from(range) * cos), whole(f64::from(range) * sin));
            let (x_mm, y_mm) = (scan.mount.x_mm.saturating_add(x_mm), scan.mount.y_mm.saturating_add(y_mm));
            points.push(ScanPoint { x_mm, y_mm, mapped: false });
        }
    }
    true
}

fn command(drive: &Drive) -> Command {
    Command {
        speed_mm_s: drive.speed_mm_s,
        accel_mm_s2: drive.accel_mm_s2,
        brake_mm_s2: drive.brake_mm_s2,
        steering_mrad: drive.steering_mrad,
        lift_mm_s: drive.lift_mm_s,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a range of at most 16 m")]
fn whole(millimetres: f64) -> i32 {
    millimetres.round() as i32
}

/// From millionths; within what a vehicle drives in its life.
fn thousandth(millionths: i64) -> i32 {
    i32::try_from(millionths / 1000).unwrap_or(i32::MAX)
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// The machine does not say whether it carries a load: count with one.
const LOADED: bool = true;
/// A vehicle that stands has its stop: safety.md 3.2 asks for ten looks a second.
const STANDING_PERIOD: Duration = Duration::from_millis(100);
const STANDING_MM_S: i32 = 10;
/// From here on a sweep that sees anything cannot be the one before: 3 mm of way between the two, and the noise of the unit.
const MOVING_MM_S: i32 = 100;
/// Returns without which a sweep may well be equal to the one before: an empty floor.
const TELLING_POINTS: usize = 32;
/// Farther than any stop reaches: 8 m, the vehicle's own length, and what it drives while the scan grows old.
const FARTHEST_MM: u16 = 16_000;
/// Scanners of one vehicle; the profile allows no more.
const MOST_SCANNERS: usize = 4;

#[cfg(test)]
#[path = "lookout/tests.rs"]
pub(crate) mod tests;
