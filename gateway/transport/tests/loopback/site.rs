//! A site's certificates in a folder of their own.

use farhand_transport::{Fingerprint, Identity};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::path::PathBuf;
use time::{Duration, OffsetDateTime};

/// A certificate authority and a folder for what it signs.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
    ca: PathBuf,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("signs");
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, certificate.pem()).expect("written");
        Self { folder, issuer: Issuer::new(params, key), ca }
    }

    pub(crate) fn gateway(&self) -> Identity {
        self.enrol("farhand-gateway", ExtendedKeyUsagePurpose::ServerAuth, 30)
    }

    pub(crate) fn vehicle(&self, name: &str) -> Identity {
        self.enrol(&format!("{name}.vehicle.farhand"), ExtendedKeyUsagePurpose::ClientAuth, 30)
    }

    pub(crate) fn expired_vehicle(&self, name: &str) -> Identity {
        self.enrol(&format!("{name}.vehicle.farhand"), ExtendedKeyUsagePurpose::ClientAuth, -1)
    }

    /// A certificate of this site, trusting another site's authority.
    pub(crate) fn vehicle_trusting(&self, name: &str, other: &Self) -> Identity {
        let (certificate, key) = self.files(&format!("{name}.vehicle.farhand"), ExtendedKeyUsagePurpose::ClientAuth, 30);
        Identity::load(&certificate, &key, &other.ca).expect("loads")
    }

    pub(crate) fn stranger(&self, dns_name: &str) -> Identity {
        self.enrol(dns_name, ExtendedKeyUsagePurpose::ClientAuth, 30)
    }

    /// The identity that was made last under this name, from its files.
    pub(crate) fn kept(&self, name: &str) -> Identity {
        let file = |end: &str| self.path(&format!("{name}.vehicle.farhand.{end}"));
        Identity::load(&file("pem"), &file("key"), &self.ca).expect("loads")
    }

    pub(crate) fn fingerprint(&self, name: &str) -> Fingerprint {
        let path = self.path(&format!("{name}.vehicle.farhand.pem"));
        Fingerprint::of(&CertificateDer::from_pem_file(path).expect("a certificate"))
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn enrol(&self, dns_name: &str, usage: ExtendedKeyUsagePurpose, days_left: i64) -> Identity {
        let (certificate, key) = self.files(dns_name, usage, days_left);
        Identity::load(&certificate, &key, &self.ca).expect("loads")
    }

    pub(crate) fn files(&self, dns_name: &str, usage: ExtendedKeyUsagePurpose, days_left: i64) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![dns_name.to_owned()]).expect("parameters");
        params.extended_key_usages = vec![usage];
        params.not_before = OffsetDateTime::now_utc() - Duration::days(60);
        params.not_after = OffsetDateTime::now_utc() + Duration::days(days_left);
        let certificate = params.signed_by(&key, &self.issuer).expect("signs");
        let paths = (self.path(&format!("{dns_name}.pem")), self.path(&format!("{dns_name}.key")));
        std::fs::write(&paths.0, certificate.pem()).expect("written");
        std::fs::write(&paths.1, key.serialize_pem()).expect("written");
        paths
    }
}
