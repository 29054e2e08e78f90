//! The learned stop policy beside the control thread: asked by the guardian, answered when its own thread is done.
//!
//! Nothing here is needed for a stop: without an answer in time the guard ranks by itself, and says so.

use crate::config::PolicyConfig;
use farhand_drive::{AgentSays, vehicle_now};
use farhand_policy::{Fault, Policy, PolicyError};
use farhand_protocol::MonoTime;
use farhand_senses::Features;
use serde_bytes::ByteBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// A run takes some 30 microseconds: mostly one look is enough.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Longer than a run may take; then the answer is a fault, and the next question is on its way.
const LOOK_FOR: Duration = Duration::from_millis(20);

/// The policy of this vehicle, if it has one.
#[derive(Debug, Default)]
pub(crate) struct Scorer {
    policy: Option<Policy>,
    asked: Option<Asked>,
    fault: Option<Fault>,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    at: MonoTime,
    look: Instant,
    until: Instant,
}

impl Scorer {
    /// Opens the model; without one, or with one that is refused, the vehicle drives all the same.
    pub(crate) fn open(config: Option<&PolicyConfig>) -> Self {
        let Some(config) = config else { return Self::default() };
        match open(config) {
            Ok(policy) => {
                tracing::info!(model = policy.card().name, sha256 = policy.card().sha256, "Stop policy there");
                Self { policy: Some(policy), ..Self::default() }
            }
            Err(why) => {
                tracing::error!(%why, "No stop policy: the guard ranks by itself");
                Self::default()
            }
        }
    }

    /// A question of the guardian.
    pub(crate) fn ask(&mut self, at: MonoTime, row: &[u8]) {
        let Some(policy) = &mut self.policy else { return };
        let Some(features) = Features::read(row) else {
            tracing::warn!(bytes = row.len(), "The guardian's question is no row of senses");
            return;
        };
        policy.ask(at, features);
        let now = Instant::now();
        self.asked = Some(Asked { at, look: now + LOOK_EVERY, until: now + LOOK_FOR });
    }

    /// The answer to the newest question; waits for ever while there is none. Cancel-safe.
    pub(crate) async fn answer(&mut self) -> AgentSays {
        loop {
            let (Some(asked), Some(policy)) = (&mut self.asked, &mut self.policy) else { return std::future::pending().await };
            sleep_until(asked.look).await;
            let answer = policy.newest(vehicle_now());
            if let Ok(scored) = answer
                && scored.at == asked.at
            {
                self.asked = None;
                self.tell(None);
                let values = scored.values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
                return AgentSays::Scores { at: scored.at, values: ByteBuf::from(values) };
            }
            asked.look += LOOK_EVERY;
            if Instant::now() >= asked.until {
                self.asked = None;
                // A good answer to an older question is late as well.
                self.tell(Some(answer.err().unwrap_or(Fault::Late)));
            }
        }
    }

    /// Says a new fault once, and its end.
    fn tell(&mut self, fault: Option<Fault>) {
        if fault == self.fault {
            return;
        }
        if let Some(fault) = fault {
            tracing::warn!(fault = fault.word(), "The stop policy gives no scores; the guard ranks by itself");
        } else {
            tracing::info!("The stop policy gives scores again");
        }
        self.fault = fault;
    }
}

/// Opens the model of a configuration.
pub(crate) fn open(config: &PolicyConfig) -> Result<Policy, PolicyError> {
    Policy::open(&config.card, &config.library)
}
