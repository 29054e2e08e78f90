//! Pictures under another camera's name: the agent says how the scene moves in each, this decides with the way that was driven.
//!
//! Going forward, a scene moves outwards in a picture that looks ahead, inwards in one that looks astern, to the left in one that
//! looks to the left. One picture that moves otherwise may have something before it that moves; two that move as each other's
//! should, over some way, have been exchanged.

use crate::config::{CREEP_MM_S, CameraSet, Config};
use crate::input::{Content, PictureMotion};
use crate::still::Stretch;
use farhand_protocol::{CameraIndex, MonoTime};

/// Way over which a camera must have seemed to look to a side.
const SEEN_UM: u64 = 350_000;
/// What was seen over more way than this is as sure as it can be: so far on, it is forgotten again.
const SURE_UM: u64 = 2 * SEEN_UM;
/// No word stands for more way than this, however long the one before was ago: at least four of them must agree.
const WORD_UM: u64 = 100_000;
/// With this much turn for its way, 0.1 rad a metre, a stretch shows the turn more than the way.
const TURN_SHARE: u64 = 10;
/// Every two sides.
const PAIRS: [(Side, Side); 6] = [
    (Side::Ahead, Side::Astern),
    (Side::Left, Side::Right),
    (Side::Ahead, Side::Left),
    (Side::Ahead, Side::Right),
    (Side::Astern, Side::Left),
    (Side::Astern, Side::Right),
];

/// Where the cameras seem to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sights {
    pub(crate) sights: [Sight; 8],
    pub(crate) course: Option<Course>,
}

/// The side that one camera seems to look to, and over how much way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sight {
    pub(crate) towards: Option<Side>,
    pub(crate) way_um: u64,
}

/// Since when the vehicle has been going one way, faster than creep: slower, what passes by may outrun it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Course {
    pub(crate) since: MonoTime,
    pub(crate) backwards: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Ahead,
    Astern,
    Left,
    Right,
}

impl Side {
    /// Where a camera looks whose scene moves like this.
    fn seen(motion: PictureMotion, backwards: bool) -> Self {
        let (motion, of_backwards) = match motion {
            PictureMotion::Outwards => (Self::Ahead, Self::Astern),
            PictureMotion::Inwards => (Self::Astern, Self::Ahead),
            PictureMotion::Leftwards => (Self::Left, Self::Right),
            PictureMotion::Rightwards => (Self::Right, Self::Left),
        };
        if backwards { of_backwards } else { motion }
    }
}

impl Sight {
    fn sees(&mut self, towards: Option<Side>, way_um: u64) {
        if towards.is_none() {
            self.way_um = self.way_um.saturating_sub(way_um);
        } else if towards == self.towards {
            self.way_um = self.way_um.saturating_add(way_um).min(SURE_UM);
        } else {
            *self = Self { towards, way_um: 0 };
        }
    }
}

impl Sights {
    /// The machine measured its speed.
    pub(crate) fn rolled(&mut self, at: MonoTime, speed_mm_s: i32) {
        let backwards = speed_mm_s.is_negative();
        let same = self.course.filter(|course| course.backwards == backwards);
        let quick = speed_mm_s.saturating_abs() > CREEP_MM_S;
        self.course = quick.then_some(same.unwrap_or(Course { since: at, backwards }));
    }

    /// Takes how the scene of a camera moved over a stretch.
    pub(crate) fn take(&mut self, content: Content, stretch: Stretch) {
        let straight = stretch.turn_urad.saturating_mul(TURN_SHARE) < stretch.way_um;
        let course = self.course.filter(|course| course.since <= stretch.since && straight);
        let (Some(course), Some(sight)) = (course, self.sights.get_mut(usize::from(content.camera.0))) else { return };
        let towards = content.motion.map(|motion| Side::seen(motion, course.backwards));
        sight.sees(towards, stretch.way_um.min(WORD_UM));
    }

    /// The cameras that seem to look where another one should, which seems to look where they should.
    pub(crate) fn swapped(&self, config: &Config) -> CameraSet {
        let mut swapped = CameraSet::default();
        for (one, other) in PAIRS {
            let here = config.looking(one).both(self.towards(other));
            let there = config.looking(other).both(self.towards(one));
            if !here.is_empty() && !there.is_empty() {
                swapped = swapped.union(here).union(there);
            }
        }
        swapped
    }

