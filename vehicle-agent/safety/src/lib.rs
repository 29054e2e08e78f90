//! The safety core of a vehicle: decides, 100 times a second, what the machine may do.
//!
//! [`Core`] is told the time and what arrived, and answers with the actuator command, what to store and what changed. It
//! knows no clock, no socket and no file, so the guardian, the simulator, the model checker and the tests run the same code.
//! Speeds are whole mm/s, distances whole micrometres, times microseconds of the vehicle's own clock.

// No panic path: what cannot be indexed or overflow cannot panic.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::expect_used, clippy::unreachable))]

mod auto;
mod broken;
mod cap;
mod causes;
mod config;
mod core;
mod drive;
mod formulas;
mod gate;
mod handover;
mod input;
mod needs;
mod observe;
mod persist;
mod pictures;
#[cfg(any(test, feature = "broken"))]
mod projection;
mod rules;
mod snapshot;
mod states;
mod still;
mod stop;
mod swapped;
#[cfg(all(feature = "broken", not(test)))]
pub mod testing;
mod tracking;

#[cfg(any(test, feature = "broken"))]
pub use broken::Broken;
pub use causes::CauseSet;
pub use config::{CameraSet, Config, StopPolicy};
pub use core::Core;
pub use input::{
    Asked, Content, Drive, GrantAnswer, Input, MachineSample, Manoeuvre, MissionRefusal, Output, PictureMotion, Plan,
    Surroundings, Transition,
};
pub use persist::{DamagedState, Persisted};
#[cfg(any(test, feature = "broken"))]
pub use projection::{Bases, Projection};
pub use rules::{Action, Clears, RULES, Rule, rule_page};

#[cfg(any(test, feature = "broken"))]
extern crate self as farhand_safety;
#[cfg(test)]
#[path = "../tests/drives/main.rs"]
mod drives;
