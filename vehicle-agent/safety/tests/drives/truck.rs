//! A truck, a link, an operator, an autonomy and a guard around the real core, in invented time.
#![allow(clippy::struct_excessive_bools)] // Each is a switch of the stage.

use super::oracle::Oracle;
pub use super::plain::{FRONT, OPEN, REAR, config};
use farhand_protocol::{
    BootId, CameraIndex, Command, FromConsole, GlassStamp, LeaseEpoch, MissionEpoch, MonoTime, Pose, RtpStamp, SafetyState,
    VehicleState, WIRE_VERSION, encode,
};
use farhand_safety::{
    Broken, CameraSet, Config, Content, Core, Drive, GrantAnswer, Input, MachineSample, Manoeuvre, Output, Persisted,
    PictureMotion, Plan, Surroundings, Transition,
};
use std::time::Duration;

pub const BOOT: BootId = BootId(7);

/// No drive is that long: a core that is wrong fails a test instead of holding it up.
const LATEST: MonoTime = MonoTime(900_000_000);

/// The same truck with scanners, and with its front camera checked.
pub fn watching() -> Config {
    Config { scanner: true, checked_identical: CameraSet::default().with(FRONT), ..looking() }
}

/// The same truck with a front and a rear camera that are known to look there.
pub fn looking() -> Config {
    Config { looking_ahead: CameraSet::default().with(FRONT), looking_astern: CameraSet::default().with(REAR), ..config() }
}

/// What the operator does; the stage turns it into a command every 20 ms.
#[derive(Debug, Clone)]
pub struct Hands {
    pub enable: bool,
    pub speed_mm_s: i32,
    pub steering_mrad: i32,
    pub lift_mm_s: i32,
    pub confirm: bool,
    pub rearm: bool,
    pub input_age_ms: u32,
    pub pressed_through: Option<bool>,
}

pub const NEUTRAL: Hands = Hands {
    enable: false,
    speed_mm_s: 0,
    steering_mrad: 0,
    lift_mm_s: 0,
    confirm: true,
    rearm: false,
    input_age_ms: 0,
    pressed_through: None,
};

/// A plan along a straight way.
pub const AHEAD: Plan = Plan {
    mission: MissionEpoch(0),
    seq: 0,
    at: MonoTime(0),
    speed_mm_s: 1500,
    steering_mrad: 0,
    lift_mm_s: 0,
    base_left_mm: 30_000,
    off_path_mm: 0,
    localised: true,
};

/// The stage: time moves in ticks of 10 ms.
#[derive(Clone)]
pub struct Stage {
    pub core: Core,
    pub config: Config,
    pub oracle: Oracle,
    pub now: MonoTime,
    pub hands: Hands,
    /// Age of the pictures on the glass, whole ticks.
    pub picture_age_ms: u64,
    pub commands_flow: bool,
    pub pictures_flow: bool,
    pub picture_frozen: bool,
    /// The front and the rear camera are exchanged.
    pub pictures_swapped: bool,
    pub agent_alive: bool,
    pub gateway_connected: bool,
    pub machine_alive: bool,
    pub localised: bool,
    pub emergency_stop: bool,
    pub fork_um: i64,
    pub loaded: bool,
    pub disk_works: bool,
    /// What the scanners see; none is a scanner that is silent.
    pub seen: Option<Surroundings>,
    /// What the autonomy wants.
    pub plan: Option<Plan>,
    pub manoeuvre: Option<Manoeuvre>,
    /// Steering and brake of the machine do what they are told, in per cent.
    pub wheel_follows: bool,
    pub brake_percent: i64,
    pub forks_sink: bool,
    /// Every other report reads the wheel this far beside its place.
    pub wobble_mrad: i32,
    pub epoch: LeaseEpoch,
    pub mission: MissionEpoch,
    pub boot: BootId,
    pub seq: u64,
    pub plan_seq: u64,
    pub speed_um_s: i64,
    pub travelled_um: u64,
    pub wheel_urad: i64,
    pub frames: u64,
    pub changes: u64,
    pub output: Option<Output>,
    pub drive: Drive,
    pub stored: Option<Persisted>,
    pub transitions: Vec<(u64, Transition)>,
    pub answers: Vec<GrantAnswer>,
    pub last_command: Vec<u8>,
    pub captures: Vec<MonoTime>,
    broken: Option<Broken>,
}

impl Stage {
    pub fn new() -> Self {
        Self::with(config(), Some(Persisted::default()))
    }

