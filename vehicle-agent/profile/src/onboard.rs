//! What the vehicle decides on board: its scanners, its way of stopping, and driving by itself.

use farhand_settings::{Millis, Real};
use serde::Deserialize;

/// The safety scanners.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scanner {
    /// True if the vehicle has safety scanners that the guardian hears. Then their silence stops it. Without them the
    /// vehicle has no field, says so in its state, and never drives by itself.
    pub fitted: bool,
    /// A scan older than this stops the vehicle.
    pub lost_after: Millis<50, 150>,
}

impl Default for Scanner {
    fn default() -> Self {
        Self { fitted: false, lost_after: Millis::of(150) }
    }
}

/// How the vehicle stops when it is left alone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stop {
    /// What a lost link does.
    pub policy: StopPolicy,
}

/// What a lost link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StopPolicy {
    /// The vehicle drives the stop that the guard has proved free and the operator has seen: at most 6 m and 8 s.
    #[default]
    Navigate,
    /// The vehicle brakes load-safe at once, without a choice of path.
    Brake,
}

/// Driving by itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Auto {
    /// Age of the autonomy's plan from which the vehicle stops.
    pub plan_lost_after: Millis<150, 1000>,
    /// Time without a place on the map after which it stops.
    pub localisation_lost_after: Millis<50, 1000>,
    /// Distance from the planned path at which it stops.
    pub corridor_m: Real<50, 2000>,
    /// Highest speed at which a person may take over; 0 is at a standstill only.
    pub handover_speed_mps: Real<0, 300>,
}

impl Default for Auto {
    fn default() -> Self {
        Self {
            plan_lost_after: Millis::of(250),
            localisation_lost_after: Millis::of(300),
            corridor_m: Real::thousandths(300),
            handover_speed_mps: Real::thousandths(0),
        }
    }
}
