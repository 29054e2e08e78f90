//! Small floors on which stops are tried, and the wheel that follows them.

use farhand_world::{Ground, Place, Solid, SolidKind};

/// Where a truck begins in [`bend`] and [`dead_end`]: on the middle of the aisle, eastwards.
pub const START: Place = Place { x_m: -6.0, y_m: 0.0, heading_rad: 0.0 };

/// A floor without anything on it.
#[must_use]
pub fn open() -> Ground {
    Ground::new(Vec::new())
}

/// An aisle of 3.8 m eastwards that turns north, into one of 3.3 m, between racks.
#[must_use]
pub fn bend() -> Ground {
    Ground::new(vec![
        rack((-14.0, 1.9), (6.6, 24.0)),
        rack((-14.0, -3.9), (12.0, -1.9)),
        rack((9.9, -1.9), (12.0, 24.0)),
        rack((-16.0, -3.9), (-14.0, 24.0)),
    ])
}

/// An aisle eastwards that ends at a wall.
#[must_use]
pub fn dead_end() -> Ground {
    let mut solids = vec![rack((-14.0, 1.9), (14.0, 3.9)), rack((-14.0, -3.9), (14.0, -1.9))];
    solids.push(rack((10.0, -1.9), (12.0, 1.9)));
    Ground::new(solids)
}

/// An aisle of 3.8 m eastwards, as long as a truck drives in a minute.
#[must_use]
pub fn aisle() -> Ground {
    Ground::new(vec![rack((-14.0, 1.9), (200.0, 3.9)), rack((-14.0, -3.9), (200.0, -1.9))])
}

/// A hall of 19 m each way with racks around it and an island in its middle; from [`START`] a circle of 5.5 m to the left leads round it.
#[must_use]
pub fn hall() -> Ground {
    Ground::new(vec![
        rack((-17.5, -6.0), (5.5, -4.0)),
        rack((-17.5, 15.0), (5.5, 17.0)),
        rack((-17.5, -4.0), (-15.5, 15.0)),
        rack((3.5, -4.0), (5.5, 15.0)),
        rack((-7.5, 4.0), (-4.5, 7.0)),
    ])
}

/// Steers along the middle of [`bend`], in mrad.
#[must_use]
pub fn steering_along_the_bend(place: &Place) -> i32 {
    let (x, y) = (place.x_m, place.y_m);
    let (off, heading, curvature) = if x < 5.0 && y < 2.0 {
        (y, 0.0, 0.0)
    } else if y < 3.0 {
        let (dx, dy) = (x - 5.0, y - 3.0);
        (3.0 - dx.hypot(dy), dx.atan2(-dy), 1.0 / 3.0)
    } else {
        (8.0 - x, std::f64::consts::FRAC_PI_2, 0.0)
    };
    steering(curvature - 1.2 * off - 1.6 * (place.heading_rad - heading))
}

/// Steers along the middle of [`aisle`], in mrad.
#[must_use]
pub fn steering_along_the_aisle(place: &Place) -> i32 {
    steering(-1.2 * place.y_m - 1.6 * place.heading_rad)
}

/// The wheel of such a truck for this curvature, in 1/m, in mrad.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "an angle")]
pub fn steering(curvature: f64) -> i32 {
    ((1.4 * curvature).atan().clamp(-1.2, 1.2) * 1000.0) as i32
}

fn rack(low: (f64, f64), high: (f64, f64)) -> Solid {
    Solid::new(low, high, SolidKind::Rack)
}
