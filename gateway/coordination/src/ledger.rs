//! The grants of one vehicle, from the node it has not left yet to the last one it may enter.

use crate::words::{GrantSeq, Granted, NodeId, OrderNumber, Report};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How a node stands with its holder; VDA 5050 knows QUEUED too, which here belongs to goals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GrantState {
    /// It may be entered.
    Granted,
    /// Asked back by this order; counts as granted until the vehicle, having heard it, holds it no more.
    Revoked(OrderNumber),
}

/// A node, whom it was sent with, and whether it is asked back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) seq: GrantSeq,
    pub(crate) node: NodeId,
    pub(crate) state: GrantState,
    /// The first order that named it; before that was heard, its absence says nothing.
    sent: OrderNumber,
}

impl Entry {
    pub(crate) fn granted(&self) -> Granted {
        Granted { seq: self.seq, node: self.node }
    }
}

/// Never empty: a vehicle always stands somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    entries: VecDeque<Entry>,
    next: GrantSeq,
}

/// What a report changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Change {
    /// Nodes that nobody of this ledger holds any more.
    pub(crate) freed: Vec<NodeId>,
    /// Nodes that the vehicle holds and this ledger did not know.
    pub(crate) adopted: Vec<NodeId>,
}

impl Ledger {
    pub(crate) fn starting_at(node: NodeId) -> Self {
        let first = Entry { seq: GrantSeq(1), node, state: GrantState::Granted, sent: OrderNumber::default() };
        Self { entries: VecDeque::from([first]), next: GrantSeq(2) }
    }

    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(crate) fn head(&self) -> NodeId {
        self.entries.back().map_or(NodeId(0), |entry| entry.node)
    }

    /// The node before the last, if the vehicle has not left it.
    pub(crate) fn before_head(&self) -> Option<NodeId> {
        self.entries.iter().rev().nth(1).map(|entry| entry.node)
    }

    pub(crate) fn holds(&self, node: NodeId) -> bool {
        self.entries.iter().any(|entry| entry.node == node)
    }

