//! What the threads of a site share. The machines' thread never waits for a lock here: it publishes when it can.

use super::faults::{CameraFaults, Fault};
use super::log::{ActuatorLog, LogEntry};
use farhand_drive::Actuate;
use farhand_protocol::MonoTime;
use farhand_world::{Body, World};
use serde::{Serialize, Serializer};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The last command a machine got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct ActuatorTruth {
    pub seq: u64,
    pub at_us: u64,
    pub received_us: u64,
    pub speed_mm_s: i32,
    pub brake_mm_s2: i32,
    pub steering_mrad: i32,
    pub lift_mm_s: i32,
    pub safe_stop: bool,
}

impl ActuatorTruth {
    pub(crate) fn new(received: MonoTime, command: &Actuate) -> Self {
        Self {
            seq: command.seq,
            at_us: command.at.0,
            received_us: received.0,
            speed_mm_s: command.speed_mm_s,
            brake_mm_s2: command.brake_mm_s2,
            steering_mrad: command.steering_mrad,
            lift_mm_s: command.lift_mm_s,
            safe_stop: command.safe_stop,
        }
    }
}

/// One machine as it really is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct MachineTruth {
    #[serde(serialize_with = "as_text")]
    pub name: Arc<str>,
    pub x_m: f64,
    pub y_m: f64,
    pub heading_rad: f64,
    pub speed_mm_s: i32,
    pub steering_mrad: i32,
    pub fork_mm: i32,
    pub travelled_mm: i64,
    /// `waiting` before the first command, `fed`, or `tripped`.
    pub watchdog: &'static str,
    pub watchdog_trips: u64,
    pub emergency_stop: bool,
    /// How often it ran into something.
    pub contacts: u64,
    /// What it stands against.
    pub touching: Option<String>,
    /// A guardian is connected.
    pub guardian_connected: bool,
    pub actuator: Option<ActuatorTruth>,
}

fn as_text<S: Serializer>(name: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name)
}

/// Everything at one instant.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Truth {
    pub time_us: u64,
    /// The machines' thread runs with SCHED_FIFO.
    pub realtime: bool,
    pub machines: Vec<MachineTruth>,
    #[serde(skip)]
    pub bodies: Vec<Body>,
}

/// One machine's part.
#[derive(Debug)]
pub(crate) struct Wing {
    pub name: Arc<str>,
    pub emergency_stop: AtomicBool,
    /// Localisation is lost.
    pub place_lost: AtomicBool,
    pub log: Mutex<ActuatorLog>,
    /// By camera name, in the profile's order; filled by the cameras' thread.
    pub cameras: Mutex<Vec<(String, CameraFaults)>>,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Stage {
    pub wings: Vec<Wing>,
    truth: Mutex<Truth>,
    ended: AtomicBool,
}

impl Stage {
    pub(crate) fn new(world: &World) -> Self {
        let wing = |name: &str| Wing {
            name: name.into(),
            emergency_stop: AtomicBool::new(false),
            place_lost: AtomicBool::new(false),
            log: Mutex::new(ActuatorLog::new()),
            cameras: Mutex::new(Vec::new()),
        };
        let wings = world.machines().iter().map(|machine| wing(&machine.name)).collect();
        let truth = Truth { bodies: world.bodies().collect(), ..Truth::default() };
        Self { wings, truth: Mutex::new(truth), ended: AtomicBool::new(false) }
    }

    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    pub(crate) fn ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    pub(crate) fn wing(&self, name: &str) -> Option<&Wing> {
        self.wings.iter().find(|wing| &*wing.name == name)
    }

    pub(crate) fn truth(&self) -> Truth {
        lock(&self.truth).clone()
    }

    /// The machines as cameras see them.
    pub(crate) fn bodies(&self, into: &mut Vec<Body>) {
        into.clone_from(&lock(&self.truth).bodies);
    }

    /// Changes the truth unless somebody reads it right now; then the next tick does.
    pub(crate) fn publish(&self, change: impl FnOnce(&mut Truth)) {
        if let Ok(mut truth) = self.truth.try_lock() {
            change(&mut truth);
        }
    }
}

impl Wing {
    /// Moves what was received into the log unless somebody reads it right now.
    pub(crate) fn keep(&self, received: &mut Vec<LogEntry>) {
        if let Ok(mut log) = self.log.try_lock() {
            received.drain(..).for_each(|entry| log.push(entry));
        }
    }

    /// Breaks or mends something.
    pub(crate) fn set_fault(&self, fault: &Fault, on: bool) -> Result<(), String> {
        let mut cameras = lock(&self.cameras);
        let known = cameras.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let mut places = Vec::new();
        for name in fault.cameras() {
            let place = cameras.iter().position(|(known, _)| known == name);
            places.push(place.ok_or_else(|| format!("{} has no camera {name:?}; there are {known}", self.name))?);
        }
        match (fault, &places[..]) {
            (Fault::EmergencyStop, _) => self.emergency_stop.store(on, Ordering::Relaxed),
            (Fault::PlaceLost, _) => self.place_lost.store(on, Ordering::Relaxed),
            (Fault::Frozen(_), &[camera]) => cameras[camera].1.frozen = on,
            (Fault::Dead(_), &[camera]) => cameras[camera].1.dead = on,
            (Fault::Slow(_), &[camera]) => cameras[camera].1.slow = on,
            (Fault::Swap(..), &[a, b]) => {
                cameras[a].1.shows = on.then_some(b);
                cameras[b].1.shows = on.then_some(a);
            }
            (Fault::Frozen(_) | Fault::Dead(_) | Fault::Slow(_) | Fault::Swap(..), _) => {}
        }
        Ok(())
    }
}

/// The lock, whatever became of its last holder: plain data stays usable.
pub(crate) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
