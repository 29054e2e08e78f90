//! A vehicle's folder, the agent's process, a guardian's socket and a gateway's two endpoints.

use farhand_drive::{AgentSays, GuardianSays, PacketListener, PacketSocket};
use farhand_protocol::{BootId, GatewaySays, LeaseEpoch, VehicleSays};
use farhand_transport::{
    Class, Connection, Endpoint, Identity, MessageReader, MessageWriter, accept_messages, listen, vehicle_dns_name,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;
use tokio::time::{sleep, timeout};

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const PATIENCE: Duration = Duration::from_secs(20);
const SOURCE: &str = "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=180,framerate=30/1";

/// The world around one agent.
pub(crate) struct Vehicle {
    folder: tempfile::TempDir,
    listener: Option<PacketListener>,
    pub(crate) control: Endpoint,
    pub(crate) media: Endpoint,
    agent: Child,
}

/// A greeted control connection at the gateway.
pub(crate) struct Greeted {
    pub(crate) connection: Connection,
    pub(crate) say: MessageWriter<GatewaySays>,
    pub(crate) hear: MessageReader<VehicleSays>,
    pub(crate) hello: VehicleSays,
}

impl Vehicle {
    /// Starts everything, the agent last.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let gateway = certificates(folder.path());
        let control = listen(ANY, &gateway, Class::Control).expect("listens");
        let media = listen(ANY, &gateway, Class::Media).expect("listens");
        let profile =
            format!("kind = \"pod\"\n[[cameras]]\nname = \"front\"\nsource = \"{SOURCE}\"\nwidth_px = 320\nheight_px = 180\n");
        write(folder.path(), "profile.toml", &profile);
        let config = format!(
            "vehicle = \"truck-1\"\nprofile = \"profile.toml\"\nguardian_socket = \"agent.sock\"\n\
             gateway_control = \"{}\"\ngateway_media = \"{}\"\n\
             certificate = \"vehicle.pem\"\nkey = \"vehicle.key\"\nca = \"ca.pem\"\n",
            control.local_addr().expect("an address"),
            media.local_addr().expect("an address"),
        );
        write(folder.path(), "agent.toml", &config);
        let listener = PacketListener::bind(&folder.path().join("agent.sock")).expect("binds");
        let agent = Command::new(env!("CARGO_BIN_EXE_farhand-agent"))
            .arg("--config")
            .arg(folder.path().join("agent.toml"))
            .spawn()
            .expect("starts");
        Self { folder, listener: Some(listener), control, media, agent }
    }

    /// Accepts the agent as a guardian does.
    pub(crate) async fn guardian(&self, boot: u32) -> PacketSocket {
        let listener = self.listener.as_ref().expect("listening");
        let socket = until("the agent at the guardian's socket", || listener.accept().expect("accepts")).await;
        let hello = GuardianSays::Hello { boot_id: BootId(boot), highest_epoch: LeaseEpoch(3) };
        socket.send(&hello).expect("sent");
        socket
    }

    /// Accepts a control connection, reads the hello and welcomes the vehicle.
    pub(crate) async fn greet(&self) -> Greeted {
        timeout(PATIENCE, async {
            let connection = self.control.accept().await.expect("a call").await.expect("accepted");
            let (mut say, mut hear) = accept_messages(&connection).await.expect("a stream");
            let hello = hear.read().await.expect("a hello");
            say.write(&GatewaySays::Welcome).await.expect("written");
            Greeted { connection, say, hear, hello }
        })
        .await
        .expect("the agent calls")
    }

    /// Accepts a media connection.
    pub(crate) async fn pictures(&self) -> Connection {
        timeout(PATIENCE, async { self.media.accept().await.expect("a call").await.expect("accepted") })
            .await
            .expect("the agent calls")
    }

    /// Sends SIGTERM and waits for the exit code.
    pub(crate) async fn end(mut self) -> Option<i32> {
        let pid = self.agent.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("runs").success());
        let agent = &mut self.agent;
        until("the agent's end", || agent.try_wait().expect("waits")).await.code()
    }
}

impl Drop for Vehicle {
    fn drop(&mut self) {
        // It has ended already where the test came to its end.
        let _ = self.agent.kill();
        let _ = self.agent.wait();
        self.listener = None;
        let _ = &self.folder;
    }
}

/// The next thing the agent says that `wanted` picks.
pub(crate) async fn heard<T>(socket: &PacketSocket, what: &str, wanted: impl Fn(AgentSays) -> Option<T>) -> T {
    until(what, || socket.receive::<AgentSays>().expect("the agent lives").and_then(&wanted)).await
}

/// Asks again and again until there is an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, asking).await.unwrap_or_else(|_| unreachable!("waited in vain for {what}"))
}

/// Writes the vehicle's files and returns the gateway's identity.
fn certificates(folder: &Path) -> Identity {
    let ca_key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    write(folder, "ca.pem", &params.self_signed(&ca_key).expect("signs").pem());
    let issuer = Issuer::new(params, ca_key);
    let truck = farhand_protocol::VehicleId::new("truck-1").expect("a name");
    for (file, name) in [("vehicle", vehicle_dns_name(&truck)), ("gateway", "farhand-gateway".to_owned())] {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name]).expect("parameters");
        write(folder, &format!("{file}.pem"), &params.signed_by(&key, &issuer).expect("signs").pem());
        write(folder, &format!("{file}.key"), &key.serialize_pem());
    }
    Identity::load(&folder.join("gateway.pem"), &folder.join("gateway.key"), &folder.join("ca.pem")).expect("loads")
}

fn write(folder: &Path, file: &str, text: &str) {
    std::fs::write(folder.join(file), text).expect("written");
}
