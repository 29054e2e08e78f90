//! What the cameras' threads, the media thread and the control thread know together of the way to the gateway: how much it
//! carries, whose picture may be made next, and what the vehicle is told to do.

use farhand_link::{Doing, Looks, Pacer, Share, Sight, UplinkLimits, floor_bps, share_out};
use farhand_profile::{CameraProfile, Requirement};
use farhand_protocol::{CameraIndex, CommandView, MonoTime};
use farhand_transport::{PacketWatch, packet_clock};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Without a command for so long the vehicle is told nothing: the guardian has stopped it by then.
const TOLD_LASTS: Duration = Duration::from_millis(500);
/// A camera that looks sideways looks at least so far to the side, and at most so far behind.
const SIDEWAYS_RAD: std::ops::Range<f64> = 0.6..2.5;

/// Cheap to clone. Nothing under its lock waits. All its times are of the packets' clock.
#[derive(Debug, Clone)]
pub(crate) struct Pace(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    state: Mutex<State>,
    /// The vehicle is told something else.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    pacer: Pacer,
    sights: Vec<Sight>,
    told: Option<(MonoTime, Doing)>,
    /// What the pages can take, as the gateway says.
    downlink_bps: Option<u64>,
}

impl Pace {
    pub(crate) fn new(cameras: &[CameraProfile]) -> Self {
        let sights: Vec<Sight> = cameras.iter().map(sight).collect();
        let pacer = Pacer::new(limits(&sights), sights.len());
        let state = State { pacer, sights, told: None, downlink_bps: None };
        Self(Arc::new(Parts { state: Mutex::new(state), changed: Notify::new() }))
    }

    /// A raw picture is there. True if it is to be encoded.
    pub(crate) fn admits(&self, camera: CameraIndex) -> bool {
        let (now, mut state) = (packet_clock(), self.state());
        state.pacer.tick(now);
        state.pacer.admit(now, camera)
    }

    /// A picture was handed over.
    pub(crate) fn handed_over(&self, camera: CameraIndex, bytes: usize) {
        self.state().pacer.handed_over(camera, bytes);
    }

    /// True while something small is to be sent now and again, to find out when the link carries again.
    pub(crate) fn is_missing(&self) -> bool {
        let mut state = self.state();
        state.pacer.tick(packet_clock());
        state.pacer.uplink().is_missing()
    }

    /// True if a picture that was handed over at `sent` is of no use any more.
    pub(crate) fn gives_up(&self, now: MonoTime, sent: MonoTime) -> bool {
        self.state().pacer.uplink().gives_up(now, sent)
    }

    /// A fresh connection.
    pub(crate) fn restart(&self) {
        let mut state = self.state();
        state.pacer.restart();
        state.downlink_bps = None;
    }

    /// What is watched, and what the pages can take.
    pub(crate) fn demanded(&self, watched: impl Fn(CameraIndex) -> bool, downlink_bps: Option<u64>) {
        let mut state = self.state();
        state.downlink_bps = downlink_bps;
        for (index, sight) in state.sights.iter_mut().enumerate() {
            sight.watched = u8::try_from(index).is_ok_and(|index| watched(CameraIndex(index)));
        }
        let limits = limits(&state.sights);
        if limits != state.pacer.uplink().limits() {
            state.pacer.set_limits(limits);
        }
    }

    /// A command came: which camera matters follows it within a picture.
    pub(crate) fn told(&self, now: MonoTime, command: &CommandView) {
        let CommandView { speed_mm_s, steering_mrad, lift_mm_s, .. } = *command;
        let doing = Doing { speed_mm_s, steering_mrad, lift_mm_s };
        let before = self.state().told.replace((now, doing));
        if before.is_none_or(|(_, before)| before.speed_mm_s.signum() != speed_mm_s.signum()) {
            self.0.changed.notify_one();
        }
    }

