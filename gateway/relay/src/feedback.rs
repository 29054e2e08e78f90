//! An interceptor that lets a page's wish for a key frame through to us, notes what the page can take, and keeps the rest of its
//! RTCP away.

use rtc::interceptor::{Attribute, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;
use std::collections::VecDeque;
use std::time::Instant;

/// Marks requests for key frames for delivery, and tells what a page says that it can take. It stands last, so that NACK and
/// reports were seen by those who act on them.
pub(crate) struct PageFeedback<F> {
    /// Hears bits a second.
    takes: F,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl<F: FnMut(u64)> PageFeedback<F> {
    pub(crate) fn new(takes: F) -> Self {
        Self { takes, inbound: VecDeque::new(), outbound: VecDeque::new() }
    }
}

impl<F: FnMut(u64) + Send + Sync> Protocol<TaggedPacket, TaggedPacket, ()> for PageFeedback<F> {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, mut packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(reports) = &mut packet.message.packet {
            for report in reports.iter() {
                if let Some(estimate) = report.as_any().downcast_ref::<ReceiverEstimatedMaximumBitrate>() {
                    (self.takes)(whole(estimate.bitrate));
                }
            }
            reports.retain(|report| {
                let report = report.as_any();
                report.is::<PictureLossIndication>() || report.is::<FullIntraRequest>()
            });
            if reports.is_empty() {
                return Ok(());
            }
            packet.message.add(Attribute::DeliverToApplication);
        }
        self.inbound.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.outbound.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }
}

impl<F: FnMut(u64) + Send + Sync> Interceptor for PageFeedback<F> {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}

/// Bits a second of a float that a stranger sent: what is no number is 0, what is too large the largest.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast does just that")]
fn whole(bps: f32) -> u64 {
    bps as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc::interceptor::AttributedPacket;
    use rtc::rtcp::packet::Packet as Report;
    use rtc::shared::TransportContext;

    fn heard(reports: Vec<Box<dyn Report>>) -> (Vec<u64>, usize) {
        let mut heard = Vec::new();
        let mut feedback = PageFeedback::new(|bps| heard.push(bps));
        let message = AttributedPacket::new(Packet::Rtcp(reports));
        let packet = TaggedPacket { now: Instant::now(), transport: TransportContext::default(), message };
        feedback.handle_read(packet).expect("taken");
        let passed = std::iter::from_fn(|| feedback.poll_read()).count();
        drop(feedback);
        (heard, passed)
    }

    #[test]
    fn what_a_page_can_take_is_heard_and_goes_no_further() {
        let estimate = ReceiverEstimatedMaximumBitrate { sender_ssrc: 1, bitrate: 900_000.0, ssrcs: vec![2] };
        assert_eq!(heard(vec![Box::new(estimate)]), (vec![900_000], 0));
    }

    #[test]
    fn a_wish_for_a_key_frame_passes() {
        assert_eq!(heard(vec![Box::new(PictureLossIndication::default())]), (vec![], 1));
    }

    #[test]
    fn no_float_of_a_stranger_is_a_surprise() {
        assert_eq!([f32::NAN, -1.0, f32::INFINITY].map(whole), [0, 0, u64::MAX]);
    }
}
