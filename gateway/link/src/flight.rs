//! What is on its way to one page that says of each picture when it has come: what its way carries, and what is given up.
//!
//! The estimate is that of a vehicle's uplink ([`Uplink`]): both instants are the sender's own. Where the way has no room
//! a picture waits, and what waits too long is not sent.

use crate::{Uplink, UplinkLimits};
use farhand_protocol::{CameraIndex, MonoTime};
use std::collections::VecDeque;

/// Cameras of a vehicle get this much each, however bad the way is.
const FLOOR_BPS: u64 = 50_000;
/// A page never gets more than this: eight cameras of 720p. It begins at half of it, more than four of 360p use.
const CEILING_BPS: u64 = 20_000_000;
/// Pictures remembered as under way: two seconds of eight cameras at 60 a second. The oldest are forgotten beyond it.
const MOST_UNDER_WAY: usize = 960;

/// A picture that left and has not come, as far as its sender knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnderWay {
    /// The number it was sent under.
    pub number: u32,
    /// Whose it is.
    pub camera: CameraIndex,
    sent: MonoTime,
    bytes: usize,
}

/// One page's pictures.
#[derive(Debug, Clone)]
pub struct Flight {
    uplink: Uplink,
    newest: u32,
    under_way: VecDeque<UnderWay>,
}

impl Flight {
    /// Nothing is known of the way yet.
    #[must_use]
    pub fn new(cameras: usize) -> Self {
        let cameras = u64::try_from(cameras).unwrap_or(1).max(1);
        let limits = UplinkLimits { floor_bps: cameras * FLOOR_BPS, ceiling_bps: CEILING_BPS };
        Self { uplink: Uplink::new(limits), newest: 0, under_way: VecDeque::new() }
    }

    /// True if one more picture may leave now. If not, that it had to wait is noted.
    pub fn has_room(&mut self, now: MonoTime) -> bool {
        self.uplink.tick(now);
        let room = self.uplink.has_room(0);
        if !room {
            self.uplink.held(now);
        }
        room
    }

    /// A picture leaves; its number is returned.
    pub fn sent(&mut self, now: MonoTime, camera: CameraIndex, bytes: usize) -> u32 {
        self.newest = self.newest.wrapping_add(1);
        if self.under_way.len() >= MOST_UNDER_WAY {
            self.under_way.pop_front();
        }
        self.under_way.push_back(UnderWay { number: self.newest, camera, sent: now, bytes });
        self.uplink.sent(now, bytes);
        self.newest
    }

    /// The page says that it has a picture. False if none of this number is under way.
    pub fn arrived(&mut self, now: MonoTime, number: u32) -> bool {
        let found = self.under_way.iter().position(|picture| picture.number == number);
        let Some(picture) = found.and_then(|at| self.under_way.remove(at)) else { return false };
        self.uplink.acknowledged(now, picture.sent, picture.bytes);
        true
    }

    /// Takes out what is of no use any more. The newest stays, however old: when it comes the way carries again.
    pub fn given_up(&mut self, now: MonoTime) -> Vec<UnderWay> {
        self.uplink.tick(now);
        let newest = self.newest;
        let (old, kept): (VecDeque<_>, VecDeque<_>) =
            self.under_way.iter().partition(|picture| picture.number != newest && self.uplink.gives_up(now, picture.sent));
        self.under_way = kept;
        old.into()
    }

    /// The rate at which all pictures together should come.
    #[must_use]
    pub fn target_bps(&self) -> u64 {
        self.uplink.target_bps()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRONT: CameraIndex = CameraIndex(0);

    fn ms(millis: u64) -> MonoTime {
        MonoTime(millis * 1000)
    }

    /// A page 20 ms away to which a picture of so many bytes is offered every 33 ms from `from_ms` on, over a way of this rate.
    fn play(flight: &mut Flight, from_ms: u64, for_ms: u64, bytes: usize, way_bps: u64) -> usize {
        let (mut coming, mut free_us, mut left) = (VecDeque::new(), from_ms * 1000, 0);
        for at_ms in from_ms..from_ms + for_ms {
            while coming.front().is_some_and(|(at, _)| *at <= at_ms * 1000) {
                let (_, number) = coming.pop_front().expect("there");
                assert!(flight.arrived(ms(at_ms), number), "is under way");
            }
            if at_ms % 33 == 0 && flight.has_room(ms(at_ms)) {
                let number = flight.sent(ms(at_ms), FRONT, bytes);
                free_us = free_us.max(at_ms * 1000) + u64::try_from(bytes).expect("few") * 8_000_000 / way_bps;
                coming.push_back((free_us + 20_000, number));
                left += 1;
            }
        }
        left
    }

    #[test]
    fn a_way_with_room_holds_no_picture_and_bounds_nothing() {
        let mut flight = Flight::new(4);
        assert!(play(&mut flight, 0, 3300, 20_000, 50_000_000) >= 100);
        assert!(flight.target_bps() >= CEILING_BPS / 2, "{}", flight.target_bps());
        assert!(flight.given_up(ms(3300)).is_empty());
    }

    #[test]
    fn a_narrow_way_is_noticed_and_pictures_wait_for_it() {
        let mut flight = Flight::new(4);
        play(&mut flight, 0, 1000, 20_000, 50_000_000);
        // 4.8 Mbit/s are offered, and one passes.
        let left = play(&mut flight, 1000, 2000, 20_000, 1_000_000);
        assert!(flight.target_bps() < 1_500_000, "{}", flight.target_bps());
        assert!(left < 30, "{left} of 60 left, 12 can pass");
    }

    #[test]
    fn what_does_not_come_is_given_up_but_for_the_newest_and_once() {
        let mut flight = Flight::new(1);
        play(&mut flight, 0, 990, 3000, 50_000_000);
        let old: Vec<u32> = [0, 1, 2].map(|at| flight.sent(ms(1000 + at), FRONT, 3000)).into();
        assert!(flight.given_up(ms(1100)).is_empty(), "too early");
        let numbers: Vec<u32> = flight.given_up(ms(2500)).iter().map(|picture| picture.number).collect();
        assert!(numbers.ends_with(&old[..2]) && !numbers.contains(&old[2]), "{numbers:?}");
        assert!(flight.given_up(ms(2600)).is_empty());
        assert!(!flight.arrived(ms(2600), old[0]), "it is no longer waited for");
        assert!(!flight.has_room(ms(2600)), "nothing is sent into a way that is cut");
        assert!(flight.arrived(ms(2700), old[2]));
        assert!(flight.has_room(ms(2701)), "it carries again");
    }

    #[test]
    fn a_page_that_speaks_of_pictures_it_never_got_changes_nothing() {
        let mut flight = Flight::new(1);
        assert!(!flight.arrived(ms(1), 0));
        assert!(!flight.arrived(ms(1), 9));
        assert!(flight.has_room(ms(2)));
    }
}
