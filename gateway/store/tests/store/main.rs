//! The store on a real SQLite file.

#![expect(clippy::panic, reason = "a failing test says what it saw")]

mod accounts;
mod journal;
mod killed;

use farhand_protocol::{OperatorName, VehicleId};

pub(crate) fn truck() -> VehicleId {
    VehicleId::new("truck-1").expect("a vehicle id")
}

pub(crate) fn ada() -> OperatorName {
    OperatorName::new("ada").expect("a name")
}
