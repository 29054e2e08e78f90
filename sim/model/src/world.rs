//! One state of the model: the real core, the world around it and the oracle that watches, and its projection.

use crate::act::{Act, STEP_MS};
use farhand_protocol::{Cause, SafetyState};
use farhand_safety_breakable::testing::truck::{Hands, Stage};
use farhand_safety_breakable::{Bases, Projection};
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// The oldest picture that a command names, with the step in which it is named.
const NAMED_WITHIN: Duration = Duration::from_millis(700 + STEP_MS);

/// A state, shared between the checker's tables. Equal if the projections are.
#[derive(Clone)]
pub(crate) struct World(Arc<Inside>);

struct Inside {
    /// None where the run ends: nothing follows, and memory is short.
    stage: Option<Stage>,
    digest: u64,
    /// The acts that led here.
    path: Vec<Act>,
    breaches: BTreeMap<u8, String>,
    causes: u32,
    state: SafetyState,
}

impl World {
    pub(crate) fn first(stage: Stage) -> Self {
        Self::of(stage, Vec::new(), true)
    }

    fn of(mut stage: Stage, path: Vec<Act>, goes_on: bool) -> Self {
        let digest = digest(&projection(&stage));
        let snapshot = stage.snapshot();
        let causes = snapshot.causes.iter().fold(0, |bits, cause| bits | bit(*cause));
        stage.transitions.clear();
        stage.answers.clear();
        let newest = stage.now;
        stage.captures.retain(|at| newest.since(*at) <= NAMED_WITHIN * 2);
        stage.captures.shrink_to_fit();
        let breaches = stage.oracle.breaches.clone();
        Self(Arc::new(Inside { stage: goes_on.then_some(stage), digest, path, breaches, causes, state: snapshot.state }))
    }

    /// The state after one more act; none if nothing follows.
    pub(crate) fn after(&self, act: Act, twice: bool, goes_on: bool) -> Option<Self> {
        let mut stage = self.0.stage.clone()?;
        let mut twin = if twice { Some(stage.clone()) } else { None };
        act.perform(&mut stage);
        if act == Act::Crash || act == Act::CrashWithoutFile {
            // A new core takes its memory anew.
            stage.core.shrink_memory(crate::runs::STAMPS, crate::runs::REPORTS);
        }
        if let Some(twin) = &mut twin {
            act.perform(twin);
            if stage.output != twin.output || stage.transitions != twin.transitions || projection(&stage) != projection(twin) {
                stage.oracle.breaches.entry(20).or_insert_with(|| format!("two runs differ after {act:?}"));
            }
        }
        let path = self.0.path.iter().copied().chain([act]).collect();
        Some(Self::of(stage, path, goes_on))
    }

    /// The acts that led here.
    pub(crate) fn path(&self) -> &[Act] {
        &self.0.path
    }

    /// What was breached on the way, by number.
    pub(crate) fn breaches(&self) -> &BTreeMap<u8, String> {
        &self.0.breaches
    }

    /// Is the cause listed now?
    pub(crate) fn has(&self, cause: Cause) -> bool {
        self.0.causes & bit(cause) != 0
    }

    /// The state of the core.
    pub(crate) fn state(&self) -> SafetyState {
        self.0.state
    }
}

impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.digest);
    }
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        self.0.digest == other.0.digest
    }
}

fn bit(cause: Cause) -> u32 {
    1 << (cause as u32)
}

fn digest(projection: &Projection) -> u64 {
    let mut hasher = DefaultHasher::new();
    projection.hash(&mut hasher);
    hasher.finish()
}

/// What of the world decides its future. The replayed command is not in it: whatever it says, its number is used up.
pub(crate) fn projection(stage: &Stage) -> Projection {
    let mut to = Projection::default();
    let bases = bases(stage);
    let now = stage.now;
    // The phase of reports, pictures, scans and commands.
    to.number(i64::try_from(now.0 / 10_000 % (STEP_MS / 10)).unwrap_or(0));
    let Hands { enable, speed_mm_s, steering_mrad, lift_mm_s, confirm, rearm, input_age_ms, pressed_through } = &stage.hands;
    to.numbers([*speed_mm_s, *steering_mrad, *lift_mm_s]);
    to.numbers([*enable, *confirm, *rearm]);
    to.number(*input_age_ms);
    to.maybe(*pressed_through);
    for flag in [
        stage.commands_flow,
        stage.pictures_flow,
        stage.picture_frozen,
        stage.pictures_swapped,
        stage.agent_alive,
        stage.gateway_connected,
        stage.machine_alive,
        stage.localised,
        stage.emergency_stop,
        stage.loaded,
        stage.disk_works,
        stage.wheel_follows,
        stage.forks_sink,
        stage.seen.is_some(),
        stage.plan.is_some(),
        stage.manoeuvre.is_some(),
        stage.stored.is_some(),
    ] {
        to.number(flag);
    }
    to.number(i64::try_from(stage.picture_age_ms).unwrap_or(i64::MAX));
    to.numbers([stage.fork_um, stage.brake_percent, stage.speed_um_s, stage.wheel_urad]);
    to.number(stage.wobble_mrad);
    if let Some(seen) = &stage.seen {
        seen.project(&stage.config, &mut to);
    }
    if let Some(plan) = &stage.plan {
        plan.project(&bases, &mut to);
    }
    if let Some(stored) = &stage.stored {
        stored.project(&bases, stage.core.newest_latch(), &mut to);
    }
    stage.drive.project(&mut to);
    for at in stage.captures.iter().filter(|at| now.since(**at) <= NAMED_WITHIN) {
        to.age(now, Some(*at), NAMED_WITHIN);
    }
    stage.core.project(&bases, &mut to);
    stage.oracle.project(&stage.core, &bases, &mut to);
    to
}

fn bases(stage: &Stage) -> Bases {
    Bases {
        now: stage.now,
        seq: stage.seq,
        epoch: stage.epoch.0,
        mission: stage.mission.0,
        plan_seq: stage.plan_seq,
        travelled_um: stage.travelled_um,
        frames: stage.frames,
        changes: stage.changes,
        named_within: NAMED_WITHIN,
    }
}

#[cfg(test)]
mod tests;
