//! Pictures of the simulator's warehouse, as the cameras of a truck would take them.

use super::*;
use crate::content::Luma;
use PictureMotion::{Inwards, Leftwards, Outwards, Rightwards};
use farhand_world::{Body, CameraView, Eye, Place, Random, Scene, Shape, Site};
use std::f64::consts::{FRAC_PI_2, PI};

const WIDTH: usize = 640;
const HEIGHT: usize = 360;
const SHAPE: Shape = Shape { wheelbase_m: 1.4, ahead_m: 1.85, behind_m: 1.55, width_m: 1.2 };

/// A camera of the demo's trucks.
#[derive(Debug, Clone, Copy)]
struct Camera {
    ahead_m: f64,
    left_m: f64,
    yaw_rad: f64,
    fov_rad: f64,
    horizon: f64,
    /// How its scene moves when the truck goes forward, and backwards.
    moves: [PictureMotion; 2],
}

const FRONT: Camera =
    Camera { ahead_m: -0.4, left_m: 0.0, yaw_rad: 0.0, fov_rad: FRAC_PI_2, horizon: 0.25, moves: [Outwards, Inwards] };
const REAR: Camera = Camera { ahead_m: -1.2, yaw_rad: PI, moves: [Inwards, Outwards], ..FRONT };
const LEFT: Camera =
    Camera { ahead_m: -0.4, left_m: 0.55, yaw_rad: FRAC_PI_2, fov_rad: 1.9, horizon: 0.35, moves: [Leftwards, Rightwards] };
const RIGHT: Camera = Camera { left_m: -0.55, yaw_rad: -FRAC_PI_2, moves: [Rightwards, Leftwards], ..LEFT };
const ALL: [Camera; 4] = [FRONT, REAR, LEFT, RIGHT];

/// What a camera sees from each of these places of its truck; `others` is where another truck is meanwhile.
fn film(camera: &Camera, places: &[Place], others: &[Place]) -> Vec<Vec<u8>> {
    let site = Site::named("demo", 1).expect("known");
    let mut view = CameraView::new(WIDTH, HEIGHT, camera.fov_rad, camera.horizon);
    let body = |place: &Place| Body { place: *place, shape: SHAPE, fork_m: 0.1, colour: 0 };
    let shots = places.iter().enumerate().map(|(index, place)| {
        let bodies: Vec<Body> = [body(place)].into_iter().chain(others.get(index).map(body)).collect();
        let eye = Eye::mounted(place, camera.ahead_m, camera.left_m, 2.2, camera.yaw_rad);
        view.draw(&Scene { site: &site, bodies: &bodies, own: 0 }, &eye).luma().to_vec()
    });
    shots.collect()
}

/// Half a second along the middle of an aisle, 30 pictures a second.
fn drive(speed_mps: f64, aisle_y_m: f64, heading_rad: f64) -> Vec<Place> {
    let at = |picture: u32| {
        let way_m = speed_mps * f64::from(picture) / 30.0;
        Place { x_m: 22.0 + way_m * heading_rad.cos(), y_m: aisle_y_m, heading_rad }
    };
    (0..16).map(at).collect()
}

fn thumbnails(film: &[Vec<u8>]) -> Vec<Thumbnail> {
    film.iter().map(|bytes| Thumbnail::of(Luma { bytes, width: WIDTH, stride: WIDTH })).collect()
}

/// How the scene moved whenever it had: as the agent looks, against the last picture that differed.
fn motions(film: &[Vec<u8>], horizon: f64) -> Vec<Option<PictureMotion>> {
    let mut found = Vec::new();
    let mut before: Option<Thumbnail> = None;
    for now in thumbnails(film) {
        if before.as_ref().is_none_or(|before| now.differs_from(before)) {
            found.extend(before.as_ref().map(|before| motion(before, &now, crate::content::narrow(horizon))));
            before = Some(now);
        }
    }
    found
}

/// How many answers were right, how many wrong, and how often there was none.
fn tally(film: &[Vec<u8>], camera: &Camera, speed_mps: f64) -> [usize; 3] {
    let found = motions(film, camera.horizon);
    let right = Some(camera.moves[usize::from(speed_mps < 0.0)]);
    let count = |is: &dyn Fn(Option<PictureMotion>) -> bool| found.iter().filter(|motion| is(**motion)).count();
    [count(&|motion| motion == right), count(&|motion| motion != right && motion.is_some()), count(&|motion| motion.is_none())]
}

/// All cameras, these speeds, and an aisle each way, through an eye that is perhaps not as good.
fn in_aisles(speeds_mps: &[f64], through: impl Fn(Vec<Vec<u8>>) -> Vec<Vec<u8>>, holds: impl Fn([usize; 3]) -> bool) {
    for camera in &ALL {
        for speed_mps in speeds_mps {
            let mut all = [0; 3];
            for (aisle_y_m, heading_rad) in [(4.0, 0.0), (20.0, PI)] {
                let film = through(film(camera, &drive(*speed_mps, aisle_y_m, heading_rad), &[]));
                all.iter_mut().zip(tally(&film, camera, *speed_mps)).for_each(|(sum, count)| *sum += count);
            }
            assert!(holds(all), "{speed_mps} m/s, {camera:?}: right, wrong, none: {all:?}");
        }
    }
}

