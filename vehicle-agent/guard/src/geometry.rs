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

/// Half of the length of the way between two points.
pub(crate) fn half_way(from: (f64, f64), to: (f64, f64)) -> f64 {
    0.5 * length(to.0 - from.0, to.1 - from.1)
}

/// True if the straight line between two points is seen at once to stay farther than `far` from the origin: all of it lies
/// ahead, behind, to the left or to the right of the square around it.
pub(crate) fn passes_afar(a: (f64, f64), b: (f64, f64), far: f64) -> bool {
    let beyond = |a: f64, b: f64| a.min(b) > far || a.max(b) < -far;
    beyond(a.0, b.0) || beyond(a.1, b.1)
}

/// Keeps a value within `-most..=most`. Unlike `clamp` it cannot panic; `most` is not negative.
pub(crate) fn within(value: f64, most: f64) -> f64 {
    value.min(most).max(-most)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Turned left so that three ahead and four to the left make five.
    const TURNED: Pose = Pose { x: 5.0, y: -7.0, cos: 0.6, sin: 0.8 };
    /// Away from the origin on both axes.
    const RECT: Rect = Rect { x0: 1.0, x1: 3.0, y0: 2.0, y1: 5.0 };

    fn near(one: f64, two: f64) -> bool {
        (one - two).abs() < 1e-12
    }

    fn at(one: (f64, f64), two: (f64, f64)) -> bool {
        near(one.0, two.0) && near(one.1, two.1)
    }

    #[test]
    fn a_point_of_a_turned_frame_is_seen_from_outside_and_back() {
        // 0.6 * 3 - 0.8 * 2 = 0.2 along and 0.8 * 3 + 0.6 * 2 = 3.6 across.
        assert!(at(TURNED.outside(3.0, 2.0), (5.2, -3.4)));
        assert!(at(TURNED.inside(5.2, -3.4), (3.0, 2.0)));
        assert!(at(TURNED.outside(0.0, 0.0), (5.0, -7.0)));
        assert!(at(TURNED.outside(-1.0, 0.5), (5.0 - 0.6 - 0.4, -7.0 - 0.8 + 0.3)));
    }

    #[test]
    fn a_place_in_a_turned_frame_keeps_its_point_and_adds_its_heading() {
        let inner = Pose { x: 3.0, y: 2.0, cos: 12.0 / 13.0, sin: 5.0 / 13.0 };
        let placed = TURNED.placed(&inner);
        assert!(at((placed.x, placed.y), (5.2, -3.4)));
        // By the sums of angles: 0.6 * 12 - 0.8 * 5 = 3.2 and 0.8 * 12 + 0.6 * 5 = 12.6.
        assert!(at((placed.cos, placed.sin), (3.2 / 13.0, 12.6 / 13.0)));
    }

    #[test]
    fn an_arc_from_anywhere_ends_on_its_circle() {
        // The middle of the circle lies the radius to the left, or to the right if the radius is negative.
        let circle = |ds: f64, dtheta: f64| {
            let (radius, end) = (ds / dtheta, 0.4 + dtheta);
            (1.0 + radius * (end.sin() - 0.4_f64.sin()), 2.0 - radius * (end.cos() - 0.4_f64.cos()))
        };
        for (ds, dtheta) in [(0.5, 0.3), (-0.5, 0.3), (0.5, -0.3), (2.0, 0.2)] {
            let moved = Pose::new(1.0, 2.0, 0.4).moved(ds, dtheta);
            let (x, y) = circle(ds, dtheta);
            assert!((moved.x - x).abs() < 1e-5 && (moved.y - y).abs() < 1e-5, "{moved:?} {x} {y}");
            assert!((moved.cos - (0.4 + dtheta).cos()).abs() < 1e-8 && (moved.sin - (0.4 + dtheta).sin()).abs() < 1e-8);
        }
        let straight = Pose::new(1.0, 2.0, 0.4).moved(0.5, 0.0);
        assert!(at((straight.x, straight.y), (1.0 + 0.5 * 0.4_f64.cos(), 2.0 + 0.5 * 0.4_f64.sin())));
    }

    #[test]
    fn a_turn_is_applied_by_the_sums_of_angles() {
        let turn = Turn { cos: 0.6, sin: 0.8 };
        assert!(at(turn.applied(12.0 / 13.0, 5.0 / 13.0), (3.2 / 13.0, 12.6 / 13.0)));
    }

    #[test]
    fn a_rectangle_contains_its_edges_and_nothing_beyond_any_of_them() {
        for (x, y) in [(2.0, 3.0), (1.0, 3.0), (3.0, 3.0), (2.0, 2.0), (2.0, 5.0), (1.0, 2.0), (3.0, 5.0)] {
            assert!(RECT.contains(x, y), "{x} {y}");
        }
        for (x, y) in [(0.999, 3.0), (3.001, 3.0), (2.0, 1.999), (2.0, 5.001), (0.0, 0.0), (9.0, 9.0)] {
            assert!(!RECT.contains(x, y), "{x} {y}");
        }
    }

    #[test]
    fn a_rectangle_grows_at_both_ends_and_on_both_sides() {
        assert_eq!(RECT.grown(0.5, 0.25), Rect { x0: 0.5, x1: 3.5, y0: 1.75, y1: 5.25 });
        assert_eq!(RECT.corners(), [(3.0, 5.0), (1.0, 5.0), (1.0, 2.0), (3.0, 2.0)], "front left first, counter-clockwise");
        let other = Rect { x0: -1.0, x1: 2.0, y0: 3.0, y1: 7.0 };
        let both = Rect { x0: -1.0, x1: 3.0, y0: 2.0, y1: 7.0 };
        assert_eq!((RECT.around(&other), other.around(&RECT)), (both, both));
    }

    #[test]
    fn the_radius_reaches_the_farthest_corner_whichever_it_is() {
        for (x0, x1, y0, y1) in [(-1.0, 3.0, -4.0, 2.0), (-3.0, 1.0, -4.0, 2.0), (-3.0, 1.0, -2.0, 4.0), (-1.0, 3.0, -2.0, 4.0)] {
            assert!(near(Rect { x0, x1, y0, y1 }.radius(), 5.0));
        }
    }

    #[test]
    fn a_point_is_as_far_from_a_rectangle_as_from_its_nearest_side_or_corner() {
        let sides = [((-2.0, 3.0), 9.0), ((5.5, 3.0), 6.25), ((2.0, -1.0), 9.0), ((2.0, 9.0), 16.0)];
        let corners = [((-2.0, 9.0), 25.0), ((6.0, 6.0), 10.0), ((6.0, 0.0), 13.0), ((0.0, 0.0), 5.0)];
        let touching = [((2.0, 3.0), 0.0), ((1.0, 3.0), 0.0), ((3.0, 5.0), 0.0), ((2.0, 2.0), 0.0)];
        for ((x, y), square) in sides.into_iter().chain(corners).chain(touching) {
            assert_eq!(RECT.distance_squared(x, y), square, "{x} {y}");
        }
    }

    #[test]
    fn a_line_crosses_a_rectangle_only_if_it_gets_there() {
        let crossing = [
            ((-1.0, 3.0), (2.0, 3.0), "in from behind"),
            ((4.0, 3.0), (2.0, 3.0), "in from ahead"),
            ((2.0, -1.0), (2.0, 3.0), "in from the right"),
            ((2.0, 6.0), (2.0, 4.0), "in from the left"),
            ((-2.0, 3.0), (1.5, 3.0), "just in"),
            ((-1.0, 3.0), (2.0, 6.0), "through the rear left corner itself"),
            ((1.0, 0.0), (1.0, 9.0), "along the rear"),
            ((3.0, 9.0), (3.0, 0.0), "along the front"),
            ((0.0, 2.0), (9.0, 2.0), "along the right side"),
            ((9.0, 5.0), (0.0, 5.0), "along the left side"),
            ((2.0, 3.0), (2.0, 3.0), "no more than a point, within"),
        ];
        for (a, b, what) in crossing {
            assert!(RECT.is_crossed(a, b) && RECT.is_crossed(b, a), "{what}");
            assert_eq!(RECT.distance_to_segment(a, b), 0.0, "{what}");
        }
        let passing = [
            ((-2.0, 3.0), (0.0, 3.0), "ends behind"),
            ((4.0, 3.0), (6.0, 3.0), "begins ahead"),
            ((2.0, -2.0), (2.0, 1.0), "ends to the right"),
            ((2.0, 6.0), (2.0, 8.0), "begins to the left"),
            ((1.0, -2.0), (5.0, 4.0), "past the front right corner"),
            ((-1.0, 4.0), (2.0, 8.0), "past the rear left corner"),
            ((0.5, 0.0), (0.5, 9.0), "behind, across"),
            ((3.5, 0.0), (3.5, 9.0), "ahead, across"),
            ((0.0, 1.5), (9.0, 1.5), "to the right, along"),
            ((0.0, 5.5), (9.0, 5.5), "to the left, along"),
        ];
        for (a, b, what) in passing {
            assert!(!RECT.is_crossed(a, b) && !RECT.is_crossed(b, a), "{what}");
            assert!(RECT.distance_to_segment(a, b) > 0.4, "{what}");
        }
    }

    #[test]
    fn a_line_shorter_than_a_billionth_of_a_millimetre_has_no_direction() {
        let edge = |x0: f64| Rect { x0, x1: 1.0, y0: -1.0, y1: 1.0 };
        assert!(edge(5e-13).is_crossed((0.0, 0.0), (1e-12, 0.0)), "just long enough to get there");
        assert!(!edge(5e-14).is_crossed((0.0, 0.0), (1e-13, 0.0)), "goes by where it begins");
    }

    #[test]
    fn a_point_is_as_far_from_a_line_as_from_the_nearest_point_between_its_ends() {
        // Three ahead and four to the left: across it is four to the right and three ahead, in fifths.
        let (a, b) = ((1.0, 1.0), (4.0, 5.0));
        let cases = [
            ((0.9, 4.2), 4.0, "two to the left of its middle"),
            ((4.1, 1.8), 4.0, "two to the right of its middle"),
            ((-6.0, 0.0), 50.0, "five before its beginning and five to the left"),
            ((7.0, 9.0), 25.0, "five beyond its end"),
            ((2.5, 3.0), 0.0, "on it"),
        ];
        for (point, square, what) in cases {
            assert!(near(from_segment(point, a, b), square) && near(from_segment(point, b, a), square), "{what}");
        }
        assert_eq!(from_segment((4.0, 5.0), a, a), 25.0, "of a line that is a point");
    }

    #[test]
    fn the_farther_of_two_ends_never_counts() {
        assert!(near(RECT.distance_to_segment((6.0, 3.0), (3.5, 3.0)), 0.5), "its end is nearer");
        assert!(near(RECT.distance_to_segment((3.5, 3.0), (6.0, 3.0)), 0.5), "its beginning is nearer");
    }

    #[test]
    fn of_two_numbers_the_larger_and_the_smaller_are_told_and_of_equal_ones_the_second() {
        assert_eq!((larger(2.0, -3.0), larger(-3.0, 2.0), smaller(2.0, -3.0), smaller(-3.0, 2.0)), (2.0, 2.0, -3.0, -3.0));
        // Only the sign of a zero tells two equal numbers apart.
        assert!(larger(0.0, -0.0).is_sign_negative() && smaller(0.0, -0.0).is_sign_negative());
        assert!(larger(-0.0, 0.0).is_sign_positive() && smaller(-0.0, 0.0).is_sign_positive());
    }

    #[test]
    fn lengths_are_those_of_pythagoras() {
        assert_eq!((length(3.0, -4.0), length(-5.0, 12.0)), (5.0, 13.0));
        assert_eq!(half_way((-1.0, 7.0), (5.0, -1.0)), 5.0, "six and eight apart");
        assert_eq!(half_way((2.0, 3.0), (2.0, 3.0)), 0.0);
    }

    #[test]
    fn a_value_is_kept_within_its_limit_on_both_sides() {
        assert_eq!([-9.0, -2.0, -0.5, 0.5, 2.0, 9.0].map(|value| within(value, 2.0)), [-2.0, -2.0, -0.5, 0.5, 2.0, 2.0]);
    }

    #[test]
    fn a_line_passes_afar_if_all_of_it_lies_beyond_one_side() {
        for sign in [1.0, -1.0] {
            let (near, far) = (2.0 * sign, 2.25 * sign);
            assert!(passes_afar((far, -1.0), (far, 1.0), 2.0) && passes_afar((-1.0, far), (1.0, far), 2.0));
            assert!(passes_afar((far, 0.0), (3.0 * far, 0.0), 2.0) && passes_afar((0.0, 3.0 * far), (0.0, far), 2.0));
            assert!(!passes_afar((near, -1.0), (near, 1.0), 2.0), "as far as that is not beyond");
            assert!(!passes_afar((-1.0, near), (1.0, near), 2.0), "as far as that is not beyond");
            assert!(!passes_afar((far, 0.0), (0.0, -far), 2.0), "one end is beyond one side, one beyond another");
        }
        assert!(!passes_afar((-3.0, 0.5), (3.0, 0.5), 2.0), "both ends are beyond, on different sides");
    }

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
