//! The site's own certificate authority, and the certificates it signs.
//!
//! In `<data_folder>/ca`: `ca.cert.pem`, `ca.key.pem`, `gateway.cert.pem` and `.key.pem` for the vehicles' side, `web.cert.pem`
//! and `.key.pem` for the pages. Keys are readable by their owner only.

use anyhow::{Context as _, bail};
use farhand_protocol::VehicleId;
use farhand_transport::{GATEWAY_NAME, vehicle_dns_name};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use time::{Duration, OffsetDateTime};

const CA_YEARS: i64 = 10;
/// Browsers refuse server certificates of more than 398 days.
const SERVER_DAYS: i64 = 390;
const VEHICLE_DAYS: i64 = 2 * 365;
/// A server certificate with less than this left is made anew at the start.
const RENEW_DAYS: i64 = 30;
/// Clocks of vehicles may be a little behind.
const BACKDATED: Duration = Duration::hours(1);

/// The paths of a certificate and its key.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// The site's authority, opened.
pub(crate) struct SiteCa {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl SiteCa {
    /// Opens the authority of a data folder; makes it if there is none.
    pub(crate) fn open(data_folder: &Path) -> anyhow::Result<Self> {
        let folder = data_folder.join("ca");
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let files = files(&folder, "ca");
        match (files.certificate.exists(), files.key.exists()) {
            (true, true) => {}
            (false, false) => make_ca(&files)?,
            _ => bail!(
                "{}: one of ca.cert.pem and ca.key.pem is missing. Restore both from a backup; a new authority would lock out every vehicle.",
                folder.display()
            ),
        }
        let certificate = read(&files.certificate)?;
        let key = KeyPair::from_pem(&read(&files.key)?).with_context(|| format!("reading {}", files.key.display()))?;
        let issuer =
            Issuer::from_ca_cert_pem(&certificate, key).with_context(|| format!("reading {}", files.certificate.display()))?;
        Ok(Self { folder, issuer })
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        files(&self.folder, "ca").certificate
    }

    /// The gateway's certificate towards the vehicles.
    pub(crate) fn gateway(&self) -> anyhow::Result<Files> {
        self.server("gateway", &[GATEWAY_NAME.to_owned()])
    }

    /// The certificate of the pages, made anew when the names change.
    pub(crate) fn web(&self, names: &[String]) -> anyhow::Result<Files> {
        self.server("web", names)
    }

    /// Makes a vehicle's certificate in a folder of its own; returns the certificate's SHA-256.
    pub(crate) fn enrol(&self, vehicle: &VehicleId, folder: &Path) -> anyhow::Result<String> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let files = files(folder, vehicle.as_str());
        self.sign(&files, &[vehicle_dns_name(vehicle)], ExtendedKeyUsagePurpose::ClientAuth, VEHICLE_DAYS)?;
        let copy = folder.join("ca.cert.pem");
        fs::copy(self.certificate(), &copy).with_context(|| format!("writing {}", copy.display()))?;
        fingerprint(&files.certificate)
    }

    fn server(&self, name: &str, names: &[String]) -> anyhow::Result<Files> {
        let files = files(&self.folder, name);
        if !still_good(&files, names) {
            self.sign(&files, names, ExtendedKeyUsagePurpose::ServerAuth, SERVER_DAYS)?;
        }
        Ok(files)
    }

    fn sign(&self, files: &Files, names: &[String], usage: ExtendedKeyUsagePurpose, days: i64) -> anyhow::Result<()> {
        let key = KeyPair::generate().context("making a key")?;
        let mut params = CertificateParams::new(names).with_context(|| format!("the names {names:?} fit no certificate"))?;
        params.distinguished_name = named(names.first().map_or("farhand", String::as_str));
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = valid_for(days);
        let certificate = params.signed_by(&key, &self.issuer).context("signing a certificate")?;
        write_key(&files.key, &key)?;
        fs::write(&files.certificate, certificate.pem()).with_context(|| format!("writing {}", files.certificate.display()))
    }
}

