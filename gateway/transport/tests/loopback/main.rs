//! The transport over real sockets on loopback.

mod admissions;
mod marks;
mod observer;
mod site;

use bytes::Bytes;
use farhand_protocol::{
    BootId, CameraIndex, Codec, GatewaySays, Hello, LeaseEpoch, MediaHeader, MonoTime, VehicleDatagram, VehicleId, VehicleSays,
    WIRE_VERSION,
};
use farhand_transport::{
    Class, Connection, ConnectionError, Endpoint, Identity, MessageError, MessageReader, MessageWriter, UnitError,
    accept_messages, connect, dialer, explain, knock, listen, open_messages, peer_vehicle, read_datagram, read_unit,
    send_datagram, send_unit,
};
use rcgen::ExtendedKeyUsagePurpose;
use site::Site;
use std::net::{Ipv4Addr, SocketAddr};

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

#[tokio::test]
async fn an_enrolled_vehicle_gets_in_under_the_name_of_its_certificate() {
    let site = Site::new();
    let pair = Pair::connect(&site.gateway(), &site.vehicle("truck-1"), Class::Control).await;
    assert_eq!(peer_vehicle(&pair.at_gateway).expect("a vehicle"), VehicleId::new("truck-1").expect("a name"));
}

#[tokio::test]
async fn a_certificate_of_another_site_is_refused_with_the_mend() {
    let (site, other) = (Site::new(), Site::new());
    let (theirs, ours) = refusal(&site.gateway(), &other.vehicle_trusting("truck-1", &site)).await;
    assert!(explain(&theirs).contains("another site's authority"), "{}", explain(&theirs));
    assert!(explain(&ours).contains("copy its ca.pem"), "{}", explain(&ours));
}

#[tokio::test]
async fn an_expired_certificate_is_refused_with_the_mend() {
    let site = Site::new();
    let (_, ours) = refusal(&site.gateway(), &site.expired_vehicle("truck-1")).await;
    assert!(explain(&ours).contains("expired"), "{}", explain(&ours));
}

#[tokio::test]
async fn a_peer_without_a_certificate_is_refused() {
    let site = Site::new();
    let gateway = listen(ANY, &site.gateway(), Class::Control).expect("listens");
    let address = gateway.local_addr().expect("an address");
    let accepting = tokio::spawn(async move { gateway.accept().await.expect("a call").await });
    let nobody = without_certificate(&site.path("ca.pem"));
    let connection = nobody.connect(address, "farhand-gateway").expect("dials").await;
    let refused = accepting.await.expect("ran").expect_err("refused");
    assert!(matches!(refused, ConnectionError::TransportError(_)), "{refused}");
    if let Ok(connection) = connection {
        assert!(explain(&connection.closed().await).contains("no certificate"));
    }
}

#[tokio::test]
async fn a_gateway_under_another_name_is_refused_by_the_vehicle() {
    let site = Site::new();
    let gateway = listen(ANY, &site.gateway(), Class::Control).expect("listens");
    let address = gateway.local_addr().expect("an address");
    tokio::spawn(async move { gateway.accept().await.expect("a call").await.map(drop) });
    let vehicle = dialer(ANY, &site.vehicle("truck-1"), Class::Control).expect("opens");
    let refused = connect(&vehicle, address, "elsewhere").await.expect_err("refused");
    assert!(refused.to_string().contains("gateway_name"), "{refused}");
}

#[tokio::test]
async fn a_knock_is_answered_by_a_gateway_of_the_site_only_and_leaves_no_connection() {
    let (site, other) = (Site::new(), Site::new());
    let gateway = listen(ANY, &site.gateway(), Class::Media).expect("listens");
    let address = gateway.local_addr().expect("an address");
    let accepting = tokio::spawn(async move {
        let first = gateway.accept().await.expect("a call").await;
        (first, gateway.accept().await.expect("a call").await)
    });
    let ours = dialer(ANY, &site.vehicle("truck-1"), Class::Media).expect("opens");
    knock(&ours, address).await.expect("answered");
    let theirs = dialer(ANY, &other.vehicle("truck-1"), Class::Media).expect("opens");
    let refused = knock(&theirs, address).await.expect_err("another site");
    assert!(refused.to_string().contains("another site's authority"), "{refused}");
    let (first, second) = accepting.await.expect("ran");
    assert!(first.is_err() && second.is_err());
}

#[tokio::test]
async fn a_certificate_of_the_site_that_names_no_vehicle_is_told_so() {
    let site = Site::new();
    let pair = Pair::connect(&site.gateway(), &site.stranger("printer.example"), Class::Control).await;
    let refused = peer_vehicle(&pair.at_gateway).expect_err("no vehicle");
    assert!(refused.to_string().contains("printer.example"), "{refused}");
}

