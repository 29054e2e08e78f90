//! What a study's figures say of the targets: design.md section 3 under the rules of safety.md 3.5.

use crate::report::{Against, Bounded, Row};
use serde::Serialize;

/// One target, and whether the figures hold it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// Whose figure it is.
    pub controller: String,
    /// What was promised.
    pub target: String,
    /// What was seen, with its 95 % bounds where it has some.
    pub seen: String,
    /// Kept.
    pub holds: bool,
}

/// What a controller with a guard promises by itself and against the baseline of its row.
#[must_use]
pub fn promises(row: &Row) -> Vec<Verdict> {
    let verdict = |target: &str, seen: String, holds| Verdict {
        controller: row.controller.clone(),
        target: target.to_owned(),
        seen,
        holds,
    };
    let none = |target: &str, count: usize| verdict(target, count.to_string(), count == 0);
    let mut verdicts = vec![
        none("stops beyond what the load allows: 0", row.over_limit),
        none("stops that got faster: 0", row.speed_increases),
        verdict("stop, p95 <= 3.5 m", format!("{:.2} m", row.stop_m.p95), row.stop_m.p95 <= LONGEST_P95_M),
    ];
    if let Some(against) = &row.against {
        let ([low, high], ratio) = (against.avoidable_ci95_pct, &against.avoidable_ratio);
        verdicts.push(verdict(
            "avoidable <= 0.8 %, bound <= 1.0",
            format!("{:.2} ({low:.2} to {high:.2})", row.avoidable_pct),
            row.avoidable_pct <= AVOIDABLE_PCT && high <= AVOIDABLE_BOUND_PCT,
        ));
        verdicts.push(verdict(
            &format!("avoidable <= 0.6 x {}, bound <= 0.75", against.controller),
            format!("{:.2} ({:.2} to {:.2})", ratio.point, ratio.ci95[0], ratio.ci95[1]),
            ratio.point <= AVOIDABLE_RATIO && ratio.ci95[1] <= AVOIDABLE_RATIO_BOUND,
        ));
        let others = row.keep_clear_pct - against.keep_clear_pct.point;
        let share = if others > 0.0 { row.keep_clear_pct / others } else { 1.0 };
        verdicts.push(verdict(
            &format!("in a zone to be kept clear <= 0.85 x {}", against.controller),
            format!("{share:.2}"),
            share <= KEEP_CLEAR_RATIO,
        ));
    }
    verdicts
}

/// "No worse" in each figure: the upper bound of the paired difference is at most 0.1 points of a share, 2 % of a distance. With
/// `better`, also that one of them is better: its bounds leave zero out.
#[must_use]
pub fn no_worse(controller: &str, against: &Against, better: bool) -> Vec<Verdict> {
    let figures = [
        ("rack", "points", &against.rack_pct, NO_WORSE_POINTS),
        ("person", "points", &against.person_pct, NO_WORSE_POINTS),
        ("avoidable", "points", &against.avoidable_pct, NO_WORSE_POINTS),
        ("in a zone to be kept clear", "points", &against.keep_clear_pct, NO_WORSE_POINTS),
        ("stop, p95", "%", &against.stop_p95_longer_pct, NO_WORSE_LONGER_PCT),
    ];
    let verdict = |target: String, seen: String, holds| Verdict { controller: controller.to_owned(), target, seen, holds };
    let each = |(name, unit, figure, most): (&str, &str, &Bounded, f64)| {
        let target = format!("{name} no worse than {}, bound <= +{most} {unit}", against.controller);
        verdict(target, bounded(figure), figure.ci95[1] <= most)
    };
    let mut verdicts: Vec<Verdict> = figures.into_iter().map(each).collect();
    if better {
        let is_better = figures.into_iter().filter(|(.., figure, _)| figure.ci95[1] < 0.0).map(|(name, ..)| name);
        let names = is_better.collect::<Vec<_>>().join(", ");
        let holds = !names.is_empty();
        let seen = if holds { names } else { "in nothing".to_owned() };
        verdicts.push(verdict(format!("better than {} in something", against.controller), seen, holds));
    }
    verdicts
}

