//! How long a decision takes: 36 stops rolled out and swept against the scans of two scanners.
//!
//! `cargo run -p farhand-guard --example decide [rounds]` prints p50, p95, p99 and max of each scene, and of all together: by the
//! guard's own ranking, and with scores that are all alike, so that every free stop has to be measured as well.
#![allow(clippy::print_stdout)]

#[path = "../tests/guard/ride.rs"]
mod ride;
#[path = "../tests/guard/scene.rs"]
mod scene;

use farhand_guard::{MANOEUVRES, Scan, Scores, Situation};
use farhand_protocol::MonoTime;
use ride::{Laws, Ride, Truck, profile};
use scene::{Dice, Place, Site};
use std::time::{Duration, Instant};

fn main() {
    let rounds: u32 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(2000);
    let mut all = (Vec::new(), Vec::new(), Vec::new());
    println!("{:<28} {:>6} {:>6} {:>4} | consider p50 p95 p99 max us | with scores | allow", "scene", "points", "m/s", "free");
    for (name, mut ride) in scenes() {
        let points: usize = ride.scans.iter().map(Vec::len).sum();
        let (mut decisions, mut scored, mut gates, mut free) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for _ in 0..rounds {
            // A new stamp: the points are sorted anew, as after each scan.
            ride.now_us += 40_000;
            (ride.heard_us, ride.scan_us) = (ride.now_us, ride.now_us - 20_000);
            let begin = Instant::now();
            let proposal = ride.consider();
            decisions.push(begin.elapsed());
            free = proposal.accepted.count();
            let scores = Scores { at: MonoTime(ride.now_us), values: &[0.0; MANOEUVRES] };
            let begin = Instant::now();
            let _ =
                std::hint::black_box(ride.with_situation(|guard, now, situation| guard.consider(now, situation, Some(&scores))));
            scored.push(begin.elapsed());
            let wanted = ride.wanted(ride.truck.speed + 0.3, ride.truck.steering);
            let begin = Instant::now();
            let _ = std::hint::black_box(ride.allow(&wanted));
            gates.push(begin.elapsed());
        }
        let (decided, with_scores, gated) = (figures(&mut decisions), figures(&mut scored), figures(&mut gates));
        let speed = ride.truck.speed;
        println!("{name:<28} {points:>6} {speed:>6.2} {free:>4} | {decided} | {with_scores} | {gated}");
        all.0.append(&mut decisions);
        all.1.append(&mut scored);
        all.2.append(&mut gates);
    }
    let [decided, with_scores, gated] = [&mut all.0, &mut all.1, &mut all.2].map(|times| figures(times));
    println!("all, N = {:<20} {:>6} {:>6} {:>4} | {decided} | {with_scores} | {gated}", all.0.len(), "", "", "");
}

fn figures(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 1000).min(times.len() - 1)].as_secs_f64() * 1e6;
    format!("{:>6.0} {:>5.0} {:>5.0} {:>6.0}", at(500), at(950), at(990), at(1000))
}

fn scenes() -> Vec<(String, Ride)> {
    let mut scenes = Vec::new();
    let mut dice = Dice(7);
    for (name, site) in [
        ("aisle 3.3 m", Site::aisle(3.3)),
        ("aisle 2.4 m", Site::aisle(2.4)),
        ("crossing 3.3 m", Site::crossing(3.3)),
        ("trailer 2.46 m", Site::trailer(-4.0, 2.46)),
        ("hall with clutter", clutter(Site::aisle(12.0), &mut dice, true)),
        ("hall, not localised", clutter(Site::aisle(12.0), &mut dice, false)),
        ("aisle 3.6 m with clutter", clutter(Site::aisle(3.6), &mut dice, false)),
    ] {
        for speed in [0.3, 1.0, 1.7, 2.5] {
            for steering in [0.0, 0.25] {
                let profile = profile("");
                let place = Place { x: 0.0, y: 0.1, heading: 0.03 };
                let truck = Truck::new(Laws::of(&profile), place).rolling(speed, steering);
                let mut ride = Ride::new(profile, site.clone(), truck);
                ride.noise = 0.01;
                ride.look();
                if name.ends_with("not localised") {
                    ride.scans.iter_mut().flatten().for_each(|point| point.mapped = false);
                }
                scenes.push((format!("{name}, wheel {steering}"), ride));
            }
        }
    }
    scenes
}

fn clutter(mut site: Site, dice: &mut Dice, mapped: bool) -> Site {
    for _ in 0..12 {
        let (x, y) = (dice.between(3.0, 10.0), dice.between(-5.5, 5.5));
        if y.abs() > 0.9 {
            site.block((x, y), (x + dice.between(0.1, 1.2), y + dice.between(0.1, 0.8)), mapped);
        }
    }
    site
}

/// Keeps the parts that only the tests use in use.
#[allow(dead_code)]
fn also(_: &Scan<'_>, _: &Situation<'_>, _: MonoTime) {}
