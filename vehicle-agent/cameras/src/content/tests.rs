use super::*;

const WIDTH: usize = 640;
const HEIGHT: usize = 360;

/// A hall of uprights 80 pixels apart, seen `shift` pixels further to the right, with a sensor's noise of `noise` steps.
fn hall(shift: usize, noise: u8, seed: u64) -> Vec<u8> {
    let mut chance = seed | 1;
    let mut picture = Vec::with_capacity(WIDTH * HEIGHT);
    for row in 0..HEIGHT {
        for column in 0..WIDTH {
            let upright = (column + shift) % 80 < 24;
            let floor = if row > HEIGHT / 2 { 60 } else { 110 };
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            let speck = u8::try_from(chance % (u64::from(noise) * 2 + 1)).expect("a small number");
            picture.push(if upright { 180 } else { floor } + speck - noise);
        }
    }
    picture
}

fn luma(bytes: &[u8]) -> Luma<'_> {
    Luma { bytes, width: WIDTH, stride: WIDTH }
}

/// Changes that a watch counts over pictures, each counted by its source.
fn changes(check: FreezeCheck, pictures: impl IntoIterator<Item = Vec<u8>>) -> u64 {
    let mut watch = ContentWatch::new(check, &Lens::default());
    let seen = (1..).zip(pictures).map(|(frame, picture)| watch.look(frame, luma(&picture)));
    seen.last().map_or(0, |content| content.changes)
}

#[test]
fn a_raw_sensor_never_repeats_and_a_frozen_one_does() {
    assert_eq!(changes(FreezeCheck::Identical, (0..20).map(|seed| hall(0, 2, seed * 2))), 20);
    assert_eq!(changes(FreezeCheck::Identical, (0..20).map(|_| hall(0, 2, 5))), 1);
}

#[test]
fn noise_alone_is_no_motion() {
    assert_eq!(changes(FreezeCheck::Motion, (0..20).map(|seed| hall(0, 17, seed * 2))), 1);
}

#[test]
fn slow_motion_adds_up_to_a_change() {
    // A pixel a picture: no two neighbours differ by much.
    assert!(changes(FreezeCheck::Motion, (0..30).map(|shift| hall(shift, 4, 7))) >= 4);
}

#[test]
fn a_recording_that_comes_round_again_is_nothing_new() {
    let once = || (0..30).map(|shift| hall(shift * 4, 3, 9));
    for check in [FreezeCheck::Identical, FreezeCheck::Motion] {
        assert_eq!(changes(check, once().chain(once()).chain(once())), changes(check, once()), "{check:?}");
    }
}

#[test]
fn a_clock_burned_into_a_picture_is_no_motion() {
    let with_clock = |tick: u8| {
        let mut picture = hall(0, 3, u64::from(tick) * 2);
        // A bar over the whole width, 24 pixels high, of ever other brightness.
        picture[..WIDTH * 24].iter_mut().for_each(|pixel| *pixel = tick.wrapping_mul(40));
        picture
    };
    assert_eq!(changes(FreezeCheck::Motion, (0..20).map(with_clock)), 1);
}

#[test]
fn a_black_picture_shows_nothing_new() {
    let black = || vec![16; WIDTH * HEIGHT];
    for check in [FreezeCheck::Identical, FreezeCheck::Motion] {
        assert_eq!(changes(check, (0..10).map(|_| black())), 1, "{check:?}");
    }
}

#[test]
fn a_picture_that_its_source_did_not_count_is_not_a_new_one() {
    let mut watch = ContentWatch::new(FreezeCheck::Identical, &Lens::default());
    let content = |frame, changes| Content { frame, changes, ..Content::default() };
    assert_eq!(watch.look(4, luma(&hall(0, 3, 1))), content(4, 1));
    assert_eq!(watch.look(4, luma(&hall(0, 3, 3))), content(4, 1));
    assert_eq!(watch.look(5, luma(&hall(0, 3, 5))), content(5, 2));
}

#[test]
fn squares_of_every_size_have_their_mean() {
    for (width, side) in [(79, 1), (160, 2), (640, 8), (641, 8), (720, 9), (1280, 16)] {
        let height = 2 * side;
        let bytes: Vec<u8> = (0..width * height).map(|at| u8::try_from(at % width / side).expect("81 at most")).collect();
        let thumbnail = Thumbnail::of(Luma { bytes: &bytes, width, stride: width });
        let means: Vec<u8> = (0..width / side).map(|column| u8::try_from(column).expect("small")).collect();
        assert_eq!(thumbnail.rows().collect::<Vec<_>>(), [&means[..], &means[..]], "{width} pixels");
    }
}

#[test]
fn bytes_between_rows_are_not_looked_at() {
    let padded = |filling: u8| -> Vec<u8> {
        let picture = hall(0, 0, 1);
        picture.chunks(WIDTH).flat_map(|row| row.iter().copied().chain([filling; 4])).collect()
    };
    let (one, other) = (padded(0), padded(255));
    let of = |bytes| Luma { bytes, width: WIDTH, stride: WIDTH + 4 };
    assert_eq!(of(&one).fingerprint(), of(&other).fingerprint());
    assert_eq!(of(&one).fingerprint(), luma(&hall(0, 0, 1)).fingerprint());
}

#[test]
fn any_size_of_picture_can_be_looked_at() {
    for (width, height) in [(1, 1), (3, 200), (79, 2), (81, 47), (0, 0)] {
        let bytes = vec![9; width * height];
        let mut watch = ContentWatch::new(FreezeCheck::Motion, &Lens::default());
        let of = Luma { bytes: &bytes, width, stride: width };
        assert_eq!(watch.look(1, of).changes, 1, "{width} x {height}");
        assert_eq!(watch.look(2, of).changes, 1, "{width} x {height}");
    }
}

#[test]
fn motion_is_told_once_and_only_if_it_was_the_same_all_the_while() {
    for check in [FreezeCheck::Motion, FreezeCheck::Identical] {
        let mut watch = ContentWatch::new(check, &Lens::default());
        let mut look = |frame: u64, shift: usize| watch.look(frame, luma(&hall(shift, 2, frame * 2)));
        let begin = look(1, 0);
        assert_eq!(begin.motion_since(&Content::default()), None, "nothing to compare it with");
        // Further to the right, the uprights have moved to the left.
        let right = [look(2, 6), look(3, 12)];
        assert_eq!(right[1].motion_since(&begin), Some(PictureMotion::Leftwards), "{check:?}");
        assert_eq!(right[1].motion_since(&right[0]), Some(PictureMotion::Leftwards));
        assert_eq!(right[1].motion_since(&right[1]), None, "that was told");
        let back = look(4, 6);
        assert_eq!(back.motion_since(&right[1]), Some(PictureMotion::Rightwards));
        assert_eq!(back.motion_since(&right[0]), None, "to and fro");
        // A picture that the source did not count tells nothing.
        assert_eq!(look(4, 12).motion_since(&back), None);
    }
}

#[test]
fn the_guardian_hears_of_the_first_content_and_then_of_changes_in_every_second_picture() {
    let content = |frame, changes| Content { frame, changes, ..Content::default() };
    assert!(content(1, 0).is_news(None));
    let told = content(5, 3);
    for (frame, changes, news) in [(6, 4, false), (7, 4, true), (7, 3, false), (90, 3, false)] {
        assert_eq!(content(frame, changes).is_news(Some(&told)), news, "{frame} {changes}");
    }
}
