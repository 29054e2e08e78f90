//! A ring of lanes with a dock, and vehicles that do as they are told.

use farhand_coordination::{
    Coordinator, Event, GrantSeq, Granted, Limits, Mode, Node, NodeId, NodeKind, Order, OrderNumber, Output, Report, Site,
    SitePlan, Spot, Swept, VehicleKind,
};
use farhand_protocol::{MonoTime, VehicleId};
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) const CELL_MM: i32 = 4_000;

/// A plan of nodes on a grid of 4 m.
pub(crate) fn planned(ways: &[(i32, i32)], docks: &[(i32, i32)], lanes: &[(u16, u16)]) -> SitePlan {
    let node = |kind: NodeKind| move |&(x, y): &(i32, i32)| Node { spot: Spot { x_mm: x * CELL_MM, y_mm: y * CELL_MM }, kind };
    SitePlan {
        nodes: ways.iter().map(node(NodeKind::Way)).chain(docks.iter().map(node(NodeKind::Dock))).collect(),
        lanes: lanes.iter().map(|(from, to)| (NodeId(*from), NodeId(*to))).collect(),
        radius_mm: 1_900,
        half_width_mm: 550,
    }
}

/// A ladder of one-way lanes, round the outside and up the middle:
///
/// ```text
/// 11 10  9  8  7      to the west
/// 12    15     6      up from 2 over 14 and 15 to 9
/// 13    14     5 16   16 is a dock on 5
///  0  1  2  3  4      to the east
/// ```
pub(crate) fn ladder() -> Site {
    let south = (0..5).map(|x| (x, 0));
    let north = (0..5).rev().map(|x| (x, 3));
    let ring = south.chain([(4, 1), (4, 2)]).chain(north).chain([(0, 2), (0, 1)]);
    let ways: Vec<(i32, i32)> = ring.chain([(2, 1), (2, 2)]).collect();
    let mut lanes: Vec<(u16, u16)> = (0..14).map(|at| (at, (at + 1) % 14)).collect();
    lanes.extend([(2, 14), (14, 15), (15, 9), (16, 5), (5, 16)]);
    Site::new(planned(&ways, &[(5, 1)], &lanes)).expect("a ladder is a site")
}

pub(crate) fn id(number: usize) -> VehicleId {
    VehicleId::new(&format!("truck-{number}")).expect("is a name")
}

/// Vehicles that hop from node to node.
pub(crate) struct Rig {
    pub(crate) coordinator: Coordinator,
    pub(crate) now: MonoTime,
    pub(crate) trucks: BTreeMap<VehicleId, Hopper>,
    pub(crate) said: Vec<Output>,
}

#[derive(Debug, Clone)]
pub(crate) struct Hopper {
    pub(crate) held: Vec<Granted>,
    pub(crate) heard: OrderNumber,
    pub(crate) mode: Mode,
    pub(crate) newest: Option<Order>,
}

impl Rig {
    pub(crate) fn new(at: &[u16]) -> Self {
        let mut coordinator = Coordinator::new(ladder(), Limits::default());
        let kind = VehicleKind { top_mm_s: 2_000, gain_mm_s2: 1_000, brake_mm_s2: 1_000 };
        let mut trucks = BTreeMap::new();
        for (number, node) in at.iter().enumerate() {
            let joined = Event::Joined { vehicle: id(number + 1), node: NodeId(*node), kind };
            assert_eq!(coordinator.handle_event(MonoTime(0), joined), []);
            let held = vec![Granted { seq: GrantSeq(1), node: NodeId(*node) }];
            let hopper = Hopper { held, heard: OrderNumber::default(), mode: Mode::Automatic, newest: None };
            trucks.insert(id(number + 1), hopper);
        }
        Self { coordinator, now: MonoTime(0), trucks, said: Vec::new() }
    }

    pub(crate) fn tell(&mut self, event: Event) {
        let outputs = self.coordinator.handle_event(self.now, event);
        for output in outputs {
            if let Output::Send { vehicle, order } = &output
                && let Some(truck) = self.trucks.get_mut(vehicle)
            {
                truck.newest = Some(order.clone());
            }
            self.said.push(output);
        }
    }

    pub(crate) fn want(&mut self, number: usize, goal: u16) {
        self.tell(Event::Wanted { vehicle: id(number), goal: NodeId(goal) });
    }

    pub(crate) fn report(&mut self, number: usize) {
        let truck = self.trucks[&id(number)].clone();
        let spot = self.coordinator.site().spot(truck.held[0].node);
        let ahead_mm = u32::try_from((truck.held.len() - 1) * 4_000).expect("fits");
        let swept = Swept { from: spot, to: spot, reach_mm: 550 };
        let report =
            Report { stamp: self.now, heard: truck.heard, held: truck.held, ahead_mm, speed_mm_s: 0, mode: truck.mode, swept };
        self.tell(Event::Reported { vehicle: id(number), report });
    }

    /// Takes the newest order in.
    pub(crate) fn obey(&mut self, number: usize) {
        let truck = self.trucks.get_mut(&id(number)).expect("is there");
        let Some(order) = truck.newest.take() else { return };
        truck.heard = order.number;
        let stands_on = truck.held[0];
        truck.held.retain(|held| *held == stands_on || !order.revoked.contains(held));
        let last = truck.held.last().expect("stands somewhere").seq;
        truck.held.extend(order.granted.iter().filter(|granted| granted.seq > last));
    }

    /// Drives to the last node it holds.
    pub(crate) fn drive(&mut self, number: usize) {
        let truck = self.trucks.get_mut(&id(number)).expect("is there");
        truck.held = vec![*truck.held.last().expect("stands somewhere")];
    }

    /// A second in which everybody hears, drives and reports.
    pub(crate) fn second(&mut self) {
        self.pass(1_000);
        let numbers: Vec<usize> = (1..=self.trucks.len()).collect();
        for number in &numbers {
            self.report(*number);
        }
        self.tell(Event::Tick);
        for number in numbers {
            self.obey(number);
            if self.trucks[&id(number)].mode == Mode::Automatic {
                self.drive(number);
            }
        }
    }

    pub(crate) fn pass(&mut self, ms: u64) {
        self.now = self.now.after(Duration::from_millis(ms));
    }

    pub(crate) fn at(&self, number: usize) -> u16 {
        self.trucks[&id(number)].held[0].node.0
    }

    pub(crate) fn nodes_of(&self, number: usize) -> Vec<u16> {
        self.coordinator.held(&id(number)).map(|(node, _)| node.0).collect()
    }
}
