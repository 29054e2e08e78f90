//! A small model of what must hold, fed with the same inputs as the core and with what came out of it: S1 to S22 of the
//! specification, each under its number. It shares no rule with the core; where it cannot know, it allows.

use farhand_protocol::{
    Authority, BootId, Cause, CommandView, LatchId, LeaseEpoch, MissionEpoch, MonoTime, SafetyState as S, VehicleState,
};
use farhand_safety::{Config, GrantAnswer, Input, MachineSample, Manoeuvre, Output, Plan, Surroundings};
use std::collections::BTreeMap;
use std::time::Duration;

/// S1 to S22 in their order.
pub const INVARIANTS: [&str; 22] = [
    "traction needs Teleop, a live lease and a fresh command with the enable switch held and never let go",
    "an epoch is granted once, and epochs never fall, restarts included",
    "a command of another epoch or an old sequence never counts",
    "out of a latched state no way but the one of the table",
    "in a stop the speed never rises",
    "at rest no traction, no lift, and the brake on",
    "silence beyond the limit ends Teleop in the same tick",
    "EStop is left only with the circuit closed",
    "a latch is left only by an acknowledgement that names it and came after it",
    "a cause that came in Halt needs an acknowledgement of its own",
    "Teleop begins with neutral and then a press, both after the hand-over began, and with nothing asked",
    "a switch held since before a stop moves nothing",
    "the cap rises slowly, lies below each term, and binds the speed",
    "a stop without a manoeuvre brakes load-safe",
    "without the gateway the vehicle does not pass the end of its base",
    "each mission begins with a release of its own",
    "the forks move only for who has authority and sees them",
    "one authority in each tick, and the wheel is its",
    "a stop by anybody is a stop in the next tick",
    "the same inputs give the same outputs",
    "SafeStop brakes in its first tick",
    "no cause hides another",
];

/// A command that may have counted.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    pub(super) at: MonoTime,
    pub(super) view: CommandView,
}

/// An acknowledgement counts if it was absent before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ack {
    pub(super) absent: bool,
    pub(super) given: bool,
}

impl Ack {
    fn hear(&mut self, named: bool) {
        self.given |= named && self.absent;
        self.absent |= !named;
    }
}

/// Watches one vehicle over all its restarts.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each read alone")]
pub struct Oracle {
    pub(super) config: Config,
    pub(super) boot: BootId,
    /// The first breach of each invariant, by its number.
    pub breaches: BTreeMap<u8, String>,
    // The lease.
    pub(super) live: Option<LeaseEpoch>,
    pub(super) highest: LeaseEpoch,
    pub(super) last_seq: u64,
    pub(super) may_count: u64,
    pub(super) recent: Vec<Heard>,
    // The ways back.
    pub(super) named: Ack,
    pub(super) named_since_cause: Ack,
    pub(super) latch: Option<LatchId>,
    pub(super) neutral_in_handover: bool,
    pub(super) pressed_in_handover: bool,
    pub(super) let_go_since_stop: bool,
    /// The newest word of the driver about the switch, refused or not, did not let it go.
    pub(super) held: bool,
    // What arrived since the last tick, and the newest of the rest.
    pub(super) stop: bool,
    pub(super) expected: Vec<Cause>,
    pub(super) machine: Option<(MonoTime, MachineSample)>,
    pub(super) manoeuvre: Option<(MonoTime, Manoeuvre)>,
    pub(super) seen: Option<Surroundings>,
    pub(super) plan: Option<Plan>,
    pub(super) gateway: bool,
    pub(super) base_end_um: Option<u64>,
    pub(super) mission: Option<MissionEpoch>,
    pub(super) released: Option<MissionEpoch>,
    pub(super) odometry_lies: bool,
    pub(super) before: Option<(MonoTime, VehicleState, i32)>,
}