    pub fn with(config: Config, stored: Option<Persisted>) -> Self {
        let now = MonoTime(1_000_000);
        Self {
            core: Core::new(config.clone(), BOOT, stored, now),
            oracle: Oracle::new(&config),
            config,
            now,
            hands: NEUTRAL,
            picture_age_ms: 60,
            commands_flow: true,
            pictures_flow: true,
            picture_frozen: false,
            pictures_swapped: false,
            agent_alive: true,
            gateway_connected: true,
            machine_alive: true,
            localised: true,
            emergency_stop: false,
            fork_um: 0,
            loaded: true,
            disk_works: true,
            seen: Some(OPEN),
            plan: None,
            manoeuvre: None,
            wheel_follows: true,
            brake_percent: 100,
            forks_sink: false,
            wobble_mrad: 0,
            epoch: LeaseEpoch(0),
            mission: MissionEpoch(0),
            boot: BOOT,
            seq: 0,
            plan_seq: 0,
            speed_um_s: 0,
            travelled_um: 0,
            wheel_urad: 0,
            frames: 0,
            changes: 0,
            output: None,
            drive: Drive::default(),
            stored,
            transitions: Vec::new(),
            answers: Vec::new(),
            last_command: Vec::new(),
            captures: Vec::new(),
            broken: None,
        }
    }

    /// Breaks the core on purpose, now and after each restart.
    pub fn broken(mut self, broken: Option<Broken>) -> Self {
        self.core.break_on_purpose(broken);
        self.broken = broken;
        self
    }

    /// The guardian crashes and starts again with what is on the disk.
    pub fn restart(&mut self) {
        self.boot = BootId(self.boot.0 + 1);
        self.stored = self.stored.map(|stored| Persisted::from_bytes(&stored.to_bytes()).expect("what was written is read"));
        self.core = Core::new(self.config.clone(), self.boot, self.stored, self.now);
        self.core.break_on_purpose(self.broken);
        self.oracle.restarted(self.boot);
        self.drive = Drive { brake_mm_s2: 1600, ..Drive::default() };
    }

    pub fn state(&self) -> SafetyState {
        self.core.state()
    }

    pub fn snapshot(&mut self) -> VehicleState {
        self.core.snapshot(self.now, true, 0)
    }

    pub fn take(&mut self, input: Input<'_>) {
        let answer = self.core.take(self.now, input);
        self.oracle.heard(self.now, &input, answer);
        self.answers.extend(answer);
    }

    pub fn grant(&mut self) {
        self.epoch = LeaseEpoch(self.core.highest_epoch().0.max(self.epoch.0) + 1);
        self.seq = 0;
        self.take(Input::LeaseGrant(self.epoch));
    }

    pub fn release(&mut self) {
        self.mission = self.mission.max(self.stored.map_or(self.mission, |stored| stored.highest_mission));
        self.mission = MissionEpoch(self.mission.0 + 1);
        self.plan_seq = 0;
        self.take(Input::Release(self.mission));
    }

    /// One tick of 10 ms: machine, scanners, agent, command, plan, decision, motion.
    pub fn tick(&mut self) {
        self.now = self.now.after(Duration::from_millis(10));
        assert!(self.now < LATEST, "a drive without end: {:?}", self.snapshot());
        let tick = self.now.0 / 10_000;
        if self.machine_alive {
            let sample = self.sample();
            self.take(Input::Machine(sample));
        }
        if let Some(seen) = self.seen {
            let scan_at = MonoTime(self.now.0 / 40_000 * 40_000);
            self.take(Input::Surroundings(Surroundings { at: self.now, scan_at, ..seen }));
        }
        if let Some(manoeuvre) = self.manoeuvre {
            self.take(Input::Manoeuvre(manoeuvre));
        }
        if self.agent_alive {
            self.take(Input::AgentBeat(self.now));
            self.take(Input::GatewayConnected(self.gateway_connected));
            if self.pictures_flow && tick.is_multiple_of(3) {
                self.picture();
            }
            if self.commands_flow && tick.is_multiple_of(2) {
                let bytes = self.command_bytes();
                self.send(&bytes);
            }
            if let Some(plan) = self.plan.filter(|_| tick.is_multiple_of(2)) {
                self.plan_seq += 1;
                self.take(Input::Plan(Plan { mission: self.mission, seq: self.plan_seq, at: self.now, ..plan }));
            }
        }
        self.decide();
    }

    fn picture(&mut self) {
        self.captures.push(self.now);
        if self.captures.len() > 400 {
            self.captures.drain(..200);
        }
        self.frames += 1;
        self.changes += u64::from(!self.picture_frozen);
        for camera in [FRONT, REAR] {
            self.take(Input::Sent(camera, self.now));
            let (capture, frame, changes, motion) = (self.now, self.frames, self.changes, self.motion(camera));
            self.take(Input::Content(Content { camera, capture, frame, changes, motion }));
        }
    }

