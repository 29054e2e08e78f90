//! One UDP port for the pages of all people: a real socket, a table of whose datagrams come from where (`demux`), and for
//! each connection one virtual socket for each address of ours (`Door`). `runtime` makes the WebRTC library use these.

use crate::candidates::name_candidates;
use crate::demux::{Demux, Full, LineId};
use crate::runtime::LineRuntime;
use crate::vehicle::locked;
use bytes::Bytes;
use farhand_transport::{Class, MarkedSender, Packet};
use std::fmt;
use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tracing::debug;
use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit, UdpSocketState};

/// Datagrams of one page that may wait at one door: a page sends about a hundred a second, so a second's worth.
const MOST_WAITING: usize = 128;
/// What one look at the socket may take, ...
const BATCH: usize = 8;
/// ... each a run of datagrams that the kernel has joined.
const JOINED_BYTES: usize = 65_535;
/// After an error of the socket itself; those that a single page can cause are never reported on this kind of socket.
const AFTER_AN_ERROR: Duration = Duration::from_millis(10);

type Waiting = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// A page's datagram, and which of our addresses it was sent to; none if that was translated on the way (NAT).
struct Datagram {
    from: SocketAddr,
    to: Option<IpAddr>,
    bytes: Bytes,
}

/// What comes to one connection at one of our addresses.
pub(crate) struct Inbox {
    is_ipv4: bool,
    datagrams: mpsc::Receiver<Datagram>,
    /// Where the page spoke to: the answers come from there.
    spoken_to: Option<IpAddr>,
}

/// The socket, and who is behind it.
pub(crate) struct SharedPort {
    io: UdpSocket,
    offload: UdpSocketState,
    sender: MarkedSender,
    listening: SocketAddr,
    addresses: Vec<IpAddr>,
    /// For each connection, its doors in the order of the addresses.
    lines: Mutex<Demux<Vec<mpsc::Sender<Datagram>>>>,
}

impl SharedPort {
    /// Opens the port, to be reached by pages under `addresses`. Must run inside a tokio runtime, as must [`Self::receive`].
    pub(crate) fn open(listen: SocketAddr, addresses: Vec<IpAddr>) -> io::Result<Arc<Self>> {
        let io = std::net::UdpSocket::bind(listen)?;
        io.set_nonblocking(true)?;
        let io = UdpSocket::from_std(io)?;
        let offload = UdpSocketState::new((&io).into())?;
        let listening = io.local_addr()?;
        // States for the page go the same way as its pictures: one mark for both.
        let sender = MarkedSender::new(Class::Media);
        Ok(Arc::new(Self { io, offload, sender, listening, addresses, lines: Mutex::default() }))
    }

    /// Where it listens.
    pub(crate) fn listening(&self) -> SocketAddr {
        self.listening
    }

