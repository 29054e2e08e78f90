//! A truck by its own laws, a scanner, an operator, and the guard between them: all in invented time.
#![allow(missing_docs, unreachable_pub, dead_code)] // Each file, and the example, uses its own part.

use crate::scene::{Part, Place, Site};
use farhand_guard::{
    Allowed, Command, Drive, Guard, KeepClear, Model, OdometryPose, PlacePoint, Proposal, Scan, ScanPoint, Settings, Situation,
};
use farhand_profile::Profile;
use farhand_protocol::MonoTime;
use std::collections::VecDeque;

/// The truck, moved in steps of one millisecond. Written down apart from the guard's own laws.
#[derive(Debug, Clone)]
pub struct Truck {
    pub place: Place,
    pub speed: f64,
    pub steering: f64,
    pub fork: f64,
    decel: f64,
    command: Command,
    wheel: VecDeque<(u64, f64)>,
    brake: VecDeque<(u64, f64)>,
    wanted_wheel: f64,
    wanted_brake: f64,
    pub laws: Laws,
}

#[derive(Debug, Clone, Copy)]
pub struct Laws {
    pub wheelbase: f64,
    pub max_steering: f64,
    pub steer_dead_us: u64,
    pub steer_rate: f64,
    pub brake_dead_us: u64,
    pub brake_jerk: f64,
    pub lag: f64,
    pub max_accel: f64,
    pub rolling: f64,
}

impl Laws {
    pub fn of(profile: &Profile) -> Self {
        let micros = |span: std::time::Duration| u64::try_from(span.as_micros()).expect("short");
        Self {
            wheelbase: profile.geometry.wheelbase_m.value(),
            max_steering: profile.limits.max_steering_rad.value(),
            steer_dead_us: micros(profile.actuators.steer_dead_time.span()),
            steer_rate: profile.actuators.steer_rate_radps.value(),
            brake_dead_us: micros(profile.actuators.brake_dead_time.span()),
            brake_jerk: profile.actuators.brake_jerk_mps3.value(),
            lag: profile.actuators.traction_lag.span().as_secs_f64(),
            max_accel: profile.limits.max_accel_mps2.value(),
            rolling: profile.guard.rolling_decel_mps2.value(),
        }
    }
}

impl Truck {
    pub fn new(laws: Laws, place: Place) -> Self {
        Self {
            place,
            speed: 0.0,
            steering: 0.0,
            fork: 0.1,
            decel: 0.0,
            command: Command::default(),
            wheel: VecDeque::new(),
            brake: VecDeque::new(),
            wanted_wheel: 0.0,
            wanted_brake: 0.0,
            laws,
        }
    }

    /// Rolling at this speed with the wheel at this angle, as if it had been told so for long.
    pub fn rolling(mut self, speed: f64, steering: f64) -> Self {
        (self.speed, self.steering, self.wanted_wheel) = (speed, steering, steering);
        self
    }

    pub fn take(&mut self, now_us: u64, command: Command) {
        self.command = command;
        let wheel = f64::from(command.steering_mrad) / 1000.0;
        self.wheel.push_back((now_us + self.laws.steer_dead_us, wheel.clamp(-self.laws.max_steering, self.laws.max_steering)));
        self.brake.push_back((now_us + self.laws.brake_dead_us, f64::from(command.brake_mm_s2) / 1000.0));
    }

    /// One millisecond from `now_us` on.
    pub fn step(&mut self, now_us: u64) {
        const DT: f64 = 0.001;
        while self.wheel.front().is_some_and(|(due, _)| *due <= now_us) {
            self.wanted_wheel = self.wheel.pop_front().expect("there is one").1;
        }
        while self.brake.front().is_some_and(|(due, _)| *due <= now_us) {
            self.wanted_brake = self.brake.pop_front().expect("there is one").1;
        }
        let turn = self.laws.steer_rate * DT;
        self.steering += (self.wanted_wheel - self.steering).clamp(-turn, turn);
        let jerk = self.laws.brake_jerk * DT;
        self.decel += (self.wanted_brake - self.decel).clamp(-jerk, jerk);
        let wanted = f64::from(self.command.speed_mm_s) / 1000.0;
        if self.command.brake_mm_s2 == 0 && wanted != 0.0 && self.decel <= 0.0 {
            let most = (f64::from(self.command.accel_mm_s2) / 1000.0).min(self.laws.max_accel);
            self.speed += ((wanted - self.speed) / self.laws.lag).clamp(-most, most) * DT;
        } else {
            let loss = self.decel.max(self.laws.rolling) * DT;
            self.speed = if self.speed.abs() <= loss { 0.0 } else { self.speed - loss * self.speed.signum() };
        }
        let moved = self.speed * DT;
        let turned = moved * self.steering.tan() / self.laws.wheelbase;
        let heading = self.place.heading + 0.5 * turned;
        self.place.x += moved * heading.cos();
        self.place.y += moved * heading.sin();
        self.place.heading += turned;
        self.fork = (self.fork + f64::from(self.command.lift_mm_s) / 1000.0 * DT).clamp(0.08, 6.0);
    }
}