fn bounded(figure: &Bounded) -> String {
    format!("{:+.2} ({:+.2} to {:+.2})", figure.point, figure.ci95[0], figure.ci95[1])
}

const LONGEST_P95_M: f64 = 3.5;
const AVOIDABLE_PCT: f64 = 0.8;
const AVOIDABLE_BOUND_PCT: f64 = 1.0;
const AVOIDABLE_RATIO: f64 = 0.6;
const AVOIDABLE_RATIO_BOUND: f64 = 0.75;
const KEEP_CLEAR_RATIO: f64 = 0.85;
const NO_WORSE_POINTS: f64 = 0.1;
const NO_WORSE_LONGER_PCT: f64 = 2.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::row;

    fn figure(point: f64, half: f64) -> Bounded {
        Bounded { point, ci95: [point - half, point + half] }
    }

    fn level(half: f64) -> Against {
        Against {
            controller: "guard".to_owned(),
            avoidable_ci95_pct: [0.4, 0.6],
            avoidable_ratio: figure(0.3, 0.1),
            avoidable_pct: figure(0.0, half),
            rack_pct: figure(0.0, half),
            person_pct: figure(0.0, half),
            keep_clear_pct: figure(0.0, half),
            stop_p95_longer_pct: figure(0.0, half),
        }
    }

    fn kept(verdicts: &[Verdict]) -> Vec<bool> {
        verdicts.iter().map(|verdict| verdict.holds).collect()
    }

    #[test]
    fn no_worse_is_a_matter_of_the_bound_and_better_of_leaving_zero_out() {
        assert_eq!(kept(&no_worse("net+guard", &level(0.1), false)), [true; 5]);
        assert_eq!(kept(&no_worse("net+guard", &level(0.11), false)), [false, false, false, false, true]);
        let all = no_worse("net+guard", &level(0.05), true);
        assert_eq!((all.len(), all[5].holds, all[5].seen.as_str()), (6, false, "in nothing"));
        let safer = Against { person_pct: figure(-0.06, 0.05), rack_pct: figure(-0.05, 0.05), ..level(0.05) };
        let all = no_worse("net+guard", &safer, true);
        assert_eq!((kept(&all), all[5].seen.as_str()), (vec![true; 6], "person"));
        let longer = Against { stop_p95_longer_pct: figure(1.9, 0.2), ..level(0.05) };
        assert_eq!(kept(&no_worse("net+guard", &longer, false)), [true, true, true, true, false]);
    }

    #[test]
    fn a_promise_is_kept_at_its_figure_and_missed_beyond() {
        let good = Row { avoidable_pct: 0.8, keep_clear_pct: 60.0, against: Some(level(0.0)), ..row("net+guard", &[]) };
        let verdicts = promises(&good);
        assert_eq!(kept(&verdicts), [true, true, true, true, true, false], "{verdicts:?}");
        let mut clear = good.clone();
        if let Some(against) = &mut clear.against {
            against.keep_clear_pct.point = -12.0;
        }
        assert!(promises(&clear)[5].holds, "60 is 0.83 x 72");
        let late = Row { avoidable_pct: 0.81, over_limit: 1, speed_increases: 1, ..good.clone() };
        assert_eq!(kept(&promises(&late))[..5], [false, false, true, false, true]);
        let mut wide = good.clone();
        if let Some(against) = &mut wide.against {
            (against.avoidable_ci95_pct[1], against.avoidable_ratio) = (1.01, figure(0.6, 0.16));
        }
        assert_eq!(kept(&promises(&wide))[3..5], [false, false]);
        assert_eq!(promises(&Row { against: None, ..good }).len(), 3, "nothing to be held against");
    }
}
