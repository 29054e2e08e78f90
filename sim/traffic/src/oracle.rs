//! Looks at the truth beside the run: who touches whom, who holds what, who has not moved for how long.

use crate::truck::{Doing, Truck};
use crate::world::Fleet;
use farhand_coordination::{Coordinator, NodeId};
use farhand_protocol::{MonoTime, VehicleId};
use farhand_world::Outline;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// Ticks in which two outlines overlapped.
    pub overlaps: u64,
    /// Times that somebody drove into the box of a vehicle that a person drove, or was reached by it.
    pub intrusions: u64,
    /// Nodes that a vehicle held and the coordinator did not know as its, or that two vehicles held.
    pub lost_grants: u64,
    /// Times that no vehicle with a way before it had moved for a minute.
    pub deadlocks: u64,
    /// Times that one vehicle with a way before it had not moved for a minute.
    pub stalls: u64,
    /// The longest that one vehicle with a way before it has stood.
    pub longest_wait: Duration,
    /// The longest that one vehicle has been shut in by others in trouble.
    pub longest_shut_in: Duration,
    /// Of the whole run: equal seeds give equal hashes.
    pub hash: u64,
}

#[derive(Debug, Clone, Copy)]
struct Still {
    odometer_m: f64,
    heading_rad: f64,
    since: MonoTime,
    shut_in_since: Option<MonoTime>,
    told: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Oracle {
    pub(crate) seen: Seen,
    still: Vec<Still>,
    stuck: bool,
    /// Pairs of which one is in the box of the other, and who had a box, a tick ago.
    within: BTreeSet<(usize, usize)>,
    driven: Vec<bool>,
}

impl Oracle {
    pub(crate) fn new(trucks: usize) -> Self {
        let still = Still { odometer_m: 0.0, heading_rad: 0.0, since: MonoTime(0), shut_in_since: None, told: false };
        Self {
            seen: Seen { hash: FNV_START, ..Seen::default() },
            still: vec![still; trucks],
            stuck: false,
            within: BTreeSet::new(),
            driven: Vec::new(),
        }
    }

    /// In every tick: nobody touches anybody.
    pub(crate) fn look(&mut self, trucks: &[Truck]) {
        let mut within = BTreeSet::new();
        let driven: Vec<bool> = trucks.iter().map(|truck| !truck.shield().is_empty()).collect();
        let places: Vec<_> = trucks.iter().map(|truck| (truck.outline(), truck.shield(), truck.track.pose())).collect();
        for (at, (outline, shield, pose)) in places.iter().enumerate() {
            for (other_at, (other, other_shield, there)) in places.iter().enumerate().skip(at + 1) {
                if (pose.x_m - there.x_m).abs() > FAR_M || (pose.y_m - there.y_m).abs() > FAR_M {
                    continue;
                }
                self.seen.overlaps += u64::from(outline.overlaps(other));
                let inside = |shield: &[Outline], by: &Outline| shield.iter().any(|part| part.overlaps(by));
                if inside(shield, other) || inside(other_shield, outline) {
                    within.insert((at, other_at));
                }
            }
        }
        self.judge_boxes(within, driven);
    }

    /// Whoever is inside a box that was there a tick ago, and was not inside then, has driven into it, or it over them.
    fn judge_boxes(&mut self, within: BTreeSet<(usize, usize)>, driven: Vec<bool>) {
        let stood = |who: usize| self.driven.get(who).copied().unwrap_or(false) && driven[who];
        let entered = within.iter().filter(|pair| !self.within.contains(pair) && (stood(pair.0) || stood(pair.1)));
        self.seen.intrusions += entered.count() as u64;
        (self.within, self.driven) = (within, driven);
    }

