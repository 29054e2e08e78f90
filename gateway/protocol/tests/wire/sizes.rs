//! What must fit into one datagram of the smallest path.

use crate::samples;
use farhand_protocol::{
    CameraIndex, Cause, Corridor, Limits, Need, Pose, Protection, RejectCount, RejectReason, VehicleDatagram, VehicleState,
    decode, encode,
};
use serde_bytes::ByteBuf;

/// A QUIC packet of 1,200 bytes less its header, its seal and the frame around a datagram.
const SMALLEST_DATAGRAM_BYTES: usize = 1150;

fn datagram_bytes(state: &[u8]) -> usize {
    encode(&VehicleDatagram::State(ByteBuf::from(state))).expect("a datagram").len()
}

/// A drive of a year with every reason of refusal met, twelve causes and needs at once, all cameras still, all of them exchanged.
fn crowded() -> VehicleState {
    VehicleState {
        causes: Cause::ALL.iter().copied().rev().take(12).collect(),
        needs: Need::ALL.to_vec(),
        rejected: RejectReason::ALL.iter().map(|&reason| RejectCount { reason, count: 4_000_000_000 }).collect(),
        protection: Protection::Watching,
        still: (0..8).map(CameraIndex).collect(),
        swapped: (0..8).map(CameraIndex).collect(),
        last_stop: samples::halted().last_stop,
        corridor: None,
        ..samples::state()
    }
}

#[test]
fn a_state_fits_a_datagram_of_the_smallest_path_and_only_a_crowded_one_loses_its_corridor() {
    let longest = Some(Corridor {
        id: u32::MAX,
        age_ms: u32::MAX,
        here: Pose { x_mm: i32::MIN, y_mm: i32::MIN, heading_mrad: i32::MIN },
        corners_mm: vec![-12_000; 48],
    });
    let crowded = VehicleState { corridor: longest.clone(), ..crowded() };
    let usual = VehicleState { corridor: longest, ..samples::halted() };
    for (state, keeps) in [(usual, true), (crowded, false)] {
        let bytes = state.clone().encode().expect("a state");
        assert!(datagram_bytes(&bytes) <= SMALLEST_DATAGRAM_BYTES, "{}", datagram_bytes(&bytes));
        let read: VehicleState = decode(&bytes, Limits::DATAGRAM).expect("reads");
        assert_eq!(read.corridor.is_some(), keeps);
        assert_eq!(VehicleState { corridor: None, ..read }, VehicleState { corridor: None, ..state });
    }
}
