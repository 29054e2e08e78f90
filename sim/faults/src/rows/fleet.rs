//! Row 23: many vehicles, few operators.

use super::{Effort, Found};
use anyhow::ensure;
use farhand_traffic::{Effort as Sites, Part, criteria};
use std::time::Duration;

/// 50 vehicles and 2 operators, with delays, lost messages, calls for help and restarts of the gateway.
pub(crate) fn usual(effort: &Effort) -> anyhow::Result<Found> {
    try_part(effort, Part::Sites, (50, 50))
}

/// 8 vehicles and 2 operators: how long a vehicle waits for a person.
pub(crate) fn control(effort: &Effort) -> anyhow::Result<Found> {
    try_part(effort, Part::Control, (8, 8))
}

fn try_part(effort: &Effort, part: Part, (fewest, most): (usize, usize)) -> anyhow::Result<Found> {
    // Below that hardly anybody has called for help or gone round what stands.
    let minutes = effort.minutes.max(20);
    let span = Duration::from_secs(u64::from(minutes) * 60);
    let sites = Sites { first_seed: 1, seeds: u64::from(effort.drives), fewest, most, span };
    let findings = criteria(&sites, &[part], &mut |_, _| {})?;
    for finding in &findings {
        ensure!(finding.holds, "{}: {}", finding.criterion, finding.figure);
    }
    let figures: Vec<&str> = findings.iter().map(|finding| finding.figure.as_str()).collect();
    Found::new(usize::try_from(effort.drives)?, figures.join("; "))
}
