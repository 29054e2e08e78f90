//! What waits for one viewer: the newest state, and a few pictures of each camera. A slow viewer harms nobody else.

use crate::ViewerId;
use crate::packets::PicturePackets;
use crate::vehicle::locked;
use bytes::Bytes;
use farhand_link::{Downlink, Flight, LatestSlot, UnderWay, UnitGate, Verdict};
use farhand_protocol::{CameraIndex, MonoTime};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};

/// Pictures of one camera that may wait for one viewer: an eighth of a second at 30 pictures a second.
const MOST_PICTURES: usize = 4;

/// Whoever has sent a command within this time drives: what others can take does not matter then.
const DRIVES_FOR: Duration = Duration::from_secs(1);

/// The newest message for one viewer.
#[derive(Default)]
pub(crate) struct Newest {
    slot: Mutex<LatestSlot<Bytes>>,
    filled: Notify,
}

impl Newest {
    /// True if an older message was displaced.
    pub(crate) fn put(&self, message: Bytes) -> bool {
        let displaced = locked(&self.slot).put(message).is_some();
        self.filled.notify_one();
        displaced
    }

    /// Waits until there is a message, and leaves it there: until there is room for it, a newer one may come. Cancel-safe.
    pub(crate) async fn filled(&self) {
        while locked(&self.slot).is_empty() {
            self.filled.notified().await;
        }
    }

    pub(crate) fn take(&self) -> Option<Bytes> {
        locked(&self.slot).take()
    }
}

/// One camera's way to one viewer.
struct CameraPort {
    gate: Mutex<UnitGate>,
    pictures: mpsc::Sender<Arc<PicturePackets>>,
}

/// How it is known what the way to a page carries.
enum Carries {
    /// Its browser estimates it and says so.
    Said(Downlink),
    /// It says of each picture when it has come.
    Measured(Box<Flight>),
}

/// Everything on its way to one viewer.
pub(crate) struct ViewerPort {
    pub(crate) id: ViewerId,
    pub(crate) state: Newest,
    /// The answer to the newest ping.
    pub(crate) pong: Newest,
    cameras: BTreeMap<CameraIndex, CameraPort>,
    carries: Mutex<Carries>,
    commanded: Mutex<Option<MonoTime>>,
    ending: watch::Sender<bool>,
}

/// The receiving ends of a port, by camera.
pub(crate) type PictureQueues = BTreeMap<CameraIndex, mpsc::Receiver<Arc<PicturePackets>>>;

impl ViewerPort {
    /// Of a page that gets tracks.
    pub(crate) fn of_tracks(id: ViewerId, cameras: &[CameraIndex]) -> (Arc<Self>, PictureQueues) {
        Self::new(id, cameras, Carries::Said(Downlink::default()))
    }

    /// Of a page that gets access units.
    pub(crate) fn of_units(id: ViewerId, cameras: &[CameraIndex]) -> (Arc<Self>, PictureQueues) {
        Self::new(id, cameras, Carries::Measured(Box::new(Flight::new(cameras.len()))))
    }

    fn new(id: ViewerId, cameras: &[CameraIndex], carries: Carries) -> (Arc<Self>, PictureQueues) {
        let mut ports = BTreeMap::new();
        let mut queues = BTreeMap::new();
        for camera in cameras {
            let (pictures, queue) = mpsc::channel(MOST_PICTURES);
            ports.insert(*camera, CameraPort { gate: Mutex::new(UnitGate::new()), pictures });
            queues.insert(*camera, queue);
        }
        let port = Self {
            id,
            state: Newest::default(),
            pong: Newest::default(),
            cameras: ports,
            carries: Mutex::new(carries),
            commanded: Mutex::new(None),
            ending: watch::Sender::new(false),
        };
        (Arc::new(port), queues)
    }

    pub(crate) fn watches(&self, camera: CameraIndex) -> bool {
        self.cameras.contains_key(&camera)
    }

    /// A command of this viewer was passed on.
    pub(crate) fn commands(&self, now: MonoTime) {
        *locked(&self.commanded) = Some(now);
    }

    /// True while this viewer drives.
    pub(crate) fn drives(&self, now: MonoTime) -> bool {
        locked(&self.commanded).is_some_and(|at| now.since(at) < DRIVES_FOR)
    }

    /// So many bytes of a track leave for the page.
    pub(crate) fn leaves(&self, now: MonoTime, bytes: usize) {
        if let Carries::Said(downlink) = &mut *locked(&self.carries) {
            downlink.sent(now, bytes);
        }
    }

    /// The page's browser says what it can take. True if that is less than before, and less than it is sent.
    pub(crate) fn said(&self, now: MonoTime, bps: u64) -> bool {
        match &mut *locked(&self.carries) {
            Carries::Said(downlink) => downlink.said(now, bps),
            Carries::Measured(_) => false,
        }
    }

    /// What the page can take; none if nothing limits it.
    pub(crate) fn takes_bps(&self, now: MonoTime) -> Option<u64> {
        match &*locked(&self.carries) {
            Carries::Said(downlink) => downlink.bound_bps(now),
            Carries::Measured(flight) => Some(flight.target_bps()),
        }
    }

    /// True if one more unit may leave for the page.
    pub(crate) fn has_room(&self, now: MonoTime) -> bool {
        self.in_flight(|flight| flight.has_room(now)).unwrap_or(true)
    }

    /// A unit leaves for the page, under the number that is returned.
    pub(crate) fn sent(&self, now: MonoTime, camera: CameraIndex, bytes: usize) -> u32 {
        self.in_flight(|flight| flight.sent(now, camera, bytes)).unwrap_or_default()
    }

