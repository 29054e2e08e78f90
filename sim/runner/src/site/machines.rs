//! The machines' thread: moves the world 200 times a second and speaks to the guardians.

use super::log::LogEntry;
use super::stage::{ActuatorTruth, MachineTruth, Stage, Truth};
use farhand_drive::{Actuate, MachineReport, MachineSays, PacketListener, PacketSocket, ReceiveError, vehicle_now};
use farhand_machine::{Scanners, angle, distance, in_metres, micrometres, speed};
use farhand_protocol::{MonoTime, Pose};
use farhand_world::{Ground, Outline, ScanScene, Watchdog, World};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::mm::MlockAllFlags;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};
use tracing::{info, warn};

const TICK: Duration = Duration::from_millis(5);
/// Reports go out on every second tick: 100 a second.
const TICKS_A_REPORT: u64 = 2;
/// More commands than this at once wait for the next turn.
const MOST_AT_ONCE: usize = 64;
/// A guardian calls a machine lost that was silent for 100 ms. A machine here is silent only if its thread was not run, and a
/// reader of the log must be able to tell that from a fault of the guardian.
const SAID_IF_LATE_BY: Duration = Duration::from_millis(40);
/// Above ordinary real-time work, below the guardians (40): they are the ones measured.
const FIFO_PRIORITY: u8 = 30;

/// One machine's end of the drive adapter.
#[derive(Debug)]
pub(crate) struct Port {
    name: Arc<str>,
    listener: PacketListener,
    guardian: Option<PacketSocket>,
    sequence: u64,
    trips_told: u64,
    scanners: Option<Scanners>,
    last: Option<ActuatorTruth>,
    received: Vec<LogEntry>,
}

impl Port {
    pub(crate) fn new(name: String, listener: PacketListener, scanners: Option<Scanners>) -> Self {
        let received = Vec::with_capacity(MOST_AT_ONCE * 2);
        Self { name: name.into(), listener, guardian: None, sequence: 0, trips_told: 0, scanners, last: None, received }
    }

    /// Takes the next guardian in. While one lives, another is turned away.
    fn accept(&mut self) {
        match self.listener.accept() {
            Ok(Some(_)) if self.guardian.is_some() => warn!(machine = %self.name, "a second guardian was turned away"),
            Ok(Some(socket)) => {
                info!(machine = %self.name, "guardian connected");
                self.guardian = Some(socket);
                self.sequence = 0;
            }
            Ok(None) => {}
            Err(error) => warn!(machine = %self.name, %error, "a guardian could not be accepted"),
        }
    }

    /// One command, if there is one.
    fn receive(&mut self) -> Option<Actuate> {
        let guardian = self.guardian.as_ref()?;
        match guardian.receive() {
            Ok(command) => command,
            Err(ReceiveError::Gone) => {
                warn!(machine = %self.name, "guardian gone");
                self.guardian = None;
                None
            }
            Err(error) => {
                warn!(machine = %self.name, %error, "unreadable command");
                None
            }
        }
    }
}

/// The thread's whole property.
#[derive(Debug)]
pub(crate) struct Machines {
    world: World,
    /// What scanners see of the site.
    ground: Ground,
    /// The machines on the floor, for each other's scanners.
    outlines: Vec<Outline>,
    ports: Vec<Port>,
    stage: Arc<Stage>,
    realtime: bool,
}

impl Machines {
    pub(crate) fn new(world: World, ports: Vec<Port>, stage: Arc<Stage>) -> Self {
        let outlines = Vec::with_capacity(ports.len());
        let machines = Self { ground: world.site().ground(), world, outlines, ports, stage, realtime: false };
        // Whoever asks before the first tick is told of every machine.
        machines.publish(vehicle_now());
        machines
    }

    /// Starts the thread; it ends with the stage.
    pub(crate) fn start(mut self) -> io::Result<JoinHandle<()>> {
        std::thread::Builder::new().name("machines".into()).spawn(move || {
            self.realtime = ask_for_realtime();
            self.run();
        })
    }

