//! Places, rectangles and distances on the floor. Plain numbers in metres; nothing here can panic.

/// Where something stands and where it points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pose {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) cos: f64,
    pub(crate) sin: f64,
}

impl Pose {
    pub(crate) const ORIGIN: Self = Self { x: 0.0, y: 0.0, cos: 1.0, sin: 0.0 };

    pub(crate) fn new(x: f64, y: f64, heading: f64) -> Self {
        let (sin, cos) = heading.sin_cos();
        Self { x, y, cos, sin }
    }

    /// Moved along an arc: `ds` along the heading (backwards if negative) while turning by `dtheta`, a small angle.
    pub(crate) fn moved(&self, ds: f64, dtheta: f64) -> Self {
        let half = Turn::by(0.5 * dtheta);
        let (cos, sin) = half.applied(self.cos, self.sin);
        // The chord of an arc is shorter than the arc.
        let chord = ds * (1.0 - dtheta * dtheta / 24.0);
        let (end_cos, end_sin) = half.applied(cos, sin);
        Self { x: self.x + chord * cos, y: self.y + chord * sin, cos: end_cos, sin: end_sin }
    }

    /// A point of this place's own frame, outside.
    pub(crate) fn outside(&self, ahead: f64, left: f64) -> (f64, f64) {
        (self.x + self.cos * ahead - self.sin * left, self.y + self.sin * ahead + self.cos * left)
    }

    /// A point from outside, in this place's own frame.
    pub(crate) fn inside(&self, x: f64, y: f64) -> (f64, f64) {
        let (dx, dy) = (x - self.x, y - self.y);
        (self.cos * dx + self.sin * dy, self.cos * dy - self.sin * dx)
    }

    /// A place given in this place's own frame, outside.
    pub(crate) fn placed(&self, inner: &Self) -> Self {
        let (x, y) = self.outside(inner.x, inner.y);
        Self { x, y, cos: self.cos * inner.cos - self.sin * inner.sin, sin: self.sin * inner.cos + self.cos * inner.sin }
    }
}

/// A rotation by a small angle, by its series; the error is below 1e-9 up to 0.15 rad.
struct Turn {
    cos: f64,
    sin: f64,
}

impl Turn {
    fn by(angle: f64) -> Self {
        let square = angle * angle;
        Self {
            cos: 1.0 - square * (0.5 - square * (1.0 / 24.0 - square / 720.0)),
            sin: angle * (1.0 - square * (1.0 / 6.0 - square * (1.0 / 120.0 - square / 5040.0))),
        }
    }

    fn applied(&self, cos: f64, sin: f64) -> (f64, f64) {
        (cos * self.cos - sin * self.sin, sin * self.cos + cos * self.sin)
    }
}

/// A rectangle along the axes of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x0: f64,
    pub(crate) x1: f64,
    pub(crate) y0: f64,
    pub(crate) y1: f64,
}

impl Rect {
    pub(crate) fn contains(&self, x: f64, y: f64) -> bool {
        x >= self.x0 && x <= self.x1 && y >= self.y0 && y <= self.y1
    }

    pub(crate) fn around(&self, other: &Self) -> Self {
        Self { x0: self.x0.min(other.x0), x1: self.x1.max(other.x1), y0: self.y0.min(other.y0), y1: self.y1.max(other.y1) }
    }

    /// With this much added at both ends and on both sides.
    pub(crate) fn grown(&self, lengthwise: f64, sideways: f64) -> Self {
        Self { x0: self.x0 - lengthwise, x1: self.x1 + lengthwise, y0: self.y0 - sideways, y1: self.y1 + sideways }
    }

    pub(crate) fn corners(&self) -> [(f64, f64); 4] {
        [(self.x1, self.y1), (self.x0, self.y1), (self.x0, self.y0), (self.x1, self.y0)]
    }

    /// Distance of the farthest corner from the origin of the frame.
    pub(crate) fn radius(&self) -> f64 {
        self.x0.abs().max(self.x1.abs()).hypot(self.y0.abs().max(self.y1.abs()))
    }

    /// Square of the distance to a point; 0 inside.
    pub(crate) fn distance_squared(&self, x: f64, y: f64) -> f64 {
        let dx = larger(larger(self.x0 - x, x - self.x1), 0.0);
        let dy = larger(larger(self.y0 - y, y - self.y1), 0.0);
        dx * dx + dy * dy
    }

