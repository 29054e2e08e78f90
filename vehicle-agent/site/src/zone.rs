//! Where a vehicle should not come to rest.

use serde::{Deserialize, Serialize};

/// A rectangle along the site's axes in which a vehicle should not come to rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// What it is.
    pub kind: ZoneKind,
    /// South-west corner.
    pub low: (f64, f64),
    /// North-east corner.
    pub high: (f64, f64),
}

/// Kinds of zones to be kept clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ZoneKind {
    /// Two ways meet.
    Crossing,
    /// In and before a door.
    Door,
    /// A ramp.
    Ramp,
    /// Before a fire exit.
    FireExit,
}

impl ZoneKind {
    /// The word used in a site file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crossing => "crossing",
            Self::Door => "door",
            Self::Ramp => "ramp",
            Self::FireExit => "fire-exit",
        }
    }
}

impl Zone {
    /// Its middle.
    #[must_use]
    pub fn middle(&self) -> (f64, f64) {
        (f64::midpoint(self.low.0, self.high.0), f64::midpoint(self.low.1, self.high.1))
    }

    /// Its four corners, around it.
    #[must_use]
    pub fn corners(&self) -> [(f64, f64); 4] {
        [self.low, (self.high.0, self.low.1), self.high, (self.low.0, self.high.1)]
    }

    /// True if a point lies in it.
    #[must_use]
    pub fn holds(&self, (x, y): (f64, f64)) -> bool {
        (self.low.0..=self.high.0).contains(&x) && (self.low.1..=self.high.1).contains(&y)
    }
}
