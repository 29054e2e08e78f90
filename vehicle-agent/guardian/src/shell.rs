//! The loop around the core: waits for a packet or the next tick, hands it in, carries out what comes back.

use crate::config::GuardianConfig;
use crate::lookout::Lookout;
use crate::realtime;
use crate::state_file::{self, StateFile};
use anyhow::Context as _;
use farhand_drive::{
    Actuate, AgentSays, GuardianSays, MachineReport, MachineSays, MachineScan, PacketListener, PacketSocket, ReceiveError,
    SendError, WantedMotion, suspended_micros, vehicle_now,
};
use farhand_guard::ScoreFault;
use farhand_protocol::{BootId, LeaseEpoch, MonoTime};
use farhand_safety::{Config, Content, Core, Drive, GrantAnswer, Input, MachineSample, MissionRefusal, Output, Plan};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_bytes::ByteBuf;
use std::io::Read as _;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tracing::{debug, info, warn};

const TICK: Duration = Duration::from_millis(10);
const STATE_PERIOD: Duration = Duration::from_millis(50);
const RECONNECT_PERIOD: Duration = Duration::from_millis(100);
/// A tick this late is counted and shown; the core itself judges the overrun.
const LATE_TICK: Duration = Duration::from_millis(5);
/// CLOCK_BOOTTIME running ahead of CLOCK_MONOTONIC by this much means that the host slept.
const SUSPEND_MICROS: u64 = 50_000;
/// Packets read from one socket before the clock is looked at again.
const BURST: usize = 256;

/// Runs until SIGTERM or SIGINT.
pub(crate) fn run(config: &GuardianConfig, limits: Config, lookout: Option<Lookout>) -> anyhow::Result<()> {
    let listener = PacketListener::bind(&config.agent_socket)
        .with_context(|| format!("listening for the agent on {}", config.agent_socket.display()))?;
    let stored = state_file::read(&config.state_file);
    let store = StateFile::start(config.state_file.clone()).context("starting the state file's thread")?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("registering a signal")?;
    }
    let boot_id = BootId(random_u32().context("drawing a boot id")?);
    let now = vehicle_now();
    info!(vehicle = %config.vehicle, boot = boot_id.0, "guardian starts");
    let mut shell = Shell {
        core: Core::new(limits, boot_id, stored, now),
        lookout,
        boot_id,
        machine_path: config.machine_socket.clone(),
        machine: None,
        listener,
        agent: None,
        store,
        next_tick: now,
        next_state: now,
        next_connect: now,
        actuate_seq: 0,
        suspended: suspended_micros(),
        realtime: realtime::ask(),
        late_ticks: 0,
        undelivered: 0,
        score_fault: Some(ScoreFault::Missing),
    };
    while !stop.load(Ordering::Relaxed) {
        shell.turn()?;
    }
    info!("guardian stops; the machine's own watchdog keeps the brake on");
    Ok(())
}

struct Shell {
    core: Core,
    /// None for a vehicle without scanners.
    lookout: Option<Lookout>,
    boot_id: BootId,
    machine_path: PathBuf,
    machine: Option<PacketSocket>,
    listener: PacketListener,
    agent: Option<PacketSocket>,
    store: StateFile,
    next_tick: MonoTime,
    next_state: MonoTime,
    next_connect: MonoTime,
    actuate_seq: u64,
    suspended: u64,
    realtime: bool,
    late_ticks: u64,
    undelivered: u64,
    /// Why the policy's scores are not used; none while they are.
    score_fault: Option<ScoreFault>,
}

/// Which sockets have something to read, an end included.
struct Ready {
    listener: bool,
    machine: bool,
    agent: bool,
}

impl Shell {
    fn turn(&mut self) -> anyhow::Result<()> {
        let ready = self.wait()?;
        let mut urgent = ready.machine && self.read_machine();
        urgent |= ready.agent && self.read_agent();
        if ready.listener {
            self.accept_agent()?;
        }
        self.read_store();
        let now = vehicle_now();
        if urgent || now >= self.next_tick {
            self.tick(now);
        }
        Ok(())
    }

