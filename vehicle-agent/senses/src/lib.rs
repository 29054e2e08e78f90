//! What the learned stop policy is given: [`Senses`] of one instant become [`Features`], a fixed row of [`FEATURES`] numbers in the
//! order and ranges of [`LAYOUT`].
//!
//! The guardian fills them in on the vehicle, the simulator for training; the agent, in which the model runs, only passes the row on.

#![deny(clippy::indexing_slicing, clippy::unreachable, clippy::expect_used)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::expect_used))]

mod beams;
mod features;
mod layout;

pub use beams::{BEAM_RANGE_M, BEAMS, Beams};
pub use features::{Features, LinkReason, NotFinite, Senses, Told, ZoneAhead};
pub use layout::{FEATURES, LAYOUT, SCORES, SENSES, Sense, layout_page};
