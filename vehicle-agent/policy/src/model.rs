//! A model without a thread: asked and answered in one call.

use crate::card::Card;
use crate::error::PolicyError;
use crate::fault::{Fault, judge};
use crate::runtime::Runtime;
use farhand_senses::Features;
use farhand_senses::SCORES;
use std::path::Path;
use std::time::Duration;

/// A model that is scored where it is called: for training, studies and whatever runs in a time of its own. A vehicle uses
/// [`crate::Policy`].
#[derive(Debug)]
pub struct Model {
    card: Card,
    runtime: Runtime,
}

impl Model {
    /// Opens a model by its card with the ONNX Runtime at `library`.
    ///
    /// # Errors
    /// [`PolicyError`] if card, model or library are missing or not what they must be.
    pub fn open(card: &Path, library: &Path) -> Result<Self, PolicyError> {
        let (path, card) = (card, Card::read(card)?);
        let runtime = Runtime::open(library, &card, &card.model_bytes(path)?)?;
        Ok(Self { card, runtime })
    }

    /// What the model's card says.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// One score for each manoeuvre; equal features give equal scores.
    ///
    /// # Errors
    /// [`Fault::Run`], [`Fault::Length`] or [`Fault::NotFinite`]; how long it takes does not matter here.
    pub fn scores(&mut self, features: &Features) -> Result<[f32; SCORES], Fault> {
        self.runtime.score(features, |scores| judge(scores, Duration::ZERO)).unwrap_or(Err(Fault::Run))
    }

    pub(crate) fn into_parts(self) -> (Card, Runtime) {
        (self.card, self.runtime)
    }
}
