//! A plain truck on open floor, for every test and measurement of the core.
#![allow(dead_code, unreachable_pub)] // Each of those takes what it needs.

use farhand_protocol::{CameraIndex, MonoTime};
use farhand_safety::{CameraSet, Config, StopPolicy, Surroundings};
use std::time::Duration;

pub const FRONT: CameraIndex = CameraIndex(0);
pub const REAR: CameraIndex = CameraIndex(1);

/// A truck without scanners and without a check of its pictures.
pub fn config() -> Config {
    let front = CameraSet::default().with(FRONT);
    let rear = CameraSet::default().with(REAR);
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
        checked_identical: CameraSet::default(),
        checked_motion: CameraSet::default(),
        looking_ahead: CameraSet::default(),
        looking_astern: CameraSet::default(),
        looking_left: CameraSet::default(),
        looking_right: CameraSet::default(),
        scanner: false,
        scan_lost_after: Duration::from_millis(150),
        unlocalised_speed_mm_s: 1000,
        stop_policy: StopPolicy::Navigate,
        plan_lost_after: Duration::from_millis(250),
        localisation_lost_after: Duration::from_millis(300),
        corridor_mm: 300,
        handover_speed_mm_s: 0,
        steer_dead: Duration::from_millis(100),
        steer_rate_mrad_s: 800,
        brake_dead: Duration::from_millis(150),
        brake_jerk_mm_s3: 8000,
    }
}

/// Open floor all around, as the guard's shell would tell it.
pub const OPEN: Surroundings = Surroundings {
    at: MonoTime(0),
    scan_at: MonoTime(0),
    free_distance_mm: 20_000,
    occlusion_mm: None,
    side_clearance_mm: 2000,
    zone_limit_mm_s: None,
    guard_limit_mm_s: 8000,
    guard_wheel_mrad: None,
    guard_lift: true,
    way_out: true,
    breached: false,
};
