//! Two-dimensional safety scanners: a fan of beams a hand above the floor.
//!
//! A sweep is taken at one instant and is known a response time later; what lies between is for the caller, who keeps the
//! past. Beams that end at the machine's own body or load say nothing. What lies below the plane is not seen: a real hole.

use crate::{Ground, Outline, Place, Random};
use farhand_protocol::MonoTime;
use std::f64::consts::TAU;
use std::time::Duration;

/// How a scanner is built and where it sits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScannerSetup {
    /// In the machine's frame; the heading is the direction of the middle beam.
    pub mount: Place,
    /// Angle of the whole fan.
    pub fan_rad: f64,
    /// Between two beams.
    pub step_rad: f64,
    /// Farthest return.
    pub reach_m: f64,
    /// Farthest edge of a protective field.
    pub field_m: f64,
    /// From a sweep to the next.
    pub cycle: Duration,
    /// From a sweep to when it is known.
    pub response: Duration,
    /// Standard deviation of a range.
    pub noise_m: f64,
    /// Share of beams that come back with nothing.
    pub lost_share: f64,
}

impl ScannerSetup {
    /// Two units on opposite corners of a body, which see all around but for what the load hides: the first front left, the
    /// second rear right. Figures of safety.md 4.2.
    #[must_use]
    pub fn diagonal_pair(front_m: f64, behind_m: f64, width_m: f64, response: Duration) -> [Self; 2] {
        let unit = |x_m, y_m, heading_rad| Self {
            mount: Place { x_m, y_m, heading_rad },
            fan_rad: 275.0_f64.to_radians(),
            step_rad: 0.39_f64.to_radians(),
            reach_m: 40.0,
            field_m: 5.5,
            cycle: Duration::from_millis(30),
            response,
            noise_m: 0.015,
            lost_share: 0.002,
        };
        [unit(front_m, width_m / 2.0, TAU / 8.0), unit(-behind_m, -width_m / 2.0, TAU * 5.0 / 8.0)]
    }
}

/// A rectangle along the machine's axes, for what of itself a scanner runs into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// From here, ahead of the fixed axle.
    pub from_m: f64,
    /// To here.
    pub to_m: f64,
    /// Across.
    pub width_m: f64,
}

/// What is wrong with a scanner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScanFault {
    /// No sweep comes at all.
    Dropout,
    /// Beams between two angles of the fan, counted from its middle, see nothing; the unit reports it.
    DirtyWindow {
        /// From here.
        from_rad: f64,
        /// To here.
        to_rad: f64,
    },
    /// A return where nothing is; the unit believes it.
    Ghost {
        /// Where, counted from the middle beam.
        bearing_rad: f64,
        /// How far.
        range_m: f64,
        /// How wide, as an angle.
        width_rad: f64,
    },
    /// The sweep of when the fault began, again and again under new stamps; the unit believes it.
    Frozen,
    /// Every second beam is missing; the unit reports it.
    HalfBeams,
}

/// What a scanner looks at.
#[derive(Debug, Clone, Copy)]
pub struct ScanScene<'a> {
    /// What stands.
    pub ground: &'a Ground,
    /// Legs, as discs: their middle and radius.
    pub legs: &'a [((f64, f64), f64)],
    /// Other machines.
    pub others: &'a [Outline],
}

/// One sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// When it was taken.
    pub taken: MonoTime,
    /// False if the unit reports that something is wrong.
    pub whole: bool,
    ranges: Vec<f32>,
}

impl Sweep {
    /// The same ranges, said to be of another instant.
    #[must_use]
    pub fn taken_at(&self, taken: MonoTime) -> Self {
        Self { taken, ..self.clone() }
    }

    /// Metres for each beam from the right edge of the fan to the left; [`NOTHING`] and [`BLIND`] are no distances.
    #[must_use]
    pub fn ranges(&self) -> &[f32] {
        &self.ranges
    }
}

/// The range of a beam that came back with nothing.
pub const NOTHING: f32 = f32::INFINITY;
/// The range of a beam that ends at the machine itself, or at dirt.
pub const BLIND: f32 = 0.0;

