//! QUIC between vehicles and gateway: mutual TLS 1.3, one endpoint for control and one for media.
//!
//! A thin layer over quinn. It sets what lies in wait in the defaults, reads a vehicle's name from its certificate, and
//! frames messages and access units. When to dial, retry or give up is the caller's.

mod admissions;
mod endpoint;
mod identity;
mod incoming;
mod marked;
mod messages;
mod refusal;
mod tuning;
mod units;
mod watch;

pub use admissions::{Admissions, Fingerprint, NoFingerprint, OnRefusal, Standing};
pub use endpoint::{
    ConnectError, Endpoint, EndpointError, PageCertificate, connect, dialer, knock, listen, listen_for_pages, peer_vehicle,
    vehicle_dns_name, watched_dialer,
};
pub use identity::{CertificateFacts, Identity, IdentityError};
pub use incoming::Incoming;
pub use marked::{MarkedSender, Packet};
pub use messages::{
    DatagramError, MessageError, MessageReader, MessageWriter, accept_messages, open_messages, probe, read_datagram,
    send_datagram,
};
pub use quinn::{Connection, ConnectionError, RecvStream, SendStream};
pub use refusal::{explain, is_abandoned};
pub use tuning::Class;
pub use units::{UnitError, UnitInFlight, read_unit, send_unit};
pub use watch::{PacketWatch, packet_clock};

/// The protocol name both ends must speak.
pub const ALPN: &[u8] = b"farhand/1";
/// The name in the gateway's vehicle-side certificate, unless a vehicle's configuration says otherwise.
pub const GATEWAY_NAME: &str = "farhand-gateway";
