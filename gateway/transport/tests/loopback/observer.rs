//! Reads the traffic class of packets as they arrive; the relay's tests use this file too.

use nix::sys::socket::sockopt::{IpRecvTos, Ipv6RecvTClass};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt};
use std::io::IoSliceMut;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// A socket that sees it.
pub(crate) struct Observer {
    pub(crate) socket: UdpSocket,
}

impl Observer {
    pub(crate) fn bind(here: SocketAddr) -> Self {
        let socket = std::net::UdpSocket::bind(here).expect("a port");
        socket.set_nonblocking(true).expect("not blocking");
        if here.is_ipv4() {
            setsockopt(&socket, IpRecvTos, &true).expect("shows the type of service");
        } else {
            setsockopt(&socket, Ipv6RecvTClass, &true).expect("shows the traffic class");
        }
        Self { socket: UdpSocket::from_std(socket).expect("a socket") }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("an address")
    }

    /// Of the next packet.
    pub(crate) async fn mark(&self) -> u8 {
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
