//! From outcomes to the table that is published.

use crate::episode::Outcome;
use crate::ride::Contact;
use crate::statistics::{Interval, PairedShares, paired_percentiles, paired_shares, percentile, share, wilson};
use serde::{Deserialize, Serialize};

/// What is kept of one controller in one scenario.
#[expect(clippy::struct_excessive_bools, reason = "each is a count of its own in the table")]
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// 0 nothing, 1 something that stands, 2 a person.
    pub contact: u8,
    /// The yardstick found a stop without a contact.
    pub avoidable: bool,
    /// Beyond what the load allows.
    pub over_limit: bool,
    /// Faster after the loss was noticed.
    pub faster: bool,
    /// At rest where it should not be.
    pub in_keep_clear: bool,
    /// A contact while the link was up.
    pub before: bool,
    /// Not at rest in time.
    pub unfinished: bool,
    /// Metres from the loss to the stand or the contact.
    pub stop_m: f64,
    /// Seconds for it.
    pub stop_s: f64,
    /// Speed at the loss.
    pub speed_mps: f64,
}

impl From<&Outcome> for Record {
    fn from(outcome: &Outcome) -> Self {
        let contact = match outcome.contact {
            None => 0,
            Some(Contact::Solid { .. }) => 1,
            Some(Contact::Person { .. }) => 2,
        };
        Self {
            contact,
            avoidable: outcome.avoidable,
            over_limit: outcome.over_limit,
            faster: outcome.speed_increase,
            in_keep_clear: outcome.in_keep_clear,
            before: outcome.contact_before,
            unfinished: outcome.unfinished,
            // Short enough to be written down and read again as the same number.
            stop_m: rounded(outcome.stop_m, 1e6),
            stop_s: rounded(outcome.stop_s, 1e6),
            speed_mps: rounded(outcome.speed_mps, 1e6),
        }
    }
}

/// Median and 95th percentile.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Half of the values are below.
    pub p50: f64,
    /// 95 % are below.
    pub p95: f64,
}

/// One controller's row. The first keys are those of design.md section 11.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its name.
    pub controller: String,
    /// Scenarios.
    pub n: usize,
    /// Contacts that could have been avoided.
    pub avoidable_pct: f64,
    /// Contacts with what stands.
    pub rack_pct: f64,
    /// Contacts with people.
    pub person_pct: f64,
    /// Contacts for which the yardstick found no stop.
    pub unavoidable_pct: f64,
    /// Stops beyond what the load allows.
    pub over_limit: usize,
    /// Stops that got faster.
    pub speed_increases: usize,
    /// From the loss to the stand.
    pub stop_m: Spread,
    /// Wilson's interval of `avoidable_pct`.
    pub ci95: [f64; 2],
    /// From the loss to the stand.
    pub stop_s: Spread,
    /// At the loss.
    pub speed_mps: Spread,
    /// At rest where nobody should be.
    pub keep_clear_pct: f64,
    /// Contacts before the loss.
    pub contacts_before: usize,
    /// Not at rest within 15 s.
    pub unfinished: usize,
    /// Against the baseline of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Against>,
}

/// One controller against another on the same scenarios.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Against {
    /// The other.
    pub controller: String,
    /// Upper and lower bound of the own avoidable share by paired bootstrap.
    pub avoidable_ci95_pct: [f64; 2],
    /// Own avoidable share by the other's.
    pub avoidable_ratio: Bounded,
    /// Differences of shares in percentage points.
    pub avoidable_pct: Bounded,
    /// The same for contacts with what stands.
    pub rack_pct: Bounded,
    /// And with people.
    pub person_pct: Bounded,
    /// And for rest where nobody should be.
    pub keep_clear_pct: Bounded,
    /// How much longer the 95th percentile of the stop is.
    pub stop_p95_longer_pct: Bounded,
}

/// A figure with its 95 % bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bounded {
    /// The figure.
    pub point: f64,
    /// Its bounds.
    pub ci95: [f64; 2],
}

/// Makes the row of one controller.
#[must_use]
pub fn row(controller: &str, records: &[Record]) -> Row {
    let count = |what: &dyn Fn(&Record) -> bool| records.iter().filter(|record| what(record)).count();
    let percent = |what: &dyn Fn(&Record) -> bool| rounded(100.0 * share(count(what), records.len()), 1e4);
    let spread = |value: &dyn Fn(&Record) -> f64| {
        let values: Vec<f64> = records.iter().map(value).collect();
        Spread { p50: rounded(percentile(&values, 0.5), 1e3), p95: rounded(percentile(&values, 0.95), 1e3) }
    };
    Row {
        controller: controller.to_owned(),
        n: records.len(),
        avoidable_pct: percent(&|record| record.avoidable),
        rack_pct: percent(&|record| record.contact == 1),
        person_pct: percent(&|record| record.contact == 2),
        unavoidable_pct: percent(&|record| record.contact != 0 && !record.avoidable),
        over_limit: count(&|record| record.over_limit),
        speed_increases: count(&|record| record.faster),
        stop_m: spread(&|record| record.stop_m),
        ci95: percents(wilson(count(&|record| record.avoidable), records.len())),
        stop_s: spread(&|record| record.stop_s),
        speed_mps: spread(&|record| record.speed_mps),
        keep_clear_pct: percent(&|record| record.in_keep_clear),
        contacts_before: count(&|record| record.before),
        unfinished: count(&|record| record.unfinished),
        against: None,
    }
}

