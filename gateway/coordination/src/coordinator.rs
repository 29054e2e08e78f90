//! The coordinator of one site.

use crate::blocking::{Blocking, touched};
use crate::demand::{Asker, node};
use crate::docks;
use crate::fleet::{Goal, ImportError, Kept, KeptMember, Member};
use crate::ledger::{Entry, GrantState, Ledger};
use crate::plan::{Seat, Step, plan};
use crate::routes::Routes;
use crate::site::{Site, from_line};
use crate::tickets::{Call, Ticket, sort};
use crate::words::{Event, FleetEpoch, Mode, NodeId, Order, OrderNumber, Output, Report, VehicleKind};
use farhand_protocol::{MonoTime, OperatorName, VehicleId};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long the coordinator waits for whom, and what it takes for near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From a report to the order that answers it, at the vehicle: grants reach that much farther.
    pub reaction: Duration,
    /// Before others are sent out of their way for a vehicle.
    pub patience: Duration,
    /// Without a report no further node is granted.
    pub silent: Duration,
    /// Without a report its nodes count as blocked, and a person is called.
    pub lost: Duration,
    /// How long a grant is good for without a new order.
    pub lease: Duration,
    /// Before an unchanged order is sent again.
    pub resend: Duration,
    /// After a restart, for every vehicle to say what it holds.
    pub settle: Duration,
    /// What a corner counts as, in millimetres of way.
    pub turn_mm: u32,
    /// What waiting counts as, in millimetres of way.
    pub detour_mm: u32,
    /// How much longer a way round may be that is taken rather than to wait on.
    pub round_mm: u32,
    /// Before ways are measured anew because others stand in the lanes or something is blocked: a grant looks at that itself.
    pub look_again: Duration,
    /// Near a vehicle that a person drives nobody is faster.
    pub near_mm_s: u32,
    /// What is near, from its box to a node, in millimetres.
    pub near_mm: i32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A report every 300 ms, a tick every 200 ms, and the way there and back.
            reaction: Duration::from_millis(800),
            // Most of what stands in the way drives on within a node's length.
            patience: Duration::from_secs(8),
            // Eight reports are missing.
            silent: Duration::from_secs(2),
            // Roaming between access points takes less.
            lost: Duration::from_secs(10),
            lease: Duration::from_secs(5),
            // Five orders may be lost within a lease.
            resend: Duration::from_secs(1),
            settle: Duration::from_secs(5),
            // Slowing down for a bend costs about a second at 2 m/s.
            turn_mm: 2_000,
            detour_mm: 3_000,
            // Ten seconds at 2 m/s: half of what loading takes.
            round_mm: 20_000,
            // Two nodes on; loading takes ten times as long.
            look_again: Duration::from_secs(2),
            // A walking pace that a driver at a desk can follow.
            near_mm_s: 600,
            near_mm: 6_000,
        }
    }
}

/// Plans the moves of every vehicle of a site and grants them the nodes they may enter.
#[derive(Debug, Clone)]
pub struct Coordinator {
    site: Site,
    limits: Limits,
    epoch: FleetEpoch,
    members: Vec<Member>,
    places: BTreeMap<VehicleId, usize>,
    routes: Vec<Option<Measured>>,
    blocking: Blocking,
    /// Until then, after a restart, only what was granted before is good.
    settles_at: Option<MonoTime>,
    adopted: u64,
    /// Whose ways are looked at first.
    turn: usize,
}

/// Ways to one goal, measured around what was blocked then.
#[derive(Debug, Clone)]
struct Measured {
    goal: NodeId,
    version: u64,
    at: MonoTime,
    /// Somebody stood in the lanes then.
    crowded: bool,
    routes: Routes,
}

impl Coordinator {
    /// Starts with an empty site.
    #[must_use]
    pub fn new(site: Site, limits: Limits) -> Self {
        let blocking = Blocking::none(&site);
        let (members, places, routes) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self { site, limits, epoch: FleetEpoch(1), members, places, routes, blocking, settles_at: None, adopted: 0, turn: 0 }
    }

