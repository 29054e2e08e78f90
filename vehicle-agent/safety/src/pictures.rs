//! Which pictures were really sent, and where the vehicle was when each was taken.

use crate::config::CameraSet;
use farhand_protocol::{CameraIndex, GlassStamp, MonoTime, RtpStamp};
use std::time::Duration;

/// A picture is forgotten after this; a command that names it then is silence (design.md section 6).
const REMEMBERED: Duration = Duration::from_secs(3);
const CAMERAS: usize = 8;
/// Three seconds at 60 pictures a second, with room.
const STAMPS: usize = 256;
/// Three seconds and more of odometry at 100 Hz.
const ODOMETRY: usize = 512;

/// When and where a picture was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Taken {
    /// When.
    pub(crate) capture: MonoTime,
    /// Where.
    pub(crate) place: Odometer,
}

/// How far the vehicle has come by a time, both directions and both turns counted up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Odometer {
    /// Way travelled.
    pub(crate) travelled_um: u64,
    /// Angle turned.
    pub(crate) turned_urad: u64,
}

/// The rings of sent pictures, one a camera, and the odometry behind them. All memory is taken at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pictures {
    pub(crate) sent: Vec<Ring<Taken>>,
    pub(crate) odometry: Ring<Taken>,
}

impl Pictures {
    pub(crate) fn new() -> Self {
        Self { sent: (0..CAMERAS).map(|_| Ring::new(STAMPS)).collect(), odometry: Ring::new(ODOMETRY) }
    }

    /// The same with less memory, for checkers that keep many cores: no more than `stamps` pictures of the first two cameras,
    /// and `reports` of the odometry, are remembered.
    #[cfg(any(test, feature = "broken"))]
    pub(crate) fn shrink(&mut self, stamps: usize, reports: usize) {
        for (index, ring) in self.sent.iter_mut().enumerate() {
            *ring = ring.shrunk(if index < 2 { stamps } else { 0 });
        }
        self.odometry = self.odometry.shrunk(reports);
    }

    /// Remembers where the vehicle was.
    pub(crate) fn travelled(&mut self, at: MonoTime, place: Odometer) {
        if self.odometry.newest().is_none_or(|last| last.capture < at) {
            self.odometry.push(Taken { capture: at, place });
        }
    }

    /// Remembers a picture that was sent. Captures of one camera rise; one from the future or the past is ignored.
    pub(crate) fn sent(&mut self, now: MonoTime, camera: CameraIndex, capture: MonoTime) {
        let Some(place) = self.odometer_at(capture) else { return };
        let Some(ring) = self.sent.get_mut(usize::from(camera.0)) else { return };
        if capture <= now && ring.newest().is_none_or(|last| last.capture < capture) {
            ring.push(Taken { capture, place });
        }
    }

    /// The oldest picture over `required`, if every one of them is named once by `stamps` and was really sent.
    pub(crate) fn oldest(&self, now: MonoTime, required: CameraSet, stamps: &[GlassStamp]) -> Option<Taken> {
        let mut oldest: Option<Taken> = None;
        for camera in required.iter() {
            let mut named = stamps.iter().filter(|stamp| stamp.camera == camera);
            let (Some(stamp), None) = (named.next(), named.next()) else { return None };
            let taken = self.find(now, camera, stamp.rtp)?;
            if oldest.is_none_or(|other| taken.capture < other.capture) {
                oldest = Some(taken);
            }
        }
        oldest
    }

    fn find(&self, now: MonoTime, camera: CameraIndex, rtp: RtpStamp) -> Option<Taken> {
        let ring = self.sent.get(usize::from(camera.0))?;
        ring.newest_first()
            .take_while(|taken| now.since(taken.capture) <= REMEMBERED)
            .find(|taken| RtpStamp::of_capture(taken.capture) == rtp)
    }

    /// The odometer at a time: of the report before it, so that the distance since is never too small.
    pub(crate) fn odometer_at(&self, at: MonoTime) -> Option<Odometer> {
        self.odometry.newest_first().find(|report| report.capture <= at).map(|report| report.place)
    }
}

/// Keeps the newest `capacity` items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ring<T> {
    pub(crate) items: Box<[T]>,
    pub(crate) next: usize,
    pub(crate) length: usize,
}

impl<T: Copy + Default> Ring<T> {
    fn new(capacity: usize) -> Self {
        Self { items: vec![T::default(); capacity].into(), next: 0, length: 0 }
    }

    #[cfg(any(test, feature = "broken"))]
    fn shrunk(&self, capacity: usize) -> Self {
        let mut newest: Vec<T> = self.newest_first().take(capacity).collect();
        newest.reverse();
        let mut ring = Self::new(capacity);
        for item in newest {
            ring.push(item);
        }
        ring
    }

    fn push(&mut self, item: T) {
        if let Some(slot) = self.items.get_mut(self.next) {
            *slot = item;
        }
        let next = self.next.saturating_add(1);
        self.next = if next < self.items.len() { next } else { 0 };
        self.length = self.length.saturating_add(1).min(self.items.len());
    }

