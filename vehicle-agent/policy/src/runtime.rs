//! ONNX Runtime: the library, and one session of one model in it.

use crate::card::{Card, INPUT, OUTPUT, Tensor};
use crate::elf;
use crate::error::PolicyError;
use farhand_senses::FEATURES;
use farhand_senses::Features;
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::{Outlet, TensorElementType, TensorRef};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The library of this process. It can be opened once only, and stays.
static LIBRARY: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// A model that ONNX Runtime has accepted and that is what its card says.
#[derive(Debug)]
pub(crate) struct Runtime {
    session: Session,
}

impl Runtime {
    /// Opens the library and a session with one thread, and runs the model once so that the first question is not the slow one.
    pub(crate) fn open(library: &Path, card: &Card, model: &[u8]) -> Result<Self, PolicyError> {
        let environment = environment(library)?;
        let session = session(&environment, model).map_err(|why| PolicyError::Refused { why })?;
        same("input", &card.input, session.inputs())?;
        same("output", &card.output, session.outputs())?;
        let mut runtime = Self { session };
        let nothing = [0.0; FEATURES];
        runtime.run(&nothing, |_| ()).map_err(|why| PolicyError::Refused { why })?;
        Ok(runtime)
    }

    /// Scores one situation and hands the scores to `look`.
    pub(crate) fn score<T>(&mut self, features: &Features, look: impl FnOnce(&[f32]) -> T) -> Result<T, String> {
        self.run(features.row(), look)
    }

    fn run<T>(&mut self, row: &[f32; FEATURES], look: impl FnOnce(&[f32]) -> T) -> Result<T, String> {
        let input = TensorRef::from_array_view(([1_usize, FEATURES], row.as_slice())).map_err(said)?;
        let outputs = self.session.run(ort::inputs![INPUT => input]).map_err(said)?;
        let scores = outputs.get(OUTPUT).ok_or("the model gave no scores")?;
        let (_, scores) = scores.try_extract_tensor::<f32>().map_err(said)?;
        Ok(look(scores))
    }
}

fn environment(library: &Path) -> Result<Environment, PolicyError> {
    let missing = |_| PolicyError::LibraryMissing { path: library.to_owned() };
    let path = library.canonicalize().map_err(missing)?;
    let mut opened = LIBRARY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((first, environment)) = opened.as_ref() {
        return if *first == path { Ok(environment.clone()) } else { Err(PolicyError::OtherLibrary { first: first.clone() }) };
    }
    let wrong = |why: String| PolicyError::Library { path: path.clone(), why };
    check_whole(&path).map_err(wrong)?;
    let builder = ort::init_from(&path).map_err(|error| wrong(error.to_string()))?;
    let environment = builder.with_name("farhand").with_telemetry(false).build().map_err(|error| wrong(error.to_string()))?;
    environment.set_log_level(ort::logging::LogLevel::Fatal);
    *opened = Some((path, environment.clone()));
    Ok(environment)
}

fn check_whole(library: &Path) -> Result<(), String> {
    let file = std::fs::File::open(library).map_err(said)?;
    let length = file.metadata().map_err(said)?.len();
    let mut head = Vec::new();
    file.take(elf::HEAD_BYTES).read_to_end(&mut head).map_err(said)?;
    elf::check(&head, length).map_err(str::to_owned)
}

fn session(environment: &Environment, model: &[u8]) -> Result<Session, String> {
    // One thread and no spinning: a policy that waits must not cost the cores of video and control.
    let builder = Session::builder(environment).map_err(said)?;
    let builder = builder.with_optimization_level(GraphOptimizationLevel::Level3).map_err(said)?;
    let builder = builder.with_intra_threads(1).map_err(said)?;
    let builder = builder.with_inter_threads(1).map_err(said)?;
    let builder = builder.with_parallel_execution(false).map_err(said)?;
    let mut builder = builder.with_intra_op_spinning(false).map_err(said)?;
    builder.commit_from_memory(model).map_err(said)
}

/// The model has the one input or output of its card, and nothing else.
fn same(which: &'static str, wanted: &Tensor, found: &[Outlet]) -> Result<(), PolicyError> {
    if let [only] = found
        && only.name() == wanted.name
        && only.dtype().tensor_type() == Some(TensorElementType::Float32)
        && only.dtype().tensor_shape().is_some_and(|shape| **shape == *wanted.shape)
    {
        return Ok(());
    }
    let found: Vec<String> = found.iter().map(|outlet| format!("{} {}", outlet.name(), outlet.dtype())).collect();
    Err(PolicyError::Shape { which, wanted: wanted.to_string(), found: format!("{} in the model", found.join(" and ")) })
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
