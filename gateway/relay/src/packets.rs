//! Access units made ready for viewers, once for all of them: as they are, and cut into RTP payloads. The only place that knows how
//! a codec is packed.

use bytes::Bytes;
use farhand_link::UnitLabel;
use farhand_protocol::{MediaHeader, MonoTime, RtpStamp};
use rtc::rtp::codec::h264::H264Payloader;
use rtc::rtp::packetizer::Payloader;

/// Payload bytes of one packet: with RTP, extensions, SRTP and UDP it stays below a 1280-byte path.
const PAYLOAD_BYTES: usize = 1180;

/// One picture, ready to be sent to any number of viewers.
#[derive(Debug)]
pub(crate) struct PicturePackets {
    pub(crate) header: MediaHeader,
    /// This process's clock when it was there.
    pub(crate) received: MonoTime,
    pub(crate) unit: Bytes,
    pub(crate) payloads: Vec<Bytes>,
}

impl PicturePackets {
    pub(crate) fn label(&self) -> UnitLabel {
        UnitLabel::from(&self.header)
    }

    pub(crate) fn stamp(&self) -> RtpStamp {
        RtpStamp::of_capture(self.header.capture)
    }
}

/// Cuts one camera's units.
#[derive(Default)]
pub(crate) struct PictureCutter {
    payloader: H264Payloader,
}

impl PictureCutter {
    /// The packets of a unit; none if it holds no picture.
    pub(crate) fn cut(&mut self, header: MediaHeader, received: MonoTime, unit: Bytes) -> Option<PicturePackets> {
        let payloads = self.payloader.payload(PAYLOAD_BYTES, &unit).ok().filter(|payloads| !payloads.is_empty())?;
        Some(PicturePackets { header, received, unit, payloads })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use farhand_protocol::{CameraIndex, Codec};

    pub(crate) fn header(sequence: u32, key: bool) -> MediaHeader {
        MediaHeader {
            camera: CameraIndex(0),
            codec: Codec::H264,
            key,
            sequence,
            depends_on: if key { sequence } else { sequence - 1 },
            capture: MonoTime(u64::from(sequence) * 1000),
            length: 1,
        }
    }

    #[test]
    fn a_large_picture_becomes_several_packets_below_the_limit() {
        let mut unit = vec![0, 0, 0, 1, 0x65];
        unit.extend(std::iter::repeat_n(0xaa, 5000));
        let packets = PictureCutter::default().cut(header(1, true), MonoTime(7), unit.into()).expect("a picture");
        assert_eq!(packets.payloads.len(), 5);
        assert!(packets.payloads.iter().all(|payload| payload.len() <= PAYLOAD_BYTES));
        assert_eq!(packets.unit.len(), 5005, "and is there as it came");
    }

    #[test]
    fn nothing_is_no_picture() {
        assert!(PictureCutter::default().cut(header(1, true), MonoTime(7), Bytes::new()).is_none());
    }
}
