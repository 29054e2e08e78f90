//! What happens in one tick, until it is written.

use super::{Content, Entry, MOST_BYTES, put_frame};
use crate::verdict::Said;
use crate::{Decision, Heard, Mind, Taken, Thought};
use farhand_protocol::{EncodeError, MonoTime, encode};

/// Follows a mind: told of each call with its answer, it makes the frames of a record.
#[derive(Debug, Clone)]
pub struct Tape {
    entries: Vec<Entry>,
    said: Said,
    /// Of the next frame.
    number: u32,
}

impl Default for Tape {
    fn default() -> Self {
        Self { entries: Vec::new(), said: Said::default(), number: 1 }
    }
}

impl Tape {
    /// The mind took something in.
    pub fn heard(&mut self, now: MonoTime, heard: Heard, taken: &Taken) {
        self.said.taken(taken);
        self.entries.push(Entry::Heard(now, heard));
    }

    /// The mind decided.
    pub fn ticked(&mut self, now: MonoTime, mind: &Mind, decision: &Decision) {
        self.entries.push(Entry::Tick(now, self.said.verdict(mind, decision)));
    }

    /// The mind thought: with this a frame is whole.
    pub fn thought(&mut self, now: MonoTime, thought: &Thought) {
        self.said.thought(thought);
        self.entries.push(Entry::Think(now));
    }

    /// Adds the frame to `out` and begins the next one.
    ///
    /// # Errors
    /// What CBOR says. The frame is lost then, and its number with it, so that a reader sees the hole.
    pub fn close(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let content = Content::Entries(std::mem::take(&mut self.entries));
        let number = self.turn_over();
        let bytes = encode(&content)?;
        if let Content::Entries(mut entries) = content {
            entries.clear();
            self.entries = entries;
        }
        // A frame that no reader takes is a hole as well.
        if bytes.len() <= MOST_BYTES {
            put_frame(number, &bytes, out);
        }
        Ok(())
    }

    /// Throws the frame away. Its number is missing in the record, so that a reader sees the hole.
    pub fn lose(&mut self) {
        self.entries.clear();
        self.turn_over();
    }

    /// Number of the next frame.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    fn turn_over(&mut self) -> u32 {
        let number = self.number;
        self.number = self.number.wrapping_add(1);
        number
    }
}
