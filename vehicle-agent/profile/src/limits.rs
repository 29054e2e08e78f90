//! Shape, limits and times of a vehicle.

use farhand_settings::{Millis, Real};
use serde::Deserialize;

/// Shape on the floor. Origin: middle of the unsteered axle; x forward, y left.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Geometry {
    /// Between the fixed axle and the steered wheel.
    pub wheelbase_m: Real<500, 6000>,
    /// Rear end of the body, behind the fixed axle.
    pub behind_m: Real<100, 8000>,
    /// Front end with forks, ahead of the fixed axle.
    pub ahead_m: Real<100, 4000>,
    /// Overall width.
    pub width_m: Real<300, 3000>,
}

impl Default for Geometry {
    // A three-wheel counterbalance truck of 1.6 t: safety.md 4.1.
    fn default() -> Self {
        Self {
            wheelbase_m: Real::thousandths(1400),
            behind_m: Real::thousandths(1850),
            ahead_m: Real::thousandths(1550),
            width_m: Real::thousandths(1100),
        }
    }
}

/// What the machine may do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Highest speed under remote control.
    pub max_speed_mps: Real<100, 8000>,
    /// Largest angle of the steered wheel.
    pub max_steering_rad: Real<100, 1570>,
    /// Deceleration that is safe with the forks down.
    pub safe_decel_mps2: Real<200, 4000>,
    /// Deceleration that is safe with the forks at `mast_height_m`; between them it falls in a line.
    pub safe_decel_raised_mps2: Real<100, 4000>,
    /// The same without a load; counts only for a machine that reports whether it carries one, and never below the other.
    pub unladen_decel_mps2: Real<200, 4000>,
    /// As hard as the machine can brake without tipping, with the forks down: for something in the way. Raised forks lower
    /// it like the load-safe one, below which it never is.
    pub protective_decel_mps2: Real<200, 4000>,
    /// Acceleration under remote control.
    pub max_accel_mps2: Real<100, 3000>,
    /// Sideways acceleration that is safe with the forks down; raised, it falls like the deceleration.
    pub safe_lateral_mps2: Real<100, 4000>,
    /// Fork height at which the raised limits apply in full.
    pub mast_height_m: Real<500, 12000>,
    /// Fork speed.
    pub max_lift_mps: Real<0, 1000>,
    /// Highest speed under remote control while the vehicle has lost its place on the map.
    pub unlocalised_speed_mps: Real<100, 8000>,
    /// Deceleration of the machine's own watchdog, when the guardian is silent.
    pub watchdog_decel_mps2: Real<200, 4000>,
}

impl Default for Limits {
    // safety.md 4.1: 1.6 m/s2 laden low, 0.35 m/s2 raised to full height.
    fn default() -> Self {
        Self {
            max_speed_mps: Real::thousandths(2500),
            max_steering_rad: Real::thousandths(1300),
            safe_decel_mps2: Real::thousandths(1600),
            safe_decel_raised_mps2: Real::thousandths(350),
            unladen_decel_mps2: Real::thousandths(2000),
            // The 18 % line of the tilt test for travelling: safety.md 4.1.
            protective_decel_mps2: Real::thousandths(1800),
            max_accel_mps2: Real::thousandths(1000),
            safe_lateral_mps2: Real::thousandths(1600),
            mast_height_m: Real::thousandths(3000),
            max_lift_mps: Real::thousandths(400),
            unlocalised_speed_mps: Real::thousandths(1000),
            watchdog_decel_mps2: Real::thousandths(1600),
        }
    }
}

/// How the machine answers its actuators.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Actuators {
    /// From a steering command to the first motion.
    pub steer_dead_time: Millis<0, 500>,
    /// Fastest turn of the steered wheel.
    pub steer_rate_radps: Real<100, 3000>,
    /// From a brake command to the first deceleration.
    pub brake_dead_time: Millis<0, 500>,
    /// How fast the deceleration builds up.
    pub brake_jerk_mps3: Real<1000, 20000>,
    /// Lag of the traction drive.
    pub traction_lag: Millis<0, 1000>,
    /// The machine brakes when the guardian has been silent for this long.
    pub machine_watchdog: Millis<50, 500>,
}

impl Default for Actuators {
    // Centres of the ranges in safety.md 4.1.
    fn default() -> Self {
        Self {
            steer_dead_time: Millis::of(100),
            steer_rate_radps: Real::thousandths(800),
            brake_dead_time: Millis::of(150),
            brake_jerk_mps3: Real::thousandths(8000),
            traction_lag: Millis::of(300),
            machine_watchdog: Millis::of(200),
        }
    }
}

/// When the vehicle slows and stops by itself. Defaults: safety.md 1.3, for up to 2.5 m/s.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinkLimits {
    /// Command age from which the vehicle coasts.
    pub coast_after: Millis<60, 500>,
    /// Command age from which it stops and latches.
    pub command_lost_after: Millis<100, 500>,
    /// Picture age from which it stops and latches.
    pub picture_lost_after: Millis<200, 1000>,
    /// Picture age allowed at the take-over.
    pub handover_picture_age: Millis<100, 600>,
    /// Metres the vehicle may travel on one picture: the cap is this divided by the picture's age.
    pub blind_distance_m: Real<100, 2000>,
    /// Metres travelled on one picture at which it brakes in full.
    pub blind_trip_m: Real<200, 4000>,
    /// Bad link time that a bucket holds before it is empty.
    pub flapping_bucket: Millis<200, 5000>,
    /// Time a link must be good before a take-over or a re-arm.
    pub good_for: Millis<500, 10000>,
    /// The agent is lost when its beat has been silent for this long.
    pub agent_lost_after: Millis<50, 500>,
    /// The machine is lost when it has been silent for this long.
    pub machine_lost_after: Millis<30, 500>,
    /// A take-over that is not finished by then is over.
    pub handover_timeout: Millis<5000, 120_000>,
    /// The enable switch is held without any other input for this long: stop (a hand may be stuck).
    pub stuck_enable_after: Millis<5000, 120_000>,
}

impl Default for LinkLimits {
    fn default() -> Self {
        Self {
            coast_after: Millis::of(100),
            command_lost_after: Millis::of(250),
            picture_lost_after: Millis::of(600),
            handover_picture_age: Millis::of(300),
            blind_distance_m: Real::thousandths(500),
            blind_trip_m: Real::thousandths(1000),
            flapping_bucket: Millis::of(1000),
            good_for: Millis::of(2000),
            agent_lost_after: Millis::of(100),
            machine_lost_after: Millis::of(100),
            handover_timeout: Millis::of(30_000),
            stuck_enable_after: Millis::of(25_000),
        }
    }
}

impl LinkLimits {
    pub(crate) fn check(&self) -> Result<(), (String, String)> {
        if self.coast_after.span() >= self.command_lost_after.span() {
            let message = format!(
                "is {:?}; it must be below link.command_lost_after ({:?})",
                self.coast_after.span(),
                self.command_lost_after.span()
            );
            return Err(("link.coast_after".into(), message));
        }
        if self.blind_distance_m.value() > self.blind_trip_m.value() {
            let message = format!(
                "is {}; it must not be above link.blind_trip_m ({})",
                self.blind_distance_m.value(),
                self.blind_trip_m.value()
            );
            return Err(("link.blind_distance_m".into(), message));
        }
        Ok(())
    }
}
