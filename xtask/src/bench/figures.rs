//! Samples become rows of a table.

use serde::{Deserialize, Serialize};

/// What a script measured.
#[derive(Debug, Deserialize)]
pub(crate) struct Samples {
    name: String,
    unit: String,
    #[serde(flatten)]
    circumstances: Circumstances,
    #[serde(rename = "samples", default)]
    values: Vec<f64>,
    /// Where a program keeps its own histogram: what it says, in place of samples.
    kept: Option<Kept>,
}

/// Percentiles that were counted elsewhere.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Kept {
    count: usize,
    p50: f64,
    p95: f64,
    p99: f64,
    max: f64,
}

/// Under which circumstances; only those that apply.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Circumstances {
    #[serde(skip_serializing_if = "Option::is_none")]
    cameras: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    net: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    way: Option<String>,
}

/// One line of the table and of the file.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    /// The name that the design gives it.
    pub(crate) name: String,
    unit: String,
    #[serde(flatten)]
    circumstances: Circumstances,
    /// How many there are.
    pub(crate) samples: usize,
    /// The middle.
    pub(crate) p50: f64,
    p95: f64,
    /// The worst but one in a hundred.
    pub(crate) p99: f64,
    /// The worst.
    pub(crate) max: f64,
}

impl Row {
    /// Sorts the samples and reads off the percentiles.
    pub(crate) fn of(mut measured: Samples) -> Self {
        measured.values.retain(|value| value.is_finite());
        measured.values.sort_by(f64::total_cmp);
        let at = |percent| percentile(&measured.values, percent);
        let counted = Kept { count: measured.values.len(), p50: at(50), p95: at(95), p99: at(99), max: at(100) };
        let Kept { count, p50, p95, p99, max } = measured.kept.unwrap_or(counted);
        let (name, unit, circumstances) = (measured.name, measured.unit, measured.circumstances);
        Self { name, unit, circumstances, samples: count, p50, p95, p99, max }
    }
}

impl Row {
    /// How many cameras were on show, where that matters.
    pub(crate) fn cameras(&self) -> Option<u32> {
        self.circumstances.cameras
    }

    /// The network between truck and gateway.
    pub(crate) fn net(&self) -> &str {
        self.circumstances.net.as_deref().unwrap_or("clean")
    }

    /// True where the network did no harm.
    pub(crate) fn is_clean(&self) -> bool {
        self.net() == "clean"
    }

    /// Name and circumstances for a person.
    pub(crate) fn title(&self) -> String {
        let cameras = self.cameras().map(|count| format!(", {count} cameras")).unwrap_or_default();
        let way = self.circumstances.way.as_ref().map(|way| format!(", {way}")).unwrap_or_default();
        format!("{} {}{cameras}{way}", self.name, self.net())
    }
}

/// The smallest sample that `percent` of all do not exceed; to a thousandth.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map_or(0.0, |value| (value * 1000.0).round() / 1000.0)
}

/// The lines for a person.
pub(crate) fn table(rows: &[Row]) -> Vec<String> {
    let mut lines = vec![format!(
        "{:<24} {:>4} {:<8} {:<10} {:>7} {:>9} {:>9} {:>9} {:>9}",
        "", "cams", "net", "way", "n", "p50", "p95", "p99", "max"
    )];
    for row in rows {
        let with = &row.circumstances;
        lines.push(format!(
            "{:<24} {:>4} {:<8} {:<10} {:>7} {:>9.2} {:>9.2} {:>9.2} {:>9.2} {}",
            row.name,
            with.cameras.map_or(String::new(), |cameras| cameras.to_string()),
            with.net.as_deref().unwrap_or(""),
            with.way.as_deref().unwrap_or(""),
            row.samples,
            row.p50,
            row.p95,
            row.p99,
            row.max,
            row.unit
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_and_the_hundredth_is_the_largest() {
        let samples: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!([50, 95, 99, 100].map(|percent| percentile(&samples, percent)), [100.0, 190.0, 198.0, 200.0]);
        assert_eq!(percentile(&[7.0], 50), 7.0);
        assert_eq!(percentile(&[], 50), 0.0);
    }

    #[test]
    fn circumstances_that_do_not_apply_are_left_out() {
        let text = r#"{"name": "floor", "unit": "ms", "cameras": 4, "samples": [2.0, 1.0]}"#;
        let row = Row::of(serde_json::from_str(text).expect("samples"));
        let written = serde_json::to_string(&row).expect("a row");
        assert!(written.contains(r#""cameras":4"#) && !written.contains("net"), "{written}");
    }
}
