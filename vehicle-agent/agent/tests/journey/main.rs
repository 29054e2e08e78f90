//! The agent's own process between a guardian's socket and a gateway's endpoints.

mod vehicle;

use farhand_drive::{AgentSays, GuardianSays};
use farhand_protocol::{
    BootId, CameraDemand, CameraIndex, GatewayDatagram, GatewaySays, LeaseEpoch, MediaDemand, MediaHeader, OperatorName,
    StopOrder, VehicleDatagram, VehicleSays, WIRE_VERSION,
};
use farhand_transport::{Connection, read_datagram, read_unit, send_datagram};
use serde_bytes::ByteBuf;
use vehicle::{Vehicle, heard};

#[tokio::test]
async fn commands_stops_and_leases_reach_the_guardian_and_states_the_gateway() {
    let vehicle = Vehicle::start();
    let guardian = vehicle.guardian(7).await;
    let mut gateway = vehicle.greet().await;
    let VehicleSays::Hello(hello) = &gateway.hello else { unreachable!("a hello comes first") };
    assert_eq!((hello.boot_id, hello.highest_epoch, hello.cameras.len()), (BootId(7), LeaseEpoch(3), 1));

    let command = ByteBuf::from(vec![1, 2, 3]);
    send_datagram(&gateway.connection, &GatewayDatagram::Command(command.clone())).expect("sent");
    let got = heard(&guardian, "a command", |says| match says {
        AgentSays::Command(bytes) => Some(bytes),
        _ => None,
    });
    assert_eq!(got.await, command);

    let by = OperatorName::new("ada").expect("a name");
    send_datagram(&gateway.connection, &GatewayDatagram::Stop(StopOrder { by: by.clone(), request: 5 })).expect("sent");
    heard(&guardian, "a stop", |says| matches!(says, AgentSays::Stop(origin) if origin.request == 5).then_some(())).await;

    gateway.say.write(&GatewaySays::LeaseGrant { epoch: LeaseEpoch(4), holder: by }).await.expect("written");
    heard(&guardian, "a grant", |says| matches!(says, AgentSays::LeaseGrant { epoch: LeaseEpoch(4), .. }).then_some(())).await;
    guardian.send(&GuardianSays::LeaseAccepted { epoch: LeaseEpoch(4) }).expect("sent");
    let accepted = VehicleSays::LeaseAccepted { epoch: LeaseEpoch(4), boot_id: BootId(7) };
    assert_eq!(gateway.hear.read().await.expect("read"), accepted);

    let state = ByteBuf::from(vec![9; 600]);
    guardian.send(&GuardianSays::State(state.clone())).expect("sent");
    assert_eq!(read_datagram::<VehicleDatagram>(&gateway.connection).await.expect("read"), VehicleDatagram::State(state));
    assert_eq!(vehicle.end().await, Some(0));
}

#[tokio::test]
async fn a_new_start_of_the_guardian_is_a_new_hello_with_its_boot() {
    let vehicle = Vehicle::start();
    let guardian = vehicle.guardian(7).await;
    let first = vehicle.greet().await;
    drop(guardian);
    // Nobody speaks for the guardian: the gateway sees the vehicle go.
    first.connection.closed().await;
    let _guardian = vehicle.guardian(8).await;
    let second = vehicle.greet().await;
    assert!(matches!(second.hello, VehicleSays::Hello(hello) if hello.boot_id == BootId(8)));
}

#[tokio::test]
async fn a_gateway_connection_that_ends_is_dialled_anew() {
    let vehicle = Vehicle::start();
    let guardian = vehicle.guardian(7).await;
    let first = vehicle.greet().await;
    heard(&guardian, "a gateway", |says| matches!(says, AgentSays::Beat { gateway_connected: true, .. }).then_some(())).await;
    first.connection.close(0_u32.into(), b"test");
    heard(&guardian, "no gateway", |says| matches!(says, AgentSays::Beat { gateway_connected: false, .. }).then_some(())).await;
    let _second = vehicle.greet().await;
    heard(&guardian, "a gateway", |says| matches!(says, AgentSays::Beat { gateway_connected: true, .. }).then_some(())).await;
}

#[tokio::test]
async fn pictures_flow_on_demand_whole_in_order_and_the_guardian_hears_of_each() {
    let vehicle = Vehicle::start();
    let guardian = vehicle.guardian(7).await;
    let _control = vehicle.greet().await;
    let media = vehicle.pictures().await;
    demand(&media, 1, Some(1));
    let first = next_unit(&media).await;
    assert!(first.key, "the first picture can be decoded alone");
    let sent = heard(&guardian, "a sent picture", |says| match says {
        AgentSays::Sent { camera, capture } => Some((camera, capture)),
        _ => None,
    });
    assert_eq!(sent.await, (CameraIndex(0), first.capture));

    let mut last = first;
    for _ in 0..10 {
        let unit = next_unit(&media).await;
        assert!(unit.key || unit.depends_on == last.sequence);
        assert!(unit.capture > last.capture);
        last = unit;
    }
    // A request must be a second after the last one; asking again and again costs no more key frames than that.
    for seq in 2.. {
        demand(&media, seq, Some(2));
        if next_unit(&media).await.key {
            break;
        }
    }
    assert_eq!(vehicle.end().await, Some(0));
}

#[tokio::test]
async fn a_fresh_media_connection_begins_with_a_key_frame() {
    let vehicle = Vehicle::start();
    let _guardian = vehicle.guardian(7).await;
    let _control = vehicle.greet().await;
    let first = vehicle.pictures().await;
    demand(&first, 1, Some(1));
    next_unit(&first).await;
    first.close(0_u32.into(), b"test");
    let second = vehicle.pictures().await;
    demand(&second, 1, Some(1));
    assert!(next_unit(&second).await.key);
}

fn demand(media: &Connection, seq: u64, key_frame_request: Option<u32>) {
    let cameras = key_frame_request.map(|key_frame_request| CameraDemand { camera: CameraIndex(0), key_frame_request });
    let demand = MediaDemand { v: WIRE_VERSION, seq, cameras: cameras.into_iter().collect(), downlink_bps: None };
    send_datagram(media, &demand).expect("sent");
}

async fn next_unit(media: &Connection) -> MediaHeader {
    read_unit(media.accept_uni().await.expect("a stream")).await.expect("a unit").0
}
