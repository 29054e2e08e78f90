//! The real router, over a real socket, on a real database; the vehicle's end of the wire is played here.

mod generated;
mod lease;
mod login;
mod people;
mod presence;
mod site;
mod ways;
