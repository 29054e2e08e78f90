//! Who this end is: certificate, key, and the authority it trusts, from PEM files.

use crate::admissions::Admissions;
use farhand_protocol::VehicleId;
use rustls::RootCertStore;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// What follows a vehicle's name in its certificate.
pub(crate) const VEHICLE_SUFFIX: &str = ".vehicle.farhand";

/// Why an identity cannot be used. The text names the file and the mend.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// A file cannot be read.
    #[error("{path}: the {what} cannot be read: {source}. Enrol the vehicle on the gateway and copy its files here.")]
    Read {
        /// What the file should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file holds something else.
    #[error("{path}: holds no {what} in PEM form. Copy the file again from where it was enrolled.")]
    Content {
        /// What the file should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The certificate authority cannot be used as a root.
    #[error("{path}: the certificate authority cannot be used: {why}. Copy the site's ca.pem again.")]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Certificate and key cannot be used together.
    #[error("{path}: certificate and key cannot be used: {why}. They must be the pair of one enrolment.")]
    Pair {
        /// The certificate's file.
        path: PathBuf,
        /// What is wrong with them.
        why: String,
    },
}

/// Certificate chain, key and trusted authority of one end.
#[derive(Debug)]
pub struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
    pub(crate) roots: RootCertStore,
    pub(crate) certificate_path: PathBuf,
    pub(crate) admissions: Option<Admissions>,
}

/// What a certificate says, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// DNS names it is good for.
    pub names: Vec<String>,
    /// Start of validity, seconds since 1970.
    pub not_before: i64,
    /// End of validity, seconds since 1970.
    pub not_after: i64,
}

impl Identity {
    /// Reads the three PEM files.
    ///
    /// # Errors
    /// [`IdentityError`] with the file and the mend.
    pub fn load(certificate: &Path, key: &Path, ca: &Path) -> Result<Self, IdentityError> {
        let chain = certificates(certificate, "certificate")?;
        let key_bytes = read(key, "private key")?;
        let key = PrivateKeyDer::from_pem_slice(&key_bytes)
            .map_err(|_| IdentityError::Content { what: "private key", path: key.to_owned() })?;
        let mut roots = RootCertStore::empty();
        for root in certificates(ca, "certificate authority")? {
            roots.add(root).map_err(|error| IdentityError::Authority { path: ca.to_owned(), why: error.to_string() })?;
        }
        Ok(Self { chain, key, roots, certificate_path: certificate.to_owned(), admissions: None })
    }

    /// Of those that the authority has signed, lets in only whom this list admits. Concerns the listening end.
    #[must_use]
    pub fn admitting(mut self, admissions: Admissions) -> Self {
        self.admissions = Some(admissions);
        self
    }

    /// What this end's own certificate says.
    ///
    /// # Errors
    /// [`IdentityError::Content`] if it cannot be read as X.509.
    pub fn facts(&self) -> Result<CertificateFacts, IdentityError> {
        self.chain
            .first()
            .and_then(|leaf| facts(leaf))
            .ok_or_else(|| IdentityError::Content { what: "certificate", path: self.certificate_path.clone() })
    }

    pub(crate) fn pair_error(&self, why: &impl ToString) -> IdentityError {
        IdentityError::Pair { path: self.certificate_path.clone(), why: why.to_string() }
    }
}

/// The vehicle that a certificate names; else the names it holds.
pub(crate) fn vehicle_named(certificate: &[u8]) -> Result<VehicleId, Vec<String>> {
    let names = facts(certificate).map(|facts| facts.names).unwrap_or_default();
    let mut vehicles = names.iter().filter_map(|name| name.strip_suffix(VEHICLE_SUFFIX)).map(VehicleId::new);
    match (vehicles.next(), vehicles.next()) {
        (Some(Ok(vehicle)), None) => Ok(vehicle),
        _ => Err(names),
    }
}

/// Reads names and validity; `None` if the bytes are no certificate.
pub(crate) fn facts(certificate: &[u8]) -> Option<CertificateFacts> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let names = match parsed.subject_alternative_name() {
        Ok(Some(alternatives)) => alternatives.value.general_names.iter().filter_map(dns_name).collect(),
        Ok(None) | Err(_) => Vec::new(),
    };
    let validity = parsed.validity();
    Some(CertificateFacts { names, not_before: validity.not_before.timestamp(), not_after: validity.not_after.timestamp() })
}

fn dns_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    }
}

fn certificates(path: &Path, what: &'static str) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let bytes = read(path, what)?;
    let content = || IdentityError::Content { what, path: path.to_owned() };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&bytes).collect::<Result<_, _>>().map_err(|_| content())?;
    if chain.is_empty() { Err(content()) } else { Ok(chain) }
}

fn read(path: &Path, what: &'static str) -> Result<Vec<u8>, IdentityError> {
    std::fs::read(path).map_err(|source| IdentityError::Read { what, path: path.to_owned(), source })
}
