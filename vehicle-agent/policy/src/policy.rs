//! The policy's thread: asked without waiting, answered without waiting.

use crate::card::Card;
use crate::error::PolicyError;
use crate::fault::{Counts, Fault, Tally, is_fresh, judge};
use crate::model::Model;
use crate::runtime::Runtime;
use crate::slot::{Put, Slot};
use farhand_protocol::MonoTime;
use farhand_senses::Features;
use farhand_senses::SCORES;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// Scores of one situation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// When the situation was, as it was asked.
    pub at: MonoTime,
    /// How long the model took.
    pub took: Duration,
    /// One for each manoeuvre of the guard, in its order; higher is better. All are finite.
    pub values: [f32; SCORES],
}

/// A model on its own thread.
///
/// One owner asks ([`Policy::ask`]) and looks for the newest answer ([`Policy::newest`]); both return at once, whatever the
/// model does. An abort inside ONNX Runtime ends the whole process: whoever needs to outlive that lives in another one.
#[derive(Debug)]
pub struct Policy {
    card: Card,
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    last: Answer,
    /// A question that found the thread's hand in the place: put there at the next call.
    kept: Option<(MonoTime, Features)>,
}

/// What a test makes the policy's thread do, at the question of this number, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// Aborts the process, as a broken library would.
    AbortAt(u64),
    /// Ends the thread.
    EndAt(u64),
}

type Answer = Result<Scored, Fault>;

#[derive(Debug)]
struct Shared {
    question: Slot<(MonoTime, Features)>,
    answer: Slot<Answer>,
    tally: Tally,
    closed: AtomicBool,
}

impl Policy {
    /// Opens a model by its card with the ONNX Runtime at `library`, and starts its thread. Takes some 20 ms.
    ///
    /// # Errors
    /// [`PolicyError`] if card, model or library are missing or not what they must be: drive without a policy then.
    pub fn open(card: &Path, library: &Path) -> Result<Self, PolicyError> {
        Self::start(card, library, None)
    }

    /// The same with a fault built in, for tests of those who must outlive it.
    ///
    /// # Errors
    /// As [`Policy::open`].
    pub fn open_for_trial(card: &Path, library: &Path, trial: Trial) -> Result<Self, PolicyError> {
        Self::start(card, library, Some(trial))
    }

    fn start(path: &Path, library: &Path, trial: Option<Trial>) -> Result<Self, PolicyError> {
        let (card, runtime) = Model::open(path, library)?.into_parts();
        let shared = Arc::new(Shared {
            question: Slot::new(),
            answer: Slot::new(),
            tally: Tally::default(),
            closed: AtomicBool::new(false),
        });
        let theirs = Arc::clone(&shared);
        let thread = Builder::new()
            .name("policy".to_owned())
            .spawn(move || answer_all(runtime, &theirs, trial))
            .map_err(|error| PolicyError::Thread { why: error.to_string() })?;
        Ok(Self { card, shared, thread, last: Err(Fault::NotYet), kept: None })
    }

    /// What the model's card says.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Asks for scores of the situation at `at`. An older question that nobody has looked at yet is forgotten.
    pub fn ask(&mut self, at: MonoTime, features: Features) {
        let tally = &self.shared.tally;
        tally.asked.fetch_add(1, Ordering::Relaxed);
        if self.kept.replace((at, features)).is_some() {
            tally.replaced.fetch_add(1, Ordering::Relaxed);
        }
        self.hand_over();
    }

    fn hand_over(&mut self) {
        let Some(question) = self.kept.take() else { return };
        match self.shared.question.put(question) {
            Ok(put) => {
                if put == Put::Replaced {
                    self.shared.tally.replaced.fetch_add(1, Ordering::Relaxed);
                }
                self.thread.thread().unpark();
            }
            Err(question) => self.kept = Some(question),
        }
    }

    /// The newest scores, if they may be used now.
    ///
    /// # Errors
    /// The [`Fault`] because of which there are none, which is counted.
    pub fn newest(&mut self, now: MonoTime) -> Result<Scored, Fault> {
        self.hand_over();
        if let Some(answer) = self.shared.answer.take() {
            self.last = answer;
        }
        let fault = match self.last {
            _ if self.thread.is_finished() => Fault::Ended,
            Ok(scored) if is_fresh(scored.at, now) => return Ok(scored),
            Ok(_) => Fault::Late,
            // Counted where it happened.
            Err(fault @ (Fault::Run | Fault::Length | Fault::NotFinite | Fault::Slow)) => return Err(fault),
            Err(fault) => fault,
        };
        self.shared.tally.add(fault);
        Err(fault)
    }

    /// How often each thing has happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.tally.counts()
    }
}

impl Drop for Policy {
    /// The thread ends after its present run; nobody waits for a model that hangs.
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Release);
        self.thread.thread().unpark();
    }
}

/// The thread: sleeps until asked, looks at the newest question only.
fn answer_all(mut runtime: Runtime, shared: &Shared, trial: Option<Trial>) {
    let mut number = 0;
    while !shared.closed.load(Ordering::Acquire) {
        let Some((at, features)) = shared.question.take_waiting() else {
            std::thread::park();
            continue;
        };
        number += 1;
        match trial {
            Some(Trial::AbortAt(when)) if when == number => std::process::abort(),
            Some(Trial::EndAt(when)) if when == number => return,
            _ => {}
        }
        let answer = answer(&mut runtime, at, &features);
        let fault = answer.as_ref().err().copied();
        // First the answer, then the count: whoever sees the count finds the answer.
        shared.answer.put_waiting(answer);
        match fault {
            None => drop(shared.tally.scored.fetch_add(1, Ordering::Release)),
            Some(fault) => shared.tally.add(fault),
        }
    }
}

fn answer(runtime: &mut Runtime, at: MonoTime, features: &Features) -> Answer {
    let start = Instant::now();
    let judged = runtime.score(features, |scores| {
        let took = start.elapsed();
        judge(scores, took).map(|values| Scored { at, took, values })
    });
    judged.unwrap_or(Err(Fault::Run))
}
