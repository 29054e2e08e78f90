//! Goals are promised to one vehicle at a time: a dock has one slot, and whoever waits for it does not wait before its mouth.

use crate::fleet::Member;
use crate::words::{NodeId, Output};
use farhand_protocol::MonoTime;

/// Promises each goal to who has asked for it longest, and says so. A node that somebody stands on for good is not promised.
pub(crate) fn promise(now: MonoTime, members: &mut [Member], out: &mut Vec<Output>) {
    let mut waiting: Vec<(MonoTime, usize)> = members
        .iter()
        .enumerate()
        .filter_map(|(who, member)| member.kept.goal.filter(|goal| !goal.promised).map(|goal| (goal.since, who)))
        .collect();
    waiting.sort_unstable();
    for (_, who) in waiting {
        let Some(goal) = members[who].kept.goal else { continue };
        if !is_taken(members, who, goal.node) {
            members[who].kept.goal = Some(crate::fleet::Goal { promised: true, since: now, ..goal });
            members[who].since = now;
            out.push(Output::Promised { vehicle: members[who].id.clone() });
        }
    }
}

/// True if the goal is somebody else's, or somebody who is wanted nowhere else has it.
pub(crate) fn is_taken(members: &[Member], by: usize, node: NodeId) -> bool {
    members.iter().enumerate().any(|(who, member)| {
        who != by && (member.promised() == Some(node) || (member.promised().is_none() && member.kept.ledger.head() == node))
    })
}
