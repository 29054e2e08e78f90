//! A scan as the policy sees it: the nearest return in each of 64 sectors around the vehicle.

use std::f32::consts::PI;

/// How many sectors the full turn has.
pub const BEAMS: usize = 64;

/// Where nothing is seen, this much is free; farther returns are cut to it. No stop of the library is longer than half of it.
pub const BEAM_RANGE_M: f32 = 12.0;

/// Ranges from the vehicle's origin, sector by sector.
///
/// Sector 0 begins straight behind and they go on counter-clockwise: 32 begins straight ahead, to its left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beams([f32; BEAMS]);

impl Beams {
    /// The nearest return in each sector. Points are in metres in the vehicle frame *of now*, also those of an earlier scan:
    /// moved by odometry, what stands still does not change, and what moves does.
    #[must_use]
    pub fn of(points: impl IntoIterator<Item = (f32, f32)>) -> Self {
        let mut beams = [BEAM_RANGE_M; BEAMS];
        for (ahead, left) in points {
            let range = ahead.hypot(left);
            // A NaN is no return: `<` is false for it.
            if let Some(beam) = sector(ahead, left).and_then(|sector| beams.get_mut(sector)).filter(|beam| range < **beam) {
                *beam = range;
            }
        }
        Self(beams)
    }

    /// Metres, sector by sector.
    #[must_use]
    pub fn metres(&self) -> &[f32; BEAMS] {
        &self.0
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "0 to 64 by the line above"
)]
fn sector(ahead: f32, left: f32) -> Option<usize> {
    let share = (left.atan2(ahead) + PI) / (2.0 * PI);
    // Straight behind is both ends of the turn.
    (0.0..=1.0).contains(&share).then_some(((share * BEAMS as f32) as usize) % BEAMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sector_keeps_its_nearest_return() {
        let beams = Beams::of([(2.0, 0.01), (1.0, 0.01), (3.0, 0.01), (0.0, 4.0), (-5.0, 0.01)]);
        let metres = beams.metres();
        assert!((metres[32] - 1.0).abs() < 1e-3, "ahead");
        assert!((metres[48] - 4.0).abs() < 1e-3, "left");
        assert!((metres[63] - 5.0).abs() < 1e-3, "behind, a little left");
        assert_eq!(metres.iter().filter(|&&metre| metre == BEAM_RANGE_M).count(), BEAMS - 3);
    }

    #[test]
    fn nothing_odd_is_a_return() {
        let odd = [(f32::NAN, 1.0), (1.0, f32::NAN), (f32::INFINITY, 0.0), (f32::NEG_INFINITY, f32::INFINITY), (500.0, 0.0)];
        assert_eq!(Beams::of(odd), Beams::of([]));
    }

    #[test]
    fn every_direction_has_a_sector() {
        for step in 0..6400_u16 {
            let angle = f32::from(step) / 6400.0 * 2.0 * PI - PI;
            let beams = Beams::of([(angle.cos(), angle.sin())]);
            assert_eq!(beams.metres().iter().filter(|&&metre| metre < BEAM_RANGE_M).count(), 1, "{angle}");
        }
    }
}
