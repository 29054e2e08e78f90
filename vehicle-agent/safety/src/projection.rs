//! What of a core decides its future: the written projection by which the model checker compares states.
//!
//! Dropped: what only grows or is only reported. A time becomes an age, capped a little beyond the largest threshold that
//! reads it; a sequence, an epoch, a mission, a latch and the odometer become differences to where the world is now; counters
//! of what was refused or drawn vanish. The configuration, the boot and the fault of a broken core are constant in a run.
//! Every structure is taken apart by name, so a new field does not compile until somebody has decided about it here.

use crate::auto::Autonomy;
use crate::cap::{Cap, Governor};
use crate::config::{STANDSTILL, STOP_LONGEST, TICK_OVERRUN};
use crate::core::Core;
use crate::gate::{Accepted, Gate};
use crate::handover::{EnableSwitch, Rearm};
use crate::input::{Drive, MachineSample, Manoeuvre, Plan, Surroundings};
use crate::pictures::{Odometer, Pictures, Taken};
use crate::still::{Look, Stillness};
use crate::stop::Stop;
use crate::swapped::{Course, Sight, Sights};
use crate::tracking::{Ground, Tracking};
use crate::{Config, Persisted};
use farhand_protocol::{CommandView, MonoTime, SafetyState};
use std::time::Duration;

/// An age beyond this is old for everything that has no limit of its own.
const OLD: Duration = Duration::from_secs(1);
/// A picture beyond this is refused by every vehicle: its rings forget it after 3 s.
const PICTURE_OLD: Duration = Duration::from_secs(3);
/// The cap stops rising after 2 s plus the way up.
const RISEN: Duration = Duration::from_millis(2500);
/// So far apart, there is another number between two.
const BETWEEN: i64 = 2;
/// Fork marks are moved on after 30 s.
const MARKED: Duration = Duration::from_secs(30);

/// Where the world is now: everything that only grows is compared to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bases {
    /// The time.
    pub now: MonoTime,
    /// The newest command's number.
    pub seq: u64,
    /// The newest lease's number.
    pub epoch: u64,
    /// The newest mission's number.
    pub mission: u64,
    /// The newest plan's number.
    pub plan_seq: u64,
    /// The way travelled.
    pub travelled_um: u64,
    /// The pictures counted by their source.
    pub frames: u64,
    /// Those that were new.
    pub changes: u64,
    /// Pictures older than this are never named by a command.
    pub named_within: Duration,
}

/// Two states with equal words behave alike. Ordered: the place of a word is its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Projection(pub Vec<i64>);

impl Projection {
    /// A word for something absent.
    const NONE: i64 = i64::MIN;

    /// Adds a number as it is.
    pub fn number(&mut self, number: impl Into<i64>) {
        self.0.push(number.into());
    }

    /// Adds numbers as they are, in this order.
    pub fn numbers<N: Into<i64>>(&mut self, numbers: impl IntoIterator<Item = N>) {
        self.0.extend(numbers.into_iter().map(Into::into));
    }

    /// Adds a number that may be absent.
    pub fn maybe(&mut self, number: Option<impl Into<i64>>) {
        self.0.push(number.map_or(Self::NONE, Into::into));
    }

    /// Adds how far a growing number is behind its base; negative if it is ahead.
    pub fn behind(&mut self, number: u64, base: u64) {
        self.0.push(base.wrapping_sub(number).cast_signed());
    }

    /// Adds that for a number that may be absent.
    pub fn maybe_behind(&mut self, number: Option<u64>, base: u64) {
        self.0.push(number.map_or(Self::NONE, |number| base.wrapping_sub(number).cast_signed()));
    }

    /// Adds how the number of a lease, a mission or a latch stands to its base: whether it is older, the same or newer counts,
    /// and whether there is one between; beyond that it does not matter by how much.
    pub fn order(&mut self, number: u64, base: u64) {
        self.0.push(base.wrapping_sub(number).cast_signed().clamp(-BETWEEN, BETWEEN));
    }

