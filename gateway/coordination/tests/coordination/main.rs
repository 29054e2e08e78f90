//! The coordinator through its public face, with invented time.

mod grants;
mod rig;
mod sites;
mod story;
