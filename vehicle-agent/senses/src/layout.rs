//! The one table of what the model is given, in which order and range. The trainer reads the same table from a file.

use crate::beams::{BEAM_RANGE_M, BEAMS};
use std::fmt::Write;

/// The name of this layout. A model is trained for one layout; whoever changes [`LAYOUT`] gives it a new name, and every
/// older model is refused.
pub const SENSES: &str = "senses-2";

/// How many numbers the model is given.
pub const FEATURES: usize = 164;

/// How many numbers it answers: one for each manoeuvre of the guard, in the guard's order.
pub const SCORES: usize = 36;

/// Numbers of one meaning, side by side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sense {
    /// What it is, with its unit.
    pub name: &'static str,
    /// How many.
    pub count: usize,
    /// What is below is cut to this.
    pub low: f32,
    /// What is above is cut to this.
    pub high: f32,
}

const fn sense(name: &'static str, count: usize, low: f32, high: f32) -> Sense {
    Sense { name, count, low, high }
}

/// The senses in their order, in SI units. The graph itself brings them to its own scale: beams as `1 / (0.5 + r)` and their
/// change, all else by `low` and `high`.
pub const LAYOUT: [Sense; 18] = [
    // See `Beams`.
    sense("beams_m", BEAMS, 0.0, BEAM_RANGE_M),
    // The scan of 100 ms ago, seen from where the vehicle is now; the same as `beams_m` where there is none.
    sense("beams_before_m", BEAMS, 0.0, BEAM_RANGE_M),
    // Forward positive.
    sense("speed_mps", 1, -5.0, 5.0),
    // Of the path driven now; left positive.
    sense("curvature_per_m", 1, -1.5, 1.5),
    sense("decel_mps2", 1, 0.0, 4.0),
    // The last three commands to the actuators, newest first.
    sense("told_speed_mps", 3, -5.0, 5.0),
    sense("told_steering_rad", 3, -1.6, 1.6),
    // 1 with a load, or if nobody knows.
    sense("loaded", 1, 0.0, 1.0),
    sense("mast_m", 1, 0.0, 12.0),
    // The load-safe limits of now.
    sense("safe_decel_mps2", 1, 0.0, 4.0),
    sense("safe_lateral_mps2", 1, 0.0, 4.0),
    // Six points of the last corridor, 0.6 m apart, in the vehicle frame: x, y, x, y ...
    sense("corridor_m", 12, -6.0, 6.0),
    // 1 if the corridor is the way just driven, carried on, instead of a plan.
    sense("corridor_extrapolated", 1, 0.0, 1.0),
    // The middle of the next keep-clear zone in the vehicle frame: x, y. Far ahead where there is none.
    sense("keep_clear_m", 2, -20.0, 20.0),
    // Half of what it spans along and across the vehicle: its far edge is what a stop has to reach.
    sense("keep_clear_half_m", 2, 0.0, 20.0),
    // 1 while the vehicle stands in one.
    sense("keep_clear_inside", 1, 0.0, 1.0),
    // 0 while driving: "as if the link were lost now".
    sense("since_event_s", 1, 0.0, 8.0),
    // One of four is 1: see `LinkReason`.
    sense("link_reason", 4, 0.0, 1.0),
];

// A table that does not fill the row does not compile.
const _: () = {
    let (mut sum, mut at) = (0, 0);
    while at < LAYOUT.len() {
        #[expect(clippy::indexing_slicing, reason = "while compiling, and below the length")]
        let count = LAYOUT[at].count;
        sum += count;
        at += 1;
    }
    assert!(sum == FEATURES);
};

/// The table as the trainer reads it, `models/senses.json`.
#[must_use]
pub fn layout_page() -> String {
    let mut page =
        format!("{{\n  \"senses\": \"{SENSES}\",\n  \"features\": {FEATURES},\n  \"scores\": {SCORES},\n  \"layout\": [\n");
    let mut first = 0;
    for (number, sense) in LAYOUT.iter().enumerate() {
        let Sense { name, count, low, high } = sense;
        let comma = if number + 1 < LAYOUT.len() { "," } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "    {{ \"name\": \"{name}\", \"first\": {first}, \"count\": {count}, \"low\": {low:.1}, \"high\": {high:.1} }}{comma}"
        );
        first += count;
    }
    page + "  ]\n}\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trainer_reads_the_same_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/senses.json");
        if std::env::var_os("FARHAND_GENERATE").is_some() {
            std::fs::write(path, layout_page()).expect("the models' room can be written");
        }
        let page = std::fs::read_to_string(path).expect("models/senses.json is there");
        assert_eq!(page, layout_page(), "stale: run this test with FARHAND_GENERATE=1, and give the layout a new name");
    }

    #[test]
    fn every_manoeuvre_of_the_guard_has_a_score() {
        assert_eq!(SCORES, farhand_guard::MANOEUVRES);
    }
}
