//! What may be sent a second time: a packet that can still be shown, and not while an earlier copy may be on its way.

use farhand_protocol::MonoTime;
use std::collections::VecDeque;
use std::time::Duration;

/// A picture older than this is covered by newer ones on any page worth driving by: sending it again would only delay them.
const MOST_AGE: Duration = Duration::from_millis(250);
/// Packets kept for one track: 250 ms at 19 Mbit/s. What a higher rate pushes out cannot be asked for again.
const MOST_PACKETS: usize = 512;
/// Between two copies while the round trip is not known: as often as a browser looks at what it misses.
const USUAL_GAP: Duration = Duration::from_millis(20);
/// Between two copies on the fastest of networks, or to a page that makes its round trip shorter than it is.
const LEAST_GAP: Duration = USUAL_GAP;
/// Bytes are counted by slices of time this long.
const SLICE: Duration = Duration::from_millis(1);
/// Bytes that may always be sent again within [`MOST_AGE`]: a large picture, on a line that was quiet before it.
const LEAST_BYTES: usize = 16 * 1024;
/// Round trips and unanswered reports that are remembered: a few seconds of them for each of a handful of tracks.
const MOST_REMEMBERED: usize = 16;

/// Why a packet is not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Never sent, or long forgotten.
    Unknown,
    /// It would come too late to be shown.
    TooOld,
    /// The copy sent last may not have arrived yet.
    JustSent,
    /// This page has been sent too much again of late.
    TooMuch,
}

impl Refusal {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::TooOld => "too_old",
            Self::JustSent => "just_sent",
            Self::TooMuch => "too_much",
        }
    }
}

#[derive(Debug)]
struct Sent<P> {
    first: MonoTime,
    again: Option<MonoTime>,
    packet: P,
}

/// The packets of one track that were sent a short while ago.
#[derive(Debug)]
pub(crate) struct RecentPackets<P> {
    /// The sequence number of the oldest; the others follow without a gap.
    oldest: u16,
    packets: VecDeque<Sent<P>>,
}

impl<P> RecentPackets<P> {
    pub(crate) fn new() -> Self {
        Self { oldest: 0, packets: VecDeque::new() }
    }

    /// Remembers a packet that leaves now, and forgets what is too old.
    pub(crate) fn sent(&mut self, now: MonoTime, sequence: u16, packet: P) {
        while self.packets.len() >= MOST_PACKETS || self.packets.front().is_some_and(|sent| now.since(sent.first) > MOST_AGE) {
            self.packets.pop_front();
            self.oldest = self.oldest.wrapping_add(1);
        }
        if self.place(sequence) != self.packets.len() {
            // Numbered anew; what was asked for by the old numbers is not worth the search.
            self.packets.clear();
        }
        if self.packets.is_empty() {
            self.oldest = sequence;
        }
        self.packets.push_back(Sent { first: now, again: None, packet });
    }

    /// A page misses a packet. `afford` is asked last, and spends what it allows.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(crate) fn again(
        &mut self,
        now: MonoTime,
        sequence: u16,
        round_trip: Option<Duration>,
        afford: impl FnOnce(&P) -> bool,
    ) -> Result<&P, Refusal> {
        let place = self.place(sequence);
        let sent = self.packets.get_mut(place).ok_or(Refusal::Unknown)?;
        if now.since(sent.first) > MOST_AGE {
            return Err(Refusal::TooOld);
        }
        let gap = round_trip.map_or(USUAL_GAP, |round_trip| round_trip.max(LEAST_GAP));
        if sent.again.is_some_and(|again| now.since(again) < gap) {
            return Err(Refusal::JustSent);
        }
        if !afford(&sent.packet) {
            return Err(Refusal::TooMuch);
        }
        sent.again = Some(now);
        Ok(&sent.packet)
    }

    fn place(&self, sequence: u16) -> usize {
        usize::from(sequence.wrapping_sub(self.oldest))
    }
}

/// How much one viewer may be sent again, over all its tracks: half of what it was first sent in the last 250 ms. More would
/// be no repair, and a page that asks for more than it lost could make the gateway send without end.
#[derive(Debug, Default)]
pub(crate) struct ResendBudget {
    first: LateBytes,
    again: LateBytes,
}

impl ResendBudget {
    /// A packet leaves for the first time.
    pub(crate) fn sent(&mut self, now: MonoTime, bytes: usize) {
        self.first.add(now, bytes);
    }

    /// True if a packet of this size may leave once more, which it then does.
    pub(crate) fn spend(&mut self, now: MonoTime, bytes: usize) -> bool {
        let room = self.again.at(now) + bytes <= (self.first.at(now) / 2).max(LEAST_BYTES);
        if room {
            self.again.add(now, bytes);
        }
        room
    }
}

/// Bytes of the last 250 ms, in slices of one millisecond at least.
#[derive(Debug, Default)]
struct LateBytes {
    total: usize,
    slices: VecDeque<(MonoTime, usize)>,
}

