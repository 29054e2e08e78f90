//! Drives of the real core in invented time: stories, and what holds in any of them. Compiled into the crate's own tests,
//! where a core can be broken on purpose.
#![allow(missing_docs, unreachable_pub)] // Files of tests that know each other.

mod acts;
mod auto;
mod boundaries;
mod breaking;
mod costs;
mod edges;
mod faults;
mod forks;
mod guarded;
mod hastes;
mod interlock;
mod leases;
mod oracle;
mod permission;
pub mod plain;
mod properties;
mod refused;
mod ritual;
mod shown;
mod stop;
mod stories;
mod swapped;
mod truck;
mod what_happens;
mod what_if;
mod words;
