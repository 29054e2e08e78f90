//! How much the way to the gateway carries: from when each packet left and when it was acknowledged.
//!
//! Both instants are the sender's own, so no clock is compared with another. Delay is never traded for quality: what is under
//! way is bounded by what the link is known to carry in one shortest round trip and a little, the rate falls as soon as
//! packets wait somewhere on the way, and rises only while none waits. A link keeps its order, so whatever left before a
//! packet that is acknowledged has arrived or is lost, and only the first word of a packet newer than all those before it tells
//! how long the way is now: what is lost by chance is no sign of a full link, nor is what leaves in one burst.

use farhand_protocol::MonoTime;
use std::collections::VecDeque;
use std::time::Duration;

/// Of the newest bursts within this time the least delayed tells what waits on the way: jitter delays single ones.
const MOMENT: Duration = Duration::from_millis(120);
const OF_A_MOMENT: usize = 3;
/// From how many bursts it is judged how long one usually takes.
const USUAL: usize = 16;
/// The carried rate is counted over this, and over the shorter one where pictures began to wait just now.
const COUNTED: Duration = Duration::from_millis(400);
const COUNTED_AT_FIRST: Duration = Duration::from_millis(120);
/// The shortest delay is forgotten after one to two of these: routes change.
const BASE_LASTS: Duration = Duration::from_secs(5);
/// Waiting on the way from which on the link is full. Above what jitter leaves in the least delayed of a moment.
const FULL: Duration = Duration::from_millis(25);
/// Waiting below which it is drained.
const DRAINED: Duration = Duration::from_millis(10);
/// What waits is worked off in this time.
const DRAIN_WITHIN: Duration = Duration::from_millis(400);
/// What does not drain in this time, although less is sent than comes through, does not wait for this vehicle's pictures: the way
/// is longer now, or busy with something else.
const DRAINS_FOR: Duration = Duration::from_millis(1500);
/// What waited and is gone again so soon, while the cameras had all they wanted and used little of what they may, was held up once, by
/// the host or in the air: what came through then is no more than what they made, and says nothing of what the link carries.
const HELD_UP: Duration = Duration::from_millis(110);
/// The cameras have all they want if no picture was held for so long, ...
const CALM: Duration = Duration::from_secs(1);
/// ... but for those since what is judged began: holds no farther apart than this are one.
const ONE_HOLD: Duration = Duration::from_millis(300);
/// Between two judgements: a shorter time does not show what the last one did.
const JUDGED_EVERY: Duration = Duration::from_millis(50);
/// A full link is remembered as full at that rate for so long.
const KNEE_LASTS: Duration = Duration::from_secs(3);
/// A link that is cut again within this time carries what it did before the first cut.
const CUTS_ARE_ONE: Duration = Duration::from_secs(10);
/// What may be under way beyond one shortest round trip while the link drains.
const SLACK: Duration = Duration::from_millis(40);
/// And while it does not: all cameras' pictures of one instant, twice. What is missed holds the rest back.
const FREE_SLACK: Duration = Duration::from_millis(80);
/// What comes so much later than usual is missed, and until something comes back nothing more is made: two pictures of four
/// cameras, so that one lost by chance is overtaken before.
const LATE: Duration = Duration::from_millis(15);
/// Nothing came back for so long: the link is cut, and says nothing of what it will carry.
const CUT: Duration = Duration::from_millis(400);
/// A picture that what left so much later overtook is lost and sent again: after this it is of no use any more.
const OLD: Duration = Duration::from_millis(400);
/// One that nothing overtook only waits its turn, and all after it would need a key frame: after this it is given up as well.
const OLDEST: Duration = Duration::from_secs(1);
/// Less than this under way is always allowed: two small pictures.
const LEAST_UNDER_WAY: u64 = 4_000;
/// What leaves within this time is one burst: its first packet tells of the way, the others wait for each other.
const BURST: Duration = Duration::from_millis(5);
/// What left so much later than a picture is none of its own packets.
const OVERTAKES: Duration = Duration::from_millis(100);
/// Bursts remembered as under way; a second of eight cameras at 60 a second. The oldest are forgotten beyond it.
const MOST_UNDER_WAY: usize = 480;

