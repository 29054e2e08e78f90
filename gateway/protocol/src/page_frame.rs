//! What a page is sent where its pictures come as access units, over QUIC or a WebSocket, and not as WebRTC tracks.
//!
//! A frame is one message of a WebSocket, or one QUIC stream; a message that fits goes as a QUIC datagram, without the first byte.
//! Its first byte says what it is: 1 for a picture, 2 for a message of [`crate::ToConsole`].
//!
//! A picture, all in network order: kind 1, number 4, received 8, relayed 8, the [`MediaHeader`] as the vehicle wrote it, then
//! the raw bytes of the unit.

use crate::{MEDIA_HEADER_BYTES, MediaHeader, MonoTime};

/// Bytes before those of the unit.
pub const PICTURE_HEAD_BYTES: usize = 1 + 4 + 8 + 8 + MEDIA_HEADER_BYTES;

/// The first byte of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageFrame {
    /// A [`PictureHead`] and a unit.
    Picture,
    /// A [`crate::ToConsole`].
    Message,
}

impl PageFrame {
    /// The byte.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Picture => 1,
            Self::Message => 2,
        }
    }
}

/// What stands before a unit on its way to a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureHead {
    /// Counts the pictures of all cameras that are sent to this page, from 1, wrapping.
    pub number: u32,
    /// The gateway's clock when the unit was there.
    pub received: MonoTime,
    /// The gateway's clock when it left for this page.
    pub relayed: MonoTime,
    /// As the vehicle wrote it.
    pub header: MediaHeader,
}

impl PictureHead {
    /// Writes the head, with the byte that says what follows.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; PICTURE_HEAD_BYTES] {
        let mut bytes = [0; PICTURE_HEAD_BYTES];
        bytes[0] = PageFrame::Picture.byte();
        bytes[1..5].copy_from_slice(&self.number.to_be_bytes());
        bytes[5..13].copy_from_slice(&self.received.0.to_be_bytes());
        bytes[13..21].copy_from_slice(&self.relayed.0.to_be_bytes());
        bytes[21..].copy_from_slice(&self.header.to_bytes());
        bytes
    }
}
