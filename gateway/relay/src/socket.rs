//! Pages whose network lets no UDP through: everything over one WebSocket, in order. What is late holds back what comes after it.

use crate::units::UnitWay;
use bytes::{BufMut as _, Bytes, BytesMut};
use farhand_protocol::{PICTURE_HEAD_BYTES, PageFrame, PictureHead};
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use std::pin::Pin;
use tokio::sync::Mutex;

/// The far end is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the socket is closed")]
pub struct SocketClosed;

/// What a page says, message by message.
pub type FromPage = Pin<Box<dyn Stream<Item = Bytes> + Send>>;
/// What a page is told, message by message.
pub type ToPage = Pin<Box<dyn Sink<Bytes, Error = SocketClosed> + Send>>;

/// A socket to a page, by whoever has accepted it: one item is one binary message.
pub struct PageSocket {
    /// What the page says. It ends with the socket.
    pub from_page: FromPage,
    /// What the page is told.
    pub to_page: ToPage,
}

/// One page by a socket.
pub(crate) struct SocketWay {
    from_page: Mutex<FromPage>,
    /// None once something was cut off half-way: what comes after it could not be told from it.
    to_page: Mutex<Option<ToPage>>,
}

impl SocketWay {
    pub(crate) fn new(PageSocket { from_page, to_page }: PageSocket) -> Self {
        Self { from_page: Mutex::new(from_page), to_page: Mutex::new(Some(to_page)) }
    }

    async fn send(&self, frame: Bytes) -> bool {
        let mut to_page = self.to_page.lock().await;
        match to_page.as_mut() {
            Some(sink) => sink.send(frame).await.is_ok(),
            None => false,
        }
    }
}

impl UnitWay for SocketWay {
    const NAME: &'static str = "socket";

    async fn message(&self, message: &[u8]) -> bool {
        let mut frame = BytesMut::with_capacity(1 + message.len());
        frame.put_u8(PageFrame::Message.byte());
        frame.put_slice(message);
        self.send(frame.freeze()).await
    }

    async fn picture(&self, head: &PictureHead, unit: Bytes) -> bool {
        let mut frame = BytesMut::with_capacity(PICTURE_HEAD_BYTES + unit.len());
        frame.put_slice(&head.to_bytes());
        frame.put_slice(&unit);
        self.send(frame.freeze()).await
    }

    async fn hear(&self) -> Option<Bytes> {
        self.from_page.lock().await.next().await
    }

    /// What is in the socket comes, sooner or later.
    fn forget(&self, _number: u32, _came: bool) {}

    fn close(&self) {
        // Whoever still sends has been ended before.
        if let Ok(mut to_page) = self.to_page.try_lock() {
            drop(to_page.take());
        }
    }
}