    /// Until a packet is there or the next tick is due.
    fn wait(&self) -> anyhow::Result<Ready> {
        let left = self.next_tick.since(vehicle_now());
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(left.subsec_nanos()) };
        // An absent socket is asked for nothing and answers nothing: the listener stands in for it.
        let waited = |socket: &Option<PacketSocket>| if socket.is_some() { PollFlags::IN } else { PollFlags::empty() };
        let (wait_machine, wait_agent) = (waited(&self.machine), waited(&self.agent));
        let mut fds = [
            PollFd::from_borrowed_fd(self.listener.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.machine.as_ref().map_or(self.listener.as_fd(), AsFd::as_fd), wait_machine),
            PollFd::from_borrowed_fd(self.agent.as_ref().map_or(self.listener.as_fd(), AsFd::as_fd), wait_agent),
        ];
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {
                let [listener, machine, agent] = fds.map(|fd| !fd.revents().is_empty());
                Ok(Ready { listener, machine, agent })
            }
            Err(error) => Err(error).context("waiting for packets"),
        }
    }

    /// True if the vehicle must decide at once.
    fn read_machine(&mut self) -> bool {
        for _ in 0..BURST {
            let Some(socket) = &self.machine else { return false };
            match socket.receive::<MachineSays>() {
                Ok(None) => return false,
                Ok(Some(MachineSays::Report(report))) => {
                    if report.watchdog_tripped {
                        warn!("the machine braked by its own watchdog");
                    }
                    let pressed = report.emergency_stop;
                    if let Some(lookout) = &mut self.lookout {
                        lookout.take_report(&report);
                    }
                    self.take(Input::Machine(sample(&report)));
                    if pressed {
                        return true;
                    }
                }
                Ok(Some(MachineSays::Scan(scan))) => self.take_scan(&scan),
                Err(ReceiveError::Decode(error)) => warn!(%error, "the machine sent something that is no report"),
                Err(_) => {
                    warn!("the machine's socket ended");
                    self.lose_machine();
                    return true;
                }
            }
        }
        false
    }

    /// True if the vehicle must decide at once.
    fn read_agent(&mut self) -> bool {
        let mut urgent = false;
        for _ in 0..BURST {
            let Some(socket) = &self.agent else { return urgent };
            match socket.receive::<AgentSays>() {
                Ok(None) => return urgent,
                Ok(Some(message)) => urgent |= self.take_from_agent(message),
                Err(ReceiveError::Decode(error)) => warn!(%error, "the agent sent something that is no message"),
                Err(_) => {
                    warn!("the agent's socket ended");
                    self.lose_agent();
                    return true;
                }
            }
        }
        urgent
    }

    fn take_from_agent(&mut self, message: AgentSays) -> bool {
        match message {
            AgentSays::Beat { at, gateway_connected } => {
                self.take(Input::AgentBeat(at));
                self.take(Input::GatewayConnected(gateway_connected));
            }
            AgentSays::Command(bytes) => self.take(Input::Command(&bytes)),
            AgentSays::Stop(origin) => {
                debug!(by = %origin.by, request = origin.request, "stop");
                self.take(Input::Stop);
                return true;
            }
            AgentSays::LeaseGrant { epoch, holder } => {
                info!(epoch = epoch.0, %holder, "lease granted");
                self.take(Input::LeaseGrant(epoch));
            }
            AgentSays::LeaseEnd { epoch, revoked } => {
                info!(epoch = epoch.0, revoked, "lease ended");
                self.take(if revoked { Input::LeaseRevoked(epoch) } else { Input::LeaseEnd(epoch) });
                return true;
            }
            AgentSays::Sent { camera, capture } => self.take(Input::Sent(camera, capture)),
            AgentSays::Content { camera, capture, frame, changes } => {
                self.take(Input::Content(Content { camera, capture, frame, changes }));
            }
            AgentSays::Scores { at, values } => {
                if self.lookout.as_mut().is_some_and(|lookout| !lookout.take_scores(at, &values)) {
                    warn!(bytes = values.len(), "the policy's answer is no list of scores");
                }
            }
            AgentSays::Release { mission } => {
                info!(mission = mission.0, "mission released");
                self.take(Input::Release(mission));
            }
            AgentSays::MissionEnd { mission } => {
                info!(mission = mission.0, "mission ended");
                self.take(Input::MissionEnd(mission));
            }
            AgentSays::Plan(wanted) => self.take(Input::Plan(plan(&wanted))),
        }
        false
    }

    fn take(&mut self, input: Input<'_>) {
        let Some(answer) = self.core.take(vehicle_now(), input) else { return };
        let answer = said(answer, self.core.highest_epoch());
        self.tell_agent(&answer);
    }

    fn accept_agent(&mut self) -> anyhow::Result<()> {
        while let Some(socket) = self.listener.accept().context("accepting the agent")? {
            info!("agent connected");
            if self.agent.is_some() {
                self.lose_agent();
            }
            self.agent = Some(socket);
            self.tell_agent(&GuardianSays::Hello { boot_id: self.boot_id, highest_epoch: self.core.highest_epoch() });
        }
        Ok(())
    }

    fn lose_agent(&mut self) {
        self.agent = None;
        self.take(Input::AgentGone);
    }

    fn read_store(&mut self) {
        while let Some(answer) = self.store.answer() {
            if let Ok(stored) = answer {
                self.take(Input::Stored(stored));
            } else {
                self.take(Input::StoreFailed);
                return;
            }
        }
    }

    fn tick(&mut self, now: MonoTime) {
        if now.since(self.next_tick) > LATE_TICK {
            self.late_ticks += 1;
        }
        if now >= self.next_tick {
            let next = self.next_tick.after(TICK);
            self.next_tick = if next > now { next } else { now.after(TICK) };
        }
        self.check_clock();
        self.look(now);
        let output = self.core.tick(now);
        self.actuate(now, output.drive);
        self.follow_up(now, output);
        if let Some(lookout) = &mut self.lookout {
            lookout.note(now, &output.drive);
            lookout.think(now, &self.core);
            self.ask_policy();
        }
        self.reconnect(now);
    }

    /// Puts the policy's next question to the agent, and says when the policy begins or ceases to have a say.
    fn ask_policy(&mut self) {
        let Some(lookout) = &mut self.lookout else { return };
        let Some((at, features)) = lookout.question() else { return };
        let fault = lookout.score_fault();
        if fault != self.score_fault {
            self.score_fault = fault;
            if let Some(fault) = fault {
                warn!(?fault, "the policy's scores are not used; the guard ranks by itself");
            } else {
                info!("the policy's scores are used");
            }
        }
        let row = features.row().iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        self.tell_agent(&GuardianSays::Senses { at, row: ByteBuf::from(row) });
    }

    fn check_clock(&mut self) {
        let suspended = suspended_micros();
        if suspended > self.suspended + SUSPEND_MICROS {
            warn!("the host was suspended");
            self.take(Input::ClockJump);
        }
        self.suspended = suspended;
    }

    fn actuate(&mut self, now: MonoTime, drive: Drive) {
        self.actuate_seq += 1;
        let Some(machine) = &self.machine else { return };
        let command = actuation(self.actuate_seq, now, &drive);
        if let Err(SendError::Gone(error)) = machine.send(&command) {
            warn!(%error, "the machine is gone");
            self.lose_machine();
        }
    }

    fn lose_machine(&mut self) {
        self.machine = None;
        if let Some(lookout) = &mut self.lookout {
            lookout.forget();
        }
        self.take(Input::MachineGone);
    }

    fn take_scan(&mut self, scan: &MachineScan) {
        let Some(lookout) = &mut self.lookout else { return };
        if !lookout.take_scan(vehicle_now(), scan) {
            debug!(scanner = scan.scanner, refused = lookout.refused(), "a sweep that cannot be used");
        }
    }

    /// What the guard says about the motion that is meant, or about the stop under way, for the tick that follows.
    fn look(&mut self, now: MonoTime) {
        let Some(lookout) = &mut self.lookout else { return };
        let sight = lookout.look(now, &self.core);
        let inputs = [sight.surroundings.map(Input::Surroundings), sight.manoeuvre.map(Input::Manoeuvre)];
        for input in inputs.into_iter().flatten() {
            // Neither has an answer.
            let _ = self.core.take(now, input);
        }
    }

    fn follow_up(&mut self, now: MonoTime, output: Output) {
        if let Some(state) = output.store {
            self.store.store(state);
        }
        if let Some(change) = output.transition {
            let event = self.core.event(now, change.from, change.to);
            info!(from = ?change.from, to = ?change.to, causes = ?event.causes, speed_mm_s = event.speed_mm_s, "state");
            self.tell_agent(&GuardianSays::Event(event));
        }
        if output.transition.is_some() || now >= self.next_state {
            self.next_state = now.after(STATE_PERIOD);
            let mut state = self.core.snapshot(now, self.realtime, self.late_ticks);
            state.corridor = self.lookout.as_ref().and_then(|lookout| lookout.corridor(now));
            match state.encode() {
                Ok(bytes) => self.tell_agent(&GuardianSays::State(ByteBuf::from(bytes))),
                Err(error) => warn!(%error, "the state cannot be encoded"),
            }
        }
    }

    fn tell_agent(&mut self, message: &GuardianSays) {
        let Some(agent) = &self.agent else { return };
        match agent.send(message) {
            Ok(()) => {}
            Err(SendError::Gone(_)) => {
                warn!("the agent is gone");
                self.lose_agent();
            }
            Err(error) => {
                self.undelivered += 1;
                debug!(%error, undelivered = self.undelivered, "not delivered to the agent");
            }
        }
    }

    fn reconnect(&mut self, now: MonoTime) {
        if self.machine.is_some() || now < self.next_connect {
            return;
        }
        self.next_connect = now.after(RECONNECT_PERIOD);
        match PacketSocket::connect(&self.machine_path) {
            Ok(socket) => {
                info!("machine connected");
                self.machine = Some(socket);
            }
            Err(error) => debug!(%error, "no machine yet"),
        }
    }
}

