//! What the guard demands of a stop.

use farhand_profile::Profile;
use std::time::Duration;

/// The demands on a stop, in SI units. Made from the profile, which has checked every range.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// From the last accepted command to the first command of the stop.
    pub(crate) detection: f64,
    pub(crate) period: f64,
    pub(crate) clearance: f64,
    pub(crate) creep_clearance: f64,
    pub(crate) creep_speed: f64,
    pub(crate) person_speed: f64,
    pub(crate) longest_stop_m: f64,
    pub(crate) longest_stop_s: f64,
    pub(crate) scan_lost_after: Duration,
    pub(crate) scanners: usize,
    pub(crate) most_points: usize,
}

impl Settings {
    /// The demands of a profile.
    #[must_use]
    pub fn from_profile(profile: &Profile) -> Self {
        let guard = &profile.guard;
        Self {
            detection: profile.link.command_lost_after.span().as_secs_f64() + TICK,
            period: guard.period.span().as_secs_f64(),
            clearance: guard.clearance_m.value(),
            creep_clearance: guard.creep_clearance_m.value(),
            creep_speed: guard.creep_speed_mps.value(),
            person_speed: guard.person_speed_mps.value(),
            longest_stop_m: guard.longest_stop_m.value(),
            longest_stop_s: guard.longest_stop.span().as_secs_f64(),
            scan_lost_after: guard.scan_lost_after.span(),
            scanners: usize::from(guard.scanners),
            most_points: usize::from(guard.most_points),
        }
    }
}

/// The guardian looks at the age of the last command once in this time.
pub(crate) const TICK: f64 = 0.01;

/// How strictly a stop is judged.
///
/// What the gate lets pass must be better than what is accepted, and what is accepted better than what is kept: then neither
/// the noise of a scan nor the few centimetres by which a vehicle misses its path throw a good stop away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Strictness {
    /// Of the clearances.
    pub(crate) clearance: f64,
    /// Of the sideways acceleration.
    pub(crate) lateral: f64,
    /// Taken off the highest speed that counts as creep; odometry resolves 5 mm/s.
    pub(crate) creep_speed_off: f64,
}

impl Strictness {
    /// Before a command is passed on.
    pub(crate) const GATE: Self = Self { clearance: 1.2, lateral: 0.95, creep_speed_off: 0.01 };
    /// Before a stop is called accepted: the figures of the profile as they are.
    pub(crate) const ACCEPT: Self = Self { clearance: 1.0, lateral: 1.0, creep_speed_off: 0.0 };
    /// While an accepted stop is held or driven.
    pub(crate) const KEEP: Self = Self { clearance: 0.7, lateral: 1.1, creep_speed_off: 0.0 };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests_support::profile;

    #[test]
    fn a_loss_is_detected_one_look_of_the_guardian_after_the_link_allows_it() {
        assert_eq!(Settings::from_profile(&profile("")).detection, 0.26);
    }

    #[test]
    fn every_figure_of_the_profile_has_its_place() {
        let profile = profile(
            "[guard]\nperiod = \"90ms\"\nclearance_m = 0.11\ncreep_clearance_m = 0.04\ncreep_speed_mps = 0.25\n\
             person_speed_mps = 1.5\nscan_lost_after = \"140ms\"\nscanners = 3\nmost_points = 300\nlongest_stop_m = 5.0\n\
             longest_stop = \"7s\"\n[link]\ncommand_lost_after = \"300ms\"",
        );
        let expected = Settings {
            detection: 0.31,
            period: 0.09,
            clearance: 0.11,
            creep_clearance: 0.04,
            creep_speed: 0.25,
            person_speed: 1.5,
            longest_stop_m: 5.0,
            longest_stop_s: 7.0,
            scan_lost_after: Duration::from_millis(140),
            scanners: 3,
            most_points: 300,
        };
        assert_eq!(Settings::from_profile(&profile), expected);
    }

    #[test]
    fn the_gate_is_stricter_than_the_choice_and_the_choice_stricter_than_what_keeps_a_stop() {
        let (gate, accept, keep) = (Strictness::GATE, Strictness::ACCEPT, Strictness::KEEP);
        assert!(gate.clearance > accept.clearance && accept.clearance > keep.clearance);
        assert!(gate.lateral < accept.lateral && accept.lateral < keep.lateral);
        assert!(gate.creep_speed_off > accept.creep_speed_off && accept.creep_speed_off == keep.creep_speed_off);
    }
}
