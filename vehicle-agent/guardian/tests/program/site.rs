//! What stands around the real program in its tests: a machine with scanners, an agent and an operator, by the real clock.
#![allow(dead_code, unreachable_pub)] // Each test takes what it needs.

use farhand_drive::{Actuate, AgentSays, GuardianSays, MachineSays, PacketListener, PacketSocket, vehicle_now};
use farhand_machine::Machine;
use farhand_profile::Profile;
use farhand_protocol::{
    BootId, CameraIndex, Cause, Command as Wanted, FromConsole, GlassStamp, LeaseEpoch, Limits, MonoTime, OperatorName, RtpStamp,
    SafetyState, VehicleState, WIRE_VERSION, decode, encode,
};
use farhand_world::{Ground, Place, Solid, SolidKind};
use serde_bytes::ByteBuf;
use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

const CONFIG: &str = r#"
vehicle = "truck-1"
profile = "profile.toml"
machine_socket = "machine.sock"
agent_socket = "agent.sock"
state_file = "guardian.state"
"#;

/// A host that takes this thread or the guardian away for longer changes the story that a test tells: it is as late as a tick of
/// the guardian's may be.
const LATE: Duration = Duration::from_millis(50);
const MOST_PLAYS: usize = 12;
/// A story is told again once the host has let this thread run in time for so long, or after a minute.
const QUIET_PERIODS: u32 = 300;
const MOST_PERIODS: u32 = 6000;
const PERIOD: Duration = Duration::from_millis(10);

thread_local! {
    /// The host disturbed what is being played.
    static DISTURBED: Cell<bool> = const { Cell::new(false) };
}

/// Plays a story by the real clock in a folder of its own. One that fails after the host held up this thread or the guardian's tick
/// shows nothing: it says so and is played again, some times, when the host has come to rest (docs/decisions/0005).
pub fn by_the_clock(story: impl Fn(&Path)) {
    // Where it is not granted, the host disturbs more often.
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    if let Ok(priority) = ThreadPriorityValue::try_from(30) {
        let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(priority), policy);
    }
    for plays in 1..=MOST_PLAYS {
        DISTURBED.set(false);
        let folder = tempfile::tempdir().expect("a folder");
        let Err(failure) = catch_unwind(AssertUnwindSafe(|| story(folder.path()))) else { return };
        if !DISTURBED.get() || plays == MOST_PLAYS {
            resume_unwind(failure);
        }
        eprintln!("NOT SHOWN by play {plays}: the host held up the test or the guardian; once more");
        wait_for_quiet();
    }
}

fn wait_for_quiet() {
    let mut in_time = 0;
    for _ in 0..MOST_PERIODS {
        let due = vehicle_now().after(PERIOD);
        std::thread::sleep(PERIOD);
        in_time = if vehicle_now().since(due) < PERIOD { in_time + 1 } else { 0 };
        if in_time == QUIET_PERIODS {
            return;
        }
    }
}

/// Ends the program with the test.
pub struct Guardian(Child);

impl Guardian {
    pub fn start(folder: &Path) -> Self {
        Self(program(folder).spawn().expect("starts"))
    }

    /// Asks it to end, as a service manager does; true if it ended well.
    pub fn stop(mut self) -> bool {
        let process = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("it lives");
        self.0.wait().expect("it ends").success()
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farhand-guardian"));
    command.arg("--config").arg(folder.join("guardian.toml")).stderr(Stdio::null());
    command
}

/// The machine's side and the agent's, moved on by the real clock.
pub struct Site {
    pub machine: Machine,
    pub state: Option<VehicleState>,
    /// Wanted speed and steering of the operator; none while the link is silent.
    pub hands: Option<(i32, i32)>,
    /// The operator holds the enable switch.
    pub enable: bool,
    folder: PathBuf,
    listener: PacketListener,
    guardian: Option<PacketSocket>,
    agent: Option<PacketSocket>,
    boot_id: Option<BootId>,
    captures: VecDeque<MonoTime>,
    seq: u64,
    tick: u64,
    next: MonoTime,
}

impl Site {
    /// A commissioned vehicle before a wall, its guardian not yet started.
    pub fn new(folder: &Path, profile: &str, more: &str) -> Self {
        std::fs::write(folder.join("profile.toml"), profile).expect("written");
        std::fs::write(folder.join("guardian.toml"), format!("{CONFIG}{more}")).expect("written");
        assert!(program(folder).arg("init").status().expect("starts").success());
        let profile: Profile = farhand_settings::parse(profile, Path::new("profile.toml")).expect("good");
        let wall = Solid::new((5.0, -3.0), (5.2, 3.0), SolidKind::Wall);
        let now = vehicle_now();
        Self {
            machine: Machine::new(&profile, Ground::new(vec![wall]), Place::default(), now),
            state: None,
            hands: None,
            enable: false,
            folder: folder.to_owned(),
            listener: PacketListener::bind(&folder.join("machine.sock")).expect("listens"),
            guardian: None,
            agent: None,
            boot_id: None,
            captures: VecDeque::new(),
            seq: 0,
            tick: 0,
            next: now,
        }
    }

