//! Which camera's next picture may be made. What there is no room for is never encoded: nothing has to be thrown away later
//! that others depend on, and the camera goes on with its newest picture.

use crate::{Uplink, UplinkLimits};
use farhand_protocol::{CameraIndex, MonoTime};
use std::time::Duration;

/// From the raw picture to its sending; what takes longer was lost on the way there.
const MADE_WITHIN: Duration = Duration::from_millis(100);
/// A camera that was refused within this time waits for its turn: one picture at 30 a second and a little.
const WAITS_FOR: Duration = Duration::from_millis(45);
/// Cameras do not keep time exactly; a picture so much early is in time.
const EARLY: Duration = Duration::from_millis(8);

/// One camera.
#[derive(Debug, Clone, Copy, Default)]
struct Paced {
    /// When its newest picture was admitted.
    admitted: Option<MonoTime>,
    /// When one was refused for want of room.
    refused: Option<MonoTime>,
    /// When the picture was admitted that is being made.
    coming: Option<MonoTime>,
    /// Bytes of the newest picture sent.
    bytes: u64,
    /// The least time between two pictures.
    every: Duration,
}

/// The uplink, shared out among cameras picture by picture: whoever waits longest comes first.
#[derive(Debug, Clone)]
pub struct Pacer {
    uplink: Uplink,
    cameras: Vec<Paced>,
}

impl Pacer {
    /// For so many cameras.
    #[must_use]
    pub fn new(limits: UplinkLimits, cameras: usize) -> Self {
        Self { uplink: Uplink::new(limits), cameras: vec![Paced::default(); cameras] }
    }

    /// Cameras came or went.
    pub fn set_limits(&mut self, limits: UplinkLimits) {
        self.uplink.set_limits(limits);
    }

    /// A fresh connection: nothing is under way and nothing is known.
    pub fn restart(&mut self) {
        self.uplink = Uplink::new(self.uplink.limits());
        self.cameras.iter_mut().for_each(|camera| *camera = Paced { every: camera.every, ..Paced::default() });
    }

    /// A raw picture is there. True if it is to be encoded and sent.
    #[must_use]
    pub fn admit(&mut self, now: MonoTime, camera: CameraIndex) -> bool {
        let coming =
            self.cameras.iter().filter(|other| is_recent(other.coming, now, MADE_WITHIN)).map(|other| other.bytes.max(1));
        let room = self.uplink.has_room(coming.sum());
        if !room {
            self.uplink.held(now);
        }
        let Some(mine) = self.cameras.get(usize::from(camera.0)).copied() else { return false };
        if mine.admitted.is_some_and(|admitted| now.since(admitted) + EARLY < mine.every) {
            return false;
        }
        let waits_longer = |other: &Paced| is_recent(other.refused, now, WAITS_FOR) && other.admitted < mine.admitted;
        let admitted = room && !self.cameras.iter().any(waits_longer);
        let Some(mine) = self.cameras.get_mut(usize::from(camera.0)) else { return false };
        if admitted {
            (mine.admitted, mine.coming, mine.refused) = (Some(now), Some(now), None);
        } else {
            mine.refused = Some(now);
        }
        admitted
    }

    /// The camera's picture, of so many bytes, is handed over to be sent.
    pub fn handed_over(&mut self, camera: CameraIndex, bytes: usize) {
        if let Some(camera) = self.cameras.get_mut(usize::from(camera.0)) {
            (camera.coming, camera.bytes) = (None, u64::try_from(bytes).unwrap_or(u64::MAX));
        }
    }

    /// So many bytes leave now.
    pub fn sent(&mut self, now: MonoTime, bytes: usize) {
        self.uplink.sent(now, bytes);
    }

    /// A packet of so many bytes, that left at `sent`, is at the other end.
    pub fn acknowledged(&mut self, now: MonoTime, sent: MonoTime, bytes: usize) {
        self.uplink.acknowledged(now, sent, bytes);
    }

    /// Time passed.
    pub fn tick(&mut self, now: MonoTime) {
        self.uplink.tick(now);
    }

    /// Sets the least time between two pictures of a camera.
    pub fn set_interval(&mut self, camera: CameraIndex, every: Duration) {
        if let Some(camera) = self.cameras.get_mut(usize::from(camera.0)) {
            camera.every = every;
        }
    }

    /// The estimate.
    #[must_use]
    pub fn uplink(&self) -> &Uplink {
        &self.uplink
    }
}