    /// Goes on after a restart: every grant that was written down stands, and the epoch is one higher.
    ///
    /// # Errors
    /// [`ImportError`] if what was kept does not fit the site.
    pub fn import(site: Site, limits: Limits, now: MonoTime, kept: &Kept) -> Result<Self, ImportError> {
        let members = kept.members(now, &site)?;
        let epoch = FleetEpoch(kept.epoch.0.checked_add(1).ok_or(ImportError::EpochsUsedUp)?);
        let places = members.iter().enumerate().map(|(at, member)| (member.id.clone(), at)).collect();
        let routes = vec![None; members.len()];
        let blocking = Blocking::none(&site);
        let settles_at = Some(now.after(limits.settle));
        Ok(Self { site, limits, epoch, members, places, routes, blocking, settles_at, adopted: 0, turn: 0 })
    }

    /// All that a restart must not forget.
    #[must_use]
    pub fn export(&self) -> Kept {
        let members = self.members.iter().map(|member| (member.id.as_str().to_owned(), member.kept.clone())).collect();
        Kept { epoch: self.epoch, members }
    }

    /// Takes in what happened and says what to do. A late tick plans the same, only later.
    #[must_use]
    pub fn handle_event(&mut self, now: MonoTime, event: Event) -> Vec<Output> {
        let mut out = Vec::new();
        match event {
            Event::Joined { vehicle, node, kind } => self.joined(now, vehicle, node, kind),
            Event::Reported { vehicle, report } => self.reported(now, &vehicle, report),
            Event::Wanted { vehicle, goal } => self.wanted(now, &vehicle, goal, &mut out),
            Event::Taken { vehicle, operator } => self.taken(&vehicle, &operator),
            Event::Released { vehicle } => self.released(&vehicle, &mut out),
            Event::Tick => self.tick(now, &mut out),
        }
        out
    }

    /// Which life of the coordinator this is.
    #[must_use]
    pub fn epoch(&self) -> FleetEpoch {
        self.epoch
    }

    /// The site's lanes.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Nodes that vehicles held and what was kept did not name; 0 as long as orders are written down before they leave.
    #[must_use]
    pub fn adopted(&self) -> u64 {
        self.adopted
    }

