//! The guard against a site, a truck and an operator that know nothing of its formulas.

mod properties;
mod ride;
mod scene;
mod stories;
