//! The order in which a guardian listens, decides and thinks.

use crate::heard::{Decision, Heard, Remark, Start, Taken, Thought};
use crate::limits;
use crate::lookout::Lookout;
use crate::words;
use farhand_drive::{AgentSays, GuardianSays, MachineSays};
use farhand_guard::ScoreFault;
use farhand_profile::Profile;
use farhand_protocol::{BootId, MonoTime};
use farhand_safety::{Content, Core, Drive, Input, Output};
use farhand_site::SiteMap;
use serde_bytes::ByteBuf;
use std::time::Duration;

const TICK: Duration = Duration::from_millis(10);
const STATE_PERIOD: Duration = Duration::from_millis(50);
/// A tick this late is counted and shown; the core itself judges the overrun.
const LATE_TICK: Duration = Duration::from_millis(5);

/// The mind of one vehicle: told what arrives as it arrives, and asked for a decision each time a tick is due. Equal calls
/// with equal times give equal answers.
#[derive(Debug, Clone)]
pub struct Mind {
    pub(crate) core: Core,
    pub(crate) lookout: Lookout,
    boot_id: BootId,
    realtime: bool,
    next_tick: MonoTime,
    next_state: MonoTime,
    actuate_seq: u64,
    /// What the newest decision told the machine.
    drive: Drive,
    late_ticks: u64,
    /// Why the policy's scores are not used; none while they are.
    score_fault: Option<ScoreFault>,
}

impl Mind {
    /// Starts with the brake on.
    #[must_use]
    pub fn new(profile: &Profile, start: &Start) -> Self {
        Self {
            core: Core::new(limits::from_profile(profile), start.boot_id, start.stored, start.at),
            lookout: Lookout::of(profile),
            boot_id: start.boot_id,
            realtime: start.realtime,
            next_tick: start.at,
            next_state: start.at,
            actuate_seq: 0,
            drive: Drive::default(),
            late_ticks: 0,
            score_fault: Some(ScoreFault::Missing),
        }
    }

    /// Gives it the map of its site: without one everything that it sees could be a person.
    #[must_use]
    pub fn on_site(mut self, site: SiteMap) -> Self {
        self.lookout.know(site);
        self
    }

    /// When the next tick is due.
    #[must_use]
    pub fn next_tick(&self) -> MonoTime {
        self.next_tick
    }

    /// Takes what arrived. Nothing moves here; the next tick decides.
    pub fn take(&mut self, now: MonoTime, heard: &Heard) -> Taken {
        match heard {
            Heard::Machine(message) => self.take_from_machine(now, message),
            Heard::MachineGone => {
                self.lookout.forget();
                Taken { urgent: true, ..self.put(now, Input::MachineGone) }
            }
            Heard::AgentHere => {
                let hello = GuardianSays::Hello { boot_id: self.boot_id, highest_epoch: self.core.highest_epoch() };
                Taken { say: Some(hello), ..Taken::default() }
            }
            Heard::Agent(message) => self.take_from_agent(now, message),
            Heard::AgentGone => Taken { urgent: true, ..self.put(now, Input::AgentGone) },
            Heard::Stored(stored) => self.put(now, Input::Stored(*stored)),
            Heard::StoreFailed => self.put(now, Input::StoreFailed),
            Heard::Suspended => self.put(now, Input::ClockJump),
        }
    }

    /// Decides. To be called when [`Self::next_tick`] is due, and at once after anything urgent.
    pub fn tick(&mut self, now: MonoTime) -> Decision {
        if now.since(self.next_tick) > LATE_TICK {
            self.late_ticks += 1;
        }
        if now >= self.next_tick {
            let next = self.next_tick.after(TICK);
            self.next_tick = if next > now { next } else { now.after(TICK) };
        }
        self.look(now);
        let output = self.core.tick(now);
        self.drive = output.drive;
        self.actuate_seq += 1;
        self.decided(now, output)
    }

