//! A machine in the time it is given: what it measures, sees and does, in the words of the drive adapter.

pub mod floors;
mod machine;
pub mod profiles;
mod scanners;
mod words;

pub use machine::{Ailments, Machine};
pub use scanners::Scanners;
pub use words::{angle, distance, in_metres, micrometres, speed};
