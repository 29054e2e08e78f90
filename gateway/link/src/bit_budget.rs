//! Who gets how many of the bits: the camera that matters most, by a table; the others keep a floor.

use std::time::Duration;

/// Below this a picture of 640x360 tells nothing any more, at half the frame rate.
const FLOOR_BPS: u64 = 50_000;
/// Below this a camera shows every second picture, each with twice the bits: pictures at full rate would be a blur.
const HALF_RATE_BELOW_BPS: u64 = 100_000;
/// A wheel turned by more than this leads round a corner: a ninth of a right angle.
const TURNING_MRAD: i32 = 175;

/// What a camera shows, and what it can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sight {
    /// Which way it looks.
    pub looks: Looks,
    /// An operator wants it sharp.
    pub pinned: bool,
    /// Somebody watches it; the others get nothing.
    pub watched: bool,
    /// The most it can use.
    pub most_bps: u64,
    /// Time between two pictures at its full rate.
    pub frame: Duration,
}

/// Which way a camera looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Looks {
    /// The way ahead, with the forks.
    Ahead,
    /// The way behind.
    Astern,
    /// Both ways.
    Around,
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// At none of these.
    #[default]
    Elsewhere,
}

/// What the vehicle is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Doing {
    /// Wanted speed; negative is backwards.
    pub speed_mm_s: i32,
    /// Wanted angle of the steered wheel; positive turns left when going forward.
    pub steering_mrad: i32,
    /// Wanted fork speed.
    pub lift_mm_s: i32,
}

/// What one camera gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Bits a second; 0 for a camera that nobody watches.
    pub bps: u64,
    /// The least time between two pictures.
    pub every: Duration,
}

/// One line of the table: cameras to which it applies weigh so much. The greatest weight counts.
struct Row {
    weight: u64,
    applies: fn(Sight, Doing) -> bool,
}

/// With four cameras the direction of travel has half of the bits whatever else applies: 8 of 8 + 3 + 3 + 2.
const TABLE: &[Row] = &[
    // Direction of travel.
    Row { weight: 8, applies: |sight, doing| looks_along(sight.looks, doing.speed_mm_s.signum()) },
    // The forks are moved.
    Row { weight: 3, applies: |sight, doing| doing.lift_mm_s != 0 && looks_along(sight.looks, 1) },
    // Pinned by the operator.
    Row { weight: 3, applies: |sight, _| sight.pinned },
    // The inner side of a turn; what is turned to before setting off, too.
    Row {
        weight: 2,
        applies: |sight, doing| match sight.looks {
            Looks::Left => doing.steering_mrad > TURNING_MRAD,
            Looks::Right => doing.steering_mrad < -TURNING_MRAD,
            Looks::Ahead | Looks::Astern | Looks::Around | Looks::Elsewhere => false,
        },
    },
    // Everything that is watched.
    Row { weight: 1, applies: |_, _| true },
];

/// The least rate at which so many cameras make sense.
#[must_use]
pub fn floor_bps(watched: usize) -> u64 {
    FLOOR_BPS * u64::try_from(watched).unwrap_or(u64::MAX)
}

/// Shares a rate out, in the order of the cameras.
#[must_use]
pub fn share_out(total_bps: u64, cameras: &[Sight], doing: Doing) -> Vec<Share> {
    let weights: Vec<u64> = cameras.iter().map(|sight| weight(*sight, doing)).collect();
    let mut bps: Vec<Option<u64>> = cameras.iter().map(|sight| (!sight.watched).then_some(0)).collect();
    // Whoever would get more than it can use, or less than the floor, gets that; the others share what is left. Each round
    // settles at least one camera.
    loop {
        let settled: u64 = bps.iter().flatten().sum();
        let parts: u64 = weights.iter().zip(&bps).filter(|(_, bps)| bps.is_none()).map(|(weight, _)| weight).sum();
        let left = total_bps.saturating_sub(settled);
        let part = |index: usize| left * weights[index] / parts.max(1);
        let open: Vec<usize> = (0..bps.len()).filter(|index| bps[*index].is_none()).collect();
        let low =
            open.iter().find(|index| part(**index) < FLOOR_BPS).map(|index| (*index, FLOOR_BPS.min(cameras[*index].most_bps)));
        let high = open.iter().find(|index| part(**index) > cameras[**index].most_bps);
        let Some((index, settled)) = low.or_else(|| high.map(|index| (*index, cameras[*index].most_bps))) else {
            for index in open {
                bps[index] = Some(part(index));
            }
            break;
        };
        bps[index] = Some(settled);
    }
    cameras.iter().zip(bps).map(|(sight, bps)| share(*sight, bps.unwrap_or(0))).collect()
}