    /// True while the vehicle may still hold what was asked back: nothing may be added behind it.
    pub(crate) fn awaits_return(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry.state, GrantState::Revoked(_)))
    }

    pub(crate) fn grant(&mut self, node: NodeId, sent: OrderNumber) {
        self.entries.push_back(Entry { seq: self.next, node, state: GrantState::Granted, sent });
        self.next = GrantSeq(self.next.0.saturating_add(1));
    }

    /// Asks back everything from the first entry that `wanted` names; true if there was any.
    pub(crate) fn revoke_from(&mut self, by: OrderNumber, wanted: impl Fn(&Entry) -> bool) -> bool {
        // The first is where it stands.
        let Some(from) = (1..self.entries.len()).find(|at| wanted(&self.entries[*at])) else { return false };
        let mut any = false;
        for entry in self.entries.iter_mut().skip(from) {
            if entry.state == GrantState::Granted {
                entry.state = GrantState::Revoked(by);
                any = true;
            }
        }
        any
    }

    /// A vehicle that could not stop before it keeps what was asked back.
    fn keep(&mut self, held: &[Granted], heard: OrderNumber) {
        for entry in &mut self.entries {
            if let GrantState::Revoked(by) = entry.state
                && by <= heard
                && held.iter().any(|granted| granted.seq == entry.seq)
            {
                entry.state = GrantState::Granted;
            }
        }
    }

    /// Takes in what the vehicle holds.
    pub(crate) fn hear(&mut self, report: &Report) -> Change {
        let mut change = Change::default();
        let (Some(first), Some(last)) = (report.held.first(), report.held.last()) else { return change };
        self.entries.retain(|entry| {
            let left = entry.seq < first.seq;
            let wanted_by = match entry.state {
                GrantState::Granted => entry.sent,
                GrantState::Revoked(by) => by,
            };
            let given_back = entry.seq > last.seq && report.heard >= wanted_by;
            if left || given_back {
                change.freed.push(entry.node);
            }
            !(left || given_back)
        });
        for held in &report.held {
            if !self.entries.iter().any(|entry| entry.seq == held.seq) {
                let entry = Entry { seq: held.seq, node: held.node, state: GrantState::Granted, sent: OrderNumber::default() };
                let at = self.entries.iter().position(|other| other.seq > held.seq).unwrap_or(self.entries.len());
                self.entries.insert(at, entry);
                self.next = self.next.max(GrantSeq(held.seq.0.saturating_add(1)));
                change.adopted.push(held.node);
            }
        }
        self.keep(&report.held, report.heard);
        change.freed.retain(|node| !self.entries.iter().any(|entry| entry.node == *node));
        change
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{FleetEpoch, Mode, Spot, Swept};
    use farhand_protocol::MonoTime;

    #[test]
    fn a_node_is_free_when_the_vehicle_has_left_it_and_not_before() {
        let mut ledger = three();
        assert_eq!(ledger.hear(&report(1, &[(1, 10), (2, 11), (3, 12)])).freed, []);
        assert_eq!(ledger.hear(&report(1, &[(2, 11), (3, 12)])).freed, [NodeId(10)]);
    }

    #[test]
    fn a_grant_the_vehicle_has_not_heard_of_stays() {
        let mut ledger = three();
        assert_eq!(ledger.hear(&report(0, &[(1, 10)])).freed, []);
        assert!(ledger.holds(NodeId(12)));
    }

    #[test]
    fn what_is_asked_back_counts_as_granted_until_the_vehicle_confirms() {
        let mut ledger = three();
        assert!(ledger.revoke_from(number(2), |entry| entry.node == NodeId(12)));
        assert_eq!(ledger.hear(&report(1, &[(1, 10), (2, 11), (3, 12)])).freed, []);
        assert!(ledger.awaits_return() && ledger.holds(NodeId(12)));
        assert_eq!(ledger.hear(&report(2, &[(1, 10), (2, 11)])).freed, [NodeId(12)]);
        assert!(!ledger.awaits_return());
    }

    #[test]
    fn a_vehicle_that_cannot_stop_before_it_keeps_it() {
        let mut ledger = three();
        assert!(ledger.revoke_from(number(2), |entry| entry.node == NodeId(12)));
        assert_eq!(ledger.hear(&report(2, &[(2, 11), (3, 12)])).freed, [NodeId(10)]);
        assert!(!ledger.awaits_return() && ledger.holds(NodeId(12)));
    }

    #[test]
    fn a_node_that_only_the_vehicle_knows_of_is_taken_over() {
        let mut ledger = Ledger::starting_at(NodeId(10));
        assert_eq!(ledger.hear(&report(1, &[(1, 10), (2, 11)])).adopted, [NodeId(11)]);
        ledger.grant(NodeId(12), number(2));
        let seqs: Vec<u32> = ledger.entries().map(|entry| entry.seq.0).collect();
        assert_eq!(seqs, [1, 2, 3]);
    }

    fn three() -> Ledger {
        let mut ledger = Ledger::starting_at(NodeId(10));
        ledger.grant(NodeId(11), number(1));
        ledger.grant(NodeId(12), number(1));
        ledger
    }

    fn number(count: u32) -> OrderNumber {
        OrderNumber { epoch: FleetEpoch(1), count }
    }

    fn report(heard: u32, held: &[(u32, u16)]) -> Report {
        let held = held.iter().map(|(seq, node)| Granted { seq: GrantSeq(*seq), node: NodeId(*node) }).collect();
        let swept = Swept { from: Spot::default(), to: Spot::default(), reach_mm: 0 };
        let mode = Mode::Automatic;
        Report { stamp: MonoTime(1), heard: number(heard), held, ahead_mm: 0, speed_mm_s: 0, mode, swept }
    }
}
