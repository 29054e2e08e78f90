//! What is known of each vehicle, and what of it survives a restart.

use crate::ledger::Ledger;
use crate::site::Site;
use crate::tickets::Call;
use crate::words::{FleetEpoch, Mode, NodeId, OrderNumber, Report, VehicleKind};
use farhand_protocol::{MonoTime, VehicleId};
use serde::{Deserialize, Serialize};

/// One vehicle.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "facts of which none follows from another")]
pub(crate) struct Member {
    pub(crate) id: VehicleId,
    pub(crate) kept: KeptMember,
    pub(crate) report: Option<Report>,
    pub(crate) heard_at: MonoTime,
    pub(crate) sent_at: MonoTime,
    /// Something changed that it has to be told.
    pub(crate) stale: bool,
    /// When its grants last grew or its goal changed: how long it has waited.
    pub(crate) since: MonoTime,
    pub(crate) cap_mm_s: Option<u32>,
    /// It stands in trouble, and what it does not need was asked back once.
    pub(crate) asked_back: bool,
    /// Another waits for the dock in which it waits.
    pub(crate) yields: bool,
    /// It was said that no way leads to its goal.
    pub(crate) unreachable: bool,
}

/// The part of it that is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptMember {
    pub(crate) kind: VehicleKind,
    pub(crate) ledger: Ledger,
    pub(crate) number: OrderNumber,
    pub(crate) goal: Option<Goal>,
    pub(crate) call: Option<Call>,
}

/// Where a vehicle is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Goal {
    pub(crate) node: NodeId,
    /// Nobody else is promised this node.
    pub(crate) promised: bool,
    pub(crate) since: MonoTime,
}

impl Member {
    pub(crate) fn new(now: MonoTime, id: VehicleId, kept: KeptMember) -> Self {
        Self {
            id,
            kept,
            report: None,
            heard_at: now,
            sent_at: MonoTime(0),
            stale: true,
            since: now,
            cap_mm_s: None,
            asked_back: false,
            yields: false,
            unreachable: false,
        }
    }

    pub(crate) fn mode(&self) -> Option<Mode> {
        self.report.as_ref().map(|report| report.mode)
    }

    /// The goal it may be led to.
    pub(crate) fn promised(&self) -> Option<NodeId> {
        self.kept.goal.filter(|goal| goal.promised).map(|goal| goal.node)
    }

    pub(crate) fn is_halted(&self) -> bool {
        matches!(self.mode(), Some(Mode::Halted(_)))
    }

    /// A person has taken its call.
    pub(crate) fn is_taken(&self) -> bool {
        self.kept.call.as_ref().is_some_and(|call| call.operator.is_some())
    }

    pub(crate) fn is_intervened(&self) -> bool {
        matches!(self.mode(), Some(Mode::Intervened { .. }))
    }
}

/// All that a restart must not forget: whoever drives the coordinator writes it down before an order leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub(crate) epoch: FleetEpoch,
    pub(crate) members: Vec<(String, KeptMember)>,
}

/// Why what was kept does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The site has changed: stop the vehicles, and let each join anew where it stands.
    #[error("vehicle {0:?} holds a node that this site does not have")]
    Node(String),
    /// The name is none.
    #[error("{0:?} is no vehicle's name")]
    Name(String),
    /// Two vehicles hold one node.
    #[error("node {} has two holders", .0.0)]
    TwoHolders(NodeId),
    /// No epoch is left.
    #[error("the epochs are used up")]
    EpochsUsedUp,
}

impl Kept {
    pub(crate) fn members(&self, now: MonoTime, site: &Site) -> Result<Vec<Member>, ImportError> {
        let mut held = vec![false; site.len()];
        let mut members = Vec::with_capacity(self.members.len());
        for (name, kept) in &self.members {
            let id = VehicleId::new(name).map_err(|_| ImportError::Name(name.clone()))?;
            let goal = kept.goal.map(|goal| goal.node);
            let mut nodes: Vec<NodeId> = kept.ledger.entries().map(|entry| entry.node).collect();
            nodes.sort_unstable();
            nodes.dedup();
            if nodes.is_empty() || nodes.iter().copied().chain(goal).any(|node| node.index() >= site.len()) {
                return Err(ImportError::Node(name.clone()));
            }
            for node in nodes {
                if std::mem::replace(&mut held[node.index()], true) {
                    return Err(ImportError::TwoHolders(node));
                }
            }
            members.push(Member::new(now, id, kept.clone()));
        }
        Ok(members)
    }
}
