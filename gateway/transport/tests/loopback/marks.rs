//! The mark of each class is read back from the packets themselves.

use crate::observer::Observer;
use crate::site::Site;
use farhand_transport::{Class, dialer, listen};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

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
