//! A machine with scanners, as its guardian meets it, in the time it is given: truck, floor, what it measures and sees.
#![allow(dead_code)] // The stories and the test of the program each use their part.

use farhand_drive::{Actuate, MachineReport, MachineScan, NO_RETURN, NO_WORD, Ranges, ScannerMount};
use farhand_profile::Profile;
use farhand_protocol::MonoTime;
use farhand_world::{BLIND, Drive, Ground, Part, Place, Random, Response, ScanScene, Scanner, ScannerSetup, Shape, Truck};
use std::collections::VecDeque;
use std::time::Duration;

/// From a sweep to when it is known.
const RESPONSE: Duration = Duration::from_millis(80);

#[derive(Clone)]
pub(crate) struct Machine {
    pub truck: Truck,
    pub ground: Ground,
    pub scans_flow: bool,
    seq: u64,
    moved: MonoTime,
    scanners: [Scanner; 2],
    known: VecDeque<MachineScan>,
    chance: Random,
}

impl Machine {
    pub(crate) fn new(profile: &Profile, ground: Ground, place: Place, now: MonoTime) -> Self {
        let body = Part { from_m: -1.85, to_m: 0.4, width_m: 1.1 };
        let setups = ScannerSetup::diagonal_pair(0.4, 1.85, 1.1, RESPONSE);
        Self {
            truck: Truck::new(Shape::of(profile), Response::of(profile), place),
            ground,
            scans_flow: true,
            seq: 0,
            moved: now,
            scanners: setups.map(|setup| Scanner::new(setup, &[body])),
            known: VecDeque::new(),
            chance: Random::new(3),
        }
    }

    pub(crate) fn touches(&self) -> bool {
        self.ground.obstacle(&self.truck.outline()).is_some()
    }

    /// Moves on in steps of a millisecond.
    pub(crate) fn advance(&mut self, now: MonoTime) {
        while self.moved.0 + 1000 <= now.0 {
            self.moved = MonoTime(self.moved.0 + 1000);
            self.truck.step(self.moved, 0.001);
        }
    }

    pub(crate) fn obey(&mut self, now: MonoTime, command: &Actuate) {
        self.truck.command(now, in_metres(command));
    }

    /// Takes the sweeps of a tick of 10 ms.
    pub(crate) fn sweep(&mut self, now: MonoTime, tick: u64) {
        for (unit, scanner) in (0_u8..).zip(&self.scanners) {
            if self.scans_flow && (tick + u64::from(unit)).is_multiple_of(3) {
                let scene = ScanScene { ground: &self.ground, legs: &[], others: &[] };
                let sweep = scanner.sweep(now, &self.truck.place(), &scene, &mut self.chance);
                self.known.push_back(said(unit, scanner, now, sweep.ranges()));
            }
        }
    }

    /// The next sweep that is known by now.
    pub(crate) fn known(&mut self, now: MonoTime) -> Option<MachineScan> {
        self.known.pop_front_if(|scan| now.since(scan.at) >= RESPONSE)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a truck on a small floor")]
    pub(crate) fn report(&mut self, now: MonoTime) -> MachineReport {
        self.seq += 1;
        let milli = |value: f64| (value * 1000.0).round() as i32;
        MachineReport {
            seq: self.seq,
            at: now,
            travelled_um: (self.truck.travelled_m() * 1e6).round() as u64,
            speed_mm_s: milli(self.truck.speed_mps()),
            steering_mrad: milli(self.truck.steering_rad()),
            fork_mm: milli(self.truck.fork_m()),
            emergency_stop: false,
            pose: None,
            watchdog_tripped: false,
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ranges of at most 40 m")]
fn said(unit: u8, scanner: &Scanner, at: MonoTime, ranges: &[f32]) -> MachineScan {
    let setup = scanner.setup();
    let word = |range: &f32| match range {
        blind if *blind <= BLIND => NO_WORD,
        far if !far.is_finite() => NO_RETURN,
        range => (range * 1000.0).round() as u16,
    };
    MachineScan {
        scanner: unit,
        at,
        whole: true,
        mount: ScannerMount {
            x_mm: (setup.mount.x_m * 1000.0).round() as i32,
            y_mm: (setup.mount.y_m * 1000.0).round() as i32,
            heading_urad: (setup.mount.heading_rad * 1e6).round() as i32,
        },
        step_urad: (setup.step_rad * 1e6).round() as u32,
        ranges: Ranges::of(ranges.iter().map(word)).expect("few beams"),
    }
}

pub(crate) fn in_metres(command: &Actuate) -> Drive {
    let metres = |milli: i32| f64::from(milli) / 1000.0;
    Drive {
        speed_mps: metres(command.speed_mm_s),
        accel_mps2: metres(command.accel_mm_s2),
        brake_mps2: metres(command.brake_mm_s2),
        steering_rad: metres(command.steering_mrad),
        lift_mps: metres(command.lift_mm_s),
    }
}
