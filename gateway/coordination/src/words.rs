//! What is said between a site's vehicles, the fleet system and the coordinator.

use farhand_protocol::{MonoTime, OperatorName, VehicleId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A node of the lane graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u16);

impl NodeId {
    /// Its place in tables.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A place in the site's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spot {
    /// Millimetres east.
    pub x_mm: i32,
    /// Millimetres north.
    pub y_mm: i32,
}

/// Which life of the coordinator speaks; rises with each restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct FleetEpoch(pub u32);

/// Numbers the grants of one vehicle, in the order of its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GrantSeq(pub u32);

/// Numbers the orders to one vehicle: by epoch first, then rising.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct OrderNumber {
    /// The coordinator's life.
    pub epoch: FleetEpoch,
    /// Rises within it.
    pub count: u32,
}

/// A node with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// Its place on the vehicle's way.
    pub seq: GrantSeq,
    /// Which node.
    pub node: NodeId,
}

/// What a vehicle does whose lease ends without a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LossBehaviour {
    /// Brakes at once; what it holds stays held.
    Stop,
    /// Drives to the last node it was granted.
    Continue,
    /// Leaves a single-slot resource by the nodes it was granted; elsewhere as `Stop`.
    Evacuate,
}

/// All that a vehicle may hold, in order; each order replaces the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Older ones are worthless.
    pub number: OrderNumber,
    /// The stamp of the newest report this answers; the lease counts from it, on the vehicle's own clock.
    pub echo: MonoTime,
    /// How long the grants are good for.
    pub lease: Duration,
    /// Nodes that may be entered, in order.
    pub granted: Vec<Granted>,
    /// Nodes asked back: whoever cannot stop before one keeps it, and says so by holding it still.
    pub revoked: Vec<Granted>,
    /// Near a vehicle that a person drives: no faster than this, in mm/s.
    pub cap_mm_s: Option<u32>,
}

/// Why a vehicle stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trouble {
    /// A person is within reach.
    pub person_near: bool,
    /// The load may fall or be damaged.
    pub load_at_risk: bool,
}

/// Who moves a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// It drives by its grants.
    Automatic,
    /// It loads or unloads and cannot leave.
    Busy,
    /// It stopped and asks for help.
    Halted(Trouble),
    /// A person drives it; the order is kept, and this is the node asked for next.
    Intervened {
        /// The next node on the person's way.
        asks: Option<NodeId>,
    },
}

/// The ground that a vehicle may sweep: everything within `reach_mm` of the line between two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    /// One end.
    pub from: Spot,
    /// The other end.
    pub to: Spot,
    /// Half of the width.
    pub reach_mm: i32,
}

impl Swept {
    /// The same, reaching farther at both ends.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a site is smaller than an i32 of millimetres, and a cast of a float saturates"
    )]
    pub(crate) fn longer(self, by_mm: f64) -> Self {
        let (dx, dy) = (f64::from(self.to.x_mm) - f64::from(self.from.x_mm), f64::from(self.to.y_mm) - f64::from(self.from.y_mm));
        let length = dx.hypot(dy).max(1.0);
        let (x, y) = ((dx / length * by_mm).round() as i32, (dy / length * by_mm).round() as i32);
        let from = Spot { x_mm: self.from.x_mm.saturating_sub(x), y_mm: self.from.y_mm.saturating_sub(y) };
        let to = Spot { x_mm: self.to.x_mm.saturating_add(x), y_mm: self.to.y_mm.saturating_add(y) };
        Self { from, to, ..self }
    }
}

/// What a vehicle says of itself, again and again; each report replaces the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The vehicle's own clock.
    pub stamp: MonoTime,
    /// The newest order it has taken.
    pub heard: OrderNumber,
    /// Every node that it has not left and may still enter, in order; never empty.
    pub held: Vec<Granted>,
    /// Length of its way from here to the last of them, in millimetres.
    pub ahead_mm: u32,
    /// Speed along the way, in mm/s.
    pub speed_mm_s: u32,
    /// Who moves it.
    pub mode: Mode,
    /// The ground it covers; driven by a person, the box of its stopping distance and 1 m.
    pub swept: Swept,
}

/// What a vehicle can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VehicleKind {
    /// Its top speed on this site, in mm/s.
    pub top_mm_s: u32,
    /// How hard it picks up speed, in mm/s².
    pub gain_mm_s2: u32,
    /// How hard it brakes in service, in mm/s²; above 0.
    pub brake_mm_s2: u32,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A vehicle stands on a node and belongs to the site from now on.
    Joined {
        /// Who.
        vehicle: VehicleId,
        /// Where.
        node: NodeId,
        /// What it can do.
        kind: VehicleKind,
    },
    /// A vehicle spoke.
    Reported {
        /// Who.
        vehicle: VehicleId,
        /// What it said.
        report: Report,
    },
    /// The fleet system wants a vehicle at a node; replaces what it wanted before.
    Wanted {
        /// Who.
        vehicle: VehicleId,
        /// Where; nobody else is promised this node meanwhile.
        goal: NodeId,
    },
    /// A person took a vehicle in trouble.
    Taken {
        /// Which.
        vehicle: VehicleId,
        /// Who.
        operator: OperatorName,
    },
    /// The person gave it back.
    Released {
        /// Which.
        vehicle: VehicleId,
    },
    /// Time has passed: plans and grants.
    Tick,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Write `export()` down, then send this.
    Send {
        /// To whom.
        vehicle: VehicleId,
        /// What.
        order: Order,
    },
    /// The goal is somebody else's for now: QUEUED.
    Queued {
        /// Who waits.
        vehicle: VehicleId,
    },
    /// The goal is the vehicle's: it will be led there.
    Promised {
        /// To whom.
        vehicle: VehicleId,
    },
    /// No way leads there around what is blocked; the goal is kept until another is wanted.
    Unreachable {
        /// Who cannot get to its goal.
        vehicle: VehicleId,
    },
    /// A vehicle needs a person.
    Opened {
        /// Which.
        vehicle: VehicleId,
    },
    /// It does not any more.
    Closed {
        /// Which.
        vehicle: VehicleId,
    },
}
