//! What is a site and what is none.

use crate::rig::{CELL_MM, ladder, planned};
use farhand_coordination::{NodeId, Routes, Site, SiteError};

#[test]
fn every_lane_of_a_site_lies_on_a_round_trip() {
    let trap = planned(&[(0, 0), (1, 0), (1, 1), (0, 1), (2, 0)], &[], &[(0, 1), (1, 2), (2, 3), (3, 0), (1, 4)]);
    assert_eq!(Site::new(trap).err(), Some(SiteError::Trap(NodeId(4))));
}

#[test]
fn a_dock_has_one_mouth() {
    let two = planned(&[(0, 0), (1, 0), (1, 1), (0, 1)], &[(2, 0)], &[(0, 1), (1, 2), (2, 3), (3, 0), (1, 4)]);
    assert_eq!(Site::new(two).err(), Some(SiteError::Dock(NodeId(4))));
}

#[test]
fn nodes_are_as_far_apart_as_two_vehicles_need_to_turn() {
    let mut close = planned(&[(0, 0), (1, 0), (1, 1), (0, 1)], &[], &[(0, 1), (1, 2), (2, 3), (3, 0)]);
    close.radius_mm = CELL_MM / 2 + 1;
    assert_eq!(Site::new(close).err(), Some(SiteError::Close(NodeId(0), NodeId(1))));
}

#[test]
fn lanes_cross_only_at_nodes() {
    let ways = [(0, 0), (2, 2), (0, 2), (2, 0)];
    let crossed = planned(&ways, &[], &[(0, 1), (1, 2), (2, 3), (3, 0)]);
    let pair = |from: u16, to: u16| (NodeId(from), NodeId(to));
    assert_eq!(Site::new(crossed).err(), Some(SiteError::Crossing(pair(0, 1), pair(2, 3))));
}

#[test]
fn ways_go_round_what_is_blocked_and_end_where_there_is_none() {
    let site = ladder();
    let mut blocked = vec![false; site.len()];
    let open = Routes::to(&site, NodeId(9), &blocked);
    blocked[14] = true;
    let round = Routes::to(&site, NodeId(9), &blocked);
    assert_eq!((open.from(NodeId(2)), round.from(NodeId(2))), (Some(12_000), Some(28_000)));
    blocked[7] = true;
    assert_eq!(Routes::to(&site, NodeId(9), &blocked).from(NodeId(2)), None);
}
