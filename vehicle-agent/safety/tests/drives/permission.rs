//! What moves with permission, and that nothing moves without.

use super::truck::{NEUTRAL, Stage, config};
use farhand_protocol::SafetyState as S;
use farhand_safety::{Input, Persisted};

#[test]
fn without_permission_nothing_moves_whatever_is_asked() {
    type Prepare = fn(&mut Stage);
    let withouts: [(&str, Prepare); 6] = [
        ("boot", |_| {}),
        ("parked", |stage| {
            stage.until(S::Parked);
        }),
        ("hand-over", |stage| {
            stage.until(S::Parked);
            stage.grant();
            stage.until(S::Handover);
        }),
        ("halt", |stage| {
            stage.until(S::Parked);
            stage.take(Input::Stop);
            stage.until(S::Halt);
            stage.grant();
        }),
        ("red button", |stage| {
            stage.emergency_stop = true;
            stage.until(S::EStop);
            stage.grant();
        }),
        ("enable let go", |stage| {
            stage.until(S::Parked);
            stage.take_over();
            stage.hands.enable = false;
        }),
    ];
    for (what, prepare) in withouts {
        for (speed, lift) in [(1, 0), (2500, 400), (-2500, -400), (0, 1)] {
            let mut stage = Stage::with(config(), Some(Persisted::default()));
            prepare(&mut stage);
            stage.hands.speed_mm_s = speed;
            stage.hands.lift_mm_s = lift;
            if what != "enable let go" {
                stage.hands.enable = true;
            }
            for _ in 0..50 {
                stage.tick();
                let drive = stage.drive;
                assert!(drive.speed_mm_s == 0 && drive.lift_mm_s == 0 && drive.brake_mm_s2 > 0, "{what}: {drive:?}");
            }
        }
    }
}

#[test]
fn with_permission_each_speed_up_to_the_cap_is_driven() {
    for speed in [1, 2, 10, 299, 300, 301, 2499, 2500, -1, -2500] {
        let mut stage = Stage::driving(speed);
        let within = stage.drive.speed_mm_s == speed;
        assert!(within && stage.drive.brake_mm_s2 == 0, "{speed}: {:?}", stage.drive);
        let quicker = stage.drive.accel_mm_s2;
        stage.hands.speed_mm_s /= 2;
        stage.run_ms(20);
        let slower = if speed.abs() > 1 && stage.drive.brake_mm_s2 == 0 { 1600 } else { stage.drive.accel_mm_s2 };
        assert_eq!((quicker, stage.drive.accel_mm_s2), (1000, slower), "{speed}: slower is steeper");
    }
    let mut neutral = Stage::driving(1000);
    neutral.hands = NEUTRAL;
    neutral.run_ms(30);
    assert_eq!((neutral.drive.brake_mm_s2, neutral.state()), (960, S::Teleop));
}
