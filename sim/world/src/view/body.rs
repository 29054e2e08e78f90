//! What a truck looks like.

use super::hit::Crossing;
use super::walk::{Found, Ray};
use super::{Eye, Scene};
use crate::site::{BLACK, BLUE, Block, Colour, GREEN, ORANGE, PURPLE, Paint, RED, STEEL, TEAL, WHITE, YELLOW};
use crate::{Place, Shape};

/// A machine as cameras see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Body {
    /// Where it stands.
    pub place: Place,
    /// Its measures.
    pub shape: Shape,
    /// Height of its forks.
    pub fork_m: f64,
    /// Which colour it is painted.
    pub colour: usize,
}

const COLOURS: [Colour; 8] = [RED, YELLOW, TEAL, PURPLE, GREEN, WHITE, BLUE, ORANGE];
const PARTS: usize = 14;
/// The parts of one's own truck that a camera may see: carriage and forks.
const OWN: usize = 3;

/// One upright box of a truck, in the truck's frame.
#[derive(Debug, Clone, Copy)]
struct Part {
    low: (f32, f32),
    high: (f32, f32),
    block: [Block; 1],
}

struct Seen {
    parts: [Part; PARTS],
    count: usize,
    origin: (f32, f32),
    sin: f32,
    cos: f32,
    low: (f32, f32),
    high: (f32, f32),
}

/// All trucks that one camera may see.
pub(crate) struct Parts {
    seen: Vec<Seen>,
}

impl Parts {
    pub(crate) fn seen_from(scene: &Scene, eye: &Eye) -> Self {
        let seen = |(index, body): (usize, &Body)| {
            let (sin, cos) = body.place.heading_rad.sin_cos();
            let (dx, dy) = (eye.place.x_m - body.place.x_m, eye.place.y_m - body.place.y_m);
            let origin = ((cos * dx + sin * dy) as f32, (cos * dy - sin * dx) as f32);
            let half = body.shape.width_m as f32 / 2.0;
            Seen {
                parts: body.parts(),
                count: if index == scene.own { OWN } else { PARTS },
                origin,
                sin: sin as f32,
                cos: cos as f32,
                low: (-body.shape.behind_m as f32, -half),
                high: (body.shape.ahead_m as f32, half),
            }
        };
        Self { seen: scene.bodies.iter().enumerate().map(seen).collect() }
    }

    /// What the ray meets of them.
    pub(crate) fn met_by<'a>(&'a self, ray: &Ray, found: &mut Found<'a>) {
        found.clear();
        for seen in &self.seen {
            let (x, y) = ray.direction;
            let own = Ray::new(seen.origin, (seen.cos * x + seen.sin * y, seen.cos * y - seen.sin * x));
            if Crossing::of(&own, seen.low, seen.high).is_none() {
                continue;
            }
            for part in &seen.parts[..seen.count] {
                if let Some(crossing) = Crossing::of(&own, part.low, part.high) {
                    found.add(crossing, &part.block);
                }
            }
        }
    }
}

impl Body {
    fn parts(&self) -> [Part; PARTS] {
        let (rear, tip) = (-self.shape.behind_m as f32, self.shape.ahead_m as f32);
        let (half, fork) = (self.shape.width_m as f32 / 2.0, self.fork_m as f32);
        let colour = COLOURS[self.colour % COLOURS.len()];
        let part = |x: (f32, f32), y: (f32, f32), z: (f32, f32), colour| Part {
            low: (x.0, y.0),
            high: (x.1, y.1),
            block: [Block { bottom_m: z.0, top_m: z.1, paint: Paint::Plain(colour) }],
        };
        let post = |x: f32, y: f32| part((x, x + 0.07), (y - 0.035, y + 0.035), (0.7, 2.05), BLACK);
        let arm = |y: f32| part((0.47, tip), (y - 0.06, y + 0.06), ((fork - 0.05).max(0.0), fork), STEEL);
        let upright = |y: f32| part((0.26, 0.42), (y - 0.06, y + 0.06), (0.05, 2.15 + fork / 2.0), STEEL);
        [
            part((0.42, 0.47), (-half * 0.85, half * 0.85), (fork, fork + 0.9), BLACK),
            arm(-0.3),
            arm(0.3),
            part((rear + 0.45, 0.25), (-half, half), (0.12, 0.75), colour),
            part((rear, rear + 0.5), (-half * 0.95, half * 0.95), (0.2, 1.15), BLACK),
            part((rear + 0.02, rear + 0.48), (-half * 0.8, half * 0.8), (1.15, 1.22), colour),
            part((-1.2, 0.05), (-half * 0.9, half * 0.9), (2.05, 2.12), colour),
            part((-1.0, -0.85), (-0.25, 0.25), (0.75, 1.35), BLACK),
            part((-0.65, -0.5), (-0.08, 0.08), (2.12, 2.3), ORANGE),
            post(-1.2, half * 0.85),
            post(-1.2, -half * 0.85),
            post(0.0, half * 0.85),
            upright(-0.33),
            upright(0.33),
        ]
    }
}
