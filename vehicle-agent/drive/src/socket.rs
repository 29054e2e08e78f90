//! Unix sequenced-packet sockets without blocking.

use farhand_protocol::{DecodeError, EncodeError, Limits, decode, encode};
use rustix::net::sockopt::{set_socket_recv_buffer_size, set_socket_send_buffer_size};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

const BACKLOG: i32 = 4;
// A second of the busiest socket (commands, stamps of eight cameras at 60 Hz, beats) at 2 KiB each.
const BUFFER_BYTES: usize = 1 << 20;

/// Why a message could not be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The other end reads too slowly; the message is dropped.
    #[error("the other end does not read")]
    Full,
    /// The other end is gone.
    #[error("the other end is gone: {0}")]
    Gone(io::Error),
    /// The message cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// Why no message could be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The other end is gone.
    #[error("the other end is gone")]
    Gone,
    /// The packet is no message; it is consumed.
    #[error("a packet that is no message: {0}")]
    Decode(#[from] DecodeError),
}

/// One end of a connection.
#[derive(Debug)]
pub struct PacketSocket {
    fd: OwnedFd,
}

impl PacketSocket {
    /// Connects to a listener.
    ///
    /// # Errors
    /// What the system says; `NotFound` and `ConnectionRefused` mean that nobody listens there.
    pub fn connect(path: &Path) -> io::Result<Self> {
        let fd = new_socket()?;
        rustix::net::connect(&fd, &SocketAddrUnix::new(path)?)?;
        Self::from_fd(fd)
    }

    fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        set_socket_send_buffer_size(&fd, BUFFER_BYTES)?;
        set_socket_recv_buffer_size(&fd, BUFFER_BYTES)?;
        rustix::io::ioctl_fionbio(&fd, true)?;
        Ok(Self { fd })
    }

    /// Sends one message without waiting.
    ///
    /// # Errors
    /// [`SendError::Full`] drops this message only; [`SendError::Gone`] is final.
    pub fn send<T: Serialize>(&self, message: &T) -> Result<(), SendError> {
        let bytes = encode(message)?;
        match rustix::net::send(&self.fd, &bytes, SendFlags::NOSIGNAL) {
            Ok(_) => Ok(()),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::NOBUFS) => Err(SendError::Full),
            Err(error) => Err(SendError::Gone(error.into())),
        }
    }

    /// Takes one message if there is one.
    ///
    /// # Errors
    /// [`ReceiveError::Decode`] consumes the packet, the next call goes on; [`ReceiveError::Gone`] is final.
    pub fn receive<T: DeserializeOwned>(&self) -> Result<Option<T>, ReceiveError> {
        let mut buffer = [0; 8 * 1024];
        match rustix::net::recv(&self.fd, &mut buffer, RecvFlags::TRUNC) {
            Ok((_, 0)) => Err(ReceiveError::Gone),
            Ok((kept, whole)) if whole > kept => Err(DecodeError::TooLong { given: whole, allowed: buffer.len() }.into()),
            Ok((kept, _)) => Ok(Some(decode(&buffer[..kept], Limits { bytes: kept, ..Limits::STREAM })?)),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(None),
            Err(_) => Err(ReceiveError::Gone),
        }
    }
}

impl AsFd for PacketSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Waits for connections on a path. The file is removed when this is dropped.
#[derive(Debug)]
pub struct PacketListener {
    fd: OwnedFd,
    path: PathBuf,
}

