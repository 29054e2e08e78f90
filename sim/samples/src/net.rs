//! The trained model in the study: alone, and as the one whom the guard asks.

use crate::manoeuvre::Stop;
use crate::senses::features;
use anyhow::{Context, Result, bail};
use farhand_policy::Model;
use farhand_senses::SCORES;
use farhand_study::{Brake, Controller, Gate, Guarded, Scorer, Sight, Wish};
use std::path::Path;
use std::time::Duration;

/// The controllers that need a model.
pub const NET_NAMES: [&str; 3] = ["net", "net+guard", "net+guard-ungated"];

/// A controller of [`NET_NAMES`] with the model of this card.
///
/// # Errors
/// If the model cannot be opened, or the name is none of them.
pub fn net_named(name: &str, card: &Path, library: &Path) -> Result<Box<dyn Controller>> {
    let model = Model::open(card, library).with_context(|| format!("opening the model of {}", card.display()))?;
    let scorer = Net { model };
    Ok(match name {
        "net" => Box::new(Alone { net: scorer, stop: None }),
        "net+guard" => Box::new(Guarded::new(Wish::Scored(Box::new(scorer)), Gate::Closed)),
        "net+guard-ungated" => Box::new(Guarded::new(Wish::Scored(Box::new(scorer)), Gate::Open)),
        _ => bail!("there is no controller {name:?} with a model; there are {}", NET_NAMES.join(", ")),
    })
}

/// The model, asked "as if the link were lost now".
#[derive(Debug)]
struct Net {
    model: Model,
}

impl Scorer for Net {
    fn scores(&mut self, sight: &mut Sight<'_>) -> Option<[f32; SCORES]> {
        let features = features(sight, Duration::ZERO).ok()?;
        self.model.scores(&features).ok()
    }
}

/// What the model scores highest when the loss is noticed, driven to its end; nobody proves it. Without scores: straight on,
/// load-safe.
#[derive(Debug)]
struct Alone {
    net: Net,
    stop: Option<Stop>,
}

impl Controller for Alone {
    fn name(&self) -> &'static str {
        "net"
    }

    fn begin(&mut self, _sight: &mut Sight<'_>) {
        self.stop = None;
    }

    fn stop(&mut self, sight: &mut Sight<'_>) -> Brake {
        let known = sight.vehicle();
        let mut stop = self.stop.unwrap_or_else(|| {
            let best = self.net.scores(sight).and_then(|scores| best(&scores)).unwrap_or(STRAIGHT);
            Stop::new(best, known)
        });
        let drive = stop.drive(known, sight.corridor(), &sight.reckoned(), sight.speed_mps());
        self.stop = Some(stop);
        Brake { decel_mps2: drive.brake_mps2, steering_rad: drive.steering_rad }
    }
}

/// The first of the highest.
pub(crate) fn best(scores: &[f32; SCORES]) -> Option<usize> {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.iter().position(|score| *score >= highest)
}

/// The straight one, as hard as the load allows.
const STRAIGHT: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;
    use farhand_guard::{Manoeuvre, Steering};

    #[test]
    fn without_scores_it_goes_straight_as_hard_as_the_load_allows() {
        let straight = Manoeuvre::all().nth(STRAIGHT).expect("one of 36");
        assert_eq!((straight.steering(), straight.decel_percent()), (Steering::Curve(0), 100));
    }

    #[test]
    fn the_first_of_the_highest_is_picked() {
        let mut scores = [0.0; SCORES];
        (scores[7], scores[9]) = (2.0, 2.0);
        assert_eq!(best(&scores), Some(7));
        assert_eq!(best(&[f32::NAN; SCORES]), None);
    }

    #[test]
    fn a_model_that_is_not_there_is_named() {
        let why = format!("{:#}", net_named("net", Path::new("nowhere.json"), Path::new("nolib.so")).err().expect("refused"));
        assert!(why.contains("nowhere.json"), "{why}");
    }
}
