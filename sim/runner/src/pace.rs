//! `farhand-sim pace`: how much faster than real time invented time runs, with the trained policy and the real ONNX Runtime.

use crate::study::ModelOptions;
use anyhow::Context as _;
use clap::Args;
use farhand_policy::Model;
use farhand_senses::Features;

/// Drives one truck in invented time and says how long that took.
#[derive(Debug, Args)]
pub(crate) struct PaceOptions {
    /// Length of each drive.
    #[arg(long, default_value_t = 30, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=1440))]
    minutes: u32,
    #[command(flatten)]
    model: ModelOptions,
}

pub(crate) fn run(options: &PaceOptions) -> anyhow::Result<()> {
    let (card, library) = options.model.files();
    let mut model = Model::open(card, library).with_context(|| format!("opening the model of {}", card.display()))?;
    let mut judge = |row: &[u8]| {
        let scores = model.scores(&Features::read(row)?).ok()?;
        Some(scores.iter().flat_map(|score| score.to_le_bytes()).collect())
    };
    farhand_faults::pace(options.minutes, Some(&mut judge), &mut std::io::stdout().lock())
}
