#![no_main]
//! The header in front of each picture.

use farhand_protocol::MediaHeader;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(header) = MediaHeader::from_bytes(bytes) {
        assert_eq!(header.to_bytes(), bytes);
    }
});
