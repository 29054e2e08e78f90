//! What stops the truck when the link is gone: one trait, and the controllers by name.
//!
//! A controller sees only what the vehicle has: its scans, its wheels, where it believes it is, the site's map, the last
//! corridor, and what it knows of itself. The truth stays with the study; only the expert is shown it.

mod braking;

pub use braking::{Frozen, Pursuit, Straight, Tracker};

use crate::corridor::Corridor;
use crate::eyes::{Eyes, Scan};
use crate::guarded::{Gate, Guarded, Wish};
use crate::ride::Ride;
use crate::rig::Known;
use crate::scenario::Scenario;
use farhand_protocol::MonoTime;
use farhand_site::Zone;
use farhand_world::{Drive, Ground, Place};
use std::time::Duration;

/// What the vehicle knows in one tick.
#[derive(Debug)]
pub struct Sight<'a> {
    scenario: &'a Scenario,
    ride: &'a Ride,
    eyes: &'a mut Eyes,
}

impl<'a> Sight<'a> {
    /// What the vehicle of a scenario knows at this instant of a ride.
    pub fn new(scenario: &'a Scenario, ride: &'a Ride, eyes: &'a mut Eyes) -> Self {
        Self { scenario, ride, eyes }
    }

    /// The truth, which no vehicle has: for a controller that shows what could be done at best.
    #[must_use]
    pub fn truth(&self) -> (&'a Scenario, &'a Ride) {
        (self.scenario, self.ride)
    }

    /// The vehicle's clock.
    #[must_use]
    pub fn now(&self) -> MonoTime {
        self.ride.now()
    }

    /// When the last command of the operator came in.
    #[must_use]
    pub fn heard_at(&self) -> MonoTime {
        self.ride.heard_at()
    }

    /// Where the wheels say the vehicle is: in a frame of their own that drifts and never jumps.
    #[must_use]
    pub fn reckoned(&self) -> Place {
        self.ride.latest().reckoned
    }

    /// Where it believes it is on the map; none while localisation is lost.
    #[must_use]
    pub fn believed(&self) -> Option<Place> {
        self.ride.latest().believed
    }

    /// Measured speed, forward positive.
    #[must_use]
    pub fn speed_mps(&self) -> f64 {
        self.ride.latest().speed_mps
    }

    /// Measured angle of the steered wheel.
    #[must_use]
    pub fn steering_rad(&self) -> f64 {
        self.ride.latest().steering_rad
    }

    /// Deceleration that the brake gives now.
    #[must_use]
    pub fn decel_mps2(&self) -> f64 {
        self.ride.latest().decel_mps2
    }

    /// Path length by the wheels.
    #[must_use]
    pub fn travelled_m(&self) -> f64 {
        self.ride.latest().travelled_m
    }

    /// The last three different commands to the actuators, newest first.
    #[must_use]
    pub fn last(&self) -> &'a [Drive; 3] {
        self.ride.last()
    }

    /// The last corridor, in the frame of the wheels.
    #[must_use]
    pub fn corridor(&self) -> &'a Corridor {
        self.ride.corridor()
    }

    /// What the vehicle knows of itself.
    #[must_use]
    pub fn vehicle(&self) -> &'a Known {
        &self.scenario.rig.known
    }

    /// The site's map: what stands there always.
    #[must_use]
    pub fn map(&self) -> &'a Ground {
        &self.scenario.map
    }

    /// Where not to stand, on the map.
    #[must_use]
    pub fn zones(&self) -> &'a [Zone] {
        &self.scenario.zones
    }

    /// The newest sweep of each scanner.
    pub fn scans(&mut self) -> [Option<&Scan>; 2] {
        self.scans_before(Duration::ZERO)
    }

    /// The newest sweep of each scanner as of some time ago.
    pub fn scans_before(&mut self, ago: Duration) -> [Option<&Scan>; 2] {
        self.eyes.newest(self.scenario, self.ride, ago)
    }

    /// A place on the map, in the frame of the wheels; none while localisation is lost.
    #[must_use]
    pub fn reckoned_from_map(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        let believed = self.believed()?;
        let (sin, cos) = believed.heading_rad.sin_cos();
        let (dx, dy) = (x - believed.x_m, y - believed.y_m);
        Some(self.reckoned().point(cos * dx + sin * dy, cos * dy - sin * dx))
    }
}

/// One tick of a stop. The traction is off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brake {
    /// Deceleration to demand.
    pub decel_mps2: f64,
    /// Angle of the steered wheel.
    pub steering_rad: f64,
}

/// Drives the truck when nobody else does.
pub trait Controller {
    /// The word on the command line and in results.
    fn name(&self) -> &'static str;

    /// A new scenario begins: everything of the last one is forgotten.
    fn begin(&mut self, sight: &mut Sight<'_>);

    /// True if [`Controller::drive`] looks at commands. Others share one drive up to the loss, which saves time.
    fn gates(&self) -> bool {
        false
    }

    /// Every tick until the loss is noticed: what of the wanted command is passed on. After the loss the last command is held
    /// and comes here again and again.
    fn drive(&mut self, _sight: &mut Sight<'_>, wanted: Drive) -> Drive {
        wanted
    }

    /// Every tick from when the loss is noticed.
    fn stop(&mut self, sight: &mut Sight<'_>) -> Brake;

    /// The floor that the newest stop would sweep, as a polygon in the frame of the wheels; what the operator is shown.
    fn corridor(&self) -> Option<&[(f64, f64)]> {
        None
    }
}

/// A controller by its name, without those that need a model.
#[must_use]
pub fn named(name: &str) -> Option<Box<dyn Controller>> {
    match name {
        "frozen" => Some(Box::new(Frozen::default())),
        "straight" => Some(Box::new(Straight)),
        "pursuit" => Some(Box::new(Pursuit::default())),
        "pursuit+guard" => Some(Box::new(Guarded::new(Wish::Pursuit, Gate::Closed))),
        "guard" => Some(Box::new(Guarded::new(Wish::Ranked, Gate::Closed))),
        "guard-ungated" => Some(Box::new(Guarded::new(Wish::Ranked, Gate::Open))),
        _ => None,
    }
}

/// Their names.
pub const NAMES: [&str; 6] = ["frozen", "straight", "pursuit", "pursuit+guard", "guard", "guard-ungated"];
