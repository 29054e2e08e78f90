//! What survives a restart of the guardian, and its bytes in the state file.

use crate::CauseSet;
use farhand_protocol::{LatchId, LeaseEpoch, MissionEpoch};

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
    /// Highest mission ever accepted.
    pub highest_mission: MissionEpoch,
}

/// The file is not what was written: too short, too long, another version, or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DamagedState;

/// The first format, without missions, is read for ever.
const FIRST: [u8; 4] = *b"FHS1";
const MAGIC: [u8; 4] = *b"FHS2";
/// The byte that says whether a lease was alive and a stop latched: its place here.
const FLAGS: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

impl Persisted {
    /// The bytes of the file: magic, fields in big endian, CRC-32.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&self.highest_epoch.0.to_be_bytes());
        let flags = (self.lease_open, self.latched);
        bytes.extend((0_u8..).zip(FLAGS).filter(|(_, each)| *each == flags).map(|(byte, _)| byte));
        bytes.extend_from_slice(&self.latch.0.to_be_bytes());
        bytes.extend_from_slice(&self.causes.bits().to_be_bytes());
        bytes.extend_from_slice(&self.boot_count.to_be_bytes());
        bytes.extend_from_slice(&self.highest_mission.0.to_be_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    /// Reads the bytes of the file.
    ///
    /// # Errors
    /// [`DamagedState`]; the vehicle then starts halted and latched.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DamagedState> {
        Self::read(bytes).ok_or(DamagedState)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (body, sum) = bytes.split_last_chunk::<4>()?;
        if *sum != crc32fast::hash(body).to_be_bytes() {
            return None;
        }
        let (magic, mut rest) = body.split_first_chunk::<4>()?;
        let highest_epoch = LeaseEpoch(u64::from_be_bytes(take(&mut rest)?));
        let [flags] = take::<1>(&mut rest)?;
        let latch = LatchId(u32::from_be_bytes(take(&mut rest)?));
        let causes = CauseSet::from_bits(u32::from_be_bytes(take(&mut rest)?));
        let boot_count = u32::from_be_bytes(take(&mut rest)?);
        let highest_mission = MissionEpoch(if *magic == MAGIC { u64::from_be_bytes(take(&mut rest)?) } else { 0 });
        let (lease_open, latched) = *FLAGS.get(usize::from(flags))?;
        let whole = rest.is_empty() && (*magic == MAGIC || *magic == FIRST);
        whole.then_some(Self { highest_epoch, lease_open, latched, latch, causes, boot_count, highest_mission })
    }
}

/// Takes bytes off the front.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, others) = rest.split_first_chunk::<N>()?;
    *rest = others;
    Some(*first)
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
            highest_mission: MissionEpoch(0x1112_1314_1516_1718),
        }
    }

    #[test]
    fn what_was_stored_comes_back() {
        assert_eq!(Persisted::from_bytes(&sample().to_bytes()), Ok(sample()));
        assert_eq!(Persisted::from_bytes(&Persisted::default().to_bytes()), Ok(Persisted::default()));
        for (byte, lease_open, latched) in [(0, false, false), (1, true, false), (2, false, true), (3, true, true)] {
            let stored = Persisted { lease_open, latched, ..sample() };
            assert_eq!((stored.to_bytes()[12], Persisted::from_bytes(&stored.to_bytes())), (byte, Ok(stored)));
        }
    }

    #[test]
    fn a_file_of_the_first_format_is_read() {
        let mut bytes = b"FHS1".to_vec();
        bytes.extend_from_slice(&sample().to_bytes()[4..25]);
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        assert_eq!(Persisted::from_bytes(&bytes), Ok(Persisted { highest_mission: MissionEpoch(0), ..sample() }));
    }

    #[test]
    fn a_strange_magic_or_flag_is_damage_though_the_sum_is_right() {
        for (at, byte) in [(3, b'3'), (0, b'f'), (12, 4), (12, 0xff)] {
            let mut bytes = sample().to_bytes();
            bytes[at] = byte;
            let body = bytes.len() - 4;
            assert_eq!(Persisted::from_bytes(&summed(&bytes[..body])), Err(DamagedState), "byte {at}");
        }
        let body = &sample().to_bytes()[..33];
        assert_eq!(Persisted::from_bytes(&summed(body)), Ok(sample()));
        assert_eq!(Persisted::from_bytes(&summed(&[body, &[0]].concat())), Err(DamagedState), "a byte too many");
        assert_eq!(Persisted::from_bytes(&summed(&body[..32])), Err(DamagedState), "a byte too few");
    }

    /// A body with the sum that is right for it.
    fn summed(body: &[u8]) -> Vec<u8> {
        [body, &crc32fast::hash(body).to_be_bytes()].concat()
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
