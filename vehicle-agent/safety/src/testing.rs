//! The truck, the people and the oracle of the drives in `tests/`, for checkers outside this crate. There only with the
//! feature `broken`, which no program that drives is built with.
#![allow(missing_docs, unreachable_pub)] // Files of tests that know each other.
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::expect_used)] // They may panic.
#![allow(clippy::missing_panics_doc, clippy::new_without_default, clippy::missing_errors_doc, clippy::must_use_candidate)]
#![allow(clippy::return_self_not_must_use)]

#[path = "../tests/drives/oracle.rs"]
pub mod oracle;
#[path = "../tests/drives/plain.rs"]
pub mod plain;
#[path = "../tests/drives/projected.rs"]
mod projected;
#[path = "../tests/drives/ritual.rs"]
mod ritual;
#[path = "../tests/drives/truck.rs"]
pub mod truck;
