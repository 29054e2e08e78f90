//! From the profile's SI values to the whole numbers of the core.

use farhand_profile::{CameraProfile, FreezeCheck, Profile, Requirement, StopPolicy};
use farhand_protocol::{Acceleration, Angle, CameraIndex, Distance, Speed};
use farhand_safety::{CameraSet, Config, StopPolicy as Policy};
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// The core's limits. The profile has checked every range, so each value is finite and fits.
pub(crate) fn from_profile(profile: &Profile) -> Config {
    let (limits, link, auto, actuators) = (&profile.limits, &profile.link, &profile.auto, &profile.actuators);
    let those = |wanted: &dyn Fn(&CameraProfile) -> bool| {
        let cameras = (0_u8..).zip(&profile.cameras).filter(|(_, camera)| wanted(camera));
        cameras.fold(CameraSet::default(), |set, (index, _)| set.with(CameraIndex(index)))
    };
    let required = |when: Requirement| those(&|camera| camera.required_for.contains(&when));
    let checked = |check: FreezeCheck| those(&|camera| camera.freeze_check == Some(check));
    let looking = |way_rad: f64| those(&|camera| camera.freeze_check.is_some() && looks(camera, way_rad));
    Config {
        max_speed_mm_s: speed(limits.max_speed_mps.value()),
        max_steering_mrad: Angle::radians(limits.max_steering_rad.value()).unwrap_or_default().to_milli(),
        max_lift_mm_s: speed(limits.max_lift_mps.value()),
        max_accel_mm_s2: acceleration(limits.max_accel_mps2.value()),
        safe_decel_mm_s2: acceleration(limits.safe_decel_mps2.value()),
        safe_decel_raised_mm_s2: acceleration(limits.safe_decel_raised_mps2.value()),
        safe_lateral_mm_s2: acceleration(limits.safe_lateral_mps2.value()),
        mast_height_mm: distance(limits.mast_height_m.value()),
        wheelbase_mm: distance(profile.geometry.wheelbase_m.value()),
        coast_after: link.coast_after.span(),
        command_lost_after: link.command_lost_after.span(),
        picture_lost_after: link.picture_lost_after.span(),
        handover_picture_age: link.handover_picture_age.span(),
        blind_distance_mm: distance(link.blind_distance_m.value()),
        blind_trip_mm: distance(link.blind_trip_m.value()),
        flapping_bucket: link.flapping_bucket.span(),
        good_for: link.good_for.span(),
        agent_lost_after: link.agent_lost_after.span(),
        machine_lost_after: link.machine_lost_after.span(),
        handover_timeout: link.handover_timeout.span(),
        stuck_enable_after: link.stuck_enable_after.span(),
        required_forward: required(Requirement::Forward),
        required_reverse: required(Requirement::Reverse),
        required_handover: required(Requirement::Handover),
        checked_identical: checked(FreezeCheck::Identical),
        checked_motion: checked(FreezeCheck::Motion),
        looking_ahead: looking(0.0),
        looking_astern: looking(PI),
        looking_left: looking(FRAC_PI_2),
        looking_right: looking(-FRAC_PI_2),
        unladen_decel_mm_s2: acceleration(limits.unladen_decel_mps2.value()),
        protective_decel_mm_s2: acceleration(limits.protective_decel_mps2.value()),
        scanner: profile.scanner.fitted,
        scan_lost_after: profile.scanner.lost_after.span(),
        unlocalised_speed_mm_s: speed(limits.unlocalised_speed_mps.value()),
        stop_policy: match profile.stop.policy {
            StopPolicy::Navigate => Policy::Navigate,
            StopPolicy::Brake => Policy::Brake,
        },
        plan_lost_after: auto.plan_lost_after.span(),
        localisation_lost_after: auto.localisation_lost_after.span(),
        corridor_mm: distance(auto.corridor_m.value()),
        handover_speed_mm_s: speed(auto.handover_speed_mps.value()),
        steer_dead: actuators.steer_dead_time.span(),
        steer_rate_mrad_s: Angle::radians(actuators.steer_rate_radps.value()).unwrap_or_default().to_milli(),
        brake_dead: actuators.brake_dead_time.span(),
        // Thousandths of a metre, here in a second cubed.
        brake_jerk_mm_s3: distance(actuators.brake_jerk_mps3.value()),
    }
}

