//! The sections of a family. Lengths in metres, angles in radians, times in seconds, as the names say.

use super::span::{Count, Share, Span};
use serde::Deserialize;

/// Racks, aisles, what stands about.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Clear width of an aisle.
    pub aisle_m: Span<2000, 8000>,
    /// Clear width of a way across the aisles.
    pub crossing_m: Span<2000, 10_000>,
    /// Aisles beside each other.
    pub aisles: Count<1, 6>,
    /// Blocks of racks after each other, with a way across between them and at both ends.
    pub blocks: Count<1, 5>,
    /// Bays of a block.
    pub bays: Count<1, 12>,
    /// Width of a bay.
    pub bay_m: Span<1000, 4000>,
    /// Depth of a single rack.
    pub rack_depth_m: Span<500, 2000>,
    /// Share of rack blocks with a bay missing: a way for people.
    pub gap_share: Share,
    /// How wide that is.
    pub gap_m: Span<600, 3000>,
    /// Share of sites whose first way across is a dock with staged pallets.
    pub dock_share: Share,
    /// How wide the dock is.
    pub dock_m: Span<4000, 15_000>,
    /// Share of aisles with a door at one end of a block.
    pub door_share: Share,
    /// Clear width of a door.
    pub door_m: Span<1500, 5000>,
    /// Pallets and boxes in an aisle.
    pub clutter: Count<0, 8>,
    /// How far such a piece reaches into the aisle.
    pub clutter_m: Span<100, 2000>,
    /// Share of pieces below the plane of the scanners, like an empty pallet.
    pub low_share: Share,
    /// Floor left beside the truck where something stands.
    pub spare_m: Span<200, 3000>,
}

/// Where the truck is driven.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Share of routes that turn at a crossing; the others go straight on through it.
    pub turn_share: Share,
    /// How far before the first turn a way begins, and how far after the last it ends, if there is so much floor.
    pub leg_m: Span<4000, 50_000>,
    /// Radius of a turn, at the fixed axle.
    pub radius_m: Span<800, 6000>,
    /// How far the truck is off the middle of its way.
    pub bias_m: Span<-500, 500>,
}

/// The truck: a three-wheel counterbalance truck, steered at the rear.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truck {
    /// Fixed axle to the steered wheel.
    pub wheelbase_m: Span<500, 6000>,
    /// Width of the body.
    pub width_m: Span<300, 3000>,
    /// Fixed axle to the rear end.
    pub behind_m: Span<100, 8000>,
    /// Fixed axle to the face of the forks.
    pub fork_face_m: Span<50, 2000>,
    /// Length of the forks.
    pub forks_m: Span<300, 2500>,
    /// From a steering command to the first motion of the wheel.
    pub steer_dead_s: Span<0, 500>,
    /// Fastest turn of the steered wheel.
    pub steer_rate_radps: Span<100, 3000>,
    /// From a brake command to the first deceleration.
    pub brake_dead_s: Span<0, 500>,
    /// How fast the deceleration builds up.
    pub brake_jerk_mps3: Span<1000, 20_000>,
    /// Lag of the traction.
    pub traction_lag_s: Span<0, 1000>,
    /// What the profile says of each of these times and rates, as a share of the truth.
    pub knowledge: Span<500, 2000>,
    /// Share of wet or dusty floors.
    pub wet_share: Share,
    /// Friction of a dry floor.
    pub dry_friction: Span<100, 1200>,
    /// And of a wet one.
    pub wet_friction: Span<100, 1200>,
}

/// What the truck carries, and how hard it may then brake and turn.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loads {
    /// Share of trucks with a load.
    pub laden_share: Share,
    /// Share of those that carry it high.
    pub raised_share: Share,
    /// Height of the mast.
    pub mast_m: Span<500, 12_000>,
    /// Mass of the load.
    pub mass_kg: Span<0, 5_000_000>,
    /// Along the forks.
    pub length_m: Span<200, 3000>,
    /// Across.
    pub width_m: Span<200, 3000>,
    /// Its centre of gravity above the forks.
    pub centre_m: Span<50, 2000>,
    /// Safe deceleration without a load.
    pub decel_unladen_mps2: Span<200, 4000>,
    /// With the load low.
    pub decel_low_mps2: Span<200, 4000>,
    /// With the load at the height of the mast; between the two it falls in a line.
    pub decel_raised_mps2: Span<100, 4000>,
    /// Safe sideways acceleration with the load low, and without one; raised, it falls like the deceleration.
    pub lateral_mps2: Span<100, 4000>,
}

/// Who drives.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// As fast as this where nothing speaks against it.
    pub speed_mps: Span<300, 8000>,
    /// How much of the safe sideways acceleration they use in bends.
    pub bend_share: Span<50, 900>,
    /// From what is to what the hand does about it.
    pub delay_s: Span<0, 1000>,
    /// Standard deviation of the hand on the wheel.
    pub hand_rad: Span<0, 500>,
    /// Corrections that are too large, in a second.
    pub slips_per_s: Span<0, 2000>,
    /// How large they are.
    pub slip_rad: Span<0, 1000>,
    /// How long they last.
    pub slip_s: Span<50, 2000>,
}

/// What the truck knows of its way: six points, 0.6 m apart.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corridor {
    /// Share of trucks that know no way and think on the one just driven.
    pub extrapolated_share: Share,
    /// Share of corridors that are as old as `stale_s`.
    pub stale_share: Share,
    /// How old those are at the loss.
    pub stale_s: Span<0, 5000>,
    /// Share of ways that something blocks which nobody expects: the truck comes up to it while the link goes.
    pub blocked_share: Share,
    /// Standard deviation of the corridor to the side.
    pub aside_m: Span<0, 1000>,
    /// And of its direction.
    pub turned_rad: Span<0, 300>,
}

/// Who walks about.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// Share of scenes with one person.
    pub one_share: Share,
    /// Share of scenes with two; the rest has none.
    pub two_share: Share,
    /// Walking speed.
    pub speed_mps: Span<0, 1600>,
    /// Share of people who come out from where the truck cannot see them.
    pub step_out_share: Share,
    /// Share of people who walk along the way, the truck's or against it. The rest crosses it in the open.
    pub along_share: Share,
    /// Share of people who stop and look.
    pub look_share: Share,
    /// For how long.
    pub look_s: Span<0, 10_000>,
    /// Share of people who walk backwards or with a cart: at half the speed.
    pub slow_share: Share,
    /// When they are on the way, after the truck would be there.
    pub late_s: Span<-10_000, 10_000>,
    /// True: they keep away from machines. False: nothing moves them, the stress case.
    pub social: bool,
}

/// Scanners, wheels and localisation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sensing {
    /// From a sweep to when it is known.
    pub response_s: Span<0, 500>,
    /// Standard deviation of a range.
    pub noise_m: Span<0, 200>,
    /// Share of beams that come back with nothing.
    pub lost_share: Share,
    /// What the wheels count, as a share of the truth.
    pub wheel: Span<900, 1100>,
    /// Drift of the gyro, either way.
    pub gyro_radps: Span<0, 100>,
    /// Standard deviation of the place on the map.
    pub place_m: Span<0, 2000>,
    /// And of the heading.
    pub heading_rad: Span<0, 500>,
    /// How long an error lasts.
    pub memory_s: Span<10, 60_000>,
    /// Share of trucks without localisation.
    pub absent_share: Share,
}

/// When the link goes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// Seconds of driving before.
    pub at_s: Span<2000, 20_000>,
}
