//! One vehicle, its network, the desk that leases it and the people at their pages, in one thread and in invented time.
//!
//! What decides is the real thing: the guardian's mind with core and guard, the gateway's lease desk, the emulated network of
//! `farhand-sim net`. Only agent and page are played, by the rules that theirs keep.

use crate::desk::Desk;
use crate::eyes::Eyes;
use crate::network::Network;
use crate::oracle::Oracle;
use crate::page::Page;
use farhand_drive::{AgentSays, GuardianSays, MachineSays};
use farhand_machine::{Machine, profiles};
use farhand_mind::{Decision, Heard, Mind, Remark, Start, Thought};
use farhand_profile::Profile;
use farhand_protocol::{BootId, CameraIndex, GatewaySays, LeaseEnding, LeaseEpoch, MonoTime, SafetyState, VehicleState};
use farhand_safety::Persisted;
use farhand_world::{Ground, Place, Site};
use serde_bytes::ByteBuf;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

pub(crate) const TICK: Duration = Duration::from_millis(10);
/// Ticks from one picture of a camera to the next: 33 a second.
const PICTURE_EVERY: u64 = 3;

/// What a policy answers: the time it names and its scores.
pub(crate) type Policy = fn(MonoTime) -> (MonoTime, Vec<f32>);

/// The agent, as far as the guardian meets it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Agent {
    pub(crate) alive: bool,
    pub(crate) policy: Option<Policy>,
    /// Cameras whose picture stands still.
    pub(crate) frozen: [bool; 2],
    /// Content that each camera has shown so far.
    changes: [u64; 2],
    frames: u64,
}

impl Agent {
    /// What it would say about a picture that is new, unless the camera's stand still.
    fn plays(&mut self, now: MonoTime, camera: CameraIndex) -> AgentSays {
        let at = usize::from(camera.0);
        self.changes[at] += u64::from(!self.frozen[at]);
        AgentSays::Content { camera, capture: now, frame: self.frames, changes: self.changes[at], motion: None }
    }
}

#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) now: MonoTime,
    pub(crate) profile: Profile,
    pub(crate) machine: Machine,
    /// None while it is dead.
    pub(crate) guardian: Option<Mind>,
    pub(crate) agent: Agent,
    /// Its cameras, where it is to measure what they really see; else what they show is played.
    pub(crate) eyes: Option<Eyes>,
    pub(crate) network: Network,
    pub(crate) desk: Desk,
    pub(crate) page: Page,
    pub(crate) oracle: Oracle,
    /// The newest state that the guardian gave out.
    pub(crate) state: VehicleState,
    /// What the guardian last asked a policy while the agent had none of its own.
    pub(crate) question: Option<(MonoTime, ByteBuf)>,
    /// Every command that reached the guardian, if they are kept.
    pub(crate) kept: Option<Vec<Vec<u8>>>,
    /// When the operator was last no longer in charge: how long no command had arrived, and the age of the front picture that the
    /// last one named.
    pub(crate) left: (Duration, Duration),
    /// The guardian said last that the policy's scores choose the stop.
    pub(crate) scores_used: bool,
    stored: Persisted,
    boot: u32,
    ticks: u64,
}

impl Rig {
    /// A vehicle that has just started.
    pub(crate) fn new(more: &str, ground: Ground, place: Place) -> anyhow::Result<Self> {
        Self::of(truck(more)?, ground, place)
    }

    /// A vehicle with this profile that has just started.
    pub(crate) fn of(profile: Profile, ground: Ground, place: Place) -> anyhow::Result<Self> {
        let now = MonoTime(5_000_000);
        let boot = 7;
        let mut rig = Self {
            now,
            machine: Machine::new(&profile, ground, place, now),
            guardian: None,
            agent: Agent { alive: true, policy: None, frozen: [false; 2], changes: [0; 2], frames: 0 },
            eyes: None,
            network: Network::new(),
            desk: Desk::new()?,
            page: Page::new(),
            oracle: Oracle::default(),
            state: VehicleState { state: SafetyState::Boot, ..VehicleState::parked(BootId(boot), LeaseEpoch(0)) },
            question: None,
            kept: None,
            left: (Duration::MAX, Duration::MAX),
            scores_used: false,
            stored: Persisted::default(),
            boot,
            ticks: 0,
            profile,
        };
        rig.start_guardian();
        Ok(rig)
    }

