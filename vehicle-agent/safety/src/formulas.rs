//! The formulas behind the speed cap (safety.md 1.4). Whole numbers in and out, floats only inside.

use crate::config::Config;
use std::time::Duration;

/// Room kept beyond a stop.
pub(crate) const MARGIN_MM: i32 = 300;
/// The same in creep: the clearance that the guard then keeps (safety.md 3.2).
pub(crate) const CREEP_MARGIN_MM: i32 = 30;
/// Response of the scanners, 100 ms, and of our own loop, 50 ms (safety.md 1.4).
const SCAN_AND_CONTROL: Duration = Duration::from_millis(150);
/// Walking speed of a person who steps out (safety.md 1.4).
const PERSON_MM_S: f64 = 1600.0;
/// How far the curvature may be wrong while nobody steers, per millimetre (0.5 per metre, safety.md 1.4).
const CURVATURE_ERROR_PER_MM: f64 = 0.5e-3;
/// Steering beyond this has no finite curvature worth a formula.
const STEEPEST_MRAD: i32 = 1500;

/// From seeing something to braking: scanner, control, dead time, ramp.
pub(crate) fn onboard_delay(config: &Config, decel_mm_s2: i32) -> Duration {
    SCAN_AND_CONTROL.saturating_add(brake_delay(config, decel_mm_s2))
}

/// From the last command to braking: detection, dead time, ramp.
pub(crate) fn link_delay(config: &Config, decel_mm_s2: i32) -> Duration {
    config.command_lost_after.saturating_add(brake_delay(config, decel_mm_s2))
}

/// Dead time of the brake, and half of the time in which it builds up.
pub(crate) fn brake_delay(config: &Config, decel_mm_s2: i32) -> Duration {
    let ramp_s = f64::from(decel_mm_s2.max(0)) / (2.0 * f64::from(config.brake_jerk_mm_s3.max(1)));
    config.brake_dead.saturating_add(Duration::try_from_secs_f64(ramp_s).unwrap_or(Duration::ZERO))
}

/// Highest speed that stops within `room_mm`: `v T + v^2 / 2a <= room`.
pub(crate) fn stop_limit(decel_mm_s2: i32, delay: Duration, room_mm: i32) -> i32 {
    let (a, t, room) = (f64::from(decel_mm_s2), delay.as_secs_f64(), f64::from(room_mm));
    if a <= 0.0 || room <= 0.0 {
        return 0;
    }
    whole(a * ((t * t + 2.0 * room / a).sqrt() - t))
}

/// Way to a standstill: the other direction of [`stop_limit`].
pub(crate) fn stop_distance_mm(decel_mm_s2: i32, delay: Duration, speed_mm_s: i32) -> i32 {
    let v = f64::from(speed_mm_s.saturating_abs());
    whole(v * delay.as_secs_f64() + v * v / (2.0 * f64::from(decel_mm_s2.max(1))))
}

/// Highest speed that stops before somebody who walks out at the edge: `v T + v^2 / 2a <= room v / (v + w)`.
pub(crate) fn occlusion_limit(decel_mm_s2: i32, delay: Duration, room_mm: i32) -> i32 {
    let (a, t) = (f64::from(decel_mm_s2), delay.as_secs_f64());
    let left = f64::from(room_mm) - PERSON_MM_S * t;
    if a <= 0.0 || left <= 0.0 {
        return 0;
    }
    let slow = t + PERSON_MM_S / (2.0 * a);
    whole(a * ((slow * slow + 2.0 * left / a).sqrt() - slow))
}

/// `v <= d_blind / loop age`.
pub(crate) fn blind_limit(blind_distance_mm: i32, age: Duration) -> i32 {
    let micros = i64::try_from(age.as_micros()).unwrap_or(i64::MAX).max(1);
    let allowed = i64::from(blind_distance_mm).saturating_mul(1_000_000).checked_div(micros).unwrap_or(0);
    i32::try_from(allowed).unwrap_or(i32::MAX)
}

