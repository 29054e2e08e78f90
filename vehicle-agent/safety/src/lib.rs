//! The safety core of a vehicle: decides, 100 times a second, what the machine may do.
//!
//! [`Core`] is told the time and what arrived, and answers with the actuator command, what to store and what changed. It
//! knows no clock, no socket and no file, so the guardian, the simulator, the model checker and the tests run the same code.
//! Speeds are whole mm/s, distances whole micrometres, times microseconds of the vehicle's own clock.

mod cap;
mod causes;
mod config;
mod core;
mod drive;
mod gate;
mod handover;
mod input;
mod observe;
mod persist;
mod pictures;
mod rules;
mod snapshot;

pub use causes::CauseSet;
pub use config::{CameraSet, Config};
pub use core::Core;
pub use input::{Drive, GrantAnswer, Input, MachineSample, Output, Transition};
pub use persist::{DamagedState, Persisted};
pub use rules::{Action, Clears, RULES, Rule, rule_page};
