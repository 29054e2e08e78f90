//! Times the drawing of pictures and writes the last as PPM: `cargo run -p farhand-world --example look X Y HEADING FILE`.

use farhand_protocol::{CameraIndex, MonoTime};
use farhand_world::{Body, CameraView, Eye, Place, Scene, Shape, Site, Stamp, burn_stamp};
use std::time::Instant;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, usual: f64| words.get(index).and_then(|word| word.parse().ok()).unwrap_or(usual);
    let place = Place { x_m: number(0, 6.3), y_m: number(1, 4.0), heading_rad: number(2, 0.0) };
    let site = Site::named("demo", 1).expect("the site is known");
    let shape = Shape { wheelbase_m: 1.4, behind_m: 1.85, ahead_m: 1.55, width_m: 1.1 };
    let body = |x_m, y_m, heading_rad, colour| Body { place: Place { x_m, y_m, heading_rad }, shape, fork_m: 0.1, colour };
    let bodies = [body(6.0, 4.0, 0.0, 0), body(6.0, 8.0, 0.0, 1), body(13.0, 5.5, 2.5, 2)];
    let mut view = CameraView::new(640, 360, std::f64::consts::FRAC_PI_2, 0.5);
    let eye = Eye { place, z_m: 2.1 };
    let scene = Scene { site: &site, bodies: &bodies, own: 0 };
    let mut times: Vec<_> = (0..400)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(view.draw(&scene, &eye));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    eprintln!("a picture: p10 {:?}, p50 {:?}, p90 {:?}", times[40], times[200], times[360]);
    let mut picture = view.draw(&scene, &eye);
    burn_stamp(&mut picture, Stamp::new(MonoTime(123_456_789), CameraIndex(1)));
    if let Some(file) = words.get(3) {
        std::fs::write(file, picture.to_ppm()).expect("the file can be written");
    }
}
