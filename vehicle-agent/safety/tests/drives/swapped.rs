//! Cameras whose cables are exchanged: every picture is fresh, and shows what another one should.

use super::truck::{FRONT, NEUTRAL, REAR, Stage, looking};
use farhand_protocol::{CameraIndex, Cause, SafetyState as S};
use farhand_safety::{CameraSet, Config, Content, Input, PictureMotion};
use proptest::prelude::*;

const LEFT: CameraIndex = CameraIndex(2);
const RIGHT: CameraIndex = CameraIndex(3);

fn with_sides() -> Config {
    Config { looking_left: CameraSet::default().with(LEFT), looking_right: CameraSet::default().with(RIGHT), ..looking() }
}

/// For so long, with a word about the side cameras every 30 ms.
fn with_words(stage: &mut Stage, millis: u64, left: PictureMotion, right: PictureMotion) {
    for _ in 0..millis / 30 {
        for (camera, motion) in [(LEFT, left), (RIGHT, right)] {
            let (capture, frame) = (stage.now, stage.now.0);
            stage.take(Input::Content(Content { camera, capture, frame, changes: frame, motion: Some(motion) }));
        }
        stage.run_ms(30);
    }
}

#[test]
fn front_and_rear_exchanged_under_way_stop_it_within_half_a_metre() {
    for speed_mm_s in [1200, 2500, -1200] {
        let mut stage = Stage::driving_with(looking(), speed_mm_s);
        let from_um = stage.travelled_um;
        stage.pictures_swapped = true;
        let after = stage.until(S::SafeStop);
        let way_mm = (stage.travelled_um - from_um) / 1000;
        assert!(after <= 400 && (350..=500).contains(&way_mm), "{speed_mm_s} mm/s: {after} ms, {way_mm} mm");
        assert_eq!((stage.causes(), stage.snapshot().swapped), (vec![Cause::PictureSwapped], vec![FRONT, REAR]));
    }
}

#[test]
fn exchanged_while_it_stood_they_stop_it_soon_after_it_sets_off_and_again_until_somebody_mends_it() {
    let mut stage = Stage::driving_with(looking(), 0);
    stage.pictures_swapped = true;
    for speed_mm_s in [1200, -1200] {
        let from_um = stage.travelled_um;
        stage.hands.speed_mm_s = speed_mm_s;
        stage.until(S::SafeStop);
        let way_mm = (stage.travelled_um - from_um) / 1000;
        // It is faster than creep after 45 mm.
        assert!((395..=500).contains(&way_mm), "{way_mm} mm");
        assert_eq!(stage.causes(), [Cause::PictureSwapped]);
        stage.until(S::Halt);
        assert_eq!(stage.snapshot().swapped, [FRONT, REAR], "it is said until it is driven again");
        stage.acknowledge();
        stage.until(S::Parked);
        stage.hands = NEUTRAL;
        stage.take_over();
        assert!(stage.snapshot().swapped.is_empty());
    }
    stage.pictures_swapped = false;
    stage.at_speed(1200);
    assert!(stage.snapshot().swapped.is_empty());
}

#[test]
fn side_cameras_exchanged_are_said_and_it_drives_on() {
    use PictureMotion::{Leftwards, Rightwards};
    let mut stage = Stage::driving_with(with_sides(), 1200);
    with_words(&mut stage, 300, Leftwards, Rightwards);
    assert!(stage.snapshot().swapped.is_empty());
    with_words(&mut stage, 600, Rightwards, Leftwards);
    assert_eq!((stage.state(), stage.snapshot().swapped), (S::Teleop, vec![LEFT, RIGHT]));
    with_words(&mut stage, 60, Leftwards, Rightwards);
    assert_eq!((stage.state(), stage.snapshot().swapped), (S::Teleop, vec![]));
}

#[test]
fn a_required_camera_exchanged_with_a_side_camera_stops_it() {
    let mut stage = Stage::driving_with(Config { looking_astern: CameraSet::default(), ..with_sides() }, 1200);
    for _ in 0..30 {
        let (capture, frame) = (stage.now, stage.now.0);
        for (camera, motion) in [(FRONT, PictureMotion::Rightwards), (RIGHT, PictureMotion::Outwards)] {
            stage.take(Input::Content(Content { camera, capture, frame, changes: frame, motion: Some(motion) }));
        }
        // The stage's own words about the front camera are older by their count.
        stage.run_ms(30);
    }
    assert_eq!((stage.causes(), stage.snapshot().swapped), (vec![Cause::PictureSwapped], vec![FRONT, RIGHT]));
}

#[test]
fn in_a_bend_and_at_creep_nobody_judges() {
    for (speed_mm_s, steering_mrad, stops) in [(1200, 300, false), (1200, 100, true), (300, 0, false), (350, 0, true)] {
        let mut stage = Stage::driving_with(looking(), 0);
        (stage.hands.speed_mm_s, stage.hands.steering_mrad) = (speed_mm_s, steering_mrad);
        stage.run_ms(1500);
        stage.pictures_swapped = true;
        stage.run_ms(3000);
        assert_eq!(stage.state() != S::Teleop, stops, "{speed_mm_s} mm/s, wheel {steering_mrad} mrad");
    }
}

#[test]
fn cameras_that_nobody_checks_may_show_anything() {
    let mut stage = Stage::driving(1200);
    stage.pictures_swapped = true;
    stage.run_ms(5000);
    assert_eq!((stage.state(), stage.snapshot().swapped), (S::Teleop, vec![]));
}

fn motion() -> impl Strategy<Value = Option<PictureMotion>> {
    use PictureMotion::{Inwards, Leftwards, Outwards, Rightwards};
    prop::option::of(prop::sample::select(vec![Outwards, Inwards, Leftwards, Rightwards]))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_one_picture_shows_it_alone_stops_nothing(
        legs in prop::collection::vec((-2500..2500_i32, -400..400_i32, prop::collection::vec(motion(), 1..20)), 1..6),
    ) {
        let mut stage = Stage::driving_with(with_sides(), 800);
        for (speed, steering, words) in legs {
            (stage.hands.speed_mm_s, stage.hands.steering_mrad) = (speed, steering);
            for motion in words {
                let (capture, frame) = (stage.now, stage.now.0);
                stage.take(Input::Content(Content { camera: LEFT, capture, frame, changes: frame, motion }));
                stage.run_ms(60);
                prop_assert!(stage.snapshot().swapped.is_empty(), "{:?}", stage.snapshot());
            }
        }
    }

    #[test]
    fn arbitrary_words_are_taken(
        words in prop::collection::vec((any::<u8>(), any::<u64>(), any::<u64>(), -200_000..200_000_i64, motion()), 1..60),
        speeds in prop::collection::vec(any::<i32>(), 1..60),
    ) {
        let mut stage = Stage::driving_with(with_sides(), 800);
        stage.oracle.odometry_lies();
        for ((camera, frame, changes, off_us, motion), speed_mm_s) in words.into_iter().zip(speeds.into_iter().cycle()) {
            let sample = farhand_safety::MachineSample { speed_mm_s, ..stage.sample() };
            stage.take(Input::Machine(sample));
            let capture = farhand_protocol::MonoTime(stage.now.0.saturating_add_signed(off_us));
            stage.take(Input::Content(Content { camera: CameraIndex(camera), capture, frame, changes, motion }));
            stage.tick();
        }
        prop_assert!(stage.oracle.breaches.is_empty(), "{:?}", stage.oracle.breaches);
    }
}