impl LateBytes {
    fn add(&mut self, now: MonoTime, bytes: usize) {
        self.total = self.at(now) + bytes;
        match self.slices.back_mut() {
            Some((began, sum)) if now.since(*began) < SLICE => *sum += bytes,
            _ => self.slices.push_back((now, bytes)),
        }
    }

    fn at(&mut self, now: MonoTime) -> usize {
        while let Some((_, sum)) = self.slices.pop_front_if(|(began, _)| now.since(*began) > MOST_AGE) {
            self.total -= sum;
        }
        self.total
    }
}

/// The round trip to one page, from our sender reports and the page's answers to them.
#[derive(Debug, Default)]
pub(crate) struct RoundTrip {
    /// The middle of each report's NTP time, which the answer repeats, and when it was sent.
    reports: VecDeque<(u32, MonoTime)>,
    measured: VecDeque<Duration>,
}

impl RoundTrip {
    pub(crate) fn reported(&mut self, now: MonoTime, report: u32) {
        push(&mut self.reports, (report, now));
    }

    /// The page has answered a report, which it had held for a while.
    pub(crate) fn answered(&mut self, now: MonoTime, report: u32, held: Duration) {
        let sent = self.reports.iter().rev().find(|(name, _)| *name == report);
        if let Some((_, at)) = sent {
            push(&mut self.measured, now.since(*at).saturating_sub(held));
        }
    }

    /// The shortest of late: longer ones hold waiting of their own, and a copy held back too long is a picture lost.
    pub(crate) fn shortest(&self) -> Option<Duration> {
        self.measured.iter().min().copied()
    }
}

