#![no_main]
//! Messages of the reliable stream between vehicle and gateway.

use farhand_protocol::{GatewaySays, Limits, VehicleSays, decode, encode};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = decode::<VehicleSays>(bytes, Limits::STREAM) {
        assert_eq!(decode(&encode(&message).expect("encodes"), Limits::STREAM), Ok(message));
    }
    if let Ok(message) = decode::<GatewaySays>(bytes, Limits::STREAM) {
        assert_eq!(decode(&encode(&message).expect("encodes"), Limits::STREAM), Ok(message));
    }
});
