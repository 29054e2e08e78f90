//! Which of the accepted stops to take.

use crate::bench::Merit;
use crate::manoeuvre::{MANOEUVRES, Manoeuvre};
use crate::proposal::{Choice, ScoreFault};
use crate::situation::Scores;
use crate::track::Refusal;
use farhand_protocol::MonoTime;
use std::cmp::Ordering;
use std::time::Duration;

/// What became of each manoeuvre of the library.
pub(crate) type Outcomes = [Result<Merit, Refusal>; MANOEUVRES];

/// The stop to take: the best score of those accepted, or the first of the ranking.
pub(crate) fn choose(outcomes: &Outcomes, scores: Result<&[f32], ScoreFault>) -> Option<(Manoeuvre, Choice)> {
    match scores {
        Ok(values) => {
            let rated = accepted(outcomes).filter_map(|(manoeuvre, _)| Some((manoeuvre, *values.get(manoeuvre.index())?)));
            let best = rated.max_by(|one, two| one.1.total_cmp(&two.1).then(two.0.cmp(&one.0)));
            best.map(|(manoeuvre, _)| (manoeuvre, Choice::Scored))
        }
        Err(fault) => best(outcomes).map(|manoeuvre| (manoeuvre, Choice::Ranked(fault))),
    }
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

/// The smallest margin that counts as much as this one.
pub(crate) fn margin_floor(margin: f64) -> f64 {
    (margin / MARGIN_STEP_M).floor() * MARGIN_STEP_M
}

/// Margin first, then zones to be kept clear, then length; of equals the one that bends least, then the lowest number.
fn ranked(one: &(Manoeuvre, &Merit), two: &(Manoeuvre, &Merit)) -> Ordering {
    let steps = |value: f64, step: f64| (value / step).floor();
    steps(two.1.margin, MARGIN_STEP_M)
        .total_cmp(&steps(one.1.margin, MARGIN_STEP_M))
        .then(one.1.keep_clear.cmp(&two.1.keep_clear))
        .then(steps(one.1.length, LENGTH_STEP_M).total_cmp(&steps(two.1.length, LENGTH_STEP_M)))
        .then(one.1.bend.total_cmp(&two.1.bend))
        .then(one.0.cmp(&two.0))
}

/// Scores older than this are not used (safety.md 3.2).
const OLDEST_SCORES: Duration = Duration::from_millis(150);
/// Margins closer together than this are equal: a scanner sees to 3 cm.
const MARGIN_STEP_M: f64 = 0.05;
/// Lengths closer together than this are equal.
const LENGTH_STEP_M: f64 = 0.1;
