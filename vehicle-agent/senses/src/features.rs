//! What the vehicle knows of one instant, and the row of numbers the model is given for it.

use crate::beams::{BEAM_RANGE_M, Beams};
use crate::layout::{FEATURES, LAYOUT};

/// What the vehicle knows of one instant. Everything is in the vehicle frame of that instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Senses {
    /// The newest scans.
    pub beams: Beams,
    /// Those of 100 ms before, seen from where the vehicle is now; none where there are none.
    pub beams_before: Option<Beams>,
    /// Measured speed, forward positive.
    pub speed_mps: f32,
    /// Curvature of the path driven now, left positive.
    pub curvature_per_m: f32,
    /// Measured deceleration.
    pub decel_mps2: f32,
    /// The last three commands to the actuators, newest first.
    pub told: [Told; 3],
    /// True with a load, or if nobody knows.
    pub loaded: bool,
    /// Height of the forks.
    pub mast_m: f32,
    /// Hardest braking that the load allows now.
    pub safe_decel_mps2: f32,
    /// Hardest lateral acceleration that the load allows now.
    pub safe_lateral_mps2: f32,
    /// Six points of the last corridor, 0.6 m apart, nearest first: ahead, left.
    pub corridor_m: [(f32, f32); 6],
    /// True if the corridor is the way just driven, carried on, instead of a plan.
    pub corridor_extrapolated: bool,
    /// The next keep-clear zone, if there is one.
    pub keep_clear: Option<ZoneAhead>,
    /// Time since the loss; 0 while driving.
    pub since_event_s: f32,
    /// What is wrong with the link; while driving, what is asked about: the silence.
    pub reason: LinkReason,
}

/// A command to the actuators.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Told {
    /// Wanted speed, forward positive.
    pub speed_mps: f32,
    /// Wanted angle of the steered wheel, left positive.
    pub steering_rad: f32,
}

/// A zone in which the vehicle should not come to rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZoneAhead {
    /// Its middle, ahead of the vehicle's origin.
    pub ahead_m: f32,
    /// Its middle, left of it.
    pub left_m: f32,
    /// Half of what it spans along the vehicle.
    pub half_ahead_m: f32,
    /// Half of what it spans across it.
    pub half_left_m: f32,
    /// True while the vehicle's origin is inside.
    pub inside: bool,
}

impl ZoneAhead {
    /// The zone with these corners, each ahead of and left of the vehicle's origin.
    #[must_use]
    pub fn spanning(corners: [(f32, f32); 4], inside: bool) -> Self {
        let (ahead, left) = (corners.map(|(ahead, _)| ahead), corners.map(|(_, left)| left));
        let ((ahead_m, half_ahead_m), (left_m, half_left_m)) = (middle_and_half(ahead), middle_and_half(left));
        Self { ahead_m, left_m, half_ahead_m, half_left_m, inside }
    }

    /// The one that counts: the nearest that the vehicle is in or has not passed yet.
    #[must_use]
    pub fn nearest(zones: impl IntoIterator<Item = Self>) -> Option<Self> {
        let away = |zone: &Self| zone.ahead_m.hypot(zone.left_m);
        let ahead = zones.into_iter().filter(|zone| zone.inside || zone.ahead_m > 0.0);
        ahead.min_by(|one, other| away(one).total_cmp(&away(other))).filter(|zone| zone.inside || away(zone) < FARTHEST_ZONE_M)
    }
}

/// Classes of what can be wrong with a link, in the order of the model's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkReason {
    /// No commands come.
    Silence,
    /// Commands come, but the operator's pictures are too old.
    Pictures,
    /// The link comes and goes.
    Flapping,
    /// Something of the vehicle itself, or a person who asked for the stop.
    Other,
}

/// The row of numbers: all finite, each in the range of [`LAYOUT`].
#[derive(Debug, Clone, PartialEq)]
pub struct Features([f32; FEATURES]);

/// A sense that is NaN or infinite: the model is not asked at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sense {sense} is not a finite number")]
pub struct NotFinite {
    /// Its name in [`LAYOUT`].
    pub sense: &'static str,
}

impl Features {
    /// The row for these senses.
    ///
    /// # Errors
    /// [`NotFinite`] with the first sense that is NaN or infinite.
    pub fn of(senses: &Senses) -> Result<Self, NotFinite> {
        let mut row = [0.0; FEATURES];
        for (place, value) in row.iter_mut().zip(in_order(senses)) {
            *place = value;
        }
        let mut rest = row.as_mut_slice();
        for sense in &LAYOUT {
            let (own, others) = rest.split_at_mut_checked(sense.count).unwrap_or_default();
            for value in own {
                if !value.is_finite() {
                    return Err(NotFinite { sense: sense.name });
                }
                *value = value.clamp(sense.low, sense.high);
            }
            rest = others;
        }
        Ok(Self(row))
    }

