//! Seeds of scenarios: of two sets no two are equal.

use crate::family::Set;

/// The seed of one scenario.
///
/// Its upper three bits are the set's number, the rest comes from the seed of the run and the scenario's number in it. So no
/// scenario of one set can come up in another.
#[must_use]
pub fn scenario_seed(set: Option<Set>, seed: u64, number: u64) -> u64 {
    let code = set.map_or(OTHER, |set| set as u64);
    code << SHIFT | mixed(mixed(seed) ^ number) >> (64 - SHIFT)
}

/// The set that a scenario's seed belongs to; none for a family or a map of one's own.
#[must_use]
pub fn set_of(scenario_seed: u64) -> Option<Set> {
    Set::ALL.into_iter().find(|&set| set as u64 == scenario_seed >> SHIFT)
}

/// Three seeds of runs that are pooled, from the one that is asked for.
#[must_use]
pub fn run_seeds(seed: u64) -> [u64; 3] {
    [seed, seed.wrapping_add(1), seed.wrapping_add(2)]
}

/// A bijection without a pattern (the finaliser of MurmurHash3).
fn mixed(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    z = (z ^ (z >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    z ^ (z >> 33)
}

const SHIFT: u32 = 61;
const OTHER: u64 = 7;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn sets_share_no_seed_and_a_seed_names_its_set() {
        let mut all = BTreeSet::new();
        for set in Set::ALL.map(Some).into_iter().chain([None]) {
            for run in run_seeds(1) {
                for number in 0..2_000 {
                    let seed = scenario_seed(set, run, number);
                    assert_eq!(set_of(seed), set);
                    assert!(all.insert(seed), "seed {seed:x} came twice");
                }
            }
        }
    }
}
