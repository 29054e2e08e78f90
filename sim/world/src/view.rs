//! What a camera sees: a ray caster for upright blocks on a painted floor.
//!
//! One ray a picture column, walked square by square from near to far. A bit for each row says whether it is still open,
//! so nothing behind a filled row is drawn, and a ray ends where nothing further away could show.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "rows, columns and floor dots; a float to integer cast saturates, and what falls outside is not drawn"
)]

mod body;
mod ground;
mod hit;
mod tile;
mod walk;

pub use body::Body;

use crate::site::Floor;
use crate::{Picture, Place, Random, STRIP_ROWS, Site};
use body::Parts;
use ground::Ground;
use tile::{OPEN, TILE, Tile};
use walk::{Ray, Walker};

/// Pixels of each picture that differ by one grey level.
const NOISY_PIXELS: usize = 48;

/// Where a camera is and looks, level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eye {
    /// On the site's map; the heading is the looking direction.
    pub place: Place,
    /// Above the floor.
    pub z_m: f64,
}

impl Eye {
    /// A camera mounted `ahead` and `left` of a machine's origin, `z` above the floor, turned by `yaw`.
    pub fn mounted(machine: &Place, ahead_m: f64, left_m: f64, z_m: f64, yaw_rad: f64) -> Self {
        let (x_m, y_m) = machine.point(ahead_m, left_m);
        Self { place: Place { x_m, y_m, heading_rad: machine.heading_rad + yaw_rad }, z_m }
    }
}

/// What each picture is made from.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// What stands still.
    pub site: &'a Site,
    /// The machines.
    pub bodies: &'a [Body],
    /// Which of them carries the camera.
    pub own: usize,
}

/// One camera's lens and the memory to draw with.
#[derive(Debug)]
pub struct CameraView {
    width: usize,
    height: usize,
    rows: usize,
    focal: f32,
    horizon: f32,
    tile: Tile,
    ground: Ground,
    frames: u64,
}

impl CameraView {
    /// A level pinhole without distortion that sees `horizontal_fov_rad` from the left to the right edge; the horizon lies at the
    /// share `horizon` of the height from the upper edge.
    pub fn new(width_px: usize, height_px: usize, horizontal_fov_rad: f64, horizon: f64) -> Self {
        let (width, height) = (width_px.next_multiple_of(2), height_px.next_multiple_of(2));
        let rows = height.saturating_sub(STRIP_ROWS);
        let focal = width as f32 / 2.0 / (horizontal_fov_rad as f32 / 2.0).tan();
        let horizon = height as f32 * horizon as f32;
        Self { width, height, rows, focal, horizon, tile: Tile::new(rows), ground: Ground::new(rows), frames: 0 }
    }

    /// Draws everything but the stamp's rows.
    pub fn draw(&mut self, scene: &Scene, eye: &Eye) -> Picture {
        let mut picture = Picture::black(self.width, self.height);
        let lens = Lens { horizon: self.horizon, focal: self.focal, eye_z: eye.z_m as f32 };
        self.ground.look(&lens, scene.site.height_m);
        let parts = Parts::seen_from(scene, eye);
        let (sin, cos) = (eye.place.heading_rad.sin() as f32, eye.place.heading_rad.cos() as f32);
        let origin = (eye.place.x_m as f32, eye.place.y_m as f32);
        let (middle, focal) = (self.width as f32 / 2.0, self.focal);
        let ray_of = |column: usize| {
            let side = (column as f32 + 0.5 - middle) / focal;
            Ray::new(origin, (cos + sin * side, sin - cos * side))
        };
        let each = (sin / focal, -cos / focal);
        let mut walker = Walker::new(scene.site, &parts);
        for first in (0..self.width).step_by(TILE) {
            let count = TILE.min(self.width - first);
            self.tile.clear();
            for index in 0..count {
                self.tile.turn_to(index);
                walker.walk(&ray_of(first + index), &lens, &mut self.tile);
            }
            let strip = Strip { lines: self.tile.lines(), first, count, ray: ray_of(first), each };
            strip.copy(&self.ground, &scene.site.floor, &mut picture);
        }
        self.frames += 1;
        speckle(&mut picture, self.rows, self.frames);
        picture
    }
}

/// What turns metres into rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lens {
    pub horizon: f32,
    pub focal: f32,
    pub eye_z: f32,
}

impl Lens {
    /// The row of a height at a depth.
    pub(crate) fn row(&self, z: f32, depth: f32) -> f32 {
        self.horizon - self.focal * (z - self.eye_z) / depth
    }
}

/// Columns that are drawn, but for floor and ceiling.
struct Strip<'a> {
    lines: &'a [[u32; TILE]],
    first: usize,
    count: usize,
    ray: Ray,
    each: (f32, f32),
}

impl Strip<'_> {
    /// Copies the rows into the three planes, and paints floor and ceiling where nothing stands.
    fn copy(&self, ground: &Ground, floor: &Floor, picture: &mut Picture) {
        let (width, first, count) = (picture.width(), self.first, self.count);
        let (luma, u, v) = picture.planes_mut();
        for (row, line) in self.lines.iter().enumerate() {
            let mut pixels = *line;
            if pixels.contains(&OPEN) {
                ground.line(row, &self.ray, self.each).paint(floor, &mut pixels);
            }
            let luma = &mut luma[row * width + first..][..count];
            luma.iter_mut().zip(&pixels).for_each(|(luma, pixel)| *luma = *pixel as u8);
            if row.is_multiple_of(2) {
                let from = row / 2 * (width / 2) + first / 2;
                let (u, v) = (&mut u[from..from + count / 2], &mut v[from..from + count / 2]);
                for ((u, v), pixel) in u.iter_mut().zip(v).zip(pixels.iter().step_by(2)) {
                    *u = (pixel >> 8) as u8;
                    *v = (pixel >> 16) as u8;
                }
            }
        }
    }
}

/// One grey level on a few pixels, so that no two pictures are equal, as with a real sensor.
fn speckle(picture: &mut Picture, rows: usize, frame: u64) {
    let mut random = Random::new(frame);
    let pixels = picture.width() * rows;
    let (luma, _, _) = picture.planes_mut();
    for _ in 0..NOISY_PIXELS.min(pixels) {
        luma[random.below(pixels)] ^= 1;
    }
}
