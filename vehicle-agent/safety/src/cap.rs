//! The speed cap: the smallest of its terms, falling at once and rising slowly.

use crate::config::{Config, scale};
use farhand_protocol::{CapTerm, MonoTime};
use std::time::Duration;

/// After a limit by the link, the cap rises only when the link has been better for this long (safety.md 1.3).
const RISE_AFTER: Duration = Duration::from_secs(2);
/// And then by this much a second.
const RISE_MM_S2: u64 = 300;
/// "Better" means that this share of what the link would allow is above the cap.
const RISE_PERCENT: i32 = 80;

/// What the cap depends on in one tick.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CapInputs {
    /// Age of the oldest picture behind the newest command.
    pub(crate) loop_age: Option<Duration>,
    /// The larger of commanded and measured steering.
    pub(crate) steering_mrad: i32,
    /// Height of the forks.
    pub(crate) fork_mm: i32,
}

/// The cap and what binds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cap {
    pub(crate) mm_s: i32,
    pub(crate) term: CapTerm,
}

/// Remembers what the link allowed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Governor {
    /// In micrometres a second, so that a slow rise is not rounded away.
    link_um_s: u64,
    better_since: Option<MonoTime>,
    last: Option<(MonoTime, i32)>,
}

impl Governor {
    /// A take-over begins with what the link allows now, without the wait of a rise.
    pub(crate) fn reset(&mut self, config: &Config, inputs: CapInputs) {
        let allowed = link_limit(config, inputs.loop_age);
        *self = Self { link_um_s: micro(allowed), better_since: None, last: None };
    }

    /// The cap of this tick.
    pub(crate) fn cap(&mut self, now: MonoTime, config: &Config, inputs: CapInputs) -> Cap {
        let raw_link = link_limit(config, inputs.loop_age);
        self.follow(now, config, raw_link);
        let link = i32::try_from(self.link_um_s / 1000).unwrap_or(config.max_speed_mm_s);
        let link_term = match () {
            () if link >= config.max_speed_mm_s => CapTerm::Site,
            () if link < raw_link => CapTerm::Rising,
            () => CapTerm::Blind,
        };
        let curve = Cap { mm_s: curve_limit(config, inputs), term: CapTerm::Curve };
        let mast = Cap { mm_s: mast_limit(config, inputs.fork_mm), term: CapTerm::Mast };
        let mut cap = Cap { mm_s: link, term: link_term };
        for other in [curve, mast] {
            if other.mm_s < cap.mm_s {
                cap = other;
            }
        }
        let cap = self.limit_rise(now, config, cap);
        self.last = Some((now, cap.mm_s));
        cap
    }

    fn follow(&mut self, now: MonoTime, config: &Config, raw_link: i32) {
        let elapsed = self.last.map_or(Duration::ZERO, |(at, _)| now.since(at));
        if micro(raw_link) <= self.link_um_s {
            self.link_um_s = micro(raw_link);
            self.better_since = None;
            return;
        }
        // The site's own limit needs no margin; a limit by age does, or the cap would swing with every picture.
        let upper = scale(raw_limit(config, raw_link), RISE_PERCENT, 100).min(config.max_speed_mm_s);
        if micro(upper) <= self.link_um_s {
            self.better_since = None;
            return;
        }
        let since = *self.better_since.get_or_insert(now);
        if now.since(since) >= RISE_AFTER {
            let step = RISE_MM_S2 * u64::try_from(elapsed.as_micros()).unwrap_or(0) / 1000;
            self.link_um_s = (self.link_um_s + step).min(micro(upper));
        }
    }

    fn limit_rise(&self, now: MonoTime, config: &Config, cap: Cap) -> Cap {
        let Some((at, before)) = self.last else { return cap };
        let millis = i32::try_from(now.since(at).as_millis()).unwrap_or(i32::MAX);
        let highest = before.saturating_add(scale(config.max_accel_mm_s2, millis, 1000).max(1));
        if cap.mm_s <= highest { cap } else { Cap { mm_s: highest, term: CapTerm::Rising } }
    }
}

/// What the site's limit would be if it were not one: five quarters of it, so that its 80 % is the limit itself.
fn raw_limit(config: &Config, raw_link: i32) -> i32 {
    if raw_link >= config.max_speed_mm_s { scale(config.max_speed_mm_s, 125, 100) } else { raw_link }
}

/// `v <= d_blind / loop age`, and never above the site's limit. Without a picture there is nothing to divide by: the
/// gate has then refused the command, or the vehicle stands.
fn link_limit(config: &Config, loop_age: Option<Duration>) -> i32 {
    let Some(age) = loop_age else { return config.max_speed_mm_s };
    let micros = i64::try_from(age.as_micros()).unwrap_or(i64::MAX).max(1);
    let allowed = i64::from(config.blind_distance_mm) * 1_000_000 / micros;
    i32::try_from(allowed).unwrap_or(i32::MAX).min(config.max_speed_mm_s)
}

