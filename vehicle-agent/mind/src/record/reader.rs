//! Reads a record frame by frame, and says what is wrong with it.

use super::{Content, Ending, Entry, FORMAT, HEAD_BYTES, Header, MAGIC, MOST_BYTES, SUM_BYTES};
use farhand_protocol::{Limits, decode};
use std::io::{self, Read};

/// Why a record cannot be read, or not further.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    File(#[from] io::Error),
    /// Not written by a guardian's recorder.
    #[error("is no record of a guardian: give the file that [record] file names in guardian.toml")]
    NoRecord,
    /// Of another format.
    #[error("is a record of format {found}, and this program reads format {FORMAT}: use the version that recorded it")]
    Format {
        /// Its format.
        found: u32,
    },
    /// It ends before the header does.
    #[error("ends before it begins: nothing of the session was written")]
    Empty,
    /// Bytes are not what was written.
    #[error("is damaged at byte {at} (frame {frame}): what follows cannot be trusted; copy it from the vehicle again")]
    Damaged {
        /// The frame.
        frame: u32,
        /// Where it begins.
        at: u64,
    },
    /// Frames are missing.
    #[error("has a hole: {lost} ticks after frame {after} were not written, so what follows has no ground")]
    Hole {
        /// The last frame before it.
        after: u32,
        /// How many are missing.
        lost: u32,
    },
}

/// Reads a record.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    /// Number of the newest frame.
    number: u32,
    /// Bytes read so far.
    at: u64,
    ending: Option<Ending>,
}

/// A frame as it stands in the file.
enum Piece {
    Whole(u32, Vec<u8>),
    CutOff,
}

impl<R: Read> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn open(mut from: R) -> Result<(Header, Self), Unreadable> {
        let mut magic = [0; MAGIC.len()];
        if fill(&mut from, &mut magic)? < magic.len() || magic != MAGIC {
            return Err(Unreadable::NoRecord);
        }
        let mut format = [0; 4];
        if fill(&mut from, &mut format)? < format.len() {
            return Err(Unreadable::Empty);
        }
        let found = u32::from_le_bytes(format);
        if found != FORMAT {
            return Err(Unreadable::Format { found });
        }
        let mut reader = Self { from, number: 0, at: length(magic.len() + format.len()), ending: None };
        let at = reader.at;
        match reader.piece()? {
            Piece::Whole(0, bytes) => {
                let header = decode(&bytes, LIMITS).map_err(|_| Unreadable::Damaged { frame: 0, at })?;
                Ok((header, reader))
            }
            Piece::Whole(..) => Err(Unreadable::Damaged { frame: 0, at }),
            Piece::CutOff => Err(Unreadable::Empty),
        }
    }

    /// The next frame's entries; none at the end, and [`Self::ending`] says which end it is.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn entries(&mut self) -> Result<Option<Vec<Entry>>, Unreadable> {
        if self.ending.is_some() {
            return Ok(None);
        }
        let at = self.at;
        let Piece::Whole(number, bytes) = self.piece()? else {
            self.ending = Some(Ending::CutOff);
            return Ok(None);
        };
        let damaged = Unreadable::Damaged { frame: number, at };
        match number.wrapping_sub(self.number) {
            1 => self.number = number,
            0 => return Err(damaged),
            step if step > u32::MAX / 2 => return Err(damaged),
            step => return Err(Unreadable::Hole { after: self.number, lost: step - 1 }),
        }
        match decode(&bytes, LIMITS) {
            Ok(Content::Entries(entries)) => Ok(Some(entries)),
            Ok(Content::End(ending)) => {
                self.ending = Some(ending);
                Ok(None)
            }
            Err(_) => Err(damaged),
        }
    }

    /// Why the record ends, once its end is reached.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    fn piece(&mut self) -> Result<Piece, Unreadable> {
        let damaged = Unreadable::Damaged { frame: self.number.wrapping_add(1), at: self.at };
        let mut head = [0; HEAD_BYTES];
        if self.fill(&mut head)? < HEAD_BYTES {
            return Ok(Piece::CutOff);
        }
        // After a power cut a file may end in zeros that nobody wrote.
        if head == [0; HEAD_BYTES] && self.only_zeros_follow()? {
            return Ok(Piece::CutOff);
        }
        let [content_bytes, number, sum] = words(head);
        let content_bytes = usize::try_from(content_bytes).unwrap_or(usize::MAX);
        if crc32fast::hash(&head[..8]) != sum || content_bytes > MOST_BYTES {
            return Err(damaged);
        }
        let mut content = vec![0; content_bytes + SUM_BYTES];
        if self.fill(&mut content)? < content.len() {
            return Ok(Piece::CutOff);
        }
        let Some((bytes, sum)) = content.split_last_chunk::<SUM_BYTES>() else { return Err(damaged) };
        if crc32fast::hash(bytes) != u32::from_le_bytes(*sum) {
            let rest_is_lost = bytes.iter().rev().take(SUM_BYTES).all(|byte| *byte == 0) && *sum == [0; SUM_BYTES];
            return if rest_is_lost && self.only_zeros_follow()? { Ok(Piece::CutOff) } else { Err(damaged) };
        }
        content.truncate(content_bytes);
        Ok(Piece::Whole(number, content))
    }

    fn only_zeros_follow(&mut self) -> io::Result<bool> {
        let mut some = [0; 4096];
        loop {
            let read = self.fill(&mut some)?;
            if some[..read].iter().any(|byte| *byte != 0) {
                return Ok(false);
            }
            if read < some.len() {
                return Ok(true);
            }
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = fill(&mut self.from, bytes)?;
        self.at += length(read);
        Ok(read)
    }
}

/// Reads until the bytes are full or the file ends.
fn fill(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match from.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn words(head: [u8; HEAD_BYTES]) -> [u32; 3] {
    let mut words = [0; 3];
    for (word, bytes) in words.iter_mut().zip(head.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// A frame is as deep as a report within an entry.
const LIMITS: Limits = Limits { bytes: MOST_BYTES, depth: 16 };