    /// Distance to the straight line between two points; 0 if it touches.
    pub(crate) fn distance_to_segment(&self, a: (f64, f64), b: (f64, f64)) -> f64 {
        if self.is_crossed(a, b) {
            return 0.0;
        }
        // Apart from each other, the nearest pair of a rectangle and a line is an end of the line or a corner.
        let ends = self.distance_squared(a.0, a.1).min(self.distance_squared(b.0, b.1));
        let nearest = self.corners().into_iter().map(|corner| from_segment(corner, a, b)).fold(ends, f64::min);
        nearest.sqrt()
    }

    /// True if the line between two points shares a point with the rectangle.
    fn is_crossed(&self, a: (f64, f64), b: (f64, f64)) -> bool {
        let (mut from, mut to) = (0.0_f64, 1.0_f64);
        for (start, way, low, high) in [(a.0, b.0 - a.0, self.x0, self.x1), (a.1, b.1 - a.1, self.y0, self.y1)] {
            if way.abs() < 1e-12 {
                if start < low || start > high {
                    return false;
                }
                continue;
            }
            let (one, two) = ((low - start) / way, (high - start) / way);
            from = from.max(one.min(two));
            to = to.min(one.max(two));
        }
        from <= to
    }
}

/// Square of the distance of a point from the straight line between `a` and `b`.
fn from_segment(point: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (wx, wy) = (b.0 - a.0, b.1 - a.1);
    let (dx, dy) = (point.0 - a.0, point.1 - a.1);
    let length = wx * wx + wy * wy;
    let share = if length > 0.0 { ((dx * wx + dy * wy) / length).clamp(0.0, 1.0) } else { 0.0 };
    let (ex, ey) = (dx - share * wx, dy - share * wy);
    ex * ex + ey * ey
}

/// The larger of two numbers; without the care that `f64::max` takes of NaN, which is a third of the time of a sweep.
pub(crate) fn larger(one: f64, two: f64) -> f64 {
    if one > two { one } else { two }
}

/// The smaller of two numbers.
pub(crate) fn smaller(one: f64, two: f64) -> f64 {
    if one < two { one } else { two }
}

/// Length of the way between two points; without the care that `hypot` takes of numbers near overflow.
pub(crate) fn length(x: f64, y: f64) -> f64 {
    (x * x + y * y).sqrt()
}

/// Keeps a value within `-most..=most`. Unlike `clamp` it cannot panic; `most` is not negative.
pub(crate) fn within(value: f64, most: f64) -> f64 {
    value.min(most).max(-most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_circle_in_small_arcs_ends_where_it_should() {
        let mut pose = Pose::ORIGIN;
        let steps = 16;
        let turn = std::f64::consts::FRAC_PI_2 / f64::from(steps);
        for _ in 0..steps {
            pose = pose.moved(2.0 * turn, turn);
        }
        assert!((pose.x - 2.0).abs() < 1e-5 && (pose.y - 2.0).abs() < 1e-5, "{pose:?}");
        assert!(pose.cos.abs() < 1e-9 && (pose.sin - 1.0).abs() < 1e-9);
    }

    #[test]
    fn going_backwards_with_the_wheel_to_the_left_swings_the_nose_right() {
        let pose = Pose::ORIGIN.moved(-0.1, -0.1 * 0.5);
        assert!(pose.x < 0.0 && pose.sin < 0.0);
    }

    #[test]
    fn inside_undoes_outside() {
        let pose = Pose::new(1.0, -2.0, 0.7);
        let (x, y) = pose.outside(0.3, 0.4);
        let (ahead, left) = pose.inside(x, y);
        assert!((ahead - 0.3).abs() < 1e-12 && (left - 0.4).abs() < 1e-12);
    }

    #[test]
    fn the_distance_to_a_line_is_that_of_its_nearest_point() {
        let rect = Rect { x0: 0.0, x1: 2.0, y0: 0.0, y1: 1.0 };
        assert_eq!(rect.distance_to_segment((-1.0, 0.5), (3.0, 0.5)), 0.0, "straight through");
        assert_eq!(rect.distance_to_segment((0.5, 0.5), (0.6, 0.5)), 0.0, "within");
        assert!((rect.distance_to_segment((3.0, 0.0), (3.0, 1.0)) - 1.0).abs() < 1e-12);
        let past_the_corner = rect.distance_to_segment((2.0, 2.0), (3.0, 1.0));
        assert!((past_the_corner - 0.5_f64.sqrt()).abs() < 1e-12, "the corner is nearer than both ends: {past_the_corner}");
    }

    #[test]
    fn a_turn_by_its_series_is_exact_enough() {
        for angle in [0.0, 0.05, -0.15, 0.3] {
            let turn = Turn::by(angle);
            assert!((turn.cos - angle.cos()).abs() < 1e-8 && (turn.sin - angle.sin()).abs() < 1e-8, "{angle}");
        }
    }
}