/// Highest speed at which the vehicle leaves its lane by no more than the clearance while nobody steers.
pub(crate) fn drift_limit(side_clearance_mm: i32, blind_for: Duration) -> i32 {
    let t = blind_for.as_secs_f64();
    if t <= 0.0 {
        return i32::MAX;
    }
    whole((2.0 * f64::from(side_clearance_mm.max(0)) / CURVATURE_ERROR_PER_MM).sqrt() / t)
}

/// `v <= sqrt(a_lat / |curvature|)`, with `curvature = tan(steering) / wheelbase`.
pub(crate) fn curve_limit(config: &Config, steering_mrad: i32, fork_mm: i32) -> i32 {
    let curvature_per_mm = curvature(config, steering_mrad);
    let lateral = f64::from(config.load_safe_lateral_mm_s2(fork_mm));
    if curvature_per_mm <= 0.0 {
        return i32::MAX;
    }
    whole((lateral / curvature_per_mm).sqrt())
}

/// A load and raised forks lower the deceleration; the speed falls with its root, so that the braking distance does not
/// grow.
pub(crate) fn mast_limit(config: &Config, fork_mm: i32, loaded: bool) -> i32 {
    let decel = config.load_safe_decel_mm_s2(fork_mm, loaded);
    let share = f64::from(decel) / f64::from(config.safe_decel_mm_s2.max(1));
    whole(f64::from(config.max_speed_mm_s) * share.clamp(0.0, 1.0).sqrt())
}

/// Millionths of a radian turned on a way.
pub(crate) fn turn_urad(config: &Config, steering_mrad: i32, way_um: u64) -> u64 {
    // A way between two reports is far below 2^32 um; beyond that the turn does not matter any more.
    let way_mm = f64::from(u32::try_from(way_um).unwrap_or(u32::MAX)) / 1000.0;
    u64::try_from(whole(way_mm * curvature(config, steering_mrad) * 1e6)).unwrap_or(0)
}

/// Size of the curvature, per millimetre.
fn curvature(config: &Config, steering_mrad: i32) -> f64 {
    let steering_rad = f64::from(steering_mrad.saturating_abs().min(STEEPEST_MRAD)) / 1000.0;
    steering_rad.tan() / f64::from(config.wheelbase_mm.max(1))
}

