//! The real router, over a real socket, on a real database; the vehicle's end of the wire is played here.

mod lease;
mod login;
mod site;
