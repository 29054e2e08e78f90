//! Pages whose pictures come as access units, over real QUIC and over a socket.

use crate::truck::{Truck, state, truck_1};
use crate::{LONG, command, gateway};
use bytes::Bytes;
use farhand_protocol::{
    Arrived, CameraIndex, FromConsole, GatewayDatagram, KeyFrameWish, Limits, MEDIA_HEADER_BYTES, MediaHeader,
    PICTURE_HEAD_BYTES, Ping, StopRequest, ToConsole, WIRE_VERSION, decode, encode,
};
use farhand_relay::{PageSocket, Relay, SocketClosed, ViewerId};
use futures_util::{SinkExt as _, StreamExt as _, stream};
use serde_bytes::ByteBuf;
use tokio::sync::mpsc;
use web_transport_quinn::{ClientBuilder, Session};

/// A page, whatever its way is.
struct Page {
    say: mpsc::Sender<Bytes>,
    frames: mpsc::Receiver<Bytes>,
    /// Held open while the page lives.
    session: Option<Session>,
}

impl Page {
    async fn by_quic(relay: &Relay, viewer: ViewerId) -> Self {
        let way = relay.open_way(&truck_1(), viewer).expect("opens");
        let quic = way.quic.expect("is offered");
        let client =
            ClientBuilder::new().with_server_certificate_hashes(vec![quic.certificate_sha256.to_vec()]).expect("a client");
        let session = client.connect(quic.url.parse::<url::Url>().expect("a URL")).await.expect("connects");
        let (say, mut said) = mpsc::channel::<Bytes>(8);
        let (came, frames) = mpsc::channel(64);
        tokio::spawn({
            let session = session.clone();
            async move {
                while let Some(bytes) = said.recv().await {
                    session.send_datagram(bytes).expect("sent");
                }
            }
        });
        tokio::spawn({
            let (session, came) = (session.clone(), came.clone());
            async move {
                while let Ok(message) = session.read_datagram().await {
                    // As a frame has it.
                    let _ = came.send([&[2][..], &message].concat().into()).await;
                }
            }
        });
        tokio::spawn({
            let session = session.clone();
            async move {
                while let Ok(mut stream) = session.accept_uni().await {
                    if let Ok(frame) = stream.read_to_end(1 << 20).await {
                        let _ = came.send(frame.into()).await;
                    }
                }
            }
        });
        Self { say, frames, session: Some(session) }
    }

    fn by_socket(relay: &Relay, viewer: ViewerId) -> Self {
        let way = relay.open_way(&truck_1(), viewer).expect("opens");
        let (say, said) = mpsc::channel(8);
        let (came, frames) = mpsc::channel(64);
        assert!(relay.join(&way.ticket, socket(said, came)), "the ticket is good");
        Self { say, frames, session: None }
    }

    async fn says(&self, message: &FromConsole) {
        self.say.send(encode(message).expect("encodes").into()).await.expect("open");
    }

    /// The next picture. Other frames before it are let go.
    async fn sees(&mut self) -> (u32, MediaHeader) {
        loop {
            let frame = self.frame().await;
            if frame[0] == 1 {
                let number = u32::from_be_bytes(frame[1..5].try_into().expect("four bytes"));
                let header = &frame[PICTURE_HEAD_BYTES - MEDIA_HEADER_BYTES..PICTURE_HEAD_BYTES];
                let header = MediaHeader::from_bytes(header).expect("a header");
                assert_eq!(frame.len() - PICTURE_HEAD_BYTES, usize::try_from(header.length).expect("short"), "whole");
                return (number, header);
            }
        }
    }

    async fn hears<T>(&mut self, what: impl Fn(ToConsole) -> Option<T>) -> T {
        loop {
            let frame = self.frame().await;
            if frame[0] == 2
                && let Some(found) = what(decode(&frame[1..], Limits::DATAGRAM).expect("a message"))
            {
                return found;
            }
        }
    }

    async fn frame(&mut self) -> Bytes {
        tokio::time::timeout(LONG, self.frames.recv()).await.expect("in time").expect("open")
    }
}

fn socket(said: mpsc::Receiver<Bytes>, came: mpsc::Sender<Bytes>) -> PageSocket {
    let from_page = stream::unfold(said, |mut said| async move { said.recv().await.map(|bytes| (bytes, said)) }).boxed();
    let to_page = futures_util::sink::unfold(came, |came, frame: Bytes| async move {
        came.send(frame).await.map_err(|_| SocketClosed)?;
        Ok(came)
    });
    PageSocket { from_page, to_page: Box::pin(to_page.sink_map_err(|closed: SocketClosed| closed)) }
}