    fn run(&mut self) {
        let mut due = vehicle_now();
        let mut tick = 0_u64;
        let mut worked = Duration::ZERO;
        while !self.stage.ended() {
            let now = vehicle_now();
            self.world.advance(now);
            self.take_commands();
            if now >= due {
                tick += 1;
                if tick.is_multiple_of(TICKS_A_REPORT) {
                    self.report(now);
                }
                self.scan(now);
                self.obey_faults(now);
                self.publish(now);
                due = due.after(TICK);
                if due < now {
                    let late = now.since(due);
                    if late > SAID_IF_LATE_BY {
                        warn!(
                            late_ms = late.as_millis(),
                            worked_ms = worked.as_millis(),
                            "the machines' thread was not run in time"
                        );
                    }
                    // The machine was asleep: time that is gone is not caught up with a burst of reports.
                    due = now.after(TICK);
                }
            }
            let done = vehicle_now();
            worked = done.since(now);
            self.wait(due.since(done));
        }
    }

    fn take_commands(&mut self) {
        for index in 0..self.ports.len() {
            self.ports[index].accept();
            for _ in 0..MOST_AT_ONCE {
                let Some(command) = self.ports[index].receive() else { break };
                let received = vehicle_now();
                self.world.command(index, received, in_metres(&command));
                let speed_mm_s = self.world.measured(index).map_or(0, |measured| speed(measured.speed_mps));
                let place = self.world.machines()[index].truck.place();
                let port = &mut self.ports[index];
                port.last = Some(ActuatorTruth::new(received, &command));
                if port.received.len() < port.received.capacity() {
                    port.received.push(LogEntry::new(received, &command, speed_mm_s, place));
                }
            }
            let (port, wing) = (&mut self.ports[index], &self.stage.wings[index]);
            if !port.received.is_empty() {
                wing.keep(&mut port.received);
            }
        }
    }

    fn report(&mut self, now: MonoTime) {
        for (index, port) in self.ports.iter_mut().enumerate() {
            let (Some(guardian), Some(measured)) = (&port.guardian, self.world.measured(index)) else { continue };
            port.sequence += 1;
            let lost = self.stage.wings[index].place_lost.load(Ordering::Relaxed);
            let report = MachineReport {
                seq: port.sequence,
                at: now,
                travelled_um: micrometres(measured.travelled_m),
                speed_mm_s: speed(measured.speed_mps),
                steering_mrad: angle(measured.steering_rad),
                fork_mm: distance(measured.fork_m),
                emergency_stop: measured.emergency_stop,
                pose: (!lost).then(|| Pose {
                    x_mm: distance(measured.believed.x_m),
                    y_mm: distance(measured.believed.y_m),
                    heading_mrad: angle(around(measured.believed.heading_rad)),
                }),
                watchdog_tripped: measured.watchdog_trips > port.trips_told,
            };
            // A guardian that does not read misses this report; one that is gone is noticed by the next receive.
            if guardian.send(&MachineSays::Report(report)).is_ok() {
                port.trips_told = measured.watchdog_trips;
            }
        }
    }

    /// Sweeps, and hands on what is known by now. Nobody sweeps for a guardian that is not there.
    fn scan(&mut self, now: MonoTime) {
        for index in 0..self.ports.len() {
            let port = &mut self.ports[index];
            let (Some(scanners), Some(guardian)) = (&mut port.scanners, &port.guardian) else { continue };
            self.outlines.clear();
            let others = self.world.machines().iter().enumerate().filter(|(other, _)| *other != index);
            self.outlines.extend(others.map(|(_, machine)| machine.truck.outline()));
            let scene = ScanScene { ground: &self.ground, legs: &[], others: &self.outlines };
            scanners.sweep(now, &self.world.machines()[index].truck.place(), &scene, None);
            while let Some(scan) = scanners.known(now) {
                // A guardian that does not read misses this sweep; one that is gone is noticed by the next receive.
                let _ = guardian.send(&MachineSays::Scan(scan));
            }
        }
    }

    fn obey_faults(&mut self, now: MonoTime) {
        for (index, wing) in self.stage.wings.iter().enumerate() {
            let pressed = wing.emergency_stop.load(Ordering::Relaxed);
            if self.world.machines()[index].truck.emergency_stop() != pressed {
                self.world.set_emergency_stop(index, now, pressed);
            }
        }
    }

