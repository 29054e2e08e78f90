//! The bytes of the stream that the trainer reads; `models/README.md` describes them.

use crate::episode::Sample;
use farhand_senses::{FEATURES, SCORES, SENSES};

/// Length of the header.
pub const HEADER_BYTES: usize = 32;
/// Length of a record.
pub const RECORD_BYTES: usize = 16 + 4 * (FEATURES + SCORES);

/// What the stream begins with.
#[must_use]
pub fn header() -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for count in [FEATURES, SCORES] {
        bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    }
    bytes.extend(SENSES.as_bytes());
    bytes.resize(HEADER_BYTES, 0);
    bytes
}

/// One sample.
#[must_use]
pub fn record(sample: &Sample) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(RECORD_BYTES);
    bytes.extend(sample.scenario.to_le_bytes());
    bytes.extend(sample.step.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(sample.features.row().iter().chain(&sample.costs).flat_map(|value| value.to_le_bytes()));
    bytes
}

const MAGIC: &[u8; 8] = b"FHSAMP01";
