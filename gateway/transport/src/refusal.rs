//! Turns the end of a connection into a sentence with the mend.

use quinn::ConnectionError;

// A caller that closes before the handshake is over (RFC 9000, section 20.1).
const APPLICATION_ERROR: u64 = 0x0c;
// TLS alerts (RFC 8446, section 6) as quinn shows them: 0x100 plus the alert.
const BAD_CERTIFICATE: u64 = 0x100 + 42;
const UNSUPPORTED_CERTIFICATE: u64 = 0x100 + 43;
const CERTIFICATE_REVOKED: u64 = 0x100 + 44;
const CERTIFICATE_EXPIRED: u64 = 0x100 + 45;
const CERTIFICATE_UNKNOWN: u64 = 0x100 + 46;
const UNKNOWN_CA: u64 = 0x100 + 48;
const ACCESS_DENIED: u64 = 0x100 + 49;
const DECRYPT_ERROR: u64 = 0x100 + 51;
const CERTIFICATE_REQUIRED: u64 = 0x100 + 116;
const NO_APPLICATION_PROTOCOL: u64 = 0x100 + 120;

/// Says why a connection ended and, where there is one, the mend.
#[must_use]
pub fn explain(error: &ConnectionError) -> String {
    match error {
        ConnectionError::TransportError(ours) => alert(ours.code.into(), "this end").unwrap_or_else(|| ours.to_string()),
        ConnectionError::ConnectionClosed(theirs) => {
            alert(theirs.error_code.into(), "the other end").unwrap_or_else(|| format!("closed by the other end: {theirs}"))
        }
        ConnectionError::ApplicationClosed(theirs) => match String::from_utf8_lossy(&theirs.reason) {
            reason if reason.is_empty() => "closed by the other end".to_owned(),
            reason => format!("closed by the other end: {}", reason.chars().take(200).collect::<String>()),
        },
        ConnectionError::TimedOut => {
            "no answer. Is the gateway running, is the address right, and does the network let UDP through?".to_owned()
        }
        ConnectionError::Reset => "the other end restarted".to_owned(),
        ConnectionError::LocallyClosed => "closed by this end".to_owned(),
        ConnectionError::VersionMismatch => "the other end speaks another version of QUIC".to_owned(),
        ConnectionError::CidsExhausted => "no connection ids are left".to_owned(),
    }
}

/// True if a caller gave up before the handshake was over: a vehicle that dials again on a bad link does so, and nobody
/// was refused.
#[must_use]
pub fn is_abandoned(error: &ConnectionError) -> bool {
    match error {
        ConnectionError::ConnectionClosed(close) => u64::from(close.error_code) == APPLICATION_ERROR,
        ConnectionError::ApplicationClosed(_) | ConnectionError::TimedOut | ConnectionError::Reset => true,
        ConnectionError::TransportError(_)
        | ConnectionError::LocallyClosed
        | ConnectionError::VersionMismatch
        | ConnectionError::CidsExhausted => false,
    }
}

fn alert(code: u64, who: &str) -> Option<String> {
    let text = match code {
        CERTIFICATE_EXPIRED => {
            format!("{who} refused the certificate: it has expired or is not valid yet. Enrol again, check the clock.")
        }
        // Two authorities of one name: the issuer is found and its signature does not fit.
        UNKNOWN_CA | DECRYPT_ERROR => {
            format!("{who} refused the certificate: another site's authority made it. Enrol on this gateway, copy its ca.pem.")
        }
        CERTIFICATE_REQUIRED => format!("{who} refused: no certificate was shown. Set certificate and key."),
        CERTIFICATE_REVOKED => format!("{who} refused the certificate: it was revoked. Enrol the vehicle again, copy its files."),
        ACCESS_DENIED => {
            format!("{who} refused the certificate: it is not on the gateway's list. Enrol the vehicle there, copy its files.")
        }
        BAD_CERTIFICATE | UNSUPPORTED_CERTIFICATE | CERTIFICATE_UNKNOWN => {
            format!("{who} refused the certificate: wrong name or damaged. Check gateway_name, enrol again.")
        }
        NO_APPLICATION_PROTOCOL => {
            format!("{who} speaks another protocol. Is this the gateway's vehicle port, of the same version?")
        }
        _ => return None,
    };
    Some(text)
}
