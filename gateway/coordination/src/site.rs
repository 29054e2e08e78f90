//! The graph of a site's lanes, checked once when it is made.

use crate::words::{NodeId, Spot};

/// What a node is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// Part of the lanes.
    Way,
    /// A dead end with one slot: entered and left by the same neighbour.
    Dock,
}

/// A node as it is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Where its middle is.
    pub spot: Spot,
    /// What it is for.
    pub kind: NodeKind,
}

/// A site before it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitePlan {
    /// Every node; its number is its place here.
    pub nodes: Vec<Node>,
    /// Directed lanes, straight from the first to the second.
    pub lanes: Vec<(NodeId, NodeId)>,
    /// Radius of the disc that the largest vehicle needs to turn on a node.
    pub radius_mm: i32,
    /// Half of the width of the widest vehicle.
    pub half_width_mm: i32,
}

/// Why a plan is no site.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// There is nothing to drive on, or more than a node's number can count.
    #[error("a site has 2 to 65,535 nodes, not {0}")]
    Size(usize),
    /// A lane names a node that is not there, or leads from a node to itself.
    #[error("the lane from {} to {} joins no two nodes of the site", .0.0, .1.0)]
    Lane(NodeId, NodeId),
    /// Two vehicles that turn on these nodes would touch.
    #[error("nodes {} and {} lie closer than two turning circles", .0.0, .1.0)]
    Close(NodeId, NodeId),
    /// Whoever drives the lane would touch whoever turns on the node.
    #[error("the lane from {} to {} passes too close by node {}", .0.0, .1.0, .2.0)]
    Narrow(NodeId, NodeId, NodeId),
    /// Two lanes cross where there is no node.
    #[error("the lanes from {} to {} and from {} to {} cross or touch without a node", .0.0.0, .0.1.0, .1.0.0, .1.1.0)]
    Crossing((NodeId, NodeId), (NodeId, NodeId)),
    /// A dock has exactly one neighbour, with a lane each way.
    #[error("dock {} needs one neighbour, with a lane in and a lane out", .0.0)]
    Dock(NodeId),
    /// From this node some other cannot be reached or the other way round, so a lane lies on no cycle.
    #[error("node {} is not on a round trip through all lanes: vehicles would gather in a trap", .0.0)]
    Trap(NodeId),
}

/// A site's lanes: docks are dead ends, and every other lane lies on a cycle.
#[derive(Debug, Clone)]
pub struct Site {
    nodes: Vec<Node>,
    out: Vec<Vec<NodeId>>,
    into: Vec<Vec<NodeId>>,
    /// Lengths of the lanes of `into`, in millimetres.
    into_mm: Vec<Vec<u32>>,
    radius_mm: i32,
}

impl Site {
    /// Checks a plan.
    ///
    /// # Errors
    /// [`SiteError`] names the first node or lane that does not fit.
    pub fn new(plan: SitePlan) -> Result<Self, SiteError> {
        let count = plan.nodes.len();
        if count < 2 || count > usize::from(u16::MAX) {
            return Err(SiteError::Size(count));
        }
        let mut site = Self {
            nodes: plan.nodes,
            out: vec![Vec::new(); count],
            into: vec![Vec::new(); count],
            into_mm: vec![Vec::new(); count],
            radius_mm: plan.radius_mm,
        };
        for &(from, to) in &plan.lanes {
            if from == to || from.index() >= count || to.index() >= count {
                return Err(SiteError::Lane(from, to));
            }
            if !site.out[from.index()].contains(&to) {
                site.out[from.index()].push(to);
                let length_mm = site.length_mm(from, to);
                site.into[to.index()].push(from);
                site.into_mm[to.index()].push(length_mm);
            }
        }
        site.check_room(plan.half_width_mm)?;
        site.check_docks()?;
        site.check_cycles()?;
        Ok(site)
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: a site has at least two nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Every node, in the order of their numbers.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(number)
    }

    /// Where a node is.
    #[must_use]
    pub fn spot(&self, node: NodeId) -> Spot {
        self.nodes[node.index()].spot
    }

    /// What a node is for.
    #[must_use]
    pub fn kind(&self, node: NodeId) -> NodeKind {
        self.nodes[node.index()].kind
    }

    /// True for a node with one slot and one way in and out.
    #[must_use]
    pub fn is_dock(&self, node: NodeId) -> bool {
        self.kind(node) == NodeKind::Dock
    }

    /// Where one can go from a node.
    #[must_use]
    pub fn out(&self, node: NodeId) -> &[NodeId] {
        &self.out[node.index()]
    }

    /// From where one can come to a node.
    #[must_use]
    pub fn into(&self, node: NodeId) -> &[NodeId] {
        &self.into[node.index()]
    }

