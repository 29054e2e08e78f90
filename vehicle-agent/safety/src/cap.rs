//! The speed cap: the smallest of its terms, falling at once and rising slowly.

use crate::config::{CREEP_MM_S, Config, scale};
use crate::formulas::{
    CREEP_MARGIN_MM, MARGIN_MM, blind_limit, curve_limit, drift_limit, link_delay, mast_limit, occlusion_limit, onboard_delay,
    stop_limit,
};
use crate::input::Surroundings;
use farhand_protocol::{CapTerm, MonoTime};
use std::time::Duration;

/// After a limit by the link, the cap rises only when the link has been better for this long (safety.md 1.3).
const RISE_AFTER: Duration = Duration::from_secs(2);
/// And then by this much a second.
const RISE_MM_S2: i64 = 300;
/// "Better" means that this share of what the link would allow is above the cap.
const RISE_PERCENT: i32 = 80;
/// The released path counts as driven to its end this far before it.
pub(crate) const BASE_END_MM: i32 = 50;
/// Share of the load-safe deceleration with which the end of the released path is met.
const BASE_PERCENT: i32 = 60;

/// What the cap depends on in one tick.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CapInputs {
    /// Who drives.
    pub(crate) driver: Driver,
    /// The larger of commanded and measured steering.
    pub(crate) steering_mrad: i32,
    /// Height of the forks.
    pub(crate) fork_mm: i32,
    /// There is a load on them.
    pub(crate) loaded: bool,
    /// What is asked for is slow enough to go close.
    pub(crate) creep: bool,
    /// What the scanners see; none if they are not heard.
    pub(crate) surroundings: Option<Surroundings>,
    /// The vehicle had a place on the map and has lost it.
    pub(crate) lost_place: bool,
}

/// Who drives, and what only this one is bound by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Driver {
    /// A person, with the age of the oldest picture behind the newest command.
    Operator { loop_age: Option<Duration> },
    /// The vehicle itself, with the way to the end of what was released.
    Autonomy { base_left_mm: i32 },
}

/// The cap and what binds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cap {
    pub(crate) mm_s: i32,
    pub(crate) term: CapTerm,
    /// The smallest of the terms that end at something solid: faster than this, the way itself is missing.
    pub(crate) solid_mm_s: i32,
}

impl Cap {
    /// No motion.
    pub(crate) const fn none(term: CapTerm) -> Self {
        Self { mm_s: 0, term, solid_mm_s: 0 }
    }
}

/// Remembers what the link allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Governor {
    /// In micrometres a second, so that a slow rise is not rounded away.
    pub(crate) link_um_s: i64,
    pub(crate) better_since: Option<MonoTime>,
    pub(crate) last: Option<(MonoTime, i32)>,
}

impl Governor {
    /// A take-over begins with what the link allows now, without the wait of a rise.
    pub(crate) fn reset(&mut self, config: &Config, inputs: &CapInputs) {
        *self = Self { link_um_s: micro(age_limit(config, inputs)), better_since: None, last: None };
    }

    /// The cap of this tick.
    pub(crate) fn cap(&mut self, now: MonoTime, config: &Config, inputs: &CapInputs) -> Cap {
        let raw_link = age_limit(config, inputs);
        self.follow(now, config, raw_link);
        let link = i32::try_from(self.link_um_s / 1000).unwrap_or(config.max_speed_mm_s);
        let link_term = match () {
            () if link >= config.max_speed_mm_s => CapTerm::Site,
            () if link < raw_link => CapTerm::Rising,
            () => CapTerm::Blind,
        };
        let mut cap = Cap { mm_s: link, term: link_term, solid_mm_s: i32::MAX };
        for (term, mm_s) in terms(config, inputs) {
            if mm_s < cap.mm_s {
                (cap.mm_s, cap.term) = (mm_s, term);
            }
            if matches!(term, CapTerm::Field | CapTerm::Link | CapTerm::Guard | CapTerm::Base) {
                cap.solid_mm_s = cap.solid_mm_s.min(mm_s);
            }
        }
        let cap = self.limit_rise(now, config, cap);
        self.last = Some((now, cap.mm_s));
        cap
    }

    /// The vehicle is braked although the cap would allow more: it goes on from the speed it has.
    pub(crate) fn tripped(&mut self, now: MonoTime, measured_mm_s: i32) {
        let before = self.last.map_or(0, |(_, mm_s)| mm_s);
        self.last = Some((now, before.min(measured_mm_s)));
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
            let step = RISE_MM_S2.saturating_mul(crate::config::micros(elapsed)) / 1000;
            self.link_um_s = self.link_um_s.saturating_add(step).min(micro(upper));
        }
    }

    fn limit_rise(&self, now: MonoTime, config: &Config, cap: Cap) -> Cap {
        let Some((at, before)) = self.last else { return cap };
        let millis = i32::try_from(now.since(at).as_millis()).unwrap_or(i32::MAX);
        let highest = before.saturating_add(scale(config.max_accel_mm_s2, millis, 1000).max(1));
        if cap.mm_s <= highest { cap } else { Cap { mm_s: highest, term: CapTerm::Rising, ..cap } }
    }
}