/// True for a camera that shows where a vehicle goes in this direction: 1 is ahead, -1 astern.
fn looks_along(looks: Looks, direction: i32) -> bool {
    match looks {
        Looks::Ahead => direction > 0,
        Looks::Astern => direction < 0,
        Looks::Around => direction != 0,
        Looks::Left | Looks::Right | Looks::Elsewhere => false,
    }
}

fn weight(sight: Sight, doing: Doing) -> u64 {
    TABLE.iter().filter(|row| (row.applies)(sight, doing)).map(|row| row.weight).max().unwrap_or(0)
}

fn share(sight: Sight, bps: u64) -> Share {
    let every = if bps < HALF_RATE_BELOW_BPS { sight.frame * 2 } else { sight.frame };
    Share { bps, every }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(33);

    /// Front, rear, left, right.
    fn truck() -> [Sight; 4] {
        let plain = Sight { watched: true, most_bps: 1_200_000, frame: FRAME, ..Sight::default() };
        [Looks::Ahead, Looks::Astern, Looks::Left, Looks::Right].map(|looks| Sight { looks, ..plain })
    }

    fn doing(speed_mm_s: i32, steering_mrad: i32, lift_mm_s: i32) -> Doing {
        Doing { speed_mm_s, steering_mrad, lift_mm_s }
    }

    fn bps(total_bps: u64, cameras: &[Sight], doing: Doing) -> Vec<u64> {
        share_out(total_bps, cameras, doing).iter().map(|share| share.bps).collect()
    }

    #[test]
    fn at_rest_all_are_alike_and_what_is_pinned_gets_three_times_as_much() {
        assert_eq!(bps(1_000_000, &truck(), Doing::default()), [250_000; 4]);
        let mut pinned = truck();
        pinned[2].pinned = true;
        assert_eq!(bps(1_200_000, &pinned, Doing::default()), [200_000, 200_000, 600_000, 200_000]);
    }

    #[test]
    fn the_direction_of_travel_gets_half_of_the_bits_whatever_else_applies() {
        for kbps in [400, 1000, 2000] {
            for lift in [0, 100] {
                for steering in [-500, 0, 500] {
                    let mut cameras = truck();
                    cameras[3].pinned = true;
                    let total = kbps * 1000;
                    assert!(
                        bps(total, &cameras, doing(-500, steering, lift))[1] * 2 >= total - 50_000,
                        "{kbps} {lift} {steering}"
                    );
                    assert!(
                        bps(total, &cameras, doing(500, steering, lift))[0] * 2 >= total - 50_000,
                        "{kbps} {lift} {steering}"
                    );
                }
            }
        }
        assert_eq!(bps(1_100_000, &truck(), doing(-500, 0, 0)), [100_000, 800_000, 100_000, 100_000]);
    }

    #[test]
    fn the_inner_side_of_a_turn_gets_twice_as_much_as_the_outer_one() {
        assert_eq!(bps(1_200_000, &truck(), doing(500, 300, 0)), [800_000, 100_000, 200_000, 100_000]);
        assert_eq!(bps(1_200_000, &truck(), doing(500, -300, 0)), [800_000, 100_000, 100_000, 200_000]);
    }

    #[test]
    fn lifting_at_rest_is_seen_in_front() {
        assert_eq!(bps(1_200_000, &truck(), doing(0, 0, 50)), [600_000, 200_000, 200_000, 200_000]);
    }

    #[test]
    fn nobody_gets_more_than_it_can_use_or_less_than_the_floor() {
        assert_eq!(bps(9_000_000, &truck(), doing(500, 0, 0)), [1_200_000; 4]);
        assert_eq!(bps(2_400_000, &truck(), doing(500, 0, 0)), [1_200_000, 400_000, 400_000, 400_000]);
        assert_eq!(bps(400_000, &truck(), doing(500, 0, 0)), [250_000, 50_000, 50_000, 50_000]);
        assert_eq!(bps(100_000, &truck(), doing(500, 0, 0)), [50_000; 4]);
    }

    #[test]
    fn who_is_not_watched_gets_nothing() {
        let mut cameras = truck();
        cameras[0].watched = false;
        assert_eq!(bps(900_000, &cameras, Doing::default()), [0, 300_000, 300_000, 300_000]);
        assert_eq!(bps(900_000, &[], Doing::default()), [0; 0]);
    }

    #[test]
    fn few_bits_make_fewer_pictures_before_they_make_a_blur() {
        let every: Vec<Duration> = share_out(1_000_000, &truck(), doing(500, 0, 0)).iter().map(|share| share.every).collect();
        assert_eq!(every, [FRAME, FRAME * 2, FRAME * 2, FRAME * 2]);
    }
}
