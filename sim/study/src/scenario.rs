//! One scenario: all that is drawn from a family by one seed.

use crate::corridor::CorridorMaker;
use crate::family::{Family, Sensing};
use crate::operator::{self, Driver, Habits};
use crate::path::Path;
use crate::plan::Plan;
use crate::ride::{Ride, START, TICK, TICK_S};
use crate::rig::Rig;
use crate::route;
use crate::walkers::{self, Timetable};
use farhand_protocol::MonoTime;
use farhand_site::Zone;
use farhand_world::{
    Drive, Ground, LocalisationError, Part, Person, Place, Random, ReckoningError, Scanner, ScannerSetup, Solid, SolidKind,
};
use std::sync::OnceLock;
use std::time::Duration;

/// Why there is no scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// Nothing drivable came out of so many draws.
    #[error(
        "no scenario of family {family} could be driven in {tries} draws ({reasons}): widen aisles or doors, or lower clutter"
    )]
    Undrivable {
        /// The family.
        family: String,
        /// Draws.
        tries: u64,
        /// Why draws were thrown away, with their number.
        reasons: String,
    },
}

/// How the truck's senses err.
#[derive(Debug, Clone, PartialEq)]
pub struct Senses {
    /// Wheels and gyro.
    pub reckoning: ReckoningError,
    /// Place on the map.
    pub localisation: LocalisationError,
    /// From a sweep to when it is known.
    pub response: Duration,
    /// Of a range.
    pub noise_m: f64,
    /// Share of beams that come back with nothing.
    pub lost_share: f64,
}

/// One scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Draws it again, with its family.
    pub seed: u64,
    /// What stands.
    pub ground: Ground,
    /// What of it the map shows.
    pub map: Ground,
    /// Where not to stand.
    pub zones: Vec<Zone>,
    /// The truck.
    pub rig: Rig,
    /// The operator's way.
    pub path: Path,
    /// Where on it the story begins.
    pub start_m: f64,
    /// Where the truck then is.
    pub start: Place,
    /// What it was told last.
    pub first_command: Drive,
    /// Who drives it.
    pub habits: Habits,
    /// What it knows of its way.
    pub corridor: CorridorMaker,
    /// Who walks about.
    pub people: Vec<Person>,
    /// How its senses err.
    pub senses: Senses,
    /// When the last command comes in.
    pub loss_at: MonoTime,
    limits: Vec<f64>,
    scanners: OnceLock<[Scanner; 2]>,
}

/// Floor, zones, truck, way and bend radius: what differs between made-up and real sites.
pub struct Scene {
    /// What stands.
    pub ground: Ground,
    /// Where not to stand.
    pub zones: Vec<Zone>,
    /// The operator's way.
    pub path: Path,
}

/// Why a draw was thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rejection {
    /// The truck does not fit through its way.
    Impassable,
    /// The way is too short to drive two seconds and stop.
    TooShort,
    /// It ran into something before the loss.
    ContactBefore,
    /// It stood, or nearly, at the loss.
    Slow,
}

impl Scenario {
    /// Draws the scenario of a seed: the first of its draws that can be driven until the loss without a contact.
    ///
    /// # Errors
    /// [`ScenarioError::Undrivable`] if the family hardly ever gives one.
    pub fn draw(family: &Family, seed: u64) -> Result<Self, ScenarioError> {
        Self::draw_on(family, seed, |rig, random| {
            let plan = Plan::draw(&family.site, rig.known.width_m(), random);
            let ground = Ground::new(plan.solids.clone());
            let (radius_m, bias_m) = (family.route.radius_m.draw(random), family.route.bias_m.draw(random));
            let corners = route::corners(&plan, family, random);
            let path = route::centred(&corners, radius_m, bias_m, &ground, &rig.known);
            let passable = route::passable(&path, &ground, &rig.known);
            passable.then_some(Scene { ground, zones: plan.zones, path }).ok_or(Rejection::Impassable)
        })
    }

