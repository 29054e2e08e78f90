//! The loop around the mind: waits for a packet or the next tick, hands it in, carries out what comes back.

use crate::config::{GuardianConfig, Vehicle};
use crate::realtime;
use crate::recorder::Recorder;
use crate::state_file::{self, StateFile};
use anyhow::Context as _;
use farhand_drive::{
    AgentSays, GuardianSays, MachineSays, PacketListener, PacketSocket, ReceiveError, SendError, suspended_micros, vehicle_now,
};
use farhand_mind::record::Header;
use farhand_mind::{Decision, Heard, Mind, Remark, Start};
use farhand_protocol::{BootId, MonoTime, VehicleState};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_bytes::ByteBuf;
use std::io::Read as _;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use tracing::{debug, info, warn};

const RECONNECT_PERIOD: Duration = Duration::from_millis(100);
/// CLOCK_BOOTTIME running ahead of CLOCK_MONOTONIC by this much means that the host slept.
const SUSPEND_MICROS: u64 = 50_000;
/// The core stops a moving vehicle for a tick that comes later than this after the one before; a standing one hears of it too.
const LATE_TICK: Duration = Duration::from_millis(50);
/// Packets read from one socket before the clock is looked at again.
const BURST: usize = 256;

/// Runs until SIGTERM or SIGINT.
pub(crate) fn run(config: &GuardianConfig, vehicle: Vehicle) -> anyhow::Result<()> {
    let listener = PacketListener::bind(&config.agent_socket)
        .with_context(|| format!("listening for the agent on {}", config.agent_socket.display()))?;
    let stored = state_file::read(&config.state_file);
    let store = StateFile::start(config.state_file.clone()).context("starting the state file's thread")?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("registering a signal")?;
    }
    // Its thread too is started before this one asks for real time: it would have it as well.
    let mut record = config.record.as_ref().and_then(Recorder::try_start);
    let boot_id = BootId(random_u32().context("drawing a boot id")?);
    let now = vehicle_now();
    info!(vehicle = %config.vehicle, boot = boot_id.0, "guardian starts");
    let start = Start { boot_id, stored, realtime: realtime::ask(), at: now };
    let (site, site_text) = vehicle.site.unzip();
    if let Some(record) = &mut record {
        let platform = format!("{} {}", std::env::consts::ARCH, std::env::consts::OS);
        let header = Header::new(config.vehicle.clone(), vehicle.profile_text, platform, unix_now(), &start);
        record.begin(&header.on_site(site_text));
    }
    let mut mind = Mind::new(&vehicle.profile, &start);
    if let Some(site) = site {
        mind = mind.on_site(site);
    }
    let mut shell = Shell {
        mind,
        machine_path: config.machine_socket.clone(),
        machine: None,
        listener,
        agent: None,
        store,
        next_connect: now,
        last_tick: None,
        suspended: suspended_micros(),
        undelivered: 0,
        record,
    };
    while !stop.load(Ordering::Relaxed) {
        shell.turn()?;
    }
    info!("guardian stops; the machine's own watchdog keeps the brake on");
    Ok(())
}

