//! The limits of one vehicle, as the core uses them.

use farhand_protocol::CameraIndex;
use std::time::Duration;

/// A set of cameras by index; a vehicle has at most 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CameraSet(u8);

impl CameraSet {
    /// The set with `camera` added; an index of 8 or more adds nothing.
    #[must_use]
    pub fn with(self, camera: CameraIndex) -> Self {
        if camera.0 < 8 { Self(self.0 | (1 << camera.0)) } else { self }
    }

    /// Everything in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True if nothing is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its cameras in rising order.
    pub fn iter(self) -> impl Iterator<Item = CameraIndex> {
        (0..8).filter(move |bit| self.0 & (1 << bit) != 0).map(CameraIndex)
    }
}

/// The limits of one vehicle. Made from its profile, which checks the ranges.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Highest speed under remote control.
    pub max_speed_mm_s: i32,
    /// Largest angle of the steered wheel.
    pub max_steering_mrad: i32,
    /// Largest fork speed.
    pub max_lift_mm_s: i32,
    /// Steepest acceleration under remote control.
    pub max_accel_mm_s2: i32,
    /// Deceleration that is safe with the forks down.
    pub safe_decel_mm_s2: i32,
    /// Deceleration that is safe with the forks at `mast_height_mm`.
    pub safe_decel_raised_mm_s2: i32,
    /// Sideways acceleration that is safe with the forks down.
    pub safe_lateral_mm_s2: i32,
    /// Fork height at which the raised limits apply in full.
    pub mast_height_mm: i32,
    /// Between the fixed axle and the steered wheel.
    pub wheelbase_mm: i32,
    /// Command age from which the vehicle coasts.
    pub coast_after: Duration,
    /// Command age from which it stops and latches.
    pub command_lost_after: Duration,
    /// Picture age from which it stops and latches.
    pub picture_lost_after: Duration,
    /// Picture age allowed at the take-over.
    pub handover_picture_age: Duration,
    /// Travel allowed on one picture; the cap is this over the picture's age.
    pub blind_distance_mm: i32,
    /// Travel on one picture at which the vehicle brakes in full.
    pub blind_trip_mm: i32,
    /// Bad link time that the bucket holds.
    pub flapping_bucket: Duration,
    /// Time the link must be good before a take-over or a re-arm.
    pub good_for: Duration,
    /// Silence of the agent's beat.
    pub agent_lost_after: Duration,
    /// Silence of the machine.
    pub machine_lost_after: Duration,
    /// A take-over that is not finished by then is over.
    pub handover_timeout: Duration,
    /// Enable held without any other change of the input.
    pub stuck_enable_after: Duration,
    /// Cameras needed to go forward, to go backwards, and to take over.
    pub required_forward: CameraSet,
    /// Cameras needed to go backwards.
    pub required_reverse: CameraSet,
    /// Cameras needed for the take-over.
    pub required_handover: CameraSet,
}

/// A tick that comes later than this after the one before is an overrun (safety.md 1.3).
pub(crate) const TICK_OVERRUN: Duration = Duration::from_millis(50);
/// A command older than this is late: three periods of 20 ms. Late time drains the flapping bucket (safety.md 1.3).
pub(crate) const LATE_COMMAND: Duration = Duration::from_millis(60);
/// Slower than this counts as standing; the odometry of the trucks we know resolves 5 mm/s.
pub(crate) const STANDING_MM_S: i32 = 10;
/// Faster than this, the measured direction counts for the required cameras.
pub(crate) const ROLLING_MM_S: i32 = 50;
/// An enable switch counts only if its input sample is at most this old (design.md section 7).
pub(crate) const ENABLE_INPUT_MS: u32 = 60;
/// An input sample older than this makes the whole command old.
pub(crate) const INPUT_OLD_MS: u32 = 250;
/// Standing for this long ends a safe stop.
pub(crate) const STANDSTILL: Duration = Duration::from_millis(500);
/// The machine's clock may differ from the guardian's by this much; they are the same clock, read apart.
pub(crate) const CLOCK_TOLERANCE: Duration = Duration::from_millis(100);
/// A stop because the operator let go of the enable switch uses this share of the load-safe deceleration.
pub(crate) const COMFORT_PERCENT: i32 = 60;
/// Coasting on a late command uses this share of the load-safe deceleration (safety.md 1.3).
pub(crate) const COAST_PERCENT: i32 = 30;

impl Config {
    /// Load-safe deceleration with the forks at this height: falls in a line up to `mast_height_mm`.
    #[must_use]
    pub fn load_safe_decel_mm_s2(&self, fork_mm: i32) -> i32 {
        self.by_fork_height(self.safe_decel_mm_s2, self.safe_decel_raised_mm_s2, fork_mm)
    }

    /// Load-safe sideways acceleration, lowered by the fork height in the same share as the deceleration.
    #[must_use]
    pub fn load_safe_lateral_mm_s2(&self, fork_mm: i32) -> i32 {
        let raised = scale(self.safe_lateral_mm_s2, self.safe_decel_raised_mm_s2, self.safe_decel_mm_s2);
        self.by_fork_height(self.safe_lateral_mm_s2, raised, fork_mm)
    }

    fn by_fork_height(&self, low: i32, raised: i32, fork_mm: i32) -> i32 {
        let height = fork_mm.clamp(0, self.mast_height_mm);
        low - scale(low - raised.min(low), height, self.mast_height_mm)
    }
}

/// `value * numerator / denominator`, in 64 bits; `value` if the denominator is zero.
pub(crate) fn scale(value: i32, numerator: i32, denominator: i32) -> i32 {
    if denominator == 0 {
        return value;
    }
    let wide = i64::from(value) * i64::from(numerator) / i64::from(denominator);
    i32::try_from(wide).unwrap_or(if wide < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tests_support::config;

    #[test]
    fn a_raised_fork_lowers_the_deceleration_in_a_line() {
        let config = config();
        assert_eq!(config.load_safe_decel_mm_s2(0), 1600);
        assert_eq!(config.load_safe_decel_mm_s2(1500), 975);
        assert_eq!(config.load_safe_decel_mm_s2(3000), 350);
        assert_eq!(config.load_safe_decel_mm_s2(9000), 350);
        assert_eq!(config.load_safe_decel_mm_s2(-5), 1600);
        assert_eq!(config.load_safe_lateral_mm_s2(3000), 350);
    }

    #[test]
    fn a_camera_set_holds_the_first_eight() {
        let set = CameraSet::default().with(CameraIndex(2)).with(CameraIndex(7)).with(CameraIndex(8));
        assert_eq!(set.iter().map(|camera| camera.0).collect::<Vec<_>>(), [2, 7]);
    }
}