    /// From now on the agent measures what the cameras see on this site.
    pub(crate) fn opens_eyes(&mut self, site: &Rc<Site>) {
        let told = self.agent.changes.into_iter().max().unwrap_or(0);
        self.eyes = Some(Eyes::open(&self.profile, Rc::clone(site), told));
    }

    /// With the operator in charge, standing.
    pub(crate) fn taken_over(more: &str, ground: Ground, place: Place) -> anyhow::Result<Self> {
        let mut rig = Self::new(more, ground, place)?;
        rig.takes_over()?;
        Ok(rig)
    }

    /// Waits for the truck, asks for it, and takes it over.
    pub(crate) fn takes_over(&mut self) -> anyhow::Result<()> {
        self.until(20.0, "parked", |rig| rig.state.state == SafetyState::Parked)?;
        self.desk.ask(self.now, Desk::ALICE);
        self.presses_when_offered()
    }

    /// Waits for the hand-over, confirms, and presses the switch.
    pub(crate) fn presses_when_offered(&mut self) -> anyhow::Result<()> {
        (self.page.hands.enable, self.page.hands.idle, self.page.hands.confirm) = (false, true, false);
        let waits = |state| matches!(state, SafetyState::Parked | SafetyState::Handover);
        self.until(20.0, "a lease of a truck that waits", |rig| waits(rig.state.state) && rig.page.lease.is_some())?;
        self.run(0.3);
        self.page.hands.confirm = true;
        self.until(20.0, "the hand-over", |rig| rig.state.state == SafetyState::Handover)?;
        self.run(2.5);
        self.page.hands.enable = true;
        self.until(20.0, "the operator in charge", |rig| rig.state.state == SafetyState::Teleop)?;
        self.page.hands.idle = false;
        Ok(())
    }

    /// A guardian starts, with what the one before left in the state file.
    pub(crate) fn start_guardian(&mut self) {
        self.boot += 1;
        let stored = Persisted { boot_count: self.stored.boot_count + 1, ..self.stored };
        let start = Start { boot_id: BootId(self.boot), stored: Some(stored), realtime: true, at: self.now };
        self.guardian = Some(Mind::new(&self.profile, &start));
        self.hear(&Heard::AgentHere);
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, seconds: f64) {
        let until = self.now.after(Duration::from_secs_f64(seconds));
        while self.now < until {
            self.tick();
        }
    }

    /// Lets time pass until something is so.
    pub(crate) fn until(&mut self, seconds: f64, what: &str, is: impl Fn(&Self) -> bool) -> anyhow::Result<Duration> {
        let begin = self.now;
        while !is(self) {
            let Self { state, .. } = self;
            let waited = self.now.since(begin);
            anyhow::ensure!(
                waited.as_secs_f64() < seconds,
                "waited {seconds} s for {what}; it is in {:?} for {:?}",
                state.state,
                state.causes
            );
            self.tick();
        }
        Ok(self.now.since(begin))
    }

    /// One tick of the guardian, and all that happens around it.
    pub(crate) fn tick(&mut self) {
        self.now = self.now.after(TICK);
        self.ticks += 1;
        self.machine.advance(self.now);
        self.measure();
        self.agent_works();
        self.people_act();
        if let Some(decision) = self.guardian.as_mut().map(|mind| mind.tick(self.now)) {
            self.carry_out(&decision);
            let thought = self.guardian.as_mut().map_or_else(Thought::default, |mind| mind.think(self.now));
            self.scores_used = match thought.remark {
                Some(Remark::ScoresUsed) => true,
                Some(Remark::ScoresUnused(_)) => false,
                _ => self.scores_used,
            };
            self.answer_question(&thought);
        }
        self.oracle.look(&self.machine, &self.state);
    }

    fn measure(&mut self) {
        let report = self.machine.report(self.now);
        self.hear(&Heard::Machine(MachineSays::Report(report)));
        self.machine.sweep(self.now);
        while let Some(scan) = self.machine.known(self.now) {
            self.hear(&Heard::Machine(MachineSays::Scan(scan)));
        }
    }

    /// Beats, sends pictures, and passes on what the gateway said.
    fn agent_works(&mut self) {
        let arrived = self.network.arrived_at_vehicle(self.now);
        if !self.agent.alive {
            return;
        }
        self.hear_agent(AgentSays::Beat { at: self.now, gateway_connected: true });
        for command in arrived {
            self.hear_command(command);
        }
        while let Some(says) = self.network.said_to_vehicle() {
            match says {
                GatewaySays::LeaseGrant { epoch, holder } => self.hear_agent(AgentSays::LeaseGrant { epoch, holder }),
                GatewaySays::LeaseEnd { epoch, why } => {
                    self.hear_agent(AgentSays::LeaseEnd { epoch, revoked: why == LeaseEnding::Revoked });
                }
                GatewaySays::Welcome | GatewaySays::Refused { .. } => {}
            }
        }
        if self.ticks.is_multiple_of(PICTURE_EVERY) {
            self.takes_pictures();
        }
    }

