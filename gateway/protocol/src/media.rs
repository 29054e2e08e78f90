//! The header in front of each encoded picture (access unit) between vehicle and gateway.
//!
//! 28 bytes, big endian: version 1, codec 1, camera 1, flags 1 (bit 0 key frame), sequence 4, depends-on 4, capture
//! time 8, length 4, reserved 4 (zero). Then `length` raw bytes of one access unit. One QUIC stream carries one unit.

use crate::{CameraIndex, MonoTime};

/// Bytes of the header on the wire.
pub const MEDIA_HEADER_BYTES: usize = 28;
/// Largest access unit either side will read: a 640x360 key frame of lossless noise is below it.
pub const MAX_UNIT_BYTES: u32 = 512 * 1024;
const VERSION: u8 = 1;
const KEY_FLAG: u8 = 1;

/// How the picture is encoded. The relay only passes the word on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// H.264 constrained baseline, Annex B.
    H264,
}

/// Why a header was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// Fewer bytes than a header, or bytes after it.
    #[error("media header has {0} bytes instead of {MEDIA_HEADER_BYTES}")]
    Size(usize),
    /// A version this build does not speak.
    #[error("media header version {0}; this build speaks {VERSION}")]
    Version(u8),
    /// A codec this build does not know.
    #[error("media codec {0} is unknown")]
    Codec(u8),
    /// Flags or reserved bytes that must be zero are not.
    #[error("media header has reserved bits set")]
    Reserved,
    /// More bytes than a unit may have.
    #[error("access unit of {0} bytes; at most {MAX_UNIT_BYTES} are allowed")]
    TooLong(u32),
    /// A key frame that depends on another unit, or a picture that depends on itself or on a later one.
    #[error("unit {sequence} cannot depend on unit {depends_on}")]
    Dependency {
        /// The unit's own number.
        sequence: u32,
        /// The unit it says it needs.
        depends_on: u32,
    },
}

/// What the relay knows of an access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaHeader {
    /// Which camera of the vehicle.
    pub camera: CameraIndex,
    /// How the bytes are encoded.
    pub codec: Codec,
    /// True for a picture that can be decoded alone.
    pub key: bool,
    /// Counts the units of one camera, without gaps, wrapping.
    pub sequence: u32,
    /// The unit without which this one cannot be decoded; its own number for a key frame.
    pub depends_on: u32,
    /// Vehicle clock when the raw picture was taken.
    pub capture: MonoTime,
    /// Bytes that follow the header.
    pub length: u32,
}

impl MediaHeader {
    /// Writes the header.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; MEDIA_HEADER_BYTES] {
        let mut bytes = [0; MEDIA_HEADER_BYTES];
        bytes[0] = VERSION;
        bytes[1] = match self.codec {
            Codec::H264 => 1,
        };
        bytes[2] = self.camera.0;
        bytes[3] = if self.key { KEY_FLAG } else { 0 };
        bytes[4..8].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.depends_on.to_be_bytes());
        bytes[12..20].copy_from_slice(&self.capture.0.to_be_bytes());
        bytes[20..24].copy_from_slice(&self.length.to_be_bytes());
        bytes
    }

    /// Reads exactly one header.
    ///
    /// # Errors
    /// [`MediaError`] says which field is not allowed; the unit must then be dropped and counted.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MediaError> {
        let bytes: &[u8; MEDIA_HEADER_BYTES] = bytes.try_into().map_err(|_| MediaError::Size(bytes.len()))?;
        if bytes[0] != VERSION {
            return Err(MediaError::Version(bytes[0]));
        }
        let codec = match bytes[1] {
            1 => Codec::H264,
            other => return Err(MediaError::Codec(other)),
        };
        if bytes[3] & !KEY_FLAG != 0 || bytes[24..28] != [0; 4] {
            return Err(MediaError::Reserved);
        }
        let header = Self {
            camera: CameraIndex(bytes[2]),
            codec,
            key: bytes[3] & KEY_FLAG != 0,
            sequence: u32_at(bytes, 4),
            depends_on: u32_at(bytes, 8),
            capture: MonoTime((u64::from(u32_at(bytes, 12)) << 32) | u64::from(u32_at(bytes, 16))),
            length: u32_at(bytes, 20),
        };
        if header.length > MAX_UNIT_BYTES {
            return Err(MediaError::TooLong(header.length));
        }
        if header.key != (header.depends_on == header.sequence) {
            return Err(MediaError::Dependency { sequence: header.sequence, depends_on: header.depends_on });
        }
        Ok(header)
    }
}

fn u32_at(bytes: &[u8; MEDIA_HEADER_BYTES], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> MediaHeader {
        MediaHeader {
            camera: CameraIndex(3),
            codec: Codec::H264,
            key: false,
            sequence: 41,
            depends_on: 40,
            capture: MonoTime(0x0102_0304_0506_0708),
            length: 5000,
        }
    }

    #[test]
    fn a_header_comes_back_as_it_was_written() {
        assert_eq!(MediaHeader::from_bytes(&header().to_bytes()), Ok(header()));
    }

    #[test]
    fn each_bad_field_is_named() {
        let good = header().to_bytes();
        let with = |at: usize, value: u8| {
            let mut bytes = good;
            bytes[at] = value;
            MediaHeader::from_bytes(&bytes)
        };
        assert_eq!(with(0, 2), Err(MediaError::Version(2)));
        assert_eq!(with(1, 9), Err(MediaError::Codec(9)));
        assert_eq!(with(3, 2), Err(MediaError::Reserved));
        assert_eq!(with(27, 1), Err(MediaError::Reserved));
        assert!(matches!(with(20, 1), Err(MediaError::TooLong(_))));
        assert!(matches!(with(3, 1), Err(MediaError::Dependency { .. })));
        assert_eq!(MediaHeader::from_bytes(&good[..27]), Err(MediaError::Size(27)));
    }
}
