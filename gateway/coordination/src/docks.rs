//! Goals are promised to one vehicle at a time: a dock has one slot, and whoever waits for it does not wait before its mouth.

use crate::fleet::{Goal, Member};
use crate::site::Site;
use crate::words::{NodeId, Output};
use farhand_protocol::MonoTime;

/// Promises each goal to who has asked for it longest, and says so. Whoever stands in a dock that another waits for, and waits for
/// one itself, has to come out: two who want each other's docks would wait for ever.
pub(crate) fn promise(now: MonoTime, site: &Site, members: &mut [Member], out: &mut Vec<Output>) {
    for member in members.iter_mut() {
        member.yields = false;
    }
    let mut waiting: Vec<(MonoTime, usize)> = members
        .iter()
        .enumerate()
        .filter_map(|(who, member)| member.kept.goal.filter(|goal| !goal.promised).map(|goal| (goal.since, who)))
        .collect();
    waiting.sort_unstable();
    for (_, who) in waiting {
        let Some(goal) = members[who].kept.goal else { continue };
        if !is_taken(site, members, who, goal.node) {
            members[who].kept.goal = Some(Goal { promised: true, since: now, ..goal });
            members[who].since = now;
            out.push(Output::Promised { vehicle: members[who].id.clone() });
            continue;
        }
        for (other, member) in members.iter_mut().enumerate() {
            member.yields |= other != who && member.kept.ledger.head() == goal.node && member.kept.goal.is_some();
        }
    }
}

/// True if the goal is somebody else's, or a dock out of which somebody is not yet led. Whoever stands in the lanes makes room.
pub(crate) fn is_taken(site: &Site, members: &[Member], by: usize, node: NodeId) -> bool {
    members.iter().enumerate().filter(|(who, _)| *who != by).any(|(_, member)| {
        let stays = member.promised().is_none() || member.promised() == Some(node);
        member.promised() == Some(node) || (site.is_dock(node) && stays && member.kept.ledger.head() == node)
    })
}