    fn send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let packet = Packet {
            destination: transmit.destination,
            source: transmit.src_ip,
            congestion_bits: transmit.ecn.map_or(0, |codepoint| codepoint as u8),
            contents: transmit.contents,
            each: transmit.segment_size,
        };
        self.io.try_io(Interest::WRITABLE, || self.sender.send(&self.io, &packet))
    }

    /// Hands out what comes, for ever.
    pub(crate) async fn receive(self: Arc<Self>) {
        let mut buffers: [Vec<u8>; BATCH] = std::array::from_fn(|_| vec![0; JOINED_BYTES]);
        let mut heads = [RecvMeta::default(); BATCH];
        loop {
            let mut slices = buffers.each_mut().map(|buffer| IoSliceMut::new(buffer));
            let look = || self.offload.recv((&self.io).into(), &mut slices, &mut heads);
            match self.io.async_io(Interest::READABLE, look).await {
                Ok(count) => {
                    for (head, buffer) in heads.iter().zip(&buffers).take(count) {
                        self.hand_out(head, buffer.get(..head.len).unwrap_or_default());
                    }
                }
                Err(error) => {
                    debug!(%error, "the pages' port");
                    tokio::time::sleep(AFTER_AN_ERROR).await;
                }
            }
        }
    }

    fn hand_out(&self, head: &RecvMeta, joined: &[u8]) {
        let from = SocketAddr::new(head.addr.ip().to_canonical(), head.addr.port());
        let (place, to) = spoken_to(&self.addresses, from, head.dst_ip.map(|ip| ip.to_canonical()));
        let mut lines = locked(&self.lines);
        for datagram in joined.chunks(head.stride.max(1)) {
            let Some(doors) = lines.route(from, datagram) else {
                metrics::counter!("farhand_page_datagrams_unknown_total").increment(1);
                continue;
            };
            let Some(door) = doors.get(place) else { continue };
            if door.try_send(Datagram { from, to, bytes: Bytes::copy_from_slice(datagram) }).is_err() {
                metrics::counter!("farhand_page_datagrams_dropped_total").increment(1);
            }
        }
    }

    /// A place for one more connection, whose half of the STUN user name this is.
    ///
    /// # Errors
    /// [`Full`].
    pub(crate) fn line(self: &Arc<Self>, name: &str) -> Result<(Line, LineRuntime), Full> {
        let inbox = |address: &IpAddr| {
            let (door, datagrams) = mpsc::channel(MOST_WAITING);
            (door, Inbox { is_ipv4: address.is_ipv4(), datagrams, spoken_to: None })
        };
        let (doors, inboxes): (Vec<_>, Vec<_>) = self.addresses.iter().map(inbox).unzip();
        let id = locked(&self.lines).add(name, doors)?;
        Ok((Line { port: Arc::clone(self), id }, LineRuntime::new(Arc::clone(self), inboxes)))
    }

    /// What the library is told to listen on: one address for each of ours. It closes these sockets before they are used;
    /// all that counts is that they can be opened everywhere and are different.
    pub(crate) fn stand_ins(&self) -> Vec<SocketAddr> {
        (0..).zip(&self.addresses).map(|(place, address)| stand_in(place, *address)).collect()
    }

    /// The answer, with our addresses and the shared port in place of the stand-ins.
    pub(crate) fn name_candidates(&self, answer: &str) -> String {
        name_candidates(answer, &self.addresses, self.listening.port())
    }

    /// The same towards a page: from the address that it spoke to, and in the socket's own family.
    fn addressed<'a>(&self, transmit: &Transmit<'a>, src_ip: Option<IpAddr>) -> Transmit<'a> {
        let destination = match transmit.destination {
            SocketAddr::V4(v4) if self.listening.is_ipv6() => SocketAddr::from((v4.ip().to_ipv6_mapped(), v4.port())),
            other => other,
        };
        Transmit { destination, src_ip, ..transmit.clone() }
    }
}

/// Which of our addresses a page spoke to, by its place and by itself. One that is none of them is translated on the way:
/// then the first of its family takes it, and the system chooses what the answer comes from.
fn spoken_to(addresses: &[IpAddr], from: SocketAddr, to: Option<IpAddr>) -> (usize, Option<IpAddr>) {
    if let Some(place) = addresses.iter().position(|address| Some(*address) == to) {
        return (place, to);
    }
    (addresses.iter().position(|address| address.is_ipv4() == from.is_ipv4()).unwrap_or(usize::MAX), None)
}

/// Loopback of the address's family: 127.0.0.1 and up, or `::1` with a flow label, which the system ignores in a socket's
/// own address.
fn stand_in(place: u32, address: IpAddr) -> SocketAddr {
    match address {
        IpAddr::V4(_) => SocketAddr::from((Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + place), 0)),
        IpAddr::V6(_) => SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 0, place, 0)),
    }
}

/// A connection's place at the port, until it is dropped.
pub(crate) struct Line {
    port: Arc<SharedPort>,
    id: LineId,
}

impl Drop for Line {
    fn drop(&mut self) {
        locked(&self.port.lines).remove(self.id);
    }
}

impl Inbox {
    pub(crate) fn is_ipv4(&self) -> bool {
        self.is_ipv4
    }
}

/// One of our addresses, as one connection's socket.
pub(crate) struct Door {
    port: Arc<SharedPort>,
    inbox: Mutex<Inbox>,
    /// Each connection waits for room by itself: tokio's own polling remembers one waiter only.
    writable: Mutex<Option<Waiting>>,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("port", &self.port.listening).finish_non_exhaustive()
    }
}

