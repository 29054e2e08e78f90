//! An interceptor that answers a page's requests for lost packets, within what [`RecentPackets`] allows.

use crate::at;
use crate::resend::{RecentPackets, ResendBudget, RoundTrip};
use farhand_protocol::MonoTime;
use rtc::interceptor::{Attribute, AttributedPacket, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::sansio::Protocol;
use rtc::shared::TransportContext;
use rtc::shared::error::Error;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Stands where the library's own responder would, and sees what that sees.
#[derive(Default)]
pub(crate) struct Retransmitter {
    /// By SSRC.
    tracks: BTreeMap<u32, RecentPackets<rtc::rtp::Packet>>,
    round_trip: RoundTrip,
    /// Of all tracks: one viewer has one line.
    budget: ResendBudget,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl Retransmitter {
    fn answer(&mut self, arrived: Instant, nack: &TransportLayerNack) {
        let Some(track) = self.tracks.get_mut(&nack.media_ssrc) else { return };
        let round_trip = self.round_trip.shortest();
        for sequence in nack.nacks.iter().copied().flatten() {
            let now = at(arrived);
            match track.again(now, sequence, round_trip, |packet| self.budget.spend(now, size(packet))) {
                Ok(packet) => {
                    metrics::counter!("farhand_packets_sent_again_total").increment(1);
                    let packet = AttributedPacket::new(Packet::Rtp(packet.clone())).with(Attribute::Retransmission);
                    self.outbound.push_back(TaggedPacket {
                        now: arrived,
                        transport: TransportContext::default(),
                        message: packet,
                    });
                }
                Err(refusal) => {
                    metrics::counter!("farhand_packets_not_sent_again_total", "reason" => refusal.name()).increment(1);
                }
            }
        }
    }

    fn measure(&mut self, now: MonoTime, report: &ReceiverReport) {
        for block in &report.reports {
            self.round_trip.answered(now, block.last_sender_report, Duration::from_secs(block.delay.into()) / 65_536);
        }
    }
}

/// Bytes of a packet on its way, near enough: what comes around the picture's own is the same for all.
fn size(packet: &rtc::rtp::Packet) -> usize {
    packet.payload.len() + AROUND
}

/// RTP with its extension, SRTP, UDP and IP.
const AROUND: usize = 80;

impl Protocol<TaggedPacket, TaggedPacket, ()> for Retransmitter {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(reports) = &packet.message.packet {
            for report in reports {
                if let Some(nack) = report.as_any().downcast_ref::<TransportLayerNack>() {
                    self.answer(packet.now, nack);
                } else if let Some(report) = report.as_any().downcast_ref::<ReceiverReport>() {
                    self.measure(at(packet.now), report);
                }
            }
        }
        self.inbound.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        match &packet.message.packet {
            Packet::Rtp(media) => {
                if let Some(track) = self.tracks.get_mut(&media.header.ssrc) {
                    track.sent(at(packet.now), media.header.sequence_number, media.clone());
                    self.budget.sent(at(packet.now), size(media));
                }
            }
            Packet::Rtcp(reports) => {
                for report in reports.iter().filter_map(|report| report.as_any().downcast_ref::<SenderReport>()) {
                    // A page repeats the middle half of it (RFC 3550, 6.4.1).
                    #[expect(clippy::cast_possible_truncation, reason = "the middle half")]
                    let name = (report.ntp_time >> 16) as u32;
                    self.round_trip.reported(at(packet.now), name);
                }
            }
            _ => {}
        }
        self.outbound.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }
}

impl Interceptor for Retransmitter {
    fn bind_local_stream(&mut self, info: &StreamInfo) {
        if info.rtcp_feedback.iter().any(|feedback| feedback.typ == "nack" && feedback.parameter.is_empty()) {
            self.tracks.insert(info.ssrc, RecentPackets::new());
        }
    }

    fn unbind_local_stream(&mut self, info: &StreamInfo) {
        self.tracks.remove(&info.ssrc);
    }

    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc::interceptor::RTCPFeedback;
    use rtc::rtcp::reception_report::ReceptionReport;
    use rtc::rtcp::transport_feedbacks::transport_layer_nack::NackPair;

    const FRONT: u32 = 7;

    /// An interceptor with one track, in invented time.
    struct Sender {
        start: Instant,
        retransmitter: Retransmitter,
    }

    impl Sender {
        fn new() -> Self {
            let nack = RTCPFeedback { typ: "nack".into(), parameter: String::new() };
            let mut retransmitter = Retransmitter::default();
            retransmitter.bind_local_stream(&StreamInfo { ssrc: FRONT, rtcp_feedback: vec![nack], ..Default::default() });
            Self { start: Instant::now() + Duration::from_secs(1), retransmitter }
        }

        fn at(&self, milliseconds: u64, packet: Packet) -> TaggedPacket {
            let now = self.start + Duration::from_millis(milliseconds);
            TaggedPacket { now, transport: TransportContext::default(), message: AttributedPacket::new(packet) }
        }

        /// Lets packets of these numbers pass on their way out.
        fn sends(&mut self, milliseconds: u64, sequences: std::ops::Range<u16>) {
            self.sends_of(milliseconds, sequences, 0);
        }

        fn sends_of(&mut self, milliseconds: u64, sequences: std::ops::Range<u16>, payload: usize) {
            for sequence in sequences {
                let mut packet = rtc::rtp::Packet::default();
                (packet.header.ssrc, packet.header.sequence_number) = (FRONT, sequence);
                packet.payload = vec![0; payload].into();
                let packet = self.at(milliseconds, Packet::Rtp(packet));
                self.retransmitter.handle_write(packet).expect("taken");
                assert!(self.retransmitter.poll_write().is_some(), "passes");
            }
        }

        /// What is sent again when these are asked for.
        fn asked(&mut self, milliseconds: u64, media_ssrc: u32, pairs: &[(u16, u16)]) -> Vec<u16> {
            let nacks =
                pairs.iter().map(|(packet_id, lost_packets)| NackPair { packet_id: *packet_id, lost_packets: *lost_packets });
            let nack = TransportLayerNack { sender_ssrc: 1, media_ssrc, nacks: nacks.collect() };
            let packet = self.at(milliseconds, Packet::Rtcp(vec![Box::new(nack)]));
            self.retransmitter.handle_read(packet).expect("taken");
            assert!(self.retransmitter.poll_read().is_some(), "passes");
            std::iter::from_fn(|| self.retransmitter.poll_write()).map(|packet| again(&packet)).collect()
        }
    }

    #[test]
    fn lost_packets_are_sent_again_and_marked_as_that() {
        let mut sender = Sender::new();
        sender.sends(0, 10..30);
        assert_eq!(sender.asked(30, FRONT, &[(12, 0b101), (29, 1)]), [12, 13, 15, 29], "30 was never sent");
    }

    #[test]
    fn a_page_is_not_sent_what_is_too_old_or_what_it_will_have_in_a_moment() {
        let mut sender = Sender::new();
        sender.sends(0, 10..11);
        sender.sends(200, 11..12);
        assert_eq!(sender.asked(240, FRONT, &[(10, 1)]), [10, 11]);
        assert_eq!(sender.asked(250, FRONT, &[(10, 1)]), [] as [u16; 0]);
        assert_eq!(sender.asked(270, FRONT, &[(10, 1)]), [11]);
    }

    #[test]
    fn a_page_that_asks_for_everything_all_the_time_gets_half_of_what_it_was_sent() {
        let mut sender = Sender::new();
        let all: Vec<(u16, u16)> = (0..512).step_by(17).map(|first| (first, u16::MAX)).collect();
        sender.sends_of(0, 0..512, 1100);
        let mut again = 0;
        for milliseconds in 1..=250 {
            again += sender.asked(milliseconds, FRONT, &all).len();
        }
        assert_eq!(again, 256);
    }

    #[test]
    fn the_pages_own_reports_say_how_long_a_copy_is_on_its_way() {
        let mut sender = Sender::new();
        let report = SenderReport { ssrc: FRONT, ntp_time: 0x1122_3344_5566_7788, ..Default::default() };
        let report = sender.at(0, Packet::Rtcp(vec![Box::new(report)]));
        sender.retransmitter.handle_write(report).expect("taken");
        assert!(sender.retransmitter.poll_write().is_some(), "passes");
        // Held for half a second, 70 ms on the way.
        let block = ReceptionReport { ssrc: FRONT, last_sender_report: 0x3344_5566, delay: 32_768, ..Default::default() };
        let answer = ReceiverReport { ssrc: 1, reports: vec![block], ..Default::default() };
        let answer = sender.at(570, Packet::Rtcp(vec![Box::new(answer)]));
        sender.retransmitter.handle_read(answer).expect("taken");
        sender.sends(600, 10..11);
        assert_eq!(sender.asked(680, FRONT, &[(10, 0)]), [10]);
        assert_eq!(sender.asked(749, FRONT, &[(10, 0)]), [] as [u16; 0]);
        assert_eq!(sender.asked(750, FRONT, &[(10, 0)]), [10]);
    }

    #[test]
    fn a_track_that_is_not_ours_or_is_over_is_not_answered() {
        let mut sender = Sender::new();
        sender.sends(0, 10..11);
        assert_eq!(sender.asked(10, FRONT + 1, &[(10, 0)]), [] as [u16; 0]);
        sender.retransmitter.unbind_local_stream(&StreamInfo { ssrc: FRONT, ..Default::default() });
        assert_eq!(sender.asked(20, FRONT, &[(10, 0)]), [] as [u16; 0]);
        sender.retransmitter.bind_local_stream(&StreamInfo { ssrc: FRONT, ..Default::default() });
        sender.sends(30, 11..12);
        assert_eq!(sender.asked(40, FRONT, &[(11, 0)]), [] as [u16; 0], "the page cannot ask");
    }

    fn again(packet: &TaggedPacket) -> u16 {
        assert!(packet.message.attributes.iter().any(|attribute| matches!(attribute, Attribute::Retransmission)));
        match &packet.message.packet {
            Packet::Rtp(media) => media.header.sequence_number,
            other => unreachable!("{other:?}"),
        }
    }
}
