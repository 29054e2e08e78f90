//! All that a guardian thinks: the safety core, the lookout around the guard, and the reckoning, put together in one order.
//!
//! It is told what arrives and when, and answers what is to be sent and stored. It knows no clock, socket, file or thread, so
//! the program on the vehicle, a truck in invented time and a replay of a recorded day go through the very same code.

mod heard;
mod limits;
mod lookout;
mod mind;
mod reckoning;
pub mod record;
mod replay;
mod verdict;
mod words;

pub use heard::{Decision, Heard, Remark, Start, Taken, Thought};
pub use mind::Mind;
pub use replay::{Change, Difference, NoReplay, Replay};
pub use verdict::Verdict;
