//! A truck with one fixed axle in front and a steered wheel behind.
//!
//! Kinematic at the middle of the fixed axle: x' = v cos, y' = v sin, heading' = v tan(steering) / wheelbase. Positive
//! steering turns left when going forward. Between command and motion lie the dead times, lags and rates of [`Response`].

use crate::delay::DelayLine;
use crate::{Outline, Place};
use farhand_profile::Profile;
use farhand_protocol::MonoTime;
use std::time::Duration;

/// Shape on the floor, from the middle of the fixed axle; metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Fixed axle to steered wheel.
    pub wheelbase_m: f64,
    /// To the rear end of the body.
    pub behind_m: f64,
    /// To the tips of the forks.
    pub ahead_m: f64,
    /// Overall width.
    pub width_m: f64,
}

impl Shape {
    /// The shape that a profile states.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        let geometry = &profile.geometry;
        Self {
            wheelbase_m: geometry.wheelbase_m.value(),
            behind_m: geometry.behind_m.value(),
            ahead_m: geometry.ahead_m.value(),
            width_m: geometry.width_m.value(),
        }
    }
}

/// How the machine answers its actuators.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Response {
    /// From a steering command to the first motion of the wheel.
    pub steer_dead_time: Duration,
    /// Fastest turn of the steered wheel.
    pub steer_rate_radps: f64,
    /// Largest angle of the steered wheel.
    pub max_steering_rad: f64,
    /// From a brake command to the first deceleration.
    pub brake_dead_time: Duration,
    /// How fast the deceleration builds up and falls.
    pub brake_jerk_mps3: f64,
    /// Lag of the traction drive.
    pub traction_lag: Duration,
    /// Highest speed the drive gives.
    pub max_speed_mps: f64,
    /// Highest acceleration the drive gives.
    pub max_accel_mps2: f64,
    /// Fastest fork.
    pub max_lift_mps: f64,
    /// Highest fork position.
    pub mast_height_m: f64,
    /// Silence after which the machine brakes by itself.
    pub watchdog_after: Duration,
    /// How hard it then brakes.
    pub watchdog_decel_mps2: f64,
}

impl Response {
    /// The machine that a profile describes.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        let (limits, actuators) = (&profile.limits, &profile.actuators);
        Self {
            steer_dead_time: actuators.steer_dead_time.span(),
            steer_rate_radps: actuators.steer_rate_radps.value(),
            max_steering_rad: limits.max_steering_rad.value(),
            brake_dead_time: actuators.brake_dead_time.span(),
            brake_jerk_mps3: actuators.brake_jerk_mps3.value(),
            traction_lag: actuators.traction_lag.span(),
            max_speed_mps: limits.max_speed_mps.value(),
            max_accel_mps2: limits.max_accel_mps2.value(),
            max_lift_mps: limits.max_lift_mps.value(),
            mast_height_m: limits.mast_height_m.value(),
            watchdog_after: actuators.machine_watchdog.span(),
            watchdog_decel_mps2: limits.watchdog_decel_mps2.value(),
        }
    }
}

/// One actuator command.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Drive {
    /// Wanted speed; 0 takes the traction off and the truck coasts.
    pub speed_mps: f64,
    /// Steepest change of speed by the drive.
    pub accel_mps2: f64,
    /// Demanded deceleration; above 0 it overrides the wanted speed.
    pub brake_mps2: f64,
    /// Wanted angle of the steered wheel.
    pub steering_rad: f64,
    /// Wanted fork speed.
    pub lift_mps: f64,
}

/// What the machine's own watchdog does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watchdog {
    /// No command ever came: the parking brake is on.
    Waiting,
    /// Commands come in time.
    Fed,
    /// Silence, or the red button: braking, and braked from then on.
    Tripped,
}

