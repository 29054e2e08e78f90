//! The yardstick: points that jump from node to node together, planned by priority inheritance with backtracking as published, for
//! the same work.
//!
//! Nothing takes time but the way at top speed and the handling: no gaining speed, no braking, no bends, no messages, and a ring of
//! vehicles turns in one step. It shares no line with the coordinator.

use crate::layout::Layout;
use crate::random::{Random, actor};
use crate::world::{HANDLING, own_goal};
use farhand_coordination::{NodeId, Routes};
use std::time::Duration;

struct Point {
    at: NodeId,
    goal: NodeId,
    routes: Routes,
    waited: u64,
    works_until: u64,
    random: Random,
}

/// How much of the work of `seed` the ideal gets done.
///
/// # Errors
/// If the layout has no goals of each vehicle's own, or too little room.
pub fn ideal_tasks(layout: &Layout, seed: u64, vehicles: usize, span: Duration) -> anyhow::Result<u64> {
    anyhow::ensure!(layout.own_goals, "the yardstick needs work that is the same in any order");
    let open = vec![false; layout.site.len()];
    let mut starts = layout.starts.clone();
    anyhow::ensure!(starts.len() > 2 * vehicles, "too few nodes");
    let mut draw = Random::stream(seed, actor::STARTS, 0);
    let mut points: Vec<Point> = (0..vehicles)
        .map(|who| {
            let at = starts.swap_remove(draw.below(starts.len()));
            let mut random = Random::stream(seed, actor::GOALS, who);
            let goal = other_goal(layout, at, who, vehicles, &mut random);
            Point { at, goal, routes: Routes::to(&layout.site, goal, &open), waited: 0, works_until: 0, random }
        })
        .collect();
    let step_s = layout.cell_m / layout.body.top_mps;
    let steps = whole(span.as_secs_f64() / step_s);
    let handling = whole((HANDLING.as_secs_f64() / step_s).ceil());
    let mut tasks = 0;
    for step in 0..steps {
        let moves = step_of_all(layout, &points, step);
        for (who, (point, to)) in points.iter_mut().zip(moves).enumerate() {
            point.at = to;
            point.waited += 1;
            if step < point.works_until {
                continue;
            }
            if point.at == point.goal {
                tasks += 1;
                point.waited = 0;
                point.works_until = step + 1 + handling;
                point.goal = other_goal(layout, point.at, who, vehicles, &mut point.random);
                point.routes = Routes::to(&layout.site, point.goal, &open);
            }
        }
    }
    Ok(tasks)
}

fn other_goal(layout: &Layout, here: NodeId, who: usize, vehicles: usize, random: &mut Random) -> NodeId {
    for _ in 0..50 {
        let goal = own_goal(&layout.goals, who, vehicles, random);
        if goal != here {
            return goal;
        }
    }
    here
}

fn step_of_all(layout: &Layout, points: &[Point], step: u64) -> Vec<NodeId> {
    let mut ideal = Ideal {
        layout,
        points,
        next: vec![None; points.len()],
        at: vec![None; layout.site.len()],
        taken: vec![None; layout.site.len()],
    };
    for (who, point) in points.iter().enumerate() {
        ideal.at[point.at.index()] = Some(who);
        if step < point.works_until {
            ideal.take(who, point.at);
        }
    }
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by_key(|who| (u64::MAX - points[*who].waited, *who));
    for who in order {
        if ideal.next[who].is_none() {
            ideal.lead(who, None);
        }
    }
    points.iter().enumerate().map(|(who, point)| ideal.next[who].unwrap_or(point.at)).collect()
}

struct Ideal<'a> {
    layout: &'a Layout,
    points: &'a [Point],
    next: Vec<Option<NodeId>>,
    at: Vec<Option<usize>>,
    taken: Vec<Option<usize>>,
}

impl Ideal<'_> {
    fn take(&mut self, who: usize, node: NodeId) {
        self.next[who] = Some(node);
        self.taken[node.index()] = Some(who);
    }

    /// As published; its depth is at most the number of points.
    fn lead(&mut self, who: usize, pusher: Option<usize>) -> bool {
        let point = &self.points[who];
        let mut choices: Vec<NodeId> = self.layout.site.out(point.at).iter().copied().chain([point.at]).collect();
        choices.sort_by_key(|node| (point.routes.from(*node).unwrap_or(u32::MAX), self.at[node.index()].is_some(), *node));
        for node in choices {
            let swaps = pusher.is_some_and(|pusher| self.points[pusher].at == node);
            if self.taken[node.index()].is_some() || swaps {
                continue;
            }
            self.take(who, node);
            match self.at[node.index()].filter(|other| *other != who && self.next[*other].is_none()) {
                Some(other) if !self.lead(other, Some(who)) => {}
                Some(_) | None => return true,
            }
        }
        self.take(who, point.at);
        false
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "steps of an hour or a day")]
fn whole(steps: f64) -> u64 {
    steps as u64
}
