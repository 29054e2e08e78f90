//! The work: threads that drive scenarios, a file that remembers them, a line that says how far it is.

use super::scenes::Scenes;
use anyhow::{Context as _, bail};
use farhand_study::{Controller, Record, Runner};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// What is to be done.
pub(super) struct Plan<'a> {
    pub(super) scenes: &'a Scenes,
    pub(super) controllers: &'a [String],
    pub(super) seeds: [u64; 3],
    pub(super) scenarios: u64,
    pub(super) threads: u64,
    /// Makes a controller; each thread has its own.
    pub(super) make: &'a Make<'a>,
    /// SHA-256 of the model, if a controller has one.
    pub(super) model: Option<String>,
    pub(super) resume: Option<&'a Path>,
}

/// Makes a controller by its name.
pub(super) type Make<'a> = dyn Fn(&str) -> anyhow::Result<Box<dyn Controller>> + Sync + 'a;

/// What came of it.
pub(super) struct Done {
    /// In the order of their numbers.
    pub(super) scenarios: Vec<Scenario>,
    pub(super) seconds: f64,
}

/// One scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scenario {
    number: u64,
    /// Draws it again.
    pub(super) seed: u64,
    /// One for each controller.
    pub(super) records: Vec<Record>,
}

/// First line of a file to go on from.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Head {
    version: String,
    family: String,
    map: Option<String>,
    seeds: [u64; 3],
    controllers: Vec<String>,
    #[serde(default)]
    model: Option<String>,
}

impl Plan<'_> {
    /// The seed of the scenario with this number.
    fn seed(&self, number: u64) -> u64 {
        let [first, second, third] = self.seeds;
        let run = match number % 3 {
            0 => first,
            1 => second,
            _ => third,
        };
        self.scenes.seed(run, number / 3)
    }

    fn head(&self) -> Head {
        Head {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            family: self.scenes.family.hash().to_owned(),
            map: self.scenes.map.clone(),
            seeds: self.seeds,
            controllers: self.controllers.to_vec(),
            model: self.model.clone(),
        }
    }
}

