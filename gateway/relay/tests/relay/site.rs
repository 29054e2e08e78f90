//! A site's certificates in a folder of their own.

use farhand_protocol::VehicleId;
use farhand_transport::{GATEWAY_NAME, Identity, vehicle_dns_name};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

pub(crate) struct Site {
    folder: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("signs");
        std::fs::write(folder.path().join("ca.pem"), certificate.pem()).expect("written");
        Self { folder, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn gateway(&self) -> Identity {
        self.enrol(GATEWAY_NAME, ExtendedKeyUsagePurpose::ServerAuth)
    }

    pub(crate) fn vehicle(&self, id: &VehicleId) -> Identity {
        self.enrol(&vehicle_dns_name(id), ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn enrol(&self, dns_name: &str, usage: ExtendedKeyUsagePurpose) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![dns_name.to_owned()]).expect("parameters");
        params.extended_key_usages = vec![usage];
        let certificate = params.signed_by(&key, &self.issuer).expect("signs");
        let path = |end: &str| self.folder.path().join(format!("{dns_name}.{end}"));
        std::fs::write(path("pem"), certificate.pem()).expect("written");
        std::fs::write(path("key"), key.serialize_pem()).expect("written");
        Identity::load(&path("pem"), &path("key"), &self.folder.path().join("ca.pem")).expect("loads")
    }
}
