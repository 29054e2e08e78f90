//! The site's list of certificates, and crowds at the door.

use crate::site::Site;
use crate::{ANY, refusal};
use farhand_protocol::VehicleId;
use farhand_transport::{Admissions, Class, Connection, Endpoint, Fingerprint, Standing, connect, dialer, explain, listen};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A site whose gateway admits `truck-1` and `truck-2`, and who was turned away.
struct Listed {
    site: Site,
    admissions: Admissions,
    refused: Arc<Mutex<Vec<(VehicleId, String)>>>,
}

impl Listed {
    fn new() -> Self {
        let refused = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&refused);
        let admissions = Admissions::new(move |vehicle, why| {
            let vehicle = vehicle.expect("the certificate names a vehicle").clone();
            told.lock().expect("not poisoned").push((vehicle, why.to_owned()));
        });
        let listed = Self { site: Site::new(), admissions, refused };
        for name in ["truck-1", "truck-2", "truck-3"] {
            listed.site.vehicle(name);
        }
        listed.say(&[("truck-1", Standing::Admitted), ("truck-2", Standing::Admitted)]);
        listed
    }

    fn say(&self, list: &[(&str, Standing)]) {
        self.admissions.set(list.iter().map(|(name, standing)| (self.site.fingerprint(name), *standing)).collect());
    }

    async fn meet(&self, name: &str, class: Class) -> (Connection, Connection, [Endpoint; 2]) {
        let gateway = listen(ANY, &self.site.gateway().admitting(self.admissions.clone()), class).expect("listens");
        let vehicle = dialer(ANY, &self.site.kept(name), class).expect("opens");
        let address = gateway.local_addr().expect("an address");
        let accept = async { gateway.accept().await.expect("a call").await.expect("accepted") };
        let (at_gateway, at_vehicle) = tokio::join!(accept, connect(&vehicle, address, "farhand-gateway"));
        (at_gateway, at_vehicle.expect("connected"), [gateway, vehicle])
    }

    async fn turned_away(&self, name: &str) -> String {
        let gateway = self.site.gateway().admitting(self.admissions.clone());
        let (theirs, ours) = refusal(&gateway, &self.site.kept(name)).await;
        format!("{} | {}", explain(&theirs), explain(&ours))
    }

    fn refused(&self) -> Vec<String> {
        self.refused.lock().expect("not poisoned").iter().map(|(vehicle, why)| format!("{vehicle}: {why}")).collect()
    }
}

#[tokio::test]
async fn whoever_is_revoked_loses_every_connection_at_once_and_does_not_come_back() {
    let listed = Listed::new();
    let (control, at_vehicle, _kept) = listed.meet("truck-1", Class::Control).await;
    let (media, _media_there, _kept_too) = listed.meet("truck-1", Class::Media).await;
    let (other, _other_there, _other_kept) = listed.meet("truck-2", Class::Control).await;

    listed.say(&[("truck-1", Standing::Revoked), ("truck-2", Standing::Admitted)]);
    assert!(explain(&control.closed().await).contains("closed by this end"));
    assert!(explain(&media.closed().await).contains("closed by this end"));
    let told = explain(&at_vehicle.closed().await);
    assert!(told.contains("revoked") && told.contains("Enrol the vehicle again"), "{told}");
    assert!(other.close_reason().is_none(), "the other truck is not touched");

    let why = listed.turned_away("truck-1").await;
    assert_eq!(why.matches("revoked").count(), 2, "both ends say it: {why}");
    assert!(
        listed.refused().iter().all(|line| line.starts_with("truck-1: the certificate was revoked")),
        "{:?}",
        listed.refused()
    );
    assert_eq!(listed.refused().len(), 1);
    assert!(other.close_reason().is_none());
}

#[tokio::test]
async fn a_signed_certificate_that_the_site_does_not_list_is_refused_with_the_mend() {
    let listed = Listed::new();
    let why = listed.turned_away("truck-3").await;
    assert_eq!(why.matches("not on the gateway's list").count(), 2, "{why}");
    assert!(listed.refused()[0].contains("truck-3") && listed.refused()[0].contains("Enrol"), "{:?}", listed.refused());
}

#[tokio::test]
async fn a_new_certificate_opens_the_door_and_the_revoked_one_does_not_revive() {
    let listed = Listed::new();
    let stolen = listed.site.fingerprint("truck-1");
    let thief = listed.site.kept("truck-1");
    listed.site.vehicle("truck-1");
    let fresh = listed.site.fingerprint("truck-1");
    assert_ne!(stolen, fresh);
    listed.admissions.set([(stolen, Standing::Revoked), (fresh, Standing::Admitted)].into());
    let (connection, _there, _kept) = listed.meet("truck-1", Class::Control).await;
    assert!(connection.close_reason().is_none());
    let gateway = listed.site.gateway().admitting(listed.admissions.clone());
    let (_, ours) = refusal(&gateway, &thief).await;
    assert!(explain(&ours).contains("revoked"), "{}", explain(&ours));
}

#[tokio::test]
async fn a_crowd_at_the_door_must_prove_its_addresses_before_it_costs_anything() {
    let site = Site::new();
    let gateway = listen(ANY, &site.gateway(), Class::Control).expect("listens");
    let address = gateway.local_addr().expect("an address");
    let vehicle = dialer(ANY, &site.vehicle("truck-1"), Class::Control).expect("opens");
    let mut dialling = Vec::new();
    let mut crowd = Vec::new();
    let mut caller = async || {
        dialling.push(tokio::spawn(vehicle.dial(address, "farhand-gateway").expect("dials")));
        gateway.accept().await.expect("a call")
    };
    for _ in 0..16 {
        crowd.push(caller().await);
    }
    assert!(crowd.iter().all(|caller| !caller.remote_address_validated()), "a few come in without ado");
    assert!(caller().await.remote_address_validated(), "the next had to come twice");
    crowd.clear();
    let calm = caller().await;
    assert!(!calm.remote_address_validated(), "the crowd is gone");
    calm.await.expect("connected");
}

#[tokio::test]
async fn a_vehicle_that_floods_the_gateway_with_units_fills_sixteen_megabytes_and_no_more() {
    let listed = Listed::new();
    let (_nobody_reads, vehicle, _kept) = listed.meet("truck-1", Class::Media).await;
    let unit = vec![0; 512 * 1024];
    let (mut taken, mut streams) = (0, Vec::new());
    for _ in 0..64 {
        let mut stream = vehicle.open_uni().await.expect("opens");
        let Ok(Ok(())) = tokio::time::timeout(Duration::from_secs(1), stream.write_all(&unit)).await else { break };
        taken += unit.len();
        streams.push(stream);
    }
    // What the vehicle's own end still holds counts as taken here.
    assert!(taken <= (16 << 20) + (4 << 20), "{taken} bytes were taken");
}

#[test]
fn fingerprints_of_different_certificates_differ() {
    let site = Site::new();
    site.vehicle("truck-1");
    site.vehicle("truck-2");
    let prints: [Fingerprint; 2] = [site.fingerprint("truck-1"), site.fingerprint("truck-2")];
    assert_ne!(prints[0], prints[1]);
}
