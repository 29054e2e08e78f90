//! Places and outlines on the floor.

/// Where something stands: metres on the site's map, radians counter-clockwise from east.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Place {
    /// East.
    pub x_m: f64,
    /// North.
    pub y_m: f64,
    /// Direction of the x axis of the thing.
    pub heading_rad: f64,
}

impl Place {
    /// A point given in the thing's own frame, on the map.
    pub fn point(&self, ahead_m: f64, left_m: f64) -> (f64, f64) {
        let (sin, cos) = self.heading_rad.sin_cos();
        (self.x_m + cos * ahead_m - sin * left_m, self.y_m + sin * ahead_m + cos * left_m)
    }
}

/// A rectangle anywhere on the floor, by its corners in order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outline {
    corners: [(f64, f64); 4],
}

impl Outline {
    /// From `behind` metres behind the place to `ahead` before it, `width` across.
    pub fn around(place: &Place, behind_m: f64, ahead_m: f64, width_m: f64) -> Self {
        let half = width_m / 2.0;
        let corner = |ahead, left| place.point(ahead, left);
        Self { corners: [corner(ahead_m, half), corner(-behind_m, half), corner(-behind_m, -half), corner(ahead_m, -half)] }
    }

    /// An upright rectangle from its south-west to its north-east corner.
    pub fn upright(low: (f64, f64), high: (f64, f64)) -> Self {
        Self { corners: [high, (low.0, high.1), low, (high.0, low.1)] }
    }

    /// South-west and north-east corner of the upright rectangle around it.
    pub fn bounds(&self) -> ((f64, f64), (f64, f64)) {
        let mut low = self.corners[0];
        let mut high = low;
        for corner in self.corners {
            low = (low.0.min(corner.0), low.1.min(corner.1));
            high = (high.0.max(corner.0), high.1.max(corner.1));
        }
        (low, high)
    }

    /// True if the two share more than an edge: no side of either separates them.
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.separates(other) && !other.separates(self)
    }

    /// Three discs, each with its middle and radius, that cover a rectangle made by [`Outline::around`].
    pub fn discs(&self) -> [((f64, f64), f64); 3] {
        let [a, b, c, d] = self.corners;
        let (front, rear) = (between(a, d), between(b, c));
        let (length, width) = ((front.0 - rear.0).hypot(front.1 - rear.1), (a.0 - d.0).hypot(a.1 - d.1));
        let radius = (length / 6.0).hypot(width / 2.0);
        [1.0, 3.0, 5.0].map(|sixth| {
            let part = sixth / 6.0;
            ((rear.0 + (front.0 - rear.0) * part, rear.1 + (front.1 - rear.1) * part), radius)
        })
    }

    /// Metres from a point to it; 0 inside.
    pub fn distance_to(&self, point: (f64, f64)) -> f64 {
        let [a, b, c, _] = self.corners;
        let middle = between(a, c);
        let beyond = |from: (f64, f64), to: (f64, f64)| {
            let side = (to.0 - from.0, to.1 - from.1);
            let length = side.0.hypot(side.1).max(1e-12);
            let off = ((point.0 - middle.0) * side.0 + (point.1 - middle.1) * side.1) / length;
            (off.abs() - length / 2.0).max(0.0)
        };
        beyond(a, b).hypot(beyond(b, c))
    }

    /// Metres from `origin` along a vector of length 1 to where a ray enters it, or leaves it from inside.
    pub fn hit(&self, origin: (f64, f64), direction: (f64, f64)) -> Option<f64> {
        let ends = self.corners.iter().zip(self.corners.iter().cycle().skip(1));
        let hits = ends.filter_map(|(from, to)| {
            let (side, gap) = ((to.0 - from.0, to.1 - from.1), (from.0 - origin.0, from.1 - origin.1));
            let slant = direction.0 * side.1 - direction.1 * side.0;
            let (along, share) = ((gap.0 * side.1 - gap.1 * side.0) / slant, (gap.0 * direction.1 - gap.1 * direction.0) / slant);
            (slant != 0.0 && along >= 0.0 && (0.0..=1.0).contains(&share)).then_some(along)
        });
        hits.reduce(f64::min)
    }

    /// Its middle.
    pub fn middle(&self) -> (f64, f64) {
        between(self.corners[0], self.corners[2])
    }

    /// Its corners in order.
    pub fn corners(&self) -> [(f64, f64); 4] {
        self.corners
    }

    fn separates(&self, other: &Self) -> bool {
        let [a, b, c, _] = self.corners;
        let axes = [(b.0 - a.0, b.1 - a.1), (c.0 - b.0, c.1 - b.1)];
        axes.iter().any(|&axis| {
            let (mine, theirs) = (self.shadow(axis), other.shadow(axis));
            mine.1 <= theirs.0 || theirs.1 <= mine.0
        })
    }

    fn shadow(&self, axis: (f64, f64)) -> (f64, f64) {
        let along = self.corners.map(|corner| corner.0 * axis.0 + corner.1 * axis.1);
        along.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &at| (low.min(at), high.max(at)))
    }
}

fn between(one: (f64, f64), two: (f64, f64)) -> (f64, f64) {
    (f64::midpoint(one.0, two.0), f64::midpoint(one.1, two.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_overlap_only_where_they_share_floor() {
        let block = Outline::upright((0.0, 0.0), (2.0, 1.0));
        let at = |x_m, y_m, heading_rad| Outline::around(&Place { x_m, y_m, heading_rad }, 0.5, 0.5, 1.0);
        assert!(block.overlaps(&at(2.4, 0.5, 0.0)));
        assert!(!block.overlaps(&at(2.5, 0.5, 0.0)), "touching is not overlapping");
        assert!(block.overlaps(&at(2.6, 0.5, 0.785)), "a corner reaches in");
        assert!(!block.overlaps(&at(2.6, 1.6, 0.785)));
    }

    #[test]
    fn the_discs_cover_the_rectangle_and_a_point_knows_its_distance() {
        let outline = Outline::around(&Place { x_m: 3.0, y_m: -2.0, heading_rad: 0.7 }, 1.85, 1.55, 1.1);
        let place = Place { x_m: 3.0, y_m: -2.0, heading_rad: 0.7 };
        for step in 0..=34 {
            for left in [-0.55, -0.2, 0.0, 0.55] {
                let point = place.point(-1.85 + 0.1 * f64::from(step), left);
                let covered = outline
                    .discs()
                    .iter()
                    .any(|&(middle, radius)| (point.0 - middle.0).hypot(point.1 - middle.1) <= radius + 1e-9);
                assert!(covered && outline.distance_to(point) < 1e-9, "{step} {left}");
            }
        }
        assert!((outline.distance_to(place.point(2.55, 0.0)) - 1.0).abs() < 1e-9);
        assert!((outline.distance_to(place.point(4.55, 4.55)) - 5.0).abs() < 1e-9);
        let (ahead, left) = ((0.7_f64.cos(), 0.7_f64.sin()), (-(0.7_f64.sin()), 0.7_f64.cos()));
        assert!((outline.hit(place.point(-3.0, 0.1), ahead).expect("met") - 1.15).abs() < 1e-9);
        assert!((outline.hit((place.x_m, place.y_m), left).expect("left from inside") - 0.55).abs() < 1e-9);
        assert_eq!(outline.hit(place.point(2.0, 0.0), ahead), None);
    }
}
