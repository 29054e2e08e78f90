//! Who may drive what: leases with rising epochs, and the table of roles.
//!
//! [`LeaseDesk`] is a plain state machine: told the time and what happened, it returns what to do. It knows no socket,
//! no file and no clock.

mod desk;
mod roles;
mod words;

pub use desk::{LeaseDesk, Limits};
pub use roles::{Deed, Role, UnknownRole};
pub use words::{Bar, Change, Deadline, Denial, Event, Held, Output, Reply, SeatId, Stage};
