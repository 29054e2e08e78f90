//! The guard of a vehicle: proves stops free, and lets nothing pass that would leave none.
//!
//! [`Guard`] is told the time and the [`Situation`], and answers four questions: which stop would be driven if the link were
//! lost now ([`Guard::consider`]), may this command be passed on ([`Guard::allow`]), and, once the stop has begun
//! ([`Guard::commit`]), what to do in this tick ([`Guard::follow`]). [`Guard::note`] tells it what was sent meanwhile. It knows no clock, no socket and no file, takes all its
//! memory at the start, and answers equal questions equally. Whole numbers with their unit in the name go in and come out.

#![deny(clippy::indexing_slicing, clippy::string_slice, clippy::unreachable, clippy::expect_used)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::expect_used))]

mod bench;
mod corridor;
mod gate;
mod geometry;
mod grid;
mod guard;
mod history;
mod manoeuvre;
mod model;
mod motion;
mod outlook;
mod plan;
mod proposal;
mod rank;
mod rollout;
mod scene;
mod senses;
mod settings;
mod situation;
mod stop;
mod sweep;
mod track;
mod way;

pub use corridor::{Corner, Corridor, MOST_CORNERS};
pub use guard::Guard;
pub use manoeuvre::{AcceptedSet, MANOEUVRES, Manoeuvre, Steering};
pub use model::Model;
pub use proposal::{Allowed, Choice, Drive, Proposal, Rung, ScoreFault, Term};
pub use settings::Settings;
pub use situation::{Command, KeepClear, OdometryPose, PlacePoint, Scan, ScanPoint, Scores, Situation};
pub use track::Refusal;