    /// Looks ahead when the decision has left: what takes longest comes last. To be called once after each tick.
    pub fn think(&mut self, now: MonoTime) -> Thought {
        self.lookout.note(now, &self.drive);
        self.lookout.think(now, &self.core);
        let Some((at, features)) = self.lookout.question() else { return Thought::default() };
        let fault = self.lookout.scored().map_or(self.score_fault, Result::err);
        let remark = (fault != self.score_fault).then(|| fault.map_or(Remark::ScoresUsed, Remark::ScoresUnused));
        self.score_fault = fault;
        Thought { say: Some(GuardianSays::Senses { at, row: ByteBuf::from(features.written()) }), remark }
    }

    fn take_from_machine(&mut self, now: MonoTime, message: &MachineSays) -> Taken {
        match message {
            MachineSays::Report(report) => {
                self.lookout.take_report(report);
                let taken = self.put(now, Input::Machine(words::sample(report)));
                Taken { urgent: report.emergency_stop, ..taken }
            }
            MachineSays::Scan(scan) if self.lookout.take_scan(now, scan) => Taken::default(),
            MachineSays::Scan(scan) => {
                let remark = Remark::SweepRefused { scanner: scan.scanner, refused: self.lookout.refused() };
                Taken { remark: Some(remark), ..Taken::default() }
            }
        }
    }

    fn take_from_agent(&mut self, now: MonoTime, message: &AgentSays) -> Taken {
        match message {
            AgentSays::Beat { at, gateway_connected } => {
                // Neither has an answer.
                let _ = self.core.take(now, Input::AgentBeat(*at));
                self.put(now, Input::GatewayConnected(*gateway_connected))
            }
            AgentSays::Command(bytes) => self.put(now, Input::Command(bytes)),
            AgentSays::Stop(_) => Taken { urgent: true, ..self.put(now, Input::Stop) },
            AgentSays::LeaseGrant { epoch, .. } => self.put(now, Input::LeaseGrant(*epoch)),
            AgentSays::LeaseEnd { epoch, revoked } => {
                let end = if *revoked { Input::LeaseRevoked(*epoch) } else { Input::LeaseEnd(*epoch) };
                Taken { urgent: true, ..self.put(now, end) }
            }
            AgentSays::Sent { camera, capture } => self.put(now, Input::Sent(*camera, *capture)),
            AgentSays::Content { camera, capture, frame, changes, motion } => {
                let (camera, capture, motion) = (*camera, *capture, motion.map(words::motion));
                self.put(now, Input::Content(Content { camera, capture, frame: *frame, changes: *changes, motion }))
            }
            AgentSays::Scores { at, values } => {
                let remark = (!self.lookout.take_scores(*at, values)).then_some(Remark::NoScores { bytes: values.len() });
                Taken { remark, ..Taken::default() }
            }
            AgentSays::Release { mission } => self.put(now, Input::Release(*mission)),
            AgentSays::MissionEnd { mission } => self.put(now, Input::MissionEnd(*mission)),
            AgentSays::Plan(wanted) => self.put(now, Input::Plan(words::plan(wanted))),
        }
    }

    fn put(&mut self, now: MonoTime, input: Input<'_>) -> Taken {
        let answer = self.core.take(now, input);
        Taken { say: answer.map(|answer| words::said(answer, self.core.highest_epoch())), ..Taken::default() }
    }

    /// What the guard says about the motion that is meant, or about the stop under way, for the tick that follows.
    fn look(&mut self, now: MonoTime) {
        let sight = self.lookout.look(now, &self.core);
        let inputs = [sight.surroundings.map(Input::Surroundings), sight.manoeuvre.map(Input::Manoeuvre)];
        for input in inputs.into_iter().flatten() {
            // Neither has an answer.
            let _ = self.core.take(now, input);
        }
    }

    fn decided(&mut self, now: MonoTime, output: Output) -> Decision {
        let event = output.transition.map(|change| self.core.event(now, change.from, change.to));
        let mut state = None;
        // A stop that was found is told in the next tick: what is not told is not shown.
        let untold = self.lookout.take_untold();
        if event.is_some() || untold || now >= self.next_state {
            self.next_state = now.after(STATE_PERIOD);
            let mut snapshot = self.core.snapshot(now, self.realtime, self.late_ticks);
            snapshot.corridor = self.lookout.corridor(now);
            state = Some(snapshot);
        }
        Decision { actuate: words::actuation(self.actuate_seq, now, &output.drive), store: output.store, event, state }
    }
}
