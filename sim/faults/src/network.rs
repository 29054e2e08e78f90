//! The way between vehicle and gateway: commands down, states and pictures up, each over a link of its own, as their connections
//! are.

use farhand_net::{Conditions, Link};
use farhand_protocol::{CameraIndex, GatewaySays, MonoTime};
use std::collections::VecDeque;

/// An encoded picture of the smallest kind.
const PICTURE_BYTES: usize = 5000;

#[derive(Debug, Clone)]
pub(crate) struct Network {
    down: Link,
    up: Link,
    media: Link,
    dark: [bool; 3],
    /// What is said reliably waits while the way down is dark.
    said: VecDeque<GatewaySays>,
}

/// One of the links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Commands = 0,
    States = 1,
    Pictures = 2,
}

pub(crate) const BOTH_WAYS: [Way; 3] = [Way::Commands, Way::States, Way::Pictures];

impl Network {
    pub(crate) fn new() -> Self {
        let wire = |seed| Link::new(Conditions::default(), seed);
        Self { down: wire(1), up: wire(2), media: wire(3), dark: [false; 3], said: VecDeque::new() }
    }

    fn link(&mut self, way: Way) -> &mut Link {
        match way {
            Way::Commands => &mut self.down,
            Way::States => &mut self.up,
            Way::Pictures => &mut self.media,
        }
    }

    /// Begins or ends a blackout.
    pub(crate) fn blackout(&mut self, ways: &[Way], on: bool) {
        for way in ways {
            self.link(*way).set_blackout(on);
            self.dark[*way as usize] = on;
        }
    }

    pub(crate) fn conditions(&mut self, ways: &[Way], conditions: &Conditions) {
        for way in ways {
            self.link(*way).set_conditions(conditions.clone());
        }
    }

    /// The same conditions on every way, drawn by this seed.
    pub(crate) fn like(conditions: &Conditions, seed: u64) -> Self {
        let link = |way: u64| Link::new(conditions.clone(), seed * 3 + way);
        Self { down: link(0), up: link(1), media: link(2), dark: [false; 3], said: VecDeque::new() }
    }

    pub(crate) fn send_command(&mut self, now: MonoTime, command: &[u8]) {
        self.down.offer(now, command);
    }

    pub(crate) fn send_state(&mut self, now: MonoTime, state: &[u8]) {
        self.up.offer(now, state);
    }

    pub(crate) fn send_picture(&mut self, now: MonoTime, camera: CameraIndex, capture: MonoTime) {
        let mut bytes = vec![0; PICTURE_BYTES];
        bytes[0] = camera.0;
        bytes[1..9].copy_from_slice(&capture.0.to_be_bytes());
        self.media.offer(now, &bytes);
    }

    pub(crate) fn say_to_vehicle(&mut self, says: GatewaySays) {
        self.said.push_back(says);
    }

    pub(crate) fn said_to_vehicle(&mut self) -> Option<GatewaySays> {
        if self.dark[Way::Commands as usize] { None } else { self.said.pop_front() }
    }

    pub(crate) fn arrived_at_vehicle(&mut self, now: MonoTime) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| self.down.poll(now)).collect()
    }

    pub(crate) fn arrived_states(&mut self, now: MonoTime) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| self.up.poll(now)).collect()
    }

    pub(crate) fn arrived_pictures(&mut self, now: MonoTime) -> Vec<(CameraIndex, MonoTime)> {
        let whole = |bytes: Vec<u8>| {
            let (camera, stamp) = bytes.split_first()?;
            Some((CameraIndex(*camera), MonoTime(u64::from_be_bytes(*stamp.first_chunk()?))))
        };
        std::iter::from_fn(|| self.media.poll(now)).filter_map(whole).collect()
    }
}
