//! Reads TOML configuration and says of a bad one: file, line, key, value given, values allowed.
//!
//! A range is part of a setting's type: [`Millis<100, 1000>`] is a span of 100 ms to 1 s, [`Real<0, 5000>`] a number of
//! 0.0 to 5.0 (bounds in thousandths). What deserialises is right.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a configuration was refused. Its text is the whole message for a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("{path}: cannot be read: {source}. Give an existing file with --config FILE.")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A value is wrong.
    #[error("{path}:{line}: {message}")]
    Value {
        /// The file.
        path: PathBuf,
        /// Line of the value, from 1.
        line: usize,
        /// Key, value given, values allowed.
        message: String,
    },
}

/// Checks that need more than one value.
pub trait Settings: DeserializeOwned {
    /// Returns the key that is wrong (as `section.key`) and what is wrong with it.
    ///
    /// # Errors
    /// The key and the message.
    fn check(&self) -> Result<(), (String, String)> {
        Ok(())
    }
}

/// Reads and checks one file.
///
/// # Errors
/// [`SettingsError`] with file, line and mend.
pub fn load<T: Settings>(path: &Path) -> Result<T, SettingsError> {
    parse(&read(path)?, path)
}

/// Reads a file for [`parse`].
///
/// # Errors
/// [`SettingsError::Read`].
pub fn read(path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|source| SettingsError::Read { path: path.to_owned(), source })
}

/// Reads and checks a text; `path` is only named in errors.
///
/// # Errors
/// [`SettingsError::Value`].
pub fn parse<T: Settings>(text: &str, path: &Path) -> Result<T, SettingsError> {
    let fail = |line, message| SettingsError::Value { path: path.to_owned(), line, message };
    let value: T = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = line_of(text, at);
        fail(line, format!("{}{}", key_at(text, line), error.message()))
    })?;
    value.check().map_err(|(key, message)| fail(line_of_key(text, &key), format!("{key} {message}")))?;
    Ok(value)
}

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count() + 1
}

/// The full key on a line, followed by a space; empty where the line sets none.
fn key_at(text: &str, line: usize) -> String {
    let lines: Vec<&str> = text.lines().take(line).collect();
    let Some((key, _)) = lines.last().and_then(|last| last.split_once('=')) else { return String::new() };
    let section = lines.iter().rev().map(|line| line.trim()).find(|line| line.starts_with('['));
    match section.map(|section| section.trim_matches(['[', ']'])) {
        Some(section) => format!("{section}.{} ", key.trim()),
        None => format!("{} ", key.trim()),
    }
}

fn line_of_key(text: &str, key: &str) -> usize {
    let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
    let mut inside = section.is_empty();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line.trim_matches(['[', ']']) == section;
        } else if inside && line.split_once('=').is_some_and(|(found, _)| found.trim() == name) {
            return index + 1;
        }
    }
    1
}

/// A span of time of `MIN` to `MAX` milliseconds, written `"250ms"`, `"1.5s"` or `"10min"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Millis<const MIN: u64, const MAX: u64>(Duration);

impl<const MIN: u64, const MAX: u64> Millis<MIN, MAX> {
    /// A default, checked at compile time where it is used in a constant.
    ///
    /// # Panics
    /// If the value is outside the range, which a constant shows at compile time.
    #[must_use]
    pub const fn of(millis: u64) -> Self {
        assert!(MIN <= millis && millis <= MAX, "default outside its range");
        Self(Duration::from_millis(millis))
    }

    /// The span.
    #[must_use]
    pub fn span(self) -> Duration {
        self.0
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Millis<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let allowed = || format!("allowed {} to {}", Shown(MIN), Shown(MAX));
        let text = String::deserialize(deserializer).map_err(|_| {
            D::Error::custom(format!("must be a span of time in quotes, for instance \"{}\"; {}", Shown(MIN), allowed()))
        })?;
        match parse_millis(&text) {
            Some(millis) if (MIN..=MAX).contains(&millis) => Ok(Self(Duration::from_millis(millis))),
            Some(millis) => {
                let nearest = millis.clamp(MIN, MAX);
                Err(D::Error::custom(format!("is \"{text}\"; {}. Did you mean \"{}\"?", allowed(), Shown(nearest))))
            }
            None => Err(D::Error::custom(format!("is \"{text}\", which is no span of time such as \"250ms\"; {}", allowed()))),
        }
    }
}

