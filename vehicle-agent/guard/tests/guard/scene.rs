//! A site of straight walls and round people, and two scanners that look at it.
#![allow(missing_docs, unreachable_pub, dead_code)] // Each file, and the example, uses its own part.

use farhand_guard::ScanPoint;

/// Where something stands, in metres and radians.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub x: f64,
    pub y: f64,
    pub heading: f64,
}

impl Place {
    pub fn outside(&self, ahead: f64, left: f64) -> (f64, f64) {
        let (sin, cos) = self.heading.sin_cos();
        (self.x + cos * ahead - sin * left, self.y + sin * ahead + cos * left)
    }

    pub fn inside(&self, point: (f64, f64)) -> (f64, f64) {
        let (sin, cos) = self.heading.sin_cos();
        let (dx, dy) = (point.0 - self.x, point.1 - self.y);
        (cos * dx + sin * dy, cos * dy - sin * dx)
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Wall {
    pub from: (f64, f64),
    pub to: (f64, f64),
    pub mapped: bool,
}

/// A rectangle in the vehicle frame.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub x0: f64,
    pub x1: f64,
    pub half_width: f64,
}

#[derive(Debug, Clone, Default)]
pub struct Site {
    pub walls: Vec<Wall>,
}

impl Site {
    pub fn wall(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.walls.push(Wall { from, to, mapped: true });
    }

    /// A box with its lower left corner at `low`.
    pub fn block(&mut self, low: (f64, f64), high: (f64, f64), mapped: bool) {
        let corners = [low, (high.0, low.1), high, (low.0, high.1)];
        for (index, from) in corners.into_iter().enumerate() {
            self.walls.push(Wall { from, to: corners[(index + 1) % 4], mapped });
        }
    }

    /// An aisle along x, `width` wide, with the middle at y = 0, open at both ends.
    pub fn aisle(width: f64) -> Self {
        let mut site = Self::default();
        site.wall((-20.0, 0.5 * width), (30.0, 0.5 * width));
        site.wall((-20.0, -0.5 * width), (30.0, -0.5 * width));
        site
    }

    /// Two crossing aisles.
    pub fn crossing(width: f64) -> Self {
        let (mut site, half) = (Self::default(), 0.5 * width);
        for x in [-1.0, 1.0] {
            for y in [-1.0, 1.0] {
                let corner = (5.0 + x * half, y * half);
                site.wall(corner, (corner.0 + x * 25.0, corner.1));
                site.wall(corner, (corner.0, corner.1 + y * 15.0));
            }
        }
        site
    }

    /// A trailer open towards the vehicle: from `x` on, 13.6 m long.
    pub fn trailer(x: f64, width: f64) -> Self {
        let (mut site, half) = (Self::default(), 0.5 * width);
        site.wall((x, half), (x + 13.6, half));
        site.wall((x, -half), (x + 13.6, -half));
        site.wall((x + 13.6, -half), (x + 13.6, half));
        // The dock's wall on both sides of the door.
        site.wall((x, half), (x, half + 6.0));
        site.wall((x, -half), (x, -half - 6.0));
        site
    }

    /// Distance from a vehicle to the nearest wall; 0 on contact.
    pub fn clearance(&self, place: &Place, parts: &[Part]) -> f64 {
        let mut nearest = f64::INFINITY;
        for wall in &self.walls {
            let (a, b) = (place.inside(wall.from), place.inside(wall.to));
            for part in parts {
                nearest = nearest.min(part.distance(a, b));
            }
        }
        nearest
    }

    /// What the two scanners see from here: one on the left front corner, one on the right rear one, 275 degrees each.
    pub fn scan(&self, place: &Place, parts: &[Part], noise: &mut impl FnMut() -> f64) -> [Vec<ScanPoint>; 2] {
        let body = parts[0];
        let corners =
            [(0.4, body.half_width, 0.25 * std::f64::consts::PI), (body.x0, -body.half_width, -0.75 * std::f64::consts::PI)];
        corners.map(|(ahead, left, heading)| {
            let (x, y) = place.outside(ahead, left);
            let scanner = Place { x, y, heading: place.heading + heading };
            let beams = (0..705).filter_map(|beam| {
                let angle = (f64::from(beam) * 0.39 - 137.5).to_radians();
                let (range, mapped) = self.beam(&scanner, angle)?;
                let (x, y) = scanner.outside((range + noise()) * angle.cos(), (range + noise()) * angle.sin());
                let (ahead, left) = place.inside((x, y));
                // The vehicle does not see itself.
                let inside = parts.iter().any(|part| part.distance((ahead, left), (ahead, left)) == 0.0);
                #[allow(clippy::cast_possible_truncation)]
                (!inside).then(|| ScanPoint {
                    x_mm: (ahead * 1000.0).round() as i32,
                    y_mm: (left * 1000.0).round() as i32,
                    mapped,
                })
            });
            beams.collect()
        })
    }

    /// Every wall within reach as points 2 cm apart, ends included: nothing hides behind anything.
    pub fn survey(&self, place: &Place) -> [Vec<ScanPoint>; 2] {
        let mut points = Vec::new();
        for wall in &self.walls {
            let (from, to) = (place.inside(wall.from), place.inside(wall.to));
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let count = (length / 0.02).ceil() as u32;
            for index in 0..=count {
                let share = f64::from(index) / f64::from(count.max(1));
                let (x, y) = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
                #[allow(clippy::cast_possible_truncation)]
                if x.hypot(y) < 9.5 {
                    points.push(ScanPoint {
                        x_mm: (x * 1000.0).round() as i32,
                        y_mm: (y * 1000.0).round() as i32,
                        mapped: wall.mapped,
                    });
                }
            }
        }
        [points, Vec::new()]
    }

    fn beam(&self, scanner: &Place, angle: f64) -> Option<(f64, bool)> {
        let (sin, cos) = (scanner.heading + angle).sin_cos();
        let mut nearest: Option<(f64, bool)> = None;
        for wall in &self.walls {
            let (wx, wy) = (wall.to.0 - wall.from.0, wall.to.1 - wall.from.1);
            let (dx, dy) = (wall.from.0 - scanner.x, wall.from.1 - scanner.y);
            let cross = cos * wy - sin * wx;
            if cross.abs() < 1e-12 {
                continue;
            }
            let range = (dx * wy - dy * wx) / cross;
            let along = (dx * sin - dy * cos) / cross;
            if range > 0.0 && range < 40.0 && (0.0..=1.0).contains(&along) && nearest.is_none_or(|(near, _)| range < near) {
                nearest = Some((range, wall.mapped));
            }
        }
        nearest
    }
}

impl Part {
    /// Distance from a straight line given in the vehicle frame; 0 if it touches. By halving, without the guard's formulas.
    pub fn distance(&self, a: (f64, f64), b: (f64, f64)) -> f64 {
        let from = |share: f64| {
            let (x, y) = (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1));
            let dx = (self.x0 - x).max(x - self.x1).max(0.0);
            let dy = (y.abs() - self.half_width).max(0.0);
            dx.hypot(dy)
        };
        // The distance to a convex shape along a line has one valley.
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let (one, two) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if from(one) <= from(two) { high = two } else { low = one }
        }
        from(low).min(from(0.0)).min(from(1.0))
    }
}

/// A small generator of random numbers, equal on every machine.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        #[allow(clippy::cast_precision_loss)]
        let unit = (self.bits() >> 11) as f64 / (1_u64 << 53) as f64;
        low + (high - low) * unit
    }

    pub fn below(&mut self, count: u64) -> u64 {
        self.bits() % count
    }
}
