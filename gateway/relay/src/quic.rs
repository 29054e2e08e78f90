//! Pages that speak QUIC themselves: WebTransport. A stream for each picture, datagrams for all else.

use crate::relay::PagesByQuic;
use crate::tickets::Tickets;
use crate::units::{UnitWay, enter};
use crate::vehicle::locked;
use bytes::Bytes;
use farhand_protocol::{PageFrame, PictureHead};
use farhand_transport::{Endpoint, EndpointError, Fingerprint, Incoming, PageCertificate, listen_for_pages};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, SanType, SerialNumber};
use rustls_pki_types::PrivatePkcs8KeyDer;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use tokio::time::timeout;
use tracing::{debug, warn};
use web_transport_quinn::http::StatusCode;
use web_transport_quinn::{Request, SendStream, Session};

/// Browsers take a certificate by its hash only if it is good for less than 14 days ...
const GOOD_FOR: Duration = Duration::from_hours(12 * 24);
/// ... so another one takes its place long before. A page that was told of the older one just then asks again and is told of this.
const RENEWED_AFTER: Duration = Duration::from_hours(6 * 24);
/// Clocks of pages may be behind by so much.
const BEHIND: Duration = Duration::from_hours(24);
/// From the handshake to the page's request.
const REQUEST_WITHIN: Duration = Duration::from_secs(3);
const STALE: u32 = 1;

/// The port where such pages come.
pub(crate) struct QuicDoor {
    endpoint: Endpoint,
    addresses: Vec<IpAddr>,
    shown: Mutex<Shown>,
}

struct Shown {
    print: Fingerprint,
    since: Instant,
}

impl QuicDoor {
    /// Must run inside the runtime that will drive it.
    pub(crate) fn open(listen: SocketAddr, addresses: Vec<IpAddr>) -> Result<Self, EndpointError> {
        let (certificate, print) =
            certificate(&addresses).map_err(|error| EndpointError::PageCertificate { why: error.to_string() })?;
        let endpoint = listen_for_pages(listen, certificate)?;
        Ok(Self { endpoint, addresses, shown: Mutex::new(Shown { print, since: Instant::now() }) })
    }

    /// Where it is bound.
    pub(crate) fn listening(&self) -> std::io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    /// What a page needs to come in with this ticket. None if the port is closed.
    pub(crate) fn invite(&self, ticket: &str) -> Option<PagesByQuic> {
        let url = format!("{}/ways/{ticket}", self.origin()?);
        Some(PagesByQuic { url, certificate_sha256: self.renewed().bytes() })
    }

    /// Where pages reach it.
    pub(crate) fn origin(&self) -> Option<String> {
        let address = SocketAddr::new(*self.addresses.first()?, self.endpoint.local_addr().ok()?.port());
        Some(format!("https://{address}"))
    }

    /// The certificate on show; another one if it is old.
    fn renewed(&self) -> Fingerprint {
        let mut shown = locked(&self.shown);
        if shown.since.elapsed() >= RENEWED_AFTER {
            let made = certificate(&self.addresses).map_err(|error| error.to_string());
            let put = made
                .and_then(|(made, print)| self.endpoint.show_to_pages(made).map(|()| print).map_err(|error| error.to_string()));
            match put {
                Ok(print) => *shown = Shown { print, since: Instant::now() },
                // The old one is good for another six days.
                Err(error) => warn!(error, "The certificate for pages cannot be renewed"),
            }
        }
        shown.print
    }

    /// Accepts until the endpoint closes.
    pub(crate) async fn accept(self: Arc<Self>, tickets: Arc<Tickets>) {
        while let Some(incoming) = self.endpoint.accept().await {
            let tickets = Arc::clone(&tickets);
            tokio::spawn(async move {
                if let Err(why) = admit(incoming, &tickets).await {
                    metrics::counter!("farhand_pages_refused_total").increment(1);
                    debug!(why, "a page by QUIC was not let in");
                }
            });
        }
    }

    pub(crate) fn close(&self) {
        self.endpoint.close(0_u32.into(), b"gateway stops");
    }
}

