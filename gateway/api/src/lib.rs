//! The HTTP face of the gateway, and the desk behind it.
//!
//! [`Desk`] joins the lease core with the journal, the vehicles and the people's viewers; [`router`] is what people and
//! programs reach. What moves bytes is behind [`Wire`].

mod desk;
mod http;
mod throttle;
mod wire;

pub use desk::{Desk, Person, Present, StopError, TakeError, ViewError};
pub use http::{
    JournalEntryView, LOGIN_STANDS, LeaseAnswer, LeaseRequest, LoginRequest, Me, MetricsText, QuicWay, Scheme, VehicleView,
    ViewerAnswer, ViewerRequest, WayAnswer, Web, openapi, router,
};
pub use wire::{Doing, Wire};