fn parse_millis(text: &str) -> Option<u64> {
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "ms" => 1.0,
        "s" => 1000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return None,
    };
    let millis = number.trim().parse::<f64>().ok()? * factor;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in 0..1e12 and whole")]
    (millis.fract() == 0.0 && (0.0..1e12).contains(&millis)).then_some(millis as u64)
}

/// Milliseconds in the unit a person would write.
struct Shown(u64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ms if ms >= 60_000 && ms.is_multiple_of(60_000) => write!(f, "{}min", ms / 60_000),
            ms if ms >= 1000 && ms.is_multiple_of(1000) => write!(f, "{}s", ms / 1000),
            ms => write!(f, "{ms}ms"),
        }
    }
}

/// A number between `MIN` and `MAX` thousandths, written plainly: `max_speed_mps = 1.5`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Real<const MIN: i64, const MAX: i64>(f64);

impl<const MIN: i64, const MAX: i64> Real<MIN, MAX> {
    /// A default in thousandths.
    ///
    /// # Panics
    /// If the value is outside the range, which a constant shows at compile time.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "defaults are small")]
    pub const fn thousandths(value: i64) -> Self {
        assert!(MIN <= value && value <= MAX, "default outside its range");
        Self(value as f64 / 1000.0)
    }

    /// The number.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Real<MIN, MAX> {
    #[expect(clippy::cast_precision_loss, reason = "bounds are small")]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (min, max) = (MIN as f64 / 1000.0, MAX as f64 / 1000.0);
        let value =
            f64::deserialize(deserializer).map_err(|_| D::Error::custom(format!("must be a number; allowed {min} to {max}")))?;
        if value >= min && value <= max {
            return Ok(Self(value));
        }
        Err(D::Error::custom(format!("is {value}; allowed {min} to {max}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Link {
        lost_after: Millis<100, 1000>,
        gain: Real<0, 2500>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        link: Link,
    }

    impl Settings for Sample {
        fn check(&self) -> Result<(), (String, String)> {
            if self.link.gain.value() > 1.9 { Err(("link.gain".into(), "is 2; not today".into())) } else { Ok(()) }
        }
    }

    fn message(text: &str) -> String {
        parse::<Sample>(text, Path::new("v.toml")).expect_err("refused").to_string()
    }

    #[test]
    fn a_good_file_is_read() {
        let sample: Sample = parse("[link]\nlost_after = \"0.3s\"\ngain = 1\n", Path::new("v.toml")).expect("good");
        assert_eq!(sample.link.lost_after.span(), Duration::from_millis(300));
    }

    #[test]
    fn a_bad_value_names_file_line_key_value_and_range() {
        assert_eq!(
            message("# x\n[link]\ngain = 1.0\nlost_after = \"3s\"\n"),
            "v.toml:4: link.lost_after is \"3s\"; allowed 100ms to 1s. Did you mean \"1s\"?"
        );
        assert_eq!(message("[link]\nlost_after = \"300ms\"\ngain = 2.6\n"), "v.toml:3: link.gain is 2.6; allowed 0 to 2.5");
        assert!(message("[link]\nlost_after = \"soon\"\ngain = 1\n").contains("no span of time"));
        assert!(message("[link]\nlost_after = 300\ngain = 1\n").contains("in quotes"));
    }

    #[test]
    fn nan_is_outside_every_range() {
        assert!(message("[link]\nlost_after = \"300ms\"\ngain = nan\n").contains("allowed 0 to 2.5"));
    }

    #[test]
    fn a_check_over_several_values_names_its_line() {
        assert_eq!(message("[link]\nlost_after = \"300ms\"\ngain = 2.0\n"), "v.toml:3: link.gain is 2; not today");
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let text = message("[link]\nlost_after = \"300ms\"\ngain = 2.0\nlosst = 1\n");
        assert!(text.starts_with("v.toml:4: ") && text.contains("losst"), "{text}");
    }
}
