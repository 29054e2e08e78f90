//! Typed messages: on the reliable stream behind a length, and in datagrams.

use bytes::{Buf, Bytes, BytesMut};
use farhand_protocol::{DecodeError, EncodeError, Limits, decode, encode};
use quinn::{Connection, ConnectionError, ReadError, RecvStream, SendDatagramError, SendStream, WriteError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

const LENGTH_BYTES: usize = 4;
const READ_BYTES: usize = 4 * 1024;

/// Why a message did not pass. All but a late read end the stream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// Longer than the wire allows.
    #[error("message of {given} bytes; at most {allowed} are allowed")]
    TooLong {
        /// Bytes announced.
        given: usize,
        /// Bytes allowed.
        allowed: usize,
    },
    /// No message of this type.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The other end finished the stream, in the middle of a message if `bytes` is above 0.
    #[error("the other end finished the stream ({bytes} bytes into a message)")]
    Finished {
        /// Bytes of an unfinished message.
        bytes: usize,
    },
    /// The stream broke.
    #[error("stream broke: {0}")]
    Read(#[from] ReadError),
    /// The stream broke.
    #[error("stream broke: {0}")]
    Write(#[from] WriteError),
    /// The connection ended.
    #[error("{}", crate::explain(.0))]
    Connection(#[from] ConnectionError),
}

/// Why a datagram did not leave.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatagramError {
    /// Cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// Too long for the path, or the connection ended.
    #[error(transparent)]
    Send(#[from] SendDatagramError),
}

/// Opens the reliable stream from the vehicle's end. The gateway sees it with the first message written.
///
/// # Errors
/// The connection ended.
pub async fn open_messages<Out, In>(connection: &Connection) -> Result<(MessageWriter<Out>, MessageReader<In>), ConnectionError> {
    let (send, receive) = connection.open_bi().await?;
    Ok((MessageWriter::new(send), MessageReader::new(receive)))
}

/// Waits for the vehicle's reliable stream.
///
/// # Errors
/// The connection ended.
pub async fn accept_messages<Out, In>(
    connection: &Connection,
) -> Result<(MessageWriter<Out>, MessageReader<In>), ConnectionError> {
    let (send, receive) = connection.accept_bi().await?;
    Ok((MessageWriter::new(send), MessageReader::new(receive)))
}

/// Writes messages of one type.
#[derive(Debug)]
pub struct MessageWriter<T> {
    stream: SendStream,
    kind: PhantomData<fn(T)>,
}

impl<T: Serialize> MessageWriter<T> {
    /// Writes one message; waits while the other end does not read. Not cancel-safe: give the stream up after a cancel.
    ///
    /// # Errors
    /// [`MessageError`]; the stream is then of no more use, but for `TooLong` and `Encode`.
    pub async fn write(&mut self, message: &T) -> Result<(), MessageError> {
        let body = encode(message)?;
        let length = match u32::try_from(body.len()) {
            Ok(length) if body.len() <= Limits::STREAM.bytes => length,
            _ => return Err(MessageError::TooLong { given: body.len(), allowed: Limits::STREAM.bytes }),
        };
        let head = Bytes::copy_from_slice(&length.to_be_bytes());
        self.stream.write_all_chunks(&mut [head, Bytes::from(body)]).await?;
        Ok(())
    }
}

impl<T> MessageWriter<T> {
    fn new(stream: SendStream) -> Self {
        Self { stream, kind: PhantomData }
    }
}

/// Reads messages of one type.
#[derive(Debug)]
pub struct MessageReader<T> {
    stream: RecvStream,
    buffer: BytesMut,
    kind: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> MessageReader<T> {
    /// Waits for one message. Cancel-safe: bytes read so far are kept for the next call.
    ///
    /// # Errors
    /// [`MessageError::Decode`] consumes the message and the next can be read; all others end the stream.
    pub async fn read(&mut self) -> Result<T, MessageError> {
        loop {
            if let Some(body) = self.take_body()? {
                return Ok(decode(&body, Limits::STREAM)?);
            }
            match self.stream.read_chunk(READ_BYTES, true).await? {
                Some(chunk) => self.buffer.extend_from_slice(&chunk.bytes),
                None => return Err(MessageError::Finished { bytes: self.buffer.len() }),
            }
        }
    }

    fn take_body(&mut self) -> Result<Option<BytesMut>, MessageError> {
        let Some(head) = self.buffer.first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes(*head)).unwrap_or(usize::MAX);
        if length > Limits::STREAM.bytes {
            return Err(MessageError::TooLong { given: length, allowed: Limits::STREAM.bytes });
        }
        if self.buffer.len() < LENGTH_BYTES + length {
            return Ok(None);
        }
        self.buffer.advance(LENGTH_BYTES);
        Ok(Some(self.buffer.split_to(length)))
    }
}

impl<T> MessageReader<T> {
    fn new(stream: RecvStream) -> Self {
        Self { stream, buffer: BytesMut::new(), kind: PhantomData }
    }
}

/// Sends one datagram without waiting. If two are still unsent the oldest is dropped: the newest wins.
///
/// # Errors
/// [`DatagramError`].
pub fn send_datagram<T: Serialize>(connection: &Connection, message: &T) -> Result<(), DatagramError> {
    connection.send_datagram(Bytes::from(encode(message)?))?;
    Ok(())
}

/// Sends something small whose acknowledgement tells that the link carries again. The other end need not read it.
pub fn probe(connection: &Connection) {
    // Not empty: what nobody reads is bounded by its bytes. A connection that is gone shows elsewhere.
    drop(connection.send_datagram(Bytes::from_static(b"probe")));
}

/// Waits for one datagram. Cancel-safe.
///
/// # Errors
/// [`MessageError::Decode`] consumes the datagram and the next can be read; [`MessageError::Connection`] is final.
pub async fn read_datagram<T: DeserializeOwned>(connection: &Connection) -> Result<T, MessageError> {
    let bytes = connection.read_datagram().await?;
    Ok(decode(&bytes, Limits::DATAGRAM)?)
}