    /// Every node a vehicle holds, in order, and how; empty for one that is not known.
    pub fn held(&self, vehicle: &VehicleId) -> impl Iterator<Item = (NodeId, GrantState)> + '_ {
        let member = self.places.get(vehicle).map(|at| &self.members[*at]);
        member.into_iter().flat_map(|member| member.kept.ledger.entries().map(|entry| (entry.node, entry.state)))
    }

    /// True if a way leads on from the node, around what is blocked.
    #[must_use]
    pub fn leads_on(&self, node: NodeId) -> bool {
        self.blocking.leads_on(node)
    }

    /// True if a vehicle in trouble or driven by a person has the node.
    #[must_use]
    pub fn is_blocked(&self, node: NodeId) -> bool {
        self.blocking.is_blocked(node)
    }

    /// Vehicles that need a person, the most urgent first.
    #[must_use]
    pub fn queue(&self, now: MonoTime) -> Vec<Ticket> {
        let ticket = |member: &Member| {
            let call = member.kept.call.as_ref()?;
            let operator = call.operator.as_deref().and_then(|name| OperatorName::new(name).ok());
            Some(Ticket { vehicle: member.id.clone(), urgency: call.urgency(now, self.stands_in_the_way(now, member)), operator })
        };
        let mut tickets: Vec<Ticket> = self.members.iter().filter_map(ticket).collect();
        sort(&mut tickets);
        tickets
    }

    fn joined(&mut self, now: MonoTime, vehicle: VehicleId, node: NodeId, kind: VehicleKind) {
        let held = node.index() >= self.site.len() || self.members.iter().any(|member| member.kept.ledger.holds(node));
        if held || self.places.contains_key(&vehicle) {
            return;
        }
        let number = OrderNumber { epoch: self.epoch, count: 0 };
        let kept = KeptMember { kind, ledger: Ledger::starting_at(node), number, goal: None, call: None };
        self.places.insert(vehicle.clone(), self.members.len());
        self.members.push(Member::new(now, vehicle, kept));
        self.routes.push(None);
    }

    fn reported(&mut self, now: MonoTime, vehicle: &VehicleId, report: Report) {
        let site_size = self.site.len();
        let Some(member) = self.member_mut(vehicle) else { return };
        let is_old = member.report.as_ref().is_some_and(|newest| newest.stamp >= report.stamp);
        let is_foreign = report.held.is_empty() || report.held.iter().any(|held| held.node.index() >= site_size);
        if is_old || is_foreign {
            return;
        }
        let adopted = member.kept.ledger.hear(&report).adopted.len();
        member.heard_at = now;
        member.report = Some(report);
        self.adopted += u64::try_from(adopted).unwrap_or(u64::MAX);
    }

    fn wanted(&mut self, now: MonoTime, vehicle: &VehicleId, goal: NodeId, out: &mut Vec<Output>) {
        let Some(&who) = self.places.get(vehicle) else { return };
        if goal.index() >= self.site.len() {
            return;
        }
        let member = &mut self.members[who];
        member.kept.goal = Some(Goal { node: goal, promised: false, since: now });
        member.unreachable = false;
        if docks::is_taken(&self.site, &self.members, who, goal) {
            out.push(Output::Queued { vehicle: vehicle.clone() });
        }
        docks::promise(now, &self.site, &mut self.members, out);
    }

    fn taken(&mut self, vehicle: &VehicleId, operator: &OperatorName) {
        if let Some(call) = self.member_mut(vehicle).and_then(|member| member.kept.call.as_mut()) {
            call.operator = Some(operator.as_str().to_owned());
        }
    }

    fn released(&mut self, vehicle: &VehicleId, out: &mut Vec<Output>) {
        let Some(member) = self.member_mut(vehicle) else { return };
        if member.kept.call.take().is_some() {
            out.push(Output::Closed { vehicle: vehicle.clone() });
        }
    }

    fn tick(&mut self, now: MonoTime, out: &mut Vec<Output>) {
        let lost = |member: &Member| now.since(member.heard_at) > self.limits.lost;
        let changed = self.blocking.update(&self.site, &self.members, lost);
        self.ask_back(changed);
        self.call_people(now, out);
        docks::promise(now, &self.site, &mut self.members, out);
        self.measure(now, out);
        if self.has_settled(now) {
            self.plan_and_grant(now);
        }
        self.throttle();
        self.send(now, out);
    }

    fn has_settled(&mut self, now: MonoTime) -> bool {
        if self.settles_at.is_some_and(|at| now >= at) || self.members.iter().all(|member| member.report.is_some()) {
            self.settles_at = None;
        }
        self.settles_at.is_none()
    }

    /// Whoever stands keeps what it touches; and nobody is to drive into what is blocked or leads nowhere.
    fn ask_back(&mut self, changed: bool) {
        for member in &mut self.members {
            let by = upcoming(member, self.epoch);
            member.asked_back &= member.is_halted();
            let revoked = if member.is_halted() {
                if std::mem::replace(&mut member.asked_back, true) {
                    continue;
                }
                let covered = |node: NodeId| {
                    member.report.as_ref().is_some_and(|report| touched(&self.site, &report.swept).any(|other| other == node))
                };
                let last = member.kept.ledger.entries().filter(|entry| covered(entry.node)).map(|entry| entry.seq).next_back();
                member.kept.ledger.revoke_from(by, |entry| Some(entry.seq) > last && entry.state == GrantState::Granted)
            } else if changed && matches!(member.mode(), Some(Mode::Automatic)) {
                // Whoever is shut in keeps its way to where it turns round; into what is blocked nobody keeps one.
                let stands_well = member.kept.ledger.entries().next().is_some_and(|entry| self.blocking.leads_on(entry.node));
                let is_shut = |node: NodeId| self.blocking.is_blocked(node) || (stands_well && !self.blocking.leads_on(node));
                member.kept.ledger.revoke_from(by, |entry| is_shut(entry.node))
            } else {
                false
            };
            member.stale |= revoked;
        }
    }

    fn call_people(&mut self, now: MonoTime, out: &mut Vec<Output>) {
        let lost_after = self.limits.lost;
        for member in &mut self.members {
            let lost = now.since(member.heard_at) > lost_after;
            match (member.mode(), &mut member.kept.call) {
                (Some(Mode::Halted(trouble)), None) => {
                    let (person_near, load_at_risk) = (trouble.person_near, trouble.load_at_risk);
                    member.kept.call = Some(Call { since: now, operator: None, person_near, load_at_risk });
                    out.push(Output::Opened { vehicle: member.id.clone() });
                }
                (Some(Mode::Halted(trouble)), Some(call)) => {
                    (call.person_near, call.load_at_risk) = (trouble.person_near, trouble.load_at_risk);
                }
                (_, None) if lost => {
                    member.kept.call = Some(Call { since: now, operator: None, person_near: false, load_at_risk: false });
                    out.push(Output::Opened { vehicle: member.id.clone() });
                }
                (Some(Mode::Automatic | Mode::Busy), Some(_)) if !lost => {
                    member.kept.call = None;
                    out.push(Output::Closed { vehicle: member.id.clone() });
                }
                (Some(Mode::Automatic | Mode::Busy | Mode::Intervened { .. }) | None, _) => {}
            }
        }
    }

    /// Ways to each goal, anew where the goal or what is blocked has changed.
    fn measure(&mut self, now: MonoTime, out: &mut Vec<Output>) {
        let version = self.blocking.version();
        let standing = self.standing();
        let crowded = self.site.ids().any(|node| standing[node.index()] && !self.site.is_dock(node));
        let extra = |node: NodeId| if standing[node.index()] { self.limits.round_mm } else { 0 };
        let count = self.members.len();
        // Only so many in one tick, each time others first: a way that is a little old only costs a detour.
        self.turn = (self.turn + MOST_MEASURED) % count.max(1);
        let mut left = MOST_MEASURED;
        for at in 0..count {
            let who = (at + self.turn) % count;
            let (member, measured) = (&mut self.members[who], &mut self.routes[who]);
            let Some(goal) = member.promised() else {
                *measured = None;
                continue;
            };
            let is_new = measured.as_ref().is_none_or(|known| known.goal != goal);
            let is_old = measured.as_ref().is_some_and(|known| {
                let changed = known.version != version || crowded || known.crowded;
                changed && now.since(known.at) >= self.limits.look_again
            });
            if is_new || (is_old && left > 0) {
                left = left.saturating_sub(1);
                let routes = Routes::around(&self.site, goal, self.blocking.closed(), extra);
                *measured = Some(Measured { goal, version, at: now, crowded, routes });
            }
            let way = measured.as_ref().and_then(|known| known.routes.from(member.kept.ledger.head()));
            let unreachable = way.is_none() && matches!(member.mode(), Some(Mode::Automatic));
            if unreachable && !member.unreachable {
                out.push(Output::Unreachable { vehicle: member.id.clone() });
            }
            member.unreachable = unreachable;
        }
    }

    fn plan_and_grant(&mut self, now: MonoTime) {
        let mut order: Vec<usize> = (0..self.members.len()).collect();
        // A person at the wheel first, then who has been on its way longest, then who is there, or wanted nowhere
        // it can get to: whoever comes first in the plan cannot be asked to make room. Standing counts more than
        // driving, or a vehicle in a dock would wait until a whole stream of older ones has passed.
        order.sort_by_key(|who| {
            let member = &self.members[*who];
            let there = |goal: &Goal| goal.node == member.kept.ledger.head();
            let goal = member.kept.goal.filter(|goal| goal.promised && !there(goal) && !member.unreachable);
            let patience = goal.map(|goal| now.since(goal.since) + now.since(member.since) * STANDING_COUNTS);
            (!member.is_intervened(), Reverse(patience), *who)
        });
        let standing = self.standing();
        let asker = Asker { site: &self.site, blocking: &self.blocking, limits: &self.limits, now, standing: &standing };
        let seats: Vec<Seat> = order
            .iter()
            .map(|who| {
                let routes = self.routes[*who].as_ref().map(|measured| &measured.routes);
                asker.seat(&self.members[*who], routes, self.is_movable(now, &self.members[*who]))
            })
            .collect();
        let steps = plan(self.site.len(), &seats);
        let mut held = vec![false; self.site.len()];
        for entry in self.members.iter().flat_map(|member| member.kept.ledger.entries()) {
            held[entry.node.index()] = true;
        }
        for (who, step) in order.into_iter().zip(steps) {
            self.grant(now, who, step, &mut held);
        }
    }

    /// The nodes of those who load and will not leave for a while; those in trouble are closed anyway.
    fn standing(&self) -> Vec<bool> {
        let mut standing = vec![false; self.site.len()];
        for member in self.members.iter().filter(|member| matches!(member.mode(), Some(Mode::Busy))) {
            standing[member.kept.ledger.head().index()] = true;
        }
        standing
    }

    fn is_movable(&self, now: MonoTime, member: &Member) -> bool {
        let heard = member.report.is_some() && now.since(member.heard_at) <= self.limits.silent;
        let drives = matches!(member.mode(), Some(Mode::Automatic | Mode::Intervened { .. }));
        heard && drives && !member.kept.ledger.awaits_return()
    }

    /// The plan says where to; a node is granted only when nobody holds it.
    fn grant(&mut self, now: MonoTime, who: usize, step: Step, held: &mut [bool]) {
        let asker = Asker { site: &self.site, blocking: &self.blocking, limits: &self.limits, now, standing: &[] };
        let member = &self.members[who];
        let next = node(step.node);
        let short = asker.is_short(member);
        let moves = next != member.kept.ledger.head();
        if !moves || held[step.node] || !(step.pushed || short) {
            // Whoever has enough before it has not waited.
            if !short {
                self.members[who].since = now;
            }
            return;
        }
        let by = upcoming(member, self.epoch);
        let member = &mut self.members[who];
        member.kept.ledger.grant(next, by);
        member.since = now;
        member.stale = true;
        held[step.node] = true;
    }

    /// Near a vehicle that a person drives the others go at a walking pace.
    fn throttle(&mut self) {
        let reports = self.members.iter().filter(|member| member.is_intervened()).filter_map(|member| member.report.as_ref());
        let boxes: Vec<_> = reports.map(|report| report.swept).collect();
        for member in &mut self.members {
            let near = |node: NodeId| {
                boxes.iter().any(|swept| {
                    let apart = from_line(self.site.spot(node), (swept.from, swept.to));
                    apart < f64::from(swept.reach_mm + self.limits.near_mm)
                })
            };
            let is_near = !member.is_intervened() && member.kept.ledger.entries().any(|entry| near(entry.node));
            let cap_mm_s = is_near.then_some(self.limits.near_mm_s);
            if cap_mm_s != member.cap_mm_s {
                member.cap_mm_s = cap_mm_s;
                member.stale = true;
            }
        }
    }

    fn send(&mut self, now: MonoTime, out: &mut Vec<Output>) {
        for member in &mut self.members {
            let Some(report) = &member.report else { continue };
            if !member.stale && now.since(member.sent_at) < self.limits.resend {
                continue;
            }
            let echo = report.stamp;
            member.kept.number = upcoming(member, self.epoch);
            member.stale = false;
            member.sent_at = now;
            let (granted, revoked): (Vec<&Entry>, Vec<&Entry>) =
                member.kept.ledger.entries().partition(|entry| entry.state == GrantState::Granted);
            let order = Order {
                number: member.kept.number,
                echo,
                lease: self.limits.lease,
                granted: granted.into_iter().map(super::ledger::Entry::granted).collect(),
                revoked: revoked.into_iter().map(super::ledger::Entry::granted).collect(),
                cap_mm_s: member.cap_mm_s,
            };
            out.push(Output::Send { vehicle: member.id.clone(), order });
        }
    }

    /// True if somebody who wants to drive has been waiting at a node that leads into one of its nodes.
    fn stands_in_the_way(&self, now: MonoTime, member: &Member) -> bool {
        self.members.iter().filter(|other| other.id != member.id && matches!(other.mode(), Some(Mode::Automatic))).any(|other| {
            let next = self.site.out(other.kept.ledger.head());
            other.kept.goal.is_some()
                && now.since(other.since) >= self.limits.patience
                && next.iter().any(|node| member.kept.ledger.holds(*node))
        })
    }

    fn member_mut(&mut self, vehicle: &VehicleId) -> Option<&mut Member> {
        self.places.get(vehicle).map(|at| &mut self.members[*at])
    }
}

/// The number of the next order to a vehicle.
fn upcoming(member: &Member, epoch: FleetEpoch) -> OrderNumber {
    let OrderNumber { epoch: before, count } = member.kept.number;
    OrderNumber { epoch, count: if before == epoch { count.saturating_add(1) } else { 1 } }
}

/// A way takes some 30 microseconds: with these a tick stays below a millisecond.
const MOST_MEASURED: usize = 16;

/// A minute on the way weighs as much as these parts of it at a standstill: 10 s.
const STANDING_COUNTS: u32 = 5;