/// True if a camera looks this way, by its mount. One that looks half ahead and half aside sees a scene that moves neither outwards nor
/// all to one side.
fn looks(camera: &CameraProfile, way_rad: f64) -> bool {
    let off = (camera.mount.yaw_rad.value() - way_rad).rem_euclid(TAU);
    off.min(TAU - off) <= CLEARLY_RAD
}

/// Within a picture of 90 degrees the middle of the motion then lies less than halfway to the edge.
const CLEARLY_RAD: f64 = 0.35;

fn speed(metres_per_second: f64) -> i32 {
    Speed::metres_per_second(metres_per_second).unwrap_or_default().to_milli()
}

fn acceleration(metres_per_second_squared: f64) -> i32 {
    Acceleration::metres_per_second_squared(metres_per_second_squared).unwrap_or_default().to_milli()
}

fn distance(metres: f64) -> i32 {
    Distance::metres(metres).unwrap_or_default().to_milli()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_profile_becomes_limits_in_whole_numbers() {
        let text = r#"
            kind = "counterbalance-truck"
            [limits]
            max_speed_mps = 2.25
            [scanner]
            fitted = true
            [stop]
            policy = "brake"
            [[cameras]]
            name = "front"
            source = "videotestsrc"
            required_for = ["forward", "handover"]
            freeze_check = "identical"
            [[cameras]]
            name = "rear"
            source = "videotestsrc"
            required_for = ["reverse", "handover"]
        "#;
        let profile: Profile = farhand_settings::parse(text, Path::new("p.toml")).expect("good");
        let limits = from_profile(&profile);
        assert_eq!(limits.max_speed_mm_s, 2250);
        assert_eq!(limits.safe_decel_mm_s2, 1600);
        assert_eq!(limits.required_handover.iter().count(), 2);
        assert_eq!(limits.checked_identical.iter().collect::<Vec<_>>(), [CameraIndex(0)]);
        assert_eq!((limits.scanner, limits.stop_policy, limits.brake_jerk_mm_s3), (true, Policy::Brake, 8000));
        assert_eq!((limits.steer_rate_mrad_s, limits.handover_speed_mm_s, limits.corridor_mm), (800, 0, 300));
        assert_eq!(limits.required_reverse.iter().collect::<Vec<_>>(), [CameraIndex(1)]);
    }

    /// Whether a camera with this yaw, and these further lines, looks ahead, astern, to the left, to the right.
    fn looks(yaw_rad: &str, more: &str) -> [bool; 4] {
        let camera = format!("[[cameras]]\nname = \"one\"\nsource = \"videotestsrc\"\nmount = {{ yaw_rad = {yaw_rad} }}\n{more}");
        let text = format!("kind = \"counterbalance-truck\"\n{camera}");
        let limits = from_profile(&farhand_settings::parse(&text, Path::new("p.toml")).expect("good"));
        [limits.looking_ahead, limits.looking_astern, limits.looking_left, limits.looking_right].map(|set| !set.is_empty())
    }

    #[test]
    fn a_checked_camera_looks_to_a_side_if_its_mount_says_so_clearly() {
        let checked = "freeze_check = \"motion\"";
        let [ahead, astern, left, right] = [0, 1, 2, 3].map(|side| [0, 1, 2, 3].map(|other| side == other));
        for (yaw_rad, sides) in [
            ("0.0", ahead),
            ("-0.35", ahead),
            ("0.351", [false; 4]),
            ("1.22", [false; 4]),
            ("1.221", left),
            ("1.571", left),
            ("-1.571", right),
            ("-1.92", right),
            ("-1.921", [false; 4]),
            ("3.142", astern),
            ("-3.142", astern),
            ("2.8", astern),
            ("-2.79", [false; 4]),
        ] {
            assert_eq!(looks(yaw_rad, checked), sides, "{yaw_rad}");
            assert_eq!(looks(yaw_rad, ""), [false; 4], "{yaw_rad}, not checked");
        }
    }
}