/// Everything together.
pub struct Ride {
    pub site: Site,
    pub truck: Truck,
    pub guard: Guard,
    pub profile: Profile,
    pub now_us: u64,
    pub heard_us: u64,
    pub loaded: bool,
    pub creep: bool,
    pub way: Vec<PlacePoint>,
    pub fence: Vec<PlacePoint>,
    pub keep_clear: Vec<KeepClear>,
    pub last: Command,
    /// What the operator wanted last.
    pub asked: Command,
    last_us: u64,
    pub scans: [Vec<ScanPoint>; 2],
    pub scan_us: u64,
    pub scan_pose: OdometryPose,
    pub noise: f64,
    /// The scanners see through everything.
    pub all_seeing: bool,
    pub dice: crate::scene::Dice,
}

pub const TICK_US: u64 = 10_000;

pub fn profile(text: &str) -> Profile {
    let text = format!("kind = \"counterbalance-truck\"\n{text}\n");
    farhand_settings::parse(&text, std::path::Path::new("p.toml")).expect("a good profile")
}

impl Ride {
    pub fn new(profile: Profile, site: Site, truck: Truck) -> Self {
        let guard = Guard::new(Model::from_profile(&profile), Settings::from_profile(&profile));
        let mrad = thousandths(truck.steering);
        let last = Command { speed_mm_s: thousandths(truck.speed), accel_mm_s2: 1000, steering_mrad: mrad, ..Command::default() };
        let mut ride = Self {
            site,
            truck,
            guard,
            profile,
            now_us: 10_000_000,
            heard_us: 10_000_000,
            loaded: false,
            creep: false,
            way: Vec::new(),
            fence: Vec::new(),
            keep_clear: Vec::new(),
            last,
            asked: last,
            last_us: 9_990_000,
            scans: [Vec::new(), Vec::new()],
            scan_us: 0,
            scan_pose: OdometryPose::default(),
            noise: 0.0,
            all_seeing: false,
            dice: crate::scene::Dice(1),
        };
        ride.truck.take(ride.last_us, last);
        ride.look();
        ride
    }

    /// The vehicle as rectangles, as the profile says, written down apart from the guard's own.
    pub fn parts(&self) -> Vec<Part> {
        let (geometry, load) = (&self.profile.geometry, &self.profile.load);
        let face = load.fork_face_m.value();
        let mut parts = vec![
            Part { x0: -geometry.behind_m.value(), x1: face, half_width: 0.5 * geometry.width_m.value() },
            Part { x0: face, x1: geometry.ahead_m.value(), half_width: 0.5 * load.fork_width_m.value() },
        ];
        if self.loaded {
            parts.push(Part { x0: face, x1: face + load.length_m.value(), half_width: 0.5 * load.width_m.value() });
        }
        parts
    }

    pub fn clearance(&self) -> f64 {
        self.site.clearance(&self.truck.place, &self.parts())
    }

    /// Takes a new scan.
    pub fn look(&mut self) {
        let (noise, dice) = (self.noise, &mut self.dice);
        let parts = {
            let (geometry, load) = (&self.profile.geometry, &self.profile.load);
            let face = load.fork_face_m.value();
            [
                Part { x0: -geometry.behind_m.value(), x1: face, half_width: 0.5 * geometry.width_m.value() },
                Part { x0: face, x1: geometry.ahead_m.value(), half_width: 0.5 * load.fork_width_m.value() },
            ]
        };
        self.scans = if self.all_seeing {
            self.site.survey(&self.truck.place)
        } else {
            self.site.scan(&self.truck.place, &parts, &mut || dice.between(-noise, noise))
        };
        self.scan_us = self.now_us;
        self.scan_pose = odometry(&self.truck.place);
    }

