//! quinn's settings for each class of traffic, with the reason for each number.

use crate::watch::{PacketWatch, mono};
use quinn::congestion::{Controller, ControllerFactory};
use quinn::{AckFrequencyConfig, IdleTimeout, TransportConfig, VarInt};
use quinn_proto::RttEstimator;
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What an endpoint carries. The two never share a socket, so a picture cannot stand in front of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Commands, states, leases.
    Control,
    /// Pictures.
    Media,
}

/// Which end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Gateway,
    Vehicle,
    /// The gateway's end towards pages.
    Pages,
}

// Two commands or states of at most 1.2 KB with their frames: what is older than that is not worth sending.
const DATAGRAM_SEND_BYTES: usize = 4 * 1024;
// The reader takes datagrams at once; this only bridges a late wake-up, and quinn drops the oldest beyond it.
const DATAGRAM_RECEIVE_BYTES: usize = 16 * 1024;
// Acknowledgements come at least this often, so 300 ms without one means that the link is gone (design.md section 7).
const KEEP_ALIVE: Duration = Duration::from_millis(150);
// An end that died without a word is forgotten after this; a living one has dialled anew long before.
const IDLE: Duration = Duration::from_secs(3);
// quinn starts at 333 ms, which makes the first retransmission of a handshake a second late.
const INITIAL_RTT: Duration = Duration::from_millis(100);
// 20 s of states at 50 Hz and 1 KB: a blackout never closes the window, and the first datagram after it leaves at once.
const CONTROL_WINDOW: u64 = 1 << 20;
// Eight cameras of 2.5 Mbit/s at 100 ms round trip need 250 kB in flight.
const MEDIA_WINDOW: u64 = 256 * 1024;
// Two seconds of eight cameras at 60 units a second.
const MEDIA_STREAMS: u32 = 8 * 60 * 2;
// The longest access unit fits into one stream's window, so its writer never waits for the reader.
const MEDIA_STREAM_BYTES: u32 = 1 << 20;
// All units that are being read, together: eight cameras with two of the longest each, twice over. A vehicle that went wrong
// could otherwise have the gateway keep a megabyte for every stream it may open.
const MEDIA_RECEIVE_BYTES: u32 = 16 << 20;
// Units not yet acknowledged, of all cameras together; the agent keeps far below it.
const MEDIA_SEND_BYTES: u64 = 4 << 20;

// A page asks for one session, and HTTP/3 has three streams of its own each way.
const PAGE_REQUESTS: VarInt = VarInt::from_u32(2);
const PAGE_STREAMS: VarInt = VarInt::from_u32(4);

// What is smaller only acknowledges, and is never acknowledged itself.
const COUNTED_FROM_BYTES: u64 = 150;
// A tenth of what counts as a full link; shorter costs packets back and tells no more.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_millis(2);

pub(crate) fn transport_config(class: Class, side: Side, watch: Option<Arc<dyn PacketWatch>>) -> Arc<TransportConfig> {
    let mut config = TransportConfig::default();
    config
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(u32::try_from(IDLE.as_millis()).unwrap_or(u32::MAX)))))
        .keep_alive_interval(Some(KEEP_ALIVE))
        .initial_rtt(INITIAL_RTT)
        .datagram_send_buffer_size(DATAGRAM_SEND_BYTES)
        .datagram_receive_buffer_size(Some(DATAGRAM_RECEIVE_BYTES))
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(0));
    match (class, side) {
        (Class::Control, Side::Gateway) => {
            config.max_concurrent_bidi_streams(VarInt::from_u32(1));
        }
        (Class::Media, Side::Gateway) => {
            config.max_concurrent_uni_streams(VarInt::from_u32(MEDIA_STREAMS));
        }
        (Class::Control | Class::Media, Side::Vehicle) => {}
        (Class::Control | Class::Media, Side::Pages) => {
            config.max_concurrent_bidi_streams(PAGE_REQUESTS).max_concurrent_uni_streams(PAGE_STREAMS);
        }
    }
    match class {
        Class::Control => {
            config.congestion_controller_factory(Arc::new(FixedWindow { bytes: CONTROL_WINDOW, watch }));
        }
        Class::Media => {
            config
                .congestion_controller_factory(Arc::new(FixedWindow { bytes: MEDIA_WINDOW, watch }))
                .stream_receive_window(VarInt::from_u32(MEDIA_STREAM_BYTES))
                .receive_window(VarInt::from_u32(MEDIA_RECEIVE_BYTES))
                .send_window(MEDIA_SEND_BYTES)
                .ack_frequency_config(Some(prompt_acknowledgements()))
                // One unit after the other: a picture is of use only whole, and only after the one before it.
                .send_fairness(false);
        }
    }
    Arc::new(config)
}

/// The uplink is judged by when a picture was acknowledged; by default its last packet may wait 25 ms for that.
fn prompt_acknowledgements() -> AckFrequencyConfig {
    let mut config = AckFrequencyConfig::default();
    config.max_ack_delay(Some(ACKNOWLEDGED_WITHIN));
    config
}

/// A congestion window that neither grows nor shrinks.
///
/// Control sends a small constant rate, and what is late is worthless: backing off only adds age. For media the bit rate
/// of the encoder is the rate, and the agent paces pictures before they are made (`farhand_link::Pacer`); loss-based control
/// would halve the rate for each lost packet (1.7 Mbit/s at 50 ms and 2 % loss).
#[derive(Clone)]
struct FixedWindow {
    bytes: u64,
    /// Told of each packet that leaves and is acknowledged.
    watch: Option<Arc<dyn PacketWatch>>,
}

impl ControllerFactory for FixedWindow {
    fn build(self: Arc<Self>, _now: Instant, _current_mtu: u16) -> Box<dyn Controller> {
        Box::new((*self).clone())
    }
}

impl Controller for FixedWindow {
    fn on_sent(&mut self, now: Instant, bytes: u64, _last_packet_number: u64) {
        if let Some(watch) = self.watch.as_ref().filter(|_| bytes >= COUNTED_FROM_BYTES) {
            watch.sent(mono(now), bytes);
        }
    }

    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, _app_limited: bool, _rtt: &RttEstimator) {
        if let Some(watch) = &self.watch {
            watch.acknowledged(mono(now), mono(sent), bytes);
        }
    }

    fn on_congestion_event(&mut self, _now: Instant, _sent: Instant, _is_persistent: bool, _lost_bytes: u64) {}

    fn on_mtu_update(&mut self, _new_mtu: u16) {}

    fn window(&self) -> u64 {
        self.bytes
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn initial_window(&self) -> u64 {
        self.bytes
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
