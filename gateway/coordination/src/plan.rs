//! One step for everybody: priority inheritance with backtracking.
//!
//! Okumura, Machida, Défago, Tamura: "Priority inheritance with backtracking for iterative multi-agent path finding" (2022), with
//! two changes. Nobody follows in a closed ring, because a node is entered only when whoever was there has left. And a vehicle
//! is sent out of its way only by one that has waited for a while: most of what stands in the way moves on by itself.

/// A vehicle as the plan sees it: where its grants end, and where it would go from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seat {
    /// The last node it holds.
    pub(crate) head: usize,
    /// Nodes to be at next, best first; those before `good` bring it on its way, the others do not.
    pub(crate) choices: Vec<usize>,
    /// How many of the choices bring it on its way or cost it nothing.
    pub(crate) good: usize,
    /// It can be moved at all.
    pub(crate) movable: bool,
    /// It has waited for so long that others go out of their way for it.
    pub(crate) pressing: bool,
}

/// What a vehicle is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// The node to be at; its head if it stays.
    pub(crate) node: usize,
    /// Somebody waits for its head.
    pub(crate) pushed: bool,
}

/// Plans one step for every seat.
///
/// * `seats`: by falling priority.
/// * returns: a step for each seat, in their order; no two with the same node, no closed ring.
pub(crate) fn plan(nodes: usize, seats: &[Seat]) -> Vec<Step> {
    let mut table = Table {
        seats,
        next: vec![None; seats.len()],
        pushed: vec![false; seats.len()],
        at: vec![None; nodes],
        taken: vec![None; nodes],
    };
    for (who, seat) in seats.iter().enumerate() {
        table.at[seat.head] = Some(who);
        if !seat.movable {
            table.settle(who, seat.head);
        }
    }
    for who in 0..seats.len() {
        if table.next[who].is_none() {
            table.lead(who);
        }
    }
    let step = |(who, seat): (usize, &Seat)| Step { node: table.next[who].unwrap_or(seat.head), pushed: table.pushed[who] };
    seats.iter().enumerate().map(step).collect()
}

struct Table<'a> {
    seats: &'a [Seat],
    next: Vec<Option<usize>>,
    pushed: Vec<bool>,
    /// Whose head a node is.
    at: Vec<Option<usize>>,
    /// Who will be at a node.
    taken: Vec<Option<usize>>,
}

impl Table<'_> {
    /// Leads one vehicle, and whoever must make room for it, in a chain of which every link knows which choice it tries.
    fn lead(&mut self, first: usize) {
        let mut chain: Vec<(usize, usize)> = vec![(first, 0)];
        while let Some(&(who, from)) = chain.last() {
            let tried = self.try_from(who, from, &chain);
            let last = chain.len() - 1;
            match tried {
                Tried::Moves => return,
                Tried::Needs { other, choice } => {
                    chain[last].1 = choice + 1;
                    self.pushed[other] = true;
                    chain.push((other, 0));
                }
                Tried::Stuck => {
                    // Its place is wanted by the one before it, who now has to look elsewhere.
                    chain.pop();
                    if let Some(&(before, _)) = chain.last() {
                        self.unsettle(before);
                    }
                    self.settle(who, self.seats[who].head);
                }
            }
        }
    }

    fn try_from(&mut self, who: usize, from: usize, chain: &[(usize, usize)]) -> Tried {
        let seat = &self.seats[who];
        let pushed = chain.len() > 1;
        let pressing = chain.first().is_some_and(|first| self.seats[first.0].pressing);
        // Two who want each other's places gain nothing by waiting.
        let opposed = seat
            .choices
            .first()
            .and_then(|node| self.at[*node])
            .is_some_and(|other| other != who && chain.iter().any(|link| link.0 == other));
        let most = if pushed && !pressing && !opposed { seat.good } else { seat.choices.len() };
        for choice in from..most {
            let node = seat.choices[choice];
            if self.taken[node].is_some() {
                continue;
            }
            let Some(other) = self.at[node].filter(|other| *other != who) else {
                self.settle(who, node);
                return Tried::Moves;
            };
            if self.next[other].is_none() {
                self.settle(who, node);
                return Tried::Needs { other, choice };
            }
            if self.leaves_behind(other, seat.head) {
                self.settle(who, node);
                return Tried::Moves;
            }
        }
        Tried::Stuck
    }

    /// True if `other` moves away and the row it follows does not end at `head`.
    fn leaves_behind(&self, other: usize, head: usize) -> bool {
        let mut ahead = other;
        // A row is never longer than there are vehicles.
        for _ in 0..self.seats.len() {
            let Some(node) = self.next[ahead] else { return false };
            if node == self.seats[ahead].head || node == head {
                return false;
            }
            match self.at[node] {
                Some(further) if self.next[further].is_some() => ahead = further,
                Some(_) => return false,
                None => return true,
            }
        }
        false
    }

    fn settle(&mut self, who: usize, node: usize) {
        self.next[who] = Some(node);
        self.taken[node] = Some(who);
    }

    fn unsettle(&mut self, who: usize) {
        if let Some(node) = self.next[who].take()
            && self.taken[node] == Some(who)
        {
            self.taken[node] = None;
        }
    }
}

enum Tried {
    Moves,
    Needs { other: usize, choice: usize },
    Stuck,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(head: usize, choices: &[usize]) -> Seat {
        Seat { head, choices: choices.to_vec(), good: choices.len(), movable: true, pressing: true }
    }

    fn nodes(seats: &[Seat]) -> Vec<usize> {
        plan(10, seats).iter().map(|step| step.node).collect()
    }

    #[test]
    fn whoever_stands_in_the_way_of_a_higher_one_moves_on() {
        assert_eq!(nodes(&[seat(0, &[1, 0]), seat(1, &[1, 2])]), [1, 2]);
    }

    #[test]
    fn a_way_that_cannot_be_cleared_is_given_up_for_the_next_best() {
        let stuck = Seat { movable: false, ..seat(2, &[2]) };
        assert_eq!(nodes(&[seat(0, &[1, 3, 0]), seat(1, &[2, 1]), stuck]), [3, 1, 2]);
    }

    #[test]
    fn two_do_not_change_places_and_three_do_not_go_round() {
        assert_eq!(nodes(&[seat(0, &[1, 0]), seat(1, &[0, 1])]), [0, 1]);
        assert_eq!(nodes(&[seat(0, &[1, 0]), seat(1, &[2, 1]), seat(2, &[0, 2])]), [0, 1, 2]);
    }

    #[test]
    fn a_row_moves_up_when_its_first_has_room() {
        assert_eq!(nodes(&[seat(0, &[1, 0]), seat(1, &[2, 1]), seat(2, &[3, 2])]), [1, 2, 3]);
    }

    #[test]
    fn nobody_is_sent_out_of_its_way_by_one_who_has_hardly_waited() {
        let patient = Seat { pressing: false, ..seat(0, &[1, 0]) };
        let on_its_way = Seat { good: 1, ..seat(1, &[1, 2]) };
        assert_eq!(nodes(&[patient, on_its_way.clone()]), [0, 1]);
        assert_eq!(nodes(&[seat(0, &[1, 0]), on_its_way]), [1, 2]);
    }
}
