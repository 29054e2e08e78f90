//! All pages on one UDP port.

use crate::desk::{Desk, desk};
use crate::page::Page;
use crate::site::Site;
use crate::truck::{Truck, state};
use crate::{LOOPBACK, config, gateway, stamp};
use farhand_protocol::ToConsole;
use farhand_relay::{Relay, RelayConfig, ViewerId};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

const ANOTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const SIX: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
/// No machine has it (RFC 5737): what a translating router shows to the world.
const OUTSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 5));

#[tokio::test]
async fn pages_share_a_port_and_one_that_leaves_does_not_disturb_the_other() {
    let (site, relay, desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let mut stays = Page::open(&relay, ViewerId(1)).await;
    let mut goes = Page::open(&relay, ViewerId(2)).await;
    let port = relay.ice_listening();
    assert_eq!((&stays.told, &goes.told), (&vec![port], &vec![port]));
    truck.show(1, true).await;
    assert_eq!(stays.sees().await.header.timestamp, stamp(1));
    assert_eq!(goes.sees().await.header.timestamp, stamp(1));
    goes.go().await;
    desk.sees("the page's end", |seen| seen.viewers_gone == [ViewerId(2)]).await;
    for sequence in 2..=20 {
        truck.show(sequence, false).await;
        assert_eq!(stays.sees().await.header.timestamp, stamp(sequence));
    }
    truck.say_state(state(1, None));
    stays.hears("a state", |message| matches!(message, ToConsole::State(_)).then_some(())).await;
}

#[tokio::test]
async fn each_public_address_leads_in_and_answers() {
    let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let (site, relay, _desk) = gateway_at(any, vec![LOOPBACK, ANOTHER]);
    let truck = Truck::come(&site, &relay).await;
    let port = relay.ice_listening().port();
    for (number, address) in (1..).zip([LOOPBACK, ANOTHER]) {
        let way = SocketAddr::new(address, port);
        let mut page = Page::open_at(&relay, ViewerId(number), way).await;
        assert_eq!(page.told, [SocketAddr::new(LOOPBACK, port), SocketAddr::new(ANOTHER, port)]);
        truck.show(u32::try_from(number).expect("small"), true).await;
        page.sees().await;
        assert_eq!(page.connected_to().await, way);
    }
}

#[tokio::test]
async fn an_address_that_a_router_translates_leads_in_as_well() {
    let (site, relay, _desk) = gateway_at(IpAddr::V4(Ipv4Addr::UNSPECIFIED), vec![OUTSIDE]);
    let truck = Truck::come(&site, &relay).await;
    let port = relay.ice_listening().port();
    let mut page = Page::open_at(&relay, ViewerId(1), SocketAddr::new(LOOPBACK, port)).await;
    assert_eq!(page.told, [SocketAddr::new(OUTSIDE, port)]);
    truck.show(1, true).await;
    page.sees().await;
}

#[tokio::test]
async fn one_socket_serves_both_families() {
    if UdpSocket::bind((SIX, 0)).is_err() {
        eprintln!("nothing to see: this machine has no IPv6");
        return;
    }
    let (site, relay, _desk) = gateway_at(IpAddr::V6(Ipv6Addr::UNSPECIFIED), vec![ANOTHER, SIX]);
    let truck = Truck::come(&site, &relay).await;
    let port = relay.ice_listening().port();
    for (number, address) in (1..).zip([ANOTHER, SIX]) {
        let way = SocketAddr::new(address, port);
        let mut page = Page::open_at(&relay, ViewerId(number), way).await;
        truck.show(u32::try_from(number).expect("small"), true).await;
        page.sees().await;
        assert_eq!(page.connected_to().await, way);
    }
}

#[tokio::test]
async fn an_occupied_port_is_an_error_that_names_key_and_mend() {
    let taken = UdpSocket::bind((LOOPBACK, 0)).expect("a port");
    let address = taken.local_addr().expect("bound");
    let config = RelayConfig { ice_listen: address, ..config(&Site::new()) };
    let error = Relay::start(&config, desk()).err().expect("refused").to_string();
    assert!(error.starts_with(&format!("ice_listen: UDP {address} cannot be opened")), "{error}");
    assert!(error.ends_with("Choose another port, or stop the program that holds it."), "{error}");
}

#[tokio::test]
async fn datagrams_of_strangers_disturb_nobody() {
    let (site, relay, _desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let mut page = Page::open(&relay, ViewerId(1)).await;
    let port = relay.ice_listening();
    let flood = tokio::task::spawn_blocking(move || {
        let stranger = UdpSocket::bind((LOOPBACK, 0)).expect("a port");
        // A STUN request with an unknown name; then what looks like media, a handshake, nothing.
        let request = b"\x00\x01\x00\x0c\x21\x12\xa4\x42transaction!\x00\x06\x00\x08who:page";
        for _ in 0..5_000 {
            for datagram in [&request[..], &[0x80; 1200], &[0x16; 300], &[]] {
                // What the system cannot take is no loss here.
                let _ = stranger.send_to(datagram, port);
            }
        }
    });
    for sequence in 1..=20 {
        truck.show(sequence, sequence == 1).await;
        assert_eq!(page.sees().await.header.timestamp, stamp(sequence));
    }
    flood.await.expect("done");
}

fn gateway_at(listen: IpAddr, public_addresses: Vec<IpAddr>) -> (Site, Relay, Arc<Desk>) {
    let (site, desk) = (Site::new(), desk());
    let config = RelayConfig { ice_listen: SocketAddr::new(listen, 0), public_addresses, ..config(&site) };
    let relay = Relay::start(&config, desk.clone()).expect("starts");
    (site, relay, desk)
}