    /// The same, each with the length of its lane in millimetres.
    pub(crate) fn lanes_into(&self, node: NodeId) -> impl Iterator<Item = (NodeId, u32)> + '_ {
        self.into[node.index()].iter().copied().zip(self.into_mm[node.index()].iter().copied())
    }

    /// Radius of the disc around a node that belongs to its holder.
    #[must_use]
    pub fn radius_mm(&self) -> i32 {
        self.radius_mm
    }

    /// Length of the straight lane between two nodes, in millimetres.
    #[must_use]
    pub fn length_mm(&self, from: NodeId, to: NodeId) -> u32 {
        let (a, b) = (self.spot(from), self.spot(to));
        rounded(distance(a, b))
    }

    fn check_room(&self, half_width_mm: i32) -> Result<(), SiteError> {
        let radius = f64::from(self.radius_mm);
        let half_width = f64::from(half_width_mm);
        let lanes: Vec<(NodeId, NodeId)> = self.ids().flat_map(|from| self.out(from).iter().map(move |to| (from, *to))).collect();
        for a in self.ids() {
            // A millimetre is forgiven to rounding.
            let near = |b: &NodeId| distance(self.spot(a), self.spot(*b)) < 2.0 * radius - 1.0;
            if let Some(b) = self.ids().skip(a.index() + 1).find(near) {
                return Err(SiteError::Close(a, b));
            }
        }
        for &(from, to) in &lanes {
            let line = (self.spot(from), self.spot(to));
            let near =
                |node: &NodeId| *node != from && *node != to && from_line(self.spot(*node), line) < radius + half_width - 1.0;
            if let Some(node) = self.ids().find(near) {
                return Err(SiteError::Narrow(from, to, node));
            }
        }
        self.check_crossings(&lanes, 2.0 * half_width)
    }

    fn check_crossings(&self, lanes: &[(NodeId, NodeId)], apart_mm: f64) -> Result<(), SiteError> {
        for (at, &one) in lanes.iter().enumerate() {
            let shares = |other: (NodeId, NodeId)| [other.0, other.1].into_iter().any(|node| node == one.0 || node == one.1);
            let line = (self.spot(one.0), self.spot(one.1));
            let touches = |other: &(NodeId, NodeId)| {
                let second = (self.spot(other.0), self.spot(other.1));
                let reach = distance(line.0, line.1) + distance(second.0, second.1) + apart_mm;
                distance(line.0, second.0) < reach
                    && !shares(*other)
                    && (cross(line, second) || lines_apart(line, second) < apart_mm - 1.0)
            };
            if let Some(&other) = lanes[at + 1..].iter().find(|other| touches(other)) {
                return Err(SiteError::Crossing(one, other));
            }
        }
        Ok(())
    }

    fn check_docks(&self) -> Result<(), SiteError> {
        let mut docks = self.ids().filter(|node| self.is_dock(*node));
        let wrong = docks.find(|dock| {
            let (out, into) = (self.out(*dock), self.into(*dock));
            out.len() != 1 || into != out || self.is_dock(out[0])
        });
        wrong.map_or(Ok(()), |dock| Err(SiteError::Dock(dock)))
    }

    fn check_cycles(&self) -> Result<(), SiteError> {
        let Some(start) = self.ids().find(|node| !self.is_dock(*node)) else { return Err(SiteError::Trap(NodeId(0))) };
        let forth = self.reached_from(start, |node| self.out(node));
        let back = self.reached_from(start, |node| self.into(node));
        let lost = self.ids().find(|node| !forth[node.index()] || !back[node.index()]);
        lost.map_or(Ok(()), |node| Err(SiteError::Trap(node)))
    }

    fn reached_from<'a>(&'a self, start: NodeId, next: impl Fn(NodeId) -> &'a [NodeId]) -> Vec<bool> {
        let mut reached = vec![false; self.len()];
        let mut open = vec![start];
        reached[start.index()] = true;
        while let Some(node) = open.pop() {
            for &other in next(node) {
                if !reached[other.index()] {
                    reached[other.index()] = true;
                    open.push(other);
                }
            }
        }
        reached
    }
}

/// The number of a place in the tables of a site, which has at most 65,535 nodes.
pub(crate) fn number(index: usize) -> NodeId {
    NodeId(u16::try_from(index).unwrap_or(u16::MAX))
}

/// Distance of two places in millimetres.
pub(crate) fn distance(a: Spot, b: Spot) -> f64 {
    (f64::from(a.x_mm) - f64::from(b.x_mm)).hypot(f64::from(a.y_mm) - f64::from(b.y_mm))
}

/// Distance of a place from the straight line between two others, in millimetres.
pub(crate) fn from_line(spot: Spot, (from, to): (Spot, Spot)) -> f64 {
    let (px, py) = (f64::from(spot.x_mm) - f64::from(from.x_mm), f64::from(spot.y_mm) - f64::from(from.y_mm));
    let (dx, dy) = (f64::from(to.x_mm) - f64::from(from.x_mm), f64::from(to.y_mm) - f64::from(from.y_mm));
    let square = dx * dx + dy * dy;
    let along = if square > 0.0 { ((px * dx + py * dy) / square).clamp(0.0, 1.0) } else { 0.0 };
    (px - along * dx).hypot(py - along * dy)
}

fn lines_apart(one: (Spot, Spot), other: (Spot, Spot)) -> f64 {
    let ends = [from_line(one.0, other), from_line(one.1, other), from_line(other.0, one), from_line(other.1, one)];
    ends.into_iter().fold(f64::INFINITY, f64::min)
}

fn cross(one: (Spot, Spot), other: (Spot, Spot)) -> bool {
    let side = |line: (Spot, Spot), spot: Spot| {
        let (dx, dy) = (i64::from(line.1.x_mm - line.0.x_mm), i64::from(line.1.y_mm - line.0.y_mm));
        (dx * i64::from(spot.y_mm - line.0.y_mm) - dy * i64::from(spot.x_mm - line.0.x_mm)).signum()
    };
    side(one, other.0) * side(one, other.1) < 0 && side(other, one.0) * side(other, one.1) < 0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float saturates, and a length is not negative"
)]
fn rounded(length: f64) -> u32 {
    length.round() as u32
}