/// One unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Scanner {
    setup: ScannerSetup,
    /// Direction of each beam in the machine's frame.
    beams: Vec<(f64, f64)>,
    /// Beams that the machine's own parts stop.
    blind: Vec<bool>,
}

impl Scanner {
    /// A unit on a machine that consists of these parts in the plane of the scan.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "some hundred beams"
    )]
    pub fn new(setup: ScannerSetup, parts: &[Part]) -> Self {
        let count = (setup.fan_rad / setup.step_rad) as usize + 1;
        let angle = |beam: usize| setup.mount.heading_rad + setup.step_rad * (beam as f64 - (count - 1) as f64 / 2.0);
        let beams: Vec<(f64, f64)> = (0..count).map(|beam| (angle(beam).cos(), angle(beam).sin())).collect();
        let own: Vec<Outline> = parts
            .iter()
            .map(|part| Outline::upright((part.from_m, -part.width_m / 2.0), (part.to_m, part.width_m / 2.0)))
            .collect();
        // A unit sits on a corner of the body: what counts is where a beam is once it has left the housing.
        let stopped = |beam: &(f64, f64)| {
            let origin = (setup.mount.x_m + HOUSING_M * beam.0, setup.mount.y_m + HOUSING_M * beam.1);
            own.iter()
                .any(|part| part.distance_to(origin) == 0.0 || part.hit(origin, *beam).is_some_and(|range| range < setup.reach_m))
        };
        let blind = beams.iter().map(stopped).collect();
        Self { setup, beams, blind }
    }

    /// How it is built.
    #[must_use]
    pub fn setup(&self) -> &ScannerSetup {
        &self.setup
    }

    /// Direction of each beam in the machine's frame, as vectors of length 1.
    #[must_use]
    pub fn beams(&self) -> &[(f64, f64)] {
        &self.beams
    }

    /// Takes a sweep from a machine at `place`. Equal chance gives equal noise.
    #[must_use]
    pub fn sweep(&self, taken: MonoTime, place: &Place, scene: &ScanScene<'_>, chance: &mut Random) -> Sweep {
        let mut sweep = Sweep { taken, whole: true, ranges: Vec::with_capacity(self.beams.len()) };
        let origin = place.point(self.setup.mount.x_m, self.setup.mount.y_m);
        let (sin, cos) = place.heading_rad.sin_cos();
        for (beam, &blind) in self.beams.iter().zip(&self.blind) {
            let (draw, noise) = (chance.unit(), chance.bell());
            if blind {
                sweep.ranges.push(BLIND);
                continue;
            }
            if draw < self.setup.lost_share {
                sweep.ranges.push(NOTHING);
                continue;
            }
            let direction = (cos * beam.0 - sin * beam.1, sin * beam.0 + cos * beam.1);
            let range = scene.range(origin, direction, self.setup.reach_m);
            sweep.ranges.push(if range < self.setup.reach_m {
                narrow((range + noise * self.setup.noise_m).max(0.02))
            } else {
                NOTHING
            });
        }
        sweep
    }

    /// What a fault leaves of a sweep; none if nothing comes. A frozen unit is for the caller: it takes the sweep of when the
    /// fault began, with the stamp of now.
    #[must_use]
    pub fn spoilt(&self, mut sweep: Sweep, fault: ScanFault) -> Option<Sweep> {
        match fault {
            ScanFault::Dropout => return None,
            ScanFault::Frozen => {}
            ScanFault::DirtyWindow { from_rad, to_rad } => {
                sweep.whole = false;
                self.over(&mut sweep, (from_rad, to_rad), BLIND);
            }
            ScanFault::Ghost { bearing_rad, range_m, width_rad } => {
                self.over(&mut sweep, (bearing_rad - width_rad / 2.0, bearing_rad + width_rad / 2.0), narrow(range_m));
            }
            ScanFault::HalfBeams => {
                sweep.whole = false;
                sweep.ranges.iter_mut().skip(1).step_by(2).for_each(|range| *range = BLIND);
            }
        }
        Some(sweep)
    }

    #[expect(clippy::cast_precision_loss, reason = "some hundred beams")]
    fn over(&self, sweep: &mut Sweep, (from_rad, to_rad): (f64, f64), value: f32) {
        let middle = (self.beams.len() - 1) as f64 / 2.0;
        for (beam, range) in sweep.ranges.iter_mut().enumerate().filter(|(beam, _)| !self.blind[*beam]) {
            let bearing = (beam as f64 - middle) * self.setup.step_rad;
            if (from_rad..=to_rad).contains(&bearing) {
                *range = value;
            }
        }
    }

    /// The returns of a sweep as points in the machine's frame when it was taken.
    pub fn points<'a>(&'a self, sweep: &'a Sweep) -> impl Iterator<Item = (f64, f64)> + 'a {
        let returns = self.beams.iter().zip(&sweep.ranges).filter(|(_, range)| **range > BLIND && **range < NOTHING);
        returns.map(|(beam, &range)| {
            let range = f64::from(range);
            (self.setup.mount.x_m + range * beam.0, self.setup.mount.y_m + range * beam.1)
        })
    }
}

