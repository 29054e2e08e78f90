//! The learned stop policy: scores the guard's 36 manoeuvres by an ONNX model on a thread of its own.
//!
//! [`Policy`] is asked with [`farhand_senses::Features`] and answers with the newest [`Scored`], or with the [`Fault`] because of which there are none. It only proposes: the guard drives nothing that it has not
//! proved free, and ranks by itself when there are no scores. So every fault here costs quality, never safety.

#![deny(clippy::indexing_slicing, clippy::unreachable, clippy::expect_used)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::expect_used))]

mod card;
mod elf;
mod error;
mod fault;
mod model;
mod policy;
mod runtime;
mod slot;

pub use card::{Card, Tensor};
pub use error::PolicyError;
pub use fault::{Counts, Fault, MOST_AGE, MOST_TIME};
pub use model::Model;
pub use policy::{Policy, Scored, Trial};
