//! The card beside a model: what it is, what it was made of, and by which hash it is known.

use crate::error::PolicyError;
use farhand_senses::{FEATURES, SCORES, SENSES};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// What a model's card says. The trainer writes it; nobody edits it by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The model's name.
    pub name: String,
    /// The model's file, in the folder of the card.
    pub model: String,
    /// SHA-256 of that file, in hex.
    pub sha256: String,
    /// Name of the layout it was trained for.
    pub senses: String,
    /// What goes in.
    pub input: Tensor,
    /// What comes out.
    pub output: Tensor,
    /// Data, seeds, versions and settings of the training.
    pub training: Map<String, Value>,
    /// What was measured on it.
    pub figures: Map<String, Value>,
    /// What it must not be relied on for, a sentence each.
    pub limits: Vec<String>,
}

/// Name and shape of an input or output; all are 32-bit floats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tensor {
    /// Its name in the graph.
    pub name: String,
    /// Its shape.
    pub shape: Vec<i64>,
}

impl Card {
    /// Reads a card, and refuses one for another layout than this program's.
    ///
    /// # Errors
    /// [`PolicyError::Unreadable`], [`PolicyError::Card`], [`PolicyError::Layout`] or [`PolicyError::Shape`].
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let text = read_file(path, MOST_CARD_BYTES)?;
        let card: Self =
            serde_json::from_slice(&text).map_err(|error| PolicyError::Card { path: path.to_owned(), why: error.to_string() })?;
        if card.senses != SENSES {
            return Err(PolicyError::Layout { card: card.senses });
        }
        card.input.must_be("input", INPUT, FEATURES)?;
        card.output.must_be("output", OUTPUT, SCORES)?;
        Ok(card)
    }

    /// Reads the model that belongs to the card at `path`: the very bytes whose hash the card names.
    ///
    /// # Errors
    /// [`PolicyError::Unreadable`], [`PolicyError::Card`] if the card points elsewhere, [`PolicyError::Hash`].
    pub fn model_bytes(&self, path: &Path) -> Result<Vec<u8>, PolicyError> {
        let file = self.model_path(path)?;
        let bytes = read_file(&file, MOST_MODEL_BYTES)?;
        let found = hex(&Sha256::digest(&bytes));
        if found.eq_ignore_ascii_case(&self.sha256) {
            Ok(bytes)
        } else {
            Err(PolicyError::Hash { path: file, card: self.sha256.clone(), found })
        }
    }

    /// A model lies beside its card: a card that points anywhere else was not written by the trainer.
    fn model_path(&self, card: &Path) -> Result<PathBuf, PolicyError> {
        let mut parts = Path::new(&self.model).components();
        if let (Some(Component::Normal(name)), None) = (parts.next(), parts.next()) {
            return Ok(card.with_file_name(name));
        }
        let why = format!("model is {:?}; it must be the name of a file in the card's folder", self.model);
        Err(PolicyError::Card { path: card.to_owned(), why })
    }
}

impl Tensor {
    fn must_be(&self, which: &'static str, name: &str, count: usize) -> Result<(), PolicyError> {
        let wanted = Self { name: name.to_owned(), shape: vec![1, i64::try_from(count).unwrap_or(i64::MAX)] };
        if *self == wanted {
            return Ok(());
        }
        Err(PolicyError::Shape { which, wanted: wanted.to_string(), found: format!("{self} on its card") })
    }
}

impl std::fmt::Display for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}", self.name, self.shape)
    }
}

/// A whole file, if it is not larger than such a file can be.
fn read_file(path: &Path, most: u64) -> Result<Vec<u8>, PolicyError> {
    let unreadable = |error: std::io::Error| PolicyError::Unreadable { path: path.to_owned(), why: error.to_string() };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= most) {
        Ok(bytes)
    } else {
        Err(PolicyError::Unreadable { path: path.to_owned(), why: format!("it is larger than {most} bytes") })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Name of the one input.
pub(crate) const INPUT: &str = "senses";
/// Name of the one output.
pub(crate) const OUTPUT: &str = "scores";

// The model has 35,000 weights, 140 kB; its card is a page.
const MOST_CARD_BYTES: u64 = 256 * 1024;
const MOST_MODEL_BYTES: u64 = 16 * 1024 * 1024;
