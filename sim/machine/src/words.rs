//! From the units of the wire to those of the world, and back.

use farhand_drive::Actuate;
use farhand_protocol::{Angle, Distance, Speed};
use farhand_world::Drive;

/// A command as the truck takes it.
#[must_use]
pub fn in_metres(command: &Actuate) -> Drive {
    let metres = |milli: i32| f64::from(milli) / 1000.0;
    Drive {
        speed_mps: metres(command.speed_mm_s),
        accel_mps2: metres(command.accel_mm_s2),
        brake_mps2: metres(command.brake_mm_s2),
        steering_rad: metres(command.steering_mrad),
        lift_mps: metres(command.lift_mm_s),
    }
}

/// Whole mm/s of m/s; 0 of what is no speed.
#[must_use]
pub fn speed(metres_per_second: f64) -> i32 {
    Speed::metres_per_second(metres_per_second).map_or(0, Speed::to_milli)
}

/// Whole mrad of rad; 0 of what is no angle.
#[must_use]
pub fn angle(radians: f64) -> i32 {
    Angle::radians(radians).map_or(0, Angle::to_milli)
}

/// Whole mm of m; 0 of what is no distance.
#[must_use]
pub fn distance(metres: f64) -> i32 {
    Distance::metres(metres).map_or(0, Distance::to_milli)
}

/// Whole micrometres of a path in metres.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a path length; the cast saturates")]
pub fn micrometres(metres: f64) -> u64 {
    (metres * 1e6).round() as u64
}
