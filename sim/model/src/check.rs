//! The checker: stateright, breadth first, over the worlds of one run.

use crate::act::Act;
use crate::runs::Run;
use crate::world::World;
use farhand_protocol::{Cause, SafetyState};
use farhand_safety_breakable::Broken;
use stateright::{Checker, HasDiscoveries, Model, Property};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What one run found.
#[derive(Debug, Default, Clone)]
pub struct Findings {
    /// Breaches by number, each with the acts that lead to it first, and how it shows.
    pub breaches: BTreeMap<u8, (Vec<Act>, String)>,
    /// Causes that were listed in some state.
    pub causes: BTreeSet<Cause>,
    /// States of the core that were reached.
    pub states: BTreeSet<SafetyState>,
    /// Different states of the model.
    pub unique: usize,
    /// States that were made, those met again included.
    pub generated: usize,
    /// Steps to the farthest of them.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// Every state within the depth was looked at.
    pub complete: bool,
}

/// What is asked of a run.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// The fault of the core, if it has one.
    pub broken: Option<Broken>,
    /// Steps from the beginning.
    pub depth: usize,
    /// Only this invariant, and an end with its first breach; none asks for everything.
    pub only: Option<u8>,
    /// No longer than this.
    pub at_most: Duration,
}

/// Checks one run.
pub fn check(run: &'static Run, question: &Question) -> Findings {
    let findings = Arc::new(Mutex::new(Findings::default()));
    let model = Bounded { run, question: *question, findings: Arc::clone(&findings) };
    let finish = if question.only.is_some() { HasDiscoveries::Any } else { HasDiscoveries::All };
    let start = Instant::now();
    let checker = model.checker().threads(1).finish_when(finish).timeout(question.at_most).spawn_bfs().join();
    let mut found = findings.lock().unwrap_or_else(PoisonError::into_inner).clone();
    found.took = start.elapsed();
    (found.unique, found.generated) = (checker.unique_state_count(), checker.state_count());
    // stateright counts the first state as one.
    found.depth = checker.max_depth().saturating_sub(1);
    found.complete = found.took < question.at_most;
    found
}

/// One run as stateright sees it.
#[derive(Clone)]
struct Bounded {
    run: &'static Run,
    question: Question,
    findings: Arc<Mutex<Findings>>,
}

impl Bounded {
    /// Notes what is new in a world, with the shortest way to it.
    fn note(&self, world: &World) {
        let mut findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, how) in world.breaches() {
            findings.breaches.entry(*number).or_insert_with(|| (world.path().to_vec(), how.clone()));
        }
        findings.causes.extend(Cause::ALL.iter().copied().filter(|cause| world.has(*cause)));
        findings.states.insert(world.state());
    }
}

impl Model for Bounded {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        let first = World::first(self.run.stage(self.question.broken));
        self.note(&first);
        vec![first]
    }

    fn actions(&self, world: &World, acts: &mut Vec<Act>) {
        // What follows a breach proves nothing.
        if world.path().len() < self.question.depth && world.breaches().is_empty() {
            acts.extend_from_slice(self.run.acts);
        }
    }

    fn next_state(&self, world: &World, act: Act) -> Option<World> {
        let goes_on = world.path().len() + 1 < self.question.depth;
        let next = world.after(act, self.run.twice, goes_on)?;
        self.note(&next);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        if let Some(number) = self.question.only {
            return vec![always(number)];
        }
        let invariants = (0..=22).map(always);
        invariants.chain(REACHED.iter().map(|(name, reached)| Property::sometimes(name, *reached))).collect()
    }
}

/// An invariant by its number; 0 is that the core never contradicts itself.
fn always(number: u8) -> Property<Bounded> {
    let (name, holds) = HOLDS[usize::from(number)];
    Property::always(name, holds)
}

type Condition = fn(&Bounded, &World) -> bool;

fn holds<const NUMBER: u8>(_: &Bounded, world: &World) -> bool {
    !world.breaches().contains_key(&NUMBER)
}

fn reached<const PLACE: usize>(_: &Bounded, world: &World) -> bool {
    Cause::ALL.get(PLACE).is_some_and(|cause| world.has(*cause))
}

macro_rules! table {
    ($condition:ident, $prefix:literal: $($number:literal)*) => { [$((concat!($prefix, $number), $condition::<$number> as Condition)),*] };
}

const HOLDS: [(&str, Condition); 23] = table!(holds, "S": 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22);
/// One for each row of the table of causes, by its place in [`Cause::ALL`].
const REACHED: [(&str, Condition); 29] =
    table!(reached, "cause ": 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28);
// A new cause needs a property of its own.
const _: () = assert!(REACHED.len() == Cause::ALL.len());
