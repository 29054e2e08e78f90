//! Rolls a stop out: the last command for the detection time, the dead times, then the manoeuvre, by the laws of the truck.

use crate::geometry::{Pose, larger, within};
use crate::history::History;
use crate::model::Model;
use crate::motion::{Rolling, STEP, Traction, steps_in, turned};
use crate::situation::{Command, milli};
use crate::track::{Refusal, Step, Track};
use farhand_protocol::MonoTime;

/// Commands on their way through a dead time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pending {
    values: [f64; MOST_DEAD_STEPS],
    next: usize,
    dead_steps: usize,
}

impl Pending {
    fn new(dead: f64, told: impl Fn(f64) -> f64) -> Self {
        let dead_steps = steps_in(dead).min(MOST_DEAD_STEPS);
        let mut values = [0.0; MOST_DEAD_STEPS];
        let mut ahead = 0.0;
        for value in values.iter_mut().take(dead_steps) {
            *value = told(ahead);
            ahead += STEP;
        }
        Self { values, next: 0, dead_steps }
    }

    /// Takes a command in and gives out the one that takes effect in this step.
    fn pass(&mut self, command: f64) -> f64 {
        let Some(slot) = self.values.get_mut(self.next).filter(|_| self.dead_steps > 0) else { return command };
        self.next = (self.next + 1) % self.dead_steps;
        std::mem::replace(slot, command)
    }

    /// What takes effect in the step after `steps` more, if it was told already.
    fn ahead(&self, steps: usize) -> Option<f64> {
        let place = (steps < self.dead_steps).then(|| (self.next + steps) % self.dead_steps)?;
        self.values.get(place).copied()
    }
}

/// A vehicle in motion, with the commands on their way to its wheels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vehicle {
    pub(crate) pose: Pose,
    pub(crate) rolling: Rolling,
    pub(crate) steering: f64,
    /// Of the path with that steering.
    curvature: f64,
    pub(crate) seconds: f64,
    pub(crate) travelled: f64,
    wheel: Pending,
    brake: Pending,
    /// Commands on their way that took effect already without others coming after them.
    used: usize,
}

impl Vehicle {
    /// As measured at `now`; the commands before are those of the history.
    pub(crate) fn measured(model: &Model, history: &History, now: MonoTime, (pose, speed, steering): (&Pose, f64, f64)) -> Self {
        let steering = within(steering, model.max_steering);
        Self {
            pose: *pose,
            rolling: Rolling { speed, decel: history.decel() },
            steering,
            curvature: model.curvature(steering),
            seconds: 0.0,
            travelled: 0.0,
            wheel: Pending::new(model.steer_dead, |ahead| history.steering(model, now, ahead).unwrap_or(steering)),
            brake: Pending::new(model.brake_dead, |ahead| history.brake(model, now, ahead)),
            used: 0,
        }
    }
}

/// Limits that a roll-out keeps, or it is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) lateral: f64,
    pub(crate) longest_m: f64,
    pub(crate) longest_s: f64,
}

/// Moves a vehicle and writes its way down in steps long enough to be worth a sweep.
pub(crate) struct Roller<'a> {
    model: &'a Model,
    bounds: Bounds,
    track: &'a mut Track,
    open: Option<Step>,
}

impl<'a> Roller<'a> {
    pub(crate) fn new(model: &'a Model, bounds: Bounds, track: &'a mut Track) -> Self {
        Self { model, bounds, track, open: None }
    }

    /// Holds a command for `steps` steps. The traction may be cut at any of them, before the brake bites: the sideways limit must
    /// bear the speed that is left if the drive does not slow the vehicle.
    pub(crate) fn hold(&mut self, vehicle: &mut Vehicle, command: &Command, steps: usize) -> Result<(), Refusal> {
        let traction = Traction::of(self.model, command);
        let wheel = within(milli(command.steering_mrad), self.model.max_steering);
        let brake = milli(command.brake_mm_s2).max(0.0);
        let mut uncut = vehicle.rolling.speed.abs();
        for _ in 0..steps {
            let (demanded, wanted) = (vehicle.brake.pass(brake), vehicle.wheel.pass(wheel));
            self.step(vehicle, traction, demanded, wanted)?;
            let loss = self.model.rolling.max(vehicle.rolling.decel) * STEP;
            uncut = larger(uncut - loss, vehicle.rolling.speed.abs());
            if uncut * uncut * vehicle.curvature.abs() > self.bounds.lateral {
                return Err(Refusal::Lateral);
            }
        }
        self.close()
    }

    /// The beginning of every stop: the traction goes off, and until the shorter dead time is over nothing else can be told
    /// apart. Afterwards `vehicle` is good for [`Profile`] only.
    pub(crate) fn coast(&mut self, vehicle: &mut Vehicle) -> Result<(), Refusal> {
        while let (Some(demanded), Some(wanted)) = (vehicle.brake.ahead(vehicle.used), vehicle.wheel.ahead(vehicle.used)) {
            self.step(vehicle, Traction::OFF, demanded, wanted)?;
            vehicle.used += 1;
        }
        self.close()
    }

