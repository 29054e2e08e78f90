//! The HTTP face of the gateway, and the desk behind it.
//!
//! [`Desk`] joins the lease core with the journal, the vehicles and the people's viewers; [`router`] is what people and
//! programs reach. What moves bytes is behind [`Wire`].

mod desk;
mod http;
mod wire;

pub use desk::{Desk, StopError, TakeError};
pub use http::{
    JournalEntryView, LeaseAnswer, LeaseRequest, LoginRequest, Me, MetricsText, Scheme, VehicleView, ViewerAnswer, ViewerRequest,
    Web, openapi, router,
};
pub use wire::{Doing, View, Wire, WireError};