/// SHA-256 of a certificate file, as hexadecimal text.
pub(crate) fn fingerprint(certificate: &Path) -> anyhow::Result<String> {
    let certificate = CertificateDer::from_pem_file(certificate).with_context(|| format!("reading {}", certificate.display()))?;
    Ok(Sha256::digest(&certificate).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
}

fn make_ca(files: &Files) -> anyhow::Result<()> {
    let key = KeyPair::generate().context("making a key")?;
    let mut params = CertificateParams::new(Vec::new()).context("an authority's parameters")?;
    params.distinguished_name = named("Farhand site authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = valid_for(CA_YEARS * 365);
    let certificate = params.self_signed(&key).context("signing the authority's certificate")?;
    write_key(&files.key, &key)?;
    fs::write(&files.certificate, certificate.pem()).with_context(|| format!("writing {}", files.certificate.display()))
}

/// True if the files are there, name exactly these names, and have some days left.
fn still_good(files: &Files, names: &[String]) -> bool {
    let Ok(certificate) = CertificateDer::from_pem_file(&files.certificate) else { return false };
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(&certificate) else { return false };
    let left = parsed.validity().not_after.timestamp() - OffsetDateTime::now_utc().unix_timestamp();
    let Ok(Some(alternative)) = parsed.subject_alternative_name() else { return false };
    let listed = alternative.value.general_names.iter().map(|name| match name {
        x509_parser::extensions::GeneralName::DNSName(name) => (*name).to_owned(),
        x509_parser::extensions::GeneralName::IPAddress(bytes) => ip_text(bytes),
        other => other.to_string(),
    });
    files.key.exists() && left > RENEW_DAYS * 24 * 3600 && listed.eq(names.iter().cloned())
}

fn ip_text(bytes: &[u8]) -> String {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return std::net::Ipv4Addr::from(four).to_string();
    }
    <[u8; 16]>::try_from(bytes).map_or_else(|_| String::new(), |sixteen| std::net::Ipv6Addr::from(sixteen).to_string())
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn valid_for(days: i64) -> (OffsetDateTime, OffsetDateTime) {
    let now = OffsetDateTime::now_utc();
    (now - BACKDATED, now + Duration::days(days))
}

fn files(folder: &Path, name: &str) -> Files {
    Files { certificate: folder.join(format!("{name}.cert.pem")), key: folder.join(format!("{name}.key.pem")) }
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

fn write_key(path: &Path, key: &KeyPair) -> anyhow::Result<()> {
    let context = || format!("writing {}", path.display());
    // A key left by an older run may have wider rights; a new file gets the right ones from its first byte on.
    if path.exists() {
        fs::remove_file(path).with_context(context)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).with_context(context)?;
    file.write_all(key.serialize_pem().as_bytes()).and_then(|()| file.sync_all()).with_context(context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use farhand_transport::Identity;
    use std::os::unix::fs::PermissionsExt as _;

    fn truck() -> VehicleId {
        VehicleId::new("truck-1").expect("a name")
    }

    #[test]
    fn an_enrolled_vehicle_and_the_gateway_have_certificates_that_the_transport_takes() {
        let data = tempfile::tempdir().expect("a folder");
        let ca = SiteCa::open(data.path()).expect("made");
        let out = data.path().join("truck");
        let fingerprint = ca.enrol(&truck(), &out).expect("enrolled");
        assert_eq!(fingerprint.len(), 64);
        let vehicle = Identity::load(&out.join("truck-1.cert.pem"), &out.join("truck-1.key.pem"), &out.join("ca.cert.pem"));
        assert_eq!(vehicle.expect("loads").facts().expect("facts").names, ["truck-1.vehicle.farhand"]);
        let files = ca.gateway().expect("made");
        assert!(Identity::load(&files.certificate, &files.key, &ca.certificate()).is_ok());
    }

    #[test]
    fn keys_are_readable_by_their_owner_only() {
        let data = tempfile::tempdir().expect("a folder");
        let ca = SiteCa::open(data.path()).expect("made");
        let mode = fs::metadata(ca.gateway().expect("made").key).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_web_certificate_stays_until_its_names_change() {
        let data = tempfile::tempdir().expect("a folder");
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let first = fingerprint(&SiteCa::open(data.path()).expect("made").web(&names).expect("made").certificate);
        let again = SiteCa::open(data.path()).expect("opened");
        assert_eq!(fingerprint(&again.web(&names).expect("kept").certificate).expect("read"), first.expect("read"));
        let other = again.web(&["site.example".to_owned()]).expect("made anew");
        assert_ne!(fingerprint(&other.certificate).expect("read"), fingerprint(&again.certificate()).expect("read"));
    }

    #[test]
    fn half_an_authority_is_an_error_and_not_a_new_authority() {
        let data = tempfile::tempdir().expect("a folder");
        let ca = SiteCa::open(data.path()).expect("made");
        fs::remove_file(ca.certificate()).expect("removed");
        let error = SiteCa::open(data.path()).err().expect("refused").to_string();
        assert!(error.contains("backup"), "{error}");
    }
}