    /// Brakes to a standstill while `law` steers, asked once in [`LAW_STEPS`].
    pub(crate) fn brake(
        &mut self,
        vehicle: &mut Vehicle,
        decel: f64,
        mut law: impl FnMut(&Vehicle) -> f64,
    ) -> Result<(), Refusal> {
        while !vehicle.rolling.stands() {
            let wheel = law(vehicle);
            for _ in 0..LAW_STEPS {
                let (demanded, wanted) = (vehicle.brake.pass(decel), vehicle.wheel.pass(wheel));
                self.step(vehicle, Traction::OFF, demanded, wanted)?;
            }
        }
        self.close()
    }

    fn step(&mut self, vehicle: &mut Vehicle, traction: Traction, demanded: f64, wanted: f64) -> Result<(), Refusal> {
        let (speed_before, steering_before) = (vehicle.rolling.speed, vehicle.steering);
        let open = *self.open.get_or_insert(Step {
            pose: vehicle.pose,
            steering: steering_before,
            seconds: vehicle.seconds,
            travelled: vehicle.travelled,
            ds: 0.0,
            dtheta: 0.0,
            bend: 0.0,
            speed: 0.0,
        });
        vehicle.rolling.step(self.model, traction, demanded, STEP);
        vehicle.steering = turned(self.model, steering_before, wanted, STEP);
        let speed = 0.5 * (speed_before + vehicle.rolling.speed);
        let curvature_before = vehicle.curvature;
        let curvature = if vehicle.steering == steering_before {
            curvature_before
        } else {
            vehicle.curvature = self.model.curvature(vehicle.steering);
            self.model.curvature(0.5 * (steering_before + vehicle.steering))
        };
        let (ds, dtheta) = (speed * STEP, speed * STEP * curvature);
        let bend = (vehicle.curvature - curvature_before).abs();
        // A change of direction is the end of a step.
        let open = if open.ds * ds < 0.0 {
            self.close()?;
            Step { ds: 0.0, dtheta: 0.0, bend: 0.0, speed: 0.0, ..open }
        } else {
            open
        };
        vehicle.pose = vehicle.pose.moved(ds, dtheta);
        vehicle.seconds += STEP;
        vehicle.travelled += ds.abs();
        self.open = Some(Step {
            pose: vehicle.pose,
            steering: vehicle.steering,
            seconds: vehicle.seconds,
            travelled: vehicle.travelled,
            ds: open.ds + ds,
            dtheta: open.dtheta + dtheta,
            bend: open.bend + bend,
            speed: larger(open.speed, larger(speed_before.abs(), vehicle.rolling.speed.abs())),
        });
        self.check(vehicle, speed * speed * curvature.abs())?;
        let bowed = |open: Step| open.bow(self.model.radius()) >= MOST_BOW_M;
        if self.open.is_some_and(|open| open.ds.abs() >= LONG_STEP_M || bowed(open)) { self.close() } else { Ok(()) }
    }

    fn check(&self, vehicle: &Vehicle, lateral: f64) -> Result<(), Refusal> {
        if lateral > self.bounds.lateral {
            return Err(Refusal::Lateral);
        }
        let fits = vehicle.travelled <= self.bounds.longest_m && vehicle.seconds <= self.bounds.longest_s + STEP;
        if fits { Ok(()) } else { Err(Refusal::TooLong) }
    }

    /// Writes the open step down; one without any way is none.
    fn close(&mut self) -> Result<(), Refusal> {
        match self.open.take() {
            Some(step) if step.ds != 0.0 => self.track.push(step),
            _ => Ok(()),
        }
    }
}

/// A speed profile: the same for every steering of the library.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    knots: Vec<Knot>,
    refusal: Option<Refusal>,
}

#[derive(Debug, Clone, Copy)]
struct Knot {
    begin: f64,
    end: f64,
    ds: f64,
    speed: f64,
    mean_speed: f64,
}

impl Profile {
    pub(crate) fn new() -> Self {
        Self { knots: Vec::with_capacity(MOST_KNOTS), refusal: None }
    }

    /// The speeds of a stop from `vehicle` on, with the traction off and this deceleration demanded.
    pub(crate) fn brake(&mut self, model: &Model, bounds: Bounds, vehicle: &Vehicle, decel: f64) {
        self.knots.clear();
        self.refusal = self.roll(model, bounds, vehicle, decel).err();
    }

