//! Real pipelines on GStreamer's own test source.

use farhand_cameras::{Camera, CameraError, Content, Unit, check, initialise};
use farhand_profile::{CameraProfile, Profile};
use farhand_protocol::{CameraIndex, RtpStamp};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

const SOURCE: &str = "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=180,framerate=30/1";
const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn a_watched_camera_gives_numbered_stamped_units_that_begin_with_a_key_frame() {
    let (camera, units) = start(SOURCE);
    let before = farhand_drive::vehicle_now();
    camera.watch(true);
    let units: Vec<Unit> = (0..20).map(|_| next(&units)).collect();

    assert!(units[0].header.key);
    assert_eq!(nal_kinds(&units[0]).first(), Some(&7), "a key frame brings its parameters: {:?}", nal_kinds(&units[0]));
    assert!(nal_kinds(&units[0]).contains(&5));
    for pair in units.windows(2) {
        let (last, this) = (&pair[0].header, &pair[1].header);
        assert_eq!(this.sequence, last.sequence + 1);
        assert_eq!(this.depends_on, if this.key { this.sequence } else { last.sequence });
        assert!(this.capture > last.capture);
        assert_ne!(RtpStamp::of_capture(this.capture), RtpStamp::of_capture(last.capture));
    }
    let now = farhand_drive::vehicle_now();
    assert!(units.iter().all(|unit| unit.header.capture >= before && unit.header.capture <= now));
    assert!(units.iter().all(|unit| usize::try_from(unit.header.length) == Ok(unit.payload.len())));
    assert!(camera.stop(PATIENCE));
}

#[test]
fn a_key_frame_comes_when_it_is_asked_for_and_only_then() {
    let (camera, units) = start(SOURCE);
    camera.watch(true);
    assert!(next(&units).header.key);
    for _ in 0..10 {
        assert!(!next(&units).header.key);
    }
    camera.request_key_frame();
    let asked = (0..10).map(|_| next(&units)).find(|unit| unit.header.key).expect("a key frame");
    assert_eq!(nal_kinds(&asked).first(), Some(&7), "decodable alone");
    assert!(camera.stop(PATIENCE));
}

#[test]
fn the_rate_is_changed_within_five_pictures_without_a_restart_or_a_key_frame() {
    let source = "videotestsrc is-live=true pattern=smpte ! video/x-raw,format=I420,width=320,height=180,framerate=30/1";
    let (camera, units) = start_profile(profile(source, "bitrate_kbps = 1200\n"));
    camera.watch(true);
    let mean_of_20 = |kbps: u32| {
        camera.set_bitrate(kbps);
        let units: Vec<Unit> = (0..25).map(|_| next(&units)).collect();
        assert!(units.windows(2).all(|pair| pair[1].header.sequence == pair[0].header.sequence + 1));
        (
            units[1..].iter().filter(|unit| unit.header.key).count(),
            units[5..].iter().map(|unit| unit.payload.len()).sum::<usize>() / 20,
        )
    };
    let (wide, narrow, again) = (mean_of_20(1200), mean_of_20(200), mean_of_20(1200));
    assert_eq!([wide.0, narrow.0, again.0], [0; 3], "key frames");
    assert!(narrow.1 * 2 < wide.1, "{narrow:?} bytes a picture after {wide:?}");
    assert!(again.1 > narrow.1 * 2, "{again:?} bytes a picture after {narrow:?}");
    assert!(camera.stop(PATIENCE));
}

#[test]
fn a_camera_that_nobody_watches_is_not_encoded_and_comes_back_with_a_key_frame() {
    let (camera, units) = start(SOURCE);
    camera.watch(true);
    let mut last = next(&units).header.sequence;
    camera.watch(false);
    while let Ok(unit) = units.recv_timeout(Duration::from_millis(500)) {
        last = unit.header.sequence;
    }
    camera.watch(true);
    let first = next(&units).header;
    assert!(first.key);
    assert_eq!(first.sequence, last + 1);
    assert!(camera.stop(PATIENCE));
}

