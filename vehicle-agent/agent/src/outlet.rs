//! One camera's way out: what may be sent, what is on its way, what is given up.

use farhand_link::{KeyFrameBudget, UnitGate, UnitLabel, Verdict};
use farhand_protocol::{MediaHeader, MonoTime};
use farhand_transport::UnitInFlight;
use std::collections::VecDeque;
use std::time::Duration;

// A picture that waited so long before it could be handed over is not sent.
const STALE_AFTER: Duration = Duration::from_millis(800);
// Below the fixed congestion window, so what is handed over leaves at once instead of waiting inside quinn.
const IN_FLIGHT_BYTES: usize = 192 * 1024;
// Half a second at 60 pictures a second; the pace keeps it far below.
const MOST_IN_FLIGHT: usize = 32;

/// A picture is not sent.
pub(crate) struct Refusal {
    /// A key frame is needed before the next one can be.
    pub(crate) ask_key_frame: bool,
}

/// One camera's units towards the gateway.
#[derive(Default)]
pub(crate) struct Outlet {
    gate: UnitGate,
    pub(crate) budget: KeyFrameBudget,
    in_flight: VecDeque<InFlight>,
    requests_seen: Option<u32>,
}

struct InFlight {
    sequence: u32,
    since: MonoTime,
    bytes: usize,
    unit: UnitInFlight,
}

impl Outlet {
    /// May this unit be handed over now? `in_flight` counts the bytes of all cameras.
    pub(crate) fn admit(&mut self, now: MonoTime, header: &MediaHeader, in_flight: usize) -> Result<(), Refusal> {
        if header.key {
            self.budget.key_frame();
        }
        let label = UnitLabel::from(header);
        let stale = now.since(header.capture) >= STALE_AFTER;
        if in_flight >= IN_FLIGHT_BYTES || self.in_flight.len() >= MOST_IN_FLIGHT || stale {
            return Err(Refusal { ask_key_frame: self.gate.skip(label) });
        }
        match self.gate.offer(label) {
            Verdict::Forward => Ok(()),
            Verdict::WithholdAndAsk => Err(Refusal { ask_key_frame: true }),
            Verdict::TooLate => Err(Refusal { ask_key_frame: false }),
        }
    }

    /// It was handed over. Returns its bytes.
    pub(crate) fn sent(&mut self, now: MonoTime, header: &MediaHeader, unit: UnitInFlight) -> usize {
        let bytes = usize::try_from(header.length).unwrap_or(usize::MAX);
        self.in_flight.push_back(InFlight { sequence: header.sequence, since: now, bytes, unit });
        bytes
    }

    /// It could not be handed over after all.
    pub(crate) fn failed(&mut self) {
        let _always = self.gate.lost();
    }

    /// The other end has it, or gave it up. True if a key frame is to be wished for.
    pub(crate) fn acknowledged(&mut self, sequence: u32, arrived: bool) -> bool {
        let before = self.in_flight.len();
        self.in_flight.retain(|unit| unit.sequence != sequence);
        !arrived && self.in_flight.len() != before && self.gate.lost()
    }

    /// Gives up what is of no use any more, and what needs it. True if a key frame is to be wished for.
    pub(crate) fn give_up(&mut self, useless: impl Fn(MonoTime) -> bool) -> bool {
        if !self.in_flight.iter().any(|unit| useless(unit.since)) {
            return false;
        }
        tracing::debug!(units = self.in_flight.len(), "Pictures given up");
        self.in_flight.drain(..).for_each(|unit| unit.unit.abandon());
        self.gate.lost()
    }

    /// The gateway's counter of requests. True if it rose, or is the first on this connection.
    pub(crate) fn key_frame_requested(&mut self, counter: u32) -> bool {
        self.requests_seen.replace(counter) != Some(counter)
    }

    /// A fresh connection: nothing is on its way and the first unit must be a key frame.
    pub(crate) fn restart(&mut self) {
        self.in_flight.clear();
        self.gate = UnitGate::new();
        self.requests_seen = None;
    }

    pub(crate) fn bytes_in_flight(&self) -> usize {
        self.in_flight.iter().map(|unit| unit.bytes).sum()
    }
}
