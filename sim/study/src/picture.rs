//! A picture of one scenario from above, as SVG: racks, zones, ways of people, the truck over time, scan, stop, contact.

use crate::episode::Episode;
use crate::eyes::{Eyes, ScanPoint};
use crate::ride::{Contact, Moment, Ride};
use crate::rig::Footprint;
use crate::scenario::Scenario;
use farhand_site::ZoneKind;
use farhand_world::{BODY_M, Outline, SolidKind};
use std::fmt::Write as _;
use std::time::Duration;

/// Draws an episode. `caption` stands above it.
#[must_use]
pub fn picture(scenario: &Scenario, episode: &Episode, caption: &str) -> String {
    let mut sheet = Sheet::around(episode.ride.trace());
    sheet.solids(scenario);
    sheet.zones(scenario);
    sheet.way(scenario);
    sheet.corridor(scenario, episode);
    sheet.scan(scenario, episode);
    sheet.people(episode);
    sheet.truck(scenario, episode);
    sheet.contact(scenario, episode);
    sheet.finished(&format!("{caption}; {}", told(episode)))
}

/// The outcome in words.
fn told(episode: &Episode) -> String {
    let outcome = &episode.outcome;
    let end = match outcome.contact {
        Some(Contact::Person { speed_mps, .. }) => format!("person touched at {speed_mps:.1} m/s"),
        Some(Contact::Solid { kind, speed_mps }) => format!("{} touched at {speed_mps:.1} m/s", kind.as_str()),
        None => "no contact".to_owned(),
    };
    let avoidable = if outcome.avoidable { ", avoidable" } else { "" };
    format!(
        "lost at {:.2} m/s, {end}{avoidable}, {:.2} m and {:.2} s from the loss",
        outcome.speed_mps, outcome.stop_m, outcome.stop_s
    )
}

struct Sheet {
    low: (f64, f64),
    high: (f64, f64),
    body: String,
}

