//! After the start the guard takes no memory.

#[path = "guard/ride.rs"]
mod ride;
#[path = "guard/scene.rs"]
mod scene;

use farhand_guard::PlacePoint;
use ride::{Laws, Ride, Truck, profile};
use scene::{Place, Site};

#[test]
fn no_decision_takes_memory() {
    let profile = profile("");
    let mut site = Site::aisle(3.6);
    site.block((6.0, 0.8), (7.0, 1.6), false);
    let truck = Truck::new(Laws::of(&profile), Place { x: 0.0, y: 0.0, heading: 0.0 }).rolling(2.0, 0.0);
    let mut ride = Ride::new(profile, site, truck);
    ride.fence = [(-30, -30), (30, -30), (30, 30), (-30, 30)]
        .map(|(x, y): (i32, i32)| PlacePoint { x_mm: x * 1000, y_mm: y * 1000 })
        .to_vec();
    for tick in 0..400 {
        if tick % 4 == 0 {
            ride.look();
        }
        let stopping = tick > 250;
        let mut wanted = ride.wanted(2.2, 0.2 * (f64::from(tick) * 0.05).sin());
        wanted.lift_mm_s = if tick % 7 == 0 { 100 } else { 0 };
        let mut allowed = None;
        let mut drive = None;
        if tick == 251 {
            // Something that nobody saw before: every rung of the ladder is tried.
            ride.site.block((ride.truck.place.x + 2.0, -1.8), (ride.truck.place.x + 2.2, 1.8), false);
            ride.look();
        }
        let counted = allocation_counter::measure(|| {
            if stopping {
                if tick == 251 {
                    ride.guard.commit();
                }
                drive = Some(ride.follow());
            } else {
                if tick % 5 == 0 {
                    let _ = ride.consider();
                }
                allowed = Some(ride.allow(&wanted));
            }
        });
        assert_eq!(counted.count_total, 0, "tick {tick}: {counted:?}");
        match (allowed, drive) {
            (Some(allowed), _) => {
                wanted.steering_mrad = allowed.steering_mrad;
                wanted.brake_mm_s2 = allowed.brake_mm_s2;
                ride.heard_us = ride.now_us;
            }
            (None, Some(drive)) => {
                (wanted.steering_mrad, wanted.brake_mm_s2) = (drive.steering_mrad, drive.brake_mm_s2);
            }
            (None, None) => {}
        }
        ride.tick(wanted);
    }
}
