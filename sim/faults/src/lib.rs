//! `farhand-sim faults`: every fault of safety.md section 7 that invented time can show, with its criterion and its
//! figure; and how fast invented time runs.

mod command;
mod desk;
mod eyes;
mod network;
mod oracle;
mod pace;
mod page;
mod rig;
mod rows;
mod stop;

pub use command::{Options, run};
pub use pace::{Judge, pace};
