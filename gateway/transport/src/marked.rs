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

/// One packet, or several of equal length one after the other, the last of them perhaps shorter.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// Where to.
    pub destination: SocketAddr,
    /// The address of ours that it is to come from, where the machine has several.
    pub source: Option<IpAddr>,
    /// The two bits of explicit congestion notification (RFC 3168).
    pub congestion_bits: u8,
    /// What is in it.
    pub contents: &'a [u8],
    /// Bytes of each, if they are several.
    pub each: Option<usize>,
}

/// Sends packets with the mark of their class.
#[derive(Debug)]
pub struct MarkedSender {
    class: Class,
    /// The network card or its driver does not cut a run of packets into single ones.
    whole_only: AtomicBool,
}

impl MarkedSender {
    /// Of a class.
    #[must_use]
    pub fn new(class: Class) -> Self {
        Self { class, whole_only: AtomicBool::new(false) }
    }

    /// Sends without waiting. What the system refuses for good is lost as a packet on its way is: QUIC and RTP notice, and whoever
    /// dials is told by his timeout.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] if the socket takes no more for now.
    pub fn send(&self, socket: &impl AsRawFd, packet: &Packet<'_>) -> io::Result<()> {
        let bits = self.class.code_point() << 2 | packet.congestion_bits & 0b11;
        let wide_bits = i32::from(bits);
        let to_v6 = matches!(packet.destination, SocketAddr::V6(address) if address.ip().to_ipv4_mapped().is_none());
        let mark = if to_v6 { ControlMessage::Ipv6TClass(&wide_bits) } else { ControlMessage::Ipv4Tos(&bits) };
        let (v4, v6) = (packet.source.and_then(from_v4), packet.source.and_then(from_v6));
        let source = v4.as_ref().map(ControlMessage::Ipv4PacketInfo).or(v6.as_ref().map(ControlMessage::Ipv6PacketInfo));
        let each = packet.each.filter(|each| *each < packet.contents.len()).and_then(|each| u16::try_from(each).ok());
        let cut = each.as_ref().map(ControlMessage::UdpGsoSegments);
        let messages: Vec<ControlMessage<'_>> = [Some(mark), source, cut].into_iter().flatten().collect();
        let destination = SockaddrStorage::from(packet.destination);
        let contents = [IoSlice::new(packet.contents)];
        loop {
            match sendmsg(socket.as_raw_fd(), &contents, &messages, MsgFlags::empty(), Some(&destination)) {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Err(io::ErrorKind::WouldBlock.into()),
                // A probe of the longest packet ends here too, if it was too long.
                Err(error) => {
                    let cannot_cut = each.is_some() && matches!(error, Errno::EIO | Errno::EINVAL);
                    self.whole_only.fetch_or(cannot_cut, Ordering::Relaxed);
                    return Ok(());
                }
            }
        }
    }

    /// How many packets may be sent in one run, of those that the system says it can cut.
    pub fn most_at_once(&self, cut_by_the_system: usize) -> usize {
        if self.whole_only.load(Ordering::Relaxed) { 1 } else { cut_by_the_system }
    }
}

/// quinn's socket, with the sender above.
pub(crate) struct MarkedSocket {
    io: tokio::net::UdpSocket,
    state: UdpSocketState,
    sender: MarkedSender,
}

impl MarkedSocket {
    /// Takes a bound socket; must run inside the tokio runtime that will drive it.
    pub(crate) fn new(socket: UdpSocket, class: Class) -> io::Result<Self> {
        let state = UdpSocketState::new((&socket).into())?;
        socket.set_nonblocking(true)?;
        Ok(Self { io: tokio::net::UdpSocket::from_std(socket)?, state, sender: MarkedSender::new(class) })
    }
}

impl AsyncUdpSocket for MarkedSocket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Writable { socket: self, waiting: None })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let packet = Packet {
            destination: transmit.destination,
            source: transmit.src_ip,
            congestion_bits: transmit.ecn.map_or(0, |codepoint| codepoint as u8),
            contents: transmit.contents,
            each: transmit.segment_size,
        };
        self.io.try_io(Interest::WRITABLE, || self.sender.send(&self.io, &packet))
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
        self.sender.most_at_once(self.state.max_gso_segments())
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
        formatter.debug_struct("MarkedSocket").field("io", &self.io).field("sender", &self.sender).finish_non_exhaustive()
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

fn from_v4(source: IpAddr) -> Option<in_pktinfo> {
    let IpAddr::V4(address) = source else { return None };
    let own = in_addr { s_addr: u32::from_ne_bytes(address.octets()) };
    Some(in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: own, ipi_addr: in_addr { s_addr: 0 } })
}

fn from_v6(source: IpAddr) -> Option<in6_pktinfo> {
    let IpAddr::V6(address) = source else { return None };
    Some(in6_pktinfo { ipi6_ifindex: 0, ipi6_addr: in6_addr { s6_addr: address.octets() } })
}
