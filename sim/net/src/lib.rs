//! A network as a pure core: one [`Link`] carries datagrams one way, told the time and seeded.
//!
//! `offer` a datagram, `poll` what is due, sleep until `next_deadline`. The same links run in virtual time and, behind the
//! UDP proxy of `farhand-sim net`, in front of real sockets. Same seed, same offers, same deliveries.

mod conditions;
mod link;
mod random;
mod trace;

pub use conditions::{Conditions, Gilbert, PRESETS, Preset, Rate, preset};
pub use link::{Counts, Link};
pub use random::Random;
pub use trace::{Trace, TraceError};
