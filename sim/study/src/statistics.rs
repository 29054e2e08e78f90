//! Shares, percentiles, Wilson intervals and the paired bootstrap (safety.md 3.5).

use farhand_world::Random;

/// A lower and an upper bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower.
    pub low: f64,
    /// The upper.
    pub high: f64,
}

/// The normal quantile for 95 %, two-sided.
const Z: f64 = 1.959_963_984_540_054;
/// Resamples of a bootstrap: the 2.5 % quantile then lies between the 50th and the 51st.
const RESAMPLES: usize = 2_000;
/// Resamples where each one sorts all distances.
const SORTED_RESAMPLES: usize = 400;

/// The share of `hits` among `count`; 0 of nothing.
#[must_use]
pub fn share(hits: usize, count: usize) -> f64 {
    if count == 0 { 0.0 } else { to_f64(hits) / to_f64(count) }
}

/// Wilson's interval for a share, 95 %. Of nothing, everything is possible.
#[must_use]
pub fn wilson(hits: usize, count: usize) -> Interval {
    if count == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (count, share) = (to_f64(count), share(hits, count));
    let spread = Z * Z / count;
    let middle = (share + spread / 2.0) / (1.0 + spread);
    let half = Z / (1.0 + spread) * (share * (1.0 - share) / count + spread / (4.0 * count)).sqrt();
    // A bound that should be 0 or 1 exactly misses it by rounding.
    Interval { low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
}

/// The value below which this part of the values lies, between the two nearest; 0 of nothing.
#[must_use]
pub fn percentile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    of_sorted(&sorted, part)
}

fn of_sorted(sorted: &[f64], part: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let at = part.clamp(0.0, 1.0) * to_f64(last);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to the last index")]
    let below = at as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (at - to_f64(below))
}

/// Two controllers on the same scenarios, by how often something happened to them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedShares {
    /// Share of the first less share of the second.
    pub difference: f64,
    /// Of the difference, 95 %.
    pub difference95: Interval,
    /// Share of the first by share of the second; infinite if it never happened to the second and did to the first.
    pub ratio: f64,
    /// Of the ratio, 95 %.
    pub ratio95: Interval,
    /// Of the share of the first, 95 %.
    pub share95: Interval,
}

/// Compares two lists, scenario by scenario: whole scenarios are drawn anew, with both outcomes.
///
/// # Panics
/// Never: the longer list is cut to the shorter.
#[must_use]
pub fn paired_shares(first: &[bool], second: &[bool], seed: u64) -> PairedShares {
    let pairs: Vec<u8> = first.iter().zip(second).map(|(&one, &two)| u8::from(one) | u8::from(two) << 1).collect();
    let count = pairs.len();
    let mut random = Random::new(seed);
    let mut differences = Vec::with_capacity(RESAMPLES);
    let (mut ratios, mut shares) = (Vec::with_capacity(RESAMPLES), Vec::with_capacity(RESAMPLES));
    for _ in 0..RESAMPLES {
        let mut kinds = [0_usize; 4];
        for _ in 0..count {
            kinds[usize::from(pairs[random.below(count)])] += 1;
        }
        let (one, two) = (share(kinds[1] + kinds[3], count), share(kinds[2] + kinds[3], count));
        differences.push(one - two);
        ratios.push(ratio(one, two));
        shares.push(one);
    }
    let hits = |bit: u8| share(pairs.iter().filter(|&&pair| pair & bit != 0).count(), count);
    PairedShares {
        difference: hits(1) - hits(2),
        difference95: middle95(&mut differences),
        ratio: ratio(hits(1), hits(2)),
        ratio95: middle95(&mut ratios),
        share95: middle95(&mut shares),
    }
}

/// How much longer the first controller's percentile is than the second's, as a share of it: the point, and 95 %.
#[must_use]
pub fn paired_percentiles(first: &[f64], second: &[f64], part: f64, seed: u64) -> (f64, Interval) {
    let count = first.len().min(second.len());
    let longer = |one: f64, two: f64| if two > 0.0 { one / two - 1.0 } else { 0.0 };
    let mut random = Random::new(seed);
    let mut shares = Vec::with_capacity(SORTED_RESAMPLES);
    let (mut ones, mut twos) = (vec![0.0; count], vec![0.0; count]);
    for _ in 0..SORTED_RESAMPLES {
        for (one, two) in ones.iter_mut().zip(&mut twos) {
            let drawn = random.below(count);
            (*one, *two) = (first[drawn], second[drawn]);
        }
        ones.sort_unstable_by(f64::total_cmp);
        twos.sort_unstable_by(f64::total_cmp);
        shares.push(longer(of_sorted(&ones, part), of_sorted(&twos, part)));
    }
    (longer(percentile(&first[..count], part), percentile(&second[..count], part)), middle95(&mut shares))
}

