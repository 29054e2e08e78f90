//! How long a decision takes: `cargo run --release -p farhand-safety --example tick_time`.
//!
//! A vehicle in Teleop with scanners, two cameras and commands at 50 Hz; measured are the inputs of one tick together with
//! the tick. Prints p50, p99 and the longest of a million ticks.

use farhand_protocol::{
    BootId, CameraIndex, Command, FromConsole, GlassStamp, LeaseEpoch, MonoTime, RtpStamp, SafetyState, WIRE_VERSION, encode,
};
use farhand_safety::{CameraSet, Config, Core, Input, MachineSample, Persisted, StopPolicy, Surroundings};
use std::time::{Duration, Instant};

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
        let core = Core::new(config(), BootId(1), Some(Persisted::default()), now);
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

fn config() -> Config {
    let (front, rear) = (CameraSet::default().with(CameraIndex(0)), CameraSet::default().with(CameraIndex(1)));
    let ms = Duration::from_millis;
    Config {
        max_speed_mm_s: 2500,
        max_steering_mrad: 1300,
        max_lift_mm_s: 400,
        max_accel_mm_s2: 1000,
        safe_decel_mm_s2: 1600,
        unladen_decel_mm_s2: 2000,
        protective_decel_mm_s2: 1800,
        safe_decel_raised_mm_s2: 350,
        safe_lateral_mm_s2: 1600,
        mast_height_mm: 3000,
        wheelbase_mm: 1400,
        coast_after: ms(100),
        command_lost_after: ms(250),
        picture_lost_after: ms(600),
        handover_picture_age: ms(300),
        blind_distance_mm: 500,
        blind_trip_mm: 1000,
        flapping_bucket: ms(1000),
        good_for: ms(2000),
        agent_lost_after: ms(100),
        machine_lost_after: ms(100),
        handover_timeout: ms(30_000),
        stuck_enable_after: ms(25_000),
        required_forward: front,
        required_reverse: rear,
        required_handover: front.union(rear),
        checked_identical: CameraSet::default(),
        checked_motion: CameraSet::default(),
        scanner: true,
        scan_lost_after: ms(150),
        unlocalised_speed_mm_s: 1000,
        stop_policy: StopPolicy::Navigate,
        plan_lost_after: ms(250),
        localisation_lost_after: ms(300),
        corridor_mm: 300,
        handover_speed_mm_s: 0,
        steer_dead: ms(100),
        steer_rate_mrad_s: 800,
        brake_dead: ms(150),
        brake_jerk_mm_s3: 8000,
    }
}