    fn takes_pictures(&mut self) {
        self.agent.frames += 1;
        let (frame, place) = (self.agent.frames, self.machine.truck.place());
        for index in 0..2_u8 {
            let camera = CameraIndex(index);
            let says = match &mut self.eyes {
                Some(eyes) => eyes.look(self.now, camera, frame, place),
                None => Some(self.agent.plays(self.now, camera)),
            };
            if let Some(says) = says {
                self.hear_agent(says);
            }
            self.hear_agent(AgentSays::Sent { camera, capture: self.now });
            self.network.send_picture(self.now, camera, self.now);
        }
    }

    /// The pages and the desk between them and the vehicle.
    fn people_act(&mut self) {
        for (camera, capture) in self.network.arrived_pictures(self.now) {
            self.page.draws(camera, capture);
        }
        for bytes in self.network.arrived_states(self.now) {
            self.page.hears(self.now, &bytes);
        }
        self.desk.tick(self.now);
        self.page.lease = self.desk.lease_of_alice();
        let place = self.machine.truck.place();
        if self.ticks.is_multiple_of(2)
            && let Some((epoch, command)) = self.page.command(self.now, &place)
            && self.desk.lets_pass(self.now, epoch)
        {
            self.network.send_command(self.now, &command);
        }
        for says in self.desk.take_for_vehicle() {
            self.network.say_to_vehicle(says);
        }
    }

    fn carry_out(&mut self, decision: &Decision) {
        self.machine.obey(self.now, &decision.actuate);
        self.oracle.told(self.now, &decision.actuate);
        if let Some(store) = decision.store {
            self.stored = store;
            self.hear(&Heard::Stored(store));
        }
        if let Some(event) = &decision.event {
            if event.from == SafetyState::Teleop {
                self.left = (self.now.since(self.oracle.last_command), self.oracle.named_age(self.now));
            }
            self.oracle.events.push(event.clone());
        }
        if let Some(state) = &decision.state {
            self.state = state.clone();
            if let (true, Ok(bytes)) = (self.agent.alive, state.clone().encode()) {
                self.network.send_state(self.now, &bytes);
            }
        }
    }

    fn answer_question(&mut self, thought: &Thought) {
        let Some(GuardianSays::Senses { at, row }) = &thought.say else { return };
        let Some(policy) = self.agent.policy else {
            self.question = Some((*at, row.clone()));
            return;
        };
        let (at, scores) = policy(*at);
        let bytes: Vec<u8> = scores.iter().flat_map(|score| score.to_le_bytes()).collect();
        self.hear_agent(AgentSays::Scores { at, values: ByteBuf::from(bytes) });
    }

    /// Gives the guardian a command as the agent would.
    pub(crate) fn hear_command(&mut self, command: Vec<u8>) {
        self.oracle.heard(self.now, &command);
        if let Some(kept) = &mut self.kept {
            kept.push(command.clone());
        }
        self.hear_agent(AgentSays::Command(ByteBuf::from(command)));
    }

    pub(crate) fn hear_agent(&mut self, message: AgentSays) {
        self.hear(&Heard::Agent(message));
    }

    pub(crate) fn hear(&mut self, heard: &Heard) {
        let Some(mind) = &mut self.guardian else { return };
        let taken = mind.take(self.now, heard);
        match taken.say {
            Some(GuardianSays::Hello { boot_id, highest_epoch }) => self.desk.vehicle_came(self.now, boot_id, highest_epoch),
            Some(GuardianSays::LeaseAccepted { epoch }) => self.desk.accepted(self.now, epoch, BootId(self.boot)),
            Some(GuardianSays::LeaseRefused { epoch, highest_epoch, .. }) => self.desk.refused(self.now, epoch, highest_epoch),
            _ => {}
        }
    }
}

/// The profile that the rows drive, with further tables.
pub(crate) fn truck(more: &str) -> anyhow::Result<Profile> {
    let text = format!("{}{more}", profiles::truck("freeze_check = \"identical\""));
    Ok(farhand_settings::parse(&text, Path::new("profile.toml"))?)
}
