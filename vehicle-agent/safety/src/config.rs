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
        Self(self.0 | bit(camera))
    }

    /// Everything in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// True if nothing is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its cameras in rising order.
    pub fn iter(self) -> impl Iterator<Item = CameraIndex> {
        (0..8).map(CameraIndex).filter(move |camera| self.0 & bit(*camera) != 0)
    }
}

fn bit(camera: CameraIndex) -> u8 {
    1_u8.checked_shl(u32::from(camera.0)).unwrap_or(0)
}

/// What moves, or is to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Moves {
    pub(crate) forward: bool,
    pub(crate) reverse: bool,
    pub(crate) forks: bool,
}

/// What a lost link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StopPolicy {
    /// Drive the stop that the guard has proved free.
    #[default]
    Navigate,
    /// Brake load-safe at once, without a choice of path.
    Brake,
}

/// The limits of one vehicle. Made from its profile, which checks the ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The same without a load.
    pub unladen_decel_mm_s2: i32,
    /// As hard as the machine can without tipping, with the forks down.
    pub protective_decel_mm_s2: i32,
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
    /// Cameras whose picture is frozen if it repeats to the last bit.
    pub checked_identical: CameraSet,
    /// Cameras whose picture is frozen if nothing in it moves while the vehicle does.
    pub checked_motion: CameraSet,
    /// Checked cameras that look ahead. One that looks to no side clearly, or is not checked, is in none of these four sets.
    pub looking_ahead: CameraSet,
    /// Those that look astern.
    pub looking_astern: CameraSet,
    /// Those that look to the left.
    pub looking_left: CameraSet,
    /// Those that look to the right.
    pub looking_right: CameraSet,
    /// The vehicle has safety scanners.
    pub scanner: bool,
    /// Age at which a scan is lost.
    pub scan_lost_after: Duration,
    /// Highest speed under remote control while the vehicle has lost its place on the map.
    pub unlocalised_speed_mm_s: i32,
    /// What a lost link does.
    pub stop_policy: StopPolicy,
    /// Age of a plan at which the autonomy is lost.
    pub plan_lost_after: Duration,
    /// Time without a place on the map at which the autonomy is lost.
    pub localisation_lost_after: Duration,
    /// Distance from the planned path at which the vehicle has left its corridor.
    pub corridor_mm: i32,
    /// Highest speed at which a person may take over from the autonomy; 0 is at a standstill.
    pub handover_speed_mm_s: i32,
    /// From a steering command to the first motion of the wheel.
    pub steer_dead: Duration,
    /// Fastest turn of the steered wheel.
    pub steer_rate_mrad_s: i32,
    /// From a brake command to the first deceleration.
    pub brake_dead: Duration,
    /// How fast the deceleration builds up.
    pub brake_jerk_mm_s3: i32,
}

/// A tick that comes later than this after the one before is an overrun (safety.md 1.3).
pub(crate) const TICK_OVERRUN: Duration = Duration::from_millis(50);
/// A command older than this is late: three periods of 20 ms. Late time drains the flapping bucket (safety.md 1.3).
pub(crate) const LATE_COMMAND: Duration = Duration::from_millis(60);
/// The period in which the shell calls the tick.
pub(crate) const TICK: Duration = Duration::from_millis(10);
/// Slower than this counts as standing; the odometry of the trucks we know resolves 5 mm/s.
pub(crate) const STANDING_MM_S: i32 = 10;
/// Faster than this, the measured direction counts for the required cameras.
pub(crate) const ROLLING_MM_S: i32 = 50;
/// An enable switch counts only if its input sample is at most this old (design.md section 7).
pub(crate) const ENABLE_INPUT_MS: u32 = 60;
/// An input sample older than this makes the whole command old.
pub(crate) const INPUT_OLD_MS: u32 = 250;
/// Up to this speed the vehicle goes close to things, if that is what is asked for (safety.md 3.2).
pub(crate) const CREEP_MM_S: i32 = 300;
/// A stop that lasts or rolls longer is braked in full (safety.md 2.1).
pub(crate) const STOP_LONGEST: Duration = Duration::from_secs(8);
/// The same in metres.
pub(crate) const STOP_FARTHEST_MM: i32 = 6000;
/// Standing for this long ends a safe stop.
pub(crate) const STANDSTILL: Duration = Duration::from_millis(500);
/// The machine's clock may differ from the guardian's by this much; they are the same clock, read apart.
pub(crate) const CLOCK_TOLERANCE: Duration = Duration::from_millis(100);
/// A stop because the operator let go of the enable switch uses this share of the load-safe deceleration.
pub(crate) const COMFORT_PERCENT: i32 = 60;
/// Coasting on a late command uses this share of the load-safe deceleration (safety.md 1.3).
pub(crate) const COAST_PERCENT: i32 = 30;

