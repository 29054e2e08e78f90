//! Whatever happens, a node has one holder, and what a vehicle may enter is what the coordinator knows as its.

use crate::rig::{Rig, id, ladder};
use farhand_coordination::{Coordinator, Event, Limits, Mode, NodeId, Trouble};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
enum Deed {
    Want { truck: usize, goal: u16 },
    Report(usize),
    Obey(usize),
    Drive(usize),
    Halt(usize),
    Recover(usize),
    Pass(u64),
    Tick,
    Restart,
}

fn deed() -> impl Strategy<Value = Deed> {
    let truck = || 1..=4_usize;
    prop_oneof![
        2 => (truck(), 0..17_u16).prop_map(|(truck, goal)| Deed::Want { truck, goal }),
        6 => truck().prop_map(Deed::Report),
        6 => truck().prop_map(Deed::Obey),
        4 => truck().prop_map(Deed::Drive),
        1 => truck().prop_map(Deed::Halt),
        1 => truck().prop_map(Deed::Recover),
        4 => (0..3_000_u64).prop_map(Deed::Pass),
        8 => Just(Deed::Tick),
        1 => Just(Deed::Restart),
    ]
}

proptest! {
    #[test]
    fn a_node_has_one_holder_and_no_grant_is_forgotten(deeds in prop::collection::vec(deed(), 1..300)) {
        let mut site = Rig::new(&[0, 3, 6, 9]);
        for deed in deeds {
            carry_out(&mut site, &deed);
            check(&site)?;
        }
    }

    #[test]
    fn everybody_gets_to_its_goal_from_wherever_it_stands(goals in prop::sample::subsequence((0..17_u16).collect::<Vec<_>>(), 4).prop_shuffle()) {
        let mut site = Rig::new(&[0, 3, 6, 9]);
        for (number, goal) in goals.iter().enumerate() {
            site.want(number + 1, *goal);
        }
        let mut arrived = [false; 4];
        for _ in 0..300 {
            site.second();
            for (number, goal) in goals.iter().enumerate() {
                arrived[number] |= site.at(number + 1) == *goal;
            }
        }
        prop_assert_eq!(arrived, [true; 4]);
    }
}

fn carry_out(site: &mut Rig, deed: &Deed) {
    match *deed {
        Deed::Want { truck, goal } => site.want(truck, goal),
        Deed::Report(truck) => {
            site.pass(1);
            site.report(truck);
        }
        Deed::Obey(truck) => site.obey(truck),
        Deed::Drive(truck) => {
            if site.trucks[&id(truck)].mode == Mode::Automatic {
                site.drive(truck);
            }
        }
        Deed::Halt(truck) => site.trucks.get_mut(&id(truck)).expect("is there").mode = Mode::Halted(Trouble::default()),
        Deed::Recover(truck) => site.trucks.get_mut(&id(truck)).expect("is there").mode = Mode::Automatic,
        Deed::Pass(ms) => site.pass(ms),
        Deed::Tick => site.tell(Event::Tick),
        Deed::Restart => {
            let kept = site.coordinator.export();
            site.coordinator = Coordinator::import(ladder(), Limits::default(), site.now, &kept).expect("fits");
        }
    }
}

fn check(site: &Rig) -> Result<(), TestCaseError> {
    let mut holders: BTreeMap<u16, usize> = BTreeMap::new();
    for number in 1..=4 {
        let known = site.nodes_of(number);
        for node in &known {
            let other = holders.insert(*node, number).filter(|other| *other != number);
            prop_assert!(other.is_none(), "node {node} is granted to {other:?} and {number}");
        }
        let held: Vec<NodeId> = site.trucks[&id(number)].held.iter().map(|held| held.node).collect();
        prop_assert!(held.iter().all(|node| known.contains(&node.0)), "truck {number} holds {held:?}, known are {known:?}");
    }
    Ok(())
}
