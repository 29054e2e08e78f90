//! `farhand-sim traffic`: many vehicles of one site in invented time, around the real coordinator.

mod body;
mod command;
mod criteria;
mod ideal;
mod layout;
mod oracle;
mod people;
mod picture;
mod random;
mod scenario;
mod speed;
mod track;
mod truck;
mod wire;
mod world;

pub use command::{Options, run};
pub use criteria::{Effort, Finding, Part, criteria, usual_run};
pub use ideal::ideal_tasks;
pub use layout::{Layout, Ways};
pub use oracle::Seen;
pub use picture::picture;
pub use scenario::{Outcome, Scenario};
pub use speed::{Ticks, tick_times};
pub use world::World;