    fn towards(&self, side: Side) -> CameraSet {
        let seen = (0_u8..).zip(&self.sights).filter(|(_, sight)| sight.towards == Some(side) && sight.way_um >= SEEN_UM);
        seen.fold(CameraSet::default(), |set, (index, _)| set.with(CameraIndex(index)))
    }
}

impl Config {
    fn looking(&self, side: Side) -> CameraSet {
        match side {
            Side::Ahead => self.looking_ahead,
            Side::Astern => self.looking_astern,
            Side::Left => self.looking_left,
            Side::Right => self.looking_right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tests_support::config;
    use PictureMotion::{Inwards, Leftwards, Outwards, Rightwards};

    const FRONT: CameraIndex = CameraIndex(0);
    const STRAIGHT: Stretch = Stretch { since: MonoTime(1000), way_um: 80_000, turn_urad: 0 };

    fn of(camera: u8, motion: Option<PictureMotion>) -> Content {
        Content { camera: CameraIndex(camera), capture: MonoTime(2000), frame: 1, changes: 1, motion }
    }

    /// Going at this speed since 1 ms.
    fn going(speed_mm_s: i32) -> Sights {
        let mut sights = Sights::default();
        sights.rolled(MonoTime(1000), speed_mm_s);
        sights
    }

    /// What one camera seems to see after these words, each over 80 mm.
    fn seen(speed_mm_s: i32, words: &[Option<PictureMotion>]) -> (Option<Side>, u64) {
        let mut sights = going(speed_mm_s);
        for motion in words {
            sights.take(of(0, *motion), STRAIGHT);
        }
        (sights.sights[0].towards, sights.sights[0].way_um)
    }

    #[test]
    fn a_word_says_where_the_camera_looks_and_each_that_agrees_adds_its_way() {
        let sides =
            [(Outwards, Side::Ahead, Side::Astern), (Inwards, Side::Astern, Side::Ahead), (Leftwards, Side::Left, Side::Right)];
        for (motion, forwards, backwards) in sides.into_iter().chain([(Rightwards, Side::Right, Side::Left)]) {
            assert_eq!(seen(1200, &[Some(motion)]), (Some(forwards), 0));
            assert_eq!(seen(1200, &[Some(motion); 3]), (Some(forwards), 160_000));
            assert_eq!(seen(-1200, &[Some(motion); 3]), (Some(backwards), 160_000));
        }
    }

    #[test]
    fn an_unclear_word_takes_its_way_back_and_another_one_all_of_it() {
        let ahead = Some(Outwards);
        assert_eq!(seen(1200, &[ahead, ahead, ahead, None]), (Some(Side::Ahead), 80_000));
        assert_eq!(seen(1200, &[ahead, ahead, None, None, None]), (Some(Side::Ahead), 0));
        assert_eq!(seen(1200, &[ahead, ahead, ahead, Some(Inwards)]), (Some(Side::Astern), 0));
        assert_eq!(seen(1200, &[None, None]), (None, 0));
    }

    #[test]
    fn up_to_creep_nothing_is_judged() {
        for (speed_mm_s, judged) in [(300, false), (301, true), (-300, false), (-301, true), (0, false), (i32::MIN, true)] {
            assert_eq!(seen(speed_mm_s, &[Some(Outwards)]).0.is_some(), judged, "{speed_mm_s} mm/s");
        }
    }

    #[test]
    fn a_stretch_counts_if_all_of_it_went_one_way() {
        for (since_us, counts) in [(999, false), (1000, true), (1001, true)] {
            let mut sights = going(1200);
            sights.rolled(MonoTime(1500), 1300);
            sights.take(of(0, Some(Outwards)), Stretch { since: MonoTime(since_us), ..STRAIGHT });
            assert_eq!(sights.sights[0].towards.is_some(), counts, "{since_us} us");
        }
        for (before, counts) in [(1200, true), (-1200, false), (200, false)] {
            let mut sights = going(before);
            sights.rolled(MonoTime(1001), 1200);
            sights.take(of(0, Some(Outwards)), STRAIGHT);
            assert_eq!(sights.sights[0].towards.is_some(), counts, "{before} mm/s before");
        }
    }

    #[test]
    fn a_stretch_with_a_tenth_of_a_radian_a_metre_does_not_count_nor_does_one_without_way() {
        for (way_um, turn_urad, counts) in
            [(80_000, 7_999, true), (80_000, 8_000, false), (80_000, u64::MAX, false), (0, 0, false), (1, 0, true)]
        {
            let mut sights = going(1200);
            sights.take(of(0, Some(Outwards)), Stretch { way_um, turn_urad, ..STRAIGHT });
            assert_eq!(sights.sights[0].towards.is_some(), counts, "{way_um} um, {turn_urad} urad");
        }
    }

    #[test]
    fn a_word_counts_for_a_tenth_of_a_metre_at_most_and_all_of_them_for_a_bound() {
        let after = |ways_um: &[u64]| {
            let mut sights = going(1200);
            sights.take(of(0, Some(Inwards)), STRAIGHT);
            for way_um in ways_um {
                sights.take(of(0, Some(Inwards)), Stretch { way_um: *way_um, ..STRAIGHT });
            }
            sights.sights[0].way_um
        };
        assert_eq!([99_999, 100_000, 100_001, u64::MAX].map(|way_um| after(&[way_um])), [99_999, 100_000, 100_000, 100_000]);
        assert_eq!((after(&[100_000; 7]), after(&[100_000; 60])), (700_000, 700_000));
    }

    /// The first of two cameras seems to look to one side over so much way, the second to another.
    fn both(first: (Side, u64), second: (Side, u64)) -> Sights {
        let mut sights = Sights::default();
        for (index, (side, way_um)) in [first, second].into_iter().enumerate() {
            sights.sights[index] = Sight { towards: Some(side), way_um };
        }
        sights
    }

    /// Two cameras that look to these sides.
    fn mounted(first: Side, second: Side) -> Config {
        let mut config = config();
        for (index, side) in (0..).zip([first, second]) {
            let set = match side {
                Side::Ahead => &mut config.looking_ahead,
                Side::Astern => &mut config.looking_astern,
                Side::Left => &mut config.looking_left,
                Side::Right => &mut config.looking_right,
            };
            *set = set.with(CameraIndex(index));
        }
        config
    }

    #[test]
    fn two_that_seem_to_look_where_the_other_should_are_exchanged_whichever_sides_they_are() {
        let sides = [Side::Ahead, Side::Astern, Side::Left, Side::Right];
        let pair = CameraSet::default().with(FRONT).with(CameraIndex(1));
        for (one, other) in sides.into_iter().flat_map(|one| sides.map(|other| (one, other))) {
            let exchanged = both((other, SEEN_UM), (one, SEEN_UM)).swapped(&mounted(one, other));
            assert_eq!(exchanged, if one == other { CameraSet::default() } else { pair }, "{one:?} and {other:?}");
            let as_it_is = both((one, SURE_UM), (other, SURE_UM)).swapped(&mounted(one, other));
            assert!(as_it_is.is_empty(), "{one:?} and {other:?}");
        }
    }

    #[test]
    fn one_alone_is_not_exchanged_nor_is_what_was_seen_over_too_little_way() {
        let (ahead, astern) = (Side::Ahead, Side::Astern);
        let config = mounted(ahead, astern);
        for (first, second, exchanged) in [
            ((astern, 350_000), (ahead, 350_000), true),
            ((astern, 349_999), (ahead, 350_000), false),
            ((astern, 350_000), (ahead, 349_999), false),
            ((astern, 700_000), (astern, 700_000), false),
            ((ahead, 700_000), (ahead, 700_000), false),
            ((astern, 700_000), (Side::Left, 700_000), false),
        ] {
            assert_eq!(!both(first, second).swapped(&config).is_empty(), exchanged, "{first:?} {second:?}");
        }
        let unchecked = Config { looking_astern: CameraSet::default(), ..config };
        assert!(both((astern, SURE_UM), (ahead, SURE_UM)).swapped(&unchecked).is_empty());
    }

    #[test]
    fn a_camera_that_no_vehicle_has_is_not_heard() {
        let mut sights = going(1200);
        sights.take(of(8, Some(Outwards)), STRAIGHT);
        assert_eq!(sights, going(1200));
    }
}