/// The vehicle brakes if it is faster than its cap by this much; below it the traction slows it.
pub(crate) const OVER_CAP_MM_S: i32 = 500;
/// The same where the way itself is missing.
pub(crate) const OVER_SOLID_MM_S: i32 = 150;

impl Config {
    /// Load-safe deceleration with the forks at this height: falls in a line up to `mast_height_mm`.
    #[must_use]
    pub fn load_safe_decel_mm_s2(&self, fork_mm: i32, loaded: bool) -> i32 {
        let low = if loaded { self.safe_decel_mm_s2 } else { self.unladen_decel_mm_s2.max(self.safe_decel_mm_s2) };
        self.by_fork_height(low, self.safe_decel_raised_mm_s2, fork_mm)
    }

    /// As hard as the machine can without tipping, never below the load-safe deceleration.
    #[must_use]
    pub fn protective_decel_mm_s2(&self, fork_mm: i32, loaded: bool) -> i32 {
        let hard = self.by_fork_height(self.protective_decel_mm_s2, self.safe_decel_raised_mm_s2, fork_mm);
        hard.max(self.load_safe_decel_mm_s2(fork_mm, loaded))
    }

    /// Load-safe sideways acceleration, lowered by the fork height in the same share as the deceleration.
    #[must_use]
    pub fn load_safe_lateral_mm_s2(&self, fork_mm: i32) -> i32 {
        let raised = scale(self.safe_lateral_mm_s2, self.safe_decel_raised_mm_s2, self.safe_decel_mm_s2);
        self.by_fork_height(self.safe_lateral_mm_s2, raised, fork_mm)
    }

    /// Cameras needed for these motions; none if one of them has no camera at all.
    pub(crate) fn required(&self, moves: Moves) -> Option<CameraSet> {
        let needs = [
            (moves.forward, self.required_forward),
            (moves.reverse, self.required_reverse),
            (moves.forks, self.required_handover),
        ];
        let mut needed = needs.into_iter().filter(|(moves, _)| *moves).map(|(_, cameras)| cameras);
        needed.try_fold(CameraSet::default(), |all, cameras| (!cameras.is_empty()).then_some(all.union(cameras)))
    }

    fn by_fork_height(&self, low: i32, raised: i32, fork_mm: i32) -> i32 {
        let height = fork_mm.min(self.mast_height_mm).max(0);
        low.saturating_sub(scale(low.saturating_sub(raised.min(low)), height, self.mast_height_mm))
    }
}

/// `value * numerator / denominator`, in 64 bits; `value` if the denominator is zero.
pub(crate) fn scale(value: i32, numerator: i32, denominator: i32) -> i32 {
    let wide = i64::from(value).saturating_mul(i64::from(numerator));
    let Some(wide) = wide.checked_div(i64::from(denominator)) else { return value };
    i32::try_from(wide).unwrap_or(if wide.is_negative() { i32::MIN } else { i32::MAX })
}

/// Keeps a value within `-limit..=limit`.
pub(crate) fn within(value: i32, limit: i32) -> i32 {
    let limit = limit.saturating_abs();
    value.min(limit).max(limit.saturating_neg())
}