impl Oracle {
    pub fn new(config: &Config) -> Self {
        Self {
            config: config.clone(),
            boot: super::truck::BOOT,
            breaches: BTreeMap::new(),
            live: None,
            highest: LeaseEpoch(0),
            last_seq: 0,
            may_count: 0,
            recent: Vec::new(),
            named: Ack::default(),
            named_since_cause: Ack::default(),
            latch: None,
            neutral_in_handover: false,
            pressed_in_handover: false,
            let_go_since_stop: true,
            held: false,
            stop: false,
            expected: Vec::new(),
            machine: None,
            manoeuvre: None,
            seen: None,
            plan: None,
            gateway: false,
            base_end_um: None,
            mission: None,
            released: None,
            odometry_lies: false,
            before: None,
        }
    }

    /// The guardian started again: only what must survive is remembered.
    pub fn restarted(&mut self, boot: BootId) {
        let kept = (self.highest, self.mission, std::mem::take(&mut self.breaches), self.odometry_lies);
        *self = Self::new(&self.config.clone());
        (self.highest, self.mission, self.breaches, self.odometry_lies) = kept;
        self.boot = boot;
    }

    /// What only a test can send: an odometer that runs anyhow.
    pub fn odometry_lies(&mut self) {
        self.odometry_lies = true;
    }

