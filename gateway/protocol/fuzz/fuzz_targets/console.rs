#![no_main]
//! What a page sends, and what it reads.

use farhand_protocol::{FromConsole, Limits, ToConsole, VehicleState, decode, encode};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = decode::<FromConsole>(bytes, Limits::CONSOLE) {
        assert_eq!(decode(&encode(&message).expect("encodes"), Limits::STREAM), Ok(message));
    }
    if let Ok(message) = decode::<ToConsole>(bytes, Limits::DATAGRAM) {
        assert_eq!(decode(&encode(&message).expect("encodes"), Limits::STREAM), Ok(message));
    }
    if let Ok(message) = decode::<VehicleState>(bytes, Limits::DATAGRAM) {
        assert_eq!(decode(&encode(&message).expect("encodes"), Limits::STREAM), Ok(message));
    }
});
