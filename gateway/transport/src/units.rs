//! One access unit on one unidirectional stream.

use bytes::Bytes;
use farhand_protocol::{MEDIA_HEADER_BYTES, MediaError, MediaHeader};
use quinn::{Connection, ConnectionError, ReadError, ReadExactError, RecvStream, SendStream, StoppedError, VarInt, WriteError};

const STALE: VarInt = VarInt::from_u32(1);

/// Why a unit did not pass. The connection goes on unless it says otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// The header is not allowed.
    #[error(transparent)]
    Header(#[from] MediaError),
    /// The header announces another length than the unit has.
    #[error("unit announces {announced} bytes and has {given}")]
    Length {
        /// Bytes announced.
        announced: u32,
        /// Bytes given, or one more than announced if there are more.
        given: usize,
    },
    /// The stream ended early: the sender gave the unit up, or broke off.
    #[error("unit ends early")]
    Abandoned,
    /// The connection ended.
    #[error("{}", crate::explain(.0))]
    Connection(#[from] ConnectionError),
}

/// A unit handed to the connection, not yet acknowledged. Dropping it leaves the unit on its way.
#[derive(Debug)]
pub struct UnitInFlight {
    stream: Option<SendStream>,
}

impl UnitInFlight {
    /// A future that waits until the other end has all of it: true, or gave it up: false. It does not borrow.
    pub fn acknowledged(&self) -> impl Future<Output = bool> + Send + 'static {
        let stopped = self.stream.as_ref().map(SendStream::stopped);
        async move {
            match stopped {
                Some(stopped) => matches!(stopped.await, Ok(None) | Err(StoppedError::ZeroRttRejected)),
                None => false,
            }
        }
    }

    /// Gives the unit up: what is unsent is dropped and nothing is sent again.
    pub fn abandon(mut self) {
        self.reset();
    }

    fn reset(&mut self) {
        if let Some(mut stream) = self.stream.take() {
            // An error means that it is acknowledged or reset already.
            drop(stream.reset(STALE));
        }
    }
}

/// Gives a half-written unit up when the caller stops waiting; otherwise quinn would finish it, cut short.
struct ResetOnDrop(UnitInFlight);

impl Drop for ResetOnDrop {
    fn drop(&mut self) {
        self.0.reset();
    }
}

/// Writes one unit on its own stream; streams leave in the order of their writing. Waits only if the other end's stream credit
/// or the send window is used up; a cancelled call gives the unit up.
///
/// # Errors
/// [`UnitError::Length`] for a header that is not the payload's, [`UnitError::Connection`] when it is gone.
pub async fn send_unit(connection: &Connection, header: &MediaHeader, payload: Bytes) -> Result<UnitInFlight, UnitError> {
    if usize::try_from(header.length) != Ok(payload.len()) {
        return Err(UnitError::Length { announced: header.length, given: payload.len() });
    }
    let mut unit = ResetOnDrop(UnitInFlight { stream: Some(connection.open_uni().await?) });
    let Some(stream) = unit.0.stream.as_mut() else { return Err(UnitError::Abandoned) };
    let head = Bytes::copy_from_slice(&header.to_bytes());
    stream.write_all_chunks(&mut [head, payload]).await.map_err(write_error)?;
    stream.finish().map_err(|_| UnitError::Abandoned)?;
    Ok(UnitInFlight { stream: unit.0.stream.take() })
}

/// Reads one unit to its end. The caller bounds the time.
///
/// # Errors
/// [`UnitError`]; only [`UnitError::Connection`] concerns more than this unit.
pub async fn read_unit(mut stream: RecvStream) -> Result<(MediaHeader, Bytes), UnitError> {
    let mut head = [0; MEDIA_HEADER_BYTES];
    stream.read_exact(&mut head).await.map_err(exact_error)?;
    let header = MediaHeader::from_bytes(&head)?;
    let length = usize::try_from(header.length).unwrap_or(usize::MAX);
    let payload = match stream.read_to_end(length).await {
        Ok(payload) => payload,
        Err(quinn::ReadToEndError::TooLong) => {
            return Err(UnitError::Length { announced: header.length, given: length.saturating_add(1) });
        }
        Err(quinn::ReadToEndError::Read(error)) => return Err(read_error(error)),
    };
    if payload.len() != length {
        return Err(UnitError::Length { announced: header.length, given: payload.len() });
    }
    Ok((header, Bytes::from(payload)))
}

fn write_error(error: WriteError) -> UnitError {
    match error {
        WriteError::ConnectionLost(error) => UnitError::Connection(error),
        WriteError::Stopped(_) | WriteError::ClosedStream | WriteError::ZeroRttRejected => UnitError::Abandoned,
    }
}

fn exact_error(error: ReadExactError) -> UnitError {
    match error {
        ReadExactError::FinishedEarly(_) => UnitError::Abandoned,
        ReadExactError::ReadError(error) => read_error(error),
    }
}

fn read_error(error: ReadError) -> UnitError {
    match error {
        ReadError::ConnectionLost(error) => UnitError::Connection(error),
        ReadError::Reset(_) | ReadError::ClosedStream | ReadError::IllegalOrderedRead | ReadError::ZeroRttRejected => {
            UnitError::Abandoned
        }
    }
}
