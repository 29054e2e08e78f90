//! The learned stop policy: scores the guard's 36 manoeuvres by an ONNX model on a thread of its own.
//!
//! [`Senses`] becomes [`Features`], a fixed row of numbers; [`Policy`] is asked with them and answers with the newest
//! [`Scored`], or with the [`Fault`] because of which there are none. It only proposes: the guard drives nothing that it has not
//! proved free, and ranks by itself when there are no scores. So every fault here costs quality, never safety.

#![deny(clippy::indexing_slicing, clippy::unreachable, clippy::expect_used)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::expect_used))]

mod beams;
mod card;
mod elf;
mod error;
mod fault;
mod features;
mod layout;
mod model;
mod policy;
mod runtime;
mod slot;

pub use beams::{BEAM_RANGE_M, BEAMS, Beams};
pub use card::{Card, Tensor};
pub use error::PolicyError;
pub use fault::{Counts, Fault, MOST_AGE, MOST_TIME};
pub use features::{Features, LinkReason, NotFinite, Senses, Told, ZoneAhead};
pub use layout::{FEATURES, LAYOUT, SCORES, SENSES, Sense, layout_page};
pub use model::Model;
pub use policy::{Policy, Scored, Trial};
