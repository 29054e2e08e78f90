//! Which of the accepted stops to take.

use crate::bench::Merit;
use crate::manoeuvre::{AcceptedSet, MANOEUVRES, Manoeuvre};
use crate::proposal::{Choice, ScoreFault};
use crate::situation::Scores;
use crate::track::Refusal;
use farhand_protocol::MonoTime;
use std::cmp::Ordering;
use std::time::Duration;

/// What became of each manoeuvre of the library.
pub(crate) type Outcomes = [Result<Merit, Refusal>; MANOEUVRES];

/// The stop to take: of those whose score is as good as the best, or of all accepted, the first of the ranking.
pub(crate) fn choose(outcomes: &Outcomes, scores: Result<&[f32], ScoreFault>) -> Option<(Manoeuvre, Choice)> {
    match scores {
        Ok(values) => {
            let good = as_good(outcomes, values);
            let first = accepted(outcomes).filter(|(manoeuvre, _)| good.contains(*manoeuvre)).min_by(ranked);
            first.map(|(manoeuvre, _)| (manoeuvre, Choice::Scored))
        }
        Err(fault) => best(outcomes).map(|manoeuvre| (manoeuvre, Choice::Ranked(fault))),
    }
}

/// Those of the accepted whose score comes near the best. Scores tell of danger; a zone to be kept clear is weighed against it.
pub(crate) fn as_good(outcomes: &Outcomes, values: &[f32]) -> AcceptedSet {
    let worth = |(manoeuvre, merit): (Manoeuvre, &Merit)| {
        let score = values.get(manoeuvre.index()).copied().unwrap_or(f32::NEG_INFINITY);
        if spoils(merit) { score - ZONE_PRICE } else { score }
    };
    let best = accepted(outcomes).map(worth).fold(f32::NEG_INFINITY, f32::max);
    let mut good = AcceptedSet::EMPTY;
    for one in accepted(outcomes).filter(|one| worth(*one) >= best - AS_GOOD) {
        good.insert(one.0);
    }
    good
}

/// The first of the ranking.
pub(crate) fn best(outcomes: &Outcomes) -> Option<Manoeuvre> {
    accepted(outcomes).min_by(ranked).map(|(manoeuvre, _)| manoeuvre)
}

/// Scores that may be used, or what is wrong with them.
pub(crate) fn usable<'a>(now: MonoTime, scores: Option<&Scores<'a>>) -> Result<&'a [f32], ScoreFault> {
    let scores = scores.ok_or(ScoreFault::Missing)?;
    if scores.values.len() != MANOEUVRES {
        return Err(ScoreFault::Count);
    }
    if !scores.values.iter().all(|value| value.is_finite()) {
        return Err(ScoreFault::NotFinite);
    }
    if scores.at > now || now.since(scores.at) > OLDEST_SCORES {
        return Err(ScoreFault::Late);
    }
    Ok(scores.values)
}

fn accepted(outcomes: &Outcomes) -> impl Iterator<Item = (Manoeuvre, &Merit)> {
    Manoeuvre::all().zip(outcomes).filter_map(|(manoeuvre, outcome)| Some((manoeuvre, outcome.as_ref().ok()?)))
}

/// True if it stands in a zone to be kept clear, or rolls on for longer than it is worth to leave one.
fn spoils(merit: &Merit) -> bool {
    merit.keep_clear || merit.length > LONGEST_FOR_A_ZONE_M
}

/// The smallest margin that counts as much as this one.
pub(crate) fn margin_floor(margin: f64) -> f64 {
    (margin / MARGIN_STEP_M).floor() * MARGIN_STEP_M
}

/// Margin first, then zones to be kept clear, then length; of equals the one that bends least, then the lowest number.
fn ranked(one: &(Manoeuvre, &Merit), two: &(Manoeuvre, &Merit)) -> Ordering {
    let steps = |value: f64, step: f64| (value / step).floor();
    steps(two.1.margin, MARGIN_STEP_M)
        .total_cmp(&steps(one.1.margin, MARGIN_STEP_M))
        .then(spoils(one.1).cmp(&spoils(two.1)))
        .then(steps(one.1.length, LENGTH_STEP_M).total_cmp(&steps(two.1.length, LENGTH_STEP_M)))
        .then(one.1.bend.total_cmp(&two.1.bend))
        .then(one.0.cmp(&two.0))
}