/// An answer of the core in the words of the agent's socket.
fn said(answer: GrantAnswer, highest: LeaseEpoch) -> GuardianSays {
    match answer {
        GrantAnswer::Accepted(epoch) => GuardianSays::LeaseAccepted { epoch },
        GrantAnswer::TooOld { offered, highest } => GuardianSays::LeaseRefused {
            epoch: offered,
            highest_epoch: highest,
            why: format!("epoch {offered} is not newer than {highest}"),
        },
        GrantAnswer::NotStored(epoch) => GuardianSays::LeaseRefused {
            epoch,
            highest_epoch: highest,
            why: "the vehicle cannot write its state file (is its disk full?)".into(),
        },
        GrantAnswer::MissionAccepted(mission) => GuardianSays::MissionAccepted { mission },
        GrantAnswer::MissionRefused { mission, why } => {
            let why = match why {
                MissionRefusal::TooOld => "a newer mission is known: release it with a higher number",
                MissionRefusal::NotParked => "the vehicle is not parked: wait, or acknowledge its stop",
                MissionRefusal::Leased => "a person holds its lease: ask for it back",
                MissionRefusal::NoScanner => "it has no safety scanners, or does not hear them (profile: scanner.fitted)",
                MissionRefusal::NoGateway => "its agent or its gateway is away",
                MissionRefusal::NotStored => "the vehicle cannot write its state file (is its disk full?)",
            };
            GuardianSays::MissionRefused { mission, why: why.into() }
        }
    }
}