async fn admit(incoming: Incoming, tickets: &Tickets) -> Result<(), String> {
    let connection = incoming.await.map_err(|error| error.to_string())?;
    let request = timeout(REQUEST_WITHIN, Request::accept(connection)).await.map_err(|_| "no request".to_owned())?;
    let request = request.map_err(|error| error.to_string())?;
    let ticket = request.url.path().strip_prefix("/ways/").map(ToOwned::to_owned);
    let Some(expected) = ticket.and_then(|ticket| tickets.claim(&ticket)) else {
        // It may be gone already.
        drop(request.reject(StatusCode::FORBIDDEN).await);
        return Err("no such ticket, or used, or too old".to_owned());
    };
    match request.ok().await {
        Ok(session) => {
            enter(expected, QuicWay { session, sent: Mutex::default() });
            Ok(())
        }
        Err(error) => {
            expected.rules.viewer_gone(expected.id);
            Err(error.to_string())
        }
    }
}

/// A certificate that nobody trusts but who is told its hash.
fn certificate(addresses: &[IpAddr]) -> Result<(PageCertificate, Fingerprint), rcgen::Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.subject_alt_names.extend(addresses.iter().copied().map(SanType::IpAddress));
    params.serial_number = Some(SerialNumber::from_slice(&rand::random::<[u8; 16]>()));
    let now = SystemTime::now();
    params.not_before = (now - BEHIND).into();
    params.not_after = (now + GOOD_FOR).into();
    let made = params.self_signed(&key)?;
    let print = Fingerprint::of(made.der());
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    Ok((PageCertificate { certificate: made.der().clone(), key }, print))
}

/// One page by QUIC.
struct QuicWay {
    session: Session,
    /// Streams of pictures that have not come, by number: a stale one is reset, so that nothing of it is sent again.
    sent: Mutex<BTreeMap<u32, SendStream>>,
}

impl UnitWay for QuicWay {
    const NAME: &'static str = "quic";

    async fn message(&self, message: &[u8]) -> bool {
        if message.len() <= self.session.max_datagram_size() {
            return self.session.send_datagram(Bytes::copy_from_slice(message)).is_ok();
        }
        let sending = async {
            let mut stream = self.session.open_uni().await.ok()?;
            stream.write_all(&[PageFrame::Message.byte()]).await.ok()?;
            stream.write_all(message).await.ok()?;
            stream.finish().ok()
        };
        sending.await.is_some()
    }

    async fn picture(&self, head: &PictureHead, unit: Bytes) -> bool {
        let Ok(stream) = self.session.open_uni().await else { return false };
        let mut stream = ResetOnDrop(Some(stream));
        let Some(open) = stream.0.as_mut() else { return false };
        let written = open.write_all(&head.to_bytes()).await.is_ok() && open.write_chunk(unit).await.is_ok();
        // An error here means that the page wants no more of this one, or is gone; the next call tells.
        let finished = written && open.finish().is_ok();
        if let Some(stream) = stream.0.take_if(|_| finished) {
            locked(&self.sent).insert(head.number, stream);
        }
        self.session.close_reason().is_none()
    }

    async fn hear(&self) -> Option<Bytes> {
        self.session.read_datagram().await.ok()
    }

    fn forget(&self, number: u32, came: bool) {
        if let Some(mut stream) = locked(&self.sent).remove(&number)
            && !came
        {
            // An error means that it has come after all.
            let _ = stream.reset(STALE);
        }
    }

    fn close(&self) {
        self.session.close(0, b"the viewer is closed");
    }
}

/// Gives a half-written picture up when the caller stops waiting; otherwise it would end cut short, as if it were whole.
struct ResetOnDrop(Option<SendStream>);

impl Drop for ResetOnDrop {
    fn drop(&mut self) {
        if let Some(mut stream) = self.0.take() {
            // An error means that there is nothing left to reset.
            let _ = stream.reset(STALE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_certificate_is_another_one_and_good_for_less_than_two_weeks() {
        let addresses = [IpAddr::from([127, 0, 0, 1])];
        let (first, second) = (certificate(&addresses).expect("made"), certificate(&addresses).expect("made"));
        assert_ne!(first.1, second.1);
        assert_eq!(Fingerprint::of(&first.0.certificate), first.1);
        assert!(GOOD_FOR + BEHIND < Duration::from_hours(14 * 24));
        assert!(RENEWED_AFTER * 2 <= GOOD_FOR);
    }
}