    fn publish(&self, now: MonoTime) {
        self.stage.publish(|truth: &mut Truth| {
            truth.time_us = now.0;
            truth.realtime = self.realtime;
            truth.bodies.clear();
            truth.bodies.extend(self.world.bodies());
            truth.machines.clear();
            truth.machines.extend(self.world.machines().iter().zip(&self.ports).map(|(machine, port)| {
                let place = machine.truck.place();
                MachineTruth {
                    name: Arc::clone(&port.name),
                    x_m: place.x_m,
                    y_m: place.y_m,
                    heading_rad: place.heading_rad,
                    speed_mm_s: speed(machine.truck.speed_mps()),
                    steering_mrad: angle(machine.truck.steering_rad()),
                    fork_mm: distance(machine.truck.fork_m()),
                    travelled_mm: i64::try_from(micrometres(machine.truck.travelled_m()) / 1000).unwrap_or(i64::MAX),
                    watchdog: match machine.truck.watchdog() {
                        Watchdog::Waiting => "waiting",
                        Watchdog::Fed => "fed",
                        Watchdog::Tripped => "tripped",
                    },
                    watchdog_trips: machine.truck.watchdog_trips(),
                    emergency_stop: machine.truck.emergency_stop(),
                    contacts: machine.contacts,
                    touching: machine.touching.clone(),
                    guardian_connected: port.guardian.is_some(),
                    actuator: port.last,
                }
            }));
        });
    }

    /// Sleeps until somebody says something, at most for `span`.
    fn wait(&self, span: Duration) {
        let listeners = self.ports.iter().map(|port| PollFd::new(&port.listener, PollFlags::IN));
        let guardians = self.ports.iter().filter_map(|port| port.guardian.as_ref());
        let mut all: Vec<PollFd<'_>> = listeners.chain(guardians.map(|socket| PollFd::new(socket, PollFlags::IN))).collect();
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(span.min(TICK).subsec_nanos()) };
        // Interrupted or failed, the loop only looks earlier.
        let _ = poll(&mut all, Some(&timeout));
    }
}

/// As the guardian does: first in line, and no page of this process is given away. Pages are locked as they are touched.
fn ask_for_realtime() -> bool {
    let locked = rustix::mm::mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT);
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    let scheduled = ThreadPriorityValue::try_from(FIFO_PRIORITY).map(ThreadPriority::Crossplatform).and_then(|priority| {
        set_thread_priority_and_policy(thread_native_id(), priority, policy).map_err(|error| format!("{error:?}"))
    });
    let granted = locked.is_ok() && scheduled.is_ok();
    if granted {
        info!("real-time scheduling and locked memory granted to the machines' thread");
    } else {
        warn!(?locked, ?scheduled, "no real-time for the machines' thread; give the process CAP_SYS_NICE and CAP_IPC_LOCK");
    }
    granted
}

/// The same direction within half a turn of zero.
fn around(angle_rad: f64) -> f64 {
    let turn = std::f64::consts::TAU;
    (angle_rad + turn / 2.0).rem_euclid(turn) - turn / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Loaded;

    #[test]
    fn the_truth_names_every_machine_before_the_first_tick() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("p.toml"), "kind = \"counterbalance-truck\"\n").expect("written");
        let path = folder.path().join("sim.toml");
        let machine = "[[machines]]\nname = \"truck-1\"\nprofile = \"p.toml\"\nsocket = \"m.sock\"\nvideo_folder = \"v\"\nx_m = 6.0\ny_m = 4.0\n";
        std::fs::write(&path, machine).expect("written");
        let world = Loaded::load(&path).expect("a good file").world().expect("room for it");
        let stage = Arc::new(Stage::new(&world));
        let listener = PacketListener::bind(&folder.path().join("m.sock")).expect("bound");
        let machines = Machines::new(world, vec![Port::new("truck-1".to_owned(), listener, None)], Arc::clone(&stage));
        let truth = stage.truth();
        assert_eq!(truth.machines.iter().map(|machine| &*machine.name).collect::<Vec<_>>(), ["truck-1"]);
        assert!(truth.time_us > 0 && truth.machines[0].actuator.is_none());
        drop(machines);
    }
}