/// Acknowledged packets kept at most: 30 Mbit/s.
const MOST_CARRIED: usize = 1_000;

/// Between which rates it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UplinkLimits {
    /// Never less, however bad the link is.
    pub floor_bps: u64,
    /// Never more: what all cameras together can use.
    pub ceiling_bps: u64,
}

/// What left in one burst, and is newer than all that is acknowledged or not yet acknowledged whole.
#[derive(Debug, Clone, Copy)]
struct UnderWay {
    sent: MonoTime,
    /// When the last of it left.
    until: MonoTime,
    bytes: u64,
    /// Some of it is acknowledged.
    arriving: bool,
}

/// One acknowledged packet.
#[derive(Debug, Clone, Copy)]
struct Carried {
    at: MonoTime,
    bytes: u64,
    /// How long it took, if it is the first of what left in its instant or later.
    took: Option<Duration>,
}

/// Packets wait on the way.
#[derive(Debug, Clone, Copy)]
struct Draining {
    /// From here on what came through is what the link carries.
    counted_from: MonoTime,
    /// Earlier delays say nothing of what waits.
    judged_from: MonoTime,
    since: MonoTime,
    /// The rate before, and the knee.
    before_bps: u64,
    before_knee: Option<(u64, MonoTime)>,
    /// The cameras had all they wanted and used little of it.
    idle: bool,
}

/// The estimate of one connection. Begins at half the ceiling: the first second tells.
#[derive(Debug, Clone)]
pub struct Uplink {
    limits: UplinkLimits,
    target_bps: u64,
    under_way: VecDeque<UnderWay>,
    bytes_under_way: u64,
    /// When the newest packet left that is acknowledged.
    reached: Option<MonoTime>,
    carried: VecDeque<Carried>,
    /// The shortest delay of this stretch of time and of the one before.
    base: [Option<Duration>; 2],
    base_since: MonoTime,
    draining: Option<Draining>,
    judged_at: Option<MonoTime>,
    /// The rate at which the link was full last, and when.
    knee: Option<(u64, MonoTime)>,
    /// The rate before the link was cut.
    before_cut: Option<u64>,
    /// That of the last cut, and when it was over.
    resumed: Option<(u64, MonoTime)>,
    /// Something should have come back and has not.
    missed: bool,
    holds: Holds,
}

/// When pictures were held.
#[derive(Debug, Clone, Copy, Default)]
struct Holds {
    /// The end of those before the newest ones.
    before: Option<MonoTime>,
    /// First and last of the newest ones.
    newest: Option<(MonoTime, MonoTime)>,
}

impl Holds {
    fn note(&mut self, now: MonoTime) {
        match &mut self.newest {
            Some((_, last)) if now.since(*last) <= ONE_HOLD => *last = now,
            newest => (self.before, self.newest) = (newest.map(|(_, last)| last), Some((now, now))),
        }
    }

    /// True if, but for now, nothing was held for long.
    fn were_none_before(&self, now: MonoTime) -> bool {
        let (until, last) = match self.newest {
            Some((first, last)) if now.since(last) <= ONE_HOLD => (first, self.before),
            newest => (now, newest.map(|(_, last)| last)),
        };
        last.is_none_or(|last| until.since(last) >= CALM)
    }
}

impl Uplink {
    /// Knows nothing yet.
    #[must_use]
    pub fn new(limits: UplinkLimits) -> Self {
        Self {
            limits,
            target_bps: limits.ceiling_bps / 2,
            under_way: VecDeque::with_capacity(MOST_UNDER_WAY),
            bytes_under_way: 0,
            reached: None,
            carried: VecDeque::new(),
            base: [None; 2],
            base_since: MonoTime(0),
            draining: None,
            judged_at: None,
            knee: None,
            before_cut: None,
            resumed: None,
            missed: false,
            holds: Holds::default(),
        }
    }

