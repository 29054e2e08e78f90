//! Which certificates the site lets in. A signature of the authority alone opens nothing: a key may have been stolen since.

use crate::identity::vehicle_named;
use farhand_protocol::VehicleId;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use tokio::sync::watch;

/// SHA-256 of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

/// A text that is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no fingerprint; it must be 32 pairs of hexadecimal digits with colons between them")]
pub struct NoFingerprint(String);

/// What the site says of a certificate that its authority made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Let in.
    Admitted,
    /// Withdrawn: shut out, also if it is connected.
    Revoked,
}

/// Told which vehicle's certificate was turned away, if it names one, and why. Must not wait: a handshake stands still.
pub type OnRefusal = dyn Fn(Option<&VehicleId>, &str) + Send + Sync;

/// The site's list of certificates, shared by its endpoints; cheap to clone.
///
/// A change acts at once: whoever is no longer admitted is disconnected from every endpoint.
#[derive(Clone)]
pub struct Admissions {
    list: watch::Sender<Arc<BTreeMap<Fingerprint, Standing>>>,
    on_refusal: Arc<OnRefusal>,
}

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        let mut bytes = [0; 32];
        // The hash of the TLS library, so that a vehicle carries no second one.
        if let Some(suite) = TLS13_AES_128_GCM_SHA256.tls13() {
            bytes.copy_from_slice(suite.common.hash_provider.hash(certificate).as_ref());
        }
        Self(bytes)
    }

    /// The hash itself.
    #[must_use]
    pub fn bytes(&self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        let pairs: Option<Vec<u8>> =
            text.split(':').map(|pair| u8::from_str_radix(pair, 16).ok().filter(|_| is_pair(pair))).collect();
        let bytes = pairs.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes.map(Self).ok_or_else(|| NoFingerprint(text.chars().take(100).collect()))
    }
}

/// Two digits: reading a number would also take a sign.
fn is_pair(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Admissions {
    /// Starts with an empty list: nobody is let in.
    #[must_use]
    pub fn new(on_refusal: impl Fn(Option<&VehicleId>, &str) + Send + Sync + 'static) -> Self {
        Self { list: watch::Sender::new(Arc::default()), on_refusal: Arc::new(on_refusal) }
    }

    /// Takes the whole list anew. Returns without waiting; whoever is no longer on it is disconnected.
    pub fn set(&self, list: BTreeMap<Fingerprint, Standing>) {
        self.list.send_if_modified(|current| {
            let changed = **current != list;
            if changed {
                *current = Arc::new(list);
            }
            changed
        });
    }

    /// Waits until a certificate is not admitted, and says why. At once if it is not now.
    pub(crate) async fn shut_out(&self, print: Fingerprint) -> &'static str {
        let mut list = self.list.subscribe();
        // An error would mean that the list is gone, which this one holds.
        drop(list.wait_for(|list| judge(list, print).is_err()).await);
        let verdict = judge(&list.borrow(), print);
        verdict.err().unwrap_or(UNKNOWN)
    }

    fn judge(&self, certificate: &[u8]) -> Result<(), CertificateError> {
        let verdict = judge(&self.list.borrow(), Fingerprint::of(certificate));
        verdict.map_err(|why| {
            (self.on_refusal)(vehicle_named(certificate).ok().as_ref(), why);
            if why == REVOKED { CertificateError::Revoked } else { CertificateError::ApplicationVerificationFailure }
        })
    }
}

impl fmt::Debug for Admissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Admissions({} certificates)", self.list.borrow().len())
    }
}

fn judge(list: &BTreeMap<Fingerprint, Standing>, print: Fingerprint) -> Result<(), &'static str> {
    match list.get(&print) {
        Some(Standing::Admitted) => Ok(()),
        Some(Standing::Revoked) => Err(REVOKED),
        None => Err(UNKNOWN),
    }
}

/// The authority's verdict first, the site's list second.
#[derive(Debug)]
pub(crate) struct Doorkeeper {
    pub(crate) authority: Arc<dyn ClientCertVerifier>,
    pub(crate) admissions: Admissions,
}

impl ClientCertVerifier for Doorkeeper {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.authority.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.authority.verify_client_cert(end_entity, intermediates, now)?;
        self.admissions.judge(end_entity)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authority.verify_tls12_signature(message, certificate, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authority.verify_tls13_signature(message, certificate, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authority.supported_verify_schemes()
    }
}

const REVOKED: &str = "the certificate was revoked. Enrol the vehicle again and copy its files.";
const UNKNOWN: &str = "the certificate is not on this gateway's list. Enrol the vehicle here and copy its files.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_sha_256_and_is_read_back_from_its_text() {
        let print = Fingerprint::of(b"abc");
        let text = print.to_string();
        // FIPS 180-2, appendix B.1.
        assert!(text.starts_with("BA:78:16:BF:8F:01:CF:EA") && text.len() == 95, "{text}");
        assert_eq!(text.parse(), Ok(print));
        for bad in ["", "BA", "BA:7", &text[3..], &format!("{text}:00"), &text.replace("BA", "+A")] {
            assert!(bad.parse::<Fingerprint>().is_err(), "{bad}");
        }
    }
}
