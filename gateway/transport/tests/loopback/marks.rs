//! The mark of each class is read back from the packets themselves.

use crate::site::Site;
use farhand_transport::{Class, dialer, listen};
use nix::sys::socket::sockopt::{IpRecvTos, Ipv6RecvTClass};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt};
use std::io::IoSliceMut;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsRawFd;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Expedited forwarding for control, assured forwarding 41 for media, without the two congestion bits.
const CLASSES: [(Class, u8); 2] = [(Class::Control, 46), (Class::Media, 34)];
const LOOPBACKS: [SocketAddr; 2] = [
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
    SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
];

#[tokio::test]
async fn what_a_vehicle_sends_is_marked_by_its_class() {
    let site = Site::new();
    for here in loopbacks() {
        for (class, code_point) in CLASSES {
            let observer = Observer::bind(here);
            let vehicle = dialer(here, &site.vehicle("truck-1"), class).expect("opens");
            let _dialling = vehicle.dial(observer.address(), "farhand-gateway").expect("dials");
            assert_eq!(observer.mark().await >> 2, code_point, "{class:?} from {here}");
        }
    }
}

#[tokio::test]
async fn what_a_gateway_sends_is_marked_by_its_class() {
    let site = Site::new();
    for here in loopbacks() {
        for (class, code_point) in CLASSES {
            let gateway = listen(here, &site.gateway(), class).expect("listens");
            let accepting = tokio::spawn({
                let gateway = gateway.clone();
                async move { gateway.accept().await.is_some() }
            });
            let observer = Observer::bind(here);
            let address = gateway.local_addr().expect("an address");
            observer.socket.send_to(&of_an_unknown_version(), address).await.expect("sent");
            assert_eq!(observer.mark().await >> 2, code_point, "{class:?} from {here}");
            gateway.close(0_u32.into(), b"");
            assert!(!accepting.await.expect("ran"), "nobody was let in");
        }
    }
}

/// Those that this machine has: version 6 may be switched off.
fn loopbacks() -> impl Iterator<Item = SocketAddr> {
    LOOPBACKS.into_iter().filter(|here| here.is_ipv4() || std::net::UdpSocket::bind(here).is_ok())
}

/// The beginning of a connection in a version that nobody speaks: a gateway answers with those it knows.
fn of_an_unknown_version() -> Vec<u8> {
    let mut packet = vec![0_u8; 1200];
    let begin = [0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8, 1, 2, 3, 4, 5, 6, 7, 8];
    packet[..begin.len()].copy_from_slice(&begin);
    packet
}

/// Sees the traffic class of each packet.
struct Observer {
    socket: UdpSocket,
}

impl Observer {
    fn bind(here: SocketAddr) -> Self {
        let socket = std::net::UdpSocket::bind(here).expect("a port");
        socket.set_nonblocking(true).expect("not blocking");
        if here.is_ipv4() {
            setsockopt(&socket, IpRecvTos, &true).expect("shows the type of service");
        } else {
            setsockopt(&socket, Ipv6RecvTClass, &true).expect("shows the traffic class");
        }
        Self { socket: UdpSocket::from_std(socket).expect("a socket") }
    }

    fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("an address")
    }

    /// Of the next packet.
    async fn mark(&self) -> u8 {
        let receive = || {
            let mut space = nix::cmsg_space!(i32);
            let mut bytes = [0_u8; 2048];
            let mut into = [IoSliceMut::new(&mut bytes)];
            let fd = self.socket.as_raw_fd();
            let received = recvmsg::<SockaddrStorage>(fd, &mut into, Some(&mut space), MsgFlags::empty())?;
            let mark = received.cmsgs()?.find_map(|message| match message {
                ControlMessageOwned::Ipv4Tos(tos) => Some(tos),
                ControlMessageOwned::Ipv6TClass(class) => u8::try_from(class).ok(),
                _ => None,
            });
            Ok(mark.expect("a packet without a traffic class"))
        };
        self.socket.async_io(Interest::READABLE, receive).await.expect("a packet")
    }
}
