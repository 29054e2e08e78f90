//! A way on the floor: points close together, with their distance from its beginning, direction and bend.

/// One point of a way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Waypoint {
    /// East.
    pub x_m: f64,
    /// North.
    pub y_m: f64,
    /// Direction of the way.
    pub heading_rad: f64,
    /// Metres from the beginning.
    pub at_m: f64,
    /// Bend, to the left above 0.
    pub curvature_per_m: f64,
}

/// A way.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Path {
    points: Vec<Waypoint>,
}

/// Points of a way are this far apart.
pub(crate) const STEP_M: f64 = 0.1;

impl Path {
    /// Through corners that are rounded with this radius, or with less where the legs are too short for it.
    #[must_use]
    pub fn rounded(corners: &[(f64, f64)], radius_m: f64) -> Self {
        let mut dense = Vec::new();
        let last = corners.len().saturating_sub(1);
        let mut from = corners.first().copied().unwrap_or_default();
        for (index, &corner) in corners.iter().enumerate() {
            let next = corners.get(index + 1).filter(|_| index > 0);
            let Some(&next) = next else {
                line(&mut dense, from, corner, index == last);
                from = corner;
                continue;
            };
            let (leg_in, leg_out) = (unit(corners[index - 1], corner), unit(corner, next));
            let turn = (leg_in.0 * leg_out.1 - leg_in.1 * leg_out.0).atan2(leg_in.0 * leg_out.0 + leg_in.1 * leg_out.1);
            let room = 0.5 * length(corners[index - 1], corner).min(length(corner, next));
            let cut = (radius_m * (turn.abs() / 2.0).tan()).min(room);
            let begin = (corner.0 - leg_in.0 * cut, corner.1 - leg_in.1 * cut);
            let end = (corner.0 + leg_out.0 * cut, corner.1 + leg_out.1 * cut);
            line(&mut dense, from, begin, false);
            arc(&mut dense, begin, leg_in, turn, cut / (turn.abs() / 2.0).tan().max(1e-9));
            from = end;
        }
        Self::through(&dense)
    }

    /// Through points that lie close together, laid out anew in equal steps.
    #[must_use]
    pub fn through(points: &[(f64, f64)]) -> Self {
        let mut even = Vec::new();
        let mut left = 0.0;
        for pair in points.windows(2) {
            let (way, ahead) = (length(pair[0], pair[1]), unit(pair[0], pair[1]));
            let mut at = left;
            while at < way {
                even.push((pair[0].0 + ahead.0 * at, pair[0].1 + ahead.1 * at));
                at += STEP_M;
            }
            left = at - way;
        }
        let mut points: Vec<Waypoint> = Vec::with_capacity(even.len());
        let mut at_m = 0.0;
        for (index, &(x_m, y_m)) in even.iter().enumerate() {
            let (before, after) = (even[index.saturating_sub(1)], even[(index + 1).min(even.len() - 1)]);
            let heading_rad = (after.1 - before.1).atan2(after.0 - before.0);
            let last = index.checked_sub(1).map(|last| even[last]);
            at_m += last.map_or(0.0, |last| length(last, (x_m, y_m)));
            points.push(Waypoint { x_m, y_m, heading_rad, at_m, curvature_per_m: 0.0 });
        }
        let bends: Vec<f64> = (0..points.len())
            .map(|index| {
                let (before, after) = (&points[index.saturating_sub(2)], &points[(index + 2).min(points.len() - 1)]);
                turned(before.heading_rad, after.heading_rad) / (after.at_m - before.at_m).max(1e-9)
            })
            .collect();
        points.iter_mut().zip(bends).for_each(|(waypoint, bend)| waypoint.curvature_per_m = bend);
        Self { points }
    }

    /// Its points.
    #[must_use]
    pub fn points(&self) -> &[Waypoint] {
        &self.points
    }

    /// Metres from its beginning to its end.
    #[must_use]
    pub fn length_m(&self) -> f64 {
        self.points.last().map_or(0.0, |last| last.at_m)
    }

    /// The point this far from the beginning; beyond the end it goes straight on.
    #[must_use]
    pub fn at(&self, at_m: f64) -> Waypoint {
        let index = self.index(at_m);
        let Some(waypoint) = self.points.get(index) else {
            return Waypoint { x_m: at_m, y_m: 0.0, heading_rad: 0.0, at_m, curvature_per_m: 0.0 };
        };
        let on = at_m - waypoint.at_m;
        Waypoint {
            x_m: waypoint.x_m + on * waypoint.heading_rad.cos(),
            y_m: waypoint.y_m + on * waypoint.heading_rad.sin(),
            at_m,
            ..*waypoint
        }
    }