    /// The guardian is gone; what comes is for the next one.
    pub fn forget(&mut self) {
        (self.guardian, self.agent, self.boot_id, self.state) = (None, None, None, None);
        (self.hands, self.enable) = (None, false);
    }

    /// Moves on by one tick of 10 ms.
    pub fn turn(&mut self) {
        std::thread::sleep(self.next.since(vehicle_now()));
        let now = vehicle_now();
        if now.since(self.next) > LATE {
            DISTURBED.set(true);
        }
        (self.tick, self.next) = (self.tick + 1, now.after(PERIOD));
        self.machine.advance(now);
        self.turn_machine(now);
        self.turn_agent(now);
    }

    fn turn_machine(&mut self, now: MonoTime) {
        if self.guardian.is_none() {
            self.guardian = self.listener.accept().expect("listens");
        }
        let Some(guardian) = &self.guardian else { return };
        while let Ok(Some(command)) = guardian.receive::<Actuate>() {
            self.machine.obey(now, &command);
        }
        guardian.send(&MachineSays::Report(self.machine.report(now))).expect("the guardian lives");
        self.machine.sweep(now);
        while let Some(scan) = self.machine.known(now) {
            guardian.send(&MachineSays::Scan(scan)).expect("the guardian lives");
        }
    }

    fn turn_agent(&mut self, now: MonoTime) {
        if self.agent.is_none() {
            self.agent = PacketSocket::connect(&self.folder.join("agent.sock")).ok();
        }
        while let Some(Ok(Some(said))) = self.agent.as_ref().map(PacketSocket::receive::<GuardianSays>) {
            match said {
                GuardianSays::State(bytes) => {
                    let state: VehicleState = decode(&bytes, Limits::STREAM).expect("a state");
                    // It latches: there is nothing to wait for.
                    let late = state.causes.contains(&Cause::TickOverrun);
                    DISTURBED.set(DISTURBED.get() || late);
                    assert!(!late, "a tick of the guardian's ran late: {state:?}");
                    self.state = Some(state);
                }
                GuardianSays::Hello { boot_id, .. } => self.boot_id = Some(boot_id),
                _ => {}
            }
        }
        self.say(&AgentSays::Beat { at: now, gateway_connected: true });
        if self.tick.is_multiple_of(3) {
            self.captures.push_back(now);
            let _ = self.captures.pop_front_if(|at| now.since(*at) > Duration::from_secs(1));
            for camera in [CameraIndex(0), CameraIndex(1)] {
                self.say(&AgentSays::Sent { camera, capture: now });
            }
        }
        if let (Some(hands), Some(boot_id), true) = (self.hands, self.boot_id, self.tick.is_multiple_of(2)) {
            let command = self.command(now, boot_id, hands);
            self.say(&AgentSays::Command(command));
        }
    }

    fn command(&mut self, now: MonoTime, boot_id: BootId, (speed_mm_s, steering_mrad): (i32, i32)) -> ByteBuf {
        self.seq += 1;
        let shown = self.captures.iter().rev().find(|at| now.since(**at) >= Duration::from_millis(60));
        let rtp = shown.map(|at| RtpStamp::of_capture(*at));
        let command = Wanted {
            v: WIRE_VERSION,
            boot_id,
            epoch: LeaseEpoch(1),
            seq: self.seq,
            operator_us: now.0,
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
        ByteBuf::from(encode(&FromConsole::Command(command)).expect("encodes"))
    }

    pub fn say(&self, message: &AgentSays) {
        if let Some(agent) = &self.agent {
            agent.send(message).expect("the guardian lives");
        }
    }

    /// The operator takes the vehicle over and holds the switch.
    pub fn take_over(&mut self) {
        self.until("parked", |state| state.state == SafetyState::Parked);
        let holder = OperatorName::new("ada").expect("a name");
        self.say(&AgentSays::LeaseGrant { epoch: LeaseEpoch(1), holder });
        self.hands = Some((0, 0));
        self.until("the hand-over", |state| state.state == SafetyState::Handover);
        self.turns(220);
        self.enable = true;
        self.until("the operator in charge", |state| state.state == SafetyState::Teleop);
    }

    pub fn turns(&mut self, count: u32) {
        for _ in 0..count {
            self.turn();
        }
    }

    /// Until the vehicle says so; fails after ten seconds.
    pub fn until(&mut self, what: &str, holds: impl Fn(&VehicleState) -> bool) {
        let start = vehicle_now();
        while !self.state.as_ref().is_some_and(&holds) {
            assert!(vehicle_now().since(start) < Duration::from_secs(10), "waiting for {what}: {:?}", self.state);
            self.turn();
        }
    }
}