/// Scores older than this are not used (safety.md 3.2).
const OLDEST_SCORES: Duration = Duration::from_millis(150);
/// Scores closer to the best than this are as good: 1.0 of cost, less than it costs to come near somebody.
const AS_GOOD: f32 = 2.0;
/// A score must be worse by this before a stop in a zone to be kept clear is better: 4.0 of cost, a third of the mildest contact.
const ZONE_PRICE: f32 = 8.0;
/// Nobody rolls farther than this for the sake of a zone: the shorter stop is the better one then.
const LONGEST_FOR_A_ZONE_M: f64 = 2.75;
/// Margins closer together than this are equal: a scanner sees to 3 cm.
const MARGIN_STEP_M: f64 = 0.05;
/// Lengths closer together than this are equal.
const LENGTH_STEP_M: f64 = 0.1;

#[cfg(test)]
mod tests {
    use super::*;

    /// Two stops of the library: one with room that stands in a zone, one with less room that does not.
    fn two(margins: [f64; 2]) -> Outcomes {
        let mut outcomes = [Err(Refusal::TooLong); MANOEUVRES];
        outcomes[3] = Ok(Merit { margin: margins[0], keep_clear: true, length: 1.0, bend: 0.0 });
        outcomes[16] = Ok(Merit { margin: margins[1], keep_clear: false, length: 2.0, bend: 0.0 });
        outcomes
    }

    fn chosen(outcomes: &Outcomes, blocking: f32, clear: f32) -> usize {
        // What is not accepted may have any score.
        let mut scores = [100.0; MANOEUVRES];
        (scores[3], scores[16]) = (blocking, clear);
        let (manoeuvre, choice) = choose(outcomes, Ok(&scores)).expect("two are accepted");
        assert_eq!(choice, Choice::Scored);
        manoeuvre.index()
    }

    #[test]
    fn among_equal_scores_the_ranking_decides_and_a_zone_has_a_price() {
        let more_room = two([0.25, 0.10]);
        // As good with its price: the one with more room, although it blocks.
        assert_eq!([6.0, 6.1, 10.0].map(|more| chosen(&more_room, more, 0.0)), [3; 3]);
        // Worse by the price and more than the band: the one that does not.
        assert_eq!([-3.0, 0.0, 5.9].map(|more| chosen(&more_room, more, 0.0)), [16; 3]);
        // In danger of more than the price a zone does not count.
        assert_eq!([10.0, 10.1].map(|more| chosen(&two([0.10, 0.25]), more, 0.0)), [16, 3]);
        assert_eq!(chosen(&two([0.10, 0.10]), 8.0, 0.0), 16, "of equals the one out of the zone");
    }

    #[test]
    fn a_zone_is_left_on_a_short_way_only() {
        let mut outcomes = two([0.10, 0.10]);
        for (length, first) in [(2.75, 16), (2.76, 3)] {
            if let Ok(clear) = &mut outcomes[16] {
                clear.length = length;
            }
            assert_eq!(best(&outcomes).map(Manoeuvre::index), Some(first), "{length} m");
            assert_eq!(chosen(&outcomes, 1.0, 0.0), first, "{length} m");
        }
    }

    #[test]
    fn without_scores_the_ranking_decides_and_without_a_stop_nobody() {
        let outcomes = two([0.25, 0.10]);
        let ranked = choose(&outcomes, Err(ScoreFault::Late)).map(|(manoeuvre, choice)| (manoeuvre.index(), choice));
        assert_eq!(ranked, Some((3, Choice::Ranked(ScoreFault::Late))));
        let none = [Err(Refusal::TooLong); MANOEUVRES];
        assert_eq!(choose(&none, Ok(&[0.0; MANOEUVRES])), None);
        assert!(as_good(&none, &[0.0; MANOEUVRES]).is_empty());
    }