    /// Waits until the direction of travel is another one. Cancel-safe.
    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// What each camera gets now. The smaller of both ways counts.
    pub(crate) fn shares(&self, now: MonoTime) -> Vec<Share> {
        let mut state = self.state();
        state.pacer.tick(now);
        let uplink_bps = state.pacer.uplink().target_bps();
        let total_bps = state.downlink_bps.map_or(uplink_bps, |downlink_bps| downlink_bps.min(uplink_bps));
        let told = state.told.filter(|(at, _)| now.since(*at) < TOLD_LASTS);
        let shares = share_out(total_bps, &state.sights, told.map(|(_, doing)| doing).unwrap_or_default());
        for (index, share) in (0..).map(CameraIndex).zip(&shares) {
            state.pacer.set_interval(index, share.every);
        }
        shares
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PacketWatch for Pace {
    fn sent(&self, at: MonoTime, bytes: u64) {
        self.state().pacer.sent(at, usize::try_from(bytes).unwrap_or(usize::MAX));
    }

    fn acknowledged(&self, at: MonoTime, sent: MonoTime, bytes: u64) {
        self.state().pacer.acknowledged(at, sent, usize::try_from(bytes).unwrap_or(usize::MAX));
    }
}

/// What an encoder must be told to make of a share: it counts on every picture.
pub(crate) fn encoder_kbps(share: Share, fps: u32) -> u32 {
    let bits = u128::from(share.bps) * share.every.as_micros() * u128::from(fps) / 1_000_000;
    u32::try_from(bits / 1000).unwrap_or(u32::MAX)
}

fn limits(sights: &[Sight]) -> UplinkLimits {
    let watched = sights.iter().filter(|sight| sight.watched);
    UplinkLimits { floor_bps: floor_bps(watched.clone().count()), ceiling_bps: watched.map(|sight| sight.most_bps).sum() }
}

fn sight(camera: &CameraProfile) -> Sight {
    Sight {
        looks: looks(camera),
        pinned: false,
        watched: false,
        most_bps: u64::from(camera.bitrate_kbps) * 1000,
        frame: Duration::from_secs(1) / camera.fps.max(1),
    }
}

fn looks(camera: &CameraProfile) -> Looks {
    let required = |way| camera.required_for.contains(&way);
    let yaw_rad = camera.mount.yaw_rad.value();
    match (required(Requirement::Forward), required(Requirement::Reverse)) {
        (true, true) => Looks::Around,
        (true, false) => Looks::Ahead,
        (false, true) => Looks::Astern,
        (false, false) if !SIDEWAYS_RAD.contains(&yaw_rad.abs()) => Looks::Elsewhere,
        (false, false) if yaw_rad > 0.0 => Looks::Left,
        (false, false) => Looks::Right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const REAR: usize = 1;

    /// Front, rear, left, right, all of them watched.
    fn truck() -> Pace {
        let cameras =
            [("front", "\"forward\", \"handover\"", 0.0), ("rear", "\"reverse\"", 3.1), ("left", "", 1.57), ("right", "", -1.57)];
        let table = |(name, required_for, yaw_rad): (&str, &str, f64)| {
            format!(
                "[[cameras]]\nname = \"{name}\"\nsource = \"videotestsrc\"\nrequired_for = [{required_for}]\nmount = {{ yaw_rad = {yaw_rad} }}\n"
            )
        };
        let text = format!("kind = \"pod\"\n{}", cameras.map(table).concat());
        let profile: farhand_profile::Profile = farhand_settings::parse(&text, Path::new("p.toml")).expect("a profile");
        let pace = Pace::new(&profile.cameras);
        pace.demanded(|_| true, Some(1_000_000));
        pace
    }

    fn told(pace: &Pace, at: MonoTime, speed_mm_s: i32) {
        pace.told(at, &CommandView { speed_mm_s, ..CommandView::default() });
    }

    #[tokio::test]
    async fn reverse_gear_moves_half_of_the_bits_to_the_rear_picture_at_once() {
        let (pace, now) = (truck(), MonoTime(1_000_000));
        let rear = |at| pace.shares(at)[REAR].bps;
        assert_eq!(rear(now), 250_000, "at rest all are alike");
        told(&pace, now, 500);
        pace.changed().await;
        assert!(rear(now) < 100_000);
        told(&pace, now, -500);
        pace.changed().await;
        assert!(rear(now) >= 500_000, "{}", rear(now));
        assert_eq!(rear(now.after(TOLD_LASTS)), 250_000, "nobody drives any more");
    }

    #[test]
    fn an_encoder_that_shows_every_second_picture_is_told_twice_its_share() {
        let frame = Duration::from_micros(33_333);
        assert_eq!(encoder_kbps(Share { bps: 300_000, every: frame }, 30), 299);
        assert_eq!(encoder_kbps(Share { bps: 80_000, every: frame * 2 }, 30), 159);
    }

    #[test]
    fn nothing_is_admitted_of_a_camera_that_the_profile_does_not_have() {
        assert!(!truck().admits(CameraIndex(4)));
    }
}