    /// A row that was kept, as it was; `None` if one of the numbers is not finite.
    #[must_use]
    pub fn kept(row: [f32; FEATURES]) -> Option<Self> {
        row.iter().all(|value| value.is_finite()).then_some(Self(row))
    }

    /// A row as it goes over the sockets of a vehicle: 32-bit floats, least significant byte first. `None` if these are not as many
    /// as a row has, or one is not finite.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (each, rest) = bytes.as_chunks::<4>();
        let values: Vec<f32> = each.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        Self::kept(values.try_into().ok().filter(|_| rest.is_empty())?)
    }

    /// The row as [`Features::read`] takes it.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        self.0.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// The numbers.
    #[must_use]
    pub fn row(&self) -> &[f32; FEATURES] {
        &self.0
    }
}

/// The order is that of [`LAYOUT`].
fn in_order(senses: &Senses) -> impl Iterator<Item = f32> {
    let beams = *senses.beams.metres();
    let before = senses.beams_before.map_or(beams, |before| *before.metres());
    let zone = senses.keep_clear.unwrap_or(NO_ZONE);
    let reason = match senses.reason {
        LinkReason::Silence => [1.0, 0.0, 0.0, 0.0],
        LinkReason::Pictures => [0.0, 1.0, 0.0, 0.0],
        LinkReason::Flapping => [0.0, 0.0, 1.0, 0.0],
        LinkReason::Other => [0.0, 0.0, 0.0, 1.0],
    };
    beams
        .into_iter()
        .chain(before)
        .chain([senses.speed_mps, senses.curvature_per_m, senses.decel_mps2])
        .chain(senses.told.map(|told| told.speed_mps))
        .chain(senses.told.map(|told| told.steering_rad))
        .chain([flag(senses.loaded), senses.mast_m, senses.safe_decel_mps2, senses.safe_lateral_mps2])
        .chain(senses.corridor_m.into_iter().flat_map(|(ahead, left)| [ahead, left]))
        .chain([flag(senses.corridor_extrapolated), zone.ahead_m, zone.left_m, zone.half_ahead_m, zone.half_left_m])
        .chain([flag(zone.inside), senses.since_event_s])
        .chain(reason)
}

fn middle_and_half(along: [f32; 4]) -> (f32, f32) {
    let low = along.into_iter().fold(f32::INFINITY, f32::min);
    let high = along.into_iter().fold(f32::NEG_INFINITY, f32::max);
    (f32::midpoint(low, high), 0.5 * (high - low))
}

fn flag(is: bool) -> f32 {
    if is { 1.0 } else { 0.0 }
}

