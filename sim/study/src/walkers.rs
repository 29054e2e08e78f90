//! Who walks about: people who come out from behind racks, cross the way in the open, or walk along it.

use crate::family::People;
use crate::path::Path;
use farhand_world::{BODY_M, Ground, Manner, Person, Random, Walk};
use std::f64::consts::FRAC_PI_2;

/// The truck's way and when it would be where, if nobody were about.
#[derive(Debug)]
pub(crate) struct Timetable<'a> {
    /// The way.
    pub path: &'a Path,
    /// Place along the way and of the truck's front at each tick.
    pub ticks: Vec<(f64, (f64, f64))>,
    /// Seconds from one tick to the next.
    pub tick_s: f64,
    /// When the link goes.
    pub loss_s: f64,
}

/// Draws everybody. Who finds no place in so many tries stays away.
pub(crate) fn draw(people: &People, ground: &Ground, table: &Timetable<'_>, random: &mut Random) -> Vec<Person> {
    let draw = random.unit();
    let count =
        if draw < people.two_share.value() { 2 } else { usize::from(draw < people.two_share.value() + people.one_share.value()) };
    (0..count).filter_map(|_| one(people, ground, table, random)).collect()
}

fn one(people: &People, ground: &Ground, table: &Timetable<'_>, random: &mut Random) -> Option<Person> {
    let kind = random.unit();
    let (step_out, along) = (people.step_out_share.value(), people.along_share.value());
    let slow = if people.slow_share.draw(random) { 0.5 } else { 1.0 };
    let speed = (people.speed_mps.draw(random) * slow).max(0.05);
    let (looks, rest_s) = (people.look_share.draw(random), people.look_s.draw(random));
    let manner = if people.social { Manner::Social } else { Manner::Unmoved };
    (0..TRIES).find_map(|_| {
        let late_s = people.late_s.draw(random);
        let walk = if (step_out..step_out + along).contains(&kind) {
            walk_along(ground, table, speed, random)
        } else {
            walk_across(ground, table, (speed, late_s, kind < step_out), random)
        }?;
        let walk = if looks { walk.resting(random.between(0.3, 3.0), rest_s) } else { walk };
        Some(Person { walk, manner })
    })
}

/// Across the way: on it `late_s` after the truck would be. Somebody hidden comes from where the truck does not see them
/// until shortly before.
fn walk_across(
    ground: &Ground,
    table: &Timetable<'_>,
    (speed, late_s, hidden): (f64, f64, bool),
    random: &mut Random,
) -> Option<Walk> {
    let at_s = table.loss_s + random.between(-0.5, WINDOW_S);
    let (at_m, _) = table.at(at_s);
    let way = table.path.at(at_m + random.between(0.0, AHEAD_M));
    let slant = random.between(-0.7, 0.7) + if random.chance(0.5) { FRAC_PI_2 } else { -FRAC_PI_2 };
    let heading = way.heading_rad + slant;
    let (from_m, on_m) = (random.between(1.2, 5.0), random.between(0.5, 4.0));
    let point = |metres: f64| (way.x_m + metres * heading.cos(), way.y_m + metres * heading.sin());
    let start = point(-from_m);
    if !roomy(ground, start) || !open(ground, start, (way.x_m, way.y_m)) {
        return None;
    }
    let beyond = ground.cast((way.x_m, way.y_m), heading, on_m);
    let end = point((beyond - BODY_M - 0.05).max(0.1));
    let meets_s = at_s + late_s;
    let start_s = meets_s - from_m / speed;
    if hidden {
        let (_, front) = table.at((meets_s - HIDDEN_S).max(0.0));
        if ground.sees(front, start) {
            return None;
        }
    }
    Some(Walk::through(&[start, (way.x_m, way.y_m), end], start_s, speed))
}

/// Along the way, beside the truck's path or on it, with it or against it, beginning well ahead of it.
fn walk_along(ground: &Ground, table: &Timetable<'_>, speed: f64, random: &mut Random) -> Option<Walk> {
    let (at_m, _) = table.at(table.loss_s);
    let first_m = at_m + random.between(5.0, 20.0);
    let against = random.chance(0.5);
    let aside = random.between(0.0, 1.5) * if random.chance(0.5) { 1.0 } else { -1.0 };
    let mut points = Vec::new();
    let mut on_m = 0.0;
    while on_m < ALONG_M {
        let way = table.path.at(if against { (first_m - on_m).max(0.0) } else { first_m + on_m });
        let point = way.beside(aside);
        if !roomy(ground, point) {
            break;
        }
        points.push(point);
        on_m += 0.5;
    }
    let start_s = if against { random.between(0.0, table.loss_s) } else { 0.0 };
    (points.len() > 4).then(|| Walk::through(&points, start_s, speed))
}

/// True if a body fits.
fn roomy(ground: &Ground, at: (f64, f64)) -> bool {
    ground.near(at, BODY_M + 0.02).next().is_none()
}

/// True if a body fits all the way between two points.
fn open(ground: &Ground, from: (f64, f64), to: (f64, f64)) -> bool {
    let steps = ((to.0 - from.0).hypot(to.1 - from.1) / 0.3).ceil().max(1.0);
    let mut step = 1.0;
    while step < steps {
        let share = step / steps;
        if !roomy(ground, (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)) {
            return false;
        }
        step += 1.0;
    }
    true
}

impl Timetable<'_> {
    /// Place along the way, and of the truck's front.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and clamped to the table")]
    pub(crate) fn at(&self, seconds: f64) -> (f64, (f64, f64)) {
        let tick = ((seconds / self.tick_s).max(0.0) as usize).min(self.ticks.len().saturating_sub(1));
        self.ticks.get(tick).copied().unwrap_or_default()
    }
}

/// Somebody who finds no place in so many tries stays away.
const TRIES: usize = 40;
/// People are on the way from shortly before the loss until the truck would long have stopped.
const WINDOW_S: f64 = 4.0;
/// They cross a little ahead of where the truck would be.
const AHEAD_M: f64 = 5.0;
/// Who steps out was hidden until this long before they are on the way.
const HIDDEN_S: f64 = 1.0;
const ALONG_M: f64 = 12.0;
