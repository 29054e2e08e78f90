//! What goes out on channel `now`: the newest of each kind, and only while there is room on the way to the page.

use crate::delivery::ViewerPort;
use crate::now;
use bytes::BytesMut;
use farhand_protocol::{ConsoleLink, ToConsole, encode};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use webrtc::data_channel::DataChannel;

/// How often the gateway's own view goes out when nothing in it changes.
pub(crate) const LINK_PERIOD: Duration = Duration::from_millis(500);
/// Between two looks at a channel that has no room.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
/// Bytes sent and not yet acknowledged, three states: they are on their way, not waiting. A browser acknowledges every second
/// packet at once, but a single one only after up to 200 ms: with less, a page that only watches would get five states a second.
const MOST_IN_FLIGHT: usize = 3 * 1024;
/// A channel without room for this long is given up: after 1 s without states its page opens another.
const WITHOUT_ROOM: Duration = Duration::from_secs(2);

/// The way to a page.
pub(crate) trait Outlet {
    /// Bytes on their way; none if the channel is gone.
    fn outstanding(&self) -> impl Future<Output = Option<usize>> + Send;
    /// False if the channel is gone.
    fn send(&self, message: &[u8]) -> impl Future<Output = bool> + Send;
}

/// The real way.
pub(crate) struct ToPage(pub(crate) Arc<dyn DataChannel>);

impl Outlet for ToPage {
    async fn outstanding(&self) -> Option<usize> {
        self.0.outstanding_bytes().await.ok()
    }

    async fn send(&self, message: &[u8]) -> bool {
        self.0.send(BytesMut::from(message)).await.is_ok()
    }
}

/// Writes to a channel that is open: the gateway's own view at once, on a change and twice a second; states as they come;
/// answers to pings. Returns when the channel is gone or has taken nothing for too long.
pub(crate) async fn write(port: &ViewerPort, view: impl Fn() -> ConsoleLink, outlet: impl Outlet + Sync) {
    let mut period = interval(LINK_PERIOD);
    period.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut shown = None;
    loop {
        tokio::select! {
            () = port.pong.filled() => {}
            () = port.state.filled() => {}
            _ = period.tick() => shown = None,
        }
        if !room(&outlet).await {
            return;
        }
        // What is newest now, which may be newer than what woke this task.
        for message in [port.pong.take(), port.state.take()].into_iter().flatten() {
            if !outlet.send(&message).await {
                return;
            }
        }
        let view = view();
        let lease = (view.connected, view.holder.clone(), view.epoch, view.mine);
        if shown.as_ref() != Some(&lease) {
            shown = Some(lease);
            if let Ok(message) = encode(&ToConsole::Link(view))
                && !outlet.send(&message).await
            {
                return;
            }
        }
    }
}

/// Waits for room; meanwhile newer messages displace older ones. False if there will be none.
async fn room(outlet: &(impl Outlet + Sync)) -> bool {
    let began = now();
    loop {
        match look(now().since(began), outlet.outstanding().await) {
            Look::Room => return true,
            Look::Gone => return false,
            Look::Full => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Room,
    Full,
    Gone,
}

fn look(waited: Duration, outstanding: Option<usize>) -> Look {
    match outstanding {
        Some(bytes) if bytes <= MOST_IN_FLIGHT => Look::Room,
        Some(_) if waited < WITHOUT_ROOM => Look::Full,
        Some(_) | None => Look::Gone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ViewerId;
    use bytes::Bytes;
    use farhand_protocol::{Limits, decode};
    use tokio::sync::{mpsc, watch};

    #[test]
    fn a_full_channel_is_waited_for_but_not_for_ever_and_a_dead_one_not_at_all() {
        let full = Some(MOST_IN_FLIGHT + 1);
        assert_eq!(look(Duration::from_millis(1999), full), Look::Full);
        assert_eq!(look(Duration::from_secs(2), full), Look::Gone);
        assert_eq!(look(Duration::from_secs(9), Some(MOST_IN_FLIGHT)), Look::Room);
        assert_eq!(look(Duration::ZERO, None), Look::Gone);
    }

    /// A page whose room the test gives; `None` is a channel that is gone.
    struct Page {
        outstanding: watch::Receiver<Option<usize>>,
        looks: watch::Sender<u64>,
        heard: mpsc::UnboundedSender<Bytes>,
    }

    impl Outlet for Page {
        async fn outstanding(&self) -> Option<usize> {
            self.looks.send_modify(|looks| *looks += 1);
            *self.outstanding.borrow()
        }

        async fn send(&self, message: &[u8]) -> bool {
            self.heard.send(Bytes::copy_from_slice(message)).is_ok()
        }
    }

    #[tokio::test]
    async fn what_is_newest_when_there_is_room_goes_out_and_what_came_before_does_not() {
        let (room, outstanding) = watch::channel(Some(MOST_IN_FLIGHT + 1));
        let (looks, mut looked) = watch::channel(0);
        let (heard, mut hears) = mpsc::unbounded_channel();
        let (port, _queues) = ViewerPort::of_tracks(ViewerId(1), &[]);
        let writer = Arc::clone(&port);
        let writing = tokio::spawn(async move { write(&writer, view, Page { outstanding, looks, heard }).await });
        for state in ["first", "second", "third"] {
            port.put_state(Bytes::from(state));
            let seen = *looked.borrow();
            looked.wait_for(|looks| *looks > seen).await.expect("still waits for room");
        }
        assert!(hears.try_recv().is_err(), "nothing without room");
        room.send_replace(Some(0));
        assert_eq!(hears.recv().await.as_deref(), Some(&b"third"[..]));
        let view = hears.recv().await.expect("the gateway's view");
        assert!(matches!(decode(&view, Limits::DATAGRAM), Ok(ToConsole::Link(_))));
        room.send_replace(None);
        port.put_state(Bytes::from("nobody hears it"));
        writing.await.expect("ends with the channel");
    }

    fn view() -> ConsoleLink {
        ConsoleLink { connected: true, vehicle_rtt_us: None, state_age_ms: None, holder: None, epoch: None, mine: false }
    }
}
