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
}