/// Whole microseconds, saturating.
pub(crate) fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tests_support::config;

    #[test]
    fn a_raised_fork_lowers_the_deceleration_in_a_line() {
        let config = config();
        assert_eq!(config.load_safe_decel_mm_s2(0, true), 1600);
        assert_eq!(config.load_safe_decel_mm_s2(1500, true), 975);
        assert_eq!(config.load_safe_decel_mm_s2(3000, true), 350);
        assert_eq!(config.load_safe_decel_mm_s2(9000, true), 350);
        assert_eq!(config.load_safe_decel_mm_s2(-5, true), 1600);
        assert_eq!(config.load_safe_lateral_mm_s2(3000), 350);
    }

    #[test]
    fn a_camera_set_holds_the_first_eight() {
        let set = CameraSet::default().with(CameraIndex(2)).with(CameraIndex(7)).with(CameraIndex(8));
        assert_eq!(set.iter().map(|camera| camera.0).collect::<Vec<_>>(), [2, 7]);
        assert_eq!(set.with(CameraIndex(7)), set, "what is in it stays in it");
        let (two, seven) = (CameraSet::default().with(CameraIndex(2)), CameraSet::default().with(CameraIndex(7)));
        assert_eq!(
            (set.union(seven), two.union(seven), set.both(seven), two.both(seven)),
            (set, set, seven, CameraSet::default())
        );
    }

    #[test]
    fn a_share_saturates_and_a_range_holds_both_ends() {
        let (least, most) = (i32::MIN, i32::MAX);
        let cases =
            [(10, 3, 4, 7), (-10, 3, 4, -7), (most, 2, 1, most), (least, 2, 1, least), (most, -2, 1, least), (9, 5, 0, 9)];
        for (value, numerator, denominator, expected) in cases {
            assert_eq!(scale(value, numerator, denominator), expected, "{value} * {numerator} / {denominator}");
        }
        for (value, limit, expected) in [(5, 3, 3), (-5, 3, -3), (2, 3, 2), (-5, -3, -3), (least, most, -most), (1, least, 1)] {
            assert_eq!(within(value, limit), expected, "{value} within {limit}");
        }
    }

    #[test]
    fn what_moves_asks_for_its_cameras_and_without_one_does_not_move() {
        let (front, rear) = (CameraSet::default().with(CameraIndex(0)), CameraSet::default().with(CameraIndex(1)));
        let all = Moves { forward: true, reverse: true, forks: true };
        let needs = [
            (Moves::default(), CameraSet::default()),
            (Moves { forward: true, ..Moves::default() }, front),
            (Moves { reverse: true, ..Moves::default() }, rear),
            (Moves { forks: true, ..Moves::default() }, front.union(rear)),
            (Moves { reverse: false, ..all }, front.union(rear)),
        ];
        for (moves, needed) in needs {
            assert_eq!(config().required(moves), Some(needed), "{moves:?}");
        }
        let blind = Config { required_reverse: CameraSet::default(), ..config() };
        assert_eq!((blind.required(all), blind.required(Moves { reverse: false, ..all })), (None, Some(front.union(rear))));
    }

    #[test]
    fn a_machine_brakes_at_least_load_safe_and_harder_without_a_load() {
        let config = config();
        assert_eq!((config.protective_decel_mm_s2(0, true), config.protective_decel_mm_s2(0, false)), (1800, 2000));
        assert_eq!((config.protective_decel_mm_s2(1500, true), config.protective_decel_mm_s2(3000, true)), (1075, 350));
        assert_eq!((config.load_safe_decel_mm_s2(0, false), config.load_safe_decel_mm_s2(1500, false)), (2000, 1175));
        let raised = Config { safe_decel_raised_mm_s2: 5000, ..config };
        assert_eq!(raised.load_safe_decel_mm_s2(3000, true), 1600, "raised forks never allow more");
    }
}
