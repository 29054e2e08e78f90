//! An enrolled vehicle that has gone mad: what it sends is counted and has no effect, and another vehicle feels nothing of it.

use crate::browser::Browser;
use crate::site::{Site, until};
use crate::truck::{BOOT, hello};
use farhand_protocol::{
    CameraIndex, CameraSummary, Codec, GatewaySays, Hello, LeaseEpoch, Limits, MAX_UNIT_BYTES, MediaHeader, MonoTime,
    SafetyEvent, SafetyState, VehicleSays, decode, encode,
};
use farhand_transport::{
    Class, Connection, Endpoint, GATEWAY_NAME, Identity, RecvStream, SendStream, connect, dialer, send_unit,
};
use std::net::SocketAddr;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);
const PICTURE: &[u8] = b"\0\0\0\x01\x65 a picture";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_mad_vehicle_sends_is_counted_and_harms_no_other() {
    let site = Site::new();
    site.populate(&["truck-1", "truck-2"], &[("ada", "admin")]);
    let [mad, good] = ["truck-1", "truck-2"].map(|name| identity(&site, name));
    let gateway = site.start();
    let watch = Watch(Browser::log_in(&site, "ada").await);
    let mut mad = Vehicle::arrive(&site, "truck-1", &mad).await;
    let mut good = Vehicle::arrive(&site, "truck-2", &good).await;
    // A vehicle is there once it has said something.
    write_word(&mut good.send, &encode(&VehicleSays::Event(event())).expect("encodes")).await;

    for (count, broken) in (1..).zip([&[][..], &[0xff], &[0x9f; 900], b"no state", &[0x81; 1100]]) {
        mad.control.send_datagram(broken.to_vec().into()).expect("sent");
        // One after the other: of those that leave together the oldest may give way.
        watch.until_counted("farhand_malformed_total", "truck-1", count).await;
    }

    write_word(&mut mad.send, b"no word").await;
    watch.until_counted("farhand_malformed_total", "truck-1", 6).await;
    write_word(&mut mad.send, &encode(&VehicleSays::Event(event())).expect("encodes")).await;
    watch.0.journalled("safety_state", |row| row["vehicle"] == "truck-1").await;

    for (count, unit) in (1..).zip(&broken_units()) {
        let mut stream = mad.media.open_uni().await.expect("a stream");
        // The gateway may have seen enough before the end of it.
        let _ = stream.write_all(unit).await;
        let _ = stream.finish();
        watch.until_counted("farhand_media_units_dropped_total", "truck-1", count).await;
    }
    for (vehicle, name) in [(&mad, "truck-1"), (&good, "truck-2")] {
        send_unit(&vehicle.media, &header(), PICTURE.into()).await.expect("sent");
        watch.until_counted("farhand_media_units_total", name, 1).await;
    }
    assert!(
        good.control.close_reason().is_none() && good.media.close_reason().is_none(),
        "the other vehicle's connections stand"
    );
    assert_eq!(watch.count("farhand_malformed_total", "truck-2").await, 0);

    // A word longer than any may be leaves nothing behind it that could be read: the vehicle has to call again.
    mad.send.write_all(&u32::MAX.to_be_bytes()).await.expect("written");
    tokio::time::timeout(PATIENCE, mad.control.closed()).await.expect("closed");
    until("only the mad one is gone", async || {
        (!watch.0.connected("truck-1").await && watch.0.connected("truck-2").await).then_some(())
    })
    .await;
    drop(gateway);
}

/// Every way in which a unit can be wrong.
fn broken_units() -> Vec<Vec<u8>> {
    let with = |at: usize, value: u8| {
        let mut bytes = header().to_bytes();
        bytes[at] = value;
        [&bytes, PICTURE].concat()
    };
    let (version, camera, shorter, longer, too_long) = (with(0, 9), with(2, 7), with(23, 1), with(23, 0xf0), with(20, 0xff));
    let no_end = [&header().to_bytes()[..], &vec![0; MAX_UNIT_BYTES as usize]].concat();
    vec![Vec::new(), vec![0xff; 3], header().to_bytes()[..20].to_vec(), version, camera, shorter, longer, too_long, no_end]
}

/// A vehicle that the gateway has welcomed.
struct Vehicle {
    control: Connection,
    send: SendStream,
    media: Connection,
    _open: (RecvStream, [Endpoint; 2]),
}

impl Vehicle {
    async fn arrive(site: &Site, name: &str, identity: &Identity) -> Self {
        let (first, control) = call(identity, Class::Control, site.control).await;
        let front = CameraSummary {
            name: "front".into(),
            width_px: 640,
            height_px: 360,
            required_for: vec!["forward".into()],
            eye: None,
        };
        let (mut send, mut receive) = control.open_bi().await.expect("a stream");
        write_word(&mut send, &encode(&VehicleSays::Hello(Hello { cameras: vec![front], ..hello(name) })).expect("encodes"))
            .await;
        assert_eq!(read_word(&mut receive).await, GatewaySays::Welcome);
        let (second, media) = call(identity, Class::Media, site.media).await;
        Self { control, send, media, _open: (receive, [first, second]) }
    }
}

async fn call(identity: &Identity, class: Class, address: SocketAddr) -> (Endpoint, Connection) {
    let endpoint = dialer("127.0.0.1:0".parse().expect("an address"), identity, class).expect("opens");
    let connection = connect(&endpoint, address, GATEWAY_NAME).await.expect("connects");
    (endpoint, connection)
}

async fn write_word(stream: &mut SendStream, body: &[u8]) {
    let length = u32::try_from(body.len()).expect("short");
    stream.write_all(&[&length.to_be_bytes(), body].concat()).await.expect("written");
}

async fn read_word(stream: &mut RecvStream) -> GatewaySays {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await.expect("read");
    let mut body = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut body).await.expect("read");
    decode(&body, Limits::STREAM).expect("a word")
}

/// Somebody who looks at the gateway's figures.
struct Watch(Browser);

impl Watch {
    /// The sum of a figure's lines that name a vehicle.
    async fn count(&self, figure: &str, vehicle: &str) -> u64 {
        let text = self.0.get("/metrics").await.1;
        let about = format!("vehicle=\"{vehicle}\"");
        let lines = text.as_str().expect("text").lines();
        let lines = lines.filter(|line| line.starts_with(&format!("{figure}{{")) && line.contains(&about));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    async fn until_counted(&self, figure: &str, vehicle: &str, wanted: u64) {
        let counted = async || (self.count(figure, vehicle).await == wanted).then_some(());
        until(&format!("{figure} of {vehicle} is {wanted}"), counted).await;
    }
}

fn identity(site: &Site, name: &str) -> Identity {
    let file = |file: &str| site.path(name).join(file);
    Identity::load(&file("certificate.pem"), &file("key.pem"), &file("ca.pem")).expect("loads")
}

fn event() -> SafetyEvent {
    SafetyEvent {
        boot_id: BOOT,
        vehicle_us: 1,
        from: SafetyState::Boot,
        to: SafetyState::Parked,
        causes: Vec::new(),
        latch: None,
        speed_mm_s: 0,
        blind_mm: 0,
        epoch: LeaseEpoch(0),
    }
}

fn header() -> MediaHeader {
    MediaHeader {
        camera: CameraIndex(0),
        codec: Codec::H264,
        key: true,
        sequence: 1,
        depends_on: 1,
        capture: MonoTime(1_000_000),
        length: u32::try_from(PICTURE.len()).expect("short"),
    }
}
