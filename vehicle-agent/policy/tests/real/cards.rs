//! A model that is not what its card says is refused, and the error says what to do.

use crate::rig::{copy, library, models, trial};
use farhand_policy::{Card, Policy, PolicyError};
use std::path::Path;

#[test]
fn a_model_with_another_hash_is_refused() {
    let folder = copy();
    let model = folder.path().join("model.onnx");
    let mut bytes = std::fs::read(&model).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&model, bytes).expect("written");
    let error = refused(folder.path());
    assert!(matches!(error, PolicyError::Hash { .. }), "{error}");
    assert!(error.to_string().contains("Put back card and model of one training"), "{error}");
}

#[test]
fn a_model_with_other_shapes_or_names_is_refused() {
    for (name, part) in [("narrow", "(1, 35)"), ("renamed", "costs")] {
        let error = refused(&trial(name));
        assert!(matches!(error, PolicyError::Shape { which: "output", .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(part) && text.contains("scores [1, 36]") && text.contains("cargo xtask train"), "{text}");
    }
}

#[test]
fn a_card_for_something_else_is_refused() {
    let shape = |error: &PolicyError| matches!(error, PolicyError::Shape { which: "input", .. });
    assert!(shape(&spoilt(|card| card.input.shape = vec![1, 150])));
    assert!(shape(&spoilt(|card| card.input.name = "picture".to_owned())));
    assert!(matches!(spoilt(|card| card.senses = "senses-0".to_owned()), PolicyError::Layout { .. }));
    for elsewhere in ["../model.onnx", "/etc/hostname", "", ".."] {
        let error = spoilt(|card| elsewhere.clone_into(&mut card.model));
        assert!(matches!(error, PolicyError::Card { .. }), "{elsewhere}: {error}");
    }
}

#[test]
fn what_is_no_card_is_refused() {
    let folder = copy();
    let path = folder.path().join("card.json");
    let text = std::fs::read_to_string(&path).expect("read");
    let unknown = text.replacen("\"name\"", "\"colour\": 1, \"name\"", 1);
    for wrong in ["", "[]", "\u{0}", unknown.as_str(), &text[..text.len() / 2]] {
        std::fs::write(&path, wrong).expect("written");
        let error = refused(folder.path());
        assert!(matches!(error, PolicyError::Card { .. }), "{wrong:?}: {error}");
    }
}

#[test]
fn what_is_not_there_or_far_too_large_is_refused() {
    let folder = copy();
    std::fs::File::create(folder.path().join("model.onnx")).and_then(|file| file.set_len(17 << 20)).expect("a sparse file");
    assert!(refused(folder.path()).to_string().contains("larger than"));
    std::fs::remove_file(folder.path().join("model.onnx")).expect("removed");
    let error = refused(folder.path());
    assert!(matches!(&error, PolicyError::Unreadable { path, .. } if path.ends_with("model.onnx")), "{error}");
    std::fs::remove_file(folder.path().join("card.json")).expect("removed");
    assert!(matches!(refused(folder.path()), PolicyError::Unreadable { path, .. } if path.ends_with("card.json")));
}

#[test]
fn a_hash_that_fits_does_not_make_a_model() {
    use sha2::{Digest, Sha256};
    use std::fmt::Write;
    let folder = copy();
    let model = folder.path().join("model.onnx");
    let bytes = std::fs::read(&model).expect("read");
    for wrong in [&bytes[..bytes.len() / 2], b"", b"not a model"] {
        std::fs::write(&model, wrong).expect("written");
        let hash = Sha256::digest(wrong).iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes it");
            text
        });
        change(folder.path(), |card| card.sha256 = hash);
        let error = refused(folder.path());
        assert!(matches!(error, PolicyError::Refused { .. }), "{error}");
    }
}

#[test]
fn every_committed_model_is_the_one_of_its_card() {
    let models = models();
    assert!(models.len() >= 5, "{models:?}");
    for folder in models {
        let path = folder.join("card.json");
        let card = Card::read(&path).expect("a card");
        card.model_bytes(&path).expect("the hash of its model");
    }
}

fn refused(folder: &Path) -> PolicyError {
    Policy::open(&folder.join("card.json"), &library()).expect_err("it must be refused")
}

fn spoilt(how: impl FnOnce(&mut Card)) -> PolicyError {
    let folder = copy();
    change(folder.path(), how);
    refused(folder.path())
}

fn change(folder: &Path, how: impl FnOnce(&mut Card)) {
    let path = folder.join("card.json");
    let mut card: Card = serde_json::from_slice(&std::fs::read(&path).expect("read")).expect("a card");
    how(&mut card);
    std::fs::write(&path, serde_json::to_vec(&card).expect("a card")).expect("written");
}
