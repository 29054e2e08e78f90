//! What a page can take, from what it says itself: browsers estimate it by the gaps between packets and report it.
//!
//! A browser begins low, whatever its way carries, and never says much more than it is sent: it has seen no more. So its word is a
//! bound only once it takes something back and says less than it is sent, and until it says a good deal more.

use farhand_protocol::MonoTime;
use std::collections::VecDeque;
use std::time::Duration;

/// The rate sent is counted over this: a key frame and what follows it are one.
const COUNTED: Duration = Duration::from_secs(1);
/// A browser repeats its estimate every second; after this it has none.
const SAID_LASTS: Duration = Duration::from_secs(5);
/// In percent of what is sent: below, the way is full.
const FULL: u64 = 95;
/// In percent of what is sent: above, it is not. Browsers say at most 150.
const FREE: u64 = 130;
/// In percent of its word before: below, it takes something back. Browsers take a seventh.
const TAKEN_BACK: u64 = 97;
/// Counts kept at most: a second of eight cameras at 60 pictures a second.
const MOST_COUNTS: usize = 480;

/// One page's way.
#[derive(Debug, Clone, Default)]
pub struct Downlink {
    sent: VecDeque<(MonoTime, u64)>,
    said: Option<(MonoTime, u64)>,
    full: bool,
}

impl Downlink {
    /// A picture of so many bytes leaves for the page.
    pub fn sent(&mut self, now: MonoTime, bytes: usize) {
        if self.sent.len() >= MOST_COUNTS {
            self.sent.pop_front();
        }
        self.sent.push_back((now, u64::try_from(bytes).unwrap_or(u64::MAX)));
    }

    /// The page says what it can take. True if that is less than before and less than is sent.
    #[must_use]
    pub fn said(&mut self, now: MonoTime, bps: u64) -> bool {
        while self.sent.front().is_some_and(|(at, _)| now.since(*at) > COUNTED) {
            self.sent.pop_front();
        }
        // Bits in a second are bits a second.
        let sent_bps = self.sent.iter().map(|(_, bytes)| bytes * 8).sum::<u64>();
        let before = self.bound_bps(now);
        let lasting = self.said.filter(|(at, _)| now.since(*at) < SAID_LASTS);
        let takes_back = lasting.is_some_and(|(_, before)| bps * 100 < before * TAKEN_BACK);
        let limit = if self.full { FREE } else { FULL };
        self.full = (self.full && lasting.is_some() || takes_back) && bps * 100 < sent_bps * limit;
        self.said = Some((now, bps));
        self.full && before.is_none_or(|before| bps < before)
    }

    /// The rate that the page can take; none if nothing limits it.
    #[must_use]
    pub fn bound_bps(&self, now: MonoTime) -> Option<u64> {
        self.said.filter(|(at, _)| self.full && now.since(*at) < SAID_LASTS).map(|(_, bps)| bps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> MonoTime {
        MonoTime(millis * 1000)
    }

    /// A second of pictures at this rate.
    fn send(downlink: &mut Downlink, from_ms: u64, kbps: usize) {
        for frame in 0..30 {
            downlink.sent(ms(from_ms + frame * 33), kbps * 1000 / 8 / 30);
        }
    }

    /// A page that took four megabits a second a while ago and takes 900 kbit/s at 1000 ms.
    fn full() -> Downlink {
        let mut downlink = Downlink::default();
        assert!(!downlink.said(ms(500), 4_000_000));
        send(&mut downlink, 0, 4000);
        assert!(downlink.said(ms(1000), 900_000), "to be told at once");
        downlink
    }

    #[test]
    fn a_page_that_begins_low_and_rises_limits_nothing() {
        let mut downlink = Downlink::default();
        for (second, kbps) in [300, 500, 800, 1200, 1180, 2000].into_iter().enumerate() {
            let from_ms = 1000 * u64::try_from(second).expect("six");
            send(&mut downlink, from_ms, 4000);
            assert!(!downlink.said(ms(from_ms + 1000), kbps * 1000));
            assert_eq!(downlink.bound_bps(ms(from_ms + 1000)), None, "{kbps}");
        }
    }

    #[test]
    fn a_page_that_has_seen_no_more_limits_nothing() {
        let mut downlink = Downlink::default();
        send(&mut downlink, 0, 400);
        assert!(!downlink.said(ms(1000), 600_000));
        assert_eq!(downlink.bound_bps(ms(1000)), None);
    }

    #[test]
    fn a_full_way_is_a_bound_until_the_page_takes_a_good_deal_more_than_it_is_sent() {
        let mut downlink = full();
        assert_eq!(downlink.bound_bps(ms(1000)), Some(900_000));
        send(&mut downlink, 2000, 900);
        assert!(!downlink.said(ms(3000), 1_000_000));
        assert_eq!(downlink.bound_bps(ms(3000)), Some(1_000_000), "it finds out little by little");
        send(&mut downlink, 4000, 1000);
        assert!(!downlink.said(ms(5000), 1_500_000));
        assert_eq!(downlink.bound_bps(ms(5000)), None);
    }

    #[test]
    fn a_page_that_says_nothing_any_more_limits_nothing() {
        let mut downlink = full();
        assert_eq!(downlink.bound_bps(ms(5999)), Some(900_000));
        assert_eq!(downlink.bound_bps(ms(6001)), None);
        send(&mut downlink, 9000, 4000);
        assert!(!downlink.said(ms(10_000), 800_000), "it begins anew, and low");
        assert_eq!(downlink.bound_bps(ms(10_000)), None);
    }
}
