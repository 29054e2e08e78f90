//! One type for each physical quantity. SI inside; NaN and infinity cannot be made.

use std::ops::{Add, Neg, Sub};

/// A number that is no quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{quantity} must be a finite number")]
pub struct UnitError {
    quantity: &'static str,
}

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $unit:ident, $milli:ident, $unit_doc:literal, $milli_doc:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
        pub struct $name(f64);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0.0);

            #[doc = concat!("Takes ", $unit_doc, ".")]
            ///
            /// # Errors
            /// [`UnitError`] for NaN and infinity.
            pub fn $unit(value: f64) -> Result<Self, UnitError> {
                if value.is_finite() { Ok(Self(value)) } else { Err(UnitError { quantity: stringify!($name) }) }
            }

            #[doc = concat!("Takes whole ", $milli_doc, ", as the wire carries them.")]
            #[must_use]
            pub fn $milli(value: i32) -> Self {
                Self(f64::from(value) / 1000.0)
            }

            #[doc = concat!("The value in ", $unit_doc, ".")]
            #[must_use]
            pub fn value(self) -> f64 {
                self.0
            }

            #[doc = concat!("The value in ", $milli_doc, ", rounded to the nearest and saturating, as the wire carries it.")]
            #[must_use]
            #[expect(clippy::cast_possible_truncation, reason = "a float to integer cast saturates, and the value is finite")]
            pub fn to_milli(self) -> i32 {
                (self.0 * 1000.0).round() as i32
            }

            /// The size without the sign.
            #[must_use]
            pub fn abs(self) -> Self {
                Self(self.0.abs())
            }

            /// The smaller of the two.
            #[must_use]
            pub fn min(self, other: Self) -> Self {
                if other.0 < self.0 { other } else { self }
            }

            /// The larger of the two.
            #[must_use]
            pub fn max(self, other: Self) -> Self {
                if other.0 > self.0 { other } else { self }
            }

            /// Keeps the value within `-limit..=limit`.
            #[must_use]
            pub fn clamp_abs(self, limit: Self) -> Self {
                let bound = limit.0.abs();
                Self(self.0.clamp(-bound, bound))
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(saturate(self.0 + other.0))
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(saturate(self.0 - other.0))
            }
        }

        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
    };
}

/// Sums of finite numbers can only overflow to infinity; keep them finite.
fn saturate(value: f64) -> f64 {
    value.clamp(f64::MIN, f64::MAX)
}

quantity!(
    /// A speed along the vehicle's x axis; negative is backwards.
    Speed, metres_per_second, millimetres_per_second, "metres per second", "millimetres per second"
);
quantity!(
    /// An angle; positive turns left.
    Angle, radians, milliradians, "radians", "milliradians"
);
quantity!(
    /// A length.
    Distance, metres, millimetres, "metres", "millimetres"
);
quantity!(
    /// A change of speed in time.
    Acceleration, metres_per_second_squared, millimetres_per_second_squared, "metres per second squared", "millimetres per second squared"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_never_nan_or_infinite() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(Speed::metres_per_second(bad).is_err());
        }
        let most = Speed::metres_per_second(f64::MAX).expect("finite");
        assert!((most + most).value().is_finite());
    }

    #[test]
    fn the_wire_carries_rounded_thousandths() {
        let speed = Speed::metres_per_second(-1.2345).expect("finite");
        assert_eq!(speed.to_milli(), -1235);
        assert_eq!(Speed::millimetres_per_second(-1235).to_milli(), -1235);
    }
}
