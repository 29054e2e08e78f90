//! How long a decision takes: `cargo run --release -p farhand-safety --example tick_time`.
//!
//! A vehicle in Teleop with scanners, two cameras and commands at 50 Hz; measured are the inputs of one tick together with
//! the tick. Prints p50, p99 and the longest of a million ticks.

use farhand_protocol::{
    BootId, CameraIndex, Command, FromConsole, GlassStamp, LeaseEpoch, MonoTime, RtpStamp, SafetyState, WIRE_VERSION, encode,
};
use farhand_safety::{Config, Core, Input, MachineSample, Persisted, Surroundings};
use plain::config;
use std::time::{Duration, Instant};

#[path = "../tests/drives/plain.rs"]
mod plain;

const TICKS: usize = 1_000_000;
const PERIOD: Duration = Duration::from_millis(10);

fn main() {
    let mut vehicle = Vehicle::new();
    let mut spent: Vec<Duration> = (0..TICKS).map(|_| vehicle.tick()).collect();
    assert_eq!(vehicle.core.state(), SafetyState::Teleop, "it drives");
    spent.sort_unstable();
    let [p50, p99, longest] = [500, 990, 1000].map(|share| spent[(TICKS - 1) * share / 1000]);
    #[expect(clippy::print_stdout, reason = "the figure is what this is for")]
    {
        println!("a tick with its inputs: p50 {p50:?}, p99 {p99:?}, longest {longest:?} of {TICKS}");
    }
}

struct Vehicle {
    core: Core,
    now: MonoTime,
    travelled_um: u64,
    seq: u64,
    speed_mm_s: i32,
}

impl Vehicle {
    fn new() -> Self {
        let now = MonoTime(1_000_000);
        let core = Core::new(Config { scanner: true, ..config() }, BootId(1), Some(Persisted::default()), now);
        let mut vehicle = Self { core, now, travelled_um: 0, seq: 0, speed_mm_s: 0 };
        for _ in 0..100 {
            vehicle.tick();
        }
        let _ = vehicle.core.take(vehicle.now, Input::LeaseGrant(LeaseEpoch(1)));
        while vehicle.core.state() != SafetyState::Teleop {
            vehicle.tick();
        }
        vehicle
    }

    /// One tick; the time that the core itself took.
    fn tick(&mut self) -> Duration {
        self.now = self.now.after(PERIOD);
        let now = self.now;
        self.seq += 1;
        let bytes = self.command();
        let sample = MachineSample {
            at: now,
            travelled_um: self.travelled_um,
            speed_mm_s: self.speed_mm_s,
            steering_mrad: 0,
            fork_mm: 0,
            emergency_stop: false,
            loaded: true,
            pose: None,
        };
        let seen = Surroundings {
            at: now,
            scan_at: now,
            free_distance_mm: 9000,
            occlusion_mm: Some(6000),
            side_clearance_mm: 900,
            zone_limit_mm_s: Some(2500),
            guard_limit_mm_s: 2500,
            guard_wheel_mrad: None,
            guard_lift: true,
            way_out: true,
            breached: false,
        };
        let begun = Instant::now();
        let (core, now) = (&mut self.core, self.now);
        let _ = core.take(now, Input::Machine(sample));
        let _ = core.take(now, Input::Surroundings(seen));
        let _ = core.take(now, Input::AgentBeat(now));
        let _ = core.take(now, Input::Sent(CameraIndex(0), now));
        let _ = core.take(now, Input::Sent(CameraIndex(1), now));
        let _ = core.take(now, Input::Command(&bytes));
        let output = core.tick(now);
        let spent = begun.elapsed();
        if let Some(stored) = output.store {
            let _ = self.core.take(now, Input::Stored(stored));
        }
        self.speed_mm_s = output.drive.speed_mm_s;
        self.travelled_um += u64::from(self.speed_mm_s.unsigned_abs()) * 10;
        spent
    }

    /// Confirms, waits in neutral for three seconds, then presses and drives; moves the hand now and then.
    fn command(&self) -> Vec<u8> {
        let drives = self.now.0 > 6_000_000;
        let shown = RtpStamp::of_capture(MonoTime(self.now.0 - 50_000));
        let command = Command {
            v: WIRE_VERSION,
            boot_id: BootId(1),
            epoch: LeaseEpoch(1),
            seq: self.seq,
            operator_us: self.now.0,
            enable: drives,
            input_age_ms: 8,
            speed_mm_s: if drives { 1500 } else { 0 },
            steering_mrad: i32::try_from(self.seq % 100).unwrap_or(0),
            lift_mm_s: 0,
            confirm: true,
            rearm_latch: None,
            pressed_through: None,
            stamps: [0, 1].map(|camera| GlassStamp { camera: CameraIndex(camera), rtp: shown }).to_vec(),
        };
        encode(&FromConsole::Command(command)).unwrap_or_default()
    }
}
