//! Certificates that must open nothing, at the real ports of the real program.

use crate::browser::Browser;
use crate::page::Page;
use crate::site::{Site, until};
use crate::truck::{Line, Truck, turned_away};
use farhand_transport::Class;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use std::path::Path;
use time::{Duration, OffsetDateTime};

type Authority = Issuer<'static, KeyPair>;

/// The site's own authority: whoever has this file can sign anything.
fn sites_own(site: &Site) -> Authority {
    let read = |name: &str| std::fs::read_to_string(site.path("data").join(name)).expect("read");
    let key = KeyPair::from_pem(&read("ca.key.pem")).expect("a key");
    Issuer::from_ca_cert_pem(&read("ca.pem"), key).expect("an authority")
}

fn foreign() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Issuer::new(params, KeyPair::generate().expect("a key"))
}

/// Validity in days from now, and what the certificate is for.
struct Terms {
    from: i64,
    to: i64,
    usage: ExtendedKeyUsagePurpose,
}

const FINE: Terms = Terms { from: -1, to: 30, usage: ExtendedKeyUsagePurpose::ClientAuth };

/// A vehicle's folder with a certificate made on these terms, and the site's true authority to trust.
fn forge(site: &Site, folder: &Path, authority: &Authority, dns_name: &str, terms: &Terms) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec![dns_name.to_owned()]).expect("parameters");
    params.extended_key_usages = vec![terms.usage.clone()];
    params.not_before = OffsetDateTime::now_utc() + Duration::days(terms.from);
    params.not_after = OffsetDateTime::now_utc() + Duration::days(terms.to);
    let certificate = params.signed_by(&key, authority).expect("signs");
    std::fs::create_dir_all(folder).expect("made");
    std::fs::write(folder.join("certificate.pem"), certificate.pem()).expect("written");
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).expect("written");
    std::fs::copy(site.path("data").join("ca.pem"), folder.join("ca.pem")).expect("copied");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_expired_early_foreign_misused_or_unlisted_opens_neither_port_and_disturbs_nobody() {
    let site = Site::new();
    site.populate(&["truck-1", "truck-2"], &[("root", "admin"), ("alice", "drive")]);
    let gateway = site.start();
    let truck = Truck::arrive(&site, "truck-1").await;
    let mut alice = Page::open(&site, "alice", "truck-1").await;
    alice.drives().await;
    let root = Browser::log_in(&site, "root").await;
    let (ours, theirs) = (sites_own(&site), foreign());
    let name = "truck-2.vehicle.farhand";
    let cases = [
        ("expired", &ours, name, Terms { from: -30, to: -1, ..FINE }, "expired"),
        ("early", &ours, name, Terms { from: 1, ..FINE }, "not valid yet"),
        ("foreign", &theirs, name, FINE, "another site's authority"),
        ("misused", &ours, name, Terms { usage: ExtendedKeyUsagePurpose::ServerAuth, ..FINE }, "refused the certificate"),
        ("unlisted", &ours, name, FINE, "not on the gateway's list"),
        ("nameless", &ours, "printer.example", FINE, "not on the gateway's list"),
    ];
    for (case, authority, dns_name, terms, reason) in cases {
        let folder = site.path(case);
        forge(&site, &folder, authority, dns_name, &terms);
        for class in [Class::Control, Class::Media] {
            let why = turned_away(&site, &folder, class).await;
            assert!(why.contains(reason), "{case} on {class:?}: {why}");
        }
        let told = |row: &serde_json::Value| row["data"]["why"].as_str().is_some_and(|why| why.contains(reason));
        let both = async || {
            (root.journal().await.iter().filter(|row| row["kind"] == "peer_refused" && told(row)).count() >= 2).then_some(())
        };
        until(&format!("two rows about {case}"), both).await;
    }
    let unlisted = root.journalled("vehicle_refused", |row| row["vehicle"] == "truck-2").await;
    assert!(unlisted["data"]["why"].as_str().is_some_and(|why| why.contains("Enrol")), "{unlisted}");
    assert!(!root.connected("truck-2").await);

    let liar = Line::dial(&site, &site.path("truck-2"), Class::Control).await.expect("its own files are good");
    let why = liar.greet("truck-1").await.expect_err("refused");
    assert!(why.contains("the certificate is truck-2's, but the hello says truck-1"), "{why}");
    let early = Line::dial(&site, &site.path("truck-2"), Class::Media).await.expect("its own files are good");
    assert!(early.ended().await.contains("control first"));

    let before = truck.heard(|heard| heard.commands);
    until("alice drives on", async || truck.heard(|heard| heard.commands > before + 10).then_some(())).await;
    assert!(truck.is_connected() && alice.is_open());
    let log = gateway.terminate();
    assert!(!log.contains("panicked"), "{log}");
}