    /// Once a second: who holds what, and who has not moved.
    pub(crate) fn count(
        &mut self,
        now: MonoTime,
        trucks: &[Truck],
        fleet: &Fleet,
        coordinator: Option<&Coordinator>,
        ids: &[VehicleId],
    ) {
        let mut holders: BTreeMap<NodeId, usize> = BTreeMap::new();
        for (who, truck) in trucks.iter().enumerate() {
            for stop in truck.track.stops() {
                let other = holders.insert(stop.node, who).is_some_and(|other| other != who);
                let known = coordinator.is_none_or(|coordinator| coordinator.held(&ids[who]).any(|(node, _)| node == stop.node));
                self.seen.lost_grants += u64::from(other) + u64::from(!known);
            }
        }
        let Some(coordinator) = coordinator else {
            // Without a gateway nobody is led: that is not waiting for each other.
            self.still.iter_mut().for_each(|still| still.since = now);
            return;
        };
        let (mut wanting, mut standing) = (0, 0);
        for (who, truck) in trucks.iter().enumerate() {
            let pose = truck.track.pose();
            self.mix(pose.x_m.to_bits() ^ pose.y_m.to_bits().rotate_left(17) ^ pose.heading_rad.to_bits().rotate_left(31));
            let still = &mut self.still[who];
            let free = truck.doing == Doing::Driving && now >= truck.paused_until && fleet.is_under_way(who);
            let moved = truck.track.odometer_m() - still.odometer_m > 0.05 || (pose.heading_rad - still.heading_rad).abs() > 0.05;
            let head = truck.track.stops().back().map(|stop| stop.node);
            let shut_in = fleet.is_cut_off(who) || head.is_some_and(|node| !coordinator.leads_on(node));
            if shut_in && free && !moved {
                let since = *still.shut_in_since.get_or_insert(now);
                self.seen.longest_shut_in = self.seen.longest_shut_in.max(now.since(since));
            } else {
                still.shut_in_since = None;
            }
            if !free || moved || shut_in {
                (still.odometer_m, still.heading_rad, still.since, still.told) =
                    (truck.track.odometer_m(), pose.heading_rad, now, false);
            }
            let waited = now.since(still.since);
            if !free || shut_in {
                continue;
            }
            wanting += 1;
            self.seen.longest_wait = self.seen.longest_wait.max(waited);
            if waited >= A_MINUTE {
                standing += 1;
                self.seen.stalls += u64::from(!std::mem::replace(&mut still.told, true));
            }
        }
        let stuck = wanting > 0 && wanting == standing;
        self.seen.deadlocks += u64::from(stuck && !self.stuck);
        self.stuck = stuck;
    }

    fn mix(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.seen.hash = (self.seen.hash ^ u64::from(byte)).wrapping_mul(FNV_FACTOR);
        }
    }
}

/// safety.md 5: no progress for a minute is a deadlock.
const A_MINUTE: Duration = Duration::from_mins(1);
/// Farther than this no two vehicles of ours touch, shields included.
const FAR_M: f64 = 8.0;
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_FACTOR: u64 = 0x0000_0100_0000_01b3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Body;
    use crate::layout::{Layout, Ways};
    use farhand_coordination::LossBehaviour;

    #[test]
    fn two_vehicles_in_one_place_are_seen_and_two_side_by_side_are_not() {
        let site = Layout::warehouse(Ways::Both).expect("the map is a site").site;
        let at = |node: u16| Truck::standing(Body::TRUCK, &site, NodeId(node), LossBehaviour::Stop);
        let mut oracle = Oracle::new(2);
        oracle.look(&[at(3), at(4)]);
        assert_eq!(oracle.seen.overlaps, 0);
        oracle.look(&[at(3), at(3)]);
        assert_eq!(oracle.seen.overlaps, 1);
    }

    #[test]
    fn whoever_is_in_a_box_as_it_appears_is_not_counted_and_who_comes_in_later_is() {
        let mut oracle = Oracle::new(2);
        let pair = BTreeSet::from([(0, 1)]);
        oracle.judge_boxes(pair.clone(), vec![true, false]);
        assert_eq!(oracle.seen.intrusions, 0);
        oracle.judge_boxes(BTreeSet::new(), vec![true, false]);
        oracle.judge_boxes(pair, vec![true, false]);
        assert_eq!(oracle.seen.intrusions, 1);
    }
}