    /// The same on scenes that somebody else lays out.
    ///
    /// # Errors
    /// [`ScenarioError::Undrivable`] if no scene can be driven.
    pub fn draw_on(
        family: &Family,
        seed: u64,
        mut scene: impl FnMut(&Rig, &mut Random) -> Result<Scene, Rejection>,
    ) -> Result<Self, ScenarioError> {
        let mut rejections = std::collections::BTreeMap::new();
        for draw in 0..MOST_DRAWS {
            let mut random = Random::new(seed ^ draw.wrapping_mul(DRAW_SALT));
            let rig = Rig::draw(family, &mut random);
            let drawn = scene(&rig, &mut random).and_then(|scene| Self::fill(family, (seed, rig), scene, &mut random));
            match drawn {
                Ok(scenario) => return Ok(scenario),
                Err(rejection) => *rejections.entry(rejection).or_insert(0_u64) += 1,
            }
        }
        let reasons: Vec<String> = rejections.iter().map(|(rejection, count)| format!("{rejection:?} {count}")).collect();
        Err(ScenarioError::Undrivable { family: family.name.clone(), tries: MOST_DRAWS, reasons: reasons.join(", ") })
    }

    fn fill(family: &Family, (seed, rig): (u64, Rig), scene: Scene, random: &mut Random) -> Result<Self, Rejection> {
        let loss_s = family.loss.at_s.draw(random);
        let habits = Habits::draw(&family.operator, loss_s + 1.0, random);
        let corridor = CorridorMaker::draw(&family.corridor, random);
        let senses = Senses::draw(&family.sensing, random);
        let limits = operator::limits(&scene.path, &rig.known, habits.bend_share);
        let room_m = scene.path.length_m() - MOST_START_SPEED_MPS * loss_s * 0.5 - 2.0;
        if room_m < 1.0 {
            return Err(Rejection::TooShort);
        }
        let start_m = random.between(0.0, room_m);
        let way = scene.path.at(start_m);
        let (x_m, y_m) = way.beside(0.05 * random.bell());
        let start = Place { x_m, y_m, heading_rad: way.heading_rad + 0.02 * random.bell() };
        let speed_mps = limits[scene.path.index(start_m)].min(habits.speed_mps) * random.between(0.6, 1.0);
        let steering_rad = rig.known.steering_rad(way.curvature_per_m);
        let mut scenario = Self {
            seed,
            map: scene.ground.mapped(),
            ground: scene.ground,
            zones: scene.zones,
            first_command: Drive { speed_mps, accel_mps2: 0.8, steering_rad, ..Drive::default() },
            rig,
            path: scene.path,
            start_m,
            start,
            habits,
            corridor,
            people: Vec::new(),
            senses,
            loss_at: START.after(TICK * ticks(loss_s)),
            limits,
            scanners: OnceLock::new(),
        };
        let table = scenario.timetable(loss_s)?;
        let block = family.corridor.blocked_share.draw(random).then(|| block(&table, random));
        let people = walkers::draw(&family.people, &scenario.ground, &table, random);
        if let Some(block) = block {
            let solids = scenario.ground.solids().iter().copied().chain([block]);
            scenario.ground = Ground::new(solids.collect());
        }
        scenario.people = people;
        scenario.check()?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), Rejection> {
        let (ride, _) = self.driven();
        match () {
            () if ride.contact().is_some() => Err(Rejection::ContactBefore),
            () if ride.latest().speed_mps < SLOWEST_MPS => Err(Rejection::Slow),
            () => Ok(()),
        }
    }

