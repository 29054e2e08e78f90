//! Pictures that stand still: the agent measures, this decides with odometry.

use crate::config::{CameraSet, Config};
use crate::input::Content;
use crate::pictures::{Odometer, Pictures};
use farhand_protocol::{CameraIndex, MonoTime};
use std::time::Duration;

/// Way without a new content after which a picture is suspect (safety.md 1.1).
const SUSPECT_UM: u64 = 100_000;
/// Turn without a new content after which it is suspect: 3 degrees.
const SUSPECT_URAD: u64 = 52_360;
/// Suspect for this long, it is frozen.
const FROZEN_AFTER: Duration = Duration::from_millis(300);
/// At a standstill a picture that repeats to the last bit for this long is worth a warning; a sensor's noise never does.
const STILL_AFTER: Duration = Duration::from_secs(2);

/// What is known of each camera's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stillness {
    pub(crate) looks: [Look; 8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Look {
    pub(crate) frame: u64,
    pub(crate) changes: u64,
    pub(crate) changed: Option<Change>,
    pub(crate) suspect_since: Option<MonoTime>,
}

/// When and where the content changed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) at: MonoTime,
    pub(crate) place: Odometer,
    /// Told by the agent; else it is only the place from which we began to wait.
    pub(crate) told: bool,
}

/// What was driven between two changes that were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) since: MonoTime,
    pub(crate) way_um: u64,
    pub(crate) turn_urad: u64,
}

impl Stillness {
    /// Takes what the agent measured on one picture. A picture that the source did not count is not a new one. Gives the way since
    /// the change that was told before.
    pub(crate) fn take(&mut self, now: MonoTime, content: Content, pictures: &Pictures) -> Option<Stretch> {
        let look = self.looks.get_mut(usize::from(content.camera.0))?;
        let place = pictures.odometer_at(content.capture).filter(|_| content.capture <= now)?;
        let before = look.changed.filter(|change| change.told);
        if content.frame <= look.frame || (before.is_some() && content.changes <= look.changes) {
            return None;
        }
        let change = Change { at: content.capture, place, told: true };
        *look = Look { frame: content.frame, changes: content.changes, changed: Some(change), suspect_since: None };
        before.map(|before| Stretch {
            since: before.at,
            way_um: place.travelled_um.saturating_sub(before.place.travelled_um),
            turn_urad: place.turned_urad.saturating_sub(before.place.turned_urad),
        })
    }

    /// The agent is gone: its counters start anew.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// One tick of looking, while the vehicle is driven; `here` is its odometer.
    pub(crate) fn observe(&mut self, now: MonoTime, here: Odometer) {
        for look in &mut self.looks {
            let change = look.changed.get_or_insert(Change { at: now, place: here, told: false });
            let way = here.travelled_um.saturating_sub(change.place.travelled_um);
            let turn = here.turned_urad.saturating_sub(change.place.turned_urad);
            let suspect = way > SUSPECT_UM || turn > SUSPECT_URAD;
            look.suspect_since = if suspect { look.suspect_since.or(Some(now)) } else { None };
        }
    }

    /// The checked cameras whose picture stands still although the vehicle moves.
    pub(crate) fn frozen(&self, now: MonoTime, config: &Config) -> CameraSet {
        let checked = config.checked_identical.union(config.checked_motion);
        self.those(checked, |look| look.suspect_since.is_some_and(|since| now.since(since) >= FROZEN_AFTER))
    }

    /// The cameras whose picture repeats to the last bit, moving or not.
    pub(crate) fn repeating(&self, now: MonoTime, config: &Config) -> CameraSet {
        self.those(config.checked_identical, |look| look.changed.is_some_and(|change| now.since(change.at) >= STILL_AFTER))
    }

    fn those(&self, checked: CameraSet, is: impl Fn(&Look) -> bool) -> CameraSet {
        let cameras = (0_u8..).zip(&self.looks).filter(|(_, look)| is(look)).map(|(index, _)| CameraIndex(index));
        cameras.fold(CameraSet::default(), CameraSet::with).both(checked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tests_support::config;

    fn at(millis: u64) -> MonoTime {
        MonoTime(millis * 1000)
    }

    #[test]
    fn beyond_ten_centimetres_or_three_degrees_a_picture_is_suspect_and_frozen_three_tenths_of_a_second_later() {
        let front = CameraSet::default().with(CameraIndex(0));
        let checking = Config { checked_motion: front, ..config() };
        for (travelled_um, turned_urad, suspect) in
            [(100_000, 0, false), (100_001, 0, true), (0, 52_360, false), (0, 52_361, true), (100_000, 52_360, false)]
        {
            let mut stillness = Stillness::default();
            stillness.observe(at(0), Odometer::default());
            stillness.observe(at(10), Odometer { travelled_um, turned_urad });
            stillness.observe(at(20), Odometer { travelled_um, turned_urad });
            let frozen = |millis| !stillness.frozen(at(millis), &checking).is_empty();
            assert_eq!((frozen(309), frozen(310)), (false, suspect), "{travelled_um} um, {turned_urad} urad");
        }
    }

    #[test]
    fn a_picture_repeats_when_its_content_is_two_seconds_old() {
        let front = CameraSet::default().with(CameraIndex(0));
        let checking = Config { checked_identical: front, ..config() };
        let mut stillness = Stillness::default();
        assert!(stillness.repeating(at(9000), &checking).is_empty(), "what nobody waits for does not repeat");
        stillness.observe(at(0), Odometer::default());
        assert!(stillness.repeating(at(1999), &checking).is_empty());
        assert_eq!(stillness.repeating(at(2000), &checking), front);
    }

    /// A metre a second and a tenth of a radian, reported every 10 ms.
    fn pictures() -> Pictures {
        let mut pictures = Pictures::new();
        for tick in 0..=10 {
            let place = Odometer { travelled_um: tick * 10_000, turned_urad: tick * 1000 };
            pictures.travelled(MonoTime(tick * 10_000), place);
        }
        pictures
    }

    fn content(at_us: u64, frame: u64, changes: u64) -> Content {
        Content { camera: CameraIndex(0), capture: MonoTime(at_us), frame, changes, motion: None }
    }

    #[test]
    fn a_change_counts_with_a_new_picture_and_gives_the_way_since_the_one_before() {
        let (mut stillness, pictures, now) = (Stillness::default(), pictures(), MonoTime(100_000));
        // Where the vehicle waits for a first word is no place of a picture, and the first word is one even if it counts no change.
        stillness.observe(MonoTime(0), Odometer::default());
        assert_eq!(stillness.take(now, content(10_000, 0, 1), &pictures), None);
        assert_eq!(stillness.looks[0].changed.map(|change| change.told), Some(false), "a source that counted nothing");
        assert_eq!(stillness.take(now, content(10_000, 1, 0), &pictures), None);
        assert_eq!(stillness.looks[0].changed.map(|change| (change.at, change.told)), Some((MonoTime(10_000), true)));
        for (frame, changes) in [(1, 1), (2, 0), (1, 0), (0, 9)] {
            assert_eq!(stillness.take(now, content(20_000, frame, changes), &pictures), None, "{frame}, {changes}");
            assert_eq!(stillness.looks[0].changed.map(|change| change.at), Some(MonoTime(10_000)), "{frame}, {changes}");
        }
        let stretch = Stretch { since: MonoTime(10_000), way_um: 30_000, turn_urad: 3000 };
        assert_eq!(stillness.take(now, content(40_000, 2, 1), &pictures), Some(stretch));
    }
}