    /// The number of the point this far from the beginning.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and clamped")]
    pub fn index(&self, at_m: f64) -> usize {
        // Steps are equal but for the rounding of corners, which makes them shorter by less than a hundredth.
        let mut index = ((at_m / STEP_M).max(0.0) as usize).min(self.points.len().saturating_sub(1));
        while self.points.get(index + 1).is_some_and(|next| next.at_m <= at_m) {
            index += 1;
        }
        index
    }

    /// Metres from the beginning to the point nearest to `point`, looked for from `from_m` on for `reach_m`.
    #[must_use]
    pub fn nearest_m(&self, point: (f64, f64), from_m: f64, reach_m: f64) -> f64 {
        let (from, to) = (self.index(from_m), self.index(from_m + reach_m));
        let points = self.points.get(from..=to).unwrap_or(&[]);
        let far = |waypoint: &Waypoint| (waypoint.x_m - point.0).powi(2) + (waypoint.y_m - point.1).powi(2);
        points.iter().min_by(|one, two| far(one).total_cmp(&far(two))).map_or(from_m, |waypoint| waypoint.at_m)
    }
}

impl Waypoint {
    /// A point so far to the left of the way.
    #[must_use]
    pub fn beside(&self, left_m: f64) -> (f64, f64) {
        (self.x_m - left_m * self.heading_rad.sin(), self.y_m + left_m * self.heading_rad.cos())
    }
}

/// From one direction to another, the short way round.
#[must_use]
pub(crate) fn turned(from_rad: f64, to_rad: f64) -> f64 {
    let turn = (to_rad - from_rad).rem_euclid(std::f64::consts::TAU);
    if turn > std::f64::consts::PI { turn - std::f64::consts::TAU } else { turn }
}

fn length(from: (f64, f64), to: (f64, f64)) -> f64 {
    (to.0 - from.0).hypot(to.1 - from.1)
}

fn unit(from: (f64, f64), to: (f64, f64)) -> (f64, f64) {
    let length = length(from, to).max(1e-12);
    ((to.0 - from.0) / length, (to.1 - from.1) / length)
}

fn line(points: &mut Vec<(f64, f64)>, from: (f64, f64), to: (f64, f64), closed: bool) {
    let (way, ahead) = (length(from, to), unit(from, to));
    let mut at = 0.0;
    while at < way {
        points.push((from.0 + ahead.0 * at, from.1 + ahead.1 * at));
        at += FINE_M;
    }
    if closed {
        points.push(to);
    }
}

fn arc(points: &mut Vec<(f64, f64)>, from: (f64, f64), ahead: (f64, f64), turn: f64, radius: f64) {
    let side = turn.signum();
    let centre = (from.0 - side * radius * ahead.1, from.1 + side * radius * ahead.0);
    let mut angle = 0.0;
    while angle < turn.abs() {
        let (sin, cos) = (side * angle).sin_cos();
        let spoke = (from.0 - centre.0, from.1 - centre.1);
        points.push((centre.0 + cos * spoke.0 - sin * spoke.1, centre.1 + sin * spoke.0 + cos * spoke.1));
        angle += FINE_M / radius.max(FINE_M);
    }
}

/// Corners are drawn this finely before the way is laid out in equal steps.
const FINE_M: f64 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rounded_corner_bends_as_asked_and_is_as_long_as_it_should() {
        let path = Path::rounded(&[(0.0, 0.0), (10.0, 0.0), (10.0, 8.0)], 2.0);
        assert!((path.length_m() - (8.0 + std::f64::consts::PI + 6.0)).abs() < 0.12, "{}", path.length_m());
        let middle = path.at(8.0 + std::f64::consts::PI / 2.0);
        assert!((middle.curvature_per_m - 0.5).abs() < 0.03, "{middle:?}");
        assert!((middle.heading_rad - std::f64::consts::FRAC_PI_4).abs() < 0.05);
        assert!(path.at(3.0).curvature_per_m.abs() < 1e-6 && (path.at(3.0).x_m - 3.0).abs() < 1e-6);
        assert!((path.at(20.0).y_m - (20.0 - 8.0 - std::f64::consts::PI + 2.0)).abs() < 0.1, "straight on beyond the end");
    }

    #[test]
    fn the_nearest_point_is_found_from_where_the_search_begins() {
        let path = Path::rounded(&[(0.0, 0.0), (10.0, 0.0), (10.0, 8.0)], 1.0);
        assert!((path.nearest_m((4.04, 1.0), 0.0, 20.0) - 4.0).abs() < 0.11);
        assert!(path.nearest_m((4.0, 1.0), 6.0, 3.0) >= 5.9);
        assert_eq!(Path::default().nearest_m((1.0, 1.0), 2.0, 3.0), 2.0);
    }

    #[test]
    fn a_turn_goes_the_short_way_round() {
        assert!((turned(3.0, -3.0) - (std::f64::consts::TAU - 6.0)).abs() < 1e-12);
        assert!((turned(0.1, -0.1) + 0.2).abs() < 1e-12);
    }
}
