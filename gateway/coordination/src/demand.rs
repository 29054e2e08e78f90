//! Where each vehicle would go next, and how far ahead it needs its grants.

use crate::blocking::Blocking;
use crate::coordinator::Limits;
use crate::fleet::Member;
use crate::plan::Seat;
use crate::routes::Routes;
use crate::site::{Site, number};
use crate::words::{Mode, NodeId};
use farhand_protocol::MonoTime;

/// What the plan is told of a vehicle.
pub(crate) struct Asker<'a> {
    pub(crate) site: &'a Site,
    pub(crate) blocking: &'a Blocking,
    pub(crate) limits: &'a Limits,
    pub(crate) now: MonoTime,
    /// Nodes on which somebody stands who will not leave for a while.
    pub(crate) standing: &'a [bool],
}

impl Asker<'_> {
    /// The seat of a vehicle; `movable` as the coordinator knows it.
    pub(crate) fn seat(&self, member: &Member, routes: Option<&Routes>, movable: bool) -> Seat {
        let head = member.kept.ledger.head();
        let pressing = self.now.since(member.since) >= self.limits.patience;
        let (choices, good) = match member.mode() {
            Some(Mode::Intervened { asks: Some(asked) }) if self.site.out(head).contains(&asked) => {
                (vec![asked.index(), head.index()], 2)
            }
            Some(Mode::Intervened { .. }) => (vec![head.index()], 1),
            Some(Mode::Automatic) if !self.blocking.leads_on(head) => self.way_out(head),
            Some(Mode::Automatic | Mode::Busy | Mode::Halted(_)) | None => self.choices(member, routes, head),
        };
        Seat { head: head.index(), choices, good, movable, pressing: pressing || member.is_intervened() }
    }

    /// Shut in: turns round and goes back against the lanes, where nobody is sent meanwhile, to where a way leads on.
    fn way_out(&self, head: NodeId) -> (Vec<usize>, usize) {
        let around = self.site.out(head).iter().chain(self.site.into(head));
        let open = around.filter(|node| !self.blocking.is_blocked(**node) && !self.site.is_dock(**node));
        let mut ranked: Vec<(u32, usize)> = open.filter_map(|node| Some((self.blocking.way_out(*node)?, node.index()))).collect();
        ranked.extend(self.blocking.way_out(head).map(|steps| (steps, head.index())));
        ranked.sort_unstable();
        ranked.dedup();
        if ranked.is_empty() {
            ranked.push((0, head.index()));
        }
        let choices: Vec<usize> = ranked.into_iter().map(|(_, node)| node).collect();
        let good = choices.len();
        (choices, good)
    }

    /// Neighbours and the head itself, best first, and how many of them are no detour.
    fn choices(&self, member: &Member, routes: Option<&Routes>, head: NodeId) -> (Vec<usize>, usize) {
        let from_head = routes.and_then(|routes| routes.from(head));
        let pressing = self.now.since(member.since) >= self.limits.patience;
        let goal = member.promised();
        let mut ranked: Vec<(u32, bool, usize)> = Vec::with_capacity(5);
        for &node in self.site.out(head) {
            let dead_end = self.site.is_dock(node) && goal != Some(node);
            if dead_end || !self.blocking.leads_on(node) {
                continue;
            }
            let length = match (routes, from_head) {
                // It is wanted nowhere it could get to: any place is as good as this one.
                (None, _) | (_, None) => 0,
                (Some(routes), Some(_)) => {
                    let Some(rest) = routes.from(node) else { continue };
                    rest + self.site.length_mm(head, node) + self.turn_mm(member, head, node)
                }
            };
            ranked.push((length, true, node.index()));
        }
        // Whoever waits behind one who stands may go round.
        let waits_for_long = ranked.iter().min().is_some_and(|(_, _, node)| self.standing[*node]) || pressing;
        let patience_mm = if waits_for_long { self.limits.round_mm } else { self.limits.detour_mm };
        let stay = match (goal, from_head) {
            (Some(goal), Some(_)) if goal == head => 0,
            // To wait costs less than any way that leads farther from the goal, and more than any that does not.
            (_, Some(length)) => length + patience_mm,
            (_, None) => u32::from(member.yields),
        };
        ranked.push((stay, false, head.index()));
        ranked.sort_unstable();
        let good = if from_head.is_none() {
            ranked.len()
        } else {
            ranked.iter().position(|(_, leaves, _)| !leaves).map_or(ranked.len(), |at| at + 1)
        };
        (ranked.into_iter().map(|(_, _, node)| node).collect(), good)
    }

    /// A corner costs time: of two ways of one length the straighter is better.
    fn turn_mm(&self, member: &Member, head: NodeId, node: NodeId) -> u32 {
        let Some(before) = member.kept.ledger.before_head() else { return 0 };
        let (a, b, c) = (self.site.spot(before), self.site.spot(head), self.site.spot(node));
        let into = (i64::from(b.x_mm - a.x_mm), i64::from(b.y_mm - a.y_mm));
        let out = (i64::from(c.x_mm - b.x_mm), i64::from(c.y_mm - b.y_mm));
        let straight = into.0 * out.1 == into.1 * out.0 && into.0 * out.0 + into.1 * out.1 > 0;
        if straight { 0 } else { self.limits.turn_mm }
    }

    /// True if its grants end too soon: they should cover its stopping distance, what it drives until the next word gets to it,
    /// and one node.
    pub(crate) fn is_short(&self, member: &Member) -> bool {
        let Some(report) = &member.report else { return true };
        let kind = member.kept.kind;
        let mut ahead = u64::from(report.ahead_mm);
        let mut last = report.held.last().map(|granted| granted.node);
        let newest = report.held.last().map(|granted| granted.seq);
        for entry in member.kept.ledger.entries().filter(|entry| Some(entry.seq) > newest) {
            ahead += last.map_or(0, |before| u64::from(self.site.length_mm(before, entry.node)));
            last = Some(entry.node);
        }
        let reaction_ms = u64::try_from(self.limits.reaction.as_millis()).unwrap_or(u64::MAX).min(10_000);
        let gained = u64::from(kind.gain_mm_s2) * reaction_ms / 1000;
        let speed = (u64::from(report.speed_mm_s) + gained).min(u64::from(kind.top_mm_s));
        let stop = speed * speed / (2 * u64::from(kind.brake_mm_s2.max(1)));
        let head = member.kept.ledger.head();
        let next = self.site.out(head).iter().map(|node| u64::from(self.site.length_mm(head, *node))).max().unwrap_or(0);
        ahead < stop + speed * reaction_ms / 1000 + next
    }
}

/// The node of a step as the words have it.
pub(crate) fn node(index: usize) -> NodeId {
    number(index)
}
