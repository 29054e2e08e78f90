//! The relay between a vehicle over real QUIC and pages over real WebRTC and WebTransport, on loopback.

mod desk;
mod lossy;
mod one_port;
mod page;
mod site;
mod truck;
mod units;

use desk::{Desk, desk};
use farhand_protocol::{
    BootId, Cause, Command, FromConsole, GatewayDatagram, GatewaySays, LatchId, LeaseEpoch, MonoTime, OperatorName, Ping,
    RtpStamp, StopOrder, StopRequest, ToConsole, VehicleId, WIRE_VERSION, encode,
};
use farhand_relay::{Relay, RelayConfig, ViewerId};
use lossy::lossy;
use page::Page;
use rtc::rtp::packet::Packet;
use serde_bytes::ByteBuf;
use site::Site;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use truck::{Truck, state, state_with, truck_1};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_state_reaches_the_page_byte_for_byte_even_with_fields_of_a_later_version() {
    let (site, relay, _desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let mut page = Page::open(&relay, ViewerId(1)).await;
    let bytes = with_a_later_field(state(1, None));
    truck.say_state(bytes.clone());
    let heard = page.hears("a state", |message| if let ToConsole::State(bytes) = message { Some(bytes) } else { None }).await;
    assert_eq!(heard.into_vec(), bytes);
    assert_eq!(relay.vehicles()[0].state.as_ref().map(|state| state.seq), Some(1));
}

#[tokio::test]
async fn a_state_that_was_overtaken_never_replaces_a_newer_one() {
    let (site, relay, desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    truck.say_state(state(5, None));
    desk.sees("the first state", |seen| seen.state_seqs == [5]).await;
    for seq in [4, 5, 6] {
        truck.say_state(state(seq, None));
        // One datagram after the other, so that none displaces another on its way out.
        tokio::task::yield_now().await;
    }
    desk.sees("the newest state", |seen| seen.state_seqs.last() == Some(&6)).await;
    assert_eq!(desk.with(|seen| seen.state_seqs.clone()), [5, 6]);
}

#[tokio::test]
async fn only_the_holders_command_passes_and_it_passes_byte_for_byte() {
    let (site, relay, desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let stranger = Page::open(&relay, ViewerId(1)).await;
    let holder = Page::open(&relay, ViewerId(2)).await;
    desk.with(|seen| seen.holder = Some(ViewerId(2)));
    stranger.say(&command(1)).await;
    desk.sees("the stranger's command", |seen| seen.refused_commands == 1).await;
    holder.say(&command(2)).await;
    let made = encode(&command(2)).expect("encodes");
    assert_eq!(truck.hear(LONG).await, Some(GatewayDatagram::Command(ByteBuf::from(made))));
}

#[tokio::test]
async fn garbage_from_a_page_has_no_effect_and_the_next_message_is_read() {
    let (site, relay, desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let mut page = Page::open(&relay, ViewerId(1)).await;
    desk.with(|seen| seen.holder = Some(ViewerId(1)));
    page.say_bytes(&[0xff; 40]).await;
    page.say_bytes(&[0; 2000]).await;
    page.say(&FromConsole::Ping(Ping { operator_us: 77 })).await;
    let pong = page.hears("a pong", |message| if let ToConsole::Pong(pong) = message { Some(pong) } else { None }).await;
    assert_eq!(pong.operator_us, 77);
    page.say(&command(1)).await;
    assert!(matches!(truck.hear(LONG).await, Some(GatewayDatagram::Command(_))), "nothing before it");
}

#[tokio::test]
async fn a_page_that_watches_can_stop_the_vehicle() {
    let (site, relay, _desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let page = Page::open(&relay, ViewerId(1)).await;
    page.say(&FromConsole::Stop(StopRequest { v: WIRE_VERSION, request: 9 })).await;
    assert_eq!(truck.hear(LONG).await, Some(GatewayDatagram::Stop(stop(9))));
}

#[tokio::test]
async fn an_ordered_stop_is_repeated_until_a_state_shows_it_and_no_other_latch_ends_it() {
    let (site, relay, desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    truck.say_state(state(1, Some(LatchId(4))));
    desk.sees("a state with an old latch", |seen| seen.state_seqs == [1]).await;
    relay.order_stop(&truck_1(), stop(9)).expect("there");
    assert_eq!(truck.hear(LONG).await, Some(GatewayDatagram::Stop(stop(9))));
    truck.say_state(state_with(2, Some(LatchId(5)), &[Cause::CommandLost]));
    desk.sees("the latch of a bad link", |seen| seen.state_seqs == [1, 2]).await;
    for _ in 0..20 {
        assert_eq!(truck.hear(LONG).await, Some(GatewayDatagram::Stop(stop(9))));
    }
    truck.say_state(state_with(3, Some(LatchId(5)), &[Cause::CommandLost, Cause::RemoteStop]));
    desk.sees("the stop under it", |seen| seen.state_seqs == [1, 2, 3]).await;
    let mut more = 0;
    while truck.hear(Duration::from_millis(300)).await.is_some() {
        more += 1;
    }
    assert!(more < 50, "{more} stops after the answer");
}

#[tokio::test]
async fn a_stop_outlives_the_connection_that_it_was_asked_for_on() {
    let (site, relay, desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    desk.sees("it come", |seen| seen.arrived == 1).await;
    relay.order_stop(&truck_1(), stop(9)).expect("there");
    truck.control.close(0_u32.into(), b"the link breaks");
    desk.sees("it go", |seen| seen.gone == 1).await;
    let truck = Truck::come(&site, &relay).await;
    assert_eq!(truck.hear(LONG).await, Some(GatewayDatagram::Stop(stop(9))));
}

#[tokio::test]
async fn a_latch_from_before_the_order_does_not_end_a_stop() {
    let (site, relay, desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    truck.say_state(state(1, Some(LatchId(4))));
    desk.sees("a latch", |seen| seen.state_seqs == [1]).await;
    relay.order_stop(&truck_1(), stop(9)).expect("there");
    assert_eq!(truck.hear(LONG).await, Some(GatewayDatagram::Stop(stop(9))));
    truck.say_state(state(2, Some(LatchId(4))));
    desk.sees("the same latch", |seen| seen.state_seqs == [1, 2]).await;
    for _ in 0..50 {
        assert_eq!(truck.hear(LONG).await, Some(GatewayDatagram::Stop(stop(9))));
    }
}

#[tokio::test]
async fn the_gateway_speaks_as_soon_as_it_can_and_hears_the_page_from_then_on() {
    let (site, relay, _desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let talking = async {
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        for seq in 1.. {
            pace.tick().await;
            truck.say_state(state(seq, None));
        }
    };
    let opening = async {
        for viewer in 1..=3 {
            let page = Page::open(&relay, ViewerId(viewer)).await;
            // A state may be first; the gateway's own view waits for no turn of its period.
            assert!(page.heard_before_view <= 1, "{} messages", page.heard_before_view);
            let request = u32::try_from(viewer).expect("small");
            page.say(&FromConsole::Stop(StopRequest { v: WIRE_VERSION, request })).await;
            assert_eq!(truck.hear(LONG).await, Some(GatewayDatagram::Stop(stop(request))), "said once");
        }
    };
    tokio::select! {
        () = opening => {}
        () = talking => unreachable!("it talks for ever"),
    }
}

#[tokio::test]
async fn a_page_that_speaks_too_early_and_repeats_it_is_heard() {
    let (site, relay, _desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let page = Page::open_and_say(&relay, ViewerId(1), &FromConsole::Stop(StopRequest { v: WIRE_VERSION, request: 9 }));
    let (_page, heard) = tokio::join!(page, truck.hear(LONG));
    assert_eq!(heard, Some(GatewayDatagram::Stop(stop(9))));
}

#[tokio::test]
async fn a_page_that_only_watches_gets_the_states_as_they_come() {
    let (site, relay, desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let mut page = Page::open(&relay, ViewerId(1)).await;
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    for seq in 1..=40 {
        pace.tick().await;
        truck.say_state(state(seq, None));
    }
    desk.sees("all states", |seen| seen.state_seqs.last() == Some(&40)).await;
    let got = page.waiting_states();
    // One at a time, each acknowledged after 200 ms, would be ten.
    assert!(got >= 30, "{got} of 40 states");
}

#[tokio::test]
async fn pictures_begin_with_a_key_frame_and_after_a_gap_with_the_next_one() {
    let (site, relay, _desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let mut page = Page::open(&relay, ViewerId(1)).await;
    let asked = truck.asked_for_key_frame(0).await;
    for (sequence, key) in [(5, false), (6, true), (7, false), (9, false)] {
        truck.show(sequence, key).await;
    }
    truck.asked_for_key_frame(asked).await;
    truck.show(10, true).await;
    for expected in [6, 7, 10] {
        let packet = page.sees().await;
        assert_eq!(packet.header.timestamp, RtpStamp::of_capture(MonoTime(expected * 1000)).0);
        assert!(packet.header.marker);
        assert_eq!(playout_delay(&packet), [0, 0, 0]);
    }
}

#[tokio::test]
async fn a_packet_that_the_network_loses_is_sent_again_when_the_page_asks() {
    let (site, relay, _desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let (way, lost) = lossy(relay.ice_listening(), |sequence| sequence % 4 == 2).await;
    let mut page = Page::open_at(&relay, ViewerId(1), way).await;
    let mut seen = BTreeSet::new();
    for sequence in 1..=20 {
        truck.show(sequence, sequence == 1).await;
        if sequence % 4 != 3 {
            seen.insert(page.sees().await.header.timestamp);
        }
    }
    while seen.len() < 20 {
        seen.insert(page.sees().await.header.timestamp);
    }
    assert_eq!(seen, (1..=20).map(stamp).collect());
    assert_eq!(*lost.lock().expect("whole"), BTreeSet::from([2, 6, 10, 14, 18]));
}

#[tokio::test]
async fn pictures_go_on_when_the_vehicle_counts_them_anew() {
    let (site, relay, _desk) = gateway();
    let mut truck = Truck::come(&site, &relay).await;
    let mut page = Page::open(&relay, ViewerId(1)).await;
    truck.show(5000, true).await;
    assert_eq!(page.sees().await.header.timestamp, stamp(5000));
    truck.dial_media_again(&relay).await;
    truck.asked_for_key_frame(0).await;
    truck.show(3, true).await;
    assert_eq!(page.sees().await.header.timestamp, stamp(3));
}

#[tokio::test]
async fn a_page_that_takes_nothing_delays_no_other() {
    let (site, relay, _desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let _deaf = Page::deaf(&relay, ViewerId(1)).await;
    let mut page = Page::open(&relay, ViewerId(2)).await;
    for sequence in 1..=40 {
        truck.show(sequence, sequence == 1).await;
        assert_eq!(page.sees().await.header.timestamp, stamp(sequence));
    }
}

#[tokio::test]
async fn a_closed_viewer_is_gone_at_once_even_if_it_never_connected() {
    let (site, relay, desk) = gateway();
    let _truck = Truck::come(&site, &relay).await;
    let _deaf = Page::deaf(&relay, ViewerId(1)).await;
    relay.close_viewer(ViewerId(1));
    desk.sees("the viewer's end", |seen| seen.viewers_gone == [ViewerId(1)]).await;
    assert_eq!(relay.vehicles()[0].watchers, 0);
    let page = Page::open(&relay, ViewerId(2)).await;
    page.go().await;
    desk.sees("the page's end", |seen| seen.viewers_gone.contains(&ViewerId(2))).await;
}

#[tokio::test]
async fn a_newer_connection_of_a_vehicle_takes_the_place_of_the_older_one() {
    let (site, relay, desk) = gateway();
    let first = Truck::come(&site, &relay).await;
    let second = Truck::come(&site, &relay).await;
    first.control.closed().await;
    relay.say(&truck_1(), GatewaySays::Welcome).expect("connected");
    assert_eq!(desk.with(|seen| (seen.arrived, seen.gone)), (2, 0));
    drop(second);
    desk.sees("its end", |seen| seen.gone == 1).await;
}

#[tokio::test]
async fn a_hello_under_another_name_than_the_certificates_is_refused_with_the_mend() {
    let (site, relay, desk) = gateway();
    let truck = Truck::come_as(&site, &relay, &VehicleId::new("truck-2").expect("a name")).await;
    assert!(matches!(&truck.answer, GatewaySays::Refused { why } if why.contains("agent.toml")), "{:?}", truck.answer);
    assert_eq!(desk.with(|seen| seen.arrived), 0);
    assert!(relay.vehicles().is_empty());
}

fn gateway() -> (Site, Relay, Arc<Desk>) {
    let (site, desk) = (Site::new(), desk());
    let relay = Relay::start(&config(&site), desk.clone()).expect("starts");
    (site, relay, desk)
}

/// Everything on loopback, on free ports.
fn config(site: &Site) -> RelayConfig {
    let any = SocketAddr::new(LOOPBACK, 0);
    RelayConfig {
        control_listen: any,
        media_listen: any,
        ice_listen: any,
        quic_listen: Some(any),
        public_addresses: vec![LOOPBACK],
        identity: site.gateway(),
    }
}

fn stamp(sequence: u32) -> u32 {
    RtpStamp::of_capture(MonoTime(u64::from(sequence) * 1000)).0
}

fn stop(request: u32) -> StopOrder {
    StopOrder { by: OperatorName::new("ann").expect("a name"), request }
}

fn command(seq: u64) -> FromConsole {
    FromConsole::Command(Command {
        v: WIRE_VERSION,
        boot_id: BootId(7),
        epoch: LeaseEpoch(4),
        seq,
        operator_us: 1,
        enable: true,
        input_age_ms: 3,
        speed_mm_s: 500,
        steering_mrad: -10,
        lift_mm_s: 0,
        confirm: false,
        rearm_latch: None,
        pressed_through: None,
        stamps: Vec::new(),
    })
}

/// Adds `"later": 7` to an encoded map of 24 to 254 entries.
fn with_a_later_field(mut bytes: Vec<u8>) -> Vec<u8> {
    assert_eq!(bytes[0], 0xb8, "a map whose length takes a byte");
    bytes[1] += 1;
    bytes.extend_from_slice(b"\x65later\x07");
    bytes
}

fn playout_delay(packet: &Packet) -> Vec<u8> {
    let ids = packet.header.get_extension_ids();
    assert_eq!(ids.len(), 1, "{ids:?}");
    packet.header.get_extension(ids[0]).expect("there").to_vec()
}
