//! Bytes from anybody: decoders answer, they never panic, and what they accept they write again.

use crate::samples;
use farhand_protocol::{
    BootId, CameraIndex, Command, CommandView, FromConsole, GatewayDatagram, GatewaySays, GlassStamp, LatchId, LeaseEpoch,
    Limits, MAX_STAMPS, MediaDemand, MediaHeader, RtpStamp, ToConsole, VehicleDatagram, VehicleSays, VehicleState, decode,
    encode,
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
    the_view_reads_what_serde_reads(bytes);
    if let Ok(header) = MediaHeader::from_bytes(bytes) {
        assert_eq!(header.to_bytes(), bytes, "a header that is read is written to the same bytes");
    }
}

/// The reader in place and the one of serde accept the same commands, with the same content.
fn the_view_reads_what_serde_reads(bytes: &[u8]) {
    let whole = match decode::<FromConsole>(bytes, Limits::CONSOLE) {
        Ok(FromConsole::Command(command)) => CommandView::of(&command),
        Ok(FromConsole::Stop(_) | FromConsole::Ping(_) | FromConsole::KeyFrame(_) | FromConsole::Arrived(_)) | Err(_) => None,
    };
    assert_eq!(CommandView::read(bytes), whole);
}

fn stamp() -> impl Strategy<Value = GlassStamp> {
    (any::<u8>(), any::<u32>()).prop_map(|(camera, rtp)| GlassStamp { camera: CameraIndex(camera), rtp: RtpStamp(rtp) })
}

prop_compose! {
    fn command()(
        (v, boot, epoch, seq, operator_us) in (any::<u16>(), any::<u32>(), 0..1_u64 << 53, 0..1_u64 << 53, 0..1_u64 << 53),
        (speed_mm_s, steering_mrad, lift_mm_s) in any::<(i32, i32, i32)>(),
        (enable, input_age_ms, confirm, latch, pressed_through) in any::<(bool, u32, bool, Option<u32>, Option<bool>)>(),
        stamps in proptest::collection::vec(stamp(), 0..MAX_STAMPS + 3),
    ) -> Command {
        Command {
            v, boot_id: BootId(boot), epoch: LeaseEpoch(epoch), seq, operator_us, enable, input_age_ms, speed_mm_s,
            steering_mrad, lift_mm_s, confirm, rearm_latch: latch.map(LatchId), pressed_through, stamps,
        }
    }
}

#[test]
fn a_field_left_out_is_missed_or_has_its_default() {
    for (_, message) in samples::from_console() {
        let bytes = encode(&message).expect("encodes");
        let tree: ciborium::Value = ciborium::from_reader(&bytes[..]).expect("is CBOR");
        let ciborium::Value::Map(outer) = tree else { unreachable!("a message is a map") };
        let (kind, ciborium::Value::Map(fields)) = outer[0].clone() else { unreachable!("with a map in it") };
        for left_out in 0..fields.len() {
            let mut fields = fields.clone();
            fields.remove(left_out);
            let mut bytes = Vec::new();
            let tree = ciborium::Value::Map(vec![(kind.clone(), ciborium::Value::Map(fields))]);
            ciborium::into_writer(&tree, &mut bytes).expect("is written");
            every_decoder_answers(&bytes);
        }
    }
}

proptest! {
    #[test]
    fn a_command_is_read_in_place(command in command()) {
        let bytes = encode(&FromConsole::Command(command.clone())).expect("encodes");
        if bytes.len() <= Limits::CONSOLE.bytes {
            prop_assert_eq!(CommandView::read(&bytes), CommandView::of(&command));
        }
        prop_assert_eq!(CommandView::of(&command).is_none(), command.stamps.len() > MAX_STAMPS);
        the_view_reads_what_serde_reads(&bytes);
    }

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