/// Rounded down; what is no number or below zero is zero.
#[expect(clippy::cast_possible_truncation, reason = "a float to integer cast saturates, and NaN becomes zero")]
fn whole(value: f64) -> i32 {
    (value as i32).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tests_support::config;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_table_of_the_specification_comes_out() {
        // safety.md 1.4: deceleration, then m/s for each delay and each free way, with the margin of 0.3 m.
        let rows: [(i32, [[i32; 4]; 4]); 3] = [
            (2500, [[17, 29, 41, 58], [14, 26, 37, 54], [11, 21, 32, 48], [8, 16, 25, 40]]),
            (1800, [[15, 26, 35, 50], [13, 23, 32, 47], [11, 19, 29, 43], [8, 15, 24, 37]]),
            (800, [[11, 18, 25, 35], [10, 17, 23, 33], [9, 15, 22, 31], [7, 13, 19, 28]]),
        ];
        for (decel, delays) in rows {
            for (delay, speeds) in [350, 550, 850, 1350].into_iter().zip(delays) {
                for (free_mm, tenths) in [1500, 3000, 5000, 9000].into_iter().zip(speeds) {
                    let limit = stop_limit(decel, ms(delay), free_mm - MARGIN_MM);
                    assert!((limit - tenths * 100).abs() <= 60, "a {decel}, T {delay}, D {free_mm}: {limit}");
                }
            }
        }
    }

    #[test]
    fn a_limit_stops_within_its_room_and_a_little_more_does_not() {
        for decel in [350, 1600, 2500] {
            for delay in [0, 250, 510] {
                for room in [1, 30, 299, 1000, 5500] {
                    let limit = stop_limit(decel, ms(delay), room);
                    assert!(stop_distance_mm(decel, ms(delay), limit) <= room, "{decel} {delay} {room}: {limit}");
                    assert!(
                        stop_distance_mm(decel, ms(delay), limit + limit / 50 + 40) > room,
                        "{decel} {delay} {room}: {limit}"
                    );
                }
            }
        }
    }

    #[test]
    fn without_room_or_brake_there_is_no_speed() {
        assert_eq!(stop_limit(1600, ms(300), 0), 0);
        assert_eq!(stop_limit(1600, ms(300), -5), 0);
        assert_eq!(stop_limit(0, ms(300), 5000), 0);
        assert_eq!(stop_limit(-1000, ms(1000), 100), 0, "what does not brake does not stop");
        assert_eq!(occlusion_limit(-1000, ms(1000), 1605), 0);
        assert_eq!(occlusion_limit(1600, ms(0), 0), 0);
        assert_eq!(occlusion_limit(0, ms(300), 5000), 0);
        assert_eq!(occlusion_limit(1600, ms(500), 800), 0);
        assert_eq!(drift_limit(0, ms(500)), 0);
        assert_eq!(drift_limit(-3, ms(500)), 0);
        assert_eq!(drift_limit(300, ms(0)), i32::MAX);
        assert_eq!(stop_distance_mm(0, ms(100), 1000), 500_100);
    }

    #[test]
    fn somebody_who_steps_out_is_met_at_a_standstill() {
        for room in [900, 1500, 3000, 6000] {
            let v = occlusion_limit(1600, ms(400), room);
            let met_mm = i64::from(room) * i64::from(v) / (i64::from(v) + 1600);
            assert!(i64::from(stop_distance_mm(1600, ms(400), v)) <= met_mm + 1, "{room}: {v}");
            let quick = v + v / 20 + 20;
            let met_mm = i64::from(room) * i64::from(quick) / (i64::from(quick) + 1600);
            assert!(i64::from(stop_distance_mm(1600, ms(400), quick)) > met_mm, "{room}: {v}");
        }
        assert_eq!(occlusion_limit(1600, ms(350), 4700), 2525);
    }

    #[test]
    fn a_narrow_lane_and_a_long_blind_time_slow_down() {
        assert!((drift_limit(300, ms(500)) - 2190).abs() <= 1);
        assert!((drift_limit(300, ms(250)) - 4381).abs() <= 1);
        assert!((drift_limit(50, ms(500)) - 894).abs() <= 1);
    }

    #[test]
    fn the_delays_add_up() {
        let config = config();
        assert_eq!(brake_delay(&config, 1600), ms(250));
        assert_eq!(onboard_delay(&config, 1600), ms(400));
        assert_eq!(link_delay(&config, 1600), ms(500));
        assert_eq!(brake_delay(&config, -1), ms(150));
    }

    #[test]
    fn a_turn_is_the_way_times_the_curvature() {
        let turned = turn_urad(&config(), -785, 1_400_000);
        assert!((turned.cast_signed() - 999_204).abs() < 10, "tan(0.785) over one wheelbase: {turned}");
        assert_eq!(turn_urad(&config(), 0, 1_000_000), 0);
        assert!(turn_urad(&config(), 1570, u64::MAX) > 1_000_000_000);
    }

    #[test]
    fn blind_and_curve_and_mast_are_those_of_the_specification() {
        for (age_ms, expected) in [(200, 2500), (250, 2000), (300, 1666), (500, 1000), (800, 625)] {
            assert_eq!(blind_limit(500, ms(age_ms)), expected, "at {age_ms} ms");
        }
        assert_eq!(blind_limit(500, ms(0)), 500_000_000);
        assert_eq!(curve_limit(&config(), 785, 0), 1497);
        assert_eq!(curve_limit(&config(), -785, 0), 1497);
        assert_eq!(curve_limit(&config(), 0, 0), i32::MAX);
        assert_eq!(mast_limit(&config(), 3000, true), 1169);
        assert_eq!(mast_limit(&config(), 0, false), 2500);
    }
}
