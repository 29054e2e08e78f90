//! Forks, load and the guard: what is needed to prove a stop free.

use farhand_settings::{Millis, Real};
use serde::Deserialize;

/// The forks and what they carry. Vehicle frame: x forward from the fixed axle, y left.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoadShape {
    /// Front of the fork carriage, where the body ends and a load begins.
    pub fork_face_m: Real<-1000, 4000>,
    /// Over both forks, from outside to outside.
    pub fork_width_m: Real<100, 3000>,
    /// A load, along the forks from the fork face.
    pub length_m: Real<0, 4000>,
    /// A load, across the forks.
    pub width_m: Real<0, 3000>,
    /// What lies in front of the fork face and closer to the middle than half of this may be touched by the forks in creep:
    /// a pallet that is being picked up or set down.
    pub pocket_width_m: Real<0, 3000>,
    /// How far beyond the tips of the forks that holds.
    pub pocket_ahead_m: Real<100, 1000>,
}

impl Default for LoadShape {
    // safety.md 4.1: front axle to fork face 0.35 to 0.40 m. The pallet is 1.2 x 0.8 m and may lie either way round. The forks
    // count as wide as the body until a profile says how wide they are: too wide is safe.
    fn default() -> Self {
        Self {
            fork_face_m: Real::thousandths(400),
            fork_width_m: Real::thousandths(1100),
            length_m: Real::thousandths(1200),
            width_m: Real::thousandths(1200),
            pocket_width_m: Real::thousandths(1260),
            pocket_ahead_m: Real::thousandths(250),
        }
    }
}

/// What the guard demands of a stop before it calls it free. Defaults: safety.md 3.2.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuardLimits {
    /// How far ahead in time a command must leave a way to stop; the guard is asked at least this often.
    pub period: Millis<20, 200>,
    /// From one look for the best stop to the next while the vehicle moves: how old what is shown, and what the field's cap goes
    /// by, may be.
    pub look_period: Millis<20, 100>,
    /// Distance to everything that the scanners see.
    pub clearance_m: Real<50, 500>,
    /// The same in creep.
    pub creep_clearance_m: Real<20, 100>,
    /// Highest speed that counts as creep.
    pub creep_speed_mps: Real<50, 300>,
    /// How fast the place of somebody who is not on the map may grow while the vehicle brakes softly.
    pub person_speed_mps: Real<1300, 1600>,
    /// A scan older than this is no scan.
    pub scan_lost_after: Millis<50, 150>,
    /// Scanners that must report.
    pub scanners: u8,
    /// Points that fit; a scan with more is refused as a whole.
    pub most_points: u16,
    /// Longest way of a stop, from the last command on.
    pub longest_stop_m: Real<1000, 6000>,
    /// Longest time of a stop, from the last command on.
    pub longest_stop: Millis<1000, 8000>,
    /// Deceleration by rolling alone, with the traction off.
    pub rolling_decel_mps2: Real<0, 1000>,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self {
            period: Millis::of(100),
            // Twice as often as safety.md 3.2 asks for.
            look_period: Millis::of(50),
            clearance_m: Real::thousandths(100),
            creep_clearance_m: Real::thousandths(30),
            creep_speed_mps: Real::thousandths(300),
            person_speed_mps: Real::thousandths(1600),
            scan_lost_after: Millis::of(150),
            scanners: 2,
            most_points: 4096,
            longest_stop_m: Real::thousandths(6000),
            longest_stop: Millis::of(8000),
            // Solid tyres on concrete: 0.02 to 0.03 g.
            rolling_decel_mps2: Real::thousandths(250),
        }
    }
}

impl GuardLimits {
    pub(crate) fn check(&self) -> Result<(), (String, String)> {
        if !(1..=4).contains(&self.scanners) {
            return Err(("guard.scanners".into(), format!("is {}; allowed 1 to 4 (default 2)", self.scanners)));
        }
        if !(256..=16_384).contains(&self.most_points) {
            return Err(("guard.most_points".into(), format!("is {}; allowed 256 to 16384 (default 4096)", self.most_points)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::Profile;
    use std::path::Path;

    fn refusal(text: &str) -> String {
        let text = format!("kind = \"counterbalance-truck\"\n{text}\n");
        farhand_settings::parse::<Profile>(&text, Path::new("p.toml")).expect_err("refused").to_string()
    }

    #[test]
    fn a_guard_that_would_be_too_lenient_is_refused_with_its_range() {
        assert_eq!(refusal("[guard]\nclearance_m = 0.01"), "p.toml:3: guard.clearance_m is 0.01; allowed 0.05 to 0.5");
        assert_eq!(refusal("[guard]\ncreep_speed_mps = 0.31"), "p.toml:3: guard.creep_speed_mps is 0.31; allowed 0.05 to 0.3");
        let late = refusal("[guard]\nlook_period = \"110ms\"");
        assert_eq!(late, "p.toml:3: guard.look_period is \"110ms\"; allowed 20ms to 100ms. Did you mean \"100ms\"?");
        assert_eq!(refusal("[guard]\nscanners = 0"), "p.toml:3: guard.scanners is 0; allowed 1 to 4 (default 2)");
        assert!(refusal("[guard]\nmost_points = 20000").contains("allowed 256 to 16384"));
        assert!(refusal("[load]\nwidth_m = 3.5").contains("allowed 0 to 3"));
    }

    #[test]
    fn a_profile_without_these_sections_has_the_defaults() {
        let profile: Profile =
            farhand_settings::parse("kind = \"counterbalance-truck\"", Path::new("p.toml")).expect("a kind is enough");
        assert_eq!(profile.guard.scanners, 2);
        assert_eq!(profile.guard.look_period.span().as_millis(), 50);
        assert_eq!(profile.load.fork_face_m.value(), 0.4);
    }
}