    /// When the truck would be where if nobody were about.
    fn timetable(&self, loss_s: f64) -> Result<Timetable<'_>, Rejection> {
        let mut ride = Ride::begin(self, true);
        let mut driver = Driver::begin(self);
        let mut ticks = Vec::with_capacity(1024);
        let end = self.loss_at.after(Duration::from_secs(2));
        while ride.now() < end {
            let command = driver.command(self, &ride);
            ride.heard(self);
            ride.tick(self, command);
            ticks.push((driver.at_m(), ride.latest().place.point(self.rig.known.ahead_m(), 0.0)));
            if ride.contact().is_some() && ride.now() <= self.loss_at {
                return Err(Rejection::ContactBefore);
            }
        }
        Ok(Timetable { path: &self.path, ticks, tick_s: TICK_S, loss_s })
    }

    /// The ride up to the loss and the last command, if nothing but operator and cap drives.
    #[must_use]
    pub fn driven(&self) -> (Ride, Drive) {
        let mut ride = Ride::begin(self, false);
        let mut driver = Driver::begin(self);
        let mut command = self.first_command;
        while ride.now() < self.loss_at {
            command = driver.command(self, &ride);
            ride.heard(self);
            ride.tick(self, command);
        }
        (ride, command)
    }

    /// Highest speed in and before the bends of the way.
    #[must_use]
    pub fn limit_mps(&self, at_m: f64) -> f64 {
        self.limits.get(self.path.index(at_m)).copied().unwrap_or(0.0)
    }

    /// The truck's scanners, made when they are first asked for.
    #[must_use]
    pub fn scanners(&self) -> &[Scanner; 2] {
        self.scanners.get_or_init(|| {
            let known = &self.rig.known;
            let body = Part { from_m: -known.shape.behind_m, to_m: known.fork_face_m, width_m: known.shape.width_m };
            // A load that is carried high leaves the plane of the scanners free.
            let load = known.load.filter(|_| known.fork_m < LOAD_IN_PLANE_M);
            let parts: Vec<Part> = std::iter::once(body).chain(load).collect();
            let pair =
                ScannerSetup::diagonal_pair(known.fork_face_m, known.shape.behind_m, known.shape.width_m, self.senses.response);
            let setup = |setup| ScannerSetup { noise_m: self.senses.noise_m, lost_share: self.senses.lost_share, ..setup };
            pair.map(|one| Scanner::new(setup(one), &parts))
        })
    }
}

impl Senses {
    fn draw(family: &Sensing, random: &mut Random) -> Self {
        let drift = family.gyro_radps.draw(random);
        Self {
            reckoning: ReckoningError {
                wheel: family.wheel.draw(random),
                gyro_radps: if random.chance(0.5) { drift } else { -drift },
            },
            localisation: LocalisationError {
                deviation_m: family.place_m.draw(random),
                deviation_rad: family.heading_rad.draw(random),
                memory_s: family.memory_s.draw(random),
                absent: family.absent_share.draw(random),
            },
            response: Duration::from_secs_f64(family.response_s.draw(random)),
            noise_m: family.noise_m.draw(random),
            lost_share: family.lost_share.value(),
        }
    }
}

/// A pallet on the way, some metres beyond where the truck is at the loss.
fn block(table: &Timetable<'_>, random: &mut Random) -> Solid {
    let way = table.path.at(table.at(table.loss_s).0 + random.between(4.0, 8.0));
    let (x, y) = way.beside(random.between(-0.8, 0.8));
    let (half_x, half_y) = if random.chance(0.5) { (0.4, 0.6) } else { (0.6, 0.4) };
    Solid::new((x - half_x, y - half_y), (x + half_x, y + half_y), SolidKind::Clutter).unmapped()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some seconds, not negative")]
fn ticks(seconds: f64) -> u32 {
    (seconds / TICK_S).round() as u32
}

/// A loss counts only if the truck drives.
const SLOWEST_MPS: f64 = 0.3;
/// About as far as it gets in the time before the loss.
const MOST_START_SPEED_MPS: f64 = 2.5;
/// So many draws for one seed; a usual family needs two or three.
const MOST_DRAWS: u64 = 400;
const DRAW_SALT: u64 = 0x9e37_79b9_7f4a_7c15;
/// Loads carried above this do not stand in the plane of the scanners.
const LOAD_IN_PLANE_M: f64 = 0.25;
