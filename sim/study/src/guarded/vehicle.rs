//! The profile of a truck of the study: what somebody would write down who knows it as well as it knows itself.

use crate::rig::Known;
use farhand_profile::Profile;
use std::path::Path;
use std::time::Duration;

/// The profile. Read like any other, so every range of a real profile holds here too.
pub(super) fn profile(known: &Known) -> Profile {
    let text = written(known);
    let read = farhand_settings::parse(&text, Path::new("study"));
    read.unwrap_or_else(|error| unreachable!("every value is brought into its range: {error}"))
}

fn written(known: &Known) -> String {
    let (shape, response) = (&known.shape, &known.response);
    let carried = known.load.map_or((1.2, 1.0), |load| (load.to_m - load.from_m, load.width_m));
    // Load and height are settled in a scenario: what they allow is said as it is, at every height.
    let (decel, raised) = (within(known.safe_decel_mps2, 0.2, 4.0), within(known.safe_decel_mps2, 0.1, 4.0));
    format!(
        "kind = \"counterbalance-truck\"\n\
         [geometry]\nwheelbase_m = {}\nbehind_m = {}\nahead_m = {}\nwidth_m = {}\n\
         [limits]\nmax_speed_mps = {}\nmax_steering_rad = {}\nsafe_decel_mps2 = {decel:?}\nsafe_decel_raised_mps2 = {raised:?}\n\
         safe_lateral_mps2 = {}\nmax_accel_mps2 = {}\nmast_height_m = 0.5\nmax_lift_mps = {}\n\
         [actuators]\nsteer_dead_time = {}\nsteer_rate_radps = {}\nbrake_dead_time = {}\nbrake_jerk_mps3 = {}\ntraction_lag = {}\n\
         [link]\ncoast_after = \"60ms\"\ncommand_lost_after = {}\n\
         [load]\nfork_face_m = {}\nfork_width_m = {}\nlength_m = {}\nwidth_m = {}\n",
        real(shape.wheelbase_m, 0.5, 6.0),
        real(shape.behind_m, 0.1, 8.0),
        real(shape.ahead_m, 0.1, 4.0),
        real(shape.width_m, 0.3, 3.0),
        real(response.max_speed_mps, 0.1, 8.0),
        real(response.max_steering_rad, 0.1, 1.57),
        real(known.safe_lateral_mps2, 0.1, 4.0),
        real(response.max_accel_mps2, 0.1, 3.0),
        real(response.max_lift_mps, 0.0, 1.0),
        span(response.steer_dead_time, 0, 500),
        real(response.steer_rate_radps, 0.1, 3.0),
        span(response.brake_dead_time, 0, 500),
        real(response.brake_jerk_mps3, 1.0, 20.0),
        span(response.traction_lag, 0, 1000),
        span(known.detection, 100, 500),
        real(known.fork_face_m, -1.0, 4.0),
        real(shape.width_m, 0.1, 3.0),
        real(carried.0, 0.0, 4.0),
        real(carried.1, 0.0, 3.0),
    )
}

fn within(value: f64, low: f64, high: f64) -> f64 {
    value.max(low).min(high)
}

fn real(value: f64, low: f64, high: f64) -> String {
    format!("{:?}", within(value, low, high))
}

fn span(value: Duration, low: u64, high: u64) -> String {
    let millis = (value.as_secs_f64() * 1e3).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundred milliseconds")]
    let millis = (millis as u64).clamp(low, high);
    format!("\"{millis}ms\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::Set;
    use crate::rig::Rig;
    use farhand_world::Random;

    #[test]
    fn each_truck_of_each_family_has_a_profile_that_says_what_it_knows() {
        for set in Set::ALL {
            let family = set.family().expect("reads");
            let mut random = Random::new(7);
            for _ in 0..200 {
                let known = Rig::draw(&family, &mut random).known;
                let profile = profile(&known);
                assert_eq!(profile.geometry.width_m.value(), known.shape.width_m);
                assert_eq!(profile.limits.safe_decel_raised_mps2.value(), known.safe_decel_mps2, "{known:?}");
                assert_eq!(profile.link.command_lost_after.span(), known.detection);
            }
        }
    }
}
