//! The stop study: what happens to a truck at speed that loses its link, thousands of times, under rules that cannot flatter us.
//!
//! A [`Family`] is a table of ranges; a seed draws one [`Scenario`] from it; a [`Runner`] drives it, cuts the link and lets a
//! [`Controller`] stop the truck; the [`Oracle`] says whether a contact could have been avoided. Pure: no clock, no files, no
//! threads, no chance but a seed. Lengths are metres, angles radians, times seconds where the name does not say otherwise.

mod cap;
mod controller;
mod corridor;
mod episode;
mod eyes;
mod family;
mod guarded;
mod operator;
mod oracle;
mod path;
mod picture;
mod plan;
mod real_site;
mod report;
mod ride;
mod rig;
mod rollout;
mod route;
mod scenario;
mod seeds;
mod statistics;
mod verdict;
mod walkers;

pub use controller::{Brake, Controller, Frozen, NAMES, Pursuit, Sight, Straight, Tracker, named};
pub use corridor::{Corridor, CorridorMaker};
pub use episode::{Episode, Outcome, Runner};
pub use eyes::{Blemish, Eyes, Scan, ScanPoint};
pub use family::{Family, Set, short_hash};
pub use guarded::{Gate, Guarded, Scorer, Wish};
pub use operator::{Driver, Habits, Slip};
pub use oracle::{Candidate, Oracle};
pub use path::{Path, Waypoint};
pub use picture::picture;
pub use plan::{Plan, Strip};
pub use real_site::RealSite;
pub use report::{Against, Bounded, Record, Row, RunHash, Spread, against, row};
pub use ride::{Contact, Moment, Ride, STANDING_MPS, START, TICK, TICK_S};
pub use rig::{DETECTION, Footprint, Known, Rig};
pub use scenario::{Rejection, Scenario, ScenarioError, Scene, Senses};
pub use seeds::{run_seeds, scenario_seed, set_of};
pub use statistics::{Interval, PairedShares, paired_percentiles, paired_shares, percentile, share, wilson};
pub use verdict::{Verdict, no_worse, promises};
