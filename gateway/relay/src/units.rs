//! A page whose pictures come as access units: what it is sent, and when. QUIC and WebSocket differ only in their [`UnitWay`].

use crate::channel::{self, Outlet};
use crate::delivery::{PictureQueues, ViewerPort};
use crate::now;
use crate::packets::PicturePackets;
use crate::page::Page;
use crate::relay::ViewerKind;
use crate::tickets::Expected;
use crate::viewer::cameras_of;
use bytes::Bytes;
use farhand_protocol::{CameraIndex, PictureHead};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::{debug, info};

/// Between two looks at a way without room.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
/// A picture that has waited so long since it came is of no use any more.
const PICTURE_LASTS: Duration = Duration::from_millis(400);
/// Between two looks for pictures that never came.
const GIVE_UP_EVERY: Duration = Duration::from_millis(20);
/// A page pings every second; one that says nothing for so long is gone.
const SILENT_FOR: Duration = Duration::from_secs(5);

/// One way to one page.
pub(crate) trait UnitWay: Send + Sync + 'static {
    /// What it is called in the log.
    const NAME: &'static str;

    /// Sends a message that may get lost. False if the way is gone.
    fn message(&self, message: &[u8]) -> impl Future<Output = bool> + Send;

    /// Sends a picture. False if the way is gone. A call that is dropped gives the picture up.
    fn picture(&self, head: &PictureHead, unit: Bytes) -> impl Future<Output = bool> + Send;

    /// The next message of the page; none if the way is gone. Has one caller.
    fn hear(&self) -> impl Future<Output = Option<Bytes>> + Send;

    /// This picture need not be kept any more: it has come, or nobody wants it.
    fn forget(&self, number: u32, came: bool);

    /// Ends it.
    fn close(&self);
}

struct Messages<W>(Arc<W>);

impl<W: UnitWay> Outlet for Messages<W> {
    /// What waits is bounded by the way itself, and pictures by their [`farhand_link::Flight`].
    async fn outstanding(&self) -> Option<usize> {
        Some(0)
    }

    async fn send(&self, message: &[u8]) -> bool {
        self.0.message(message).await
    }
}

/// Begins to serve a page that was expected.
pub(crate) fn enter<W: UnitWay>(expected: Expected, way: W) {
    let Expected { vehicle, id, rules } = expected;
    match cameras_of(&vehicle, ViewerKind::Console) {
        Ok(cameras) => {
            let (port, queues) = ViewerPort::of_units(id, &cameras);
            vehicle.add_viewer(Arc::clone(&port));
            tokio::spawn(run(Page { vehicle, port, rules }, queues, way));
        }
        Err(error) => {
            debug!(viewer = id.0, %error, "not opened");
            way.close();
            rules.viewer_gone(id);
        }
    }
}

/// Serves a page until its way is gone, it is silent, or the viewer is closed.
async fn run<W: UnitWay>(page: Page, queues: PictureQueues, way: W) {
    let (page, way) = (Arc::new(page), Arc::new(way));
    let id = page.port.id.0;
    info!(vehicle = %page.vehicle.id, viewer = id, way = W::NAME, "viewer opened");
    let mut tasks = JoinSet::new();
    for (camera, queue) in queues {
        page.vehicle.wish_key_frame(camera);
        tasks.spawn(send_pictures(Arc::clone(&page), Arc::clone(&way), camera, queue));
    }
    tasks.spawn(write(Arc::clone(&page), Arc::clone(&way)));
    tasks.spawn(hear(Arc::clone(&page), Arc::clone(&way)));
    tasks.spawn(give_up(Arc::clone(&page), Arc::clone(&way)));
    page.port.ended().await;
    tasks.shutdown().await;
    way.close();
    page.leave();
    info!(vehicle = %page.vehicle.id, viewer = id, "viewer closed");
}

async fn write<W: UnitWay>(page: Arc<Page>, way: Arc<W>) {
    channel::write(&page.port, || page.link(), Messages(way)).await;
    debug!(viewer = page.port.id.0, "the way takes nothing");
    page.port.end();
}

async fn hear<W: UnitWay>(page: Arc<Page>, way: Arc<W>) {
    while let Ok(Some(message)) = timeout(SILENT_FOR, way.hear()).await {
        if let Some(number) = page.take(&message) {
            way.forget(number, true);
        }
    }
    debug!(viewer = page.port.id.0, "nothing is heard");
    page.port.end();
}

/// Lets go of pictures that never came. Where the way carries less than before the vehicle is told at once.
async fn give_up<W: UnitWay>(page: Arc<Page>, way: Arc<W>) {
    let mut told_bps = page.port.takes_bps(now());
    let mut period = interval(GIVE_UP_EVERY);
    period.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        period.tick().await;
        for picture in page.port.given_up(now()) {
            way.forget(picture.number, false);
            lost(&page, picture.camera);
        }
        let takes_bps = page.port.takes_bps(now());
        if takes_bps < told_bps {
            page.vehicle.demand_changed.notify_one();
        }
        told_bps = takes_bps;
    }
}

/// One camera's pictures, in order. Each waits for room, and is let go when it is too old.
async fn send_pictures<W: UnitWay>(
    page: Arc<Page>,
    way: Arc<W>,
    camera: CameraIndex,
    mut queue: mpsc::Receiver<Arc<PicturePackets>>,
) {
    let mut broken = false;
    while let Some(picture) = queue.recv().await {
        broken &= !picture.header.key;
        if broken {
            continue;
        }
        let left = PICTURE_LASTS.saturating_sub(now().since(picture.received));
        let sending = async {
            while !page.port.has_room(now()) {
                sleep(LOOK_AGAIN).await;
            }
            let relayed = now();
            let number = page.port.sent(relayed, camera, picture.unit.len());
            let head = PictureHead { number, received: picture.received, relayed, header: picture.header };
            way.picture(&head, picture.unit.clone()).await
        };
        match timeout(left, sending).await {
            Ok(true) => {}
            Ok(false) => return page.port.end(),
            Err(_) => {
                broken = true;
                lost(&page, camera);
            }
        }
    }
}

/// What follows it cannot be shown.
fn lost(page: &Page, camera: CameraIndex) {
    metrics::counter!("farhand_viewer_pictures_dropped_total").increment(1);
    page.port.lost(camera);
    page.vehicle.wish_key_frame(camera);
}