    /// The page has a unit.
    pub(crate) fn arrived(&self, now: MonoTime, number: u32) {
        // One that was given up meanwhile is no news.
        let _ = self.in_flight(|flight| flight.arrived(now, number));
    }

    /// Units that never came and are of no use any more.
    pub(crate) fn given_up(&self, now: MonoTime) -> Vec<UnderWay> {
        self.in_flight(|flight| flight.given_up(now)).unwrap_or_default()
    }

    fn in_flight<T>(&self, with: impl FnOnce(&mut Flight) -> T) -> Option<T> {
        match &mut *locked(&self.carries) {
            Carries::Measured(flight) => Some(with(flight)),
            Carries::Said(_) => None,
        }
    }

    /// A picture that was handed on did not get through: what follows it cannot be shown.
    pub(crate) fn lost(&self, camera: CameraIndex) {
        if let Some(port) = self.cameras.get(&camera) {
            // The caller wishes for a key frame.
            let _ = locked(&port.gate).lost();
        }
    }

    pub(crate) fn put_state(&self, message: Bytes) {
        if self.state.put(message) {
            metrics::counter!("farhand_states_dropped_total").increment(1);
        }
    }

    /// The vehicle counts its pictures anew.
    pub(crate) fn restart(&self) {
        for port in self.cameras.values() {
            *locked(&port.gate) = UnitGate::new();
        }
    }

    /// Hands a picture on, or drops it where it cannot be shown or the viewer is behind. True if a key frame is needed.
    pub(crate) fn offer(&self, camera: CameraIndex, picture: &Arc<PicturePackets>) -> bool {
        let Some(port) = self.cameras.get(&camera) else { return false };
        let mut gate = locked(&port.gate);
        if port.pictures.capacity() == 0 {
            metrics::counter!("farhand_viewer_pictures_dropped_total").increment(1);
            return gate.skip(picture.label());
        }
        match gate.offer(picture.label()) {
            Verdict::Forward => match port.pictures.try_send(Arc::clone(picture)) {
                Ok(()) => false,
                Err(_) => gate.lost(),
            },
            Verdict::WithholdAndAsk => true,
            Verdict::TooLate => false,
        }
    }

    /// Ends the viewer's tasks.
    pub(crate) fn end(&self) {
        self.ending.send_replace(true);
    }

    /// Returns when the viewer is to end.
    pub(crate) async fn ended(&self) {
        // An error would mean that the sender is gone, but it lives as long as this port.
        drop(self.ending.subscribe().wait_for(|end| *end).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packets::tests::header;

    const FRONT: CameraIndex = CameraIndex(0);

    fn picture(sequence: u32, key: bool) -> Arc<PicturePackets> {
        let unit = Bytes::from_static(b"x");
        Arc::new(PicturePackets { header: header(sequence, key), received: MonoTime(0), payloads: vec![unit.clone()], unit })
    }

    #[test]
    fn a_viewer_gets_nothing_before_a_key_frame_and_asks_for_one() {
        let (port, mut queues) = ViewerPort::of_tracks(ViewerId(1), &[FRONT]);
        let queue = queues.get_mut(&FRONT).expect("there");
        assert!(port.offer(FRONT, &picture(5, false)), "asks");
        assert!(!port.offer(FRONT, &picture(6, true)));
        assert!(!port.offer(FRONT, &picture(7, false)));
        assert_eq!(queue.try_recv().expect("there").header.sequence, 6);
        assert_eq!(queue.try_recv().expect("there").header.sequence, 7);
    }

    #[test]
    fn a_viewer_that_stands_still_loses_its_own_pictures_only_and_goes_on_with_a_key_frame() {
        let (slow, mut slow_queues) = ViewerPort::of_tracks(ViewerId(1), &[FRONT]);
        let (fast, mut fast_queues) = ViewerPort::of_tracks(ViewerId(2), &[FRONT]);
        let fast_queue = fast_queues.get_mut(&FRONT).expect("there");
        for sequence in 1..=20 {
            let picture = picture(sequence, sequence == 1);
            slow.offer(FRONT, &picture);
            fast.offer(FRONT, &picture);
            assert_eq!(fast_queue.try_recv().expect("at once").header.sequence, sequence);
        }
        let slow_queue = slow_queues.get_mut(&FRONT).expect("there");
        let kept: Vec<u32> = std::iter::from_fn(|| slow_queue.try_recv().ok()).map(|picture| picture.header.sequence).collect();
        assert_eq!(kept, [1, 2, 3, 4]);
        assert!(slow.offer(FRONT, &picture(21, false)), "after the gap it asks");
        assert!(!slow.offer(FRONT, &picture(22, true)));
    }

    #[test]
    fn a_vehicle_that_counts_anew_is_shown_from_its_next_key_frame() {
        let (port, mut queues) = ViewerPort::of_tracks(ViewerId(1), &[FRONT]);
        let queue = queues.get_mut(&FRONT).expect("there");
        assert!(!port.offer(FRONT, &picture(9000, true)));
        port.restart();
        assert!(port.offer(FRONT, &picture(2, false)), "asks");
        assert!(!port.offer(FRONT, &picture(3, true)));
        assert_eq!(queue.try_recv().expect("there").header.sequence, 9000);
        assert_eq!(queue.try_recv().expect("there").header.sequence, 3);
    }

    #[tokio::test]
    async fn only_the_newest_state_waits() {
        let newest = Newest::default();
        assert!(!newest.put(Bytes::from_static(b"old")));
        assert!(newest.put(Bytes::from_static(b"new")), "says what it cost");
        newest.filled().await;
        assert_eq!(newest.take().as_deref(), Some(&b"new"[..]));
        assert_eq!(newest.take(), None);
    }
}
