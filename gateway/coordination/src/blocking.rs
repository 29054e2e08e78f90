//! Which nodes nobody may be led through for now, and which lead on.

use crate::fleet::Member;
use crate::routes::live;
use crate::site::{Site, from_line};
use crate::words::{NodeId, Swept};

/// The nodes of vehicles in trouble, and what follows from them.
#[derive(Debug, Clone)]
pub(crate) struct Blocking {
    blocked: Vec<bool>,
    live: Vec<bool>,
    /// Rises when the blocked nodes change, so that ways are measured anew.
    version: u64,
}

impl Blocking {
    pub(crate) fn none(site: &Site) -> Self {
        let blocked = vec![false; site.len()];
        Self { live: live(site, &blocked), blocked, version: 1 }
    }

    pub(crate) fn blocked(&self) -> &[bool] {
        &self.blocked
    }

    pub(crate) fn is_blocked(&self, node: NodeId) -> bool {
        self.blocked[node.index()]
    }

    /// True if a way leads on from the node.
    pub(crate) fn leads_on(&self, node: NodeId) -> bool {
        self.live[node.index()]
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
            for node in touched(site, &report.swept) {
                blocked[node.index()] = true;
            }
        }
        if blocked == self.blocked {
            return false;
        }
        self.live = live(site, &blocked);
        self.blocked = blocked;
        self.version += 1;
        true
    }
}

/// The nodes whose discs the ground touches.
pub(crate) fn touched<'a>(site: &'a Site, swept: &'a Swept) -> impl Iterator<Item = NodeId> + 'a {
    let reach = f64::from(swept.reach_mm) + f64::from(site.radius_mm());
    site.ids().filter(move |node| from_line(site.spot(*node), (swept.from, swept.to)) < reach)
}