/// Does what the plan says and is not in its file yet.
pub(super) fn carry_out(plan: &Plan<'_>) -> anyhow::Result<Done> {
    let begin = Instant::now();
    let (mut found, mut file) = match plan.resume {
        Some(path) => {
            let (found, file) = open(plan, path).with_context(|| format!("--resume {}", path.display()))?;
            (found, Some(file))
        }
        None => (BTreeMap::new(), None),
    };
    let missing: Vec<u64> = (0..plan.scenarios).filter(|number| !found.contains_key(number)).collect();
    if !found.is_empty() {
        eprintln!("{} scenarios are done already", found.len());
    }
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut progress = Progress::begin(missing.len());
    std::thread::scope(|scope| -> anyhow::Result<()> {
        // Dropped with this closure: whoever works then ends, as nobody listens any more.
        let receiver = receiver;
        for _ in 0..plan.threads {
            let (sender, next, missing) = (sender.clone(), &next, &missing);
            scope.spawn(move || {
                let made: anyhow::Result<Vec<_>> = plan.controllers.iter().map(|name| (plan.make)(name)).collect();
                let mut controllers = match made {
                    Ok(controllers) => controllers,
                    // Said by the receiver; if it is gone, somebody else has said it.
                    Err(why) => return drop(sender.send(Err(why))),
                };
                while let Some(&number) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if sender.send(drive(plan, number, &mut controllers)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for scenario in &receiver {
            let scenario = scenario?;
            if let Some(file) = &mut file {
                writeln!(file, "{}", serde_json::to_string(&scenario)?).context("writing what was done")?;
            }
            found.insert(scenario.number, scenario);
            progress.step();
        }
        Ok(())
    })?;
    progress.end();
    Ok(Done { scenarios: found.into_values().collect(), seconds: begin.elapsed().as_secs_f64() })
}

fn drive(plan: &Plan<'_>, number: u64, controllers: &mut [Box<dyn Controller>]) -> anyhow::Result<Scenario> {
    let seed = plan.seed(number);
    let scenario = plan.scenes.draw(seed)?;
    let mut runner = Runner::new(&scenario);
    let records = controllers.iter_mut().map(|controller| Record::from(&runner.run(controller.as_mut()).outcome)).collect();
    Ok(Scenario { number, seed, records })
}

/// What a file remembers, and the file, ready to be added to. A last line that was cut off is taken away.
fn open(plan: &Plan<'_>, path: &Path) -> anyhow::Result<(BTreeMap<u64, Scenario>, File)> {
    let mut found = BTreeMap::new();
    let (head, mut good) = (plan.head(), 0);
    if path.exists() {
        let mut lines = BufReader::new(File::open(path)?);
        let mut line = String::new();
        while lines.read_line(&mut line)? > 0 && line.ends_with('\n') {
            if good == 0 {
                let own: Head = serde_json::from_str(&line).context("this is no file of a study")?;
                if own != head {
                    bail!("it belongs to another study ({own:?}); this one is {head:?}. Name another file");
                }
            } else {
                let scenario: Scenario = serde_json::from_str(&line).context("this is no file of a study")?;
                if scenario.number < plan.scenarios {
                    found.insert(scenario.number, scenario);
                }
            }
            good += line.len() as u64;
            line.clear();
        }
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.set_len(good)?;
    if good == 0 {
        writeln!(file, "{}", serde_json::to_string(&head)?)?;
    }
    Ok((found, file))
}

/// How far it is, how fast it goes, how long it will take.
struct Progress {
    count: usize,
    done: usize,
    begin: Instant,
    shown: Option<Instant>,
    terminal: bool,
}

impl Progress {
    fn begin(count: usize) -> Self {
        Self { count, done: 0, begin: Instant::now(), shown: None, terminal: std::io::stderr().is_terminal() }
    }

    fn step(&mut self) {
        self.done += 1;
        let every = Duration::from_secs(if self.terminal { 1 } else { 15 });
        if self.shown.unwrap_or(self.begin).elapsed() >= every {
            self.shown = Some(Instant::now());
            let line = said(self.done, self.count, self.begin.elapsed());
            if self.terminal { eprint!("\r{line:70}") } else { eprintln!("{line}") }
        }
    }

    fn end(&self) {
        if self.terminal && self.shown.is_some() {
            eprintln!();
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of scenarios")]
fn said(done: usize, count: usize, since: Duration) -> String {
    let rate = done as f64 / since.as_secs_f64().max(1e-3);
    let left = (count.saturating_sub(done)) as f64 / rate.max(1e-9);
    format!(
        "{done} of {count} scenarios, {rate:.1} a second, {:.0} min {:02.0} s left",
        (left / 60.0).floor(),
        (left % 60.0).floor()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::SceneOptions;

    fn scenes(family: &str) -> Scenes {
        Scenes::load(&SceneOptions { family: family.to_owned(), map: None, cell: None }).expect("loads")
    }

    fn make(name: &str) -> anyhow::Result<Box<dyn Controller>> {
        farhand_study::named(name).context("a controller")
    }

    fn plan<'a>(scenes: &'a Scenes, controllers: &'a [String], resume: Option<&'a Path>) -> Plan<'a> {
        Plan { scenes, controllers, seeds: [1, 2, 3], scenarios: 9, threads: 2, resume, make: &make, model: None }
    }

    #[test]
    fn a_study_that_was_broken_off_goes_on_to_the_same_outcomes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("study.jsonl");
        let (scenes, controllers) = (scenes("tune"), ["frozen".to_owned(), "pursuit".to_owned()]);
        let whole = carry_out(&plan(&scenes, &controllers, Some(&path))).expect("done").scenarios;
        assert_eq!(whole.len(), 9);
        let text = std::fs::read_to_string(&path).expect("reads");
        let cut: String = text.split_inclusive('\n').take(5).collect();
        // The machine went off in the middle of a line.
        std::fs::write(&path, cut + "{\"number\":8,\"se").expect("written");
        let again = carry_out(&plan(&scenes, &controllers, Some(&path))).expect("done").scenarios;
        assert_eq!(again, whole);
        let other = ["frozen".to_owned()];
        let refused = carry_out(&plan(&scenes, &other, Some(&path))).err().expect("refused");
        assert!(format!("{refused:#}").contains("another study"), "{refused:#}");
    }

    #[test]
    fn the_time_that_is_left_follows_from_the_rate() {
        assert_eq!(said(300, 1_500, Duration::from_secs(10)), "300 of 1500 scenarios, 30.0 a second, 0 min 40 s left");
    }
}
