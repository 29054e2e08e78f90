//! Families of scenes: tables of ranges from which a seed draws one scenario.
//!
//! The doc comments are the manual of the files in `sim/families`. A family is known by the hash of its text: whoever changes
//! a number, or a comment, has another family.

mod sections;
mod span;

pub(crate) use sections::{Corridor, Loads, Loss, Operator, People, Route, Sensing, Site, Truck};

use farhand_settings::{Settings, SettingsError};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::Path;

/// One family.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Its name in results.
    pub name: String,
    /// Racks, aisles, what stands about.
    pub site: Site,
    /// Where the truck is driven.
    pub route: Route,
    /// The truck.
    pub truck: Truck,
    /// What it carries.
    pub load: Loads,
    /// Who drives it.
    pub operator: Operator,
    /// What the truck knows of its way.
    pub corridor: Corridor,
    /// Who walks about.
    pub people: People,
    /// Scanners, wheels and localisation.
    pub sensing: Sensing,
    /// When the link goes.
    pub loss: Loss,
    /// Of the text; not part of it.
    #[serde(skip)]
    hash: String,
}

/// The three sets that come with the program, and the frozen hard scenes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// To learn from.
    Train,
    /// To choose by.
    Tune,
    /// To report on, and on nothing else.
    HeldOut,
    /// Hard scenes: blocked and stale corridors, hidden crossings, raised masts.
    Nasty,
}

impl Set {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Train, Self::Tune, Self::HeldOut, Self::Nasty];

    /// The word on the command line and in results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Tune => "tune",
            Self::HeldOut => "heldout",
            Self::Nasty => "nasty",
        }
    }

    /// The text of its family.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Train => include_str!("../../families/train.toml"),
            Self::Tune => include_str!("../../families/tune.toml"),
            Self::HeldOut => include_str!("../../families/heldout.toml"),
            Self::Nasty => include_str!("../../families/nasty.toml"),
        }
    }

    /// Its family.
    ///
    /// # Errors
    /// None as long as the tests pass: they read each of the four.
    pub fn family(self) -> Result<Family, SettingsError> {
        Family::parse(self.text(), Path::new(self.as_str()))
    }
}

impl Settings for Family {
    fn check(&self) -> Result<(), (String, String)> {
        let shares = self.people.one_share.value() + self.people.two_share.value();
        if shares > 1.0 {
            return Err(("people.two_share".into(), format!("and one_share make {shares}; together at most 1")));
        }
        let kinds = self.people.step_out_share.value() + self.people.along_share.value();
        if kinds > 1.0 {
            return Err(("people.along_share".into(), format!("and step_out_share make {kinds}; together at most 1")));
        }
        Ok(())
    }
}

impl Family {
    /// Reads a family; `path` is only named in errors.
    ///
    /// # Errors
    /// [`SettingsError::Value`] with line, key, value and what is allowed.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let family: Self = farhand_settings::parse(text, path)?;
        Ok(Self { hash: short_hash(text.as_bytes()), ..family })
    }

    /// First 16 hexadecimal digits of the SHA-256 of its text.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// First 16 hexadecimal digits of a SHA-256.
#[must_use]
pub fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).fold(String::new(), |mut hash, byte| {
        // Writing into a string cannot fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_that_come_along_can_be_read_and_differ() {
        let mut hashes = Vec::new();
        for set in Set::ALL {
            let family = set.family().unwrap_or_else(|error| unreachable!("{error}"));
            assert_eq!(family.name, set.as_str());
            assert_eq!(family.hash().len(), 16);
            hashes.push(family.hash().to_owned());
        }
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), 4);
    }

    #[test]
    fn held_out_aisles_are_narrower_than_those_to_learn_from() {
        let (train, held_out) = (Set::Train.family().expect("read"), Set::HeldOut.family().expect("read"));
        assert_eq!((held_out.site.aisle_m.low(), held_out.site.aisle_m.high()), (3.2, 3.9));
        assert!(
            train.site.aisle_m.low() > held_out.site.aisle_m.low() && train.site.aisle_m.high() > held_out.site.aisle_m.high()
        );
    }

    #[test]
    fn a_wrong_number_is_named_with_its_line() {
        let text = Set::Train.text();
        let refused = |text: &str| Family::parse(text, Path::new("mine.toml")).expect_err("refused").to_string();
        let line = text.lines().position(|line| line.starts_with("aisle_m")).expect("there") + 1;
        let wrong: String = text
            .lines()
            .map(|line| if line.starts_with("aisle_m") { "aisle_m = [4.0, 3.0]\n".to_owned() } else { format!("{line}\n") })
            .collect();
        let message = refused(&wrong);
        assert!(message.starts_with(&format!("mine.toml:{line}: site.aisle_m is [4, 3]")), "{message}");
        let message = refused(&wrong.replace("[4.0, 3.0]", "[0.4, 3.0]"));
        assert!(message.contains("allowed 2 to 8"), "{message}");
        let message = refused(&text.replace("[people]", "[people]\nghosts = 3"));
        assert!(message.contains("ghosts"), "{message}");
    }
}