    fn require(&mut self, number: u8, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.breaches.entry(number).or_insert_with(what);
        }
    }

    pub fn heard(&mut self, now: MonoTime, input: &Input<'_>, answer: Option<GrantAnswer>) {
        match input {
            Input::Command(bytes) => self.command(now, bytes),
            Input::Stop => (self.stop, self.expected) = (true, [self.expected.as_slice(), &[Cause::RemoteStop]].concat()),
            Input::ClockJump => self.expected.push(Cause::ClockJump),
            Input::Machine(sample) if now.since(sample.at).max(sample.at.since(now)) <= Duration::from_millis(100) => {
                self.machine = Some((now, *sample));
            }
            Input::LeaseGrant(_) => self.live = self.live.filter(|_| matches!(answer, Some(GrantAnswer::TooOld { .. }))),
            Input::LeaseEnd(epoch) | Input::LeaseRevoked(epoch) => self.live = self.live.filter(|live| live > epoch),
            Input::Manoeuvre(manoeuvre) => self.manoeuvre = Some((now, *manoeuvre)),
            Input::Surroundings(seen) if seen.at <= now && seen.scan_at <= now => self.seen = Some(*seen),
            Input::Plan(plan) => self.plan(now, *plan),
            Input::GatewayConnected(stands) => {
                self.gateway = *stands;
                if *stands {
                    self.base_end_um = None;
                } else if self.base_end_um.is_none() {
                    self.base_end_um = self.plan.map(|plan| self.end_of(&plan));
                }
            }
            Input::AgentGone => self.gateway = false,
            _ => {}
        }
        match answer {
            Some(GrantAnswer::Accepted(epoch)) => {
                let highest = self.highest;
                self.require(2, epoch > highest, || format!("{epoch} granted after {highest}"));
                (self.live, self.highest, self.last_seq) = (Some(epoch), highest.max(epoch), 0);
                self.recent.clear();
                self.held = false;
            }
            Some(GrantAnswer::MissionAccepted(mission)) => self.released = Some(mission),
            _ => {}
        }
    }

    fn end_of(&self, plan: &Plan) -> u64 {
        let here = self.machine.map_or(0, |(_, sample)| sample.travelled_um);
        here.saturating_add(u64::try_from(plan.base_left_mm).unwrap_or(0) * 1000)
    }

    fn plan(&mut self, now: MonoTime, plan: Plan) {
        let fits = plan.speed_mm_s.saturating_abs() <= 2500
            && plan.steering_mrad.saturating_abs() <= 1300
            && plan.lift_mm_s.saturating_abs() <= 400;
        let newer = self.plan.is_none_or(|last| last.mission != plan.mission || plan.seq > last.seq);
        let auto =
            self.before.as_ref().is_some_and(|(_, state, _)| state.state == S::Auto && state.mission == Some(plan.mission));
        if auto && fits && newer && plan.at <= now && now.since(plan.at) <= Duration::from_millis(100) {
            self.plan = Some(plan);
            self.base_end_um = self.base_end_um.or_else(|| (!self.gateway).then(|| self.end_of(&plan)));
        }
    }

    /// Notes a command that may count: right boot and lease, newer, in range, with a fresh input sample.
    fn command(&mut self, now: MonoTime, bytes: &[u8]) {
        let Some(view) = CommandView::read(bytes) else { return };
        if view.v != 1 || view.boot_id != self.boot || self.live != Some(view.epoch) || view.seq <= self.last_seq {
            return;
        }
        self.last_seq = view.seq;
        self.held &= view.enable;
        if view.pressed_through {
            self.expected.push(Cause::EnablePanic);
        }
        let fits = view.speed_mm_s.saturating_abs() <= 2500 && view.steering_mrad.saturating_abs() <= 1300;
        if !fits || view.lift_mm_s.saturating_abs() > 400 || view.input_age_ms > 250 {
            return;
        }
        self.may_count += 1;
        self.held = view.enable;
        self.recent.retain(|heard| now.since(heard.at) <= Duration::from_millis(600));
        self.recent.push(Heard { at: now, view });
        let neutral = view.speed_mm_s == 0 && view.lift_mm_s == 0 && !view.enable;
        self.let_go_since_stop |= !view.enable;
        self.pressed_in_handover |= self.neutral_in_handover && view.enable;
        self.neutral_in_handover |= neutral;
        let names = self.latch.is_some() && view.rearm_latch == self.latch;
        self.named.hear(names);
        self.named_since_cause.hear(names);
    }

    /// A command heard in the last `millis` for which this holds.
    fn any_recent(&self, now: MonoTime, millis: u64, holds: impl Fn(&CommandView) -> bool) -> bool {
        self.recent.iter().any(|heard| now.since(heard.at) <= Duration::from_millis(millis) && holds(&heard.view))
    }

    pub fn ticked(&mut self, now: MonoTime, output: &Output, state: &VehicleState, v_before: i32, v_after: i32, travelled: u64) {
        if self.machine.is_some_and(|(_, sample)| sample.emergency_stop) {
            self.expected.push(Cause::EmergencyStop);
        }
        // No number of the specification: whatever arrives, a sound core never contradicts itself.
        let sound = !state.causes.contains(&Cause::InternalFault);
        self.require(0, sound, || format!("a fault inside: {state:?}"));
        self.command_obeys(now, output, state);
        self.ways_are_those_of_the_table(now, state);
        self.stops_hold(now, output, state, v_before, v_after);
        self.cap_obeys(now, output, state);
        self.auto_obeys(output, state, travelled);
        let expected = std::mem::take(&mut self.expected);
        if let Some((_, before, _)) = self.before.take().filter(|_| state.state != S::Parked) {
            let kept = before.causes.iter().chain(&expected).all(|cause| state.causes.contains(cause));
            self.require(22, kept, || format!("{:?} and {expected:?} became {:?}", before.causes, state.causes));
        }
        self.stop = false;
        self.before = Some((now, state.clone(), v_after));
    }

    fn command_obeys(&mut self, now: MonoTime, output: &Output, state: &VehicleState) {
        let drive = output.drive;
        let named = |view: &CommandView| view.enable && view.input_age_ms <= 60 && view.steering_mrad == drive.steering_mrad;
        if state.state == S::Teleop {
            let speed = |view: &CommandView| {
                drive.speed_mm_s == 0
                    || view.speed_mm_s.signum() == drive.speed_mm_s.signum() && view.speed_mm_s.abs() >= drive.speed_mm_s.abs()
            };
            let moved = drive.speed_mm_s != 0 || drive.lift_mm_s != 0;
            let enabled = self.any_recent(now, 100, |view| named(view) && speed(view));
            self.require(1, !moved || enabled && self.held && state.lease_live, || {
                format!("{drive:?} without such a command: {state:?}")
            });
            let seen = state.loop_age_ms.is_some_and(|age| age <= 600);
            self.require(17, drive.lift_mm_s == 0 || seen, || format!("the forks move, and nobody sees it: {state:?}"));
            let released = self.let_go_since_stop;
            self.require(12, !moved || released, || format!("{drive:?} with a switch held since before the stop"));
            let heard = self.any_recent(now, 250, |_| true);
            self.require(7, heard, || format!("Teleop in silence: {state:?}"));
            let steered = self.any_recent(now, 600, |view| view.steering_mrad == drive.steering_mrad);
            self.require(18, steered, || format!("nobody steered {} mrad", drive.steering_mrad));
        }
        let may_count = self.may_count;
        self.require(3, state.accepted <= may_count, || format!("{} counted, {may_count} may have", state.accepted));
        let epoch_before = self.before.as_ref().map_or(LeaseEpoch(0), |(_, before, _)| before.epoch);
        self.require(2, state.epoch >= epoch_before, || format!("epoch {} after {epoch_before}", state.epoch));
        let driven = matches!(state.state, S::Teleop | S::Auto);
        let lifts = drive.lift_mm_s != 0;
        let lift_asked = state.state != S::Teleop || self.any_recent(now, 100, |view| view.lift_mm_s == drive.lift_mm_s);
        self.require(17, !lifts || driven && lift_asked, || format!("forks move in {:?}", state.state));
        let one = match state.state {
            S::Boot | S::Parked | S::Handover | S::Halt | S::EStop => Authority::None,
            S::Auto => Authority::Autonomy,
            S::Teleop => Authority::Operator,
            S::SafeStop => Authority::Stopping,
        };
        self.require(18, output.authority == one && state.authority == one, || format!("{one:?}: {output:?}"));
    }

    /// Which state may follow which, and what must have happened.
    fn ways_are_those_of_the_table(&mut self, now: MonoTime, state: &VehicleState) {
        let Some((_, before, _)) = self.before.as_ref() else { return };
        let (from, to, grown) = (before.state, state.state, state.causes.len() > before.causes.len());
        let at_rest = matches!(from, S::Halt | S::EStop);
        if from != to {
            let allowed = match from {
                S::SafeStop => matches!(to, S::Halt | S::EStop),
                S::Halt => matches!(to, S::Parked | S::EStop),
                S::EStop => to == S::Parked,
                S::Boot | S::Parked | S::Handover | S::Teleop | S::Auto => true,
            };
            self.require(4, allowed, || format!("{from:?} -> {to:?}"));
            if at_rest && to == S::Parked {
                let (named, since_cause) = (self.named.given, self.named_since_cause.given);
                self.require(9, named, || format!("{from:?} left without an acknowledgement of its latch"));
                self.require(10, since_cause, || "a cause went with an older acknowledgement".to_owned());
                let closed = self
                    .machine
                    .is_some_and(|(at, sample)| !sample.emergency_stop && now.since(at) <= Duration::from_millis(100));
                self.require(8, from == S::Halt || closed, || "EStop left with an open circuit".to_owned());
            }
            if to == S::Teleop {
                let still = self.recent.last().is_some_and(|heard| heard.view.speed_mm_s == 0 && heard.view.lift_mm_s == 0);
                let ritual = from == S::Handover && self.neutral_in_handover && self.pressed_in_handover && still;
                self.require(11, ritual || from != S::Handover, || "no neutral and press after the hand-over began".to_owned());
            }
            if to == S::Auto {
                let (mission, released) = (state.mission, self.released.take());
                let fresh = from == S::Parked && mission.is_some() && mission == released && mission > self.mission;
                self.require(16, fresh, || format!("mission {mission:?} from {from:?}, released {released:?}"));
                (self.mission, self.plan, self.base_end_um) = (mission.max(self.mission), None, None);
            }
            if to == S::Handover {
                (self.neutral_in_handover, self.pressed_in_handover) = (false, false);
            }
            if to == S::SafeStop {
                self.let_go_since_stop = false;
            }
        }
        if state.latch != self.latch {
            (self.latch, self.named) = (state.latch, Ack::default());
        }
        if grown || !at_rest {
            self.named_since_cause = Ack::default();
        }
    }

    fn stops_hold(&mut self, now: MonoTime, output: &Output, state: &VehicleState, v_before: i32, v_after: i32) {
        let drive = output.drive;
        let stopping = matches!(state.state, S::SafeStop | S::Halt | S::EStop);
        let slower = drive.speed_mm_s == 0 && v_after.abs() <= v_before.abs();
        self.require(5, !stopping || slower, || format!("{v_before} became {v_after} in {:?}: {drive:?}", state.state));
        let rests = matches!(state.state, S::Boot | S::Parked | S::Halt | S::EStop);
        let held = drive.speed_mm_s == 0 && drive.lift_mm_s == 0 && drive.brake_mm_s2 > 0;
        self.require(6, !rests || held, || format!("{drive:?} in {:?}", state.state));
        self.require(21, state.state != S::SafeStop || drive.brake_mm_s2 > 0, || format!("{drive:?} in SafeStop"));
        let guided = self.manoeuvre.is_some_and(|(at, _)| now.since(at) <= Duration::from_millis(30));
        let fork_mm = self.machine.map_or(self.config.mast_height_mm, |(_, sample)| sample.fork_mm).clamp(0, 3000);
        // The line of the specification: 1.6 m/s2 with the forks down, 0.35 at 3 m.
        let full = 1600 - 1250 * fork_mm / 3000;
        let alone = state.state != S::SafeStop || guided || drive.brake_mm_s2 >= full;
        self.require(14, alone, || format!("{drive:?} waits for a manoeuvre"));
        self.require(19, !self.stop || stopping, || format!("Stop, and still {:?}", state.state));
    }

    fn cap_obeys(&mut self, now: MonoTime, output: &Output, state: &VehicleState) {
        let cap = state.cap_mm_s;
        let speed = output.drive.speed_mm_s;
        self.require(13, speed.saturating_abs() <= cap && cap <= 2500, || format!("{speed} above the cap {cap}"));
        if let Some((at, before, _)) = self.before.as_ref().filter(|(_, before, _)| before.state == state.state) {
            // After a trip the cap goes on from the speed that was driven.
            let measured = state.speed_mm_s.saturating_abs().max(before.speed_mm_s.saturating_abs());
            let millis = i32::try_from(now.since(*at).as_millis()).unwrap_or(i32::MAX);
            let highest = before.cap_mm_s.max(measured).saturating_add(millis).saturating_add(1);
            let from = before.cap_mm_s;
            self.require(13, cap <= highest, || format!("the cap rose from {from} to {cap} in {millis} ms"));
        }
        let aged = state.loop_age_ms.filter(|_| state.state == S::Teleop).map_or(2500, |age| 500_000 / age.max(1));
        self.require(13, cap <= i32::try_from(aged).unwrap_or(2500), || {
            format!("{cap} with pictures of {:?}", state.loop_age_ms)
        });
        let Some(seen) = self.seen.filter(|_| self.config.scanner && matches!(state.state, S::Teleop | S::Auto)) else { return };
        let v = f64::from(cap) / 1000.0;
        let stop_m = v * 0.3 + v * v / 3.2;
        let fits = cap <= seen.guard_limit_mm_s.max(0) && stop_m <= f64::from(seen.free_distance_mm.max(0)) / 1000.0;
        self.require(13, fits || cap == 0, || format!("cap {cap} by {:?} with {seen:?}", state.cap_term));
    }

    fn auto_obeys(&mut self, output: &Output, state: &VehicleState, travelled_um: u64) {
        if state.state != S::Auto {
            return;
        }
        let drive = output.drive;
        let measured = self.machine.map(|(_, sample)| sample.steering_mrad);
        let planned = self.plan.map(|plan| plan.steering_mrad).or(measured);
        self.require(18, planned == Some(drive.steering_mrad), || format!("{drive:?} is not the plan's {planned:?}"));
        let asked = self.plan.map_or(0, |plan| plan.speed_mm_s);
        self.require(18, drive.speed_mm_s.abs() <= asked.abs(), || format!("{drive:?} is more than the plan's {asked}"));
        let end = self.base_end_um.filter(|_| !self.odometry_lies).map_or(u64::MAX, |end| end.saturating_add(100_000));
        self.require(15, travelled_um <= end, || format!("{travelled_um} um is beyond the end {end} without the gateway"));
    }
}
