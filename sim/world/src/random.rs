//! Seeded random numbers, equal on every machine.

/// A small generator (splitmix64). Good enough for worlds and links, not for secrets.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// Equal seeds give equal numbers.
    pub fn new(seed: u64) -> Self {
        Self { state: seed ^ 0x5851_f42d_4c95_7f2d }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of 0 to just below 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit into an f64")]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number of `low` to just below `high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number of 0 to just below `count`; 0 for a count of 0.
    #[expect(clippy::cast_possible_truncation, reason = "the product's upper half is below `count`")]
    pub fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.bits()) * count as u128) >> 64) as usize
    }

    /// A number around 0 with a standard deviation of 1: the sum of four even ones, never beyond 3.5.
    pub fn bell(&mut self) -> f64 {
        let bits = self.bits();
        let part = |shift: u32| f64::from(u16::try_from(bits >> shift & 0xffff).unwrap_or(0));
        let sum = part(0) + part(16) + part(32) + part(48);
        // Four even numbers of 0 to 65,535 have a mean sum of 131,070 and a deviation of 65,536 / sqrt(3).
        (sum - 131_070.0) * (3.0_f64.sqrt() / 65_536.0)
    }

    /// True in this share of cases.
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }
}