    pub fn with_situation<T>(&mut self, ask: impl FnOnce(&mut Guard, MonoTime, &Situation<'_>) -> T) -> T {
        let scans = [0, 1].map(|scanner: usize| Scan {
            at: MonoTime(self.scan_us),
            pose: self.scan_pose,
            whole: true,
            points: &self.scans[scanner],
        });
        let situation = Situation {
            scans: &scans,
            pose: odometry(&self.truck.place),
            speed_mm_s: thousandths(self.truck.speed),
            steering_mrad: thousandths(self.truck.steering),
            fork_mm: thousandths(self.truck.fork),
            loaded: self.loaded,
            last: self.last,
            last_at: MonoTime(self.last_us),
            heard_at: MonoTime(self.heard_us),
            asked_mm_s: self.asked.speed_mm_s,
            creep: self.creep,
            way: &self.way,
            keep_clear: &self.keep_clear,
            fence: &self.fence,
        };
        ask(&mut self.guard, MonoTime(self.now_us), &situation)
    }

    pub fn consider(&mut self) -> Proposal {
        self.with_situation(|guard, now, situation| guard.consider(now, situation, None))
    }

    pub fn allow(&mut self, wanted: &Command) -> Allowed {
        self.with_situation(|guard, now, situation| guard.allow(now, situation, wanted))
    }

    /// What of a speed straight on may be passed on.
    pub fn allow_of(&mut self, speed: f64) -> Allowed {
        let wanted = self.wanted(speed, 0.0);
        self.allow(&wanted)
    }

    pub fn follow(&mut self) -> Drive {
        self.with_situation(Guard::follow)
    }

    /// What an operator asks for, as the safety core would put it.
    pub fn wanted(&self, speed: f64, steering: f64) -> Command {
        let safe = self.safe_decel();
        let slower = speed.abs() < self.truck.speed.abs() || (speed > 0.0) != (self.truck.speed > 0.0);
        let accel = if slower { safe } else { safe.min(self.profile.limits.max_accel_mps2.value()) };
        Command {
            speed_mm_s: thousandths(speed),
            accel_mm_s2: thousandths(accel),
            brake_mm_s2: 0,
            steering_mrad: thousandths(steering),
            lift_mm_s: 0,
        }
    }

    pub fn safe_decel(&self) -> f64 {
        let limits = &self.profile.limits;
        let (low, raised) = (limits.safe_decel_mps2.value(), limits.safe_decel_raised_mps2.value());
        low + (raised - low) * (self.truck.fork / limits.mast_height_m.value()).clamp(0.0, 1.0)
    }

    /// Sends a command and lets a tick pass.
    pub fn tick(&mut self, command: Command) {
        self.truck.take(self.now_us, command);
        (self.last, self.last_us) = (command, self.now_us);
        for _ in 0..TICK_US / 1000 {
            self.truck.step(self.now_us);
            self.now_us += 1000;
        }
    }

    /// Hears the operator, asks the gate, sends what it lets pass, and lets a tick pass.
    pub fn drive(&mut self, wanted: &Command) -> Allowed {
        (self.heard_us, self.asked) = (self.now_us, *wanted);
        self.hold(wanted)
    }

    /// The same without a word of the operator.
    pub fn hold(&mut self, wanted: &Command) -> Allowed {
        let allowed = self.allow(wanted);
        let most = allowed.max_speed_mm_s;
        let command = Command {
            speed_mm_s: if allowed.brake_mm_s2 > 0 { 0 } else { wanted.speed_mm_s.clamp(-most, most) },
            brake_mm_s2: allowed.brake_mm_s2.max(wanted.brake_mm_s2),
            steering_mrad: allowed.steering_mrad,
            lift_mm_s: wanted.lift_mm_s.min(allowed.max_lift_mm_s),
            ..*wanted
        };
        self.tick(command);
        allowed
    }

    /// One tick of a committed stop.
    pub fn stop_tick(&mut self) -> Drive {
        let drive = self.follow();
        self.tick(Command {
            speed_mm_s: 0,
            accel_mm_s2: 0,
            brake_mm_s2: drive.brake_mm_s2,
            steering_mrad: drive.steering_mrad,
            lift_mm_s: 0,
        });
        drive
    }
}

#[allow(clippy::cast_possible_truncation)]
pub fn thousandths(value: f64) -> i32 {
    (value * 1000.0).round() as i32
}

#[allow(clippy::cast_possible_truncation)]
pub fn odometry(place: &Place) -> OdometryPose {
    let micro = |value: f64| (value * 1e6).round() as i64;
    OdometryPose { x_um: micro(place.x), y_um: micro(place.y), heading_urad: micro(place.heading) }
}