/// A sensor's noise with this standard deviation, and less light.
fn noisy(film: Vec<Vec<u8>>, deviation: f64, light: f64) -> Vec<Vec<u8>> {
    let mut chance = Random::new(7);
    let mut pixel = |value: u8| {
        // Six even numbers between -1 and 1 have a variance of two.
        let noise: f64 = (0..6).map(|_| chance.between(-1.0, 1.0)).sum::<f64>() / 2.0_f64.sqrt() * deviation;
        clamped(16.0 + (f64::from(value) - 16.0) * light + noise)
    };
    film.into_iter().map(|picture| picture.into_iter().map(&mut pixel).collect()).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
fn clamped(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[test]
fn the_pictures_of_each_camera_move_as_its_mount_says() {
    in_aisles(&[0.5, 1.2, 2.5, -0.5, -1.2], |film| film, |[right, wrong, none]| wrong <= right / 20 && none <= right / 2);
}

#[test]
fn a_noisy_sensor_answers_as_well() {
    in_aisles(&[1.2, -1.2], |film| noisy(film, 10.0, 1.0), |[right, wrong, none]| wrong == 0 && right > none);
}

#[test]
fn in_the_dark_there_is_rather_no_answer_than_a_wrong_one() {
    in_aisles(&[1.2], |film| noisy(film, 4.0, 0.1), |[_, wrong, _]| wrong == 0);
}

#[test]
fn turning_on_the_spot_moves_every_scene_to_one_side() {
    for (turn_rad, way) in [(0.02, Rightwards), (-0.02, Leftwards)] {
        let places: Vec<Place> =
            (0..10).map(|picture| Place { x_m: 22.0, y_m: 12.0, heading_rad: turn_rad * f64::from(picture) }).collect();
        for camera in &ALL {
            let found = motions(&film(camera, &places, &[]), camera.horizon);
            assert!(found.iter().filter(|motion| **motion == Some(way)).count() >= 7, "{camera:?}: {found:?}");
            assert!(found.iter().all(|motion| motion.is_none_or(|motion| motion == way)), "{camera:?}: {found:?}");
        }
    }
}

#[test]
fn something_that_passes_does_not_decide() {
    let places = drive(1.2, 12.0, 0.0);
    // Across the way, 4 m before the camera, and from behind, close by.
    let across = |index: u32| Place { x_m: 26.0, y_m: 9.5 + f64::from(index) * 0.3, heading_rad: FRAC_PI_2 };
    let past = |index: u32| Place { x_m: 20.0 + f64::from(index) * 0.2, y_m: 10.4, heading_rad: 0.0 };
    for other in [&across as &dyn Fn(u32) -> Place, &past] {
        let others: Vec<Place> = (0..16).map(other).collect();
        for camera in [FRONT, REAR, LEFT] {
            let [right, wrong, none] = tally(&film(&camera, &places, &others), &camera, 1.2);
            assert!(wrong == 0 && right > none, "{camera:?}: right, wrong, none: {:?}", [right, wrong, none]);
        }
    }
}

#[test]
fn light_that_changes_is_no_motion() {
    let place = Place { x_m: 22.0, y_m: 4.0, heading_rad: 0.0 };
    for camera in &ALL {
        let picture = film(camera, &[place], &[]).remove(0);
        let lit = |gain: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<u8>> {
            let shot = |index: usize| {
                let pixels = picture.iter().enumerate();
                pixels.map(|(at, pixel)| clamped(f64::from(*pixel) * gain(index, at / WIDTH))).collect()
            };
            (0..8).map(shot).collect()
        };
        let brighter = |index: usize, _: usize| 0.6 + 0.05 * f64::from(u32::try_from(index).expect("small"));
        // A lamp that flickers lights a rolling shutter in bands.
        let bands =
            |index: usize, row: usize| 1.0 - 0.3 * (f64::from(u32::try_from(row + index * 70).expect("small")) / 60.0).sin();
        let answers = |gain: &dyn Fn(usize, usize) -> f64| {
            let found = motions(&noisy(lit(gain), 2.0, 1.0), camera.horizon);
            (found.iter().flatten().count(), found.len())
        };
        assert_eq!(answers(&brighter), (0, 7), "{camera:?}");
        let (some, all) = answers(&bands);
        assert!(all == 7 && some <= 2, "{camera:?}: {some} of {all}");
    }
}

#[test]
fn without_texture_there_is_no_answer() {
    let grey = |index: u8| vec![vec![90 + 12 * index; WIDTH * HEIGHT]];
    let film: Vec<Vec<u8>> = (0..8).flat_map(grey).collect();
    assert_eq!(motions(&noisy(film, 10.0, 1.0), 0.5), [None; 7]);
}

#[test]
fn pictures_of_different_or_hardly_any_size_have_no_answer() {
    let sizes = [(0, 0), (1, 1), (2, 2), (3, 3), (7, 40), (640, 360), (320, 360), (640, 180)];
    let blank = |(width, height): (usize, usize)| {
        let bytes: Vec<u8> = (0..width * height).map(|at| u8::try_from(at % 251).expect("below 251")).collect();
        Thumbnail::of(Luma { bytes: &bytes, width, stride: width })
    };
    for one in sizes {
        for other in sizes {
            assert_eq!(motion(&blank(one), &blank(other), 0.5), None, "{one:?} {other:?}");
        }
    }
}
