//! The projection itself: worlds that it calls equal must go on alike, whatever follows.

use super::*;
use crate::runs::{RUNS, Run};
use farhand_safety_breakable::Drive;
use std::collections::btree_map::Entry;

const WALKS: usize = 60;
const STEPS: usize = 5;
const STEPS_TOGETHER: usize = 6;

/// Always the same throws.
struct Dice(u64);

impl Dice {
    fn pick(&mut self, acts: &[Act]) -> Act {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = usize::try_from(self.0 >> 33).expect("31 bits") % acts.len();
        acts[place]
    }
}

#[test]
fn worlds_of_one_projection_behave_alike() {
    let mut dice = Dice(3);
    let mut pairs = 0;
    for run in RUNS.iter().filter(|run| !run.twice) {
        let first = World::first(run.stage(None));
        let mut met: BTreeMap<u64, World> = BTreeMap::new();
        for _ in 0..WALKS {
            let mut world = first.clone();
            for _ in 0..STEPS {
                world = world.after(dice.pick(run.acts), false, true).expect("goes on");
                match met.entry(world.0.digest) {
                    Entry::Vacant(place) => drop(place.insert(world.clone())),
                    Entry::Occupied(other) if other.get().path() != world.path() => {
                        pairs += 1;
                        go_on_alike(run, other.get().clone(), world.clone(), &mut dice);
                    }
                    Entry::Occupied(_) => {}
                }
            }
        }
    }
    assert!(pairs >= 100, "only {pairs} pairs were met: the test looks at nothing");
}

fn go_on_alike(run: &Run, mut one: World, mut other: World, dice: &mut Dice) {
    for _ in 0..STEPS_TOGETHER {
        let act = dice.pick(run.acts);
        let (before, beside) = (one.path().to_vec(), other.path().to_vec());
        one = one.after(act, false, true).expect("goes on");
        other = other.after(act, false, true).expect("goes on");
        let told =
            |world: &World| (world.state(), world.0.causes, drive(world), world.breaches().keys().copied().collect::<Vec<_>>());
        assert_eq!(told(&one), told(&other), "{act:?} in run {:?} after {before:?} and after {beside:?}", run.name);
        let words = |world: &World| projection(world.0.stage.as_ref().expect("goes on")).0;
        let (these, those) = (words(&one), words(&other));
        let place = these.iter().zip(&those).position(|(this, that)| this != that);
        let near = |words: &[i64]| place.map(|place| words[place.saturating_sub(6)..(place + 6).min(words.len())].to_vec());
        let (near_these, near_those) = (near(&these), near(&those));
        let run = run.name;
        assert_eq!(
            near_these, near_those,
            "{act:?} in run {run:?}: word {place:?} differs after {before:?} and after {beside:?}"
        );
    }
}

fn drive(world: &World) -> Drive {
    world.0.stage.as_ref().expect("goes on").drive
}

#[test]
fn what_only_grows_is_not_in_the_projection_and_what_counts_is() {
    let handover = RUNS.iter().find(|run| run.name == "handover").expect("there is a run of that name");
    let parked = World::first(handover.stage(None));
    let waited = parked.after(Act::WaitGood, false, true).expect("goes on");
    let longer = waited.after(Act::WaitGood, false, true).expect("goes on");
    let words = |world: &World| projection(world.0.stage.as_ref().expect("goes on")).0;
    assert_eq!(words(&waited), words(&longer), "time, sequences, pictures and odometry alone make no other state");
    let leased = waited.after(Act::Grant, false, true).expect("goes on");
    assert!(leased != waited, "a lease does");
}