fn is_recent(at: Option<MonoTime>, now: MonoTime, within: Duration) -> bool {
    at.is_some_and(|at| now.since(at) <= within)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRONT: CameraIndex = CameraIndex(0);
    const REAR: CameraIndex = CameraIndex(1);
    const LIMITS: UplinkLimits = UplinkLimits { floor_bps: 100_000, ceiling_bps: 2_000_000 };

    fn ms(millis: u64) -> MonoTime {
        MonoTime(millis * 1000)
    }

    /// A link of 20 ms there and back, known to the pacer; now is 1000 ms.
    fn known() -> Pacer {
        let mut pacer = Pacer::new(LIMITS, 2);
        for step in 0..40 {
            let at = 100 + step * 20;
            pacer.sent(ms(at), 500);
            pacer.acknowledged(ms(at + 20), ms(at), 500);
            pacer.tick(ms(at + 20));
        }
        pacer
    }

    /// Half a second of pictures in one: the link is full until it is acknowledged.
    fn fill(pacer: &mut Pacer, at: MonoTime) {
        pacer.sent(at, 60_000);
    }

    #[test]
    fn what_is_under_way_is_bounded_by_what_the_link_carries_in_a_round_trip_and_a_little() {
        let mut pacer = known();
        assert!(pacer.admit(ms(1000), FRONT));
        fill(&mut pacer, ms(1001));
        assert!(!pacer.admit(ms(1002), REAR), "no room");
        pacer.acknowledged(ms(1020), ms(1001), 60_000);
        assert!(pacer.admit(ms(1021), REAR));
    }

    #[test]
    fn the_camera_that_waits_longest_comes_first() {
        let mut pacer = known();
        assert!(pacer.admit(ms(1000), REAR));
        pacer.handed_over(REAR, 500);
        assert!(pacer.admit(ms(1010), FRONT));
        fill(&mut pacer, ms(1011));
        assert!(!pacer.admit(ms(1034), REAR));
        pacer.acknowledged(ms(1040), ms(1011), 60_000);
        assert!(!pacer.admit(ms(1044), FRONT), "there is room, but the rear camera waits for it");
        assert!(pacer.admit(ms(1067), REAR));
        assert!(pacer.admit(ms(1078), FRONT));
    }

    #[test]
    fn a_camera_that_stopped_is_not_waited_for() {
        let mut pacer = known();
        assert!(pacer.admit(ms(1000), FRONT));
        fill(&mut pacer, ms(1001));
        assert!(!pacer.admit(ms(1010), REAR));
        pacer.acknowledged(ms(1020), ms(1001), 60_000);
        assert!(!pacer.admit(ms(1034), FRONT));
        assert!(pacer.admit(ms(1067), FRONT), "the rear camera was heard of 57 ms ago");
    }

    #[test]
    fn pictures_that_are_being_made_take_their_room() {
        let mut pacer = known();
        assert!(pacer.admit(ms(1000), FRONT));
        pacer.handed_over(FRONT, 30_000);
        pacer.sent(ms(1001), 30_000);
        pacer.acknowledged(ms(1020), ms(1001), 30_000);
        assert!(pacer.admit(ms(1034), FRONT));
        assert!(!pacer.admit(ms(1036), REAR), "the front picture will be as large as its last one");
        assert!(pacer.admit(ms(1140), REAR), "it was lost on the way to the link");
    }

    #[test]
    fn a_camera_keeps_its_interval() {
        let mut pacer = known();
        pacer.set_interval(FRONT, Duration::from_millis(66));
        let admitted = (0..8).map(|frame| 1000 + frame * 33).filter(|at| {
            let admitted = pacer.admit(ms(*at), FRONT);
            if admitted {
                pacer.handed_over(FRONT, 100);
                pacer.sent(ms(*at), 100);
                pacer.acknowledged(ms(at + 20), ms(*at), 100);
            }
            admitted
        });
        assert_eq!(admitted.collect::<Vec<_>>(), [1000, 1066, 1132, 1198]);
    }

    #[test]
    fn a_fresh_connection_knows_nothing_of_the_old_one() {
        let mut pacer = known();
        fill(&mut pacer, ms(1000));
        assert!(!pacer.admit(ms(1001), FRONT));
        pacer.restart();
        assert!(pacer.admit(ms(1002), FRONT));
    }
}
