//! One camera's pictures on their way to one page: packets with the capture time and what a page needs to judge its way.

use crate::delivery::ViewerPort;
use crate::now;
use crate::packets::PicturePackets;
use crate::viewer::PAYLOAD_TYPE;
use bytes::Bytes;
use farhand_protocol::{CameraIndex, MonoTime};
use rtc::rtp::packet::Packet;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tracing::debug;
use webrtc::media_stream::track_local::TrackLocal as _;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::RTCPeerConnectionState;
use webrtc::rtp_transceiver::RtpSender;

pub(crate) const ABS_SEND_TIME_URI: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
pub(crate) const PLAYOUT_DELAY_URI: &str = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
/// Least and most delay of 0: the page shows each picture as soon as it is decoded.
const NO_PLAYOUT_DELAY: Bytes = Bytes::from_static(&[0, 0, 0]);

/// A track and what its packets must carry.
pub(crate) struct Sending {
    pub(crate) camera: CameraIndex,
    pub(crate) track: Arc<TrackLocalStaticRTP>,
    pub(crate) sender: Arc<dyn RtpSender>,
    pub(crate) ssrc: u32,
}

/// What page and gateway have agreed on.
struct Agreed {
    payload_type: u8,
    playout_delay: Option<u8>,
    abs_send_time: Option<u8>,
}

/// Sends what comes until the queue or the track ends.
pub(crate) async fn send_pictures(
    sending: Sending,
    port: Arc<ViewerPort>,
    mut queue: mpsc::Receiver<Arc<PicturePackets>>,
    mut state: watch::Receiver<RTCPeerConnectionState>,
) {
    if state.wait_for(|state| *state == RTCPeerConnectionState::Connected).await.is_err() {
        return;
    }
    let agreed = agreed(&*sending.sender).await;
    let mut sequence: u16 = 0;
    while let Some(picture) = queue.recv().await {
        let last = picture.payloads.len() - 1;
        let bytes = picture.payloads.iter().map(Bytes::len).sum();
        port.leaves(now(), bytes);
        for (index, payload) in picture.payloads.iter().enumerate() {
            let mut packet = Packet { payload: payload.clone(), ..Default::default() };
            packet.header.version = 2;
            packet.header.marker = index == last;
            packet.header.payload_type = agreed.payload_type;
            packet.header.sequence_number = sequence;
            packet.header.timestamp = picture.stamp().0;
            packet.header.ssrc = sending.ssrc;
            sequence = sequence.wrapping_add(1);
            let extensions = [(agreed.playout_delay, NO_PLAYOUT_DELAY), (agreed.abs_send_time, abs_send_time(now()))];
            for (extension, value) in extensions {
                if let Some(extension) = extension {
                    // Three bytes always fit.
                    drop(packet.header.set_extension(extension, value));
                }
            }
            if let Err(error) = sending.track.write_rtp(packet).await {
                debug!(%error, "not sent");
                return;
            }
        }
    }
}

async fn agreed(sender: &dyn RtpSender) -> Agreed {
    let parameters = match sender.get_parameters().await {
        Ok(parameters) => parameters.rtp_parameters,
        Err(error) => {
            debug!(%error, "no parameters");
            return Agreed { payload_type: PAYLOAD_TYPE, playout_delay: None, abs_send_time: None };
        }
    };
    let extension = |uri| {
        let found = parameters.header_extensions.iter().find(|extension| extension.uri == uri);
        found.and_then(|extension| u8::try_from(extension.id).ok())
    };
    Agreed {
        payload_type: parameters.codecs.first().map_or(PAYLOAD_TYPE, |codec| codec.payload_type),
        playout_delay: extension(PLAYOUT_DELAY_URI),
        abs_send_time: extension(ABS_SEND_TIME_URI),
    }
}

/// Seconds in 24 bits, 18 of them behind the point: pages tell from it how far apart packets left.
fn abs_send_time(at: MonoTime) -> Bytes {
    let [.., high, middle, low] = ((u128::from(at.0) << 18) / 1_000_000).to_be_bytes();
    Bytes::copy_from_slice(&[high, middle, low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_sending_goes_round_every_64_seconds() {
        assert_eq!(abs_send_time(MonoTime(0)), &[0, 0, 0][..]);
        assert_eq!(abs_send_time(MonoTime(500_000)), &[0x02, 0, 0][..]);
        assert_eq!(abs_send_time(MonoTime(1_000_000)), &[0x04, 0, 0][..]);
        assert_eq!(abs_send_time(MonoTime(64_000_000)), &[0, 0, 0][..]);
    }
}
