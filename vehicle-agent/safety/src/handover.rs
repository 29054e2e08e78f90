//! The deliberate acts: taking over, arming the enable switch, and re-arming after a stop.

use farhand_protocol::{CommandView, LatchId, MonoTime};
use std::time::Duration;

/// True if nothing is to move, whatever the switch says.
pub(crate) fn motionless(command: &CommandView) -> bool {
    command.speed_mm_s == 0 && command.lift_mm_s == 0
}

/// True if nothing is asked of the machine.
pub(crate) fn neutral(command: &CommandView) -> bool {
    motionless(command) && !command.enable
}

/// Arms on the press of the enable switch, once the controls were seen neutral; disarms when it is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct EnableSwitch {
    pub(crate) ready: bool,
    pub(crate) armed: bool,
    pub(crate) changed: Option<(MonoTime, [i32; 3])>,
}

impl EnableSwitch {
    /// Feeds one accepted command; `pressed` is its enable bit behind a fresh input sample.
    pub(crate) fn feed(&mut self, now: MonoTime, command: &CommandView, pressed: bool, allowed: bool, stuck_after: Duration) {
        let input = [command.speed_mm_s, command.steering_mrad, command.lift_mm_s];
        let since = match self.changed {
            Some((at, before)) if before == input && pressed => at,
            _ => now,
        };
        self.changed = Some((since, input));
        if neutral(command) {
            self.ready = true;
            self.armed = false;
        } else if !pressed || now.since(since) > stuck_after {
            self.armed = false;
            self.ready = false;
        } else if self.ready {
            // Pressed too early, it must be let go and pressed again: motion never begins by waiting.
            self.ready = false;
            self.armed = allowed;
        }
    }

    pub(crate) fn armed(self) -> bool {
        self.armed
    }

    /// Neutral was seen: the next press arms.
    pub(crate) fn ready(self) -> bool {
        self.ready
    }

    /// Takes the permission away until the controls were neutral and the switch is pressed again.
    pub(crate) fn disarm(&mut self) {
        *self = Self::default();
    }
}

/// Follows the acts that lead out of a latched stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rearm {
    pub(crate) without_seen: bool,
    pub(crate) acknowledged: bool,
    pub(crate) neutral_seen: bool,
    pub(crate) clear_since: Option<MonoTime>,
}

impl Rearm {
    /// Feeds one accepted command. An acknowledgement counts only if it was absent before: one that was sent ahead of
    /// the latch, or is held down, clears nothing.
    pub(crate) fn feed(&mut self, command: &CommandView, latch: LatchId) {
        if self.acknowledged && neutral(command) {
            self.neutral_seen = true;
        }
        if command.rearm_latch == Some(latch) {
            self.acknowledged |= self.without_seen;
        } else {
            self.without_seen = true;
        }
    }

    /// Tells whether every cause is clear in this tick.
    pub(crate) fn observe(&mut self, now: MonoTime, clear: bool) {
        self.clear_since = if clear { self.clear_since.or(Some(now)) } else { None };
    }

    pub(crate) fn clear_for(self, now: MonoTime) -> Duration {
        self.clear_since.map_or(Duration::ZERO, |since| now.since(since))
    }

    pub(crate) fn acknowledged(self) -> bool {
        self.acknowledged
    }

    pub(crate) fn neutral_seen(self) -> bool {
        self.neutral_seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tests_support::command;

    const STUCK: Duration = Duration::from_secs(25);

    fn feed(switch: &mut EnableSwitch, millis: u64, speed_mm_s: i32, enable: bool) -> bool {
        let command = CommandView { speed_mm_s, enable, ..command() };
        switch.feed(MonoTime(millis * 1000), &command, enable, true, STUCK);
        switch.armed()
    }

    #[test]
    fn a_switch_held_from_the_start_arms_nothing() {
        let mut switch = EnableSwitch::default();
        assert!(!feed(&mut switch, 0, 500, true));
        assert!(!feed(&mut switch, 20, 0, true));
        assert!(!feed(&mut switch, 40, 0, false), "neutral at last");
        assert!(feed(&mut switch, 60, 500, true), "pressed after neutral");
        assert!(!feed(&mut switch, 80, 500, false), "let go");
        assert!(!feed(&mut switch, 100, 500, true), "not neutral in between");
    }

    #[test]
    fn a_press_before_its_time_must_be_repeated() {
        let mut switch = EnableSwitch::default();
        let press = CommandView { enable: true, ..command() };
        feed(&mut switch, 0, 0, false);
        switch.feed(MonoTime(20_000), &press, true, false, STUCK);
        assert!(!switch.armed());
        switch.feed(MonoTime(40_000), &press, true, true, STUCK);
        assert!(!switch.armed(), "held while it became allowed");
        feed(&mut switch, 60, 0, false);
        assert!(feed(&mut switch, 80, 0, true));
    }

    #[test]
    fn a_hand_that_never_moves_is_no_hand() {
        let mut switch = EnableSwitch::default();
        feed(&mut switch, 0, 0, false);
        assert!(feed(&mut switch, 20, 500, true));
        assert!(feed(&mut switch, 25_020, 500, true));
        assert!(!feed(&mut switch, 25_040, 500, true));
        assert!(!feed(&mut switch, 25_060, 501, true), "a move alone does not arm");
    }

    #[test]
    fn an_acknowledgement_counts_only_after_it_was_absent_and_neutral_only_after_it() {
        let latch = LatchId(4);
        let with = CommandView { rearm_latch: Some(latch), ..command() };
        let mut rearm = Rearm::default();
        rearm.feed(&with, latch);
        assert!(!rearm.acknowledged(), "sent before the latch was known");
        rearm.feed(&command(), latch);
        rearm.feed(&CommandView { rearm_latch: Some(LatchId(3)), ..command() }, latch);
        assert!(!rearm.acknowledged(), "another latch");
        rearm.feed(&with, latch);
        assert!(rearm.acknowledged() && !rearm.neutral_seen(), "neutral is seen after the acknowledgement, not with it");
        rearm.feed(&CommandView { enable: true, ..with }, latch);
        assert!(!rearm.neutral_seen());
        rearm.feed(&with, latch);
        assert!(rearm.neutral_seen());
    }
}
