//! `farhand-sim study`: the stop study of safety.md 3.5, and a picture of any of its scenarios.

mod held_out;
mod scenes;
mod table;
mod work;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use farhand_policy::Card;
use farhand_samples::{Expert, NET_NAMES, net_named};
use farhand_study::{Controller, NAMES, Runner, named, picture, run_seeds};
use scenes::Scenes;
use std::path::{Path, PathBuf};

/// Cuts the link thousands of times and counts what comes of each way to stop.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct StudyOptions {
    #[command(flatten)]
    scenes: SceneOptions,
    /// How many scenarios, shared out over three seeds.
    #[arg(long, alias = "episodes", default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    scenarios: u64,
    /// Seed of the run; it and the next two are pooled.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Which controllers, with commas between them: frozen, straight, pursuit, pursuit+guard, guard,
    /// guard-ungated, net, net+guard, net+guard-ungated, expert.
    #[arg(long, alias = "controller", value_delimiter = ',', default_value = "frozen,pursuit,pursuit+guard,guard")]
    controllers: Vec<String>,
    /// Where to write the results as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Keeps each scenario's outcome in this file and goes on from what is in it.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// Threads that work.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=64))]
    threads: u64,
    #[command(flatten)]
    model: ModelOptions,
    #[command(subcommand)]
    command: Option<StudyCommands>,
}

/// The learned policy, for the controllers that have one.
#[derive(Debug, Args)]
pub(crate) struct ModelOptions {
    /// Card of the model.
    #[arg(long, value_name = "FILE", default_value = "models/safe-stop/card.json")]
    card: PathBuf,
    /// ONNX Runtime; `cargo xtask setup` puts it here.
    #[arg(long, value_name = "FILE", default_value = "target/onnxruntime/libonnxruntime.so")]
    library: PathBuf,
}

impl ModelOptions {
    /// Card and library.
    pub(crate) fn files(&self) -> (&Path, &Path) {
        (&self.card, &self.library)
    }

    /// SHA-256 of the model, if one of the controllers has it.
    fn hash(&self, controllers: &[String]) -> anyhow::Result<Option<String>> {
        if !controllers.iter().any(|name| NET_NAMES.contains(&name.as_str())) {
            return Ok(None);
        }
        Ok(Some(Card::read(&self.card)?.sha256))
    }

    /// A controller by its name.
    fn controller(&self, name: &str) -> anyhow::Result<Box<dyn Controller>> {
        if NET_NAMES.contains(&name) {
            return net_named(name, &self.card, &self.library);
        }
        if name == Expert::NAME {
            return Ok(Box::new(Expert::default()));
        }
        let Some(controller) = named(name) else {
            let (names, of_models) = (NAMES.join(", "), NET_NAMES.join(", "));
            bail!("--controllers: there is no {name:?}; there are {names}, {of_models}, {}", Expert::NAME);
        };
        Ok(controller)
    }
}

/// Where the scenarios come from.
#[derive(Debug, Args)]
pub(crate) struct SceneOptions {
    /// Table of ranges: a file, or train, tune, heldout, nasty.
    #[arg(long, alias = "set", value_name = "FILE", default_value = "tune")]
    family: String,
    /// Map of a real site instead of the family's racks: the YAML of a ROS map, or a MovingAI .map.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Metres of a cell of a MovingAI map.
    #[arg(long, value_name = "METRES", requires = "map")]
    cell: Option<f64>,
}

#[derive(Debug, Subcommand)]
enum StudyCommands {
    /// Draws one scenario and what a controller made of it, as SVG.
    Picture(PictureOptions),
}

#[derive(Debug, Args)]
struct PictureOptions {
    #[command(flatten)]
    scenes: SceneOptions,
    /// The scenario's seed in hexadecimal, as the study prints it.
    #[arg(long, value_parser = hexadecimal)]
    seed: u64,
    /// Which controller.
    #[arg(long, default_value = "pursuit")]
    controller: String,
    #[command(flatten)]
    model: ModelOptions,
    /// Where to write the picture.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(options: &StudyOptions) -> anyhow::Result<()> {
    if let Some(StudyCommands::Picture(options)) = &options.command {
        return draw(options);
    }
    let scenes = Scenes::load(&options.scenes)?;
    check(&options.controllers, &options.model)?;
    let plan = work::Plan {
        scenes: &scenes,
        controllers: &options.controllers,
        make: &|name| options.model.controller(name),
        model: options.model.hash(&options.controllers)?,
        seeds: run_seeds(options.seed),
        scenarios: options.scenarios,
        threads: options.threads,
        resume: options.resume.as_deref(),
    };
    eprintln!("{}; seeds {:?}; {} scenarios", scenes.named(), plan.seeds, options.scenarios);
    let commit = held_out::commit();
    let done = work::carry_out(&plan)?;
    let results = table::Results::of(&plan, &done);
    table::show(&results, &mut std::io::stdout().lock()).context("writing the table")?;
    if scenes.is_held_out() {
        let log = options.model.card.with_file_name("heldout-log.csv");
        held_out::append(&log, &commit, &results)?;
        eprintln!("this look at the held-out set is written down in {}", log.display());
    }
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&results).context("putting the results into JSON")?;
        std::fs::write(path, json + "\n").with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn draw(options: &PictureOptions) -> anyhow::Result<()> {
    let scenes = Scenes::load(&options.scenes)?;
    let scenario = scenes.draw(options.seed)?;
    let mut controller = options.model.controller(&options.controller)?;
    let episode = Runner::new(&scenario).run(controller.as_mut());
    let caption = format!("{}; seed {:x}, controller {}", scenes.named(), options.seed, options.controller);
    std::fs::write(&options.out, picture(&scenario, &episode, &caption))
        .with_context(|| format!("writing {}", options.out.display()))
}

/// Before anything is driven: a wrong name or a model that cannot be opened ends the run with a clear word.
fn check(controllers: &[String], model: &ModelOptions) -> anyhow::Result<()> {
    for name in controllers {
        drop(model.controller(name)?);
    }
    if let Some(twice) = controllers.iter().enumerate().find(|(at, name)| controllers[..*at].contains(name)) {
        bail!("--controllers: {} stands twice", twice.1);
    }
    Ok(())
}

fn hexadecimal(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    u64::from_str_radix(digits, 16).map_err(|_| format!("{text:?} is no seed such as 2a66b81c0d3f9e57, in hexadecimal"))
}