impl Door {
    pub(crate) fn new(port: Arc<SharedPort>, inbox: Inbox) -> Self {
        Self { port, inbox: Mutex::new(inbox), writable: Mutex::new(None) }
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut writable = locked(&self.writable);
        let waiting = writable.get_or_insert_with(|| {
            let port = Arc::clone(&self.port);
            Box::pin(async move { port.io.writable().await })
        });
        let result = ready!(waiting.as_mut().poll(cx));
        *writable = None;
        Poll::Ready(result)
    }
}

impl AsyncUdpSocket for Door {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.port.listening)
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let transmit = self.port.addressed(transmit, locked(&self.inbox).spoken_to);
        loop {
            match self.port.send(&transmit) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(self.poll_writable(cx))?,
                sent => return Poll::Ready(sent.map(|()| transmit.contents.len())),
            }
        }
    }

    fn poll_recv(&self, cx: &mut Context<'_>, bufs: &mut [IoSliceMut<'_>], meta: &mut [RecvMeta]) -> Poll<io::Result<usize>> {
        let (Some(buffer), Some(head)) = (bufs.first_mut(), meta.first_mut()) else { return Poll::Ready(Ok(0)) };
        let mut inbox = locked(&self.inbox);
        // Its line was dropped: the connection is at its end.
        let Some(datagram) = ready!(inbox.datagrams.poll_recv(cx)) else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        inbox.spoken_to = datagram.to;
        // What is longer than the library reads is cut, as a socket would do.
        let length = datagram.bytes.len().min(buffer.len());
        buffer[..length].copy_from_slice(&datagram.bytes[..length]);
        *head = RecvMeta::default();
        head.addr = datagram.from;
        head.len = length;
        head.stride = length.max(1);
        Poll::Ready(Ok(1))
    }

    fn max_gso_segments(&self) -> usize {
        self.port.sender.most_at_once(self.port.offload.max_gso_segments())
    }
}

#[cfg(test)]
#[path = "../../transport/tests/loopback/observer.rs"]
mod observer;

#[cfg(test)]
mod tests {
    use super::*;
    use observer::Observer;
    use webrtc::runtime::EcnCodepoint;

    #[tokio::test]
    async fn what_pages_are_sent_is_marked_as_media_beside_the_congestion_bits() {
        for here in [NEAR, SIX].map(|address| SocketAddr::new(address, 0)) {
            // Version 6 may be switched off.
            let Ok(port) = SharedPort::open(here, vec![here.ip()]) else { continue };
            let observer = Observer::bind(here);
            let transmit = |ecn| Transmit {
                destination: observer.address(),
                ecn,
                contents: b"picture",
                segment_size: None,
                src_ip: Some(here.ip()),
            };
            for (ecn, bits) in [(None, 0), (Some(EcnCodepoint::Ect0), 2)] {
                port.io.writable().await.expect("a socket");
                port.send(&transmit(ecn)).expect("sent");
                assert_eq!(observer.mark().await, 34 << 2 | bits, "from {here}");
            }
        }
    }

    const NEAR: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const FAR: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 5));
    const SIX: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

    #[test]
    fn a_page_is_answered_from_where_it_spoke_to_and_behind_a_translation_from_where_the_system_likes() {
        let page = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)), 4000);
        let private = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 5));
        assert_eq!(spoken_to(&[SIX, FAR, NEAR], page, Some(NEAR)), (2, Some(NEAR)));
        assert_eq!(spoken_to(&[SIX, FAR, NEAR], page, Some(private)), (1, None));
        assert_eq!(spoken_to(&[SIX], page, Some(private)), (usize::MAX, None));
    }

    #[test]
    fn stand_ins_can_all_be_opened_at_once() {
        let sockets: Vec<_> = [NEAR, FAR, NEAR].into_iter().zip(0..).map(|(address, place)| stand_in(place, address)).collect();
        let opened: Vec<_> = sockets.iter().map(std::net::UdpSocket::bind).collect();
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
        assert_ne!(stand_in(0, SIX), stand_in(1, SIX));
    }
}
