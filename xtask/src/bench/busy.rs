//! How busy the machine was meanwhile: a figure from a crowded machine is no verdict.

// design.md section 11.
const MOST_BUSY_PCT: f64 = 90.0;
const MOST_STOLEN_PCT: f64 = 5.0;

/// Ticks of all cores since the machine started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ticks {
    all: u64,
    idle: u64,
    stolen: u64,
}

impl Ticks {
    /// `cpu user nice system idle iowait irq softirq steal ...`
    fn parse(line: &str) -> Option<Self> {
        let ticks: Vec<u64> =
            line.strip_prefix("cpu ")?.split_whitespace().take(8).filter_map(|word| word.parse().ok()).collect();
        Some(Self { all: ticks.iter().sum(), idle: ticks.get(3)? + ticks.get(4)?, stolen: *ticks.get(7)? })
    }
}

/// Busy and stolen time in the busiest of the windows, in per cent of all cores; each window is the line of all cores in
/// /proc/stat before and after. Nothing if there is no window that can be read.
pub(crate) fn per_cent(windows: &[[String; 2]]) -> Option<(f64, f64)> {
    let shares = windows.iter().map(|[before, after]| {
        let (before, after) = (Ticks::parse(before)?, Ticks::parse(after)?);
        let all = after.all.saturating_sub(before.all);
        let idle = after.idle.saturating_sub(before.idle);
        Some((share(all.saturating_sub(idle), all), share(after.stolen.saturating_sub(before.stolen), all)))
    });
    let shares = shares.collect::<Option<Vec<_>>>()?;
    shares.into_iter().reduce(|(busy, stolen), (other_busy, other_stolen)| (busy.max(other_busy), stolen.max(other_stolen)))
}

#[expect(clippy::cast_precision_loss, reason = "ticks of a bench are far below 2^52")]
fn share(part: u64, all: u64) -> f64 {
    part as f64 / all.max(1) as f64 * 100.0
}

/// Why the figures are no verdict.
pub(crate) fn refusal(busy_pct: f64, stolen_pct: f64) -> Option<String> {
    if busy_pct > MOST_BUSY_PCT {
        return Some(format!("the machine was busy to {busy_pct:.0} %, above {MOST_BUSY_PCT:.0} %"));
    }
    (stolen_pct > MOST_STOLEN_PCT).then(|| format!("{stolen_pct:.0} % of the time was stolen, above {MOST_STOLEN_PCT:.0} %"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(before: &str, after: &str) -> [String; 2] {
        [before.to_owned(), after.to_owned()]
    }

    #[test]
    fn waiting_for_a_disk_is_idle_and_stolen_time_is_busy() {
        let ticks = Ticks::parse("cpu  10 0 20 60 5 0 1 4 0 0").expect("is a line of /proc/stat");
        assert_eq!(ticks, Ticks { all: 100, idle: 65, stolen: 4 });
    }

    #[test]
    fn the_busiest_window_counts() {
        let quiet = window("cpu 0 0 0 0 0 0 0 0", "cpu 10 0 0 90 0 0 0 0");
        let crowded = window("cpu 10 0 0 90 0 0 0 0", "cpu 100 0 0 94 0 0 0 6");
        assert_eq!(per_cent(&[quiet, crowded]), Some((96.0, 6.0)));
        assert_eq!(per_cent(&[]), None);
        assert_eq!(per_cent(&[window("nonsense", "nonsense")]), None);
    }

    #[test]
    fn a_crowded_machine_gives_no_verdict() {
        assert!(refusal(91.0, 0.0).is_some());
        assert!(refusal(50.0, 6.0).is_some());
        assert!(refusal(90.0, 5.0).is_none());
    }
}
