//! The truck of one scenario: as it is, and as it knows itself.

use crate::family::{Family, Loads};
use farhand_world::{
    BODY_M, Balance, Drive, GRAVITY_MPS2, Ground, Load, Outline, Part, Place, Random, Response, Shape, TipLimits, Truck,
};
use std::time::Duration;

/// What a vehicle knows of itself: its profile, its load, and what these allow. Lengths and times in SI.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Body and forks.
    pub shape: Shape,
    /// Fixed axle to the face of the forks.
    pub fork_face_m: f64,
    /// Dead times and rates as the profile says; the truth is a little different.
    pub response: Response,
    /// What is on the forks takes this of the floor.
    pub load: Option<Part>,
    /// Height of the forks.
    pub fork_m: f64,
    /// How hard it may brake with this load at this height.
    pub safe_decel_mps2: f64,
    /// How hard it may turn.
    pub safe_lateral_mps2: f64,
    /// From the last command to the first command of the stop.
    pub detection: Duration,
}

/// The truck as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Rig {
    /// What it knows of itself.
    pub known: Known,
    /// How it really answers.
    pub response: Response,
    /// Accelerations that end badly.
    pub tips: TipLimits,
}

/// How long the last command is held before a loss counts as one.
pub const DETECTION: Duration = Duration::from_millis(250);

impl Rig {
    /// Draws one.
    pub fn draw(family: &Family, random: &mut Random) -> Self {
        let truck = &family.truck;
        let fork_face_m = truck.fork_face_m.draw(random);
        let shape = Shape {
            wheelbase_m: truck.wheelbase_m.draw(random),
            behind_m: truck.behind_m.draw(random),
            ahead_m: fork_face_m + truck.forks_m.draw(random),
            width_m: truck.width_m.draw(random),
        };
        let mast_m = family.load.mast_m.draw(random);
        let response = Response {
            steer_dead_time: millis(truck.steer_dead_s.draw(random)),
            steer_rate_radps: truck.steer_rate_radps.draw(random),
            max_steering_rad: 1.3,
            brake_dead_time: millis(truck.brake_dead_s.draw(random)),
            brake_jerk_mps3: truck.brake_jerk_mps3.draw(random),
            traction_lag: millis(truck.traction_lag_s.draw(random)),
            max_speed_mps: MAX_SPEED_MPS,
            max_accel_mps2: 1.0,
            max_lift_mps: 0.4,
            mast_height_m: mast_m,
            watchdog_after: Duration::from_millis(200),
            watchdog_decel_mps2: 1.6,
        };
        let known_response = Response {
            steer_dead_time: response.steer_dead_time.mul_f64(truck.knowledge.draw(random)),
            steer_rate_radps: response.steer_rate_radps * truck.knowledge.draw(random),
            brake_dead_time: response.brake_dead_time.mul_f64(truck.knowledge.draw(random)),
            brake_jerk_mps3: response.brake_jerk_mps3 * truck.knowledge.draw(random),
            ..response
        };
        let wet = truck.wet_share.draw(random);
        let friction = if wet { truck.wet_friction } else { truck.dry_friction }.draw(random);
        let carried = Carried::draw(&family.load, mast_m, random);
        let balance = Balance {
            mass_kg: 3_100.0,
            centre_behind_m: 0.65,
            centre_height_m: 0.6,
            track_m: 0.85 * shape.width_m,
            wheelbase_m: shape.wheelbase_m,
            fork_face_m,
        };
        let tips = balance.limits(carried.load.as_ref().map(|load| (load, carried.fork_m)), FORK_FRICTION);
        let most = FLOOR_SHARE * friction * GRAVITY_MPS2;
        let safe_decel_mps2 = carried.decel_mps2.min(most).min(TIP_SHARE * tips.forward_mps2);
        let known = Known {
            shape,
            fork_face_m,
            response: known_response,
            load: carried.load.map(|load| load.part(fork_face_m)),
            fork_m: carried.fork_m,
            safe_decel_mps2,
            safe_lateral_mps2: carried.lateral_mps2.min(most).min(TIP_SHARE * tips.sideways_mps2),
            detection: DETECTION,
        };
        Self { known, response, tips }
    }

    /// The truck under way with this command.
    #[must_use]
    pub fn truck(&self, place: Place, now: farhand_protocol::MonoTime, command: Drive) -> Truck {
        let mut truck = Truck::under_way(self.known.shape, self.response, place, now, command);
        truck.set_fork(self.known.fork_m);
        truck
    }
}

impl Known {
    /// What it takes of the floor, load included, at a place.
    #[must_use]
    pub fn footprint(&self, place: &Place) -> Footprint {
        let Shape { behind_m, ahead_m, width_m, .. } = self.shape;
        let load = self.load.filter(|load| load.to_m > ahead_m || load.width_m > width_m);
        let load = load.map(|load| Outline::around(place, -load.from_m, load.to_m, load.width_m));
        Footprint { body: Outline::around(place, behind_m, ahead_m, width_m), load }
    }

