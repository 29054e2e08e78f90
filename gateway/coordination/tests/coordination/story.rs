//! Life on a site, read from top to bottom.

use crate::rig::{Rig, id, ladder};
use farhand_coordination::{Coordinator, Event, FleetEpoch, GrantState, Limits, Mode, NodeId, Output, Trouble};
use farhand_protocol::OperatorName;

#[test]
fn a_vehicle_is_led_to_its_goal_and_leaves_nothing_behind() {
    let mut site = Rig::new(&[0]);
    site.want(1, 8);
    assert_eq!(site.said, [Output::Promised { vehicle: id(1) }]);
    for _ in 0..15 {
        site.second();
    }
    assert_eq!(site.at(1), 8);
    assert_eq!(site.nodes_of(1), [8]);
}

#[test]
fn the_grants_cover_the_stopping_distance_and_one_node() {
    let mut site = Rig::new(&[0]);
    site.want(1, 6);
    for _ in 0..5 {
        site.pass(200);
        site.report(1);
        site.tell(Event::Tick);
        site.obey(1);
    }
    // At 0.8 m/s after the reaction: 0.32 m to stop, 0.64 m until then, and a node of 4 m.
    assert_eq!(site.nodes_of(1), [0, 1, 2]);
}

#[test]
fn a_node_is_granted_to_the_next_only_when_the_one_before_says_it_has_left() {
    let mut site = Rig::new(&[0, 1]);
    site.want(2, 8);
    site.want(1, 4);
    site.second();
    // Truck 2 is away in truth, but has not said so yet.
    assert_ne!(site.at(2), 1);
    assert_eq!(site.nodes_of(1), [0]);
    site.second();
    assert!(site.nodes_of(1).starts_with(&[0, 1]), "{:?}", site.nodes_of(1));
}

#[test]
fn a_dock_is_promised_to_one_and_the_other_is_queued() {
    let mut site = Rig::new(&[0, 6]);
    site.want(1, 16);
    site.want(2, 16);
    assert!(site.said.contains(&Output::Queued { vehicle: id(2) }));
    for _ in 0..10 {
        site.second();
    }
    assert_eq!(site.at(1), 16);
    assert_ne!(site.at(2), 5, "whoever waits for a dock does not wait before its mouth");
    site.want(1, 8);
    for _ in 0..20 {
        site.second();
    }
    assert_eq!((site.at(1), site.at(2)), (8, 16));
}

#[test]
fn trouble_blocks_calls_and_sends_the_others_round() {
    let mut site = Rig::new(&[15, 2]);
    let trouble = Trouble { person_near: true, load_at_risk: false };
    site.trucks.get_mut(&id(1)).expect("is there").mode = Mode::Halted(trouble);
    site.want(2, 14);
    for _ in 0..3 {
        site.second();
    }
    assert!(site.said.contains(&Output::Opened { vehicle: id(1) }));
    assert!(site.said.contains(&Output::Unreachable { vehicle: id(2) }), "from 14 a way leads only to 15");
    assert!(site.coordinator.is_blocked(NodeId(15)) && !site.coordinator.leads_on(NodeId(14)));
    let queue = site.coordinator.queue(site.now);
    assert!(queue[0].urgency.person_near && queue[0].operator.is_none());

    let operator = OperatorName::new("anna").expect("is a name");
    site.tell(Event::Taken { vehicle: id(1), operator: operator.clone() });
    assert_eq!(site.coordinator.queue(site.now)[0].operator, Some(operator));
    site.trucks.get_mut(&id(1)).expect("is there").mode = Mode::Intervened { asks: Some(NodeId(9)) };
    for _ in 0..3 {
        site.second();
    }
    assert!(site.nodes_of(1).contains(&9), "a person gets the node that was asked for");

    site.trucks.get_mut(&id(1)).expect("is there").mode = Mode::Automatic;
    site.tell(Event::Released { vehicle: id(1) });
    assert!(site.said.contains(&Output::Closed { vehicle: id(1) }));
    site.want(1, 11);
    for _ in 0..20 {
        site.second();
    }
    assert_eq!((site.at(1), site.at(2)), (11, 14));
}