    /// How the scene moves in a picture that comes from the front or the rear camera.
    fn motion(&self, camera: CameraIndex) -> Option<PictureMotion> {
        let ahead = (camera == FRONT) != self.pictures_swapped;
        let outwards = (self.speed_um_s > 0) == ahead;
        (self.speed_um_s != 0).then_some(if outwards { PictureMotion::Outwards } else { PictureMotion::Inwards })
    }

    pub fn decide(&mut self) {
        let output = self.core.tick(self.now);
        let state = self.core.snapshot(self.now, true, 0);
        let shown = (state.causes.iter().copied().collect(), state.latch, (state.cap_mm_s, state.cap_term));
        assert_eq!((self.core.causes(), self.core.latch(), self.core.cap()), shown, "one by one as in the snapshot");
        let speed_before = self.speed_mm_s();
        self.drive = output.drive;
        self.output = Some(output);
        self.transitions.extend(output.transition.map(|transition| (self.now.as_millis(), transition)));
        if let Some(store) = output.store {
            self.stored = if self.disk_works { Some(store) } else { self.stored };
            self.take(if self.disk_works { Input::Stored(store) } else { Input::StoreFailed });
        }
        self.roll();
        self.oracle.ticked(self.now, &output, &state, speed_before, self.speed_mm_s(), self.travelled_um);
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.last_command = bytes.to_vec();
        self.take(Input::Command(bytes));
    }

    pub fn command(&mut self) -> Command {
        self.seq += 1;
        let shown = self.captures.iter().rev().find(|at| self.now.since(**at) >= Duration::from_millis(self.picture_age_ms));
        let rtp = shown.map(|at| RtpStamp::of_capture(*at));
        let latch = if self.hands.rearm { self.snapshot().latch } else { None };
        Command {
            v: WIRE_VERSION,
            boot_id: self.boot,
            epoch: self.epoch,
            seq: self.seq,
            operator_us: self.now.0,
            enable: self.hands.enable,
            input_age_ms: self.hands.input_age_ms,
            speed_mm_s: self.hands.speed_mm_s,
            steering_mrad: self.hands.steering_mrad,
            lift_mm_s: self.hands.lift_mm_s,
            confirm: self.hands.confirm,
            rearm_latch: latch,
            pressed_through: self.hands.pressed_through,
            stamps: rtp.map_or(Vec::new(), |rtp| [FRONT, REAR].map(|camera| GlassStamp { camera, rtp }).to_vec()),
        }
    }

    pub fn command_bytes(&mut self) -> Vec<u8> {
        let command = self.command();
        encode(&FromConsole::Command(command)).expect("encodes")
    }

    pub fn sample(&self) -> MachineSample {
        let beside = if (self.now.0 / 10_000).is_multiple_of(2) { 0 } else { self.wobble_mrad };
        MachineSample {
            at: self.now,
            travelled_um: self.travelled_um,
            speed_mm_s: self.speed_mm_s(),
            steering_mrad: i32::try_from(self.wheel_urad / 1000).expect("small") + beside,
            fork_mm: i32::try_from(self.fork_um / 1000).expect("small"),
            emergency_stop: self.emergency_stop,
            loaded: self.loaded,
            pose: self.localised.then_some(Pose { x_mm: 0, y_mm: 0, heading_mrad: 0 }),
        }
    }

    /// The simplest machine: does at once what it is told, within its rates.
    fn roll(&mut self) {
        let braked = self.drive.brake_mm_s2 > 0;
        let target = if braked { 0 } else { i64::from(self.drive.speed_mm_s) * 1000 };
        let brake = i64::from(self.drive.brake_mm_s2) * self.brake_percent / 100;
        let rate = if braked { brake } else { i64::from(self.drive.accel_mm_s2) };
        let step = rate.clamp(0, 5000) * 10;
        self.speed_um_s += (target - self.speed_um_s).clamp(-step, step);
        self.travelled_um += self.speed_um_s.unsigned_abs() / 100;
        if self.wheel_follows {
            let wanted = i64::from(self.drive.steering_mrad) * 1000;
            self.wheel_urad += (wanted - self.wheel_urad).clamp(-8000, 8000);
        }
        let sink = if self.forks_sink { 2000 } else { 0 };
        self.fork_um = (self.fork_um + i64::from(self.drive.lift_mm_s) * 10 - sink).clamp(0, 3_000_000);
    }

    pub fn speed_mm_s(&self) -> i32 {
        i32::try_from(self.speed_um_s / 1000).expect("small")
    }
}