    /// A footprint that is larger on all sides.
    #[must_use]
    pub fn grown_footprint(&self, place: &Place, by_m: f64) -> Footprint {
        let Shape { behind_m, ahead_m, width_m, .. } = self.shape;
        let grown = |behind, ahead, width| Outline::around(place, behind + by_m, ahead + by_m, width + 2.0 * by_m);
        let load = self.load.map(|load| grown(-load.from_m, load.to_m, load.width_m));
        Footprint { body: grown(behind_m, ahead_m, width_m), load }
    }

    /// Widest part.
    #[must_use]
    pub fn width_m(&self) -> f64 {
        self.load.map_or(self.shape.width_m, |load| load.width_m.max(self.shape.width_m))
    }

    /// Foremost point, ahead of the fixed axle.
    #[must_use]
    pub fn ahead_m(&self) -> f64 {
        self.load.map_or(self.shape.ahead_m, |load| load.to_m.max(self.shape.ahead_m))
    }

    /// Angle of the wheel for a curvature, as far as the wheel turns.
    #[must_use]
    pub fn steering_rad(&self, curvature_per_m: f64) -> f64 {
        let most = self.response.max_steering_rad;
        (curvature_per_m * self.shape.wheelbase_m).atan().clamp(-most, most)
    }

    /// Curvature of the path with the wheel at this angle.
    #[must_use]
    pub fn curvature_per_m(&self, steering_rad: f64) -> f64 {
        steering_rad.tan() / self.shape.wheelbase_m
    }

    /// The angle, made so small that the sideways acceleration at this speed keeps below a share of what is safe.
    #[must_use]
    pub fn gentle_steering_rad(&self, steering_rad: f64, speed_mps: f64, share: f64) -> f64 {
        let most = share * self.safe_lateral_mps2 / (speed_mps * speed_mps).max(0.01);
        let most = (most * self.shape.wheelbase_m).atan().min(self.response.max_steering_rad);
        steering_rad.clamp(-most, most)
    }
}

/// One or two rectangles: the body with its forks, and what of a load sticks out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Footprint {
    /// Body and forks.
    pub body: Outline,
    /// The load, if it reaches beyond them.
    pub load: Option<Outline>,
}

impl Footprint {
    /// Its rectangles.
    pub fn parts(&self) -> impl Iterator<Item = &Outline> {
        std::iter::once(&self.body).chain(&self.load)
    }

    /// Metres to a point; 0 inside.
    #[must_use]
    pub fn distance_to(&self, point: (f64, f64)) -> f64 {
        self.parts().map(|part| part.distance_to(point)).fold(f64::INFINITY, f64::min)
    }

    /// True if it touches somebody whose middle is there.
    #[must_use]
    pub fn touches_person(&self, at: (f64, f64)) -> bool {
        self.distance_to(at) < BODY_M
    }

    /// The first solid it shares floor with.
    #[must_use]
    pub fn obstacle<'a>(&self, ground: &'a Ground) -> Option<&'a farhand_world::Solid> {
        self.parts().find_map(|part| ground.obstacle(part))
    }

    /// True if it shares floor with an outline.
    #[must_use]
    pub fn overlaps(&self, other: &Outline) -> bool {
        self.parts().any(|part| part.overlaps(other))
    }
}

/// What is on the forks, how high, and what that allows.
struct Carried {
    load: Option<Load>,
    fork_m: f64,
    decel_mps2: f64,
    lateral_mps2: f64,
}

impl Carried {
    fn draw(loads: &Loads, mast_m: f64, random: &mut Random) -> Self {
        let load = Load {
            mass_kg: loads.mass_kg.draw(random),
            length_m: loads.length_m.draw(random),
            width_m: loads.width_m.draw(random),
            centre_m: loads.centre_m.draw(random),
        };
        let (laden, raised, height) = (loads.laden_share.draw(random), loads.raised_share.draw(random), random.between(0.2, 1.0));
        let (unladen, low) = (loads.decel_unladen_mps2.draw(random), loads.decel_low_mps2.draw(random));
        let (high, lateral_mps2) = (loads.decel_raised_mps2.draw(random), loads.lateral_mps2.draw(random));
        if !laden {
            return Self { load: None, fork_m: TRAVEL_M, decel_mps2: unladen, lateral_mps2 };
        }
        if !raised {
            return Self { load: Some(load), fork_m: TRAVEL_M, decel_mps2: low, lateral_mps2 };
        }
        let decel_mps2 = low + (high.min(low) - low) * height;
        Self { load: Some(load), fork_m: mast_m * height, decel_mps2, lateral_mps2: lateral_mps2 * decel_mps2 / low }
    }
}

fn millis(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.max(0.0))
}

/// The study's trucks are as fast as this (safety.md 3.4).
const MAX_SPEED_MPS: f64 = 3.0;
/// Height of the forks on the way.
const TRAVEL_M: f64 = 0.15;
/// Wood on steel.
const FORK_FRICTION: f64 = 0.4;
/// safety.md 4.1: no more than 0.6 of what the floor holds.
const FLOOR_SHARE: f64 = 0.6;
/// What is safe keeps away from what tips.
const TIP_SHARE: f64 = 0.6;