impl Sheet {
    fn around(trace: &[Moment]) -> Self {
        let first = trace.first().map_or((0.0, 0.0), |moment| (moment.place.x_m, moment.place.y_m));
        let (low, high) = trace.iter().fold((first, first), |(low, high), moment| {
            let (x, y) = (moment.place.x_m, moment.place.y_m);
            ((low.0.min(x), low.1.min(y)), (high.0.max(x), high.1.max(y)))
        });
        let low = (low.0 - MARGIN_M, low.1 - MARGIN_M);
        Self { low, high: (high.0 + MARGIN_M, high.1 + MARGIN_M), body: String::new() }
    }

    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        ((x - self.low.0) * DOTS_PER_M, (self.high.1 - y) * DOTS_PER_M)
    }

    fn add(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    fn rectangle(&mut self, low: (f64, f64), high: (f64, f64), look: &str) {
        let ((x, y), (right, bottom)) = (self.at((low.0, high.1)), self.at((high.0, low.1)));
        self.add(&format!("<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" {look}/>", right - x, bottom - y));
    }

    fn line(&mut self, points: impl Iterator<Item = (f64, f64)>, look: &str) {
        let mut text = String::new();
        for point in points {
            let (x, y) = self.at(point);
            // Writing into a string cannot fail.
            let _ = write!(text, "{x:.1},{y:.1} ");
        }
        self.add(&format!("<polyline points=\"{text}\" fill=\"none\" {look}/>"));
    }

    fn dot(&mut self, point: (f64, f64), radius_m: f64, look: &str) {
        let (x, y) = self.at(point);
        self.add(&format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\" {look}/>", radius_m * DOTS_PER_M));
    }

    fn outline(&mut self, outline: &Outline, look: &str) {
        let corners = outline.corners();
        self.line(corners.into_iter().chain([corners[0]]), look);
    }

    fn footprint(&mut self, footprint: &Footprint, look: &str) {
        for part in footprint.parts() {
            self.outline(part, look);
        }
    }

    fn solids(&mut self, scenario: &Scenario) {
        for solid in scenario.ground.solids() {
            let colour = match solid.kind {
                SolidKind::Wall => "#555b63",
                SolidKind::Rack => "#8a94a0",
                SolidKind::Door => "#b0603a",
                SolidKind::Clutter => "#b58a4a",
                SolidKind::Vehicle => "#6a5aa0",
            };
            let look = if solid.scanned {
                "fill-opacity=\"1\""
            } else {
                "fill-opacity=\"0.4\" stroke=\"#b58a4a\" stroke-dasharray=\"3\""
            };
            self.rectangle(solid.low, solid.high, &format!("fill=\"{colour}\" {look}"));
        }
    }

    fn zones(&mut self, scenario: &Scenario) {
        for zone in &scenario.zones {
            let colour = match zone.kind {
                ZoneKind::Crossing => "#3a7bd5",
                ZoneKind::Door | ZoneKind::Ramp => "#b0603a",
                ZoneKind::FireExit => "#2e9e5b",
            };
            self.rectangle(
                zone.low,
                zone.high,
                &format!("fill=\"{colour}\" fill-opacity=\"0.12\" stroke=\"{colour}\" stroke-dasharray=\"6 4\""),
            );
        }
    }

    fn way(&mut self, scenario: &Scenario) {
        let points: Vec<(f64, f64)> = scenario.path.points().iter().map(|point| (point.x_m, point.y_m)).collect();
        self.line(points.into_iter(), "stroke=\"#9aa7b5\" stroke-width=\"1\" stroke-dasharray=\"2 3\"");
    }

    /// The corridor that was known at the loss, as if the wheels did not err from there on.
    fn corridor(&mut self, scenario: &Scenario, episode: &Episode) {
        let now = &episode.ride.trace()[episode.loss_tick];
        let (sin, cos) = now.reckoned.heading_rad.sin_cos();
        let points = episode.ride.corridor().points.map(|(x, y)| {
            let (dx, dy) = (x - now.reckoned.x_m, y - now.reckoned.y_m);
            now.place.point(cos * dx + sin * dy, cos * dy - sin * dx)
        });
        let colour = if scenario.corridor.extrapolated { "#c026d3" } else { "#0ea5a5" };
        self.line(points.into_iter(), &format!("stroke=\"{colour}\" stroke-width=\"2\""));
        for point in points {
            self.dot(point, 0.06, &format!("fill=\"{colour}\""));
        }
    }

    fn scan(&mut self, scenario: &Scenario, episode: &Episode) {
        let (ride, mut eyes) = (&episode.ride, Eyes::default());
        let ticks = u32::try_from(ride.trace().len() - 1 - episode.noticed_tick).unwrap_or(0);
        let ago = crate::ride::TICK * ticks;
        let scans: Vec<(Duration, Vec<ScanPoint>)> = eyes
            .newest(scenario, ride, ago)
            .into_iter()
            .flatten()
            .map(|scan| (ride.now().since(scan.sweep.taken), scan.points.clone()))
            .collect();
        for (age, points) in scans {
            let place = ride.ago(age).place;
            for point in points {
                let colour = if point.mapped { "#444" } else { "#e11d48" };
                self.dot(place.point(point.ahead_m, point.left_m), 0.03, &format!("fill=\"{colour}\""));
            }
        }
    }

    fn people(&mut self, episode: &Episode) {
        let trace = episode.ride.trace();
        let count = trace.first().map_or(0, |moment| moment.people().len());
        for person in 0..count {
            let places: Vec<(f64, f64)> = trace.iter().map(|moment| moment.people()[person]).collect();
            self.line(places.iter().copied(), "stroke=\"#16a34a\" stroke-width=\"1.5\"");
            for place in places.iter().step_by(50) {
                self.dot(*place, 0.07, "fill=\"#16a34a\"");
            }
            self.dot(places[episode.loss_tick], BODY_M, "fill=\"none\" stroke=\"#f59e0b\" stroke-width=\"2\"");
            self.dot(places[places.len() - 1], BODY_M, "fill=\"#16a34a\" fill-opacity=\"0.5\" stroke=\"#166534\"");
        }
    }

    fn truck(&mut self, scenario: &Scenario, episode: &Episode) {
        let trace = episode.ride.trace();
        let known = &scenario.rig.known;
        for (tick, moment) in trace.iter().enumerate().step_by(25) {
            let look = match tick {
                _ if tick < episode.loss_tick => "stroke=\"#94a3b8\" stroke-opacity=\"0.5\"",
                _ if tick < episode.noticed_tick => "stroke=\"#f59e0b\" stroke-opacity=\"0.7\"",
                _ => "stroke=\"#2563eb\" stroke-opacity=\"0.6\"",
            };
            self.footprint(&known.footprint(&moment.place), look);
        }
        self.footprint(&known.footprint(&trace[episode.loss_tick].place), "stroke=\"#f59e0b\" stroke-width=\"2.5\"");
        let end = if episode.outcome.contact.is_some() { "#dc2626" } else { "#15803d" };
        self.footprint(&known.footprint(&episode.ride.latest().place), &format!("stroke=\"{end}\" stroke-width=\"3\""));
        self.line(trace.iter().map(|moment| (moment.place.x_m, moment.place.y_m)), "stroke=\"#2563eb\" stroke-width=\"1\"");
    }

    fn contact(&mut self, scenario: &Scenario, episode: &Episode) {
        let ride: &Ride = &episode.ride;
        let at = match episode.outcome.contact {
            Some(Contact::Person { index, .. }) => ride.latest().people()[index],
            Some(Contact::Solid { .. }) => {
                let footprint = scenario.rig.known.footprint(&ride.latest().place);
                let Some(solid) = footprint.obstacle(&scenario.ground) else { return };
                let corners = footprint.parts().flat_map(Outline::corners).collect::<Vec<_>>();
                let near = corners.into_iter().min_by(|one, two| solid.distance_to(*one).total_cmp(&solid.distance_to(*two)));
                near.unwrap_or_default()
            }
            None => return,
        };
        self.dot(at, 0.45, "fill=\"none\" stroke=\"#dc2626\" stroke-width=\"4\"");
    }

    fn finished(&self, caption: &str) -> String {
        let (width, height) = ((self.high.0 - self.low.0) * DOTS_PER_M, (self.high.1 - self.low.1) * DOTS_PER_M);
        let width = width.max(CAPTION_DOTS);
        let lines: Vec<String> = caption
            .split("; ")
            .zip(1..)
            .map(|(line, number)| {
                // File names may hold what means something in SVG.
                let line = line.replace('&', "&amp;").replace('<', "&lt;");
                format!("<text x=\"8\" y=\"{}\" font-size=\"15\" font-family=\"sans-serif\">{line}</text>", 18 * number)
            })
            .collect();
        let head = 18 * lines.len() + 8;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{:.0}\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{}\n\
             <svg y=\"{head}\" width=\"{width:.0}\" height=\"{height:.0}\">\n<rect width=\"100%\" height=\"100%\" fill=\"#f3f4f6\"/>\n{}</svg>\n</svg>\n",
            height + f64::from(u32::try_from(head).unwrap_or(0)),
            lines.join("\n"),
            self.body
        )
    }
}

/// Floor shown around the truck's way.
const MARGIN_M: f64 = 7.0;
const DOTS_PER_M: f64 = 40.0;
/// The longest caption needs about this.
const CAPTION_DOTS: f64 = 760.0;