#[test]
fn a_camera_that_rests_is_open_again_within_the_time_of_a_warm_take_over() {
    let (camera, units) = start(SOURCE);
    // Longer than a source nobody watches stays open.
    assert!(units.recv_timeout(Duration::from_secs(7)).is_err());
    let asked = farhand_drive::vehicle_now();
    camera.watch(true);
    let first = next(&units).header;
    assert!(first.key && first.sequence == 0);
    let waited = farhand_drive::vehicle_now().since(asked);
    assert!(waited < Duration::from_secs(2), "{waited:?}");
    assert!(camera.stop(PATIENCE));
}

#[test]
fn a_sensor_delay_makes_the_capture_earlier() {
    let (camera, units) = start_profile(profile(SOURCE, "sensor_delay = \"2s\"\n"));
    let before = farhand_drive::vehicle_now();
    camera.watch(true);
    let capture = next(&units).header.capture;
    assert!(capture < before, "{capture} is not 2 s before {before}");
    assert!(camera.stop(PATIENCE));
}

#[test]
fn an_element_that_is_not_installed_is_named_with_the_mend() {
    initialise().expect("GStreamer");
    let fault = check(&profile("nosuchsrc", ""), PATIENCE).expect_err("refused");
    assert!(matches!(&fault, CameraError::MissingElement { element, .. } if element == "nosuchsrc"), "{fault}");
}

#[test]
fn a_source_that_is_no_description_is_named() {
    initialise().expect("GStreamer");
    let fault = check(&profile("videotestsrc nosuchproperty=1", ""), PATIENCE).expect_err("refused");
    assert!(fault.to_string().contains("camera front") && fault.to_string().contains("nosuchproperty"), "{fault}");
}

#[test]
fn shared_memory_that_nobody_offers_is_named_with_the_mend() {
    initialise().expect("GStreamer");
    let source =
        "shmsrc socket-path=/nonexistent/front.shm is-live=true ! video/x-raw,format=I420,width=64,height=64,framerate=30/1";
    let fault = check(&profile(source, ""), PATIENCE).expect_err("refused");
    assert!(fault.to_string().contains("shmsrc") && fault.to_string().contains("socket-path"), "{fault}");
}

#[test]
fn a_source_that_ends_is_started_again_and_the_numbers_go_on() {
    let (camera, units) = start("videotestsrc is-live=true num-buffers=5 ! video/x-raw,width=320,height=180,framerate=30/1");
    camera.watch(true);
    let first: Vec<u32> = (0..3).map(|_| next(&units).header.sequence).collect();
    let again = std::iter::repeat_with(|| next(&units).header).find(|header| header.key && header.sequence > first[2]);
    assert!(again.is_some());
    assert!(camera.stop(PATIENCE));
}

#[test]
fn a_silent_source_is_a_fault_that_says_so() {
    let (camera, _units) =
        start("fakesrc is-live=true num-buffers=0 ! video/x-raw,format=I420,width=64,height=64,framerate=30/1");
    camera.watch(true);
    let fault = std::iter::repeat_with(|| {
        std::thread::yield_now();
        camera.fault()
    })
    .flatten()
    .next();
    assert!(fault.is_some_and(|fault| fault.to_string().contains("camera front")));
    assert!(camera.stop(PATIENCE));
}

#[test]
fn a_camera_without_a_freeze_check_is_not_looked_at() {
    let (camera, units) = start(SOURCE);
    camera.watch(true);
    assert_eq!(next(&units).content, None);
    assert!(camera.stop(PATIENCE));
}

#[test]
fn each_picture_of_something_that_moves_is_counted_also_where_it_has_to_be_converted() {
    // A wide ball, in colours that the encoder does not take.
    let source = "videotestsrc is-live=true pattern=zone-plate kx2=40 ky2=40 kt=9 ! video/x-raw,format=RGB,width=480,height=270,framerate=30/1";
    let seen = looked_at(source, "motion", 20);
    assert!(seen.windows(2).all(|pair| pair[1].frame > pair[0].frame), "{seen:?}");
    assert!(seen[19].changes >= seen[0].changes + 10, "{seen:?}");
}