#[tokio::test]
async fn messages_pass_both_ways_in_order() {
    let site = Site::new();
    let pair = Pair::connect(&site.gateway(), &site.vehicle("truck-1"), Class::Control).await;
    let (mut say, mut hear): (MessageWriter<VehicleSays>, MessageReader<GatewaySays>) =
        open_messages(&pair.at_vehicle).await.expect("opens");
    say.write(&VehicleSays::Hello(hello())).await.expect("written");
    let accepted = VehicleSays::LeaseAccepted { epoch: LeaseEpoch(4), boot_id: BootId(7) };
    say.write(&accepted).await.expect("written");

    let (mut answer, mut listen): (MessageWriter<GatewaySays>, MessageReader<VehicleSays>) =
        accept_messages(&pair.at_gateway).await.expect("accepts");
    assert_eq!(listen.read().await.expect("read"), VehicleSays::Hello(hello()));
    assert_eq!(listen.read().await.expect("read"), accepted);
    answer.write(&GatewaySays::Welcome).await.expect("written");
    assert_eq!(hear.read().await.expect("read"), GatewaySays::Welcome);
}

#[tokio::test]
async fn a_message_that_is_too_long_is_neither_written_nor_read() {
    let site = Site::new();
    let pair = Pair::connect(&site.gateway(), &site.vehicle("truck-1"), Class::Control).await;
    let (mut say, _hear): (MessageWriter<GatewaySays>, MessageReader<GatewaySays>) =
        open_messages(&pair.at_vehicle).await.expect("opens");
    let long = GatewaySays::Refused { why: "x".repeat(70_000) };
    assert!(matches!(say.write(&long).await, Err(MessageError::TooLong { .. })));

    let (mut raw, _) = Pair::connect(&site.gateway(), &site.vehicle("truck-2"), Class::Control).await.raw_stream().await;
    raw.0.write_all(&u32::MAX.to_be_bytes()).await.expect("written");
    let (_answer, mut listen): (MessageWriter<GatewaySays>, MessageReader<VehicleSays>) =
        accept_messages(&raw.1.at_gateway).await.expect("accepts");
    assert!(matches!(listen.read().await, Err(MessageError::TooLong { .. })));
}

#[tokio::test]
async fn garbage_on_the_stream_is_an_error_and_the_next_message_is_read() {
    let site = Site::new();
    let (mut raw, _) = Pair::connect(&site.gateway(), &site.vehicle("truck-1"), Class::Control).await.raw_stream().await;
    raw.0.write_all(&[0, 0, 0, 2, 0xff, 0xff]).await.expect("written");
    let welcome = farhand_protocol::encode(&GatewaySays::Welcome).expect("encodes");
    raw.0.write_all(&u32::try_from(welcome.len()).expect("short").to_be_bytes()).await.expect("written");
    raw.0.write_all(&welcome).await.expect("written");
    let (_answer, mut listen): (MessageWriter<GatewaySays>, MessageReader<GatewaySays>) =
        accept_messages(&raw.1.at_gateway).await.expect("accepts");
    assert!(matches!(listen.read().await, Err(MessageError::Decode(_))));
    assert_eq!(listen.read().await.expect("read"), GatewaySays::Welcome);
}

#[tokio::test]
async fn a_datagram_passes() {
    let site = Site::new();
    let pair = Pair::connect(&site.gateway(), &site.vehicle("truck-1"), Class::Control).await;
    let state = VehicleDatagram::State(serde_bytes::ByteBuf::from(vec![1, 2, 3]));
    send_datagram(&pair.at_vehicle, &state).expect("sent");
    assert_eq!(read_datagram::<VehicleDatagram>(&pair.at_gateway).await.expect("read"), state);
}

#[tokio::test]
async fn a_unit_passes_whole_and_is_acknowledged() {
    let site = Site::new();
    let pair = Pair::connect(&site.gateway(), &site.vehicle("truck-1"), Class::Media).await;
    let payload = Bytes::from(vec![7; 60_000]);
    let unit = send_unit(&pair.at_vehicle, &header(60_000), payload.clone()).await.expect("sent");
    let stream = pair.at_gateway.accept_uni().await.expect("a stream");
    let (got, bytes) = read_unit(stream).await.expect("read");
    assert_eq!((got, bytes), (header(60_000), payload));
    assert!(unit.acknowledged().await);
}

