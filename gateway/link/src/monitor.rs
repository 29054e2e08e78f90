//! Judges one direction of a link by its silence.

use crate::Deadline;
use farhand_protocol::MonoTime;
use std::time::Duration;

/// From which age of the last beat a link is late, and lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Late from here on.
    pub late_after: Duration,
    /// Lost from here on.
    pub lost_after: Duration,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Something was heard.
    Beat,
    /// Time passed.
    Tick,
}

/// State of a link, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// Silent for too long, or never heard.
    Lost,
    /// Silent for longer than it should be.
    Late,
    /// Heard lately.
    Good,
}

/// Judges one direction of a link by the age of the last beat heard on it.
#[derive(Debug, Clone)]
pub struct LinkMonitor {
    limits: Limits,
    last_beat: Option<MonoTime>,
    health: Health,
}

impl LinkMonitor {
    /// Starts `Lost`: health is earned by a beat, never assumed.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, last_beat: None, health: Health::Lost }
    }

    /// Returns the new health if it changed.
    #[must_use]
    pub fn handle_event(&mut self, now: MonoTime, event: Event) -> Option<Health> {
        if event == Event::Beat {
            self.last_beat = Some(self.last_beat.map_or(now, |last| last.max(now)));
        }
        let health = self.health_at(now);
        let changed = health != self.health;
        self.health = health;
        changed.then_some(health)
    }

    /// Health at the last event.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health
    }

    /// Time since the last beat; none before the first.
    #[must_use]
    pub fn silence(&self, now: MonoTime) -> Option<Duration> {
        self.last_beat.map(|last| now.since(last))
    }

    /// When to send the next `Event::Tick`, and the reason to show in the log.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Deadline> {
        let last = self.last_beat?;
        match self.health {
            Health::Good => Some(Deadline { at: last.after(self.limits.late_after), why: "link late" }),
            Health::Late => Some(Deadline { at: last.after(self.limits.lost_after), why: "link lost" }),
            Health::Lost => None,
        }
    }

    fn health_at(&self, now: MonoTime) -> Health {
        match self.silence(now) {
            None => Health::Lost,
            Some(silence) if silence >= self.limits.lost_after => Health::Lost,
            Some(silence) if silence >= self.limits.late_after => Health::Late,
            Some(_) => Health::Good,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { late_after: Duration::from_millis(100), lost_after: Duration::from_millis(300) };

    fn ms(millis: u64) -> MonoTime {
        MonoTime(millis * 1000)
    }

    #[test]
    fn a_link_never_heard_is_lost() {
        let mut link = LinkMonitor::new(LIMITS);
        assert_eq!(link.handle_event(ms(0), Event::Tick), None);
        assert_eq!((link.health(), link.next_deadline()), (Health::Lost, None));
    }

    #[test]
    fn silence_after_a_beat_is_first_late_then_lost() {
        let mut link = LinkMonitor::new(LIMITS);
        assert_eq!(link.handle_event(ms(1000), Event::Beat), Some(Health::Good));
        assert_eq!(link.next_deadline(), Some(Deadline { at: ms(1100), why: "link late" }));
        assert_eq!(link.handle_event(ms(1099), Event::Tick), None);
        assert_eq!(link.handle_event(ms(1100), Event::Tick), Some(Health::Late));
        assert_eq!(link.next_deadline(), Some(Deadline { at: ms(1300), why: "link lost" }));
        assert_eq!(link.handle_event(ms(1300), Event::Tick), Some(Health::Lost));
        assert_eq!(link.handle_event(ms(1310), Event::Beat), Some(Health::Good));
    }

    proptest! {
        #[test]
        fn a_skipped_tick_leads_to_the_same_health(steps in prop::collection::vec((1_u64..200, any::<bool>(), any::<bool>()), 1..60)) {
            let (mut each, mut some) = (LinkMonitor::new(LIMITS), LinkMonitor::new(LIMITS));
            let mut now = 0;
            for (wait, beat, skip) in steps {
                now += wait;
                let event = if beat { Event::Beat } else { Event::Tick };
                let _ = each.handle_event(ms(now), event);
                if beat || !skip {
                    let _ = some.handle_event(ms(now), event);
                    prop_assert_eq!(each.health(), some.health());
                }
            }
        }
    }
}