#[test]
fn a_test_card_with_its_snow_shows_no_motion_and_no_repetition() {
    let card = "videotestsrc is-live=true pattern=smpte ! video/x-raw,format=I420,width=320,height=180,framerate=30/1";
    assert_eq!(last(&looked_at(card, "motion", 20)).changes, 1);
    assert!(last(&looked_at(card, "identical", 20)).changes >= 20, "its snow is like a sensor's noise");
}

#[test]
fn black_pictures_and_still_ones_that_were_decoded_show_nothing_new() {
    let black = "videotestsrc is-live=true pattern=black ! video/x-raw,format=I420,width=320,height=180,framerate=30/1";
    let still = "videotestsrc num-buffers=1 pattern=smpte ! video/x-raw,format=I420,width=320,height=180 ! imagefreeze is-live=true \
                 ! video/x-raw,framerate=30/1 ! x264enc tune=zerolatency bitrate=300 key-int-max=10 ! h264parse ! avdec_h264";
    for check in ["motion", "identical"] {
        assert_eq!(last(&looked_at(black, check, 20)).changes, 1, "{check}");
    }
    assert_eq!(last(&looked_at(still, "motion", 40)).changes, 1);
}

#[test]
fn a_looped_file_is_noticed_when_it_comes_round_again() {
    const PICTURES: u64 = 12;
    let folder = tempfile::tempdir().expect("a folder");
    for (number, shade) in (0..PICTURES).zip((0_u8..).step_by(16)) {
        std::fs::write(folder.path().join(format!("{number:02}.raw")), vec![shade; 320 * 180 * 3 / 2]).expect("a picture");
    }
    let source = format!(
        "multifilesrc location={}/%02d.raw start-index=0 stop-index={} loop=true \
         ! rawvideoparse format=i420 width=320 height=180 framerate=30/1 ! identity sync=true",
        folder.path().display(),
        PICTURES - 1,
    );
    for check in ["motion", "identical"] {
        let seen = looked_at(&source, check, 40);
        assert_eq!(last(&seen).changes, PICTURES, "{check}: {seen:?}");
    }
}

/// What was measured on the first pictures of a source.
fn looked_at(source: &str, check: &str, pictures: usize) -> Vec<Content> {
    let (camera, units) = start_profile(profile(source, &format!("freeze_check = \"{check}\"\n")));
    camera.watch(true);
    let seen = (0..pictures).map(|_| next(&units).content.expect("it was looked at")).collect();
    assert!(camera.stop(PATIENCE));
    seen
}

fn last(seen: &[Content]) -> Content {
    *seen.last().expect("pictures")
}

fn start(source: &str) -> (Camera, Receiver<Unit>) {
    start_profile(profile(source, ""))
}

fn start_profile(profile: CameraProfile) -> (Camera, Receiver<Unit>) {
    initialise().expect("GStreamer");
    let (send, units) = sync_channel(64);
    let camera = Camera::start(CameraIndex(0), profile, move |unit| drop(send.try_send(unit))).expect("a thread");
    (camera, units)
}

fn profile(source: &str, more: &str) -> CameraProfile {
    let text =
        format!("kind = \"pod\"\n[[cameras]]\nname = \"front\"\nsource = \"{source}\"\nwidth_px = 320\nheight_px = 180\n{more}");
    let mut profile: Profile = farhand_settings::parse(&text, Path::new("p.toml")).expect("a profile");
    profile.cameras.remove(0)
}

fn next(units: &Receiver<Unit>) -> Unit {
    units.recv_timeout(PATIENCE).expect("a picture")
}

/// Kinds of the NAL units in one access unit.
fn nal_kinds(unit: &Unit) -> Vec<u8> {
    let bytes = &unit.payload;
    bytes.windows(4).filter(|window| window[..3] == [0, 0, 1]).map(|window| window[3] & 0x1f).collect()
}
