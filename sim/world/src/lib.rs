//! The simulated site: what the machines do in it, and what their cameras see.
//!
//! Pure: no clock, no files, no threads, no randomness but a seed. Time comes in as [`farhand_protocol::MonoTime`],
//! pictures go out as I420 bytes. Lengths are metres, angles radians, times seconds where the name does not say otherwise;
//! x points east, y north, z up, headings count counter-clockwise from east.

mod delay;
mod field;
mod font;
mod ground;
mod load;
mod localisation;
mod occupancy;
mod odometry;
mod people;
mod picture;
mod random;
mod scanner;
mod shape;
mod site;
mod stamp;
mod truck;
mod view;
mod world;

pub use field::DistanceField;
pub use ground::{Ground, Solid, SolidKind};
pub use load::{Balance, GRAVITY_MPS2, Load, Mishap, TipLimits, TipWatch};
pub use localisation::{Localisation, LocalisationError, Reckoning, ReckoningError};
pub use occupancy::{Cell, MapError, OccupancyGrid, RosMap};
pub use odometry::Odometry;
pub use people::{BODY_M, Crowd, Knot, LEGS_M, Manner, Person, Walk};
pub use picture::Picture;
pub use random::Random;
pub use scanner::{BLIND, NOTHING, Part, ScanFault, ScanScene, Scanner, ScannerSetup, Sweep};
pub use shape::{Outline, Place};
pub use site::{Site, SiteError};
pub use stamp::{STRIP_ROWS, Stamp, burn_stamp, read_stamp};
pub use truck::{Drive, Response, Shape, Truck, Watchdog};
pub use view::{Body, CameraView, Eye, Scene};
pub use world::{Machine, MachineSetup, Measured, World, WorldError};
