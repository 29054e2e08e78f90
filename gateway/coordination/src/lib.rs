//! Many vehicles on one site: a graph of lanes, a plan in each tick, and grants of nodes as leases.
//!
//! [`Coordinator`] is a plain state machine: told the time and what happened, it returns what to send. It knows no socket, no
//! file and no clock.

mod blocking;
mod coordinator;
mod demand;
mod docks;
mod fleet;
mod ledger;
mod plan;
mod routes;
mod site;
mod tickets;
mod words;

pub use coordinator::{Coordinator, Limits};
pub use fleet::{ImportError, Kept};
pub use ledger::GrantState;
pub use routes::Routes;
pub use site::{Node, NodeKind, Site, SiteError, SitePlan};
pub use tickets::{Ticket, Urgency};
pub use words::{
    Event, FleetEpoch, GrantSeq, Granted, LossBehaviour, Mode, NodeId, Order, OrderNumber, Output, Report, Spot, Swept, Trouble,
    VehicleKind,
};
