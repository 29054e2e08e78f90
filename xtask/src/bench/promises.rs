//! What the design promises, held against what was measured.

use super::figures::Row;

/// A promise about one row: nothing is said of a percentile that is `None`.
struct Promise {
    row: &'static str,
    cameras: Option<u32>,
    net: &'static str,
    p50: Option<f64>,
    p99: Option<f64>,
    max: Option<f64>,
}

const NONE: Promise = Promise { row: "", cameras: None, net: "clean", p50: None, p99: None, max: None };

/// The table of design.md section 3, as far as these benches measure it. Tracks a core are promised for 720p at 2.5 Mbit/s;
/// the simulator's standing cameras are far lighter, so `tracks_per_core` is held against nothing.
const PROMISES: [Promise; 6] = [
    Promise { row: "glass_to_glass", cameras: Some(4), p50: Some(15.0), p99: Some(28.0), ..NONE },
    Promise { row: "picture_age", cameras: Some(4), p99: Some(56.0), ..NONE },
    Promise { row: "glass_to_glass", cameras: Some(4), net: "rtt50", p50: Some(42.0), p99: Some(58.0), ..NONE },
    Promise { row: "picture_age", cameras: Some(4), net: "rtt50", p99: Some(85.0), ..NONE },
    Promise { row: "gateway_added", p50: Some(0.3), p99: Some(2.0), ..NONE },
    Promise { row: "silence_to_brake", max: Some(300.0), ..NONE },
];

/// Glass to glass may be at most this much of the floor of the same run.
const MOST_OF_FLOOR: f64 = 1.1;

/// One line for each promise, and whether all were kept.
pub(crate) fn judge(rows: &[Row]) -> (Vec<String>, bool) {
    let (mut lines, mut kept) = (Vec::new(), rows.iter().all(|row| row.samples > 0));
    let mut add = |what: String, measured: f64, limit: f64| {
        let good = measured <= limit;
        let end = if good { "kept".to_owned() } else { format!("MISSED by {:.2}", measured - limit) };
        lines.push(format!("promise: {what} <= {limit:.2}: {measured:.2}, {end}"));
        kept &= good;
    };
    // A row without a sample keeps nothing.
    for row in rows.iter().filter(|row| row.samples > 0) {
        for promise in PROMISES.iter().filter(|promise| promise.is_about(row)) {
            for (name, measured, limit) in
                [("p50", row.p50, promise.p50), ("p99", row.p99, promise.p99), ("max", row.max, promise.max)]
            {
                if let Some(limit) = limit {
                    add(format!("{} {name}", row.title()), measured, limit);
                }
            }
        }
        let floor = rows.iter().find(|floor| floor.name == "floor" && floor.cameras() == row.cameras());
        if let Some(floor) = floor.filter(|_| row.name == "glass_to_glass" && row.is_clean()) {
            add(format!("{} p50, {MOST_OF_FLOOR} x floor", row.title()), row.p50, floor.p50 * MOST_OF_FLOOR);
            add(format!("{} p99, {MOST_OF_FLOOR} x floor", row.title()), row.p99, floor.p99 * MOST_OF_FLOOR);
        }
    }
    (lines, kept)
}

impl Promise {
    fn is_about(&self, row: &Row) -> bool {
        let cameras = self.cameras.is_none() || self.cameras == row.cameras();
        // Where the network is harmless, or the promise holds on every network.
        let everywhere = matches!(self.row, "gateway_added" | "silence_to_brake");
        self.row == row.name && cameras && (everywhere || row.net() == self.net)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Row {
        Row::of(serde_json::from_str(text).expect("samples"))
    }

    #[test]
    fn a_missed_promise_says_by_how_much() {
        let (lines, kept) =
            judge(&[row(r#"{"name": "silence_to_brake", "unit": "ms", "net": "clean", "samples": [200.0, 312.5]}"#)]);
        assert!(!kept);
        assert_eq!(lines, ["promise: silence_to_brake clean max <= 300.00: 312.50, MISSED by 12.50"]);
    }

    #[test]
    fn the_floor_of_as_many_cameras_is_the_measure() {
        let rows = [
            row(r#"{"name": "floor", "unit": "ms", "cameras": 1, "net": "none", "samples": [10.0]}"#),
            row(r#"{"name": "floor", "unit": "ms", "cameras": 4, "net": "none", "samples": [12.0]}"#),
            row(r#"{"name": "glass_to_glass", "unit": "ms", "cameras": 4, "net": "clean", "samples": [13.0]}"#),
        ];
        let (lines, kept) = judge(&rows);
        assert!(kept, "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("<= 13.20")), "{lines:?}");
    }

    #[test]
    fn a_row_without_a_sample_keeps_nothing() {
        let (lines, kept) = judge(&[row(r#"{"name": "silence_to_brake", "unit": "ms", "samples": []}"#)]);
        assert!(lines.is_empty() && !kept);
    }
}
