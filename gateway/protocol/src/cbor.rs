//! Messages as CBOR, in a strict subset that reads the same in every language.
//!
//! Allowed: integers below 2^53 in size, text, byte strings, arrays, maps with distinct text keys, booleans, null; all
//! of definite length. A message is first walked by [`Walk`] without building anything, then read by serde.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Size and depth a decoder accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of the whole message.
    pub bytes: usize,
    /// Most nested arrays and maps.
    pub depth: usize,
}

impl Limits {
    /// A command from a console, and everything else that may arrive from a page.
    pub const CONSOLE: Self = Self { bytes: 1024, depth: 4 };
    /// A datagram between vehicle and gateway, which may wrap a console's message.
    pub const DATAGRAM: Self = Self { bytes: 2048, depth: 6 };
    /// A message on a reliable stream or on a socket inside the vehicle.
    pub const STREAM: Self = Self { bytes: 64 * 1024, depth: 8 };
}

/// Why bytes were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// More bytes than the limit.
    #[error("message of {given} bytes; at most {allowed} are allowed")]
    TooLong {
        /// Bytes given.
        given: usize,
        /// Bytes allowed.
        allowed: usize,
    },
    /// Arrays and maps nested too deeply.
    #[error("message is nested deeper than {0}")]
    TooDeep(usize),
    /// Bytes after the end of the message.
    #[error("{0} bytes after the end of the message")]
    Trailing(usize),
    /// The message ends early.
    #[error("message ends early")]
    Truncated,
    /// A float: quantities on the wire are integers.
    #[error("message holds a float")]
    Float,
    /// The same key twice in one map.
    #[error("key {0:?} stands twice")]
    Duplicate(String),
    /// An item this subset leaves out (tags, indefinite lengths, integers of 2^53 and more, keys that are no text).
    #[error("message holds {0}, which the wire does not allow")]
    Forbidden(&'static str),
    /// Well-formed, but not the message that was expected.
    #[error("not the expected message: {0}")]
    Shape(String),
}

impl DecodeError {
    /// The kind of fault in one word, for counters: there are only these few.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::TooDeep(_) => "too_deep",
            Self::Trailing(_) => "trailing",
            Self::Truncated => "truncated",
            Self::Float => "float",
            Self::Duplicate(_) => "duplicate",
            Self::Forbidden(_) => "forbidden",
            Self::Shape(_) => "shape",
        }
    }
}

/// A message could not be written. It never happens for the types of this crate below the size limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("message cannot be encoded: {0}")]
pub struct EncodeError(String);

/// Writes a message.
///
/// # Errors
/// [`EncodeError`] if serde cannot express the value.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::with_capacity(256);
    ciborium::into_writer(message, &mut bytes).map_err(|error| EncodeError(error.to_string()))?;
    Ok(bytes)
}

/// Reads exactly one message.
///
/// # Errors
/// [`DecodeError`] with the first thing that is wrong. Unknown fields are accepted.
pub fn decode<T: DeserializeOwned>(bytes: &[u8], limits: Limits) -> Result<T, DecodeError> {
    if bytes.len() > limits.bytes {
        return Err(DecodeError::TooLong { given: bytes.len(), allowed: limits.bytes });
    }
    Walk::whole(bytes, limits.depth)?;
    ciborium::from_reader(bytes).map_err(|error| DecodeError::Shape(shape_text(&error)))
}

fn shape_text(error: &ciborium::de::Error<std::io::Error>) -> String {
    match error {
        ciborium::de::Error::Semantic(_, text) => text.chars().take(160).collect(),
        _ => "malformed".to_owned(),
    }
}

const MAX_INTEGER: u64 = (1 << 53) - 1;
const MAX_MAP_ENTRIES: usize = 64;

/// What a walk met that the subset leaves out. Without text of its own: refusing takes no memory.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault<'a> {
    TooDeep(usize),
    Trailing(usize),
    Truncated,
    Float,
    Duplicate(&'a str),
    Forbidden(&'static str),
}

impl From<Fault<'_>> for DecodeError {
    fn from(fault: Fault<'_>) -> Self {
        match fault {
            Fault::TooDeep(allowed) => Self::TooDeep(allowed),
            Fault::Trailing(bytes) => Self::Trailing(bytes),
            Fault::Truncated => Self::Truncated,
            Fault::Float => Self::Float,
            Fault::Duplicate(key) => Self::Duplicate(key.chars().take(40).collect()),
            Fault::Forbidden(what) => Self::Forbidden(what),
        }
    }
}

/// Walks one item after the other and checks the subset. Recursion is bounded by `max_depth`; nothing is allocated.
pub(crate) struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    max_depth: usize,
}

impl<'a> Walk<'a> {
    /// Walks over exactly one message.
    pub(crate) fn whole(bytes: &'a [u8], max_depth: usize) -> Result<(), Fault<'a>> {
        let mut walk = Self::new(bytes, max_depth);
        walk.item(0)?;
        match walk.left() {
            0 => Ok(()),
            _ => Err(Fault::Trailing(bytes.len() - walk.at)),
        }
    }

    pub(crate) fn new(bytes: &'a [u8], max_depth: usize) -> Self {
        Self { bytes, at: 0, max_depth }
    }

    /// Walks over one item with all that is in it.
    pub(crate) fn item(&mut self, depth: usize) -> Result<(), Fault<'a>> {
        let (major, argument) = self.head()?;
        match major {
            0 | 1 if argument <= MAX_INTEGER => Ok(()),
            0 | 1 => Err(Fault::Forbidden("an integer of 2^53 or more")),
            2 => self.take(argument).map(|_| ()),
            3 => self.text(argument).map(|_| ()),
            4 => self.array(argument, self.deeper(depth)?),
            5 => self.map(argument, self.deeper(depth)?),
            6 => Err(Fault::Forbidden("a tag")),
            _ => match argument {
                20..=22 => Ok(()),
                _ => Err(Fault::Forbidden("a simple value other than true, false and null")),
            },
        }
    }

