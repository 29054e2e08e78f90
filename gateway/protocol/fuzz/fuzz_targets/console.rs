#![no_main]
//! What a page sends, and what it reads.

use farhand_protocol::{CommandView, FromConsole, Limits, ToConsole, VehicleState, decode, encode};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let message = decode::<FromConsole>(bytes, Limits::CONSOLE).ok();
    let command = |message: &Option<FromConsole>| match message {
        Some(FromConsole::Command(command)) => CommandView::of(command),
        Some(FromConsole::Stop(_) | FromConsole::Ping(_)) | None => None,
    };
    // The reader in place may refuse more (an empty text of bytes is no list of stamps), and never reads anything else.
    if let Some(view) = CommandView::read(bytes) {
        assert_eq!(Some(view), command(&message));
    }
    if let Some(message) = message {
        let again = encode(&message).expect("encodes");
        assert_eq!(CommandView::read(&again), command(&Some(message.clone())));
        assert_eq!(decode(&again, Limits::STREAM), Ok(message));
    }
    if let Ok(message) = decode::<ToConsole>(bytes, Limits::DATAGRAM) {
        assert_eq!(decode(&encode(&message).expect("encodes"), Limits::STREAM), Ok(message));
    }
    if let Ok(message) = decode::<VehicleState>(bytes, Limits::DATAGRAM) {
        assert_eq!(decode(&encode(&message).expect("encodes"), Limits::STREAM), Ok(message));
    }
});
