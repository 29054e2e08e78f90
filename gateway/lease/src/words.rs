//! What the desk is told and what it answers.

use farhand_protocol::{BootId, GatewaySays, LeaseEnding, LeaseEpoch, MonoTime, OperatorName, VehicleId};
use std::fmt;

/// One place from which a person drives: a page's connection to a vehicle. Never used twice in the desk's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeatId(pub u64);

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A vehicle said hello, for the first time or again.
    VehicleCame {
        /// Which.
        vehicle: VehicleId,
        /// Its running guardian.
        boot: BootId,
        /// The highest epoch it has ever accepted.
        highest: LeaseEpoch,
    },
    /// A vehicle's connection is gone.
    VehicleWent(VehicleId),
    /// A person with the right to drive asks for a lease.
    Asked {
        /// Of which vehicle.
        vehicle: VehicleId,
        /// From where.
        seat: SeatId,
        /// Who.
        operator: OperatorName,
    },
    /// The journal has the row of the grant.
    Recorded {
        /// Of which vehicle.
        vehicle: VehicleId,
        /// The granted epoch.
        epoch: LeaseEpoch,
    },
    /// The journal could not take the row of the grant.
    NotRecorded {
        /// Of which vehicle.
        vehicle: VehicleId,
        /// The granted epoch.
        epoch: LeaseEpoch,
    },
    /// The vehicle has stored the epoch.
    Accepted {
        /// Which vehicle.
        vehicle: VehicleId,
        /// The epoch.
        epoch: LeaseEpoch,
        /// The guardian that accepted.
        boot: BootId,
    },
    /// The vehicle refuses the epoch.
    Refused {
        /// Which vehicle.
        vehicle: VehicleId,
        /// The epoch it was offered.
        epoch: LeaseEpoch,
        /// The highest epoch it knows.
        highest: LeaseEpoch,
    },
    /// A command of the holder passed.
    Beat {
        /// For which vehicle.
        vehicle: VehicleId,
        /// From where.
        seat: SeatId,
        /// Under which epoch.
        epoch: LeaseEpoch,
    },
    /// The holder gives the lease back.
    Released {
        /// Of which vehicle.
        vehicle: VehicleId,
        /// From where.
        seat: SeatId,
    },
    /// A seat is gone: its page closed or lost its connection.
    SeatLeft(SeatId),
    /// Somebody with the right takes the lease of this vehicle away.
    Revoked(VehicleId),
    /// A person may no longer drive.
    OperatorBarred(OperatorName),
    /// The login behind a seat is over.
    SeatBarred(SeatId),
    /// The gateway is about to stop.
    Closing,
    /// Time passed.
    Tick,
}

/// Something to do, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Write a journal row. A grant's row must be answered by [`Event::Recorded`] or [`Event::NotRecorded`].
    Record {
        /// Of which vehicle.
        vehicle: VehicleId,
        /// Who holds the lease.
        holder: OperatorName,
        /// Its epoch.
        epoch: LeaseEpoch,
        /// What changed.
        change: Change,
    },
    /// Tell the vehicle.
    Say {
        /// Which.
        vehicle: VehicleId,
        /// What.
        says: GatewaySays,
    },
    /// Tell the person who asked or holds.
    Reply {
        /// About which vehicle.
        vehicle: VehicleId,
        /// To which seat.
        seat: SeatId,
        /// What.
        reply: Reply,
    },
}

/// What a journal row says of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Granted, not yet accepted by the vehicle.
    Granted,
    /// The vehicle obeys it now.
    Live,
    /// Over.
    Ended(LeaseEnding),
}

/// An answer to a seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The lease is live.
    Live {
        /// Its epoch.
        epoch: LeaseEpoch,
        /// The guardian that accepted it.
        boot: BootId,
    },
    /// There is no lease.
    Denied(Denial),
    /// The lease is over.
    Ended(LeaseEnding),
}

/// Why a lease was not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// Somebody holds it.
    HeldBy(OperatorName),
    /// The person drives another vehicle.
    DrivesAnother(VehicleId),
    /// The vehicle is not connected.
    VehicleAway,
    /// The vehicle did not accept in time, or refused.
    VehicleRefused,
    /// The journal could not be written.
    NotRecorded,
    /// The vehicle's numbers are used up.
    EpochsUsedUp,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeldBy(operator) => {
                write!(f, "Held by {operator}. Ask for the vehicle to be released, or wait until it is.")
            }
            Self::DrivesAnother(vehicle) => write!(f, "You hold {vehicle}. Release it first: nobody drives two vehicles."),
            Self::VehicleAway => f.write_str("The vehicle is not connected. Try again when it is."),
            Self::VehicleRefused => f.write_str("The vehicle did not accept. Try again; it now gets a higher number."),
            Self::NotRecorded => f.write_str(
                "The journal cannot be written, so nobody may take control. Free space where the gateway keeps its data.",
            ),
            Self::EpochsUsedUp => f.write_str("The vehicle's lease numbers are used up. Reset its state file on the truck."),
        }
    }
}

/// Why a command does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    /// This seat does not hold the vehicle's lease, or the vehicle has not accepted it yet.
    NoLease,
    /// The seat holds it, but under another epoch.
    OtherEpoch,
}

/// The lease of a vehicle, as anybody may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// By whom.
    pub holder: OperatorName,
    /// From where.
    pub seat: SeatId,
    /// Its epoch.
    pub epoch: LeaseEpoch,
    /// How far it has come.
    pub stage: Stage,
}

/// How far a lease has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its row is on the way to the journal.
    Recording,
    /// The vehicle was told and has not answered yet.
    Offered,
    /// The vehicle obeys it.
    Live,
}

/// When the desk wants to be woken, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// When.
    pub at: MonoTime,
    /// The reason, for the log.
    pub why: &'static str,
}
