//! Free ports on this machine.

use anyhow::{Context, Result};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};

/// The ports of one system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    /// Pages over http.
    pub web: u16,
    /// Pages over https.
    pub web_tls: u16,
    /// The simulator's ground truth.
    pub truth: u16,
    /// The link emulator's controls.
    pub net_status: u16,
    /// Vehicles' control connections.
    pub control: u16,
    /// Vehicles' media connections.
    pub media: u16,
    /// WebRTC.
    pub ice: u16,
    /// WebTransport.
    pub quic: u16,
    /// The link emulator in front of `control`.
    pub net_control: u16,
    /// The link emulator in front of `media`.
    pub net_media: u16,
}

/// The ports of the contracts, which a person may know by heart.
const USUAL: Ports = Ports {
    web: 8080,
    web_tls: 8443,
    truth: 7500,
    net_status: 7600,
    control: 7443,
    media: 7444,
    ice: 7445,
    quic: 7446,
    net_control: 7643,
    net_media: 7644,
};

impl Ports {
    /// Ports that nobody uses in this moment.
    pub(crate) fn free() -> Result<Self> {
        // All are held at once, so that none comes twice.
        let streams = (0..4).map(|_| tcp(0)).collect::<Result<Vec<_>>>()?;
        let datagrams = (0..6).map(|_| udp(0)).collect::<Result<Vec<_>>>()?;
        let stream = |at: usize| streams[at].local_addr().map(|address| address.port()).context("reading a port");
        let datagram = |at: usize| datagrams[at].local_addr().map(|address| address.port()).context("reading a port");
        Ok(Self {
            web: stream(0)?,
            web_tls: stream(1)?,
            truth: stream(2)?,
            net_status: stream(3)?,
            control: datagram(0)?,
            media: datagram(1)?,
            ice: datagram(2)?,
            net_control: datagram(3)?,
            net_media: datagram(4)?,
            quic: datagram(5)?,
        })
    }

    /// The usual ports, with free ones in place of those that somebody uses.
    pub(crate) fn usual_or_free() -> Result<Self> {
        let free = Self::free()?;
        let stream = |usual, other| if is_free(usual) { usual } else { other };
        let datagram = |usual, other| if udp(usual).is_ok() { usual } else { other };
        Ok(Self {
            web: stream(USUAL.web, free.web),
            web_tls: stream(USUAL.web_tls, free.web_tls),
            truth: stream(USUAL.truth, free.truth),
            net_status: stream(USUAL.net_status, free.net_status),
            control: datagram(USUAL.control, free.control),
            media: datagram(USUAL.media, free.media),
            ice: datagram(USUAL.ice, free.ice),
            quic: datagram(USUAL.quic, free.quic),
            net_control: datagram(USUAL.net_control, free.net_control),
            net_media: datagram(USUAL.net_media, free.net_media),
        })
    }
}

/// True if nobody listens on this TCP port.
pub(crate) fn is_free(port: u16) -> bool {
    tcp(port).is_ok()
}

fn tcp(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| format!("taking TCP port {port}"))
}

fn udp(port: u16) -> Result<UdpSocket> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| format!("taking UDP port {port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_differ() {
        let ports = Ports::free().expect("some ports are free");
        let mut streams = vec![ports.web, ports.web_tls, ports.truth, ports.net_status];
        let mut datagrams = vec![ports.control, ports.media, ports.ice, ports.quic, ports.net_control, ports.net_media];
        for list in [&mut streams, &mut datagrams] {
            let count = list.len();
            list.sort_unstable();
            list.dedup();
            assert_eq!(list.len(), count);
        }
    }

    #[test]
    fn a_port_that_somebody_listens_on_is_not_free() {
        let held = tcp(0).expect("a port");
        assert!(!is_free(held.local_addr().expect("an address").port()));
    }
}
