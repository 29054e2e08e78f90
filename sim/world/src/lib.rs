//! The simulated site: what the machines do in it, and what their cameras see.
//!
//! Pure: no clock, no files, no threads, no randomness but a seed. Time comes in as [`farhand_protocol::MonoTime`],
//! pictures go out as I420 bytes. Lengths are metres, angles radians, times seconds where the name does not say otherwise;
//! x points east, y north, z up, headings count counter-clockwise from east.

mod delay;
mod field;
mod font;
mod ground;
mod occupancy;
mod odometry;
mod picture;
mod random;
mod shape;
mod site;
mod stamp;
mod truck;
mod view;
mod world;

pub use field::DistanceField;
pub use ground::{Ground, Solid, SolidKind};
pub use occupancy::{Cell, MapError, OccupancyGrid, RosMap};
pub use odometry::Odometry;
pub use picture::Picture;
pub use random::Random;
pub use shape::{Outline, Place};
pub use site::{Site, SiteError};
pub use stamp::{STRIP_ROWS, Stamp, burn_stamp, read_stamp};
pub use truck::{Drive, Response, Shape, Truck, Watchdog};
pub use view::{Body, CameraView, Eye, Scene};
pub use world::{Machine, MachineSetup, Measured, World, WorldError};