    /// Adds that for a number that may be absent.
    pub fn maybe_order(&mut self, number: Option<u64>, base: u64) {
        self.0.push(number.map_or(Self::NONE, |number| base.wrapping_sub(number).cast_signed().clamp(-BETWEEN, BETWEEN)));
    }

    /// Adds an age, capped just beyond `most`, in microseconds.
    pub fn age(&mut self, now: MonoTime, at: Option<MonoTime>, most: Duration) {
        let capped = |at| now.since(at).min(most.saturating_add(Duration::from_micros(1)));
        self.0.push(at.map_or(Self::NONE, |at| micros(capped(at))));
    }

    /// Adds a span, in microseconds.
    pub fn span(&mut self, span: Duration) {
        self.0.push(micros(span));
    }
}

/// For how long it matters when a state was entered.
fn entered_matters(state: SafetyState, config: &Config) -> Duration {
    match state {
        SafetyState::Handover => config.handover_timeout,
        SafetyState::SafeStop => STOP_LONGEST,
        SafetyState::Auto => config.plan_lost_after,
        SafetyState::Boot | SafetyState::Parked | SafetyState::Teleop | SafetyState::Halt | SafetyState::EStop => Duration::ZERO,
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

impl Core {
    /// Keeps no more memory than a checker needs that names only young pictures: `stamps` pictures of the first two cameras
    /// and `reports` of the odometry. Nothing else changes.
    pub fn shrink_memory(&mut self, stamps: usize, reports: usize) {
        self.pictures.shrink(stamps, reports);
    }

    /// Commands that counted so far.
    pub fn commands_accepted(&self) -> u64 {
        self.gate.accepted
    }

    /// Number of the newest latch.
    pub fn newest_latch(&self) -> u32 {
        self.latch.0
    }

    /// Adds what of this core decides its future.
    pub fn project(&self, bases: &Bases, to: &mut Projection) {
        let Self {
            config,
            boot_id: _,
            state,
            entered,
            causes,
            latch,
            machine,
            machine_heard,
            machine_seen,
            odometer,
            ground,
            tracking,
            localised_at,
            surroundings,
            agent_heard,
            highest_epoch,
            lease_live,
            lease_superseded,
            lease_revoked,
            granted,
            auto,
            gate,
            pictures,
            stillness,
            sights,
            confirmed,
            confirm_before,
            confirm_risen,
            switch,
            rearm,
            good_since,
            bucket,
            governor,
            cap,
            last_tick,
            standing_since,
            stop,
            told,
            boot_count: _,
            handed_out,
            store_failed,
            store_again,
            snapshots: _,
            broken: _,
        } = self;
        let now = bases.now;
        to.number(*state as i32);
        to.age(now, Some(*entered), entered_matters(*state, config));
        to.number(causes.bits());
        to.age(now, *machine_heard, config.machine_lost_after.max(OLD));
        to.age(now, *localised_at, config.localisation_lost_after.max(OLD));
        to.age(now, *agent_heard, config.agent_lost_after);
        to.order(highest_epoch.0, bases.epoch);
        to.maybe_order(granted.map(|epoch| epoch.0), bases.epoch);
        for flag in
            [machine_seen, lease_live, lease_superseded, lease_revoked, confirmed, confirm_before, confirm_risen, store_failed]
        {
            to.number(*flag);
        }
        to.age(now, *good_since, config.good_for);
        to.span(*bucket);
        to.age(now, *last_tick, TICK_OVERRUN.max(OLD));
        to.age(now, *standing_since, STANDSTILL);
        to.maybe(store_again.map(|at| micros(at.since(now))));
        project_machine(machine.as_ref(), bases, to);
        project_place(*odometer, self.odometer, bases, to);
        project_ground(ground, now, to);
        project_tracking(tracking, now, to);
        project_surroundings(surroundings.as_ref(), now, config, to);
        project_auto(auto, bases, config, to);
        project_gate(gate, *lease_live, self.odometer, bases, to);
        project_pictures(pictures, self.odometer, bases, to);
        project_stillness(stillness, self.odometer, bases, to);
        project_sights(sights, now, to);
        project_switch(switch, now, config, to);
        project_rearm(rearm, now, config, to);
        project_cap(governor, cap, now, to);
        project_stop(stop, bases, to);
        project_drive(told, to);
        project_stored(handed_out, bases, latch.0, to);
    }
}

fn project_machine(machine: Option<&MachineSample>, bases: &Bases, to: &mut Projection) {
    to.number(machine.is_some());
    let Some(MachineSample { at, travelled_um, speed_mm_s, steering_mrad, fork_mm, emergency_stop, loaded, pose }) = machine
    else {
        return;
    };
    to.age(bases.now, Some(*at), OLD);
    to.behind(*travelled_um, bases.travelled_um);
    to.numbers([*speed_mm_s, *steering_mrad, *fork_mm]);
    to.numbers([*emergency_stop, *loaded, pose.is_some()]);
}

/// A place by what has been travelled and turned since.
fn project_place(place: Odometer, here: Odometer, bases: &Bases, to: &mut Projection) {
    let Odometer { travelled_um, turned_urad } = place;
    to.behind(travelled_um, bases.travelled_um);
    to.behind(turned_urad, here.turned_urad);
}

fn project_ground(Ground { last, highest_um_s }: &Ground, now: MonoTime, to: &mut Projection) {
    to.age(now, *last, OLD);
    to.number(*highest_um_s);
}

fn project_tracking(Tracking { last, wheel, braking, forks }: &Tracking, now: MonoTime, to: &mut Projection) {
    to.age(now, *last, OLD);
    to.maybe(wheel.map(|wheel| wheel.slow_urad));
    to.age(now, wheel.and_then(|wheel| wheel.off_since), OLD);
    to.maybe(braking.map(|braking| braking.demanded_mm_s2));
    to.maybe(braking.map(|braking| braking.highest_um_s));
    to.age(now, braking.map(|braking| braking.since), OLD);
    to.age(now, forks.map(|forks| forks.told), OLD);
    to.age(now, forks.map(|forks| forks.marked), MARKED);
    to.maybe(forks.map(|forks| forks.mark_mm));
    to.maybe(forks.map(|forks| forks.older_mm));
}

/// What the scanners see.
fn project_surroundings(seen: Option<&Surroundings>, now: MonoTime, config: &Config, to: &mut Projection) {
    to.number(seen.is_some());
    let Some(seen) = seen else { return };
    let Surroundings {
        at,
        scan_at,
        free_distance_mm,
        occlusion_mm,
        side_clearance_mm,
        zone_limit_mm_s,
        guard_limit_mm_s,
        guard_wheel_mrad,
        guard_lift,
        way_out,
        breached,
    } = seen;
    to.age(now, Some(*at), config.scan_lost_after);
    to.age(now, Some(*scan_at), config.scan_lost_after);
    to.numbers([*free_distance_mm, *side_clearance_mm, *guard_limit_mm_s]);
    for number in [occlusion_mm, zone_limit_mm_s, guard_wheel_mrad] {
        to.maybe(*number);
    }
    to.numbers([*guard_lift, *way_out, *breached]);
}

fn project_auto(auto: &Autonomy, bases: &Bases, config: &Config, to: &mut Projection) {
    let Autonomy { highest, pending, ready, mission, over, plan, base_end_um, gateway_connected, refused: _ } = auto;
    to.order(highest.0, bases.mission);
    for mission in [pending, ready, mission] {
        to.maybe_order(mission.map(|mission| mission.0), bases.mission);
    }
    to.number(*over);
    to.number(*gateway_connected);
    // Where there is no mission, the end of the last one's way means nothing.
    to.maybe_behind(mission.map(|_| *base_end_um), bases.travelled_um);
    project_plan(plan.as_ref(), bases, config.plan_lost_after, to);
}

/// A plan; its mission is the one under way.
fn project_plan(plan: Option<&Plan>, bases: &Bases, lost_after: Duration, to: &mut Projection) {
    to.number(plan.is_some());
    let Some(plan) = plan else { return };
    let Plan { mission: _, seq, at, speed_mm_s, steering_mrad, lift_mm_s, base_left_mm, off_path_mm, localised } = plan;
    to.behind(*seq, bases.plan_seq);
    to.age(bases.now, Some(*at), lost_after);
    for number in [speed_mm_s, steering_mrad, lift_mm_s, base_left_mm, off_path_mm] {
        to.number(*number);
    }
    to.number(*localised);
}

fn project_gate(gate: &Gate, lease_live: bool, here: Odometer, bases: &Bases, to: &mut Projection) {
    // The echo is only told to the operator.
    let Gate { newest, last_seq, accepted: _, rejected: _, picture_unknown, echo: _ } = gate;
    // Without a lease no number counts, and a new one begins anew.
    to.maybe_behind(lease_live.then_some(*last_seq), bases.seq);
    to.number(*picture_unknown);
    to.number(newest.is_some());
    let Some(Accepted { at, command, picture, picture_required }) = newest else { return };
    to.age(bases.now, Some(*at), OLD);
    to.number(*picture_required);
    project_command(command, to);
    project_taken(picture.as_ref(), here, bases, to);
}

/// What a command says, without the numbers that only admit it.
fn project_command(command: &CommandView, to: &mut Projection) {
    let CommandView {
        v: _,
        boot_id: _,
        epoch: _,
        seq: _,
        operator_us: _,
        enable,
        input_age_ms,
        speed_mm_s,
        steering_mrad,
        lift_mm_s,
        confirm,
        rearm_latch: _,
        pressed_through,
        stamps: _,
    } = command;
    to.numbers([*speed_mm_s, *steering_mrad, *lift_mm_s]);
    to.numbers([*enable, *confirm, *pressed_through]);
    to.number(*input_age_ms);
}

fn project_taken(taken: Option<&Taken>, here: Odometer, bases: &Bases, to: &mut Projection) {
    to.age(bases.now, taken.map(|taken| taken.capture), PICTURE_OLD);
    if let Some(Taken { capture: _, place }) = taken {
        project_place(*place, here, bases, to);
    }
}

/// The pictures that a command may still name, and the way since each. The odometry behind them is the way of now.
fn project_pictures(Pictures { sent, odometry: _ }: &Pictures, here: Odometer, bases: &Bases, to: &mut Projection) {
    for ring in sent {
        let young = ring.newest_first().take_while(|taken| bases.now.since(taken.capture) <= bases.named_within);
        for taken in young {
            project_taken(Some(&taken), here, bases, to);
        }
        to.maybe(None::<i64>);
    }
}

fn project_stillness(Stillness { looks }: &Stillness, here: Odometer, bases: &Bases, to: &mut Projection) {
    for Look { frame, changes, changed, suspect_since } in looks.iter().take(2) {
        to.behind(*frame, bases.frames);
        to.behind(*changes, bases.changes);
        to.age(bases.now, *suspect_since, OLD);
        to.age(bases.now, changed.map(|change| change.at), PICTURE_OLD);
        if let Some(change) = changed {
            to.number(change.told);
            project_place(change.place, here, bases, to);
        }
    }
}

fn project_sights(Sights { sights, course }: &Sights, now: MonoTime, to: &mut Projection) {
    for Sight { towards, way_um } in sights.iter().take(2) {
        to.maybe(towards.map(|side| side as i32));
        to.behind(*way_um, 0);
    }
    to.maybe(course.map(|course| course.backwards));
    // It is compared with the change that was told before.
    to.age(now, course.map(|Course { since, .. }| since), PICTURE_OLD);
}

fn project_switch(EnableSwitch { ready, armed, changed }: &EnableSwitch, now: MonoTime, config: &Config, to: &mut Projection) {
    to.number(*ready);
    to.number(*armed);
    to.age(now, changed.map(|(at, _)| at), config.stuck_enable_after);
    to.numbers(changed.iter().flat_map(|(_, input)| *input));
}

fn project_rearm(rearm: &Rearm, now: MonoTime, config: &Config, to: &mut Projection) {
    let Rearm { without_seen, acknowledged, neutral_seen, clear_since } = rearm;
    to.numbers([*without_seen, *acknowledged, *neutral_seen]);
    to.age(now, *clear_since, config.good_for);
}

fn project_cap(governor: &Governor, cap: &Cap, now: MonoTime, to: &mut Projection) {
    let Governor { link_um_s, better_since, last } = governor;
    to.number(*link_um_s);
    to.age(now, *better_since, RISEN);
    to.age(now, last.map(|(at, _)| at), RISEN);
    to.maybe(last.map(|(_, mm_s)| mm_s));
    // The term is only told to people.
    let Cap { mm_s, term: _, solid_mm_s } = cap;
    to.number(*mm_s);
    to.number(*solid_mm_s);
}

fn project_stop(stop: &Stop, bases: &Bases, to: &mut Projection) {
    // The report of the last stop is only told to people.
    let Stop { manoeuvre, begun, rung, steering_mrad, from_um, last: _ } = stop;
    to.age(bases.now, Some(*begun), OLD);
    to.maybe(rung.map(|rung| rung as i32));
    to.number(*steering_mrad);
    to.maybe_behind(*from_um, bases.travelled_um);
    to.age(bases.now, manoeuvre.map(|(at, _)| at), OLD);
    if let Some((_, Manoeuvre { id: _, steering_mrad, brake_mm_s2, rung })) = manoeuvre {
        to.number(*steering_mrad);
        to.number(*brake_mm_s2);
        to.number(*rung as i32);
    }
}

/// A command to the actuators.
pub(crate) fn project_drive(drive: &Drive, to: &mut Projection) {
    let Drive { speed_mm_s, accel_mm_s2, brake_mm_s2, steering_mrad, lift_mm_s, safe_stop } = drive;
    for number in [speed_mm_s, accel_mm_s2, brake_mm_s2, steering_mrad, lift_mm_s] {
        to.number(*number);
    }
    to.number(*safe_stop);
}

fn project_stored(stored: &Persisted, bases: &Bases, latch: u32, to: &mut Projection) {
    let Persisted { highest_epoch, lease_open, latched, latch: stored_latch, causes, boot_count: _, highest_mission } = stored;
    to.order(highest_epoch.0, bases.epoch);
    to.order(highest_mission.0, bases.mission);
    to.order(u64::from(stored_latch.0), u64::from(latch));
    to.number(*lease_open);
    to.number(*latched);
    to.number(causes.bits());
}

impl Persisted {
    /// Adds what of this content decides the next start; `latch` is the number of the newest latch.
    pub fn project(&self, bases: &Bases, latch: u32, to: &mut Projection) {
        project_stored(self, bases, latch, to);
    }
}

impl Surroundings {
    /// Adds what is seen, without when.
    pub fn project(&self, config: &Config, to: &mut Projection) {
        project_surroundings(Some(self), self.at.max(self.scan_at), config, to);
    }
}

impl Drive {
    /// Adds the whole command.
    pub fn project(&self, to: &mut Projection) {
        project_drive(self, to);
    }
}

impl Plan {
    /// Adds what is planned, without when.
    pub fn project(&self, bases: &Bases, to: &mut Projection) {
        let bases = Bases { now: self.at, plan_seq: self.seq, ..*bases };
        project_plan(Some(self), &bases, OLD, to);
    }
}