/// A zone farther away than this is none: no stop reaches it.
const FARTHEST_ZONE_M: f32 = 12.0;
/// Farther than any stop is long.
const NO_ZONE: ZoneAhead = ZoneAhead { ahead_m: BEAM_RANGE_M, left_m: 0.0, half_ahead_m: 0.0, half_left_m: 0.0, inside: false };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Sense;

    #[test]
    fn the_zone_that_counts_is_the_nearest_that_is_not_passed() {
        let zone = |ahead_m, left_m, inside| ZoneAhead { ahead_m, left_m, half_ahead_m: 1.0, half_left_m: 1.0, inside };
        let (near, far, passed, around) =
            (zone(3.0, 1.0, false), zone(6.0, 0.0, false), zone(-1.0, 0.0, false), zone(-0.5, 0.0, true));
        assert_eq!(ZoneAhead::nearest([far, near, passed]), Some(near));
        assert_eq!(ZoneAhead::nearest([near, around, passed]), Some(around));
        assert_eq!(ZoneAhead::nearest([passed, zone(12.1, 0.0, false)]), None);
        assert_eq!(ZoneAhead::nearest([zone(-13.0, 0.0, true)]), Some(zone(-13.0, 0.0, true)));
    }

    #[test]
    fn a_turned_zone_is_told_by_what_it_spans() {
        let corners = [(4.0, 0.0), (6.0, 2.0), (4.0, 4.0), (2.0, 2.0)];
        let told = ZoneAhead { ahead_m: 4.0, left_m: 2.0, half_ahead_m: 2.0, half_left_m: 2.0, inside: false };
        assert_eq!(ZoneAhead::spanning(corners, false), told);
    }

    #[test]
    fn every_sense_lies_where_the_table_says() {
        let features = Features::of(&some()).expect("finite");
        let told = |name| slice(&features, name).to_vec();
        assert_eq!(told("beams_m"), [BEAM_RANGE_M; 64]);
        assert_eq!(told("beams_before_m")[32], 3.0);
        assert_eq!((told("speed_mps"), told("curvature_per_m"), told("decel_mps2")), (vec![1.5], vec![0.25], vec![0.5]));
        assert_eq!(told("told_speed_mps"), [1.0, 2.0, 3.0]);
        assert_eq!(told("told_steering_rad"), [0.1, 0.2, 0.3]);
        assert_eq!((told("loaded"), told("mast_m")), (vec![1.0], vec![2.5]));
        assert_eq!((told("safe_decel_mps2"), told("safe_lateral_mps2")), (vec![1.75], vec![1.25]));
        assert_eq!(told("corridor_m"), [0.6, 0.0, 1.2, 0.1, 1.8, 0.2, 2.4, 0.3, 3.0, 0.4, 3.6, 0.5]);
        assert_eq!(told("corridor_extrapolated"), [1.0]);
        assert_eq!((told("keep_clear_m"), told("keep_clear_inside")), (vec![4.0, -1.0], vec![1.0]));
        assert_eq!(told("keep_clear_half_m"), [1.5, 0.5]);
        assert_eq!((told("since_event_s"), told("link_reason")), (vec![0.125], vec![0.0, 0.0, 1.0, 0.0]));
    }

    #[test]
    fn what_is_absent_has_a_value_of_its_own() {
        let features = Features::of(&Senses { beams_before: None, keep_clear: None, ..some() }).expect("finite");
        assert_eq!(slice(&features, "beams_before_m"), slice(&features, "beams_m"), "no motion is seen");
        assert_eq!((slice(&features, "keep_clear_m"), slice(&features, "keep_clear_inside")), (&[12.0, 0.0][..], &[0.0][..]));
    }

    #[test]
    fn what_is_out_of_range_is_cut_and_what_is_no_number_is_refused_by_name() {
        let features = Features::of(&Senses { speed_mps: -80.0, mast_m: 99.0, ..some() }).expect("finite");
        assert_eq!((slice(&features, "speed_mps"), slice(&features, "mast_m")), (&[-5.0][..], &[12.0][..]));
        let spoilt = Features::of(&Senses { since_event_s: f32::NAN, ..some() });
        assert_eq!(spoilt, Err(NotFinite { sense: "since_event_s" }));
        let mut corridor_m = some().corridor_m;
        corridor_m[5].1 = f32::INFINITY;
        assert_eq!(Features::of(&Senses { corridor_m, ..some() }), Err(NotFinite { sense: "corridor_m" }));
    }

    #[test]
    fn the_row_is_filled_to_its_end() {
        assert_eq!(in_order(&some()).count(), FEATURES);
        assert_eq!(Features::kept([f32::NAN; FEATURES]), None);
    }

    #[test]
    fn what_is_written_is_read_again_and_nothing_else_is() {
        let features = Features::of(&some()).expect("finite");
        let bytes = features.written();
        assert_eq!(Features::read(&bytes), Some(features));
        assert_eq!(Features::read(&bytes[4..]), None, "a number is missing");
        assert_eq!(Features::read(&[&bytes[..], &[0]].concat()), None, "a byte too many");
        assert_eq!(Features::read(&f32::INFINITY.to_le_bytes().repeat(FEATURES)), None);
    }

    fn slice<'a>(features: &'a Features, name: &str) -> &'a [f32] {
        let mut first = 0;
        for Sense { name: own, count, .. } in &LAYOUT {
            if *own == name {
                return &features.row()[first..first + count];
            }
            first += count;
        }
        &[]
    }

    fn some() -> Senses {
        Senses {
            beams: Beams::of([]),
            beams_before: Some(Beams::of([(3.0, 0.0)])),
            speed_mps: 1.5,
            curvature_per_m: 0.25,
            decel_mps2: 0.5,
            told: [(1.0, 0.1), (2.0, 0.2), (3.0, 0.3)].map(|(speed_mps, steering_rad)| Told { speed_mps, steering_rad }),
            loaded: true,
            mast_m: 2.5,
            safe_decel_mps2: 1.75,
            safe_lateral_mps2: 1.25,
            corridor_m: [(0.6, 0.0), (1.2, 0.1), (1.8, 0.2), (2.4, 0.3), (3.0, 0.4), (3.6, 0.5)],
            corridor_extrapolated: true,
            keep_clear: Some(ZoneAhead::spanning([(2.5, -1.5), (5.5, -1.5), (5.5, -0.5), (2.5, -0.5)], true)),
            since_event_s: 0.125,
            reason: LinkReason::Flapping,
        }
    }
}
