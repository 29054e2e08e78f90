//! The scripted operator: follows the way a little late, with a hand that is not quite still and slips now and then.

use crate::cap;
use crate::family;
use crate::path::{Path, Waypoint, turned};
use crate::ride::{Ride, START, TICK_S};
use crate::rig::Known;
use crate::scenario::Scenario;
use farhand_world::{Drive, Place, Random};

/// How somebody drives.
#[derive(Debug, Clone, PartialEq)]
pub struct Habits {
    /// As fast as this where nothing speaks against it.
    pub speed_mps: f64,
    /// How much of the safe sideways acceleration they use in bends.
    pub bend_share: f64,
    /// From what is to what the hand does about it.
    pub delay_s: f64,
    /// Standard deviation of the hand on the wheel.
    pub hand_rad: f64,
    /// Corrections that are too large.
    pub slips: Vec<Slip>,
}

/// One correction that is too large.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slip {
    /// From here, in seconds since the beginning.
    pub from_s: f64,
    /// To here.
    pub to_s: f64,
    /// So much too far.
    pub by_rad: f64,
}

impl Habits {
    /// Draws them for a drive of this length.
    pub fn draw(family: &family::Operator, seconds: f64, random: &mut Random) -> Self {
        let (rate, mut at_s) = (family.slips_per_s.draw(random), 0.0);
        let mut slips = Vec::new();
        // Slips come without memory: the time to the next one is exponential.
        while rate > 0.0 && slips.len() < MOST_SLIPS {
            at_s += -(1.0 - random.unit()).ln() / rate;
            let (by_rad, lasts) = (family.slip_rad.draw(random), family.slip_s.draw(random));
            let by_rad = if random.chance(0.5) { by_rad } else { -by_rad };
            if at_s > seconds {
                break;
            }
            slips.push(Slip { from_s: at_s, to_s: at_s + lasts, by_rad });
        }
        Self {
            speed_mps: family.speed_mps.draw(random),
            bend_share: family.bend_share.draw(random),
            delay_s: family.delay_s.draw(random),
            hand_rad: family.hand_rad.draw(random),
            slips,
        }
    }
}

/// Operator and cap together: what reaches the truck while the link is up.
#[derive(Debug, Clone)]
pub struct Driver {
    operator: Operator,
    cap_mps: f64,
    asked: usize,
}

impl Driver {
    /// At the beginning of a scenario.
    #[must_use]
    pub fn begin(scenario: &Scenario) -> Self {
        Self { operator: Operator::begin(scenario), cap_mps: f64::INFINITY, asked: 0 }
    }

    /// The command of this tick.
    pub fn command(&mut self, scenario: &Scenario, ride: &Ride) -> Drive {
        if self.asked.is_multiple_of(CAP_TICKS) {
            self.cap_mps = cap::cap_mps(scenario, ride, self.operator.at_m());
        }
        self.asked += 1;
        self.operator.command(scenario, ride, self.cap_mps)
    }

    /// Metres along the way.
    #[must_use]
    pub fn at_m(&self) -> f64 {
        self.operator.at_m()
    }
}

/// The hand on the wheel.
#[derive(Debug, Clone)]
pub(crate) struct Operator {
    chance: Random,
    off: f64,
    at_m: f64,
    steering_rad: f64,
    /// What the eye has ordered and the hand has not done yet.
    coming: Vec<f64>,
}

impl Operator {
    /// At the beginning of a scenario.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "up to a second in ticks")]
    pub(crate) fn begin(scenario: &Scenario) -> Self {
        let waiting = (scenario.habits.delay_s / TICK_S) as usize + 1;
        let mut chance = Random::new(scenario.seed ^ OPERATOR_SALT);
        let steering_rad = scenario.first_command.steering_rad;
        Self { off: chance.bell(), chance, at_m: scenario.start_m, steering_rad, coming: vec![steering_rad; waiting] }
    }

    /// Metres along the way.
    #[must_use]
    pub(crate) fn at_m(&self) -> f64 {
        self.at_m
    }