/// All that a page by either way must have.
async fn is_served(mut page: Page, viewer: ViewerId, relay: &Relay, truck: &Truck, desk: &crate::desk::Desk) {
    desk.with(|seen| seen.holder = Some(viewer));
    truck.asked_for_key_frame(0).await;
    truck.show(8, false).await;
    truck.show(9, true).await;
    truck.show(10, false).await;
    let pictures = [page.sees().await, page.sees().await];
    assert_eq!(pictures.map(|(number, header)| (number, header.sequence, header.key)), [(1, 9, true), (2, 10, false)]);
    for (number, _) in pictures {
        page.says(&FromConsole::Arrived(Arrived { number })).await;
    }
    page.says(&FromConsole::Arrived(Arrived { number: 99 })).await;

    let bytes = state(1, None);
    truck.say_state(bytes.clone());
    let heard = page.hears(|message| if let ToConsole::State(bytes) = message { Some(bytes) } else { None }).await;
    assert_eq!(heard.into_vec(), bytes, "a state comes byte for byte");
    page.says(&FromConsole::Ping(Ping { operator_us: 77 })).await;
    let pong = page.hears(|message| if let ToConsole::Pong(pong) = message { Some(pong) } else { None }).await;
    assert_eq!(pong.operator_us, 77);

    page.says(&command(3)).await;
    let made = encode(&command(3)).expect("encodes");
    assert_eq!(truck.hear(LONG).await, Some(GatewayDatagram::Command(ByteBuf::from(made))), "byte for byte");
    page.says(&FromConsole::Stop(StopRequest { v: WIRE_VERSION, request: 9 })).await;
    assert_eq!(truck.hear(LONG).await, Some(GatewayDatagram::Stop(crate::stop(9))));

    page.says(&FromConsole::KeyFrame(KeyFrameWish { camera: CameraIndex(7) })).await;
    page.says(&FromConsole::KeyFrame(KeyFrameWish { camera: CameraIndex(0) })).await;
    truck.asked_for_key_frame(1).await;
    assert_eq!(relay.vehicles()[0].watchers, 1);
    relay.close_viewer(viewer);
    desk.sees("its end", |seen| seen.viewers_gone == [viewer]).await;
}

#[tokio::test]
async fn a_page_by_quic_sees_drives_and_stops() {
    let (site, relay, desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let page = Page::by_quic(&relay, ViewerId(5)).await;
    is_served(page, ViewerId(5), &relay, &truck, &desk).await;
}

#[tokio::test]
async fn a_page_by_a_socket_sees_drives_and_stops() {
    let (site, relay, desk) = gateway();
    let truck = Truck::come(&site, &relay).await;
    let page = Page::by_socket(&relay, ViewerId(6));
    is_served(page, ViewerId(6), &relay, &truck, &desk).await;
}

#[tokio::test]
async fn garbage_from_a_page_by_quic_has_no_effect() {
    let (site, relay, _desk) = gateway();
    let _truck = Truck::come(&site, &relay).await;
    let mut page = Page::by_quic(&relay, ViewerId(1)).await;
    for garbage in [vec![0xff; 40], vec![0; 900], Vec::new()] {
        page.say.send(garbage.into()).await.expect("open");
    }
    page.says(&FromConsole::Ping(Ping { operator_us: 5 })).await;
    page.hears(|message| matches!(message, ToConsole::Pong(_)).then_some(())).await;
}

#[tokio::test]
async fn a_page_that_goes_is_noticed() {
    let (site, relay, desk) = gateway();
    let _truck = Truck::come(&site, &relay).await;
    let by_quic = Page::by_quic(&relay, ViewerId(1)).await;
    by_quic.session.as_ref().expect("by QUIC").close(0, b"bye");
    desk.sees("the end by QUIC", |seen| seen.viewers_gone == [ViewerId(1)]).await;
    drop(Page::by_socket(&relay, ViewerId(2)));
    desk.sees("the end by a socket", |seen| seen.viewers_gone == [ViewerId(1), ViewerId(2)]).await;
}

#[tokio::test]
async fn a_ticket_is_good_once_and_none_is_made_up() {
    let (site, relay, desk) = gateway();
    let _truck = Truck::come(&site, &relay).await;
    let way = relay.open_way(&truck_1(), ViewerId(1)).expect("opens");
    let join = |ticket: &str| {
        let ((_, said), (came, _)) = (mpsc::channel(1), mpsc::channel(1));
        relay.join(ticket, socket(said, came))
    };
    assert!(!join(""));
    assert!(!join(&"0".repeat(32)));
    assert!(join(&way.ticket));
    assert!(!join(&way.ticket), "used");
    let withdrawn = relay.open_way(&truck_1(), ViewerId(2)).expect("opens");
    relay.close_viewer(ViewerId(2));
    assert!(!join(&withdrawn.ticket));
    desk.sees("the first page's end", |seen| seen.viewers_gone == [ViewerId(1)]).await;

    let quic = relay.open_way(&truck_1(), ViewerId(3)).expect("opens").quic.expect("is offered");
    let client = ClientBuilder::new().with_server_certificate_hashes(vec![quic.certificate_sha256.to_vec()]).expect("a client");
    let made_up = quic.url.rsplit_once('/').map(|(place, _)| format!("{place}/{}", "0".repeat(32))).expect("a path");
    assert!(client.connect(made_up.parse::<url::Url>().expect("a URL")).await.is_err());
    assert!(client.connect(quic.url.parse::<url::Url>().expect("a URL")).await.is_ok(), "the real one still is");
}