/// Compares a controller with another on the same scenarios, in the same order.
#[must_use]
pub fn against(records: &[Record], other: &str, others: &[Record], seed: u64) -> Against {
    let shares = |what: &dyn Fn(&Record) -> bool| -> PairedShares {
        let flags = |records: &[Record]| records.iter().map(what).collect::<Vec<bool>>();
        paired_shares(&flags(records), &flags(others), seed)
    };
    let points =
        |paired: PairedShares| Bounded { point: rounded(100.0 * paired.difference, 1e4), ci95: percents(paired.difference95) };
    let avoidable = shares(&|record| record.avoidable);
    let stops = |records: &[Record]| records.iter().map(|record| record.stop_m).collect::<Vec<f64>>();
    let (longer, longer95) = paired_percentiles(&stops(records), &stops(others), 0.95, seed);
    Against {
        controller: other.to_owned(),
        avoidable_ci95_pct: percents(avoidable.share95),
        avoidable_ratio: Bounded {
            point: rounded(avoidable.ratio, 1e4),
            ci95: [rounded(avoidable.ratio95.low, 1e4), rounded(avoidable.ratio95.high, 1e4)],
        },
        avoidable_pct: points(avoidable),
        rack_pct: points(shares(&|record| record.contact == 1)),
        person_pct: points(shares(&|record| record.contact == 2)),
        keep_clear_pct: points(shares(&|record| record.in_keep_clear)),
        stop_p95_longer_pct: Bounded { point: rounded(100.0 * longer, 1e4), ci95: percents(longer95) },
    }
}

fn percents(interval: Interval) -> [f64; 2] {
    [rounded(100.0 * interval.low, 1e4), rounded(100.0 * interval.high, 1e4)]
}

/// JSON is read by people too. JSON has no infinity: what is infinite becomes a number nobody mistakes for a result.
fn rounded(value: f64, steps: f64) -> f64 {
    if value.is_finite() { (value * steps).round() / steps } else { 1e9 }
}

/// A hash over outcomes (FNV-1a), to see at a glance that two runs are equal bit by bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunHash(u64);

impl Default for RunHash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl RunHash {
    /// Takes in the next record. The order matters.
    pub fn take(&mut self, record: &Record) {
        let flags = [record.avoidable, record.over_limit, record.faster, record.in_keep_clear, record.before, record.unfinished];
        let flags = flags.into_iter().fold(u64::from(record.contact), |bits, flag| bits << 1 | u64::from(flag));
        for word in [flags, record.stop_m.to_bits(), record.stop_s.to_bits(), record.speed_mps.to_bits()] {
            for byte in word.to_le_bytes() {
                self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
    }

    /// As 16 hexadecimal digits.
    #[must_use]
    pub fn shown(self) -> String {
        format!("{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(contact: u8, avoidable: bool, stop_m: f64) -> Record {
        Record {
            contact,
            avoidable,
            over_limit: false,
            faster: false,
            in_keep_clear: contact == 0,
            before: false,
            unfinished: false,
            stop_m,
            stop_s: 1.0,
            speed_mps: 2.0,
        }
    }

    fn records() -> Vec<Record> {
        let some = [record(1, true, 1.0), record(2, false, 2.0), record(2, true, 3.0)];
        some.into_iter().chain((0..97).map(|number| record(0, false, 1.0 + f64::from(number) / 50.0))).collect()
    }

    #[test]
    fn a_row_counts_what_happened_and_has_the_keys_that_were_promised() {
        let row = row("pursuit", &records());
        assert_eq!((row.n, row.avoidable_pct, row.rack_pct, row.person_pct, row.unavoidable_pct), (100, 2.0, 1.0, 2.0, 1.0));
        let json = serde_json::to_value(&row).expect("JSON");
        for key in
            ["controller", "n", "avoidable_pct", "rack_pct", "person_pct", "unavoidable_pct", "over_limit", "speed_increases"]
        {
            assert!(json.get(key).is_some(), "{key}");
        }
        assert!(json["stop_m"]["p50"].is_number() && json["stop_m"]["p95"].is_number());
        let bounds = json["ci95"].as_array().expect("two bounds");
        assert!(bounds[0].as_f64() < Some(2.0) && bounds[1].as_f64() > Some(2.0));
        assert!(json.get("against").is_none());
    }

    #[test]
    fn a_controller_against_itself_is_no_better_and_no_worse() {
        let records = records();
        let against = against(&records, "pursuit", &records, 1);
        assert_eq!((against.avoidable_pct.point, against.avoidable_pct.ci95), (0.0, [0.0, 0.0]));
        assert_eq!((against.avoidable_ratio.point, against.stop_p95_longer_pct.point), (1.0, 0.0));
    }

    #[test]
    fn the_hash_sees_the_smallest_difference_and_the_order() {
        let of = |records: &[Record]| {
            let mut hash = RunHash::default();
            for record in records {
                hash.take(record);
            }
            hash.shown()
        };
        let (one, two) = (record(0, false, 1.0), record(0, false, 1.0 + f64::EPSILON));
        assert_eq!(of(&[one, one]), of(&[one, one]));
        assert_ne!(of(&[one, one]), of(&[one, two]));
        assert_ne!(of(&[two, one]), of(&[one, two]));
    }
}
