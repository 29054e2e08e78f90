//! Access units cut into RTP payloads, once for all viewers. The only place that knows how a codec is packed.

use bytes::Bytes;
use farhand_link::UnitLabel;
use farhand_protocol::RtpStamp;
use rtc::rtp::codec::h264::H264Payloader;
use rtc::rtp::packetizer::Payloader;

/// Payload bytes of one packet: with RTP, extensions, SRTP and UDP it stays below a 1280-byte path.
const PAYLOAD_BYTES: usize = 1180;

/// One picture, ready to be sent to any number of viewers.
#[derive(Debug)]
pub(crate) struct PicturePackets {
    pub(crate) label: UnitLabel,
    pub(crate) stamp: RtpStamp,
    pub(crate) payloads: Vec<Bytes>,
}

/// Cuts one camera's units.
#[derive(Default)]
pub(crate) struct PictureCutter {
    payloader: H264Payloader,
}

impl PictureCutter {
    /// The packets of a unit; none if it holds no picture.
    pub(crate) fn cut(&mut self, label: UnitLabel, stamp: RtpStamp, unit: &Bytes) -> Option<PicturePackets> {
        let payloads = self.payloader.payload(PAYLOAD_BYTES, unit).ok().filter(|payloads| !payloads.is_empty())?;
        Some(PicturePackets { label, stamp, payloads })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_picture_becomes_several_packets_below_the_limit() {
        let mut unit = vec![0, 0, 0, 1, 0x65];
        unit.extend(std::iter::repeat_n(0xaa, 5000));
        let label = UnitLabel { sequence: 1, depends_on: 1, key: true };
        let packets = PictureCutter::default().cut(label, RtpStamp(7), &unit.into()).expect("a picture");
        assert_eq!(packets.payloads.len(), 5);
        assert!(packets.payloads.iter().all(|payload| payload.len() <= PAYLOAD_BYTES));
    }

    #[test]
    fn nothing_is_no_picture() {
        let label = UnitLabel { sequence: 1, depends_on: 1, key: true };
        assert!(PictureCutter::default().cut(label, RtpStamp(7), &Bytes::new()).is_none());
    }
}
