//! The model checker: everything that may happen to the real safety core in a few steps, breadth first.
//!
//! One state is the real [`farhand_safety_breakable::Core`] (the source files of `vehicle-agent/safety`, compiled with the
//! switches that break it), the truck and the people of its own drives around it, and the oracle of S1 to S22 that watches every
//! tick. States are compared by a written projection (`vehicle-agent/safety/src/projection.rs`).

mod act;
mod check;
mod command;
mod report;
mod runs;
mod world;

pub use act::Act;
pub use check::{Findings, Question, check};
pub use command::{Options, run};
pub use runs::{RUNS, Run};
