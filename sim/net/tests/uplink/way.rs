//! Cameras, an encoder that keeps its rate, datagrams, retransmission and acknowledgements over two emulated links.

use farhand_link::{Pacer, Uplink, UplinkLimits};
use farhand_net::{Conditions, Link, Rate};
use farhand_protocol::{CameraIndex, MonoTime};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const CAMERAS: u64 = 4;
const FRAME_US: u64 = 33_333;
pub(crate) const FLOOR_BPS: u64 = 200_000;
pub(crate) const CEILING_BPS: u64 = 4_800_000;
const DATAGRAM: usize = 1200;
/// While nothing comes back something small is sent this often.
const PROBED_EVERY_MS: u64 = 50;
/// A key frame takes as much as so many pictures.
const KEY_FRAME: u64 = 3;

/// One picture on its way.
struct Picture {
    camera: u64,
    captured: MonoTime,
    key: bool,
    /// Datagrams of it that are not acknowledged.
    missing: usize,
}

/// One datagram on its way.
#[derive(Clone, Copy)]
struct Datagram {
    picture: u64,
    sent: MonoTime,
    bytes: usize,
}

/// One camera's chain of pictures and what is on show of it.
#[derive(Clone, Copy)]
struct Camera {
    /// The next picture must be a key frame.
    broken: bool,
    /// The size that its encoder keeps: what it was told a picture ago.
    rate_bps: u64,
    shown: MonoTime,
    shown_at: MonoTime,
}

/// What a person saw since some moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Age of each camera's picture on show, every 5 ms.
    ages: Vec<Duration>,
    /// The longest time without anything new of one camera.
    pub(crate) longest: Duration,
    /// Pauses of a camera longer than 150 ms.
    pub(crate) freezes: u32,
    pub(crate) bytes: u64,
    pub(crate) made: u64,
    /// Pictures not made, as there was no room.
    pub(crate) held: u64,
    /// Pictures sent in vain.
    pub(crate) given_up: u64,
}

