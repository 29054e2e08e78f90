//! A vehicle: two QUIC connections, states fifty times a second, every lease accepted.

use crate::site::Site;
use farhand_protocol::{
    BootId, GatewayDatagram, GatewaySays, Hello, LeaseEpoch, VehicleDatagram, VehicleId, VehicleSays, VehicleState, WIRE_VERSION,
    encode,
};
use farhand_transport::{
    Class, Connection, Endpoint, Identity, MessageReader, MessageWriter, connect, dialer, explain, open_messages, read_datagram,
    send_datagram,
};
use serde_bytes::ByteBuf;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{interval, timeout};

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const WITHIN: Duration = Duration::from_secs(10);
pub(crate) const BOOT: BootId = BootId(77);

/// What a vehicle was told.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) commands: usize,
    pub(crate) stops: Vec<String>,
    pub(crate) says: Vec<GatewaySays>,
}

/// A vehicle that was welcomed.
pub(crate) struct Truck {
    pub(crate) control: Connection,
    pub(crate) media: Connection,
    heard: Arc<Mutex<Heard>>,
    _endpoints: [Endpoint; 2],
}

/// A connection to one of the ports.
pub(crate) struct Line {
    endpoint: Endpoint,
    pub(crate) connection: Connection,
}

type Words = (MessageWriter<VehicleSays>, MessageReader<GatewaySays>);

impl Truck {
    /// Dials with the files of its enrolment.
    pub(crate) async fn arrive(site: &Site, name: &str) -> Self {
        let control = Line::dial(site, &site.path(name), Class::Control).await.expect("connects");
        let (say, hear) = control.greet(name).await.expect("welcome");
        let media = Line::dial(site, &site.path(name), Class::Media).await.expect("connects");
        let heard = Arc::default();
        tokio::spawn(live(control.connection.clone(), say, hear, Arc::clone(&heard)));
        let (control, media, ends) = (control.connection, media.connection, [control.endpoint, media.endpoint]);
        Self { control, media, heard, _endpoints: ends }
    }

    /// Looks at what it was told.
    pub(crate) fn heard<T>(&self, look: impl Fn(&Heard) -> T) -> T {
        look(&self.heard.lock().expect("not poisoned"))
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.control.close_reason().is_none() && self.media.close_reason().is_none()
    }

    /// Why both connections have ended.
    pub(crate) async fn ended(&self) -> [String; 2] {
        let both = async { [explain(&self.control.closed().await), explain(&self.media.closed().await)] };
        timeout(WITHIN, both).await.expect("both end")
    }
}

impl Line {
    /// Dials with the files of a folder: certificate.pem, key.pem, ca.pem.
    pub(crate) async fn dial(site: &Site, folder: &Path, class: Class) -> Result<Self, String> {
        let file = |name: &str| folder.join(name);
        let identity = Identity::load(&file("certificate.pem"), &file("key.pem"), &file("ca.pem")).expect("loads");
        let address = if class == Class::Control { site.control } else { site.media };
        let endpoint = dialer(ANY, &identity, class).expect("opens");
        let connection = connect(&endpoint, address, "farhand-gateway").await.map_err(|error| error.to_string())?;
        Ok(Self { endpoint, connection })
    }

    /// Says hello and waits for the welcome.
    pub(crate) async fn greet(&self, name: &str) -> Result<Words, String> {
        let ended = || self.connection.close_reason().map_or_else(|| "the stream broke".to_owned(), |reason| explain(&reason));
        let (mut say, mut hear): Words = open_messages(&self.connection).await.map_err(|error| explain(&error))?;
        say.write(&VehicleSays::Hello(hello(name))).await.map_err(|_| ended())?;
        match timeout(WITHIN, hear.read()).await.expect("an answer").map_err(|_| ended())? {
            GatewaySays::Welcome => Ok((say, hear)),
            other => Err(format!("{other:?}")),
        }
    }

    /// Why the gateway ends it, unasked.
    pub(crate) async fn ended(&self) -> String {
        explain(&timeout(WITHIN, self.connection.closed()).await.expect("it ends"))
    }
}

/// Dials where nobody should get in, and says why not.
pub(crate) async fn turned_away(site: &Site, folder: &Path, class: Class) -> String {
    match Line::dial(site, folder, class).await {
        Ok(line) => line.ended().await,
        Err(why) => why,
    }
}

/// Until the connection ends.
async fn live(
    connection: Connection,
    mut say: MessageWriter<VehicleSays>,
    mut hear: MessageReader<GatewaySays>,
    heard: Arc<Mutex<Heard>>,
) {
    let mut tick = interval(Duration::from_millis(20));
    let mut seq = 0;
    loop {
        tokio::select! {
            _ = tick.tick() => {
                seq += 1;
                let state = encode(&state(seq)).expect("encodes");
                if send_datagram(&connection, &VehicleDatagram::State(ByteBuf::from(state))).is_err() {
                    return;
                }
            }
            says = hear.read() => {
                let Ok(says) = says else { return };
                if let GatewaySays::LeaseGrant { epoch, .. } = &says {
                    let accepted = VehicleSays::LeaseAccepted { epoch: *epoch, boot_id: BOOT };
                    if say.write(&accepted).await.is_err() {
                        return;
                    }
                }
                heard.lock().expect("not poisoned").says.push(says);
            }
            datagram = read_datagram::<GatewayDatagram>(&connection) => match datagram {
                Ok(GatewayDatagram::Command(_)) => heard.lock().expect("not poisoned").commands += 1,
                Ok(GatewayDatagram::Stop(order)) => heard.lock().expect("not poisoned").stops.push(order.by.to_string()),
                Err(_) => return,
            },
        }
    }
}

pub(crate) fn hello(name: &str) -> Hello {
    Hello {
        v: WIRE_VERSION,
        vehicle: VehicleId::new(name).expect("a name"),
        boot_id: BOOT,
        highest_epoch: LeaseEpoch(0),
        kind: "pod".into(),
        cameras: Vec::new(),
        max_speed_mm_s: 2000,
        max_steering_mrad: 1200,
        outline: None,
    }
}

fn state(seq: u64) -> VehicleState {
    VehicleState { seq, vehicle_us: seq * 20_000, ..VehicleState::parked(BOOT, LeaseEpoch(0)) }
}
