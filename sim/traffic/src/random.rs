//! One stream of numbers for each actor, so that what one does never changes another's luck.

/// A seeded stream of numbers.
#[derive(Debug, Clone)]
pub(crate) struct Random(farhand_net::Random);

impl Random {
    /// The stream of one actor in one run.
    pub(crate) fn stream(seed: u64, actor: u64, number: usize) -> Self {
        let mut mixed = farhand_net::Random::seeded(seed ^ actor.wrapping_mul(0xd6e8_feb8_6659_fd93));
        Self(farhand_net::Random::seeded(mixed.next() ^ (number as u64).wrapping_mul(0xa076_1d64_78bd_642f)))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0.next()
    }

    /// Evenly from 0 up to and without `end`; 0 if `end` is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.below(end as u64)).unwrap_or(0)
    }

    /// Evenly from `low` up to `high`.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with this chance.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.between(0.0, 1.0) < share
    }

    /// A waiting time until an event that comes `per_hour` times an hour, in seconds; for ever if it never comes.
    pub(crate) fn waiting_s(&mut self, per_hour: f64) -> f64 {
        if per_hour <= 0.0 {
            return f64::INFINITY;
        }
        -self.between(f64::MIN_POSITIVE, 1.0).ln() * 3600.0 / per_hour
    }
}

/// Actors that draw numbers.
pub(crate) mod actor {
    pub(crate) const LAYOUT: u64 = 1;
    pub(crate) const GOALS: u64 = 2;
    pub(crate) const LINK_UP: u64 = 3;
    pub(crate) const LINK_DOWN: u64 = 4;
    pub(crate) const DELAYS: u64 = 5;
    pub(crate) const TROUBLE: u64 = 6;
    pub(crate) const PEOPLE: u64 = 7;
    pub(crate) const RESTARTS: u64 = 8;
    pub(crate) const STARTS: u64 = 9;
    pub(crate) const COUNT: u64 = 10;
}
