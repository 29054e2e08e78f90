//! The fleet system: where each vehicle is wanted, what it does there, and where it goes next.

use super::{HANDLING, World};
use crate::random::Random;
use crate::truck::Doing;
use farhand_coordination::{Event, NodeId};

/// Where each vehicle is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    pub(super) goals: Vec<Option<NodeId>>,
    pub(super) promised: Vec<bool>,
    pub(super) cut_off: Vec<bool>,
    pub(super) random: Vec<Random>,
    /// To be told when the gateway is there.
    pub(super) unsaid: Vec<usize>,
}

impl Fleet {
    pub(crate) fn is_under_way(&self, who: usize) -> bool {
        self.goals[who].is_some() && self.promised[who]
    }

    pub(crate) fn is_cut_off(&self, who: usize) -> bool {
        self.cut_off[who]
    }
}

impl World {
    /// Arrives, works, and is sent on.
    pub(super) fn work(&mut self) {
        for who in 0..self.trucks.len() {
            let head = self.trucks[who].track.stops().back().map(|stop| stop.node);
            let arrived = self.trucks[who].doing == Doing::Driving
                && self.trucks[who].track.is_at_end()
                && self.fleet.goals[who].is_some()
                && head == self.fleet.goals[who];
            if arrived {
                self.outcome.tasks += 1;
                self.fleet.goals[who] = None;
                self.trucks[who].begin(Doing::Working(self.now.after(HANDLING)));
            }
            if let Doing::Working(until) = self.trucks[who].doing
                && self.now >= until
            {
                self.trucks[who].begin(Doing::Driving);
            }
            if self.fleet.goals[who].is_none() && self.trucks[who].doing == Doing::Driving {
                self.send_on(who);
            }
        }
        for who in std::mem::take(&mut self.fleet.unsaid) {
            self.want(who);
        }
    }

    fn send_on(&mut self, who: usize) {
        let goal = self.next_goal(who);
        self.fleet.goals[who] = goal;
        self.fleet.promised[who] = false;
        self.fleet.cut_off[who] = false;
        self.want(who);
    }

    fn next_goal(&mut self, who: usize) -> Option<NodeId> {
        let here = self.trucks[who].track.stops().back().map(|stop| stop.node);
        let (goals, count) = (&self.layout.goals, self.trucks.len());
        for _ in 0..50 {
            let random = &mut self.fleet.random[who];
            let goal = if self.layout.own_goals { own_goal(goals, who, count, random) } else { goals[random.below(goals.len())] };
            let others = (0..count).filter(|other| *other != who);
            let free = self.layout.own_goals
                || others.clone().all(|other| {
                    self.fleet.goals[other] != Some(goal)
                        && self.trucks[other].track.stops().back().is_none_or(|stop| stop.node != goal)
                });
            let reachable =
                self.coordinator.as_ref().is_none_or(|coordinator| !coordinator.is_blocked(goal) && coordinator.leads_on(goal));
            if Some(goal) != here && free && reachable {
                return Some(goal);
            }
        }
        None
    }

    pub(super) fn want(&mut self, who: usize) {
        let Some(goal) = self.fleet.goals[who] else { return };
        let wanted = Event::Wanted { vehicle: self.ids[who].clone(), goal };
        match &mut self.coordinator {
            Some(coordinator) => {
                let outputs = coordinator.handle_event(self.now, wanted);
                self.carry_out(outputs);
            }
            None => self.fleet.unsaid.push(who),
        }
    }

    /// Its goal is cut off: another one, if there is one it can get to.
    pub(super) fn send_elsewhere(&mut self, who: usize) {
        if let Some(goal) = self.next_goal(who) {
            self.fleet.goals[who] = Some(goal);
            self.fleet.promised[who] = false;
            self.fleet.cut_off[who] = false;
            self.fleet.unsaid.push(who);
        }
    }
}

/// Of the goals that belong to one vehicle, any.
pub(crate) fn own_goal(goals: &[NodeId], who: usize, vehicles: usize, random: &mut Random) -> NodeId {
    let own = (goals.len() - who).div_ceil(vehicles);
    goals[who + vehicles * random.below(own)]
}
