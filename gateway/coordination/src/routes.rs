//! Ways through the lanes around what is blocked.

use crate::site::{Site, number};
use crate::words::NodeId;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How far it is from every node to one goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routes {
    to_goal_mm: Vec<u32>,
}

impl Routes {
    /// Measures the ways to `goal` that enter no blocked node and pass through no dock.
    ///
    /// * `blocked`: one for each node; the goal itself may be blocked, then no way leads there.
    #[must_use]
    pub fn to(site: &Site, goal: NodeId, blocked: &[bool]) -> Self {
        Self::around(site, goal, blocked, |_| 0)
    }

    /// As `to`, where a node can count as more than the lane that leads there, in millimetres.
    #[must_use]
    pub(crate) fn around(site: &Site, goal: NodeId, blocked: &[bool], extra_mm: impl Fn(NodeId) -> u32) -> Self {
        let mut to_goal_mm = vec![NO_WAY; site.len()];
        let mut open = BinaryHeap::new();
        if !blocked[goal.index()] {
            to_goal_mm[goal.index()] = 0;
            open.push(Reverse((0_u32, goal)));
        }
        while let Some(Reverse((length, node))) = open.pop() {
            // A blocked node can be left, for whoever stands there, but no way leads through it.
            let passable = !blocked[node.index()] && (node == goal || !site.is_dock(node));
            if length > to_goal_mm[node.index()] || !passable {
                continue;
            }
            let extra = if node == goal { 0 } else { extra_mm(node) };
            for (before, lane_mm) in site.lanes_into(node) {
                let longer = length.saturating_add(lane_mm).saturating_add(extra);
                if longer < to_goal_mm[before.index()] {
                    to_goal_mm[before.index()] = longer;
                    open.push(Reverse((longer, before)));
                }
            }
        }
        Self { to_goal_mm }
    }

    /// Length of the best way from a node, in millimetres; `None` if there is none.
    #[must_use]
    pub fn from(&self, node: NodeId) -> Option<u32> {
        self.to_goal_mm.get(node.index()).copied().filter(|length| *length != NO_WAY)
    }
}

/// Which nodes lead on: from them one gets to the largest part of the site where everything reaches everything.
///
/// A vehicle on any other node is shut in until something is unblocked.
pub(crate) fn live(site: &Site, blocked: &[bool]) -> Vec<bool> {
    let open = |node: NodeId| !blocked[node.index()] && !site.is_dock(node);
    let mut part = vec![usize::MAX; site.len()];
    let mut best: (usize, usize) = (0, usize::MAX);
    for start in site.ids().filter(|node| open(*node)) {
        if part[start.index()] != usize::MAX {
            continue;
        }
        let forth = spread(site, start, |node| site.out(node), &open);
        let back = spread(site, start, |node| site.into(node), &open);
        let mut size = 0;
        for at in 0..site.len() {
            if forth[at] && back[at] {
                part[at] = start.index();
                size += 1;
            }
        }
        if size > best.0 {
            best = (size, start.index());
        }
    }
    // One node by itself is no round trip: nobody is sent anywhere until something is unblocked.
    if best.0 < 2 {
        return vec![false; site.len()];
    }
    let mut live = spread(site, number(best.1), |node| site.into(node), &open);
    for dock in site.ids().filter(|node| site.is_dock(*node)) {
        live[dock.index()] = !blocked[dock.index()] && site.out(dock).iter().all(|node| live[node.index()]);
    }
    live
}

fn spread<'a>(site: &'a Site, start: NodeId, next: impl Fn(NodeId) -> &'a [NodeId], open: &impl Fn(NodeId) -> bool) -> Vec<bool> {
    let mut reached = vec![false; site.len()];
    reached[start.index()] = true;
    let mut todo = vec![start];
    while let Some(node) = todo.pop() {
        for &other in next(node) {
            if open(other) && !reached[other.index()] {
                reached[other.index()] = true;
                todo.push(other);
            }
        }
    }
    reached
}

const NO_WAY: u32 = u32::MAX;
