//! A UDP socket that marks every packet with the class of traffic it carries.
//!
//! Switches and access points put marked packets into queues of their own, if their owner wants that: a command need not wait
//! behind somebody's file. quinn's UDP layer writes the two congestion bits of each packet and clears the six beside them, so a
//! mark set on the socket never leaves the machine. Here both are written together, packet by packet.

use crate::tuning::Class;
use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrStorage, sendmsg};
use quinn::udp::{RecvMeta, Transmit, UdpSocketState};
use quinn::{AsyncUdpSocket, UdpPoller};
use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::Interest;

impl Class {
    /// The differentiated services code point of its packets: expedited forwarding (RFC 3246) for control, assured forwarding
    /// 41 (RFC 2597), as RFC 8837 has it for interactive video, for media.
    pub(crate) fn code_point(self) -> u8 {
        match self {
            Self::Control => 46,
            Self::Media => 34,
        }
    }
}

/// See the module.
pub(crate) struct MarkedSocket {
    io: tokio::net::UdpSocket,
    state: UdpSocketState,
    class: Class,
    /// The network card or its driver does not cut a long packet into several.
    whole_only: AtomicBool,
}

impl MarkedSocket {
    /// Takes a bound socket; must run inside the tokio runtime that will drive it.
    pub(crate) fn new(socket: UdpSocket, class: Class) -> io::Result<Self> {
        let state = UdpSocketState::new((&socket).into())?;
        socket.set_nonblocking(true)?;
        Ok(Self { io: tokio::net::UdpSocket::from_std(socket)?, state, class, whole_only: AtomicBool::new(false) })
    }

    fn send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let bits = self.class.code_point() << 2 | transmit.ecn.map_or(0, |codepoint| codepoint as u8);
        let wide_bits = i32::from(bits);
        let to_v6 = matches!(transmit.destination, SocketAddr::V6(address) if address.ip().to_ipv4_mapped().is_none());
        let mark = if to_v6 { ControlMessage::Ipv6TClass(&wide_bits) } else { ControlMessage::Ipv4Tos(&bits) };
        let (v4, v6) = (transmit.src_ip.and_then(from_v4), transmit.src_ip.and_then(from_v6));
        let source = v4.as_ref().map(ControlMessage::Ipv4PacketInfo).or(v6.as_ref().map(ControlMessage::Ipv6PacketInfo));
        let each = transmit.segment_size.filter(|each| *each < transmit.contents.len()).and_then(|each| u16::try_from(each).ok());
        let cut = each.as_ref().map(ControlMessage::UdpGsoSegments);
        let messages: Vec<ControlMessage<'_>> = [Some(mark), source, cut].into_iter().flatten().collect();
        let destination = SockaddrStorage::from(transmit.destination);
        let contents = [IoSlice::new(transmit.contents)];
        loop {
            let sent = sendmsg(self.io.as_raw_fd(), &contents, &messages, MsgFlags::empty(), Some(&destination));
            match sent {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Err(io::ErrorKind::WouldBlock.into()),
                Err(error) => {
                    let cannot_cut = each.is_some() && matches!(error, Errno::EIO | Errno::EINVAL);
                    self.whole_only.fetch_or(cannot_cut, Ordering::Relaxed);
                    // As with a packet lost on the way: QUIC notices, and whoever dials is told by his timeout. A probe of the
                    // largest packet that is too large ends here too.
                    return Ok(());
                }
            }
        }
    }
}

impl AsyncUdpSocket for MarkedSocket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Writable { socket: self, waiting: None })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.io.try_io(Interest::WRITABLE, || self.send(transmit))
    }

    fn poll_recv(&self, cx: &mut Context<'_>, bufs: &mut [IoSliceMut<'_>], meta: &mut [RecvMeta]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.io.poll_recv_ready(cx))?;
            if let Ok(count) = self.io.try_io(Interest::READABLE, || self.state.recv((&self.io).into(), bufs, meta)) {
                return Poll::Ready(Ok(count));
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        if self.whole_only.load(Ordering::Relaxed) { 1 } else { self.state.max_gso_segments() }
    }

    fn max_receive_segments(&self) -> usize {
        self.state.gro_segments()
    }

    fn may_fragment(&self) -> bool {
        self.state.may_fragment()
    }
}

impl fmt::Debug for MarkedSocket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MarkedSocket").field("io", &self.io).field("class", &self.class).finish_non_exhaustive()
    }
}

/// Waits until the socket takes packets again.
struct Writable {
    socket: Arc<MarkedSocket>,
    waiting: Option<Waiting>,
}

type Waiting = Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>>;

impl UdpPoller for Writable {
    fn poll_writable(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { socket, waiting } = &mut *self;
        let wait = waiting.get_or_insert_with(|| {
            let socket = Arc::clone(socket);
            Box::pin(async move { socket.io.writable().await })
        });
        let result = ready!(wait.as_mut().poll(cx));
        *waiting = None;
        Poll::Ready(result)
    }
}

impl fmt::Debug for Writable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Writable").finish_non_exhaustive()
    }
}

/// The address that a packet is to come from, where the machine has several.
fn from_v4(source: IpAddr) -> Option<in_pktinfo> {
    let IpAddr::V4(address) = source else { return None };
    let own = in_addr { s_addr: u32::from_ne_bytes(address.octets()) };
    Some(in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: own, ipi_addr: in_addr { s_addr: 0 } })
}

fn from_v6(source: IpAddr) -> Option<in6_pktinfo> {
    let IpAddr::V6(address) = source else { return None };
    Some(in6_pktinfo { ipi6_ifindex: 0, ipi6_addr: in6_addr { s6_addr: address.octets() } })
}
