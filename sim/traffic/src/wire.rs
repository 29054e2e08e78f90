//! Messages between vehicles and gateway over the emulated network: late, lost, doubled or overtaken.

use farhand_net::{Conditions, Link};
use farhand_protocol::MonoTime;
use std::collections::VecDeque;

/// One direction for one vehicle. The network carries numbers; what they stand for waits here.
#[derive(Debug, Clone)]
pub(crate) struct Wire<T> {
    link: Link,
    next: u64,
    waiting: VecDeque<(u64, T)>,
}

impl<T: Clone> Wire<T> {
    pub(crate) fn new(conditions: Conditions, seed: u64) -> Self {
        Self { link: Link::new(conditions, seed), next: 0, waiting: VecDeque::new() }
    }

    pub(crate) fn set_blackout(&mut self, on: bool) {
        self.link.set_blackout(on);
    }

    pub(crate) fn send(&mut self, now: MonoTime, message: T) {
        self.link.offer(now, &self.next.to_le_bytes());
        self.waiting.push_back((self.next, message));
        self.next += 1;
        if self.waiting.len() > MOST_WAITING {
            self.waiting.pop_front();
        }
    }

    /// The next message that has arrived.
    pub(crate) fn receive(&mut self, now: MonoTime) -> Option<T> {
        loop {
            let bytes = self.link.poll(now)?;
            // A changed number is a message that fails its checksum.
            let number = <[u8; 8]>::try_from(bytes.as_slice()).map(u64::from_le_bytes).ok();
            let found = self.waiting.iter().find(|(waiting, _)| Some(*waiting) == number);
            if let Some((_, message)) = found {
                return Some(message.clone());
            }
        }
    }
}

/// More than a link of ours ever delays: older ones were lost.
const MOST_WAITING: usize = 16;
