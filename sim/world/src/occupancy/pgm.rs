//! Portable grey maps, in bytes (`P5`) or digits (`P2`).

use super::{MapError, checked_size};

/// A grey picture, row by row from the north; 255 is the brightest.
pub(super) struct Picture {
    pub(super) columns: usize,
    pub(super) grey: Vec<u8>,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Picture, MapError> {
    let mut words = Words { bytes, at: 0 };
    let digits = match words.next() {
        Some(b"P5") => false,
        Some(b"P2") => true,
        _ => return Err(MapError::value("picture", "no grey map", "allowed are PGM files that begin with P5 or P2")),
    };
    let mut number = |what| {
        let word = words.next().and_then(|word| std::str::from_utf8(word).ok()).unwrap_or("missing");
        word.parse::<usize>().map_err(|_| MapError::value(what, word, "allowed is a whole number"))
    };
    let (columns, rows, most) = (number("picture's width")?, number("picture's height")?, number("picture's brightest grey")?);
    let promised = checked_size(columns, rows)?;
    if !(1..=255).contains(&most) {
        return Err(MapError::value("picture's brightest grey", most, "allowed 1 to 255"));
    }
    let stretch = |grey: usize| u8::try_from(grey.min(most) * 255 / most).unwrap_or(u8::MAX);
    let grey: Vec<u8> = if digits {
        let number = |word| std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
        words.map_while(number).take(promised).map(stretch).collect()
    } else {
        // One white space ends the header.
        bytes[(words.at + 1).min(bytes.len())..].iter().take(promised).map(|&grey| stretch(grey.into())).collect()
    };
    if grey.len() < promised {
        return Err(MapError::Short { promised, found: grey.len() });
    }
    Ok(Picture { columns, grey })
}

/// Words between white space; `#` begins a comment that ends with its line.
struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            match self.bytes.get(self.at)? {
                b'#' => self.at += self.bytes[self.at..].iter().take_while(|&&byte| byte != b'\n').count(),
                byte if byte.is_ascii_whitespace() => self.at += 1,
                _ => break,
            }
        }
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
        self.at += length;
        Some(&rest[..length])
    }
}