#[test]
fn whoever_is_shut_in_turns_round_and_leaves_by_where_it_came_from() {
    // On 14, between 2 and 15, while somebody stands on 15.
    let mut site = Rig::new(&[15, 14]);
    site.trucks.get_mut(&id(1)).expect("is there").mode = Mode::Halted(Trouble::default());
    site.want(2, 4);
    for _ in 0..20 {
        site.second();
    }
    assert_eq!(site.at(2), 4);
}

#[test]
fn whoever_cannot_get_to_its_goal_makes_room_for_who_can() {
    // The first stands on 14; the second, on 2, is wanted there and was first; the third wants past it.
    let mut site = Rig::new(&[14, 2, 1]);
    site.trucks.get_mut(&id(1)).expect("is there").mode = Mode::Halted(Trouble::default());
    site.want(2, 14);
    site.second();
    site.want(3, 4);
    for _ in 0..20 {
        site.second();
    }
    assert_eq!(site.at(3), 4);
}

#[test]
fn near_a_vehicle_that_a_person_drives_the_others_are_slow() {
    let mut site = Rig::new(&[8, 7]);
    site.trucks.get_mut(&id(1)).expect("is there").mode = Mode::Intervened { asks: None };
    site.second();
    let caps: Vec<Option<u32>> = site
        .said
        .iter()
        .filter_map(|output| match output {
            Output::Send { vehicle, order } if *vehicle == id(2) => Some(order.cap_mm_s),
            _ => None,
        })
        .collect();
    assert_eq!(caps.last(), Some(&Some(Limits::default().near_mm_s)));
}

#[test]
fn a_silent_vehicle_is_granted_nothing_more_and_after_a_while_a_person_is_called() {
    let mut site = Rig::new(&[0]);
    site.want(1, 6);
    site.report(1);
    site.pass(2_500);
    site.tell(Event::Tick);
    assert_eq!(site.nodes_of(1), [0]);
    site.pass(8_000);
    site.tell(Event::Tick);
    assert!(site.said.contains(&Output::Opened { vehicle: id(1) }));
    site.report(1);
    site.tell(Event::Tick);
    assert!(site.said.contains(&Output::Closed { vehicle: id(1) }));
}

#[test]
fn a_restart_forgets_no_grant_and_speaks_with_a_higher_epoch() {
    let mut site = Rig::new(&[0, 4]);
    site.want(1, 3);
    site.want(2, 8);
    site.pass(200);
    site.report(1);
    site.report(2);
    site.tell(Event::Tick);
    let (before, kept) = ([site.nodes_of(1), site.nodes_of(2)], site.coordinator.export());
    assert!(before[0].len() > 1);

    site.coordinator = Coordinator::import(ladder(), Limits::default(), site.now, &kept).expect("fits");
    assert_eq!([site.nodes_of(1), site.nodes_of(2)], before);
    assert_eq!(site.coordinator.epoch(), FleetEpoch(2));

    // Nothing new before everybody has spoken: one of them may hold what was not written down.
    site.obey(1);
    site.pass(200);
    site.report(1);
    site.tell(Event::Tick);
    assert_eq!(site.nodes_of(1), before[0]);
    for _ in 0..20 {
        site.second();
    }
    assert_eq!((site.at(1), site.at(2), site.coordinator.adopted()), (3, 8, 0));
}

#[test]
fn a_grant_on_its_way_back_counts_until_the_vehicle_confirms() {
    let mut site = Rig::new(&[0]);
    site.want(1, 6);
    for _ in 0..3 {
        site.pass(200);
        site.report(1);
        site.tell(Event::Tick);
        site.obey(1);
    }
    site.trucks.get_mut(&id(1)).expect("is there").mode = Mode::Halted(Trouble::default());
    site.pass(200);
    site.report(1);
    site.tell(Event::Tick);
    let states: Vec<GrantState> = site.coordinator.held(&id(1)).map(|(_, state)| state).collect();
    assert!(states.len() > 1 && states[1..].iter().all(|state| matches!(state, GrantState::Revoked(_))), "{states:?}");
    site.obey(1);
    site.pass(200);
    site.report(1);
    assert_eq!(site.nodes_of(1), [0]);
}
