//! A truck with scanners on a floor, an operator and a link around the real core and the real lookout, in invented time.

use super::super::Lookout;
use super::machine::Machine;
use crate::{limits, shell};
use farhand_profile::Profile;
use farhand_protocol::{
    BootId, CameraIndex, Command, FromConsole, GlassStamp, LeaseEpoch, MonoTime, RtpStamp, SafetyState, VehicleState,
    WIRE_VERSION, encode,
};
use farhand_safety::{Core, Drive, Input, Output, Persisted};
use farhand_world::{Ground, Place};
use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

const BOOT: BootId = BootId(7);
const TICK: Duration = Duration::from_millis(10);
const CAMERAS: &str = r#"
    kind = "counterbalance-truck"
    [scanner]
    fitted = true
    [[cameras]]
    name = "front"
    source = "videotestsrc"
    required_for = ["forward", "handover"]
    [[cameras]]
    name = "rear"
    source = "videotestsrc"
    required_for = ["reverse", "handover"]
"#;

pub(super) type Policy = fn(MonoTime) -> (MonoTime, Vec<u8>);

#[derive(Clone)]
pub(super) struct Stage {
    pub core: Core,
    pub lookout: Lookout,
    pub machine: Machine,
    pub now: MonoTime,
    pub drive: Drive,
    /// Wanted speed and steering of the operator; none while the link is silent.
    pub hands: Option<(i32, i32)>,
    /// What a policy answers: the time it names and its bytes, for the time it was asked about. None is a vehicle without one.
    pub policy: Option<Policy>,
    enable: bool,
    epoch: LeaseEpoch,
    seq: u64,
    captures: VecDeque<MonoTime>,
}

impl Stage {
    pub(super) fn new(more: &str, ground: Ground, place: Place) -> Self {
        let profile: Profile = farhand_settings::parse(&format!("{CAMERAS}\n{more}"), Path::new("p.toml")).expect("good");
        let now = MonoTime(5_000_000);
        Self {
            core: Core::new(limits::from_profile(&profile), BOOT, Some(Persisted::default()), now),
            lookout: Lookout::of(&profile).expect("fitted"),
            machine: Machine::new(&profile, ground, place, now),
            now,
            drive: Drive::default(),
            hands: Some((0, 0)),
            policy: None,
            enable: false,
            epoch: LeaseEpoch(1),
            seq: 0,
            captures: VecDeque::new(),
        }
    }

    /// With the operator in charge, standing.
    pub(super) fn taken_over(more: &str, ground: Ground, place: Place) -> Self {
        let mut stage = Self::new(more, ground, place);
        stage.until(SafetyState::Parked);
        stage.take(Input::LeaseGrant(LeaseEpoch(1)));
        stage.until(SafetyState::Handover);
        stage.run_ms(2200);
        stage.enable = true;
        stage.until(SafetyState::Teleop);
        stage
    }

    pub(super) fn state(&mut self) -> VehicleState {
        self.core.snapshot(self.now, true, 0)
    }

    pub(super) fn run_ms(&mut self, millis: u64) {
        for _ in 0..millis / 10 {
            self.tick();
        }
    }

    pub(super) fn until(&mut self, state: SafetyState) {
        let start = self.now;
        while self.core.state() != state {
            assert!(self.now.since(start) < Duration::from_secs(12), "waiting for {state:?} in {:?}", self.state());
            self.tick();
        }
    }

    pub(super) fn take(&mut self, input: Input<'_>) {
        let _ = self.core.take(self.now, input);
    }

    /// One tick, in the order of the shell.
    pub(super) fn tick(&mut self) -> Output {
        self.now = self.now.after(TICK);
        self.machine.advance(self.now);
        self.hear_machine();
        self.hear_agent();
        let sight = self.lookout.look(self.now, &self.core);
        if let Some(seen) = sight.surroundings {
            self.take(Input::Surroundings(seen));
        }
        if let Some(manoeuvre) = sight.manoeuvre {
            self.take(Input::Manoeuvre(manoeuvre));
        }
        let output = self.core.tick(self.now);
        self.drive = output.drive;
        self.machine.obey(self.now, &shell::actuation(self.seq, self.now, &output.drive));
        if let Some(store) = output.store {
            self.take(Input::Stored(store));
        }
        self.lookout.note(self.now, &output.drive);
        self.lookout.think(self.now, &self.core);
        let asked = self.lookout.question();
        if let Some(((at, _), policy)) = asked.zip(self.policy) {
            let (at, values) = policy(at);
            self.lookout.take_scores(at, &values);
        }
        output
    }

    fn hear_machine(&mut self) {
        let report = self.machine.report(self.now);
        self.lookout.take_report(&report);
        self.take(Input::Machine(shell::sample(&report)));
        self.machine.sweep(self.now, self.now.0 / 10_000);
        while let Some(scan) = self.machine.known(self.now) {
            assert!(self.lookout.take_scan(self.now, &scan));
        }
    }

    fn hear_agent(&mut self) {
        self.take(Input::AgentBeat(self.now));
        self.take(Input::GatewayConnected(true));
        let tick = self.now.0 / 10_000;
        if tick.is_multiple_of(3) {
            self.captures.push_back(self.now);
            let _ = self.captures.pop_front_if(|at| self.now.since(*at) > Duration::from_secs(1));
            for camera in [CameraIndex(0), CameraIndex(1)] {
                self.take(Input::Sent(camera, self.now));
            }
        }
        let Some((speed_mm_s, steering_mrad)) = self.hands.filter(|_| tick.is_multiple_of(2)) else { return };
        self.seq += 1;
        let shown = self.captures.iter().rev().find(|at| self.now.since(**at) >= Duration::from_millis(60));
        let rtp = shown.map(|at| RtpStamp::of_capture(*at));
        let command = Command {
            v: WIRE_VERSION,
            boot_id: BOOT,
            epoch: self.epoch,
            seq: self.seq,
            operator_us: self.now.0,
            enable: self.enable,
            input_age_ms: 0,
            speed_mm_s,
            steering_mrad,
            lift_mm_s: 0,
            confirm: true,
            rearm_latch: None,
            pressed_through: None,
            stamps: rtp.map_or(Vec::new(), |rtp| [0, 1].map(|index| GlassStamp { camera: CameraIndex(index), rtp }).to_vec()),
        };
        let bytes = encode(&FromConsole::Command(command)).expect("encodes");
        self.take(Input::Command(&bytes));
    }
}
