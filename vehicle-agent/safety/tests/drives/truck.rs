//! A truck, a link and an operator around the real core, in invented time.
#![allow(missing_docs, unreachable_pub, clippy::struct_excessive_bools)] // Each file uses its own part.

use farhand_protocol::{
    BootId, CameraIndex, Command, FromConsole, GlassStamp, LeaseEpoch, MonoTime, RtpStamp, SafetyState, VehicleState,
    WIRE_VERSION, encode,
};
use farhand_safety::{CameraSet, Config, Core, Drive, GrantAnswer, Input, MachineSample, Persisted, Transition};
use std::time::Duration;

pub const BOOT: BootId = BootId(7);
pub const FRONT: CameraIndex = CameraIndex(0);
pub const REAR: CameraIndex = CameraIndex(1);

pub fn config() -> Config {
    let front = CameraSet::default().with(FRONT);
    let rear = CameraSet::default().with(REAR);
    Config {
        max_speed_mm_s: 2500,
        max_steering_mrad: 1300,
        max_lift_mm_s: 400,
        max_accel_mm_s2: 1000,
        safe_decel_mm_s2: 1600,
        safe_decel_raised_mm_s2: 350,
        safe_lateral_mm_s2: 1600,
        mast_height_mm: 3000,
        wheelbase_mm: 1400,
        coast_after: Duration::from_millis(100),
        command_lost_after: Duration::from_millis(250),
        picture_lost_after: Duration::from_millis(600),
        handover_picture_age: Duration::from_millis(300),
        blind_distance_mm: 500,
        blind_trip_mm: 1000,
        flapping_bucket: Duration::from_secs(1),
        good_for: Duration::from_secs(2),
        agent_lost_after: Duration::from_millis(100),
        machine_lost_after: Duration::from_millis(100),
        handover_timeout: Duration::from_secs(30),
        stuck_enable_after: Duration::from_secs(25),
        required_forward: front,
        required_reverse: rear,
        required_handover: front.union(rear),
    }
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
}

/// The stage: time moves in ticks of 10 ms.
pub struct Stage {
    pub core: Core,
    pub now: MonoTime,
    pub hands: Hands,
    /// Age of the pictures on the glass, whole ticks.
    pub picture_age_ms: u64,
    pub commands_flow: bool,
    pub pictures_flow: bool,
    pub agent_alive: bool,
    pub machine_alive: bool,
    pub emergency_stop: bool,
    pub fork_mm: i32,
    pub disk_works: bool,
    pub epoch: LeaseEpoch,
    pub boot: BootId,
    pub seq: u64,
    pub speed_um_s: i64,
    pub travelled_um: u64,
    pub drive: Drive,
    pub stored: Option<Persisted>,
    pub transitions: Vec<(u64, Transition)>,
    pub answers: Vec<GrantAnswer>,
    pub last_command: Vec<u8>,
    pub captures: Vec<MonoTime>,
}

impl Stage {
    pub fn new() -> Self {
        Self::with(config(), Some(Persisted::default()))
    }

    pub fn with(config: Config, stored: Option<Persisted>) -> Self {
        let now = MonoTime(1_000_000);
        Self {
            core: Core::new(config, BOOT, stored, now),
            now,
            hands: Hands {
                enable: false,
                speed_mm_s: 0,
                steering_mrad: 0,
                lift_mm_s: 0,
                confirm: true,
                rearm: false,
                input_age_ms: 0,
            },
            picture_age_ms: 60,
            commands_flow: true,
            pictures_flow: true,
            agent_alive: true,
            machine_alive: true,
            emergency_stop: false,
            fork_mm: 0,
            disk_works: true,
            epoch: LeaseEpoch(0),
            boot: BOOT,
            seq: 0,
            speed_um_s: 0,
            travelled_um: 0,
            drive: Drive::default(),
            stored,
            transitions: Vec::new(),
            answers: Vec::new(),
            last_command: Vec::new(),
            captures: Vec::new(),
        }
    }

    pub fn state(&self) -> SafetyState {
        self.core.state()
    }

    pub fn snapshot(&mut self) -> VehicleState {
        self.core.snapshot(self.now, true, 0)
    }

    pub fn take(&mut self, input: Input<'_>) {
        if let Some(answer) = self.core.take(self.now, input) {
            self.answers.push(answer);
        }
    }

    pub fn grant(&mut self) {
        self.epoch = LeaseEpoch(self.core.highest_epoch().0.max(self.epoch.0) + 1);
        self.seq = 0;
        self.take(Input::LeaseGrant(self.epoch));
    }

