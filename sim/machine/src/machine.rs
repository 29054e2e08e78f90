//! One machine on a floor.

use crate::scanners::Scanners;
use crate::words::{angle, distance, in_metres, micrometres, speed};
use farhand_drive::{Actuate, MachineReport, MachineScan};
use farhand_profile::Profile;
use farhand_protocol::{MonoTime, Pose};
use farhand_world::{Drive, GRAVITY_MPS2, Ground, Place, Response, ScanFault, ScanScene, Shape, Truck};

/// What is wrong with a machine.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Ailments {
    /// Of every scanner.
    pub scans: Option<ScanFault>,
    /// The wheel stays where it is.
    pub wheel_stuck: bool,
    /// The brake gives this share of what is asked for; all of it without.
    pub brake_share: Option<f64>,
    /// Friction of the floor; the brake cannot do more than it bears.
    pub friction: Option<f64>,
    /// Somebody pressed the button.
    pub emergency_stop: bool,
    /// Localisation answers with a place so far north of the true one.
    pub place_off_m: f64,
}

/// A truck on a floor, with what it reports and sees.
#[derive(Debug, Clone)]
pub struct Machine {
    /// As it really is.
    pub truck: Truck,
    /// What stands around it.
    pub ground: Ground,
    /// What is wrong with it.
    pub ails: Ailments,
    /// It has a localisation, and that answers.
    pub localised: bool,
    scanners: Option<Scanners>,
    seq: u64,
    moved: MonoTime,
    stuck_at: Option<f64>,
    trips_told: u64,
}

impl Machine {
    /// The machine of a profile, standing.
    #[must_use]
    pub fn new(profile: &Profile, ground: Ground, place: Place, now: MonoTime) -> Self {
        Self {
            truck: Truck::new(Shape::of(profile), Response::of(profile), place),
            ground,
            ails: Ailments::default(),
            localised: false,
            scanners: Scanners::of(profile, 3),
            seq: 0,
            moved: now,
            stuck_at: None,
            trips_told: 0,
        }
    }

    /// It stands in something.
    #[must_use]
    pub fn touches(&self) -> bool {
        self.ground.obstacle(&self.truck.outline()).is_some()
    }

    /// Moves on in steps of a millisecond.
    pub fn advance(&mut self, now: MonoTime) {
        self.truck.set_emergency_stop(now, self.ails.emergency_stop);
        while self.moved.0 + 1000 <= now.0 {
            self.moved = MonoTime(self.moved.0 + 1000);
            self.truck.step(self.moved, 0.001);
        }
    }

    /// Takes a command, as far as it can.
    pub fn obey(&mut self, now: MonoTime, command: &Actuate) {
        let drive = in_metres(command);
        let stuck_at = self.ails.wheel_stuck.then(|| self.stuck_at.unwrap_or(self.truck.steering_rad()));
        self.stuck_at = stuck_at;
        let given = drive.brake_mps2 * self.ails.brake_share.unwrap_or(1.0);
        let borne = self.ails.friction.map_or(f64::INFINITY, |friction| friction * GRAVITY_MPS2);
        let steering_rad = stuck_at.unwrap_or(drive.steering_rad);
        self.truck.command(now, Drive { brake_mps2: given.min(borne), steering_rad, ..drive });
    }

    /// Takes the sweeps that are due.
    pub fn sweep(&mut self, now: MonoTime) {
        let scene = ScanScene { ground: &self.ground, legs: &[], others: &[] };
        if let Some(scanners) = &mut self.scanners {
            scanners.sweep(now, &self.truck.place(), &scene, self.ails.scans);
        }
    }

    /// The next sweep that is known by now.
    pub fn known(&mut self, now: MonoTime) -> Option<MachineScan> {
        self.scanners.as_mut()?.known(now)
    }

    /// Where its localisation puts it.
    fn believed(&self) -> Pose {
        let place = self.truck.place();
        Pose {
            x_mm: distance(place.x_m),
            y_mm: distance(place.y_m + self.ails.place_off_m),
            heading_mrad: angle(place.heading_rad),
        }
    }

    /// What it measures.
    pub fn report(&mut self, now: MonoTime) -> MachineReport {
        self.seq += 1;
        let trips = self.truck.watchdog_trips();
        let watchdog_tripped = trips > self.trips_told;
        self.trips_told = trips;
        MachineReport {
            seq: self.seq,
            at: now,
            travelled_um: micrometres(self.truck.travelled_m()),
            speed_mm_s: speed(self.truck.speed_mps()),
            steering_mrad: angle(self.truck.steering_rad()),
            fork_mm: distance(self.truck.fork_m()),
            emergency_stop: self.ails.emergency_stop,
            pose: self.localised.then(|| self.believed()),
            watchdog_tripped,
        }
    }
}
