//! The site's certificate authority and what it signs.

use anyhow::{Context, Result, bail};
use farhand_protocol::VehicleId;
use farhand_transport::{Fingerprint, GATEWAY_NAME, Identity, vehicle_dns_name};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use time::{Duration, OffsetDateTime};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// The authority of one site, kept in the data folder.
pub(crate) struct Site {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM files.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Site {
    /// Opens the authority, or makes it if the folder has none.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("making data_folder {}", folder.display()))?;
        let (certificate, key) = (folder.join(CA), folder.join(CA_KEY));
        match (certificate.exists(), key.exists()) {
            (false, false) => make_authority(&certificate, &key).context("making the site's certificate authority")?,
            (true, true) => {}
            (has_certificate, _) => {
                let missing = if has_certificate { key } else { certificate };
                bail!(
                    "{} is missing. Put it back from a backup, or remove {CA} and {CA_KEY} and enrol all vehicles again",
                    missing.display()
                );
            }
        }
        let key = KeyPair::from_pem(&read(&folder.join(CA_KEY))?).with_context(|| format!("reading {CA_KEY}"))?;
        let issuer = Issuer::from_ca_cert_pem(&read(&folder.join(CA))?, key).with_context(|| format!("reading {CA}"))?;
        Ok(Self { folder: folder.to_owned(), issuer })
    }

    /// The authority's certificate.
    pub(crate) fn ca_path(&self) -> PathBuf {
        self.folder.join(CA)
    }

    /// What the gateway shows to vehicles.
    pub(crate) fn vehicle_side(&self) -> Result<Identity> {
        let names = [GATEWAY_NAME.to_owned()];
        let pair = self.renewed("gateway", &names, ExtendedKeyUsagePurpose::ServerAuth)?;
        Ok(Identity::load(&pair.certificate, &pair.key, &self.ca_path())?)
    }

    /// What the gateway shows to browsers under these names.
    pub(crate) fn web_side(&self, names: &[String]) -> Result<Pair> {
        self.renewed("web", names, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// Makes a vehicle's files and returns its certificate's fingerprint.
    pub(crate) fn enroll(&self, vehicle: &VehicleId, out: &Path) -> Result<String> {
        std::fs::create_dir_all(out).with_context(|| format!("making the folder {}", out.display()))?;
        let pair = Pair { certificate: out.join("certificate.pem"), key: out.join("key.pem") };
        let usage = ExtendedKeyUsagePurpose::ClientAuth;
        self.make(&pair, &[vehicle_dns_name(vehicle)], usage, VEHICLE_DAYS).with_context(|| format!("enrolling {vehicle}"))?;
        std::fs::copy(self.ca_path(), out.join("ca.pem")).context("copying ca.pem")?;
        fingerprint(&pair.certificate)
    }

    /// The pair of this name in the data folder; made anew if it is missing, about to expire, or for other names.
    fn renewed(&self, name: &str, names: &[String], usage: ExtendedKeyUsagePurpose) -> Result<Pair> {
        let pair = Pair {
            certificate: self.folder.join(format!("{name}.certificate.pem")),
            key: self.folder.join(format!("{name}.key.pem")),
        };
        if !(pair.key.exists() && still_fits(&pair.certificate, &self.ca_path(), names)) {
            self.make(&pair, names, usage, OWN_DAYS).with_context(|| format!("making the certificate \"{name}\""))?;
            tracing::info!(name, ?names, "Certificate made");
        }
        Ok(pair)
    }

    fn make(&self, pair: &Pair, names: &[String], usage: ExtendedKeyUsagePurpose, days: i64) -> Result<()> {
        let key = KeyPair::generate()?;
        let mut params = params(names.first().map_or("farhand", String::as_str), days);
        for name in names {
            params.subject_alt_names.push(match name.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(name.as_str().try_into().with_context(|| format!("\"{name}\" is no host name"))?),
            });
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer)?;
        write_private(&pair.key, &key.serialize_pem())?;
        write_public(&pair.certificate, &certificate.pem())
    }
}

/// SHA-256 of a certificate's first entry, as hexadecimal text.
pub(crate) fn fingerprint(certificate: &Path) -> Result<String> {
    let der = CertificateDer::from_pem_file(certificate).with_context(|| format!("reading {}", certificate.display()))?;
    Ok(Fingerprint::of(&der).to_string())
}

fn make_authority(certificate: &Path, key_path: &Path) -> Result<()> {
    let key = KeyPair::generate()?;
    let mut params = params("Farhand site authority", CA_DAYS);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let made = params.self_signed(&key)?;
    write_private(key_path, &key.serialize_pem())?;
    write_public(certificate, &made.pem())?;
    tracing::info!(certificate = %certificate.display(), "The site's certificate authority was made");
    Ok(())
}

fn params(common_name: &str, days: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    params.distinguished_name = name;
    params.serial_number = Some(SerialNumber::from_slice(&rand::random::<[u8; 16]>()));
    // A vehicle's clock may run behind the gateway's.
    params.not_before = OffsetDateTime::now_utc() - Duration::days(1);
    params.not_after = OffsetDateTime::now_utc() + Duration::days(days);
    params
}

fn still_fits(certificate: &Path, ca: &Path, names: &[String]) -> bool {
    let (Ok(der), Ok(ca)) = (CertificateDer::from_pem_file(certificate), CertificateDer::from_pem_file(ca)) else { return false };
    let (Ok((_, parsed)), Ok((_, ca))) = (X509Certificate::from_der(&der), X509Certificate::from_der(&ca)) else { return false };
    let Ok(Some(alternatives)) = parsed.subject_alternative_name() else { return false };
    let mut held: Vec<String> = alternatives.value.general_names.iter().filter_map(written).collect();
    let mut wanted = names.to_vec();
    held.sort();
    wanted.sort();
    let left = parsed.validity().not_after.timestamp() - OffsetDateTime::now_utc().unix_timestamp();
    held == wanted
        && left > Duration::days(RENEW_BEFORE_DAYS).whole_seconds()
        && parsed.verify_signature(Some(ca.public_key())).is_ok()
}

fn written(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let four = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)).ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    write(path, text, 0o600)
}