    #[test]
    fn only_a_whole_finite_and_fresh_set_of_scores_is_used() {
        let now = MonoTime(10_000_000);
        let values = [0.5; MANOEUVRES];
        let judged = |at: u64, values: &[f32]| usable(now, Some(&Scores { at: MonoTime(at), values })).map(<[f32]>::to_vec);
        for at in [10_000_000, 9_900_000, 9_850_000] {
            assert_eq!(judged(at, &values), Ok(values.to_vec()), "at {at}");
        }
        for at in [9_849_999, 10_000_001, 0] {
            assert_eq!(judged(at, &values), Err(ScoreFault::Late), "at {at}");
        }
        for count in [0, 1, 35] {
            assert_eq!(judged(9_900_000, &values[..count]), Err(ScoreFault::Count));
        }
        assert_eq!(judged(9_900_000, &[0.5; 37]), Err(ScoreFault::Count));
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut values = values;
            values[20] = bad;
            assert_eq!(judged(9_900_000, &values), Err(ScoreFault::NotFinite));
        }
        assert_eq!(usable(now, None), Err(ScoreFault::Missing));
    }

    fn merit(margin: f64, length: f64) -> Merit {
        Merit { margin, keep_clear: false, length, bend: 0.0 }
    }

    /// Number of the better of two stops; the first has the lower number.
    fn better(one: Merit, two: Merit) -> Option<usize> {
        let mut outcomes = [Err(Refusal::TooLong); MANOEUVRES];
        (outcomes[5], outcomes[30]) = (Ok(one), Ok(two));
        best(&outcomes).map(Manoeuvre::index)
    }

    #[test]
    fn the_ranking_goes_by_margin_then_zone_then_length_then_bend_then_number() {
        let plain = merit(0.12, 2.5);
        assert_eq!(better(plain, plain), Some(5), "of equals the lower number");
        assert_eq!(better(plain, Merit { margin: 0.16, length: 5.0, bend: 1.0, keep_clear: true }), Some(30), "more room");
        assert_eq!(better(plain, Merit { margin: 0.14, ..plain }), Some(5), "less than 5 cm more room is none");
        let blocking = Merit { keep_clear: true, ..plain };
        assert_eq!(better(blocking, Merit { length: 2.7, bend: 1.0, ..plain }), Some(30), "out of a zone");
        assert_eq!(better(Merit { length: 2.61, ..plain }, Merit { bend: 1.0, ..plain }), Some(30), "shorter");
        assert_eq!(better(Merit { length: 2.58, ..plain }, Merit { length: 2.52, ..plain }), Some(5), "6 cm are equal");
        assert_eq!(better(Merit { bend: 0.3, ..plain }, Merit { bend: 0.2, ..plain }), Some(30), "straighter");
        assert_eq!(better(Merit { length: 2.58, bend: 0.3, ..plain }, Merit { bend: 0.2, ..plain }), Some(30));
    }

    #[test]
    fn margins_count_in_steps_of_five_centimetres() {
        for (margin, floor) in [(0.0, 0.0), (0.04, 0.0), (0.06, 0.05), (0.12, 0.1), (0.24, 0.2), (0.29, 0.25)] {
            assert!((margin_floor(margin) - floor).abs() < 1e-12, "{margin}");
        }
    }

    #[test]
    fn what_is_accepted_but_has_no_score_is_not_good() {
        let mut outcomes = [Ok(merit(0.1, 1.0)); MANOEUVRES];
        outcomes[0] = Err(Refusal::Person);
        let mut scores = [-2.0; MANOEUVRES];
        (scores[0], scores[7], scores[8], scores[9]) = (9.0, 0.0, -1.9, -2.1);
        let good = as_good(&outcomes, &scores);
        assert_eq!(
            (good.count(), [0, 1, 7, 8, 9].map(|index| good.contains(manoeuvre(index)))),
            (34, [false, true, true, true, false])
        );
        assert_eq!(as_good(&outcomes, &scores[..8]).bits(), 0b1111_1110);
    }

    fn manoeuvre(index: usize) -> Manoeuvre {
        Manoeuvre::new(index).expect("one of the library")
    }
}