fn push<T>(remembered: &mut VecDeque<T>, item: T) {
    if remembered.len() == MOST_REMEMBERED {
        remembered.pop_front();
    }
    remembered.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(milliseconds: u64) -> MonoTime {
        MonoTime(5_000_000 + milliseconds * 1000)
    }

    fn span(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_packet_is_sent_again_while_it_can_be_shown_and_not_later() {
        let mut recent = RecentPackets::new();
        recent.sent(ms(0), 7, "seven");
        assert_eq!(recent.again(ms(30), 7, None, |_| true), Ok(&"seven"));
        assert_eq!(recent.again(ms(250), 7, None, |_| true), Ok(&"seven"));
        assert_eq!(recent.again(ms(251), 7, None, |_| true), Err(Refusal::TooOld));
    }

    #[test]
    fn a_copy_on_its_way_is_not_followed_by_another_within_the_round_trip() {
        let mut recent = RecentPackets::new();
        recent.sent(ms(0), 7, ());
        assert_eq!(recent.again(ms(60), 7, Some(span(50)), |()| true), Ok(&()));
        assert_eq!(recent.again(ms(61), 7, Some(span(50)), |()| true), Err(Refusal::JustSent));
        assert_eq!(recent.again(ms(109), 7, Some(span(50)), |()| true), Err(Refusal::JustSent));
        assert_eq!(recent.again(ms(110), 7, Some(span(50)), |()| true), Ok(&()));
        assert_eq!(recent.again(ms(159), 7, Some(span(50)), |()| true), Err(Refusal::JustSent), "counted from the newest copy");
    }

    #[test]
    fn twenty_milliseconds_pass_at_least_whatever_round_trip_is_said() {
        let mut recent = RecentPackets::new();
        recent.sent(ms(0), 7, ());
        assert!(recent.again(ms(1), 7, None, |()| true).is_ok(), "the first copy waits for nothing");
        assert_eq!(recent.again(ms(20), 7, None, |()| true), Err(Refusal::JustSent));
        assert!(recent.again(ms(21), 7, None, |()| true).is_ok());
        assert_eq!(recent.again(ms(40), 7, Some(span(0)), |()| true), Err(Refusal::JustSent));
        assert!(recent.again(ms(41), 7, Some(span(0)), |()| true).is_ok());
    }

    #[test]
    fn a_packet_that_cannot_be_afforded_may_be_asked_for_again_at_once() {
        let mut recent = RecentPackets::new();
        recent.sent(ms(0), 7, ());
        assert_eq!(recent.again(ms(1), 7, None, |()| false), Err(Refusal::TooMuch));
        assert!(recent.again(ms(1), 7, None, |()| true).is_ok());
    }

    #[test]
    fn a_viewer_is_sent_again_half_of_what_it_was_sent_of_late() {
        let mut budget = ResendBudget::default();
        budget.sent(ms(0), 100_000);
        assert!(budget.spend(ms(100), 50_000));
        assert!(!budget.spend(ms(100), 1));
        budget.sent(ms(200), 100_000);
        assert!(budget.spend(ms(250), 50_000));
        assert!(!budget.spend(ms(251), 1), "what was sent first is old, what was sent again is not");
        assert!(!budget.spend(ms(351), 1), "still half of the newer part");
        assert!(budget.spend(ms(501), 1));
    }

    #[test]
    fn a_viewer_that_was_sent_little_may_still_miss_a_picture() {
        let mut budget = ResendBudget::default();
        assert!(budget.spend(ms(0), LEAST_BYTES));
        assert!(!budget.spend(ms(250), 1));
        assert!(budget.spend(ms(251), LEAST_BYTES));
        assert!(budget.first.slices.is_empty() && budget.again.slices.len() == 1, "little is kept");
    }

    #[test]
    fn what_was_never_sent_is_unknown_on_both_sides_of_the_numbers_end() {
        let mut recent = RecentPackets::new();
        assert_eq!(recent.again(ms(0), 0, None, |_| true), Err::<&u16, _>(Refusal::Unknown));
        for sequence in [65_534, 65_535, 0, 1] {
            recent.sent(ms(0), sequence, sequence);
        }
        for sequence in [65_534, 65_535, 0, 1] {
            assert_eq!(recent.again(ms(1), sequence, None, |_| true), Ok(&sequence));
        }
        assert_eq!(recent.again(ms(1), 2, None, |_| true), Err(Refusal::Unknown));
        assert_eq!(recent.again(ms(1), 65_533, None, |_| true), Err(Refusal::Unknown));
    }

    #[test]
    fn old_packets_are_let_go_and_so_are_too_many() {
        let mut recent = RecentPackets::new();
        for sequence in 0..600 {
            recent.sent(ms(0), sequence, ());
        }
        assert_eq!(recent.packets.len(), MOST_PACKETS);
        assert_eq!(recent.again(ms(0), 87, None, |()| true), Err(Refusal::Unknown));
        assert_eq!(recent.again(ms(0), 88, None, |()| true), Ok(&()));
        recent.sent(ms(251), 600, ());
        assert_eq!(recent.packets.len(), 1);
        assert_eq!(recent.again(ms(251), 600, None, |()| true), Ok(&()));
    }

    #[test]
    fn packets_that_are_numbered_anew_are_known_by_their_new_numbers_only() {
        let mut recent = RecentPackets::new();
        recent.sent(ms(0), 7, "old");
        recent.sent(ms(0), 100, "new");
        recent.sent(ms(0), 101, "newer");
        assert_eq!(recent.again(ms(1), 100, None, |_| true), Ok(&"new"));
        assert_eq!(recent.again(ms(1), 101, None, |_| true), Ok(&"newer"));
        assert_eq!(recent.again(ms(1), 7, None, |_| true), Err(Refusal::Unknown));
    }

    #[test]
    fn the_round_trip_is_what_is_left_after_the_page_held_the_report() {
        let mut round_trip = RoundTrip::default();
        assert_eq!(round_trip.shortest(), None);
        round_trip.reported(ms(0), 11);
        round_trip.reported(ms(1000), 22);
        round_trip.answered(ms(1090), 22, span(40));
        assert_eq!(round_trip.shortest(), Some(span(50)));
        round_trip.answered(ms(1100), 11, span(1070));
        assert_eq!(round_trip.shortest(), Some(span(30)));
        round_trip.answered(ms(1100), 33, Duration::ZERO);
        assert_eq!(round_trip.shortest(), Some(span(30)), "a report that was never sent");
        round_trip.answered(ms(1100), 22, Duration::from_secs(9));
        assert_eq!(round_trip.shortest(), Some(span(0)), "an impossible answer harms nobody");
    }

    #[test]
    fn a_shorter_round_trip_of_long_ago_is_forgotten() {
        let mut round_trip = RoundTrip::default();
        for report in 0..=16 {
            round_trip.reported(ms(0), report);
            round_trip.answered(ms(if report == 0 { 10 } else { 80 }), report, Duration::ZERO);
        }
        assert_eq!(round_trip.shortest(), Some(span(80)));
        assert!(round_trip.reports.len() <= MOST_REMEMBERED);
    }

    proptest! {
        /// Whatever is sent and asked for when: nothing leaves too late or too soon after itself, and little is kept.
        #[test]
        fn nothing_leaves_too_late_or_twice_at_once(
            events in prop::collection::vec((any::<bool>(), 0_u64..40, 0_u16..30, 0_u64..60), 0..300)
        ) {
            let mut recent = RecentPackets::new();
            let (mut now, mut next) = (0, 65_500_u16);
            let mut copies: std::collections::BTreeMap<u16, u64> = std::collections::BTreeMap::new();
            for (send, wait, back, round_trip) in events {
                now += wait;
                if send {
                    recent.sent(ms(now), next, (next, now));
                    next = next.wrapping_add(1);
                } else {
                    let sequence = next.wrapping_sub(back);
                    if let Ok((number, first)) = recent.again(ms(now), sequence, Some(span(round_trip)), |_| true).copied() {
                        prop_assert_eq!(number, sequence);
                        prop_assert!(now - first <= 250);
                        if let Some(before) = copies.insert(sequence, now) {
                            prop_assert!(now - before >= round_trip.max(20));
                        }
                    }
                }
                prop_assert!(recent.packets.len() <= MOST_PACKETS);
            }
        }
    }
}
