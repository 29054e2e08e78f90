//! What survives a restart of the guardian, and its bytes in the state file.

use crate::CauseSet;
use farhand_protocol::{LatchId, LeaseEpoch};

/// The state file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Persisted {
    /// Highest epoch ever accepted.
    pub highest_epoch: LeaseEpoch,
    /// A lease was alive when this was written: a restart then comes back latched.
    pub lease_open: bool,
    /// A stop is latched.
    pub latched: bool,
    /// The number of the newest latch.
    pub latch: LatchId,
    /// Its causes.
    pub causes: CauseSet,
    /// Starts of the guardian so far.
    pub boot_count: u32,
}

/// The file is not what was written: too short, too long, another version, or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DamagedState;

const MAGIC: [u8; 4] = *b"FHS1";
const BODY: usize = 4 + 8 + 1 + 4 + 4 + 4;

impl Persisted {
    /// The bytes of the file: magic, fields in big endian, CRC-32.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BODY + 4);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.highest_epoch.0.to_be_bytes());
        bytes.push(u8::from(self.lease_open) | (u8::from(self.latched) << 1));
        bytes.extend_from_slice(&self.latch.0.to_be_bytes());
        bytes.extend_from_slice(&self.causes.bits().to_be_bytes());
        bytes.extend_from_slice(&self.boot_count.to_be_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    /// Reads the bytes of the file.
    ///
    /// # Errors
    /// [`DamagedState`]; the vehicle then starts halted and latched.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DamagedState> {
        let (body, sum) = bytes.split_at_checked(BODY).ok_or(DamagedState)?;
        if sum != crc32fast::hash(body).to_be_bytes() || body[..4] != MAGIC || body[12] > 3 {
            return Err(DamagedState);
        }
        let word = |at: usize| u32::from_be_bytes([body[at], body[at + 1], body[at + 2], body[at + 3]]);
        Ok(Self {
            highest_epoch: LeaseEpoch((u64::from(word(4)) << 32) | u64::from(word(8))),
            lease_open: body[12] & 1 != 0,
            latched: body[12] & 2 != 0,
            latch: LatchId(word(13)),
            causes: CauseSet::from_bits(word(17)),
            boot_count: word(21),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farhand_protocol::Cause;

    fn sample() -> Persisted {
        let mut causes = CauseSet::EMPTY;
        causes.insert(Cause::CommandLost);
        Persisted {
            highest_epoch: LeaseEpoch(0x0001_0203_0405_0607),
            lease_open: true,
            latched: true,
            latch: LatchId(9),
            causes,
            boot_count: 77,
        }
    }

    #[test]
    fn what_was_stored_comes_back() {
        assert_eq!(Persisted::from_bytes(&sample().to_bytes()), Ok(sample()));
        assert_eq!(Persisted::from_bytes(&Persisted::default().to_bytes()), Ok(Persisted::default()));
    }

    #[test]
    fn any_changed_byte_and_any_other_length_is_damage() {
        let good = sample().to_bytes();
        for at in 0..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 0x10;
            assert_eq!(Persisted::from_bytes(&bytes), Err(DamagedState), "byte {at}");
        }
        for length in 0..good.len() {
            assert_eq!(Persisted::from_bytes(&good[..length]), Err(DamagedState));
        }
        assert_eq!(Persisted::from_bytes(&[good, vec![0]].concat()), Err(DamagedState));
    }
}
