//! Where models and library are, and how to wait for an answer.

use farhand_policy::{Fault, Policy, Scored};
use farhand_protocol::MonoTime;
use farhand_senses::{Beams, FEATURES, Features, LinkReason, Senses, Told};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// When the situations of these tests are.
pub(crate) const AT: MonoTime = MonoTime(5_000_000);

/// What `cargo xtask setup` puts there.
pub(crate) fn library() -> PathBuf {
    let path = root().join("target/onnxruntime/libonnxruntime.so");
    assert!(path.is_file(), "{} is missing: run `cargo xtask setup`", path.display());
    path
}

/// The folder of one of the models of the tests.
pub(crate) fn trial(name: &str) -> PathBuf {
    root().join("models/trials").join(name)
}

/// Every folder with a model that is committed.
pub(crate) fn models() -> Vec<PathBuf> {
    let rooms = [root().join("models"), root().join("models/trials")];
    let folders = rooms.iter().flat_map(|room| std::fs::read_dir(room).expect("the room is there").filter_map(Result::ok));
    folders.map(|entry| entry.path()).filter(|path| path.join("card.json").is_file()).collect()
}

pub(crate) fn open(name: &str) -> Policy {
    Policy::open(&trial(name).join("card.json"), &library()).expect("the model opens")
}

/// Asks until scores come; the machine may take the core away for longer than a run may take.
pub(crate) fn scored(policy: &mut Policy, features: &Features) -> Scored {
    loop {
        policy.ask(AT, features.clone());
        match settled(policy) {
            Ok(scored) => return scored,
            Err(fault) => assert_eq!(fault, Fault::Slow, "{:?}", policy.counts()),
        }
        assert!(policy.counts().of(Fault::Slow) < 100, "{:?}", policy.counts());
    }
}

/// Waits until every question has been looked at or replaced, and gives the newest answer.
pub(crate) fn settled(policy: &mut Policy) -> Result<Scored, Fault> {
    let start = Instant::now();
    loop {
        let counts = policy.counts();
        let run = [Fault::Run, Fault::Length, Fault::NotFinite, Fault::Slow].map(|fault| counts.of(fault));
        let answer = policy.newest(AT);
        if counts.asked == counts.replaced + counts.scored + run.iter().sum::<u64>() && answer != Err(Fault::NotYet) {
            return answer;
        }
        if answer == Err(Fault::Ended) {
            return answer;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "no answer in a minute: {counts:?}");
        std::thread::yield_now();
    }
}

pub(crate) fn features() -> Features {
    let senses = Senses {
        beams: Beams::of([(4.0, 0.2), (0.5, 1.1), (0.5, -1.3)]),
        beams_before: None,
        speed_mps: 1.4,
        curvature_per_m: 0.1,
        decel_mps2: 0.0,
        told: [Told { speed_mps: 1.5, steering_rad: 0.1 }; 3],
        loaded: true,
        mast_m: 0.3,
        safe_decel_mps2: 1.8,
        safe_lateral_mps2: 1.0,
        corridor_m: [(0.6, 0.0), (1.2, 0.0), (1.8, 0.0), (2.4, 0.1), (3.0, 0.1), (3.6, 0.2)],
        corridor_extrapolated: false,
        keep_clear: None,
        since_event_s: 0.0,
        reason: LinkReason::Silence,
    };
    Features::of(&senses).expect("finite")
}

/// A row of numbers out of a golden file.
pub(crate) fn row(value: &serde_json::Value) -> Features {
    let numbers: Vec<f32> = floats(value);
    let row: [f32; FEATURES] = numbers.try_into().expect("a whole row");
    Features::kept(row).expect("finite")
}

#[expect(clippy::cast_possible_truncation, reason = "the file holds single-precision numbers")]
pub(crate) fn floats(value: &serde_json::Value) -> Vec<f32> {
    let list = value.as_array().expect("a list");
    list.iter().map(|number| number.as_f64().expect("a number") as f32).collect()
}

/// A folder with a copy of the sound model and its card, to be spoilt.
pub(crate) fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["card.json", "model.onnx"] {
        std::fs::copy(trial("sound").join(file), folder.path().join(file)).expect("copied");
    }
    folder
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this room lies in the repository")
}
