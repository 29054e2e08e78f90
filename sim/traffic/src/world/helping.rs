//! What operators do to vehicles.

use super::{TICK, World};
use crate::people::Deed;
use crate::truck::Doing;
use farhand_coordination::{Event, NodeId, Routes, Ticket};

impl World {
    /// People take tickets, drive, and give back.
    pub(super) fn help(&mut self) {
        let Some(coordinator) = &mut self.coordinator else { return };
        if self.scenario.one_dead || !self.tick.is_multiple_of(2) {
            return;
        }
        let mut deeds = Vec::new();
        for operator in &mut self.operators {
            let tickets: Vec<Ticket> = if operator.is_helping() { Vec::new() } else { coordinator.queue(self.now) };
            let halted = |who: usize| matches!(self.trucks[who].doing, Doing::Halted(_));
            let truck = |ticket: &Ticket| self.places.get(&ticket.vehicle).copied().filter(|who| halted(*who));
            let finished = |who: usize| match &self.trucks[who].doing {
                Doing::Driven(nodes) => nodes.is_empty() && self.trucks[who].stands(),
                Doing::Driving | Doing::Working(_) | Doing::Halted(_) => true,
            };
            if let Some(deed) = operator.step(self.now, &tickets, truck, finished) {
                if let Deed::Take { truck, operator } = &deed {
                    let vehicle = self.ids[*truck].clone();
                    let _ = coordinator.handle_event(self.now, Event::Taken { vehicle, operator: operator.clone() });
                }
                deeds.push(deed);
            }
        }
        for deed in deeds {
            self.carry_out_deed(&deed);
        }
        for truck in &mut self.trucks {
            let head = truck.track.stops().back().map(|stop| stop.node);
            if let Doing::Driven(nodes) = &mut truck.doing
                && nodes.last().copied() == head
            {
                nodes.pop();
            }
        }
        self.outcome.helping +=
            TICK * 2 * u32::try_from(self.operators.iter().filter(|one| one.is_helping()).count()).unwrap_or(0);
    }

    fn carry_out_deed(&mut self, deed: &Deed) {
        match *deed {
            Deed::Take { .. } => {}
            Deed::Control { truck, nodes } => {
                if let Some(opened) = self.opened[truck] {
                    self.outcome.to_control.push(self.now.since(opened));
                }
                let way = self.way_of_a_person(truck, nodes);
                self.trucks[truck].begin(Doing::Driven(way));
            }
            Deed::Release { truck } => {
                self.trucks[truck].begin(Doing::Driving);
                let vehicle = self.ids[truck].clone();
                if let Some(coordinator) = &mut self.coordinator {
                    let outputs = coordinator.handle_event(self.now, Event::Released { vehicle });
                    self.carry_out(outputs);
                }
            }
        }
    }

    /// The next nodes on the way to its goal, the first of them last.
    fn way_of_a_person(&self, who: usize, nodes: usize) -> Vec<NodeId> {
        let site = &self.layout.site;
        let (Some(goal), Some(head)) = (self.fleet.goals[who], self.trucks[who].track.stops().back().map(|stop| stop.node))
        else {
            return Vec::new();
        };
        let routes = Routes::to(site, goal, &vec![false; site.len()]);
        let mut way = vec![head];
        for _ in 0..nodes {
            let Some(&last) = way.last() else { break };
            let ahead = site.out(last).iter().copied().filter(|node| !site.is_dock(*node) && !way.contains(node));
            let Some(next) = ahead.min_by_key(|node| routes.from(*node).unwrap_or(u32::MAX)) else { break };
            way.push(next);
        }
        way.remove(0);
        way.reverse();
        way
    }
}
