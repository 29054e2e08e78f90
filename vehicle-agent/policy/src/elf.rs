//! Whether a shared library is all there. The system's loader maps a file that was cut off, and the process dies with a bus
//! error at the first page that is missing: a copy that was interrupted must be an error instead.

/// How much of a library's beginning is needed.
pub(crate) const HEAD_BYTES: u64 = 64 * 1024;

/// Looks at the beginning of a file of `length` bytes.
///
/// # Errors
/// In words what is wrong: no 64-bit little-endian library, or one with its end missing.
pub(crate) fn check(head: &[u8], length: u64) -> Result<(), &'static str> {
    if head.get(..6) != Some(&[0x7f, b'E', b'L', b'F', CLASS_64, LITTLE_ENDIAN]) {
        return Err("it is no 64-bit shared library");
    }
    let table = number(head, 0x20, 8).ok_or(CUT)?;
    let (size, count) = (number(head, 0x36, 2).ok_or(CUT)?, number(head, 0x38, 2).ok_or(CUT)?);
    if count == 0 || size < ENTRY_BYTES {
        return Err("it has nothing to load");
    }
    for index in 0..count {
        let entry = table.checked_add(index * size).and_then(|at| usize::try_from(at).ok()).ok_or(CUT)?;
        let part = head.get(entry..).ok_or(CUT)?;
        if number(part, 0, 4).ok_or(CUT)? != LOAD {
            continue;
        }
        let (offset, bytes) = (number(part, 0x08, 8).ok_or(CUT)?, number(part, 0x20, 8).ok_or(CUT)?);
        if offset.checked_add(bytes).is_none_or(|end| end > length) {
            return Err(CUT);
        }
    }
    Ok(())
}

/// Up to eight bytes, the least first.
fn number(bytes: &[u8], at: usize, count: usize) -> Option<u64> {
    let part = bytes.get(at..at.checked_add(count)?)?;
    Some(part.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
}

const CUT: &str = "its end is missing, as if copying it had been interrupted";
const CLASS_64: u8 = 2;
const LITTLE_ENDIAN: u8 = 1;
const LOAD: u64 = 1;
/// Of the table of parts, in a 64-bit file.
const ENTRY_BYTES: u64 = 56;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_program_is_whole_and_cut_anywhere_it_is_not() {
        let own = std::fs::read(std::env::current_exe().expect("this program")).expect("read");
        let length = own.len() as u64;
        let head = &own[..own.len().min(64 * 1024)];
        assert_eq!(check(head, length), Ok(()));
        for (part, left) in [(0, 0), (5, 5), (63, 63), (200, 200), (head.len(), 8192)] {
            assert!(check(&head[..part], left).is_err(), "{part} of {left}");
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let own = std::fs::read(std::env::current_exe().expect("this program")).expect("read");
        for place in 0..64 {
            for byte in [0, 1, 0x7f, 0xff] {
                let mut head = own[..4096].to_vec();
                head[place] = byte;
                let _ = check(&head, own.len() as u64);
            }
        }
        assert_eq!(check(&[0xff; 4096], 4096), Err("it is no 64-bit shared library"));
    }
}
