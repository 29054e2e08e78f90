//! The vehicles' control connections, on a thread of their own.

use crate::Rules;
use crate::vehicle::{ControlLink, Vehicle, Vehicles};
use bytes::Bytes;
use farhand_protocol::{
    DecodeError, GatewaySays, Hello, Limits, VehicleDatagram, VehicleSays, VehicleState, WIRE_VERSION, decode,
};
use farhand_transport::{
    Connection, ConnectionError, Endpoint, MessageError, MessageReader, MessageWriter, accept_messages, explain, is_abandoned,
    peer_vehicle,
};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::{debug, info};

/// A peer that has not said who it is by then is turned away.
const HELLO_WITHIN: Duration = Duration::from_secs(3);
/// Words waiting for one vehicle at most; leases are rare, so a full queue means a vehicle that reads nothing.
const MOST_WORDS: usize = 16;

type Writer = MessageWriter<GatewaySays>;
type Reader = MessageReader<VehicleSays>;

/// Accepts until the endpoint closes.
pub(crate) async fn accept(endpoint: Endpoint, vehicles: Arc<Vehicles>, rules: Arc<dyn Rules>) {
    while let Some(incoming) = endpoint.accept().await {
        let (vehicles, rules) = (Arc::clone(&vehicles), Arc::clone(&rules));
        tokio::spawn(async move {
            let remote = incoming.remote_address();
            match incoming.await {
                Ok(connection) => serve(connection, remote, &vehicles, rules).await,
                Err(error) => not_connected(&*rules, remote, &error),
            }
        });
    }
}

async fn serve(connection: Connection, remote: SocketAddr, vehicles: &Vehicles, rules: Arc<dyn Rules>) {
    let (hello, mut writer, reader) = match welcome(&connection, &*rules).await {
        Ok(accepted) => accepted,
        Err(why) => {
            rules.peer_refused(remote, &why);
            connection.close(2_u32.into(), why.as_bytes());
            return;
        }
    };
    info!(vehicle = %hello.vehicle, boot = hello.boot_id.0, "vehicle connected");
    let vehicle = vehicles.find_or_add(&hello.vehicle);
    let (words, mut said) = mpsc::channel(MOST_WORDS);
    let link = Arc::new(ControlLink { connection: connection.clone(), words, hello });
    vehicle.attach(Arc::clone(&link));
    let reading = tokio::spawn(read_words(connection.clone(), Arc::clone(&vehicle), reader, Arc::clone(&rules)));
    let datagrams = tokio::spawn(read_states(connection.clone(), Arc::clone(&vehicle), Arc::clone(&rules)));
    loop {
        tokio::select! {
            error = connection.closed() => {
                info!(vehicle = %vehicle.id, why = explain(&error), "vehicle's connection ended");
                break;
            }
            Some(word) = said.recv() => {
                if let Err(error) = writer.write(&word).await {
                    debug!(vehicle = %vehicle.id, %error, "not said");
                }
            }
        }
    }
    reading.abort();
    datagrams.abort();
    if vehicle.detach(&link) {
        rules.vehicle_gone(&vehicle.id);
    }
}

/// Reads the hello and judges it; the text of the error is what the vehicle is told.
async fn welcome(connection: &Connection, rules: &dyn Rules) -> Result<(Hello, Writer, Reader), String> {
    let certified = peer_vehicle(connection).map_err(|error| error.to_string())?;
    let first = async {
        let (writer, mut reader): (Writer, Reader) = accept_messages(connection).await.map_err(|error| explain(&error))?;
        let says = reader.read().await.map_err(|error| error.to_string())?;
        Ok::<_, String>((writer, reader, says))
    };
    let (mut writer, reader, says) = timeout(HELLO_WITHIN, first).await.map_err(|_| "no hello within 3 s".to_owned())??;
    let verdict = judge(&says, &certified, rules);
    let answer = match &verdict {
        Ok(_) => GatewaySays::Welcome,
        Err(why) => GatewaySays::Refused { why: why.clone() },
    };
    writer.write(&answer).await.map_err(|error| error.to_string())?;
    if verdict.is_err() {
        // Lets the refusal arrive before the connection closes; the vehicle closes it itself when it has read it.
        drop(timeout(HELLO_WITHIN, connection.closed()).await);
    }
    verdict.map(|hello| (hello, writer, reader))
}

fn judge(says: &VehicleSays, certified: &farhand_protocol::VehicleId, rules: &dyn Rules) -> Result<Hello, String> {
    let VehicleSays::Hello(hello) = says else { return Err("the first message must be the hello".into()) };
    if hello.v != WIRE_VERSION {
        return Err(format!(
            "wire version {} is not spoken here; this gateway speaks {WIRE_VERSION}. Update the older one.",
            hello.v
        ));
    }
    if hello.vehicle != *certified {
        return Err(format!(
            "the certificate is {certified}'s, but the hello says {}. Set `vehicle` in agent.toml.",
            hello.vehicle
        ));
    }
    rules.vehicle_arrives(hello)?;
    Ok(hello.clone())
}

/// Reads until the stream ends, and the connection with it: a vehicle whose words are not read could accept no lease. A
/// message that is none is counted, and the next one is read.
async fn read_words(connection: Connection, vehicle: Arc<Vehicle>, mut reader: Reader, rules: Arc<dyn Rules>) {
    loop {
        match reader.read().await {
            Ok(says) => rules.vehicle_says(&vehicle.id, &says),
            Err(MessageError::Decode(error)) => count_malformed(&vehicle, &error),
            Err(error) => {
                debug!(vehicle = %vehicle.id, %error, "words ended");
                connection.close(4_u32.into(), b"words cannot be read");
                return;
            }
        }
    }
}

async fn read_states(connection: Connection, vehicle: Arc<Vehicle>, rules: Arc<dyn Rules>) {
    while let Ok(bytes) = connection.read_datagram().await {
        if let Err(error) = take_state(&bytes, &vehicle, &*rules) {
            count_malformed(&vehicle, &error);
        }
    }
}

fn count_malformed(vehicle: &Vehicle, error: &DecodeError) {
    let id = vehicle.id.to_string();
    metrics::counter!("farhand_malformed_total", "from" => "vehicle", "vehicle" => id, "reason" => error.word()).increment(1);
    debug!(vehicle = %vehicle.id, %error, "a message that cannot be read");
}

fn take_state(bytes: &Bytes, vehicle: &Vehicle, rules: &dyn Rules) -> Result<(), DecodeError> {
    let VehicleDatagram::State(raw) = decode(bytes, Limits::DATAGRAM)?;
    let state: VehicleState = decode(&raw, Limits::DATAGRAM)?;
    if let Some(state) = vehicle.hear(raw, state) {
        rules.vehicle_state(&vehicle.id, &state);
    }
    Ok(())
}

/// A handshake that failed: a refusal, unless the caller only gave up.
pub(crate) fn not_connected(rules: &dyn Rules, remote: SocketAddr, error: &ConnectionError) {
    if is_abandoned(error) {
        debug!(%remote, why = explain(error), "caller gave up");
    } else {
        rules.peer_refused(remote, &explain(error));
    }
}
