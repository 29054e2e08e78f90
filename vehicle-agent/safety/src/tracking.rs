//! Does the machine do what it is told? Compares its reports with the commands of the ticks before.

use crate::config::{Config, ROLLING_MM_S, STANDING_MM_S, micros};
use crate::input::{Drive, MachineSample};
use farhand_protocol::MonoTime;
use std::time::Duration;

/// The wheel may lag behind a wheel of half its rate by this much: twice the dead time at full rate, and noise.
const WHEEL_OFF_URAD: i64 = 200_000;
/// The speed may lie above what seven tenths of the demanded brake leave by this much: noise of the odometry.
const BRAKE_OFF_UM_S: i64 = 150_000;
/// Share of the demanded deceleration that must be reached, per cent.
const BRAKE_SHARE: i64 = 70;
/// Forks that were told to stand may settle by this much in 30 to 60 seconds.
const FORKS_OFF_MM: i32 = 80;
/// A sound lift sinks by about 100 mm in ten minutes (the limit of ISO 3691-1, from memory), 10 mm in two such spans; what moves
/// the forks unasked at 2.7 mm/s or more is found.
const FORKS_MARK_EVERY: Duration = Duration::from_secs(30);
/// Patience beyond the machine's own dead times.
const PATIENCE: Duration = Duration::from_millis(200);
const FORKS_SETTLE: Duration = Duration::from_millis(500);

/// What the machine does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Faults {
    pub(crate) steering: bool,
    pub(crate) brake: bool,
    pub(crate) lift: bool,
}

/// Remembers what can be expected of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tracking {
    pub(crate) last: Option<MonoTime>,
    pub(crate) wheel: Option<Wheel>,
    pub(crate) braking: Option<Braking>,
    pub(crate) forks: Option<Forks>,
}

/// A wheel that turns at half the rate of the real one: the real one must not stay behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wheel {
    pub(crate) slow_urad: i64,
    pub(crate) off_since: Option<MonoTime>,
}

/// The highest speed that a brake of [`BRAKE_SHARE`] would have left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Braking {
    pub(crate) demanded_mm_s2: i32,
    pub(crate) since: MonoTime,
    pub(crate) highest_um_s: i64,
}

/// Where forks that are told to stand stood: at the newest mark and at the one before, so that no motion hides between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forks {
    pub(crate) told: MonoTime,
    pub(crate) marked: MonoTime,
    pub(crate) mark_mm: i32,
    pub(crate) older_mm: i32,
}

impl Tracking {
    /// Compares the newest report with what the machine was told in the tick before.
    pub(crate) fn observe(&mut self, now: MonoTime, config: &Config, told: Drive, machine: &MachineSample) -> Faults {
        let elapsed_us = micros(self.last.map_or(Duration::ZERO, |last| now.since(last)));
        self.last = Some(now);
        Faults {
            steering: self.wheel_is_off(now, config, told, machine, elapsed_us),
            brake: self.brake_is_weak(now, config, told, machine, elapsed_us),
            lift: self.forks_move(now, told, machine),
        }
    }

    fn wheel_is_off(&mut self, now: MonoTime, config: &Config, told: Drive, machine: &MachineSample, elapsed_us: i64) -> bool {
        let measured = urad(machine.steering_mrad);
        let wheel = self.wheel.get_or_insert(Wheel { slow_urad: measured, off_since: None });
        let wanted = urad(told.steering_mrad);
        // Half of the rate: thousandths of a radian a second times microseconds over two thousand.
        let step = i64::from(config.steer_rate_mrad_s).saturating_mul(elapsed_us).max(0) / 2000;
        let behind = wanted.saturating_sub(wheel.slow_urad);
        wheel.slow_urad = wheel.slow_urad.saturating_add(behind.min(step).max(step.saturating_neg()));
        let slow_off = wanted.saturating_sub(wheel.slow_urad).saturating_abs();
        let off = wanted.saturating_sub(measured).saturating_abs();
        let standing = machine.speed_mm_s.saturating_abs() <= ROLLING_MM_S;
        if standing || off <= slow_off {
            // A standing truck need not turn its wheel, and a quick one sets the mark.
            *wheel = Wheel { slow_urad: measured, off_since: None };
            return false;
        }
        let is_off = off > slow_off.saturating_add(WHEEL_OFF_URAD);
        wheel.off_since = if is_off { wheel.off_since.or(Some(now)) } else { None };
        let patience = config.steer_dead.saturating_mul(2).saturating_add(PATIENCE);
        wheel.off_since.is_some_and(|since| now.since(since) > patience)
    }

