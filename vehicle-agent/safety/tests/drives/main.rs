//! Drives of the real core in invented time: stories, and what holds in any of them.

mod properties;
mod stories;
mod truck;