    fn deeper(&self, depth: usize) -> Result<usize, Fault<'a>> {
        if depth >= self.max_depth { Err(Fault::TooDeep(self.max_depth)) } else { Ok(depth + 1) }
    }

    fn array(&mut self, length: u64, depth: usize) -> Result<(), Fault<'a>> {
        // Each item takes a byte at least, so a length beyond the bytes left cannot be honest.
        if length > self.left() {
            return Err(Fault::Truncated);
        }
        for _ in 0..length {
            self.item(depth)?;
        }
        Ok(())
    }

    fn map(&mut self, entries: u64, depth: usize) -> Result<(), Fault<'a>> {
        let entries = usize::try_from(entries).unwrap_or(usize::MAX);
        if entries > MAX_MAP_ENTRIES {
            return Err(Fault::Forbidden("a map of more than 64 entries"));
        }
        let mut keys = [""; MAX_MAP_ENTRIES];
        for index in 0..entries {
            let (major, length) = self.head()?;
            if major != 3 {
                return Err(Fault::Forbidden("a key that is no text"));
            }
            let key = self.text(length)?;
            if keys[..index].contains(&key) {
                return Err(Fault::Duplicate(key));
            }
            keys[index] = key;
            self.item(depth)?;
        }
        Ok(())
    }

    /// Reads the first byte and the argument behind it.
    pub(crate) fn head(&mut self) -> Result<(u8, u64), Fault<'a>> {
        let first = self.take(1)?[0];
        let (major, info) = (first >> 5, first & 0x1f);
        if major == 7 && (25..=27).contains(&info) {
            return Err(Fault::Float);
        }
        let argument = match info {
            0..=23 => u64::from(info),
            24 => self.number(1)?,
            25 => self.number(2)?,
            26 => self.number(4)?,
            27 => self.number(8)?,
            31 => return Err(Fault::Forbidden("an item of indefinite length")),
            _ => return Err(Fault::Forbidden("a reserved item")),
        };
        Ok((major, argument))
    }

    fn number(&mut self, size: u64) -> Result<u64, Fault<'a>> {
        Ok(self.take(size)?.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
    }

    pub(crate) fn text(&mut self, length: u64) -> Result<&'a str, Fault<'a>> {
        std::str::from_utf8(self.take(length)?).map_err(|_| Fault::Forbidden("text that is not UTF-8"))
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Fault<'a>> {
        if length > self.left() {
            return Err(Fault::Truncated);
        }
        let from = self.at;
        self.at += usize::try_from(length).map_err(|_| Fault::Truncated)?;
        Ok(&self.bytes[from..self.at])
    }

    fn left(&self) -> u64 {
        (self.bytes.len() - self.at) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FromConsole, Ping};

    const SMALL: Limits = Limits { bytes: 64, depth: 2 };

    fn refused(bytes: &[u8]) -> DecodeError {
        decode::<FromConsole>(bytes, SMALL).expect_err("refused")
    }

    #[test]
    fn a_message_comes_back_as_it_was_written() {
        let ping = FromConsole::Ping(Ping { operator_us: 7 });
        let bytes = encode(&ping).expect("encodes");
        assert_eq!(decode::<FromConsole>(&bytes, Limits::CONSOLE), Ok(ping));
    }

    #[test]
    fn what_the_wire_leaves_out_is_refused_by_name() {
        assert_eq!(refused(&[0xfb, 0, 0, 0, 0, 0, 0, 0, 0]), DecodeError::Float);
        assert_eq!(refused(&[0xf9, 0, 0]), DecodeError::Float);
        assert_eq!(refused(&[0x01, 0x01]), DecodeError::Trailing(1));
        assert_eq!(refused(&[0xa2, 0x61, b'a', 1, 0x61, b'a', 2]), DecodeError::Duplicate("a".to_owned()));
        assert_eq!(refused(&[0x81, 0x81, 0x81, 1]), DecodeError::TooDeep(2));
        assert_eq!(refused(&[0; 65]), DecodeError::TooLong { given: 65, allowed: 64 });
        assert_eq!(refused(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), DecodeError::Truncated);
        assert!(matches!(refused(&[0x9f, 0xff]), DecodeError::Forbidden(_)));
        assert!(matches!(refused(&[0xc0, 0x60]), DecodeError::Forbidden("a tag")));
        assert!(matches!(refused(&[0x1b, 0, 0x20, 0, 0, 0, 0, 0, 0]), DecodeError::Forbidden(_)));
        assert!(matches!(refused(&[0x05]), DecodeError::Shape(_)));
        assert_eq!(refused(&[]), DecodeError::Truncated);
    }

    #[test]
    fn an_unknown_field_is_accepted() {
        // {"ping": {"operator_us": 7, "x": [1]}}
        let bytes = b"\xa1\x64ping\xa2\x6boperator_us\x07\x61x\x81\x01";
        assert_eq!(decode::<FromConsole>(bytes, Limits::CONSOLE), Ok(FromConsole::Ping(Ping { operator_us: 7 })));
    }
}