    fn roll(&mut self, model: &Model, bounds: Bounds, vehicle: &Vehicle, decel: f64) -> Result<(), Refusal> {
        let (mut rolling, mut used) = (vehicle.rolling, vehicle.used);
        let (mut seconds, mut travelled) = (vehicle.seconds, vehicle.travelled);
        let mut open = Knot { begin: seconds, end: seconds, ds: 0.0, speed: rolling.speed.abs(), mean_speed: 0.0 };
        while !rolling.stands() {
            let before = rolling.speed;
            rolling.step(model, Traction::OFF, vehicle.brake.ahead(used).unwrap_or(decel), STEP);
            used += 1;
            let ds = 0.5 * (before + rolling.speed) * STEP;
            seconds += STEP;
            travelled += ds.abs();
            if seconds > bounds.longest_s + STEP || travelled > bounds.longest_m {
                return Err(Refusal::TooLong);
            }
            open = Knot { end: seconds, ds: open.ds + ds, ..open };
            let long = open.ds.abs() >= LONG_STEP_M || open.end - open.begin >= LONG_STEP_S;
            if long || rolling.stands() {
                self.push(open)?;
                open = Knot { begin: seconds, end: seconds, ds: 0.0, speed: rolling.speed.abs(), mean_speed: 0.0 };
            }
        }
        Ok(())
    }

    fn push(&mut self, knot: Knot) -> Result<(), Refusal> {
        if self.knots.len() >= MOST_KNOTS {
            return Err(Refusal::TooLong);
        }
        self.knots.push(Knot { mean_speed: knot.ds / (knot.end - knot.begin).max(STEP), ..knot });
        Ok(())
    }

    /// The way with this profile and the wheel turned to `target` as fast as it goes; the track is at `vehicle` already.
    pub(crate) fn steer(
        &self,
        model: &Model,
        bounds: Bounds,
        vehicle: &Vehicle,
        target: f64,
        track: &mut Track,
    ) -> Result<(), Refusal> {
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        let mut wheel = Wheel::new(model, vehicle, target);
        let (mut pose, mut travelled) = (vehicle.pose, vehicle.travelled);
        for knot in &self.knots {
            // Where the wheel turns far on a short way, the knot is cut into pieces.
            let turned = (model.steer_rate * (knot.end - knot.begin)).min((target - wheel.angle).abs());
            let tangent = wheel.curvature * model.wheelbase;
            let bend = turned * (1.0 + tangent * tangent) / model.wheelbase;
            let pieces = (knot.ds.abs() * bend * model.radius() / (4.0 * MOST_BOW_M)).ceil().clamp(1.0, MOST_PIECES);
            let (ds, span) = (knot.ds / pieces, (knot.end - knot.begin) / pieces);
            let mut end = knot.begin;
            while end + 0.5 * span < knot.end {
                let before = wheel.curvature;
                wheel.turn_to(end + 0.5 * span);
                let curvature = wheel.curvature;
                if knot.mean_speed * knot.mean_speed * curvature.abs() > bounds.lateral {
                    return Err(Refusal::Lateral);
                }
                end += span;
                wheel.turn_to(end);
                let (dtheta, bend) = (ds * curvature, (wheel.curvature - before).abs());
                pose = pose.moved(ds, dtheta);
                travelled += ds.abs();
                let (steering, speed) = (wheel.angle, knot.speed);
                track.push(Step { pose, steering, seconds: end, travelled, ds, dtheta, bend, speed })?;
            }
        }
        Ok(())
    }
}

/// The steered wheel of a stop: first where the commands on their way send it, then to the target.
struct Wheel<'a> {
    model: &'a Model,
    pending: &'a Pending,
    used: usize,
    target: f64,
    angle: f64,
    curvature: f64,
    seconds: f64,
}

impl<'a> Wheel<'a> {
    fn new(model: &'a Model, vehicle: &'a Vehicle, target: f64) -> Self {
        Self {
            model,
            pending: &vehicle.wheel,
            used: vehicle.used,
            target,
            angle: vehicle.steering,
            curvature: vehicle.curvature,
            seconds: vehicle.seconds,
        }
    }

    fn turn_to(&mut self, seconds: f64) {
        let before = self.angle;
        // Through the dead time in its own steps; what is left of the last one is not worth turning back for.
        while let Some(wanted) = self.pending.ahead(self.used).filter(|_| self.seconds + 0.5 * STEP < seconds) {
            self.angle = turned(self.model, self.angle, wanted, STEP);
            self.seconds += STEP;
            self.used += 1;
        }
        if self.pending.ahead(self.used).is_none() {
            let until = larger(self.seconds, seconds);
            self.angle = turned(self.model, self.angle, self.target, until - self.seconds);
            self.seconds = until;
        }
        if self.angle != before {
            self.curvature = self.model.curvature(self.angle);
        }
    }
}

/// Half a second, the longest dead time of a profile, in steps.
const MOST_DEAD_STEPS: usize = 50;
/// A step of a way ends when it is this long, ...
const LONG_STEP_M: f64 = 0.1;
/// ... or when the curve of a point leaves its chord by this much, ...
const MOST_BOW_M: f64 = 0.005;
/// A piece of a knot is not shorter than an eighth.
const MOST_PIECES: f64 = 8.0;
/// ... or has taken this long: the wheel turns in the meantime.
const LONG_STEP_S: f64 = 0.2;
/// Knots of a stop: 6 m in tenths and 8 s in fifths.
const MOST_KNOTS: usize = 128;
/// A steering law is asked once in 20 ms; the vehicle's wheel needs five times as long to answer.
const LAW_STEPS: usize = 2;

#[cfg(test)]
mod tests;