    fn newest(&self) -> Option<T> {
        self.newest_first().next()
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = T> {
        let (young, old) = self.items.split_at_checked(self.next).unwrap_or_default();
        young.iter().rev().chain(old.iter().rev()).take(self.length).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRONT: CameraIndex = CameraIndex(0);
    const REAR: CameraIndex = CameraIndex(1);

    fn ms(millis: u64) -> MonoTime {
        MonoTime(millis * 1000)
    }

    fn at(travelled_um: u64) -> Odometer {
        Odometer { travelled_um, turned_urad: 0 }
    }

    fn stamp(camera: CameraIndex, millis: u64) -> GlassStamp {
        GlassStamp { camera, rtp: RtpStamp::of_capture(ms(millis)) }
    }

    /// Two cameras, a picture each every 33 ms, one metre a second.
    fn pictures() -> Pictures {
        let mut pictures = Pictures::new();
        for tick in 0..=100 {
            pictures.travelled(ms(tick * 10), at(tick * 10_000));
        }
        for frame in 0..=30 {
            pictures.sent(ms(1000), FRONT, ms(frame * 33));
            pictures.sent(ms(1000), REAR, ms(frame * 33 + 1));
        }
        pictures
    }

    fn both() -> CameraSet {
        CameraSet::default().with(FRONT).with(REAR)
    }

    #[test]
    fn the_oldest_of_the_required_pictures_counts() {
        let stamps = [stamp(FRONT, 990), stamp(REAR, 661)];
        let taken = pictures().oldest(ms(1000), both(), &stamps).expect("known");
        assert_eq!(taken, Taken { capture: ms(661), place: at(660_000) });
    }

    #[test]
    fn unknown_missing_doubled_and_foreign_stamps_are_unknown() {
        let pictures = pictures();
        let now = ms(1000);
        assert!(pictures.oldest(now, both(), &[stamp(FRONT, 990)]).is_none(), "missing");
        assert!(pictures.oldest(now, both(), &[stamp(FRONT, 991), stamp(REAR, 991)]).is_none(), "never sent");
        assert!(pictures.oldest(now, both(), &[stamp(FRONT, 1023), stamp(REAR, 991)]).is_none(), "future");
        let foreign = [stamp(FRONT, 991), stamp(REAR, 990)];
        assert!(pictures.oldest(now, both(), &foreign).is_none(), "the other camera's");
        let doubled = [stamp(FRONT, 990), stamp(FRONT, 957), stamp(REAR, 991)];
        assert!(pictures.oldest(now, both(), &doubled).is_none(), "twice");
    }

    #[test]
    fn a_picture_is_forgotten_after_three_seconds() {
        let pictures = pictures();
        let front = CameraSet::default().with(FRONT);
        assert!(pictures.oldest(ms(3990), front, &[stamp(FRONT, 990)]).is_some());
        assert!(pictures.oldest(ms(3991), front, &[stamp(FRONT, 990)]).is_none());
    }

    #[test]
    fn a_stamp_from_thirteen_hours_ago_is_not_taken_for_todays() {
        let wrap_us = (1_u64 << 32) * 100 / 9;
        let mut pictures = Pictures::new();
        pictures.travelled(MonoTime(0), at(0));
        pictures.sent(MonoTime(0), FRONT, MonoTime(0));
        let front = CameraSet::default().with(FRONT);
        assert!(pictures.oldest(MonoTime(wrap_us), front, &[stamp(FRONT, 0)]).is_none());
    }

    #[test]
    fn captures_that_do_not_rise_or_lie_ahead_are_ignored() {
        let mut pictures = Pictures::new();
        pictures.travelled(ms(0), at(0));
        pictures.sent(ms(10), FRONT, ms(11));
        pictures.sent(ms(10), FRONT, ms(9));
        pictures.sent(ms(10), FRONT, ms(8));
        pictures.sent(ms(10), CameraIndex(200), ms(10));
        let front = CameraSet::default().with(FRONT);
        assert!(pictures.oldest(ms(10), front, &[stamp(FRONT, 11)]).is_none());
        assert!(pictures.oldest(ms(10), front, &[stamp(FRONT, 8)]).is_none());
        assert!(pictures.oldest(ms(10), front, &[stamp(FRONT, 9)]).is_some());
    }

    #[test]
    fn what_is_told_twice_counts_once_and_as_it_was_told_first() {
        let mut pictures = Pictures::new();
        pictures.travelled(ms(10), at(1));
        pictures.travelled(ms(10), at(2));
        pictures.travelled(ms(9), at(3));
        assert_eq!((pictures.odometer_at(ms(10)), pictures.odometer_at(ms(9))), (Some(at(1)), None));
        pictures.sent(ms(20), FRONT, ms(20));
        pictures.travelled(ms(20), at(2000));
        pictures.sent(ms(20), FRONT, ms(20));
        pictures.sent(ms(20), REAR, ms(20));
        assert_eq!((pictures.sent[0].length, pictures.sent[1].length), (1, 1));
        let oldest = pictures.oldest(ms(20), both(), &[stamp(FRONT, 20), stamp(REAR, 20)]);
        assert_eq!(oldest, Some(Taken { capture: ms(20), place: at(1) }), "of two of one moment the one from farther back");
    }

    #[test]
    fn the_ring_keeps_the_newest() {
        let mut ring = Ring::new(3);
        for item in 0..5 {
            ring.push(item);
        }
        assert_eq!(ring.newest_first().collect::<Vec<_>>(), [4, 3, 2]);
    }
}
