//! What the vehicle knows at one instant of a ride, as the policy is given it.

use farhand_senses::{Beams, Features, LinkReason, NotFinite, Senses, Told, ZoneAhead};
use farhand_study::{Scan, Sight};
use farhand_world::Place;
use std::time::Duration;

/// The row for now. Only what the vehicle knows goes in: its scans, its wheels, where it believes it is, its own profile.
///
/// # Errors
/// [`NotFinite`] if the ride holds something that is no number.
pub fn features(sight: &mut Sight<'_>, since_event: Duration) -> Result<Features, NotFinite> {
    let reckoned = sight.reckoned();
    let beams = beams(&reckoned, sight.scans());
    let before = sight.scans_before(MOTION_OVER);
    let seen_before = before.iter().any(Option::is_some);
    let beams_before = beams_if(seen_before, &reckoned, before);
    let known = sight.vehicle();
    Features::of(&Senses {
        beams,
        beams_before,
        speed_mps: narrow(sight.speed_mps()),
        curvature_per_m: narrow(known.curvature_per_m(sight.steering_rad())),
        decel_mps2: narrow(sight.decel_mps2()),
        told: sight.last().map(|drive| Told { speed_mps: narrow(drive.speed_mps), steering_rad: narrow(drive.steering_rad) }),
        loaded: known.load.is_some(),
        mast_m: narrow(known.fork_m),
        safe_decel_mps2: narrow(known.safe_decel_mps2),
        safe_lateral_mps2: narrow(known.safe_lateral_mps2),
        corridor_m: sight.corridor().points.map(|point| narrow_pair(seen_from(&reckoned, point))),
        corridor_extrapolated: sight.corridor().extrapolated,
        keep_clear: zone_ahead(sight),
        since_event_s: since_event.as_secs_f32(),
        reason: LinkReason::Silence,
    })
}

fn beams_if(seen: bool, reckoned: &Place, scans: [Option<&Scan>; 2]) -> Option<Beams> {
    seen.then(|| beams(reckoned, scans))
}

/// All returns of both scanners, moved by the wheels to where the vehicle is now.
fn beams(reckoned: &Place, scans: [Option<&Scan>; 2]) -> Beams {
    let points = scans.into_iter().flatten().flat_map(|scan| {
        let place = scan.reckoned;
        scan.points.iter().map(move |point| narrow_pair(seen_from(reckoned, place.point(point.ahead_m, point.left_m))))
    });
    Beams::of(points)
}

/// The zone that counts, where the vehicle believes it to be.
fn zone_ahead(sight: &Sight<'_>) -> Option<ZoneAhead> {
    let believed = sight.believed()?;
    ZoneAhead::nearest(sight.zones().iter().map(|zone| {
        let corners = zone.corners().map(|corner| narrow_pair(seen_from(&believed, corner)));
        ZoneAhead::spanning(corners, zone.holds((believed.x_m, believed.y_m)))
    }))
}

fn seen_from(place: &Place, (x, y): (f64, f64)) -> (f64, f64) {
    let (sin, cos) = place.heading_rad.sin_cos();
    let (dx, dy) = (x - place.x_m, y - place.y_m);
    (cos * dx + sin * dy, cos * dy - sin * dx)
}

fn narrow_pair((ahead, left): (f64, f64)) -> (f32, f32) {
    (narrow(ahead), narrow(left))
}

#[expect(clippy::cast_possible_truncation, reason = "metres and radians of one hall")]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// The motion cue (safety.md 3.1).
const MOTION_OVER: Duration = Duration::from_millis(100);