    /// The command of this tick, no faster than `cap_mps`.
    pub(crate) fn command(&mut self, scenario: &Scenario, ride: &Ride, cap_mps: f64) -> Drive {
        let (habits, known) = (&scenario.habits, &scenario.rig.known);
        let now = ride.latest();
        self.at_m = scenario.path.nearest_m((now.place.x_m, now.place.y_m), (self.at_m - 0.3).max(0.0), 2.0);
        // The eye looks ahead by what the hand will be late.
        let late_m = now.speed_mps * habits.delay_s;
        let then = ahead(&now.place, late_m, known.curvature_per_m(now.steering_rad));
        let ordered = steering_towards(&scenario.path, self.at_m + late_m, &then, now.speed_mps, known);
        self.coming.push(ordered);
        let done = self.coming.remove(0);
        self.off += -self.off * TICK_S / HAND_S + (2.0 * TICK_S / HAND_S).sqrt() * self.chance.bell();
        let seconds = ride.now().since(START).as_secs_f64();
        let slip: f64 =
            habits.slips.iter().filter(|slip| (slip.from_s..slip.to_s).contains(&seconds)).map(|slip| slip.by_rad).sum();
        // The faster one drives the smaller are the mistakes of the hand.
        let wish = done + (self.off * habits.hand_rad + slip) * (CALM_MPS / now.speed_mps.max(CALM_MPS));
        let most = HAND_RADPS * TICK_S;
        self.steering_rad += (wish - self.steering_rad).clamp(-most, most);
        let steering_rad = known.gentle_steering_rad(self.steering_rad, now.speed_mps, GENTLE);
        let limit = scenario.limit_mps(self.at_m + now.speed_mps * 0.3);
        let speed_mps = habits.speed_mps.min(cap_mps).min(limit);
        let brake = now.speed_mps > speed_mps + 0.2 || speed_mps < 0.05;
        let brake_mps2 = if brake { BRAKE_SHARE * known.safe_decel_mps2 } else { 0.0 };
        Drive { speed_mps, accel_mps2: 0.8, brake_mps2, steering_rad, lift_mps: 0.0 }
    }
}

/// How fast one drives along a way: slower before and in bends, and to a stand at its end.
#[must_use]
pub(crate) fn limits(path: &Path, known: &Known, bend_share: f64) -> Vec<f64> {
    let lateral = bend_share * known.safe_lateral_mps2;
    let bend = |point: &Waypoint| (lateral / point.curvature_per_m.abs().max(1e-3)).sqrt();
    let mut limits: Vec<f64> = path.points().iter().map(bend).collect();
    let mut after = 0.0_f64;
    let decel = 0.5 * known.safe_decel_mps2.min(1.6);
    for limit in limits.iter_mut().rev() {
        *limit = limit.min((after * after + 2.0 * decel * crate::path::STEP_M).sqrt());
        after = *limit;
    }
    limits
}

/// The wheel that leads from a place back to the way: an arc to a point ahead.
#[must_use]
pub(crate) fn steering_towards(path: &Path, at_m: f64, place: &Place, speed_mps: f64, known: &Known) -> f64 {
    let aim = path.at(at_m + LOOK_AHEAD_M + LOOK_AHEAD_S * speed_mps.abs());
    let (dx, dy) = (aim.x_m - place.x_m, aim.y_m - place.y_m);
    let bearing = turned(place.heading_rad, dy.atan2(dx));
    known.steering_rad(2.0 * bearing.sin() / dx.hypot(dy).max(0.3))
}

fn ahead(place: &Place, by_m: f64, curvature_per_m: f64) -> Place {
    let turn = by_m * curvature_per_m;
    let middle = place.heading_rad + turn / 2.0;
    Place { x_m: place.x_m + by_m * middle.cos(), y_m: place.y_m + by_m * middle.sin(), heading_rad: place.heading_rad + turn }
}

/// The cap is looked at ten times a second.
const CAP_TICKS: usize = 10;
/// Up to this speed the hand is as unsteady as the family says.
const CALM_MPS: f64 = 1.5;
/// Memory of the hand's noise.
const HAND_S: f64 = 0.5;
/// Fastest turn of the wheel by hand, in angle of the steered wheel.
const HAND_RADPS: f64 = 1.2;
/// The gate keeps the sideways acceleration below this share of what is safe.
const GENTLE: f64 = 0.95;
const BRAKE_SHARE: f64 = 0.6;
const LOOK_AHEAD_M: f64 = 0.8;
const LOOK_AHEAD_S: f64 = 0.45;
const MOST_SLIPS: usize = 16;
const OPERATOR_SALT: u64 = 0x0f1e_2d3c_4b5a_6978;