/// The machine.
#[derive(Debug, Clone)]
pub struct Truck {
    shape: Shape,
    response: Response,
    place: Place,
    speed_mps: f64,
    steering_rad: f64,
    decel_mps2: f64,
    fork_m: f64,
    travelled_m: f64,
    command: Drive,
    last_command: MonoTime,
    watchdog: Watchdog,
    trips: u64,
    emergency_stop: bool,
    steering_line: DelayLine,
    brake_line: DelayLine,
}

impl Truck {
    /// Stands still at `place` with the parking brake on.
    pub fn new(shape: Shape, response: Response, place: Place) -> Self {
        Self {
            shape,
            response,
            place,
            speed_mps: 0.0,
            steering_rad: 0.0,
            decel_mps2: response.watchdog_decel_mps2,
            fork_m: LOWEST_FORK_M,
            travelled_m: 0.0,
            command: Drive::default(),
            last_command: MonoTime(0),
            watchdog: Watchdog::Waiting,
            trips: 0,
            emergency_stop: false,
            steering_line: DelayLine::new(response.steer_dead_time, 0.0),
            brake_line: DelayLine::new(response.brake_dead_time, response.watchdog_decel_mps2),
        }
    }

    /// Under way at `now` with a command that has long taken effect: it drives at the commanded speed, with the wheel turned as
    /// commanded and the brake off.
    pub fn under_way(shape: Shape, response: Response, place: Place, now: MonoTime, command: Drive) -> Self {
        let steering_rad = command.steering_rad.clamp(-response.max_steering_rad, response.max_steering_rad);
        Self {
            speed_mps: command.speed_mps.clamp(-response.max_speed_mps, response.max_speed_mps),
            steering_rad,
            decel_mps2: 0.0,
            command,
            last_command: now,
            watchdog: Watchdog::Fed,
            steering_line: DelayLine::new(response.steer_dead_time, steering_rad),
            brake_line: DelayLine::new(response.brake_dead_time, 0.0),
            ..Self::new(shape, response, place)
        }
    }

    /// Sets the forks to this height, as they were when the story begins.
    pub fn set_fork(&mut self, fork_m: f64) {
        self.fork_m = fork_m.clamp(LOWEST_FORK_M, self.response.mast_height_m);
    }

    /// Takes a command in. After a trip, and before the first command ever, nothing but a command to stand (wanted speed
    /// 0, braked or not) received at standstill lets the machine listen again.
    pub fn command(&mut self, now: MonoTime, drive: Drive) {
        self.last_command = now;
        if self.watchdog != Watchdog::Fed {
            let stands = self.speed_mps == 0.0 && drive.speed_mps == 0.0;
            if !stands || self.emergency_stop {
                return;
            }
            self.watchdog = Watchdog::Fed;
        }
        self.command = drive;
        self.steering_line.push(now, drive.steering_rad.clamp(-self.response.max_steering_rad, self.response.max_steering_rad));
        self.brake_line.push(now, drive.brake_mps2.clamp(0.0, MOST_DECEL_MPS2));
    }

    /// Opens or closes the circuit of the red button.
    pub fn set_emergency_stop(&mut self, now: MonoTime, open: bool) {
        self.emergency_stop = open;
        if open && self.watchdog == Watchdog::Fed {
            self.trip(now);
        }
    }

    /// Moves on by `seconds`, a small step that ends at `now`.
    pub fn step(&mut self, now: MonoTime, seconds: f64) {
        if self.watchdog == Watchdog::Fed && now.since(self.last_command) > self.response.watchdog_after {
            self.trip(now);
            self.trips += 1;
        }
        self.turn_wheel(now, seconds);
        self.change_speed(now, seconds);
        let lift = if self.watchdog == Watchdog::Fed { self.command.lift_mps } else { 0.0 };
        let lift = lift.clamp(-self.response.max_lift_mps, self.response.max_lift_mps);
        self.fork_m = (self.fork_m + lift * seconds).clamp(LOWEST_FORK_M, self.response.mast_height_m);
        let moved = self.speed_mps * seconds;
        self.place.x_m += moved * self.place.heading_rad.cos();
        self.place.y_m += moved * self.place.heading_rad.sin();
        self.place.heading_rad += moved * self.steering_rad.tan() / self.shape.wheelbase_m;
        self.travelled_m += moved.abs();
    }

