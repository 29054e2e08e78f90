//! The record of a guardian: all that its mind was told, in its order and with its times, and what came of each tick.
//!
//! A record is a magic, a format, and frames: length, number and their CRC-32, then the content in CBOR and its CRC-32, all
//! numbers in little endian. Frame 0 is the [`Header`]; each further frame is what happened up to and with one tick.

mod reader;
mod tape;

pub use reader::{Reader, Unreadable};
pub use tape::Tape;

use crate::{Heard, Start, Verdict};
use farhand_protocol::{BootId, EncodeError, MonoTime, VehicleId, WIRE_VERSION, encode};
use farhand_safety::Persisted;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::ByteBuf;

/// First bytes of each record.
const MAGIC: [u8; 8] = *b"FHRECORD";
/// Rises with each change of what the frames hold.
const FORMAT: u32 = 1;
/// Length, number, and the sum of both.
const HEAD_BYTES: usize = 12;
const SUM_BYTES: usize = 4;
/// Longest content of a frame: thousands of messages in one tick.
const MOST_BYTES: usize = 8 << 20;

/// Where a record begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the program that recorded.
    pub program: String,
    /// Version of the messages.
    pub wire: u16,
    /// Processor and system it ran on: the last bit of a sine depends on them.
    pub platform: String,
    /// The vehicle.
    pub vehicle: VehicleId,
    /// Its profile, word for word.
    pub profile: String,
    /// Its site file, word for word; none if it knows no site.
    #[serde(default)]
    pub site: Option<String>,
    /// Seconds since 1970 at the start, for people.
    pub unix_s: u64,
    boot_id: BootId,
    /// The bytes of the state file.
    stored: Option<ByteBuf>,
    realtime: bool,
    at: MonoTime,
}

impl Header {
    /// The header of a record that begins with a mind.
    #[must_use]
    pub fn new(vehicle: VehicleId, profile: String, platform: String, unix_s: u64, start: &Start) -> Self {
        Self {
            program: env!("CARGO_PKG_VERSION").into(),
            wire: WIRE_VERSION,
            platform,
            vehicle,
            profile,
            site: None,
            unix_s,
            boot_id: start.boot_id,
            stored: start.stored.map(|stored| ByteBuf::from(stored.to_bytes())),
            realtime: start.realtime,
            at: start.at,
        }
    }

    /// Adds the site file that the mind was given.
    #[must_use]
    pub fn on_site(self, site: Option<String>) -> Self {
        Self { site, ..self }
    }

    /// What the mind began with; none if the state file's bytes are none.
    #[must_use]
    pub fn start(&self) -> Option<Start> {
        let stored = match &self.stored {
            Some(bytes) => Some(Persisted::from_bytes(bytes).ok()?),
            None => None,
        };
        Some(Start { boot_id: self.boot_id, stored, realtime: self.realtime, at: self.at })
    }

    /// The first bytes of a record.
    ///
    /// # Errors
    /// What CBOR says.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        let mut bytes = [MAGIC.as_slice(), &FORMAT.to_le_bytes()].concat();
        put_frame(0, &encode(self)?, &mut bytes);
        Ok(bytes)
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// [`crate::Mind::take`].
    #[serde(rename = "h")]
    Heard(MonoTime, Heard),
    /// [`crate::Mind::tick`], and what came of it.
    #[serde(rename = "t")]
    Tick(MonoTime, Verdict),
    /// [`crate::Mind::think`].
    #[serde(rename = "k")]
    Think(MonoTime),
}

/// Why a record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The guardian was told to stop.
    Stopped,
    /// It has the size that it may have.
    Full,
    /// No end was written: the guardian or the host died, or the disk was full. Up to here the frames are whole.
    CutOff,
}

impl Ending {
    /// The last frame of a record.
    ///
    /// # Errors
    /// What CBOR says.
    pub fn to_frame(self, number: u32) -> Result<Vec<u8>, EncodeError> {
        let mut bytes = Vec::new();
        put_frame(number, &encode(&Content::End(self))?, &mut bytes);
        Ok(bytes)
    }
}

/// What a frame after the header holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Content {
    #[serde(rename = "e")]
    Entries(Vec<Entry>),
    #[serde(rename = "end")]
    End(Ending),
}

/// The number of the frame after this one; none if it is no frame.
#[must_use]
pub fn number_after(frame: &[u8]) -> Option<u32> {
    let number = frame.get(4..8)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*number).wrapping_add(1))
}

fn put_frame(number: u32, content: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let head = [length.to_le_bytes(), number.to_le_bytes()].concat();
    out.extend_from_slice(&head);
    out.extend_from_slice(&crc32fast::hash(&head).to_le_bytes());
    out.extend_from_slice(content);
    out.extend_from_slice(&crc32fast::hash(content).to_le_bytes());
}

/// The state file's content as its own bytes.
pub(crate) mod persisted {
    use super::{ByteBuf, Deserialize, Deserializer, Persisted, Serialize, Serializer};
    use serde::de::Error as _;

    pub(crate) fn serialize<S: Serializer>(stored: &Persisted, serializer: S) -> Result<S::Ok, S::Error> {
        ByteBuf::from(stored.to_bytes()).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Persisted, D::Error> {
        let bytes = ByteBuf::deserialize(deserializer)?;
        Persisted::from_bytes(&bytes).map_err(|_| D::Error::custom("no content of a state file"))
    }
}

#[cfg(test)]
#[path = "record/tests.rs"]
mod tests;