impl Seen {
    pub(crate) fn age(&self, percent: usize) -> Duration {
        let mut sorted = self.ages.clone();
        sorted.sort_unstable();
        sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

/// A vehicle with four cameras at one end, a gateway at the other.
pub(crate) struct Way {
    pub(crate) there: Link,
    back: Link,
    pacer: Pacer,
    pub(crate) now: MonoTime,
    pictures: BTreeMap<u64, Picture>,
    /// On their way, arrived or not, until they are acknowledged.
    datagrams: BTreeMap<u64, Datagram>,
    arrived: BTreeSet<u64>,
    newest_acknowledged: u64,
    next: u64,
    next_datagram: u64,
    /// All cameras take their pictures in the same instant.
    pub(crate) together: bool,
    cameras: [Camera; 4],
    pub(crate) seen: Seen,
}

fn index(camera: u64) -> CameraIndex {
    CameraIndex(u8::try_from(camera).expect("few"))
}

pub(crate) fn link(kbps: u64, delay_ms: u64, jitter_ms: u64, loss_permyriad: u32) -> Conditions {
    let rate = match kbps {
        0 => Rate::Unlimited,
        _ => Rate::Fixed { bits_per_second: kbps * 1000, queue_bytes: kbps * 1000 / 8 },
    };
    Conditions {
        delay: Duration::from_millis(delay_ms),
        jitter: Duration::from_millis(jitter_ms),
        loss_permyriad,
        rate,
        ..Conditions::default()
    }
}

impl Way {
    pub(crate) fn over(conditions: Conditions) -> Self {
        let back = Conditions { rate: Rate::Unlimited, ..conditions.clone() };
        let now = MonoTime(1_000_000);
        Self {
            there: Link::new(conditions, 7),
            back: Link::new(back, 8),
            pacer: Pacer::new(UplinkLimits { floor_bps: FLOOR_BPS, ceiling_bps: CEILING_BPS }, 4),
            now,
            pictures: BTreeMap::new(),
            datagrams: BTreeMap::new(),
            arrived: BTreeSet::new(),
            newest_acknowledged: 0,
            next: 0,
            next_datagram: 0,
            together: false,
            cameras: [Camera { broken: true, rate_bps: CEILING_BPS / 8, shown: now, shown_at: now }; 4],
            seen: Seen::default(),
        }
    }

    /// Runs on, and tells what was seen in this time.
    pub(crate) fn run(&mut self, span: Duration) -> Seen {
        self.seen = Seen::default();
        let end = self.now.after(span);
        while self.now < end {
            self.now = self.now.after(Duration::from_millis(1));
            self.deliver();
            self.send_again();
            self.pacer.tick(self.now);
            self.capture();
            if self.uplink().is_missing() && self.now.as_millis().is_multiple_of(PROBED_EVERY_MS) {
                self.offer(self.next, 40);
            }
            self.look();
        }
        std::mem::take(&mut self.seen)
    }

    pub(crate) fn uplink(&self) -> &Uplink {
        self.pacer.uplink()
    }

    /// Cuts both directions, or mends them.
    pub(crate) fn cut(&mut self, on: bool) {
        self.there.set_blackout(on);
        self.back.set_blackout(on);
    }

    /// Each camera's picture at its own instant; none is made while the way has no room.
    fn capture(&mut self) {
        for camera in 0..CAMERAS {
            let phase = if self.together { 0 } else { camera * FRAME_US / CAMERAS };
            if (self.now.0 - phase) / FRAME_US == (self.now.0 - phase - 1000) / FRAME_US {
                continue;
            }
            if self.pacer.admit(self.now, index(camera)) {
                self.make(camera);
            } else {
                self.seen.held += 1;
            }
        }
    }

    fn make(&mut self, camera: u64) {
        let told = self.uplink().target_bps() / CAMERAS;
        let state = &mut self.cameras[usize::try_from(camera).expect("few")];
        let key = std::mem::take(&mut state.broken);
        let rate = std::mem::replace(&mut state.rate_bps, told);
        // A rate controller keeps its rate on average only.
        let share = 80 + (self.next * 37) % 41;
        let bits = rate * FRAME_US / 1_000_000 * share / 100 * if key { KEY_FRAME } else { 1 };
        let bytes = usize::try_from(bits / 8).expect("small").max(100);
        let missing = bytes.div_ceil(DATAGRAM);
        self.pacer.handed_over(index(camera), bytes);
        self.pictures.insert(self.next, Picture { camera, captured: self.now, key, missing });
        for datagram in 0..missing {
            self.offer(self.next, DATAGRAM.min(bytes - datagram * DATAGRAM));
        }
        self.next += 1;
        self.seen.made += 1;
    }

    fn offer(&mut self, picture: u64, bytes: usize) {
        let mut datagram = self.next_datagram.to_be_bytes().to_vec();
        datagram.resize(bytes.max(8), 0);
        // What is so small tells, and is not counted.
        if bytes > 40 {
            self.pacer.sent(self.now, bytes);
        }
        self.datagrams.insert(self.next_datagram, Datagram { picture, sent: self.now, bytes });
        self.next_datagram += 1;
        self.there.offer(self.now, &datagram);
    }

    fn deliver(&mut self) {
        while let Some(datagram) = self.there.poll(self.now) {
            self.seen.bytes += datagram.len() as u64;
            self.back.offer(self.now, &datagram[..8]);
            let number = u64::from_be_bytes(datagram[..8].try_into().expect("8 bytes"));
            // What was sent again in vain is known no more.
            if let Some(datagram) = self.datagrams.get(&number).copied()
                && self.arrived.insert(number)
            {
                self.arrive(datagram.picture);
            }
        }
        while let Some(answer) = self.back.poll(self.now) {
            let number = u64::from_be_bytes(answer.try_into().expect("8 bytes"));
            let Some(datagram) = self.datagrams.remove(&number) else { continue };
            self.newest_acknowledged = self.newest_acknowledged.max(number);
            self.pacer.acknowledged(self.now, datagram.sent, datagram.bytes);
        }
    }

    fn arrive(&mut self, number: u64) {
        let Some(picture) = self.pictures.get_mut(&number) else { return };
        picture.missing = picture.missing.saturating_sub(1);
        if picture.missing > 0 {
            return;
        }
        let camera = &mut self.cameras[usize::try_from(picture.camera).expect("few")];
        if picture.captured > camera.shown && (picture.key || !camera.broken) {
            let paused = self.now.since(camera.shown_at);
            self.seen.freezes += u32::from(paused > Duration::from_millis(150));
            (camera.shown, camera.shown_at) = (picture.captured, self.now);
        }
        self.pictures.remove(&number);
    }

    /// As QUIC does: what three later ones overtook is sent again at once, what nothing is heard of after a while. What is too
    /// old is given up.
    fn send_again(&mut self) {
        let now = self.now;
        let useless = |picture: &Picture| self.uplink().gives_up(now, picture.captured);
        let given_up: Vec<u64> =
            self.pictures.iter().filter(|(_, picture)| useless(picture)).map(|(number, _)| *number).collect();
        for number in given_up {
            let Some(picture) = self.pictures.remove(&number) else { continue };
            self.seen.given_up += 1;
            self.cameras[usize::try_from(picture.camera).expect("few")].broken = true;
        }
        let patience = Duration::from_millis(150) + self.uplink().waiting(now) * 2;
        let lost =
            |number: u64, datagram: &Datagram| number + 3 <= self.newest_acknowledged || now.since(datagram.sent) > patience;
        let again: Vec<u64> =
            self.datagrams.iter().filter(|(number, datagram)| lost(**number, datagram)).map(|(number, _)| *number).collect();
        for number in again {
            let Some(datagram) = self.datagrams.remove(&number) else { continue };
            if self.pictures.contains_key(&datagram.picture) && !self.arrived.contains(&number) {
                self.offer(datagram.picture, datagram.bytes);
            }
        }
    }

    fn look(&mut self) {
        for camera in &self.cameras {
            self.seen.longest = self.seen.longest.max(self.now.since(camera.shown_at));
            if self.now.as_millis().is_multiple_of(5) {
                self.seen.ages.push(self.now.since(camera.shown));
            }
        }
    }
}
