//! The operator's page: what it last drew and heard, and the command that it makes of the hands every 20 ms.

use farhand_protocol::{
    BootId, CameraIndex, Command, FromConsole, GlassStamp, LatchId, LeaseEpoch, Limits, MonoTime, RtpStamp, SafetyState,
    VehicleState, WIRE_VERSION, decode, encode,
};
use farhand_world::Place;
use std::collections::VecDeque;
use std::time::Duration;

/// From a picture that arrived to one that is on the glass.
const DRAWN_AFTER: Duration = Duration::from_millis(20);

/// Where the truck is wanted to go from here: speed in mm/s and wheel in mrad.
pub(crate) type Wishes = fn(&Place) -> (i32, i32);

/// What the operator does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hands {
    pub(crate) enable: bool,
    /// Says that this is the truck she means.
    pub(crate) confirm: bool,
    /// Lets speed and wheel go.
    pub(crate) idle: bool,
    pub(crate) wishes: Wishes,
    /// At most this fast.
    pub(crate) most_mm_s: i32,
    /// Added to the wheel that is wished.
    pub(crate) beside_mrad: i32,
    pub(crate) lift_mm_s: i32,
    pub(crate) rearm: Option<LatchId>,
}

#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) alive: bool,
    pub(crate) hands: Hands,
    /// The lease that the desk gave.
    pub(crate) lease: Option<(LeaseEpoch, BootId)>,
    /// How wrong the page's clock is.
    pub(crate) clock: fn(MonoTime) -> u64,
    /// When each state was shown for the first time since the list was cleared.
    pub(crate) shown: Vec<(MonoTime, SafetyState)>,
    state: Option<VehicleState>,
    drawn: [VecDeque<(MonoTime, MonoTime)>; 2],
    glass: [Option<MonoTime>; 2],
    seq: u64,
    under: Option<LeaseEpoch>,
    now: MonoTime,
}

impl Page {
    pub(crate) fn new() -> Self {
        let hands = Hands {
            enable: false,
            confirm: false,
            idle: true,
            wishes: |_| (1500, 0),
            most_mm_s: 2500,
            beside_mrad: 0,
            lift_mm_s: 0,
            rearm: None,
        };
        Self {
            alive: true,
            hands,
            lease: None,
            clock: |now| now.0,
            shown: Vec::new(),
            state: None,
            drawn: [VecDeque::new(), VecDeque::new()],
            glass: [None; 2],
            seq: 0,
            under: None,
            now: MonoTime(0),
        }
    }

    pub(crate) fn draws(&mut self, camera: CameraIndex, capture: MonoTime) {
        if let Some(waiting) = self.drawn.get_mut(usize::from(camera.0)) {
            waiting.push_back((self.now, capture));
        }
    }

    pub(crate) fn hears(&mut self, now: MonoTime, bytes: &[u8]) {
        // What arrives broken is dropped, as the page drops it.
        let Ok(state) = decode::<VehicleState>(bytes, Limits::DATAGRAM) else { return };
        if !self.shown.iter().any(|(_, shown)| *shown == state.state) {
            self.shown.push((now, state.state));
        }
        self.state = Some(state);
    }

    /// When the picture of a camera that is on the glass was taken.
    pub(crate) fn glass(&self, camera: usize) -> Option<MonoTime> {
        self.glass.get(camera).copied().flatten()
    }

    /// The latch that the page shows.
    pub(crate) fn latch(&self) -> Option<LatchId> {
        self.state.as_ref().and_then(|state| state.latch)
    }

    /// The next command and the lease under which it is given.
    pub(crate) fn command(&mut self, now: MonoTime, place: &Place) -> Option<(LeaseEpoch, Vec<u8>)> {
        self.now = now;
        for (waiting, glass) in self.drawn.iter_mut().zip(&mut self.glass) {
            while let Some((_, capture)) = waiting.pop_front_if(|(arrived, _)| now.since(*arrived) >= DRAWN_AFTER) {
                *glass = (*glass).max(Some(capture));
            }
        }
        let (epoch, boot_id) = self.lease.filter(|_| self.alive)?;
        if self.under != Some(epoch) {
            (self.under, self.seq) = (Some(epoch), 0);
        }
        self.seq += 1;
        let (speed, wheel) = if self.hands.idle { (0, 0) } else { (self.hands.wishes)(place) };
        let command = Command {
            v: WIRE_VERSION,
            boot_id,
            epoch,
            seq: self.seq,
            operator_us: (self.clock)(now),
            enable: self.hands.enable,
            input_age_ms: 0,
            speed_mm_s: speed.clamp(-self.hands.most_mm_s, self.hands.most_mm_s),
            steering_mrad: wheel + if self.hands.idle { 0 } else { self.hands.beside_mrad },
            lift_mm_s: self.hands.lift_mm_s,
            confirm: self.hands.confirm,
            rearm_latch: self.hands.rearm,
            pressed_through: None,
            stamps: self.stamps(),
        };
        let bytes = encode(&FromConsole::Command(command)).ok()?;
        Some((epoch, bytes))
    }

    fn stamps(&self) -> Vec<GlassStamp> {
        let named = (0_u8..).zip(self.glass).filter_map(|(index, capture)| Some((index, capture?)));
        named.map(|(index, capture)| GlassStamp { camera: CameraIndex(index), rtp: RtpStamp::of_capture(capture) }).collect()
    }
}