impl PacketListener {
    /// Listens on `path`, replacing the leftover file of a process that died; only the owner may connect.
    ///
    /// # Errors
    /// `AddrInUse` if a living process listens there; else what the system says.
    pub fn bind(path: &Path) -> io::Result<Self> {
        match PacketSocket::connect(path) {
            Ok(_) => return Err(io::Error::new(io::ErrorKind::AddrInUse, "another process listens there")),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path)?,
            Err(_) => {}
        }
        let fd = new_socket()?;
        rustix::net::bind(&fd, &SocketAddrUnix::new(path)?)?;
        rustix::fs::chmod(path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)?;
        rustix::net::listen(&fd, BACKLOG)?;
        rustix::io::ioctl_fionbio(&fd, true)?;
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Takes a waiting connection, if there is one.
    ///
    /// # Errors
    /// What the system says.
    pub fn accept(&self) -> io::Result<Option<PacketSocket>> {
        match rustix::net::accept(&self.fd) {
            Ok(fd) => PacketSocket::from_fd(fd).map(Some),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for PacketListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for PacketListener {
    fn drop(&mut self) {
        // Nothing is left to do if the file is gone already.
        drop(std::fs::remove_file(&self.path));
    }
}

fn new_socket() -> io::Result<OwnedFd> {
    Ok(rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AgentSays, MOST_BEAMS, MachineSays, MachineScan, Ranges, ScannerMount};
    use farhand_protocol::MonoTime;

    fn pair() -> (tempfile::TempDir, PacketSocket, PacketSocket) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let listener = PacketListener::bind(&path).expect("binds");
        let near = PacketSocket::connect(&path).expect("connects");
        let far = listener.accept().expect("accepts").expect("is there");
        (folder, near, far)
    }

    #[test]
    fn messages_keep_their_order_and_an_empty_socket_does_not_wait() {
        let (_folder, near, far) = pair();
        for at in [1, 2] {
            near.send(&AgentSays::Beat { at: MonoTime(at), gateway_connected: true }).expect("sent");
        }
        for expected in [1, 2] {
            let got: AgentSays = far.receive().expect("alive").expect("a message");
            assert_eq!(got, AgentSays::Beat { at: MonoTime(expected), gateway_connected: true });
        }
        assert!(far.receive::<AgentSays>().expect("alive").is_none());
    }

    #[test]
    fn the_death_of_the_other_end_is_seen_at_once() {
        let (_folder, near, far) = pair();
        drop(near);
        assert!(matches!(far.receive::<AgentSays>(), Err(ReceiveError::Gone)));
    }

    #[test]
    fn the_widest_sweep_is_one_packet() {
        let (_folder, near, far) = pair();
        let ranges = Ranges::of(std::iter::repeat_n(40_000, MOST_BEAMS)).expect("as many as fit");
        let mount = ScannerMount { x_mm: 400, y_mm: -550, heading_urad: -3_141_593 };
        let scan = MachineScan { scanner: 1, at: MonoTime((1 << 53) - 1), whole: true, mount, step_urad: 3068, ranges };
        near.send(&MachineSays::Scan(scan.clone())).expect("sent");
        assert_eq!(far.receive::<MachineSays>().expect("alive"), Some(MachineSays::Scan(scan)));
    }

    #[test]
    fn garbage_is_refused_and_the_next_message_is_read() {
        let (_folder, near, far) = pair();
        rustix::net::send(&near, &[0xff, 0x00], SendFlags::empty()).expect("sent");
        near.send(&AgentSays::LeaseEnd { epoch: farhand_protocol::LeaseEpoch(4), revoked: false }).expect("sent");
        assert!(matches!(far.receive::<AgentSays>(), Err(ReceiveError::Decode(_))));
        assert!(far.receive::<AgentSays>().expect("alive").is_some());
    }

    #[test]
    fn a_dead_listener_is_replaced_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let living = PacketListener::bind(&path).expect("binds");
        let refused = PacketListener::bind(&path).expect_err("in use");
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
        drop(living);

        let leftover = new_socket().expect("a socket");
        rustix::net::bind(&leftover, &SocketAddrUnix::new(&path).expect("an address")).expect("binds");
        drop(leftover);
        assert!(path.exists(), "a dead process leaves its file");
        assert!(PacketListener::bind(&path).is_ok());
    }
}
