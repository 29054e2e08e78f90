//! Why a policy cannot be opened, each with what to do.

use farhand_senses::SENSES;
use std::path::PathBuf;

/// Why there is no policy. The vehicle drives all the same: the guard ranks by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The card or the model cannot be read.
    #[error("{} cannot be read: {why}. Set the policy's card to the card.json beside a trained model", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The card is no card.
    #[error("{} is no model card: {why}. Cards are written by `cargo xtask train`, not by hand", path.display())]
    Card {
        /// The card.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The model was trained for other senses than this program has.
    #[error("the model was trained for the senses {card:?}, this program has {SENSES:?}. Train it again: `cargo xtask train`")]
    Layout {
        /// What its card says.
        card: String,
    },
    /// The model is not the one of the card.
    #[error(
        "{} is not the model of its card: SHA-256 {found}, the card says {card}. \
         Put back card and model of one training, both together",
        path.display()
    )]
    Hash {
        /// The model.
        path: PathBuf,
        /// By its card.
        card: String,
        /// Of its bytes.
        found: String,
    },
    /// The model has other inputs or outputs.
    #[error("the model's {which} must be {wanted}, but is {found}. Train it again: `cargo xtask train`")]
    Shape {
        /// `input` or `output`.
        which: &'static str,
        /// By this program.
        wanted: String,
        /// In card or model.
        found: String,
    },
    /// ONNX Runtime is not there.
    #[error("there is no ONNX Runtime at {}. `cargo xtask setup` puts it under target/onnxruntime", path.display())]
    LibraryMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is no ONNX Runtime, or one that is too old.
    #[error("{} is no ONNX Runtime 1.24 or newer: {why}. `cargo xtask setup` fetches the right one", path.display())]
    Library {
        /// The library.
        path: PathBuf,
        /// What was wrong.
        why: String,
    },
    /// A process keeps the first library it has opened.
    #[error("this process already runs ONNX Runtime from {}; start it anew to use another one", first.display())]
    OtherLibrary {
        /// The one it has.
        first: PathBuf,
    },
    /// ONNX Runtime refuses the model.
    #[error("ONNX Runtime refuses the model: {why}. Train it again: `cargo xtask train`")]
    Refused {
        /// What it says.
        why: String,
    },
    /// No thread could be started.
    #[error("no thread for the policy: {why}. The machine is out of threads or memory")]
    Thread {
        /// What the system says.
        why: String,
    },
}