/// The core's command in the words of the machine's socket.
pub(crate) fn actuation(seq: u64, at: MonoTime, drive: &Drive) -> Actuate {
    Actuate {
        seq,
        at,
        speed_mm_s: drive.speed_mm_s,
        accel_mm_s2: drive.accel_mm_s2,
        brake_mm_s2: drive.brake_mm_s2,
        steering_mrad: drive.steering_mrad,
        lift_mm_s: drive.lift_mm_s,
        safe_stop: drive.safe_stop,
    }
}

fn plan(wanted: &WantedMotion) -> Plan {
    Plan {
        mission: wanted.mission,
        seq: wanted.seq,
        at: wanted.at,
        speed_mm_s: wanted.speed_mm_s,
        steering_mrad: wanted.steering_mrad,
        lift_mm_s: wanted.lift_mm_s,
        base_left_mm: wanted.base_left_mm,
        off_path_mm: wanted.off_path_mm,
        localised: wanted.localised,
    }
}

pub(crate) fn sample(report: &MachineReport) -> MachineSample {
    MachineSample {
        at: report.at,
        travelled_um: report.travelled_um,
        speed_mm_s: report.speed_mm_s,
        steering_mrad: report.steering_mrad,
        fork_mm: report.fork_mm,
        emergency_stop: report.emergency_stop,
        // The machine does not say whether it carries a load: count with one.
        loaded: true,
        pose: report.pose,
    }
}

fn random_u32() -> std::io::Result<u32> {
    let mut bytes = [0; 4];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}