    /// Cameras came or went. Where nothing was taken away before, nothing more is taken than at the beginning.
    pub fn set_limits(&mut self, limits: UplinkLimits) {
        let was_free = self.target_bps >= self.limits.ceiling_bps;
        self.limits = limits;
        self.set(if was_free { self.target_bps.max(limits.ceiling_bps / 2) } else { self.target_bps });
    }

    /// So many bytes leave now.
    pub fn sent(&mut self, now: MonoTime, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        match self.under_way.back_mut().filter(|burst| now.since(burst.sent) < BURST) {
            Some(burst) => (burst.until, burst.bytes) = (now, burst.bytes.saturating_add(bytes)),
            None => self.under_way.push_back(UnderWay { sent: now, until: now, bytes, arriving: false }),
        }
        if self.under_way.len() > MOST_UNDER_WAY {
            self.forget_oldest();
        }
        self.bytes_under_way = self.bytes_under_way.saturating_add(bytes);
    }

    /// A packet of so many bytes, that left at `sent`, is at the other end.
    pub fn acknowledged(&mut self, now: MonoTime, sent: MonoTime, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        while self.under_way.front().is_some_and(|oldest| oldest.until < sent) {
            self.forget_oldest();
        }
        let mut newest = self.reached.is_none_or(|reached| sent > reached);
        if let Some(burst) = self.under_way.front_mut().filter(|burst| burst.sent <= sent) {
            newest &= !burst.arriving;
            let acknowledged = bytes.min(burst.bytes);
            burst.bytes -= acknowledged;
            burst.arriving = true;
            self.bytes_under_way -= acknowledged;
            if burst.bytes == 0 {
                self.forget_oldest();
            }
        }
        self.reached = Some(self.reached.map_or(sent, |reached| reached.max(sent)));
        let took = newest.then(|| now.since(sent));
        if let Some(took) = took {
            if self.before_cut.is_some() {
                // To be judged in the next tick.
                self.judged_at = None;
            }
            if now.since(self.base_since) >= BASE_LASTS {
                (self.base, self.base_since) = ([None, self.base[0]], now);
            }
            self.base[0] = Some(self.base[0].map_or(took, |base| base.min(took)));
            self.begin_to_drain(now, took);
        }
        if self.carried.len() >= MOST_CARRIED {
            self.carried.pop_front();
        }
        self.carried.push_back(Carried { at: now, bytes, took });
        self.missed = self.is_missed(now);
    }

    /// Time passed.
    pub fn tick(&mut self, now: MonoTime) {
        while self.carried.front().is_some_and(|oldest| now.since(oldest.at) > COUNTED) {
            self.carried.pop_front();
        }
        self.missed = self.is_missed(now);
        let since = self.judged_at.map(|at| now.since(at));
        if since.is_some_and(|since| since < JUDGED_EVERY) {
            return;
        }
        self.judged_at = Some(now);
        self.judge(now, since.unwrap_or_default());
    }

    /// Between which rates it moves.
    #[must_use]
    pub fn limits(&self) -> UplinkLimits {
        self.limits
    }

    /// The rate that all pictures together are to keep.
    #[must_use]
    pub fn target_bps(&self) -> u64 {
        self.target_bps
    }

    /// How long packets wait on the way, beyond what they take on an empty link.
    #[must_use]
    pub fn waiting(&self, now: MonoTime) -> Duration {
        let Some(base) = self.base() else { return Duration::ZERO };
        let newest = self.carried.iter().rev().filter_map(|carried| Some((carried.at, carried.took?)));
        let from = self.draining.map_or(MonoTime(0), |draining| draining.judged_from).max(before(now, MOMENT));
        let of_moment = newest.take(OF_A_MOMENT).take_while(|(at, _)| *at >= from);
        let least = of_moment.map(|(_, took)| took).min();
        // Nothing came back for a while: what is out there waits, as far as anybody knows.
        let took = least.or_else(|| self.under_way.front().map(|oldest| now.since(oldest.sent)));
        took.map_or(Duration::ZERO, |took| took.saturating_sub(base))
    }

