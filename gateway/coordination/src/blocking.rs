//! Which nodes nobody may be led through for now, and which lead on.

use crate::fleet::Member;
use crate::routes::live;
use crate::site::{Site, from_line};
use crate::words::{NodeId, Swept};
use std::collections::VecDeque;

/// The nodes of vehicles in trouble, and what follows from them.
#[derive(Debug, Clone)]
pub(crate) struct Blocking {
    blocked: Vec<bool>,
    live: Vec<bool>,
    closed: Vec<bool>,
    /// Nodes to pass, against the lanes too, until a way leads on; `None` from where there is no way at all.
    way_out: Vec<Option<u32>>,
    /// Rises when the blocked nodes change, so that ways are measured anew.
    version: u64,
}

impl Blocking {
    pub(crate) fn none(site: &Site) -> Self {
        let blocked = vec![false; site.len()];
        let live = live(site, &blocked);
        let closed = live.iter().map(|live| !live).collect();
        Self { way_out: way_out(site, &blocked, &live), live, closed, blocked, version: 1 }
    }

    /// Nodes through which nobody is led: blocked, or from there no way leads on.
    pub(crate) fn closed(&self) -> &[bool] {
        &self.closed
    }

    pub(crate) fn is_blocked(&self, node: NodeId) -> bool {
        self.blocked[node.index()]
    }

    /// True if a way leads on from the node.
    pub(crate) fn leads_on(&self, node: NodeId) -> bool {
        self.live[node.index()]
    }

    /// How many nodes lie between here and one from which a way leads on, for who is shut in and turns round.
    pub(crate) fn way_out(&self, node: NodeId) -> Option<u32> {
        self.way_out[node.index()]
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Looks at every vehicle in trouble; true if the blocked nodes have changed.
    pub(crate) fn update(&mut self, site: &Site, members: &[Member], silent: impl Fn(&Member) -> bool) -> bool {
        let mut blocked = vec![false; site.len()];
        for member in members.iter().filter(|member| member.is_halted() || member.is_intervened() || silent(member)) {
            for entry in member.kept.ledger.entries() {
                blocked[entry.node.index()] = true;
            }
            let Some(report) = &member.report else { continue };
            let swept = if member.is_taken() { report.swept.longer(BOX_MM) } else { report.swept };
            for node in touched(site, &swept) {
                blocked[node.index()] = true;
            }
        }
        if blocked == self.blocked {
            return false;
        }
        self.live = live(site, &blocked);
        self.closed = self.live.iter().map(|live| !live).collect();
        self.way_out = way_out(site, &blocked, &self.live);
        self.blocked = blocked;
        self.version += 1;
        true
    }
}

fn way_out(site: &Site, blocked: &[bool], live: &[bool]) -> Vec<Option<u32>> {
    let mut steps: Vec<Option<u32>> = live.iter().map(|live| live.then_some(0)).collect();
    let mut open: VecDeque<NodeId> = site.ids().filter(|node| live[node.index()] && !site.is_dock(*node)).collect();
    while let Some(node) = open.pop_front() {
        let next = steps[node.index()].map(|steps| steps + 1);
        for &other in site.into(node).iter().chain(site.out(node)) {
            if steps[other.index()].is_none() && !blocked[other.index()] {
                steps[other.index()] = next;
                open.push_back(other);
            }
        }
    }
    steps
}

/// What a person's box reaches beyond the vehicle that still stands: safety.md 5.
const BOX_MM: f64 = 1_000.0;

/// The nodes whose discs the ground touches.
pub(crate) fn touched<'a>(site: &'a Site, swept: &'a Swept) -> impl Iterator<Item = NodeId> + 'a {
    let reach = f64::from(swept.reach_mm) + f64::from(site.radius_mm());
    site.ids().filter(move |node| from_line(site.spot(*node), (swept.from, swept.to)) < reach)
}