    fn brake_is_weak(&mut self, now: MonoTime, config: &Config, told: Drive, machine: &MachineSample, elapsed_us: i64) -> bool {
        let speed = urad(machine.speed_mm_s.saturating_abs());
        if told.brake_mm_s2 <= 0 || machine.speed_mm_s.saturating_abs() <= STANDING_MM_S {
            self.braking = None;
            return false;
        }
        let fresh = Braking { demanded_mm_s2: told.brake_mm_s2, since: now, highest_um_s: speed };
        let braking = self.braking.get_or_insert(fresh);
        if told.brake_mm_s2 > braking.demanded_mm_s2 {
            *braking = fresh;
        }
        braking.demanded_mm_s2 = told.brake_mm_s2;
        let ramp_us = i64::from(told.brake_mm_s2).saturating_mul(1_000_000).checked_div(i64::from(config.brake_jerk_mm_s3));
        let ramp = Duration::from_micros(ramp_us.and_then(|us| u64::try_from(us).ok()).unwrap_or(0));
        let patience = config.brake_dead.saturating_mul(2).saturating_add(ramp).saturating_add(PATIENCE);
        if now.since(braking.since) <= patience {
            braking.highest_um_s = braking.highest_um_s.min(speed);
        } else {
            // mm/s2 times microseconds is nanometres a second.
            let lost = i64::from(told.brake_mm_s2).saturating_mul(elapsed_us).saturating_mul(BRAKE_SHARE) / 100_000;
            braking.highest_um_s = braking.highest_um_s.saturating_sub(lost);
        }
        speed > braking.highest_um_s.saturating_add(BRAKE_OFF_UM_S)
    }

    fn forks_move(&mut self, now: MonoTime, told: Drive, machine: &MachineSample) -> bool {
        let here_mm = machine.fork_mm;
        if told.lift_mm_s != 0 {
            self.forks = None;
            return false;
        }
        let forks = self.forks.get_or_insert(Forks { told: now, marked: now, mark_mm: here_mm, older_mm: here_mm });
        if now.since(forks.told) < FORKS_SETTLE {
            *forks = Forks { marked: now, mark_mm: here_mm, older_mm: here_mm, ..*forks };
        } else if now.since(forks.marked) >= FORKS_MARK_EVERY {
            *forks = Forks { marked: now, mark_mm: here_mm, older_mm: forks.mark_mm, ..*forks };
        }
        [forks.mark_mm, forks.older_mm].iter().any(|mark| here_mm.saturating_sub(*mark).saturating_abs() > FORKS_OFF_MM)
    }
}

/// From thousandths to millionths.
fn urad(milli: i32) -> i64 {
    i64::from(milli).saturating_mul(1000)
}

/// The highest speed that the vehicle may have over the ground, whatever a sliding wheel says: it falls no faster than the
/// machine can brake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ground {
    pub(crate) last: Option<MonoTime>,
    pub(crate) highest_um_s: i64,
}

impl Ground {
    pub(crate) fn take(&mut self, config: &Config, sample: &MachineSample) {
        let elapsed_us = micros(self.last.map_or(Duration::ZERO, |last| sample.at.since(last)));
        self.last = Some(sample.at);
        let decel = config.protective_decel_mm_s2(sample.fork_mm, sample.loaded);
        let lost = i64::from(decel).saturating_mul(elapsed_us) / 1000;
        let most = urad(config.max_speed_mm_s).saturating_mul(2);
        let slid = self.highest_um_s.saturating_sub(lost);
        self.highest_um_s = urad(sample.speed_mm_s.saturating_abs()).max(slid).min(most);
    }

    /// It cannot be rolling or sliding.
    pub(crate) fn standing(self) -> bool {
        self.highest_um_s < urad(STANDING_MM_S)
    }
}

#[cfg(test)]
#[path = "tracking/tests.rs"]
mod tests;