/// `v <= sqrt(a_lat / |curvature|)`, with `curvature = tan(steering) / wheelbase`.
fn curve_limit(config: &Config, inputs: CapInputs) -> i32 {
    let steering_rad = f64::from(inputs.steering_mrad.saturating_abs().min(1500)) / 1000.0;
    let curvature_per_mm = steering_rad.tan() / f64::from(config.wheelbase_mm.max(1));
    let lateral = f64::from(config.load_safe_lateral_mm_s2(inputs.fork_mm));
    if curvature_per_mm <= 0.0 {
        return config.max_speed_mm_s;
    }
    #[expect(clippy::cast_possible_truncation, reason = "clamped to the maximum speed first")]
    let limit = (lateral / curvature_per_mm).sqrt().min(f64::from(config.max_speed_mm_s)) as i32;
    limit
}

/// Raised forks lower the deceleration; the speed falls with its root, so that the braking distance does not grow.
fn mast_limit(config: &Config, fork_mm: i32) -> i32 {
    let share = f64::from(config.load_safe_decel_mm_s2(fork_mm)) / f64::from(config.safe_decel_mm_s2.max(1));
    #[expect(clippy::cast_possible_truncation, reason = "at most the maximum speed")]
    let limit = (f64::from(config.max_speed_mm_s) * share.clamp(0.0, 1.0).sqrt()) as i32;
    limit
}

fn micro(mm_s: i32) -> u64 {
    u64::try_from(mm_s).unwrap_or(0) * 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tests_support::config;

    fn inputs(age_ms: u64) -> CapInputs {
        CapInputs { loop_age: Some(Duration::from_millis(age_ms)), steering_mrad: 0, fork_mm: 0 }
    }

    fn at(millis: u64) -> MonoTime {
        MonoTime(millis * 1000)
    }

    fn governor(age_ms: u64) -> Governor {
        let mut governor = Governor::default();
        governor.reset(&config(), inputs(age_ms));
        governor
    }

    #[test]
    fn the_older_the_picture_the_slower() {
        for (age_ms, expected) in [(50, 2500), (200, 2500), (250, 2000), (300, 1666), (500, 1000)] {
            let cap = governor(age_ms).cap(at(0), &config(), inputs(age_ms));
            assert_eq!(cap.mm_s, expected, "at {age_ms} ms");
            assert_eq!(cap.term, if age_ms > 200 { CapTerm::Blind } else { CapTerm::Site });
        }
    }

    #[test]
    fn the_cap_falls_at_once_and_rises_after_two_good_seconds_by_a_third_of_a_metre_each_second() {
        let mut governor = governor(50);
        assert_eq!(governor.cap(at(0), &config(), inputs(50)).mm_s, 2500);
        assert_eq!(governor.cap(at(10), &config(), inputs(500)).mm_s, 1000);
        let mut cap = Cap { mm_s: 0, term: CapTerm::Site };
        for tick in 2..=201 {
            cap = governor.cap(at(tick * 10), &config(), inputs(100));
        }
        assert_eq!(cap, Cap { mm_s: 1000, term: CapTerm::Rising }, "not yet");
        for tick in 202..=302 {
            cap = governor.cap(at(tick * 10), &config(), inputs(100));
        }
        assert_eq!(cap.mm_s, 1303, "one second of rising");
        for tick in 303..=800 {
            cap = governor.cap(at(tick * 10), &config(), inputs(100));
        }
        assert_eq!(cap, Cap { mm_s: 2500, term: CapTerm::Site });
    }

    #[test]
    fn a_slightly_better_link_does_not_raise_the_cap() {
        let mut governor = governor(300);
        for tick in 0..500 {
            assert_eq!(governor.cap(at(tick * 10), &config(), inputs(260)).mm_s, 1666);
        }
    }

    #[test]
    fn a_curve_and_a_raised_fork_each_bind() {
        let curve = CapInputs { steering_mrad: -785, ..inputs(50) };
        assert_eq!(governor(50).cap(at(0), &config(), curve), Cap { mm_s: 1497, term: CapTerm::Curve });
        let mast = CapInputs { fork_mm: 3000, ..inputs(50) };
        assert_eq!(governor(50).cap(at(0), &config(), mast), Cap { mm_s: 1169, term: CapTerm::Mast });
    }

    #[test]
    fn leaving_a_curve_the_cap_rises_no_faster_than_the_truck_accelerates() {
        let mut governor = governor(50);
        let curve = CapInputs { steering_mrad: 785, ..inputs(50) };
        governor.cap(at(0), &config(), curve);
        let after = governor.cap(at(10), &config(), inputs(50));
        assert_eq!(after, Cap { mm_s: 1507, term: CapTerm::Rising });
    }
}