    /// One tick of 10 ms: machine, pictures, agent, command, decision, motion.
    pub fn tick(&mut self) {
        self.now = self.now.after(Duration::from_millis(10));
        let tick = self.now.0 / 10_000;
        if self.machine_alive {
            let sample = self.sample();
            self.take(Input::Machine(sample));
        }
        if self.agent_alive {
            self.take(Input::AgentBeat(self.now));
            if self.pictures_flow && tick.is_multiple_of(3) {
                self.captures.push(self.now);
                self.take(Input::Sent(FRONT, self.now));
                self.take(Input::Sent(REAR, self.now));
            }
            if self.commands_flow && tick.is_multiple_of(2) {
                let bytes = self.command_bytes();
                self.send(&bytes);
            }
        }
        self.decide();
    }

    pub fn decide(&mut self) {
        let output = self.core.tick(self.now);
        self.drive = output.drive;
        if let Some(transition) = output.transition {
            self.transitions.push((self.now.as_millis(), transition));
        }
        if let Some(store) = output.store {
            self.stored = if self.disk_works { Some(store) } else { self.stored };
            self.take(if self.disk_works { Input::Stored(store) } else { Input::StoreFailed });
        }
        self.roll();
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.last_command = bytes.to_vec();
        self.take(Input::Command(bytes));
    }

    pub fn command(&mut self) -> Command {
        self.seq += 1;
        let shown = self.captures.iter().rev().find(|at| self.now.since(**at) >= Duration::from_millis(self.picture_age_ms));
        let rtp = shown.map(|at| RtpStamp::of_capture(*at));
        let latch = self.snapshot().latch;
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
            rearm_latch: latch.filter(|_| self.hands.rearm),
            stamps: rtp.map_or(Vec::new(), |rtp| [FRONT, REAR].map(|camera| GlassStamp { camera, rtp }).to_vec()),
        }
    }

    pub fn command_bytes(&mut self) -> Vec<u8> {
        let command = self.command();
        encode(&FromConsole::Command(command)).expect("encodes")
    }

    fn sample(&self) -> MachineSample {
        MachineSample {
            at: self.now,
            travelled_um: self.travelled_um,
            speed_mm_s: i32::try_from(self.speed_um_s / 1000).expect("small"),
            steering_mrad: self.hands.steering_mrad,
            fork_mm: self.fork_mm,
            emergency_stop: self.emergency_stop,
            pose: None,
        }
    }

    /// The simplest machine: does at once what it is told, within the given acceleration.
    fn roll(&mut self) {
        let target = if self.drive.brake_mm_s2 > 0 { 0 } else { i64::from(self.drive.speed_mm_s) * 1000 };
        let rate = if self.drive.brake_mm_s2 > 0 { self.drive.brake_mm_s2 } else { self.drive.accel_mm_s2 };
        let step = i64::from(rate) * 10;
        self.speed_um_s += (target - self.speed_um_s).clamp(-step, step);
        self.travelled_um += self.speed_um_s.unsigned_abs() / 100;
    }

    pub fn run_ms(&mut self, millis: u64) {
        for _ in 0..millis / 10 {
            self.tick();
        }
    }

    /// Ticks until the state is reached; fails the test after ten seconds.
    pub fn until(&mut self, state: SafetyState) -> u64 {
        let start = self.now;
        while self.state() != state {
            assert!(self.now.since(start) < Duration::from_secs(10), "waiting for {state:?} in {:?}", self.snapshot());
            self.tick();
        }
        self.now.since(start).as_millis().try_into().expect("small")
    }

    /// Boots, takes the lease and arms.
    pub fn into_teleop(mut self) -> Self {
        self.until(SafetyState::Parked);
        self.take_over();
        self
    }

    pub fn take_over(&mut self) {
        self.grant();
        self.until(SafetyState::Handover);
        self.hands.enable = false;
        self.hands.speed_mm_s = 0;
        self.run_ms(2100);
        self.hands.enable = true;
        self.until(SafetyState::Teleop);
    }

    /// In teleop at this speed, steady.
    pub fn driving(speed_mm_s: i32) -> Self {
        let mut stage = Self::new().into_teleop();
        stage.hands.speed_mm_s = speed_mm_s;
        stage.run_ms(5000);
        assert_eq!(stage.state(), SafetyState::Teleop, "{:?}", stage.snapshot());
        stage
    }

    pub fn speed_mm_s(&self) -> i32 {
        i32::try_from(self.speed_um_s / 1000).expect("small")
    }
}
