//! One direction of a network.

use crate::conditions::{Conditions, Rate};
use crate::random::Random;
use crate::trace::OPPORTUNITY_BYTES;
use farhand_protocol::MonoTime;
use std::collections::BTreeMap;
use std::time::Duration;

/// Datagrams on the way at most; beyond it they are dropped, whatever the conditions say.
const MOST_ON_THE_WAY: usize = 20_000;

/// What a link did so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Datagrams offered.
    pub offered: u64,
    /// Datagrams delivered, duplicates included.
    pub delivered: u64,
    /// Datagrams dropped: by chance, by a full queue, or by a blackout.
    pub dropped: u64,
}

/// Carries datagrams one way.
#[derive(Debug, Clone)]
pub struct Link {
    conditions: Conditions,
    blackout: bool,
    random: Random,
    bad: bool,
    /// When the last byte offered so far has passed the rate limit.
    busy_until: MonoTime,
    next_opportunity: u64,
    last_due: MonoTime,
    on_the_way: BTreeMap<(MonoTime, u64), Vec<u8>>,
    counts: Counts,
}

impl Link {
    /// A link under these conditions.
    #[must_use]
    pub fn new(conditions: Conditions, seed: u64) -> Self {
        Self {
            conditions,
            blackout: false,
            random: Random::seeded(seed),
            bad: false,
            busy_until: MonoTime(0),
            next_opportunity: 0,
            last_due: MonoTime(0),
            on_the_way: BTreeMap::new(),
            counts: Counts::default(),
        }
    }

    /// Changes the conditions; what is on the way arrives as it would have.
    pub fn set_conditions(&mut self, conditions: Conditions) {
        self.conditions = conditions;
        self.busy_until = MonoTime(0);
        self.bad = false;
    }

    /// Begins or ends a blackout. What is on the way when it begins is lost: a cut cable delivers nothing.
    pub fn set_blackout(&mut self, on: bool) {
        if on {
            self.counts.dropped += self.on_the_way.len() as u64;
            self.on_the_way.clear();
        }
        self.blackout = on;
    }

    /// Sends a datagram.
    pub fn offer(&mut self, now: MonoTime, datagram: &[u8]) {
        self.counts.offered += 1;
        if self.lost() || self.on_the_way.len() >= MOST_ON_THE_WAY {
            self.counts.dropped += 1;
            return;
        }
        let Some(passed) = self.pass(now, datagram.len() as u64) else {
            self.counts.dropped += 1;
            return;
        };
        let mut bytes = datagram.to_vec();
        if self.random.chance(self.conditions.corrupt_permyriad) && !bytes.is_empty() {
            let at = usize::try_from(self.random.below(bytes.len() as u64)).unwrap_or(0);
            bytes[at] ^= 1 << self.random.below(8);
        }
        let due = self.due(passed);
        if self.random.chance(self.conditions.duplicate_permyriad) {
            self.on_the_way.insert((due, self.counts.offered * 2 + 1), bytes.clone());
        }
        self.on_the_way.insert((due, self.counts.offered * 2), bytes);
    }