#[tokio::test]
async fn a_unit_that_lies_about_its_length_is_refused() {
    let site = Site::new();
    let pair = Pair::connect(&site.gateway(), &site.vehicle("truck-1"), Class::Media).await;
    let refused = send_unit(&pair.at_vehicle, &header(5), Bytes::from_static(b"123")).await;
    assert!(matches!(refused, Err(UnitError::Length { announced: 5, given: 3 })));

    for (payload, given) in [(&b"123"[..], 3), (&b"123456789"[..], 6)] {
        let mut stream = pair.at_vehicle.open_uni().await.expect("opens");
        stream.write_all(&header(5).to_bytes()).await.expect("written");
        stream.write_all(payload).await.expect("written");
        stream.finish().expect("finishes");
        let refused = read_unit(pair.at_gateway.accept_uni().await.expect("a stream")).await;
        assert!(matches!(refused, Err(UnitError::Length { announced: 5, given: g }) if g == given), "{refused:?}");
    }
}

#[tokio::test]
async fn a_missing_file_is_named_with_the_mend() {
    let site = Site::new();
    let (certificate, key) = site.files("a.vehicle.farhand", ExtendedKeyUsagePurpose::ClientAuth, 30);
    let missing = Identity::load(&site.path("none.pem"), &key, &site.path("ca.pem")).expect_err("refused");
    assert!(missing.to_string().contains("none.pem") && missing.to_string().contains("Enrol"), "{missing}");
    let swapped = Identity::load(&key, &certificate, &site.path("ca.pem")).expect_err("refused");
    assert!(swapped.to_string().contains("no certificate in PEM form"), "{swapped}");
}

#[tokio::test]
async fn an_occupied_port_is_named() {
    let site = Site::new();
    let first = listen(ANY, &site.gateway(), Class::Control).expect("listens");
    let refused = listen(first.local_addr().expect("an address"), &site.gateway(), Class::Control).expect_err("taken");
    assert!(refused.to_string().contains("another port"), "{refused}");
}

struct Pair {
    at_gateway: Connection,
    at_vehicle: Connection,
    _endpoints: (Endpoint, Endpoint),
}

impl Pair {
    async fn connect(gateway: &Identity, vehicle: &Identity, class: Class) -> Self {
        let gateway = listen(ANY, gateway, class).expect("listens");
        let vehicle = dialer(ANY, vehicle, class).expect("opens");
        let address = gateway.local_addr().expect("an address");
        let accept = async { gateway.accept().await.expect("a call").await.expect("accepted") };
        let (at_gateway, at_vehicle) = tokio::join!(accept, connect(&vehicle, address, "farhand-gateway"));
        Self { at_gateway, at_vehicle: at_vehicle.expect("connected"), _endpoints: (gateway, vehicle) }
    }

    async fn raw_stream(self) -> ((farhand_transport::SendStream, Self), farhand_transport::RecvStream) {
        let (send, receive) = self.at_vehicle.open_bi().await.expect("opens");
        ((send, self), receive)
    }
}

/// Both ends' reasons when the gateway refuses a vehicle: the vehicle's, then the gateway's.
async fn refusal(gateway: &Identity, vehicle: &Identity) -> (ConnectionError, ConnectionError) {
    let gateway = listen(ANY, gateway, Class::Control).expect("listens");
    let address = gateway.local_addr().expect("an address");
    let accepting = tokio::spawn(async move { gateway.accept().await.expect("a call").await });
    let vehicle = dialer(ANY, vehicle, Class::Control).expect("opens");
    let theirs = match vehicle.dial(address, "farhand-gateway").expect("dials").await {
        Ok(connection) => connection.closed().await,
        Err(error) => error,
    };
    (theirs, accepting.await.expect("ran").expect_err("refused"))
}

fn without_certificate(ca: &std::path::Path) -> quinn::Endpoint {
    use rustls_pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    let pem = std::fs::read(ca).expect("read");
    roots.add(rustls_pki_types::CertificateDer::from_pem_slice(&pem).expect("a certificate")).expect("a root");
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![farhand_transport::ALPN.to_vec()];
    let crypto = quinn::crypto::rustls::QuicClientConfig::try_from(config).expect("a QUIC suite");
    let mut endpoint = quinn::Endpoint::client(ANY).expect("opens");
    endpoint.set_default_client_config(quinn::ClientConfig::new(std::sync::Arc::new(crypto)));
    endpoint
}

fn header(length: u32) -> MediaHeader {
    MediaHeader {
        camera: CameraIndex(1),
        codec: Codec::H264,
        key: true,
        sequence: 9,
        depends_on: 9,
        capture: MonoTime(1_000_000),
        length,
    }
}

fn hello() -> Hello {
    Hello {
        v: WIRE_VERSION,
        vehicle: VehicleId::new("truck-1").expect("a name"),
        boot_id: BootId(7),
        highest_epoch: LeaseEpoch(3),
        kind: "pod".into(),
        cameras: Vec::new(),
        max_speed_mm_s: 2500,
        max_steering_mrad: 1300,
        outline: None,
    }
}