struct Shell {
    mind: Mind,
    machine_path: PathBuf,
    machine: Option<PacketSocket>,
    listener: PacketListener,
    agent: Option<PacketSocket>,
    store: StateFile,
    next_connect: MonoTime,
    last_tick: Option<MonoTime>,
    suspended: u64,
    undelivered: u64,
    record: Option<Recorder>,
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
        if urgent || now >= self.mind.next_tick() {
            self.tick(now);
        }
        Ok(())
    }

    /// Until the next tick is due, somebody comes, or the machine or the agent is gone. What either says is acted on in a tick, so
    /// it is read when the tick is, and wakes nobody three hundred times a second (docs/decisions/0009-read-at-ticks.md).
    fn wait(&self) -> anyhow::Result<Ready> {
        let left = self.mind.next_tick().since(vehicle_now());
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(left.subsec_nanos()) };
        // An absent socket is asked for nothing and answers nothing: the listener stands in for it.
        let mut fds = [
            PollFd::from_borrowed_fd(self.listener.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.machine.as_ref().map_or(self.listener.as_fd(), AsFd::as_fd), PollFlags::empty()),
            PollFd::from_borrowed_fd(self.agent.as_ref().map_or(self.listener.as_fd(), AsFd::as_fd), PollFlags::empty()),
        ];
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {
                let [listener, machine_gone, agent_gone] = fds.map(|fd| !fd.revents().is_empty());
                let due = vehicle_now() >= self.mind.next_tick();
                Ok(Ready { listener, machine: machine_gone || due, agent: agent_gone || due })
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
                Ok(Some(message)) => {
                    if matches!(&message, MachineSays::Report(report) if report.watchdog_tripped) {
                        warn!("the machine braked by its own watchdog");
                    }
                    if self.take(Heard::Machine(message)) {
                        return true;
                    }
                }
                Err(ReceiveError::Decode(error)) => warn!(%error, "the machine sent something that is no report"),
                Err(_) => {
                    warn!("the machine's socket ended");
                    return self.lose_machine();
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
                Ok(Some(message)) => {
                    log_agent(&message);
                    urgent |= self.take(Heard::Agent(message));
                }
                Err(ReceiveError::Decode(error)) => warn!(%error, "the agent sent something that is no message"),
                Err(_) => {
                    warn!("the agent's socket ended");
                    return self.lose_agent();
                }
            }
        }
        urgent
    }

    /// Hands in what arrived; true if the vehicle must decide at once.
    fn take(&mut self, heard: Heard) -> bool {
        let now = vehicle_now();
        let taken = self.mind.take(now, &heard);
        log_remark(taken.remark);
        if let Some(record) = &mut self.record {
            record.heard(now, heard, &taken);
        }
        if let Some(answer) = &taken.say {
            self.tell_agent(answer);
        }
        taken.urgent
    }

    fn accept_agent(&mut self) -> anyhow::Result<()> {
        while let Some(socket) = self.listener.accept().context("accepting the agent")? {
            info!("agent connected");
            if self.agent.is_some() {
                self.lose_agent();
            }
            self.agent = Some(socket);
            self.take(Heard::AgentHere);
        }
        Ok(())
    }

    fn lose_agent(&mut self) -> bool {
        self.agent = None;
        self.take(Heard::AgentGone)
    }

    fn lose_machine(&mut self) -> bool {
        self.machine = None;
        self.take(Heard::MachineGone)
    }

    fn read_store(&mut self) {
        while let Some(answer) = self.store.answer() {
            if let Ok(stored) = answer {
                self.take(Heard::Stored(stored));
            } else {
                self.take(Heard::StoreFailed);
                return;
            }
        }
    }

    fn tick(&mut self, now: MonoTime) {
        let since_last = self.last_tick.replace(now).map(|last| now.since(last));
        if let Some(gap) = since_last.filter(|gap| *gap > LATE_TICK) {
            warn!(gap_ms = gap.as_millis(), "the safety tick ran late");
        }
        self.check_clock();
        let decision = self.mind.tick(now);
        // The machine comes first.
        let reached = self.actuate(&decision);
        if let Some(record) = &mut self.record {
            record.ticked(now, &self.mind, &decision);
        }
        if !reached {
            self.lose_machine();
        }
        self.carry_out(decision);
        let thought = self.mind.think(now);
        if let Some(record) = &mut self.record {
            record.thought(now, &thought);
        }
        log_remark(thought.remark);
        if let Some(question) = &thought.say {
            self.tell_agent(question);
        }
        self.reconnect(now);
    }

    fn check_clock(&mut self) {
        let suspended = suspended_micros();
        if suspended > self.suspended + SUSPEND_MICROS {
            warn!("the host was suspended");
            self.take(Heard::Suspended);
        }
        self.suspended = suspended;
    }

    /// False if the machine is gone.
    fn actuate(&self, decision: &Decision) -> bool {
        let Some(machine) = &self.machine else { return true };
        if let Err(SendError::Gone(error)) = machine.send(&decision.actuate) {
            warn!(%error, "the machine is gone");
            return false;
        }
        true
    }

    fn carry_out(&mut self, decision: Decision) {
        if let Some(state) = decision.store {
            self.store.store(state);
        }
        if let Some(event) = decision.event {
            info!(from = ?event.from, to = ?event.to, causes = ?event.causes, speed_mm_s = event.speed_mm_s, "state");
            self.tell_agent(&GuardianSays::Event(event));
        }
        match decision.state.map(VehicleState::encode) {
            Some(Ok(bytes)) => self.tell_agent(&GuardianSays::State(ByteBuf::from(bytes))),
            Some(Err(error)) => warn!(%error, "the state cannot be encoded"),
            None => {}
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

/// What a person who reads the log would want to know of.
fn log_agent(message: &AgentSays) {
    match message {
        AgentSays::Stop(origin) => debug!(by = %origin.by, request = origin.request, "stop"),
        AgentSays::LeaseGrant { epoch, holder } => info!(epoch = epoch.0, %holder, "lease granted"),
        AgentSays::LeaseEnd { epoch, revoked } => info!(epoch = epoch.0, revoked, "lease ended"),
        AgentSays::Release { mission } => info!(mission = mission.0, "mission released"),
        AgentSays::MissionEnd { mission } => info!(mission = mission.0, "mission ended"),
        AgentSays::Beat { .. }
        | AgentSays::Command(_)
        | AgentSays::Sent { .. }
        | AgentSays::Content { .. }
        | AgentSays::Scores { .. }
        | AgentSays::Plan(_) => {}
    }
}

fn log_remark(remark: Option<Remark>) {
    match remark {
        None => {}
        Some(Remark::SweepRefused { scanner, refused }) => debug!(scanner, refused, "a sweep that cannot be used"),
        Some(Remark::NoScores { bytes }) => warn!(bytes, "the policy's answer is no list of scores"),
        Some(Remark::ScoresUsed) => info!("the policy's scores are used"),
        Some(Remark::ScoresUnused(fault)) => warn!(?fault, "the policy's scores are not used; the guard ranks by itself"),
    }
}

fn random_u32() -> std::io::Result<u32> {
    let mut bytes = [0; 4];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

/// For the head of a record, where a person reads it.
fn unix_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