    /// When the next datagram is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<MonoTime> {
        self.on_the_way.first_key_value().map(|((due, _), _)| *due)
    }

    /// A datagram that is due, oldest first.
    pub fn poll(&mut self, now: MonoTime) -> Option<Vec<u8>> {
        if self.next_deadline()? > now {
            return None;
        }
        let (_, bytes) = self.on_the_way.pop_first()?;
        self.counts.delivered += 1;
        Some(bytes)
    }

    /// What it did so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn lost(&mut self) -> bool {
        if let Some(gilbert) = self.conditions.gilbert {
            let leave = if self.bad { gilbert.to_good_permyriad } else { gilbert.to_bad_permyriad };
            self.bad ^= self.random.chance(leave);
        }
        let by_chance = self.random.chance(self.conditions.loss_permyriad);
        self.blackout || by_chance || (self.bad && self.conditions.gilbert.is_some())
    }

    /// When the datagram has passed the rate limit; `None` if the queue before it is full.
    fn pass(&mut self, now: MonoTime, bytes: u64) -> Option<MonoTime> {
        match &self.conditions.rate {
            Rate::Unlimited => Some(now),
            Rate::Fixed { bits_per_second, queue_bytes } => {
                let rate = (*bits_per_second).max(1);
                let waiting_us = self.busy_until.since(now).as_micros();
                if waiting_us > u128::from(*queue_bytes) * 8_000_000 / u128::from(rate) {
                    return None;
                }
                let start = self.busy_until.max(now);
                self.busy_until = MonoTime(start.0 + bytes * 8_000_000 / rate);
                Some(self.busy_until)
            }
            Rate::Trace { trace, queue_bytes } => {
                let first = trace.first_at(now.0).max(self.next_opportunity);
                if (first - trace.first_at(now.0)) * OPPORTUNITY_BYTES > *queue_bytes {
                    return None;
                }
                self.next_opportunity = first + bytes.div_ceil(OPPORTUNITY_BYTES);
                Some(MonoTime(trace.opportunity_us(self.next_opportunity - 1)))
            }
        }
    }

    fn due(&mut self, passed: MonoTime) -> MonoTime {
        let at = passed.after(self.conditions.delay);
        if self.random.chance(self.conditions.reorder_permyriad) {
            return at;
        }
        let jitter_us = u64::try_from(self.conditions.jitter.as_micros()).unwrap_or(0);
        let late = at.after(Duration::from_micros(self.random.below(jitter_us + 1)));
        self.last_due = self.last_due.max(late);
        self.last_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Gilbert, Trace, preset};

    fn ms(millis: u64) -> MonoTime {
        MonoTime(millis * 1000)
    }

    /// Offers `count` datagrams of 1000 bytes, one each millisecond; returns (number, arrival in us).
    fn send(link: &mut Link, count: u64) -> Vec<(u64, u64)> {
        let mut arrived = Vec::new();
        let mut take = |link: &mut Link, now: MonoTime| {
            while let Some(bytes) = link.poll(now) {
                arrived.push((u64::from_be_bytes(bytes[..8].try_into().expect("8")), now.0));
            }
        };
        for number in 0..count {
            while link.next_deadline().is_some_and(|due| due <= ms(number)) {
                let due = link.next_deadline().expect("there");
                take(link, due);
            }
            let mut bytes = number.to_be_bytes().to_vec();
            bytes.resize(1000, 0);
            link.offer(ms(number), &bytes);
        }
        while let Some(due) = link.next_deadline() {
            take(link, due);
        }
        arrived
    }

    #[test]
    fn a_wire_delivers_everything_at_once_and_in_order() {
        let arrived = send(&mut Link::new(Conditions::default(), 1), 100);
        assert_eq!(arrived, (0..100).map(|number| (number, number * 1000)).collect::<Vec<_>>());
    }

    #[test]
    fn delay_and_jitter_keep_the_order_and_stay_in_their_bounds() {
        let conditions =
            Conditions { delay: Duration::from_millis(25), jitter: Duration::from_millis(10), ..Conditions::default() };
        let arrived = send(&mut Link::new(conditions, 1), 1000);
        assert!(arrived.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(arrived.iter().all(|(number, at)| (25_000..=35_000).contains(&(at - number * 1000))));
    }

    #[test]
    fn the_same_seed_gives_the_same_deliveries_and_another_does_not() {
        let conditions = preset("wifi_lossy").expect("known").conditions();
        let run = |seed| send(&mut Link::new(conditions.clone(), seed), 2000);
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn about_two_in_a_hundred_are_lost_by_chance() {
        let arrived = send(&mut Link::new(preset("rtt50_loss2").expect("known").conditions(), 3), 20_000);
        assert!((19_500..19_700).contains(&arrived.len()), "{}", arrived.len());
    }

    #[test]
    fn gilbert_losses_come_in_bursts() {
        let gilbert = Some(Gilbert { to_bad_permyriad: 100, to_good_permyriad: 1000 });
        let arrived = send(&mut Link::new(Conditions { gilbert, ..Conditions::default() }, 3), 20_000);
        let gaps: Vec<u64> = arrived.windows(2).map(|pair| pair[1].0 - pair[0].0 - 1).filter(|gap| *gap > 0).collect();
        let mean = gaps.iter().sum::<u64>() / gaps.len() as u64;
        assert!((6..=14).contains(&mean), "mean burst {mean}");
    }

    #[test]
    fn a_rate_spaces_datagrams_and_drops_what_its_queue_cannot_hold() {
        let rate = Rate::Fixed { bits_per_second: 4_000_000, queue_bytes: 20_000 };
        let mut link = Link::new(Conditions { rate, ..Conditions::default() }, 1);
        let arrived = send(&mut link, 1000);
        assert!(arrived.windows(2).all(|pair| pair[1].1 - pair[0].1 >= 2000), "2 ms for each 1000 bytes");
        let longest = arrived.iter().map(|(number, at)| at - number * 1000).max().expect("some");
        assert!(longest <= 44_000, "{longest} us in a queue of 40 ms");
        assert!(link.counts().dropped > 400);
    }

    #[test]
    fn a_recorded_link_delivers_at_its_opportunities() {
        let trace = Trace::parse("10\n20\n30\n").expect("good");
        let rate = Rate::Trace { trace, queue_bytes: 6000 };
        let arrived = send(&mut Link::new(Conditions { rate, ..Conditions::default() }, 1), 100);
        assert!(arrived.iter().all(|(_, at)| at % 10_000 == 0));
        assert!((10..=16).contains(&arrived.len()), "{}", arrived.len());
    }

    #[test]
    fn a_blackout_loses_what_is_on_the_way_and_what_is_offered() {
        let conditions = Conditions { delay: Duration::from_millis(25), ..Conditions::default() };
        let mut link = Link::new(conditions, 1);
        link.offer(ms(0), b"before");
        link.set_blackout(true);
        link.offer(ms(1), b"during");
        link.set_blackout(false);
        link.offer(ms(2), b"after");
        assert_eq!(link.poll(ms(100)).as_deref(), Some(&b"after"[..]));
        assert_eq!(link.poll(ms(100)), None);
        assert_eq!(link.counts(), Counts { offered: 3, delivered: 1, dropped: 2 });
    }

    #[test]
    fn datagrams_are_doubled_changed_and_overtake_when_asked() {
        let conditions = Conditions {
            duplicate_permyriad: 1000,
            corrupt_permyriad: 1000,
            reorder_permyriad: 1000,
            jitter: Duration::from_millis(20),
            ..Conditions::default()
        };
        let mut link = Link::new(conditions, 5);
        for number in 0..1000 {
            link.offer(ms(number), &[0; 100]);
        }
        let mut changed = 0;
        while let Some(bytes) = link.poll(ms(5000)) {
            changed += u32::from(bytes.iter().any(|byte| *byte != 0));
        }
        assert!((1050..1150).contains(&link.counts().delivered));
        assert!((60..180).contains(&changed), "{changed}");
    }
}
