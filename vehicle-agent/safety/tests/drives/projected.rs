//! What of the oracle decides its future: as in `src/projection.rs`, ages and differences instead of what only grows.

use super::oracle::{Ack, Heard, Oracle};
use farhand_protocol::{Cause, SafetyState};
use farhand_safety::{Bases, Core, Projection};
use std::time::Duration;

/// Nothing that the oracle asks for is older.
const OLD: Duration = Duration::from_secs(1);

impl Oracle {
    /// Adds what of this oracle decides its future; `core` is the one it watches.
    pub fn project(&self, core: &Core, bases: &Bases, to: &mut Projection) {
        let Self {
            config: _,
            boot: _,
            breaches,
            live,
            highest,
            last_seq,
            may_count,
            recent,
            named,
            named_since_cause,
            latch,
            neutral_in_handover,
            pressed_in_handover,
            let_go_since_stop,
            held,
            stop,
            expected,
            machine,
            manoeuvre,
            seen,
            plan,
            gateway,
            base_end_um,
            mission,
            released,
            odometry_lies,
            before,
        } = self;
        let now = bases.now;
        to.numbers(breaches.keys().copied());
        to.number(-1);
        to.maybe_order(live.map(|epoch| epoch.0), bases.epoch);
        to.order(highest.0, bases.epoch);
        // Without a lease no number counts, and a new one begins anew.
        to.maybe_behind(live.map(|_| *last_seq), bases.seq);
        to.behind(core.commands_accepted(), *may_count);
        to.maybe_order(latch.map(|latch| u64::from(latch.0)), u64::from(core.newest_latch()));
        for flag in [neutral_in_handover, pressed_in_handover, let_go_since_stop, held, stop, gateway, odometry_lies] {
            to.number(*flag);
        }
        for Ack { absent, given } in [named, named_since_cause] {
            to.number(*absent);
            to.number(*given);
        }
        project_recent(recent, bases, to);
        project_causes(expected, to);
        to.age(now, machine.map(|(at, _)| at), OLD);
        if let Some((_, sample)) = machine {
            to.number(sample.emergency_stop);
            to.numbers([sample.steering_mrad, sample.fork_mm]);
            to.behind(sample.travelled_um, bases.travelled_um);
        }
        to.age(now, manoeuvre.map(|(at, _)| at), OLD);
        to.maybe(seen.map(|seen| seen.guard_limit_mm_s));
        to.maybe(seen.map(|seen| seen.free_distance_mm));
        to.maybe(plan.map(|plan| plan.steering_mrad));
        to.maybe(plan.map(|plan| plan.speed_mm_s));
        to.maybe(plan.map(|plan| plan.base_left_mm));
        to.maybe_order(plan.map(|plan| plan.mission.0), bases.mission);
        // Outside of a mission no plan is compared with it.
        let auto = before.as_ref().is_some_and(|(_, state, _)| state.state == SafetyState::Auto);
        to.maybe_behind(plan.filter(|_| auto).map(|plan| plan.seq), bases.plan_seq);
        to.maybe_behind(*base_end_um, bases.travelled_um);
        to.maybe_order(mission.map(|mission| mission.0), bases.mission);
        to.maybe_order(released.map(|mission| mission.0), bases.mission);
        if let Some((at, state, _)) = before {
            to.age(now, Some(*at), OLD);
            to.numbers([state.cap_mm_s, state.speed_mm_s, state.state as i32]);
            to.order(state.epoch.0, bases.epoch);
            to.maybe_order(state.mission.map(|mission| mission.0), bases.mission);
            project_causes(&state.causes, to);
        }
    }
}

fn project_causes(causes: &[Cause], to: &mut Projection) {
    let bits = causes.iter().fold(0_i64, |bits, cause| bits | 1 << (*cause as u32));
    to.number(bits);
}

/// The commands of the last 600 ms.
fn project_recent(recent: &[Heard], bases: &Bases, to: &mut Projection) {
    for Heard { at, view } in recent.iter().filter(|heard| bases.now.since(heard.at) <= Duration::from_millis(600)) {
        to.age(bases.now, Some(*at), OLD);
        to.numbers([view.speed_mm_s, view.steering_mrad, view.lift_mm_s]);
        to.number(view.input_age_ms);
        to.number(view.enable);
    }
    to.number(-1);
}
