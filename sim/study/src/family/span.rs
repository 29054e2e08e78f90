//! Ranges to draw from, with the values they may hold in their type.

use farhand_world::Random;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Two numbers in order, both within `MIN` to `MAX` thousandths; written `[low, high]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span<const MIN: i64, const MAX: i64> {
    low: f64,
    high: f64,
}

impl<const MIN: i64, const MAX: i64> Span<MIN, MAX> {
    /// The smallest.
    #[must_use]
    pub fn low(self) -> f64 {
        self.low
    }

    /// The largest.
    #[must_use]
    pub fn high(self) -> f64 {
        self.high
    }

    /// One of them.
    pub fn draw(self, random: &mut Random) -> f64 {
        random.between(self.low, self.high)
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Span<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (least, most) = (thousandths(MIN), thousandths(MAX));
        let allowed = format!("allowed {least} to {most}, the smaller first");
        let [low, high] = <[f64; 2]>::deserialize(deserializer)
            .map_err(|_| D::Error::custom(format!("must be two numbers such as [{least}, {most}]; {allowed}")))?;
        if !(least <= low && low <= high && high <= most) {
            return Err(D::Error::custom(format!("is [{low}, {high}]; {allowed}")));
        }
        Ok(Self { low, high })
    }
}

/// Two whole numbers in order, up to `MAX`; written `[low, high]`, both may come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count<const MIN: usize, const MAX: usize> {
    low: usize,
    high: usize,
}

impl<const MIN: usize, const MAX: usize> Count<MIN, MAX> {
    /// One of them.
    pub fn draw(self, random: &mut Random) -> usize {
        self.low + random.below(self.high - self.low + 1)
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Count<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let allowed = format!("allowed {MIN} to {MAX}, the smaller first");
        let [low, high] = <[usize; 2]>::deserialize(deserializer)
            .map_err(|_| D::Error::custom(format!("must be two whole numbers such as [{MIN}, {MAX}]; {allowed}")))?;
        if !(MIN <= low && low <= high && high <= MAX) {
            return Err(D::Error::custom(format!("is [{low}, {high}]; {allowed}")));
        }
        Ok(Self { low, high })
    }
}

/// A share of cases, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(f64);

impl Share {
    /// The share.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }

    /// True in this share of cases.
    pub fn draw(self, random: &mut Random) -> bool {
        random.chance(self.0)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let share = f64::deserialize(deserializer).map_err(|_| D::Error::custom("must be a number; allowed 0 to 1"))?;
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err(D::Error::custom(format!("is {share}; allowed 0 to 1"))) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "bounds written in the code")]
fn thousandths(value: i64) -> f64 {
    value as f64 / 1000.0
}