fn ratio(one: f64, two: f64) -> f64 {
    match (one, two) {
        (0.0, 0.0) => 1.0,
        (_, 0.0) => f64::INFINITY,
        _ => one / two,
    }
}

fn middle95(values: &mut [f64]) -> Interval {
    values.sort_by(f64::total_cmp);
    Interval { low: lower(values, 0.025), high: lower(values, 0.975) }
}

/// A percentile that does not mix two values: one of them may be infinite.
fn lower(sorted: &[f64], part: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to the last index")]
    let at = (part * to_f64(sorted.len())) as usize;
    sorted.get(at).copied().unwrap_or(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts of scenarios")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_intervals_are_those_of_the_books() {
        let close = |one: f64, two: f64| (one - two).abs() < 5e-5;
        let few = wilson(5, 50);
        assert!(close(few.low, 0.04349) && close(few.high, 0.21360), "{few:?}");
        let none = wilson(0, 20);
        assert!(none.low == 0.0 && close(none.high, 0.16113), "{none:?}");
        let all = wilson(20, 20);
        assert!(close(all.low, 0.83887) && all.high == 1.0, "{all:?}");
        assert_eq!(wilson(0, 0), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn percentiles_lie_between_their_neighbours() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!([0.0, 0.5, 1.0].map(|part| percentile(&values, part)), [1.0, 2.5, 4.0]);
        assert_eq!(percentile(&[], 0.5), 0.0);
    }

    /// `both`, `first only`, `second only` and `neither`, mixed.
    fn lists(counts: [usize; 4]) -> (Vec<bool>, Vec<bool>) {
        let kinds = [(true, true), (true, false), (false, true), (false, false)];
        kinds.into_iter().zip(counts).flat_map(|(kind, count)| std::iter::repeat_n(kind, count)).unzip()
    }

    #[test]
    fn pairing_sees_a_difference_that_two_intervals_do_not() {
        let (one, two) = lists([80, 5, 35, 9_880]);
        let paired = paired_shares(&one, &two, 1);
        assert!((paired.difference + 0.003).abs() < 1e-12 && paired.difference95.high < 0.0, "{paired:?}");
        assert!(wilson(85, 10_000).high > wilson(115, 10_000).low, "unpaired, nobody could tell");
        assert!((paired.ratio - 85.0 / 115.0).abs() < 1e-12 && paired.ratio95.high < 0.9 && paired.ratio95.low > 0.55);
    }

    #[test]
    fn the_bootstrap_agrees_with_the_formula_for_paired_shares() {
        let (one, two) = lists([100, 60, 40, 9_800]);
        let paired = paired_shares(&one, &two, 7);
        // The variance of a paired difference: ((b + c) - (b - c)^2 / n) / n^2.
        let deviation = ((100.0_f64 - 400.0 / 10_000.0) / 1e8).sqrt();
        let half = (paired.difference95.high - paired.difference95.low) / 2.0;
        assert!((half / (Z * deviation) - 1.0).abs() < 0.08, "{half} against {}", Z * deviation);
        assert_eq!(paired_shares(&one, &two, 7), paired, "equal seeds, equal intervals");
    }

    #[test]
    fn what_never_happened_has_no_ratio_to_speak_of() {
        let (one, two) = lists([0, 0, 0, 50]);
        assert_eq!(paired_shares(&one, &two, 1).ratio, 1.0);
        let (one, two) = lists([0, 3, 0, 47]);
        assert_eq!(paired_shares(&one, &two, 1).ratio, f64::INFINITY);
    }

    #[test]
    fn longer_stops_are_seen_in_the_percentile() {
        let mut random = Random::new(5);
        let second: Vec<f64> = (0..4_000).map(|_| random.between(0.5, 3.0)).collect();
        let first: Vec<f64> = second.iter().map(|stop| stop * 1.1).collect();
        let (longer, bounds) = paired_percentiles(&first, &second, 0.95, 1);
        assert!((longer - 0.1).abs() < 1e-9 && bounds.low > 0.09 && bounds.high < 0.11, "{longer} {bounds:?}");
        let (longer, bounds) = paired_percentiles(&second, &second, 0.95, 1);
        assert!(longer == 0.0 && bounds.low == 0.0 && bounds.high == 0.0);
    }
}
