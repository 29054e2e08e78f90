//! A load on the forks: its shape, and when the truck tips or the load slides.

use crate::Part;

/// Acceleration of gravity.
pub const GRAVITY_MPS2: f64 = 9.81;

/// A box on the forks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Its mass.
    pub mass_kg: f64,
    /// Along the forks.
    pub length_m: f64,
    /// Across.
    pub width_m: f64,
    /// Height of its centre of gravity above the forks.
    pub centre_m: f64,
}

impl Load {
    /// What it takes of the floor with its back against the fork face.
    #[must_use]
    pub fn part(&self, fork_face_m: f64) -> Part {
        Part { from_m: fork_face_m, to_m: fork_face_m + self.length_m, width_m: self.width_m }
    }
}

/// The masses of a three-wheel truck.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Balance {
    /// Without a load.
    pub mass_kg: f64,
    /// Centre of gravity behind the fixed axle.
    pub centre_behind_m: f64,
    /// And above the floor.
    pub centre_height_m: f64,
    /// Between the fixed wheels.
    pub track_m: f64,
    /// Fixed axle to the steered wheel, where the rear axle pivots.
    pub wheelbase_m: f64,
    /// Fixed axle to the face of the forks.
    pub fork_face_m: f64,
}

/// Accelerations that end badly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TipLimits {
    /// Braking harder than this, going forward, lifts the rear wheel.
    pub forward_mps2: f64,
    /// Turning harder than this tips the truck over the line from a front wheel to the rear pivot.
    pub sideways_mps2: f64,
    /// Braking harder than this lets the load slide off; infinite without one.
    pub slide_mps2: f64,
}

impl Balance {
    /// The limits with a load on the forks at this height, and with the given friction between the two. Without a load the
    /// forks weigh nothing.
    #[must_use]
    pub fn limits(&self, load: Option<(&Load, f64)>, friction: f64) -> TipLimits {
        let (mass, ahead, height) = load.map_or((0.0, 0.0, 0.0), |(load, fork_m)| {
            (load.mass_kg, self.fork_face_m + load.length_m / 2.0, fork_m + load.centre_m)
        });
        let whole = self.mass_kg + mass;
        let behind = (self.mass_kg * self.centre_behind_m - mass * ahead) / whole;
        let height = ((self.mass_kg * self.centre_height_m + mass * height) / whole).max(0.01);
        let half = self.track_m / 2.0;
        // Distance of the centre of gravity from the line between a front wheel and the rear pivot.
        let side = half * (self.wheelbase_m - behind) / self.wheelbase_m.hypot(half);
        TipLimits {
            forward_mps2: GRAVITY_MPS2 * behind.max(0.0) / height,
            sideways_mps2: GRAVITY_MPS2 * side.max(0.0) / height,
            slide_mps2: if load.is_some() { friction * GRAVITY_MPS2 } else { f64::INFINITY },
        }
    }
}

/// What went wrong with the load or the truck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mishap {
    /// It tipped forward over the fixed axle.
    pub tipped_forward: bool,
    /// It tipped over to a side.
    pub tipped_sideways: bool,
    /// The load slid off.
    pub load_slid: bool,
}

impl Mishap {
    /// True if anything did.
    #[must_use]
    pub fn any(self) -> bool {
        self.tipped_forward || self.tipped_sideways || self.load_slid
    }
}

/// Watches accelerations: what is beyond a limit for longer than a tenth of a second has happened.
#[derive(Debug, Clone)]
pub struct TipWatch {
    limits: TipLimits,
    beyond_s: [f64; 3],
    mishap: Mishap,
}

impl TipWatch {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(limits: TipLimits) -> Self {
        Self { limits, beyond_s: [0.0; 3], mishap: Mishap::default() }
    }

    /// Takes in what the truck does for `seconds`; `decel_mps2` is above 0 when a forward motion gets slower.
    pub fn advance(&mut self, seconds: f64, decel_mps2: f64, sideways_mps2: f64) {
        let TipLimits { forward_mps2, sideways_mps2: most_sideways, slide_mps2 } = self.limits;
        let beyond = [decel_mps2 > forward_mps2, sideways_mps2.abs() > most_sideways, decel_mps2 > slide_mps2];
        for (time, beyond) in self.beyond_s.iter_mut().zip(beyond) {
            *time = if beyond { *time + seconds } else { 0.0 };
        }
        let [forward, sideways, slid] = self.beyond_s.map(|time| time > LONG_ENOUGH_S);
        self.mishap.tipped_forward |= forward;
        self.mishap.tipped_sideways |= sideways;
        self.mishap.load_slid |= slid;
    }

    /// What has happened so far.
    #[must_use]
    pub fn mishap(&self) -> Mishap {
        self.mishap
    }
}

/// A shorter push lifts a wheel and sets it down again.
const LONG_ENOUGH_S: f64 = 0.1;

#[cfg(test)]
mod tests {
    use super::*;

    const TRUCK: Balance = Balance {
        mass_kg: 3_100.0,
        centre_behind_m: 0.65,
        centre_height_m: 0.6,
        track_m: 0.93,
        wheelbase_m: 1.4,
        fork_face_m: 0.38,
    };
    const PALLET: Load = Load { mass_kg: 1_200.0, length_m: 1.2, width_m: 0.8, centre_m: 0.6 };

    #[test]
    fn a_load_and_its_height_bring_the_limits_down() {
        let empty = TRUCK.limits(None, 0.4);
        let low = TRUCK.limits(Some((&PALLET, 0.15)), 0.4);
        let high = TRUCK.limits(Some((&PALLET, 3.0)), 0.4);
        assert!(empty.forward_mps2 > low.forward_mps2 && low.forward_mps2 > high.forward_mps2);
        assert!((2.5..3.5).contains(&low.forward_mps2), "{low:?}");
        assert!((0.8..1.8).contains(&high.forward_mps2), "{high:?}");
        assert!(low.sideways_mps2 > high.sideways_mps2 && high.sideways_mps2 > 1.0, "{high:?}");
        assert!((low.slide_mps2 - 3.924).abs() < 1e-9 && empty.slide_mps2 == f64::INFINITY);
    }

    #[test]
    fn too_heavy_a_load_leaves_no_limit_at_all() {
        let anvil = Load { mass_kg: 4_000.0, ..PALLET };
        assert_eq!(TRUCK.limits(Some((&anvil, 0.1)), 0.4).forward_mps2, 0.0);
    }

    #[test]
    fn a_short_push_is_forgiven_and_a_long_one_is_not() {
        let limits = TRUCK.limits(Some((&PALLET, 3.0)), 0.4);
        let mut watch = TipWatch::new(limits);
        for _ in 0..3 {
            watch.advance(0.08, limits.forward_mps2 + 0.1, 0.0);
            watch.advance(0.01, 0.0, 0.0);
        }
        assert!(!watch.mishap().any());
        watch.advance(0.06, limits.forward_mps2 + 0.1, -limits.sideways_mps2 - 0.1);
        watch.advance(0.06, 0.0, -limits.sideways_mps2 - 0.1);
        assert_eq!(watch.mishap(), Mishap { tipped_sideways: true, ..Mishap::default() });
        watch.advance(0.11, 4.0, 0.0);
        assert!(watch.mishap().tipped_forward && watch.mishap().load_slid);
    }
}
