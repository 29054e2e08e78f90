#![no_main]
//! Datagrams between vehicle and gateway.

use farhand_protocol::{GatewayDatagram, Limits, MediaDemand, VehicleDatagram, decode, encode};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = decode::<GatewayDatagram>(bytes, Limits::DATAGRAM) {
        assert_eq!(decode(&encode(&message).expect("encodes"), Limits::STREAM), Ok(message));
    }
    if let Ok(message) = decode::<VehicleDatagram>(bytes, Limits::DATAGRAM) {
        assert_eq!(decode(&encode(&message).expect("encodes"), Limits::STREAM), Ok(message));
    }
    if let Ok(message) = decode::<MediaDemand>(bytes, Limits::DATAGRAM) {
        assert_eq!(decode(&encode(&message).expect("encodes"), Limits::STREAM), Ok(message));
    }
});