    /// True if one more picture may be made, while so many bytes are made already and not yet sent.
    #[must_use]
    pub fn has_room(&self, coming: u64) -> bool {
        let draining = self.knee.filter(|_| self.draining.is_some()).map(|(knee, _)| (knee, SLACK));
        let (carries, slack) = draining.unwrap_or((self.target_bps, FREE_SLACK));
        let span = self.base().unwrap_or(SLACK) + slack + self.spread();
        !self.missed && self.bytes_under_way.saturating_add(coming) < bytes_in(carries, span).max(LEAST_UNDER_WAY)
    }

    /// A picture was not made for want of room.
    pub fn held(&mut self, now: MonoTime) {
        self.holds.note(now);
    }

    /// True if nothing comes back although it should, and no picture is made: something small is to be sent now and again, so that
    /// its acknowledgement tells when the link carries again.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.missed
    }

    /// True if a picture that left at `sent` and is not acknowledged is of no use any more.
    #[must_use]
    pub fn gives_up(&self, now: MonoTime, sent: MonoTime) -> bool {
        let overtaken = self.reached.is_some_and(|reached| sent.after(OVERTAKES) < reached);
        let limit = if overtaken || self.is_quiet(now) { OLD } else { OLDEST };
        now.since(sent) >= limit
    }

    fn is_quiet(&self, now: MonoTime) -> bool {
        self.carried.back().is_none_or(|newest| now.since(newest.at) >= CUT)
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.under_way.pop_front() {
            self.bytes_under_way = self.bytes_under_way.saturating_sub(oldest.bytes);
        }
    }

    fn base(&self) -> Option<Duration> {
        self.base.into_iter().flatten().min()
    }

    /// The least and the middle of what the newest pictures took.
    fn usual(&self) -> Option<(Duration, Duration)> {
        let mut took: Vec<Duration> = self.carried.iter().rev().filter_map(|carried| carried.took).take(USUAL).collect();
        took.sort_unstable();
        Some((*took.first()?, *took.get(took.len() / 2)?))
    }

    /// How far the middle is from the least: jitter.
    fn spread(&self) -> Duration {
        self.usual().map_or(Duration::ZERO, |(least, middle)| middle.saturating_sub(least).min(SLACK))
    }

    /// Something of what left first should have been acknowledged. While the link drains that is no news.
    fn is_missed(&self, now: MonoTime) -> bool {
        let first = self.under_way.iter().find(|burst| !burst.arriving);
        let (Some(first), Some(base)) = (first, self.base()) else { return false };
        let quiet = self.carried.back().map_or(CUT, |newest| now.since(newest.at));
        if self.draining.is_some() && quiet < MOMENT {
            return false;
        }
        let middle = self.usual().map_or(base, |(_, middle)| middle);
        now.since(first.sent) > middle + self.spread() + LATE
    }

    /// Packets that took so long after some were missed: the link narrowed, and since the last one in time it carries this.
    fn begin_to_drain(&mut self, now: MonoTime, took: Duration) {
        let waits = self.base().is_some_and(|base| took.saturating_sub(base) >= FULL);
        if !(waits && self.missed && self.draining.is_none()) {
            return;
        }
        let counted_from = self.carried.back().map_or(now, |last| last.at);
        self.draining = Some(self.begun(now, counted_from, now));
        // To be judged in the next tick.
        self.judged_at = None;
    }

    /// The cameras use little of what they may.
    fn is_idle(&self, now: MonoTime) -> bool {
        self.carried_since(now, before(now, COUNTED)) * 10 < self.target_bps * 6
    }

    fn begun(&self, now: MonoTime, counted_from: MonoTime, judged_from: MonoTime) -> Draining {
        Draining {
            counted_from,
            judged_from,
            since: now,
            before_bps: self.target_bps,
            before_knee: self.knee,
            idle: self.is_idle(now) && self.holds.were_none_before(now),
        }
    }

    fn judge(&mut self, now: MonoTime, since: Duration) {
        if self.is_quiet(now) {
            if self.missed {
                // One cut after the other is one: what it carries was not found out in between.
                let resumed = self.resumed.filter(|(_, at)| now.since(*at) < CUTS_ARE_ONE).map(|(bps, _)| bps);
                self.before_cut = self.before_cut.or(Some(self.target_bps.max(resumed.unwrap_or(0))));
                self.draining = None;
                self.set(0);
            }
            return;
        }
        let waiting = self.waiting(now);
        if let Some(before) = self.before_cut.take() {
            self.resumed = Some((before, now));
            return self.set(before / 2);
        }
        if waiting >= FULL && self.draining.is_none() && !self.missed {
            self.draining = Some(self.begun(now, before(now, COUNTED_AT_FIRST), before(now, MOMENT)));
        }
        if let Some(Draining { counted_from, since, before_bps, before_knee, idle, .. }) = self.draining {
            if idle && waiting <= DRAINED && now.since(since) <= HELD_UP {
                (self.draining, self.knee) = (None, before_knee);
                return self.set(before_bps);
            }
            if now.since(since) >= DRAINS_FOR {
                self.base = [self.usual().map(|(least, _)| least), None];
                (self.base_since, self.draining, self.knee) = (now, None, None);
                return self.set(before_bps / 2);
            }
            let carries = self.carried_since(now, counted_from.max(before(now, COUNTED)));
            // Once little waits the link may stand idle in between, and carries less than it could.
            let carries_least = self.knee.filter(|_| waiting < FULL).map_or(0, |(knee, _)| knee);
            self.knee = Some((carries.max(carries_least), now));
            if waiting > DRAINED {
                let surplus = rate_of(bytes_in(carries, waiting), DRAIN_WITHIN);
                return self.set((carries * 9 / 10).saturating_sub(surplus));
            }
            self.draining = None;
            return self.set(self.knee.map_or(self.target_bps, |(knee, _)| knee * 9 / 10));
        }
        // An encoder that does not use what it may have learns nothing about the rest.
        if self.missed || self.is_idle(now) {
            return;
        }
        // A rate well above it without anything waiting shows that it is wrong.
        self.knee = self.knee.filter(|(knee, at)| now.since(*at) < KNEE_LASTS && self.target_bps * 100 < knee * 115);
        let near = self.knee.is_some_and(|(knee, _)| self.target_bps * 100 > knee * 85);
        // A tenth a second near the rate at which it was full, seven times in a second elsewhere: one that is too high shows at once.
        let per_second = if near { self.target_bps / 10 } else { self.target_bps * 2 };
        self.set(self.target_bps.saturating_add(8 * bytes_in(per_second, since)));
    }

    /// The rate at which packets came through from then to the newest acknowledgement, or to now if that is long ago.
    fn carried_since(&self, now: MonoTime, from: MonoTime) -> u64 {
        let newest = self.carried.back().map_or(now, |newest| newest.at);
        let until = if now.since(newest) < MOMENT { newest } else { now };
        let counted = self.carried.iter().rev().take_while(|carried| carried.at > from);
        rate_of(counted.map(|carried| carried.bytes).sum(), until.since(from).max(JUDGED_EVERY / 2))
    }

    fn set(&mut self, bps: u64) {
        self.target_bps = bps.clamp(self.limits.floor_bps, self.limits.ceiling_bps.max(self.limits.floor_bps));
    }
}

fn before(now: MonoTime, span: Duration) -> MonoTime {
    MonoTime(now.0.saturating_sub(u64::try_from(span.as_micros()).unwrap_or(u64::MAX)))
}

/// Bytes that a rate carries in a span.
fn bytes_in(bps: u64, span: Duration) -> u64 {
    let bits = u128::from(bps) * span.as_micros() / 1_000_000;
    u64::try_from(bits / 8).unwrap_or(u64::MAX)
}

/// The rate that carries so many bytes in a span.
fn rate_of(bytes: u64, span: Duration) -> u64 {
    let bits = u128::from(bytes) * 8 * 1_000_000 / span.as_micros().max(1);
    u64::try_from(bits).unwrap_or(u64::MAX)
}