fn write_public(path: &Path, text: &str) -> Result<()> {
    write(path, text, 0o644)
}

/// Writes beside the file and renames: nobody ever reads half a key, and an old file's permissions are not kept.
fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let beside = path.with_extension(format!("{:08x}.new", rand::random::<u32>()));
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

const CA: &str = "ca.pem";
const CA_KEY: &str = "ca.key.pem";
const CA_DAYS: i64 = 3650;
const VEHICLE_DAYS: i64 = 1825;
// Browsers refuse server certificates that live much longer than a year.
const OWN_DAYS: i64 = 397;
const RENEW_BEFORE_DAYS: i64 = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn keys_are_for_their_owner_only_and_files_are_made_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let site = Site::open(&folder.path().join("data")).expect("made");
        let first = site.web_side(&names(&["localhost", "127.0.0.1"])).expect("made");
        let before = std::fs::read(&first.certificate).expect("read");
        for key in [&first.key, &folder.path().join("data").join(CA_KEY)] {
            assert_eq!(std::fs::metadata(key).expect("there").permissions().mode() & 0o777, 0o600, "{}", key.display());
        }
        let again = Site::open(&folder.path().join("data")).expect("opened");
        again.web_side(&names(&["127.0.0.1", "localhost"])).expect("kept");
        assert_eq!(std::fs::read(&first.certificate).expect("read"), before, "the same names keep the certificate");
        again.web_side(&names(&["farhand.test"])).expect("made");
        assert_ne!(std::fs::read(&first.certificate).expect("read"), before, "other names make a new one");
    }

    #[test]
    fn a_vehicles_files_make_an_identity_with_its_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let site = Site::open(folder.path()).expect("made");
        let out = folder.path().join("truck-1");
        let print = site.enroll(&VehicleId::new("truck-1").expect("an id"), &out).expect("enrolled");
        assert_eq!(print.len(), 95);
        let identity = Identity::load(&out.join("certificate.pem"), &out.join("key.pem"), &out.join("ca.pem")).expect("loads");
        assert_eq!(identity.facts().expect("read").names, ["truck-1.vehicle.farhand"]);
        site.vehicle_side().expect("made");
    }

    #[test]
    fn half_an_authority_is_said_and_not_made_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        Site::open(folder.path()).expect("made");
        std::fs::remove_file(folder.path().join(CA_KEY)).expect("removed");
        let why = Site::open(folder.path()).err().expect("refused").to_string();
        assert!(why.contains("ca.key.pem is missing") && why.contains("backup"), "{why}");
    }
}