impl ScanScene<'_> {
    fn range(&self, origin: (f64, f64), direction: (f64, f64), reach_m: f64) -> f64 {
        let mut nearest = self.ground.cast_along(origin, direction, reach_m);
        for &(middle, radius) in self.legs {
            let to = (middle.0 - origin.0, middle.1 - origin.1);
            let along = to.0 * direction.0 + to.1 * direction.1;
            let aside = to.0 * direction.1 - to.1 * direction.0;
            let half = radius * radius - aside * aside;
            if half >= 0.0 && along > 0.0 {
                nearest = nearest.min((along - half.sqrt()).max(0.0));
            }
        }
        self.others.iter().filter_map(|other| other.hit(origin, direction)).fold(nearest, f64::min)
    }
}

/// Nearer than this a beam is still in its own housing.
const HOUSING_M: f64 = 0.03;

#[expect(clippy::cast_possible_truncation, reason = "metres within the reach of a scanner")]
fn narrow(range: f64) -> f32 {
    range as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Solid, SolidKind};

    const AT: MonoTime = MonoTime(5_000_000);

    fn pair(load: Option<Part>) -> [Scanner; 2] {
        let body = Part { from_m: -1.85, to_m: 0.38, width_m: 1.1 };
        let parts: Vec<Part> = [Some(body), load].into_iter().flatten().collect();
        ScannerSetup::diagonal_pair(0.38, 1.85, 1.1, Duration::from_millis(90)).map(|setup| Scanner::new(setup, &parts))
    }

    fn room() -> Ground {
        let wall = |low, high| Solid::new(low, high, SolidKind::Wall);
        Ground::new(vec![
            wall((-10.0, -3.2), (30.0, -3.0)),
            wall((-10.0, 3.0), (30.0, 3.2)),
            wall((30.0, -3.2), (30.2, 3.2)),
            wall((-10.2, -3.2), (-10.0, 3.2)),
        ])
    }

    fn scene<'a>(ground: &'a Ground, legs: &'a [((f64, f64), f64)]) -> ScanScene<'a> {
        ScanScene { ground, legs, others: &[] }
    }

    #[test]
    fn the_pair_sees_walls_all_around_where_they_are() {
        let ground = room();
        let place = Place { x_m: 2.0, y_m: 0.5, heading_rad: 0.6 };
        let mut seen = [false; 72];
        for scanner in pair(None) {
            let sweep = scanner.sweep(AT, &place, &scene(&ground, &[]), &mut Random::new(1));
            assert_eq!((sweep.ranges().len(), sweep.whole), (706, true));
            for (x, y) in scanner.points(&sweep) {
                let (x, y) = place.point(x, y);
                let off = [(x + 10.0).abs(), (x - 30.0).abs(), (y + 3.0).abs(), (y - 3.0).abs()].into_iter().fold(9.0, f64::min);
                assert!(off < 0.1, "({x}, {y}) is no wall");
                let turns = (y - place.y_m).atan2(x - place.x_m).rem_euclid(TAU) / TAU;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 71")]
                let part = (turns * 72.0) as usize;
                seen[part.min(71)] = true;
            }
        }
        assert!(seen.iter().all(|&seen| seen), "every direction is seen");
    }

    #[test]
    fn a_person_behind_the_load_is_hidden_and_one_beside_it_is_not() {
        let ground = room();
        let load = Part { from_m: 0.38, to_m: 1.58, width_m: 1.0 };
        let hits = |load, at: (f64, f64)| {
            let legs = [(at, 0.15)];
            let near = |(x, y): (f64, f64)| (x - at.0).hypot(y - at.1) < 0.3;
            let found = pair(load).into_iter().map(|scanner| {
                let sweep = scanner.sweep(AT, &Place::default(), &scene(&ground, &legs), &mut Random::new(2));
                scanner.points(&sweep).filter(|&point| near(point)).count()
            });
            found.sum::<usize>()
        };
        assert!(hits(None, (4.0, -0.1)) > 3);
        assert_eq!(hits(Some(load), (4.0, -0.1)), 0, "in the shadow of the load");
        assert!(hits(Some(load), (4.0, 1.2)) > 3);
        assert!(hits(None, (-4.0, 0.0)) > 3, "behind");
    }

    #[test]
    fn equal_chance_gives_equal_noise_of_the_right_size() {
        let ground = room();
        let [scanner, _] = pair(None);
        let sweep = |seed| scanner.sweep(AT, &Place::default(), &scene(&ground, &[]), &mut Random::new(seed));
        assert_eq!(sweep(3), sweep(3));
        let exact = Scanner::new(ScannerSetup { noise_m: 0.0, lost_share: 0.0, ..*scanner.setup() }, &[]);
        let truth = exact.sweep(AT, &Place::default(), &scene(&ground, &[]), &mut Random::new(3));
        let mut errors = Vec::new();
        for seed in 0..20 {
            let noisy = sweep(seed);
            let both = noisy.ranges().iter().zip(truth.ranges()).filter(|(a, b)| **a > 0.0 && a.is_finite() && b.is_finite());
            errors.extend(both.map(|(a, b)| f64::from(a - b)));
        }
        let mean_square =
            errors.iter().map(|error| error * error).sum::<f64>() / f64::from(u32::try_from(errors.len()).expect("few"));
        assert!((mean_square.sqrt() - 0.015).abs() < 0.002, "{}", mean_square.sqrt());
    }

    #[test]
    fn faults_are_as_blind_as_they_should_be() {
        let ground = room();
        let [scanner, _] = pair(None);
        let sweep = scanner.sweep(AT, &Place::default(), &scene(&ground, &[]), &mut Random::new(4));
        let spoilt = |fault| scanner.spoilt(sweep.clone(), fault);
        assert_eq!(spoilt(ScanFault::Dropout), None);
        assert_eq!(spoilt(ScanFault::Frozen).as_ref(), Some(&sweep));
        let half = spoilt(ScanFault::HalfBeams).expect("a sweep");
        assert!(!half.whole && scanner.points(&half).count() <= 353);
        let dirty = spoilt(ScanFault::DirtyWindow { from_rad: -0.2, to_rad: 0.2 }).expect("a sweep");
        assert!(!dirty.whole && dirty.ranges()[352] == BLIND && dirty.ranges()[100] == sweep.ranges()[100]);
        let ghost = spoilt(ScanFault::Ghost { bearing_rad: 0.5, range_m: 1.3, width_rad: 0.05 }).expect("a sweep");
        assert!(ghost.whole && ghost.ranges().iter().filter(|&&range| range == 1.3).count() >= 6);
    }

    #[test]
    fn other_machines_are_seen() {
        let ground = Ground::new(Vec::new());
        let other = Outline::around(&Place { x_m: 6.0, y_m: 0.0, heading_rad: 0.3 }, 1.0, 1.0, 1.0);
        let scene = ScanScene { ground: &ground, legs: &[], others: &[other] };
        let [scanner, _] = pair(None);
        let sweep = scanner.sweep(AT, &Place::default(), &scene, &mut Random::new(5));
        let points: Vec<_> = scanner.points(&sweep).collect();
        assert!(points.len() > 10 && points.iter().all(|&point| other.distance_to(point) < 0.1));
    }
}
