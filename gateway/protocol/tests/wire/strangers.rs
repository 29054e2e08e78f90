//! Bytes from anybody: decoders answer, they never panic, and what they accept they write again.

use crate::samples;
use farhand_protocol::{
    FromConsole, GatewayDatagram, GatewaySays, Limits, MediaDemand, MediaHeader, ToConsole, VehicleDatagram, VehicleSays,
    VehicleState, decode, encode,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn answers<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(bytes: &[u8], limits: Limits) {
    if let Ok(message) = decode::<T>(bytes, limits) {
        let again = encode(&message).expect("what was read can be written");
        assert_eq!(decode::<T>(&again, Limits::STREAM), Ok(message));
    }
}

fn every_decoder_answers(bytes: &[u8]) {
    answers::<FromConsole>(bytes, Limits::CONSOLE);
    answers::<ToConsole>(bytes, Limits::DATAGRAM);
    answers::<GatewayDatagram>(bytes, Limits::DATAGRAM);
    answers::<VehicleDatagram>(bytes, Limits::DATAGRAM);
    answers::<VehicleState>(bytes, Limits::DATAGRAM);
    answers::<MediaDemand>(bytes, Limits::DATAGRAM);
    answers::<VehicleSays>(bytes, Limits::STREAM);
    answers::<GatewaySays>(bytes, Limits::STREAM);
    if let Ok(header) = MediaHeader::from_bytes(bytes) {
        assert_eq!(header.to_bytes(), bytes, "a header that is read is written to the same bytes");
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic_a_decoder(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        every_decoder_answers(&bytes);
    }

    #[test]
    fn a_command_with_changed_bytes_never_panics_a_decoder(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        kept in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode(&FromConsole::Command(samples::command())).expect("encodes");
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        every_decoder_answers(&bytes);
        every_decoder_answers(&bytes[..kept.index(bytes.len())]);
    }

    #[test]
    fn a_media_header_with_changed_bytes_never_panics(at in 0_usize..28, byte in any::<u8>()) {
        let mut bytes = samples::media_headers()[0].1.to_bytes();
        bytes[at] = byte;
        every_decoder_answers(&bytes);
    }
}
