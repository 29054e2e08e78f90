//! Names and numbers that say which vehicle, camera, boot, lease or latch is meant.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use ts_rs::TS;

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// The name is empty, too long, or holds a character outside the allowed ones.
    #[error("{what} is {given:?}; allowed are 1 to {max} of a-z, 0-9 and '-' (for instance \"truck-1\")")]
    Name {
        /// Which kind of name.
        what: &'static str,
        /// What was given, cut to a printable length.
        given: String,
        /// Most characters allowed.
        max: usize,
    },
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, TS)]
        #[ts(type = "string")]
        pub struct $name(String);

        impl $name {
            /// Checks the characters and the length.
            ///
            /// # Errors
            /// [`IdError::Name`] when a character or the length is not allowed.
            pub fn new(text: &str) -> Result<Self, IdError> {
                let fits = !text.is_empty() && text.len() <= $max;
                let clean = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
                if fits && clean {
                    return Ok(Self(text.to_owned()));
                }
                Err(IdError::Name { what: $what, given: text.chars().take(40).collect(), max: $max })
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

name_id!(
    /// A vehicle, unique on its site; also the name in its certificate.
    VehicleId, "vehicle id", 32
);
name_id!(
    /// A person's account name.
    OperatorName, "account name", 32
);

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, TS)]
        #[ts(type = "number")]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id!(
    /// A camera's place in its vehicle's profile, from 0.
    CameraIndex, u8
);
number_id!(
    /// Random number of one start of the guardian; a command for another boot is refused.
    BootId, u32
);
number_id!(
    /// Fencing token of a lease: rises with every grant and never falls, below 2^53. 0 means "no lease yet".
    LeaseEpoch, u64
);
number_id!(
    /// Fencing token of a mission: rises with every release by the fleet and never falls, below 2^53. 0 means "none yet".
    MissionEpoch, u64
);
number_id!(
    /// Number of one latched stop of a vehicle; an acknowledgement names the latch it clears.
    LatchId, u32
);

impl LeaseEpoch {
    /// The epoch after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vehicle_name_takes_small_letters_digits_and_dashes_only() {
        for good in ["truck-1", "a", "0", &"x".repeat(32)] {
            assert!(VehicleId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "Truck", "a b", "ü", "../x", &"x".repeat(33)] {
            assert!(VehicleId::new(bad).is_err(), "{bad}");
        }
    }
}