    /// Puts the truck back where it was and takes its speed: it ran into something.
    pub fn blocked(&mut self, place: Place, travelled_m: f64) {
        self.place = place;
        self.travelled_m = travelled_m;
        self.speed_mps = 0.0;
    }

    fn trip(&mut self, now: MonoTime) {
        self.watchdog = Watchdog::Tripped;
        self.command = Drive { steering_rad: self.command.steering_rad, ..Drive::default() };
        self.brake_line.push(now, self.response.watchdog_decel_mps2);
    }

    fn turn_wheel(&mut self, now: MonoTime, seconds: f64) {
        let wanted = self.steering_line.at(now);
        let most = self.response.steer_rate_radps * seconds;
        self.steering_rad += (wanted - self.steering_rad).clamp(-most, most);
    }

    fn change_speed(&mut self, now: MonoTime, seconds: f64) {
        let demanded = self.brake_line.at(now);
        let most = self.response.brake_jerk_mps3 * seconds;
        self.decel_mps2 += (demanded - self.decel_mps2).clamp(-most, most);
        // A brake command takes the traction off at once; only the friction comes after the dead time.
        let braked = self.command.brake_mps2 > 0.0 || self.watchdog != Watchdog::Fed;
        let wanted = self.command.speed_mps.clamp(-self.response.max_speed_mps, self.response.max_speed_mps);
        let driven = !braked && wanted != 0.0;
        if driven && self.decel_mps2 <= 0.0 {
            let most = self.command.accel_mps2.clamp(0.0, self.response.max_accel_mps2);
            let lag = self.response.traction_lag.as_secs_f64().max(seconds);
            let wish = ((wanted - self.speed_mps) / lag).clamp(-most, most);
            self.speed_mps += wish * seconds;
            return;
        }
        let loss = self.decel_mps2.max(ROLLING_MPS2) * seconds;
        self.speed_mps = if self.speed_mps.abs() <= loss { 0.0 } else { self.speed_mps - loss.copysign(self.speed_mps) };
    }

    /// Outline of body and forks.
    pub fn outline(&self) -> Outline {
        Outline::around(&self.place, self.shape.behind_m, self.shape.ahead_m, self.shape.width_m)
    }

    /// Middle of the fixed axle.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Deceleration that the brake gives now.
    pub fn decel_mps2(&self) -> f64 {
        self.decel_mps2
    }

    /// How it answers.
    pub fn response(&self) -> Response {
        self.response
    }

    /// Its measures.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Signed, forward positive.
    pub fn speed_mps(&self) -> f64 {
        self.speed_mps
    }

    /// Angle of the steered wheel.
    pub fn steering_rad(&self) -> f64 {
        self.steering_rad
    }

    /// Height of the forks.
    pub fn fork_m(&self) -> f64 {
        self.fork_m
    }

    /// Path length, both directions counted up.
    pub fn travelled_m(&self) -> f64 {
        self.travelled_m
    }

    /// State of the watchdog.
    pub fn watchdog(&self) -> Watchdog {
        self.watchdog
    }

    /// How often silence made it brake.
    pub fn watchdog_trips(&self) -> u64 {
        self.trips
    }

    /// True while the red button is pressed.
    pub fn emergency_stop(&self) -> bool {
        self.emergency_stop
    }
}

const LOWEST_FORK_M: f64 = 0.08;
// Rolling resistance of solid tyres on concrete (0.02 to 0.03 g).
const ROLLING_MPS2: f64 = 0.25;
// Dry friction limit (safety.md 4.1: 0.6 and more) that no brake gets past.
const MOST_DECEL_MPS2: f64 = 5.0;
