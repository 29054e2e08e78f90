//! A site from above, as SVG: lanes, docks, racks, vehicles with what they hold, and who is in trouble.

use crate::layout::Layout;
use crate::scenario::Scenario;
use crate::truck::{Doing, Truck, metres};
use crate::world::World;
use farhand_coordination::{NodeId, Spot};
use farhand_protocol::MonoTime;
use std::fmt::Write as _;
use std::time::Duration;

/// Draws the generated site of a seed as it is after a while.
///
/// # Errors
/// If the site cannot be made, or a restarted gateway refuses what was kept.
pub fn picture(seed: u64, vehicles: usize, after: Duration) -> anyhow::Result<String> {
    let layout = Layout::generated(seed, vehicles)?;
    let mut world = World::new(layout, Scenario::usual(seed, vehicles, after))?;
    while world.now.since(MonoTime(0)) < after {
        world.step()?;
    }
    let mut sheet = Sheet::around(&world.layout);
    sheet.site(&world.layout);
    for truck in &world.trucks {
        sheet.held(&world.layout, truck);
    }
    for (number, truck) in world.trucks.iter().enumerate() {
        sheet.truck(number + 1, truck);
    }
    let minutes = after.as_secs() / 60;
    let caption = format!("site {seed}, {vehicles} vehicles ({}), after {minutes} minutes", world.layout.body.name);
    Ok(sheet.finished(&caption))
}

struct Sheet {
    low: (f64, f64),
    high: (f64, f64),
    body: String,
}

impl Sheet {
    fn around(layout: &Layout) -> Self {
        let spots = layout.site.ids().map(|node| metres(layout.site.spot(node)));
        let (low, high) = spots.fold(((0.0_f64, 0.0_f64), (0.0_f64, 0.0_f64)), |(low, high), (x, y)| {
            ((low.0.min(x), low.1.min(y)), (high.0.max(x), high.1.max(y)))
        });
        let margin = layout.cell_m;
        Self { low: (low.0 - margin, low.1 - margin), high: (high.0 + margin, high.1 + margin), body: String::new() }
    }

    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        ((x - self.low.0) * DOTS_PER_M, (self.high.1 - y) * DOTS_PER_M)
    }

    fn add(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    fn line(&mut self, points: &[(f64, f64)], look: &str) {
        let mut text = String::new();
        for point in points {
            let (x, y) = self.at(*point);
            // Writing into a string cannot fail.
            let _ = write!(text, "{x:.1},{y:.1} ");
        }
        self.add(&format!("<polyline points=\"{text}\" {look}/>"));
    }

    fn dot(&mut self, spot: Spot, radius_m: f64, look: &str) {
        let (x, y) = self.at(metres(spot));
        self.add(&format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\" {look}/>", radius_m * DOTS_PER_M));
    }

    fn site(&mut self, layout: &Layout) {
        let half = layout.cell_m / 2.0;
        for rack in &layout.racks {
            let (x, y) = metres(*rack);
            let corners = [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)];
            self.line(&corners, "fill=\"#8a94a0\"");
        }
        for from in layout.site.ids() {
            for &to in layout.site.out(from) {
                self.lane(layout, from, to);
            }
        }
        for node in layout.site.ids().filter(|node| layout.site.is_dock(*node)) {
            self.dot(layout.site.spot(node), 0.35, "fill=\"#4a6fa5\"");
        }
    }

    /// A line with a notch at its last third, so that one sees which way it leads.
    fn lane(&mut self, layout: &Layout, from: NodeId, to: NodeId) {
        let (a, b) = (metres(layout.site.spot(from)), metres(layout.site.spot(to)));
        self.line(&[a, b], "fill=\"none\" stroke=\"#b9c0c8\" stroke-width=\"1\"");
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let length = dx.hypot(dy).max(0.001);
        let (ux, uy) = (dx / length, dy / length);
        let tip = (a.0 + dx * 0.66, a.1 + dy * 0.66);
        let side = |left: f64| (tip.0 - 0.4 * ux - left * 0.25 * uy, tip.1 - 0.4 * uy + left * 0.25 * ux);
        self.line(&[side(1.0), tip, side(-1.0)], "fill=\"none\" stroke=\"#7b8794\" stroke-width=\"1\"");
    }

    /// The nodes that a vehicle holds, in a row.
    fn held(&mut self, layout: &Layout, truck: &Truck) {
        let spots: Vec<Spot> = truck.track.stops().iter().map(|stop| layout.site.spot(stop.node)).collect();
        for spot in &spots {
            self.dot(
                *spot,
                f64::from(layout.site.radius_mm()) / 1000.0,
                &format!("fill=\"{}\" fill-opacity=\"0.15\"", colour(truck)),
            );
        }
        let line: Vec<(f64, f64)> = spots.iter().map(|spot| metres(*spot)).collect();
        self.line(&line, &format!("fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-dasharray=\"3\"", colour(truck)));
    }

    fn truck(&mut self, number: usize, truck: &Truck) {
        let corners = truck.outline().corners();
        let closed: Vec<(f64, f64)> = corners.into_iter().chain([corners[0]]).collect();
        self.line(&closed, &format!("fill=\"{}\" stroke=\"#222\" stroke-width=\"0.5\"", colour(truck)));
        for shield in truck.shield() {
            let corners = shield.corners();
            let closed: Vec<(f64, f64)> = corners.into_iter().chain([corners[0]]).collect();
            self.line(&closed, "fill=\"none\" stroke=\"#7d3c98\" stroke-dasharray=\"4\"");
        }
        let pose = truck.track.pose();
        let (x, y) = self.at((pose.x_m, pose.y_m));
        self.add(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"9\" fill=\"#111\">{number}</text>"));
    }

    fn finished(mut self, caption: &str) -> String {
        let (width, below) = ((self.high.0 - self.low.0) * DOTS_PER_M, (self.high.1 - self.low.1) * DOTS_PER_M);
        let lines = [caption, "green drives, blue loads, red halted,", "purple under a person's hand; rings: nodes held"];
        let mut y = below;
        for line in lines {
            y += LINE;
            self.add(&format!("<text x=\"8\" y=\"{y:.0}\" font-size=\"12\" fill=\"#222\">{line}</text>"));
        }
        let (width, height) = (width.max(NARROWEST), y + 0.5 * LINE);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" font-family=\"sans-serif\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#f4f5f6\"/>\n{}</svg>\n",
            self.body,
        )
    }
}

/// From one line of text to the next.
const LINE: f64 = 16.0;
/// So wide that the lines fit.
const NARROWEST: f64 = 400.0;

fn colour(truck: &Truck) -> &'static str {
    match truck.doing {
        Doing::Driving => "#2e8b57",
        Doing::Working(_) => "#4a6fa5",
        Doing::Halted(_) => "#c0392b",
        Doing::Driven(_) => "#7d3c98",
    }
}

const DOTS_PER_M: f64 = 9.0;