/// Each term that does not remember anything, with the speed it allows.
pub(crate) fn terms(config: &Config, inputs: &CapInputs) -> [(CapTerm, i32); 8] {
    let decel = config.load_safe_decel_mm_s2(inputs.fork_mm, inputs.loaded);
    let ahead = |limit: &dyn Fn(Surroundings) -> i32| match inputs.surroundings {
        Some(surroundings) => limit(surroundings),
        None if config.scanner => 0,
        None => i32::MAX,
    };
    let field = ahead(&|seen| {
        let delay = onboard_delay(config, decel);
        let hidden = seen.occlusion_mm.map_or(i32::MAX, |edge| occlusion_limit(decel, delay, edge.saturating_sub(MARGIN_MM)));
        let clear = stop_limit(decel, delay, seen.free_distance_mm.saturating_sub(MARGIN_MM));
        // In creep a person who steps out meets a vehicle that is slower than walking.
        inputs.closer(clear.min(hidden), stop_limit(decel, delay, seen.free_distance_mm.saturating_sub(CREEP_MARGIN_MM)))
    });
    let guard = ahead(&|seen| seen.guard_limit_mm_s.max(0));
    let (link, drift, base) = match inputs.driver {
        Driver::Operator { loop_age } => {
            let delay = link_delay(config, decel);
            let blind_for = delay.max(loop_age.unwrap_or(Duration::ZERO));
            let room = |seen: Surroundings, margin_mm| stop_limit(decel, delay, seen.free_distance_mm.saturating_sub(margin_mm));
            let link = ahead(&|seen| inputs.closer(room(seen, MARGIN_MM), room(seen, CREEP_MARGIN_MM)));
            let drift = ahead(&|seen| inputs.closer(drift_limit(seen.side_clearance_mm, blind_for), CREEP_MM_S));
            (link, drift, i32::MAX)
        }
        Driver::Autonomy { base_left_mm } => {
            let soft = scale(decel, BASE_PERCENT, 100);
            let left = if base_left_mm <= BASE_END_MM { 0 } else { base_left_mm };
            (i32::MAX, i32::MAX, stop_limit(soft, onboard_delay(config, soft), left))
        }
    };
    [
        (CapTerm::Field, field),
        (CapTerm::Link, link),
        (CapTerm::Guard, guard),
        (CapTerm::Zone, zone_limit(config, inputs)),
        (CapTerm::Drift, drift),
        (CapTerm::Curve, curve_limit(config, inputs.steering_mrad, inputs.fork_mm)),
        (CapTerm::Mast, mast_limit(config, inputs.fork_mm, inputs.loaded)),
        (CapTerm::Base, base),
    ]
}

impl CapInputs {
    /// Who asks for creep may go closer, in creep.
    fn closer(&self, limit: i32, close: i32) -> i32 {
        if self.creep { limit.max(close.min(CREEP_MM_S)) } else { limit }
    }
}

/// The zone's limit; a person whose vehicle has lost its place drives as in the slowest zone.
fn zone_limit(config: &Config, inputs: &CapInputs) -> i32 {
    let known = inputs.surroundings.and_then(|surroundings| surroundings.zone_limit_mm_s).map_or(i32::MAX, |limit| limit.max(0));
    if inputs.lost_place { known.min(config.unlocalised_speed_mm_s) } else { known }
}

/// What the site's limit would be if it were not one: five quarters of it, so that its 80 % is the limit itself.
fn raw_limit(config: &Config, raw_link: i32) -> i32 {
    if raw_link >= config.max_speed_mm_s { scale(config.max_speed_mm_s, 125, 100) } else { raw_link }
}

/// `v <= d_blind / loop age`, and never above the site's limit. Without a picture there is nothing to divide by: the
/// gate has then refused the command, or the vehicle stands. Who drives itself needs no picture.
fn age_limit(config: &Config, inputs: &CapInputs) -> i32 {
    match inputs.driver {
        Driver::Operator { loop_age: Some(age) } => blind_limit(config.blind_distance_mm, age).min(config.max_speed_mm_s),
        Driver::Operator { loop_age: None } | Driver::Autonomy { .. } => config.max_speed_mm_s,
    }
}

fn micro(mm_s: i32) -> i64 {
    i64::from(mm_s).saturating_mul(1000).max(0)
}

#[cfg(test)]
#[path = "cap/tests.rs"]
mod tests;
