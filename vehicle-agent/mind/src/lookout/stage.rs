//! A truck with scanners on a floor, an operator and a link around the real mind, in invented time.

use crate::record::{Header, Tape};
use crate::{Decision, Heard, Mind, Remark, Start, Taken, words};
use farhand_drive::{Actuate, AgentSays, GuardianSays, MachineSays};
use farhand_machine::{Machine, profiles};
use farhand_profile::Profile;
use farhand_protocol::{
    BootId, CameraIndex, Command, FromConsole, GlassStamp, LeaseEpoch, MonoTime, OperatorName, RtpStamp, SafetyState, VehicleId,
    VehicleState, WIRE_VERSION, encode,
};
use farhand_safety::{Drive, Input, Persisted};
use farhand_site::{SiteFile, SiteMap};
use farhand_world::{Ground, Place};
use serde_bytes::ByteBuf;
use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::time::Duration;

const BOOT: BootId = BootId(7);
const TICK: Duration = Duration::from_millis(10);

pub(crate) type Policy = fn(MonoTime) -> (MonoTime, Vec<u8>);

#[derive(Clone)]
pub(crate) struct Stage {
    mind: Mind,
    pub machine: Machine,
    pub now: MonoTime,
    pub drive: Actuate,
    /// Wanted speed and steering of the operator; none while the link is silent.
    pub hands: Option<(i32, i32)>,
    /// When the last command arrived.
    pub commanded: MonoTime,
    /// What a policy answers: the time it names and its bytes, for the time it was asked about. None is a vehicle without one.
    pub policy: Option<Policy>,
    enable: bool,
    epoch: LeaseEpoch,
    seq: u64,
    captures: VecDeque<MonoTime>,
    profile: String,
    site: Option<String>,
    /// The session so far, if it is recorded.
    record: Option<(Tape, Vec<u8>)>,
}

/// The stories ask core and lookout as they are.
impl Deref for Stage {
    type Target = Mind;

    fn deref(&self) -> &Mind {
        &self.mind
    }
}

impl DerefMut for Stage {
    fn deref_mut(&mut self) -> &mut Mind {
        &mut self.mind
    }
}

impl Stage {
    pub(crate) fn new(more: &str, ground: Ground, place: Place) -> Self {
        let text = format!("{}{more}", profiles::truck(""));
        let profile: Profile = farhand_settings::parse(&text, Path::new("p.toml")).expect("good");
        let now = MonoTime(5_000_000);
        Self {
            mind: Mind::new(&profile, &start(now)),
            machine: Machine::new(&profile, ground, place, now),
            now,
            drive: words::actuation(0, now, &Drive::default()),
            hands: Some((0, 0)),
            commanded: now,
            policy: None,
            enable: false,
            epoch: LeaseEpoch(1),
            seq: 0,
            captures: VecDeque::new(),
            profile: text,
            site: None,
            record: None,
        }
    }

    /// The same, with a map of its site and a localisation.
    pub(crate) fn on_site(mut self, site: &SiteFile) -> Self {
        self.mind = self.mind.on_site(SiteMap::of(site));
        self.machine.localised = true;
        self.site = Some(site.to_string());
        self
    }

    /// The same, with all that happens on record.
    pub(crate) fn recorded(mut self) -> Self {
        let vehicle = VehicleId::new("truck-1").expect("a name");
        let header = Header::new(vehicle, self.profile.clone(), "here".into(), 0, &start(self.now)).on_site(self.site.clone());
        self.record = Some((Tape::default(), header.to_bytes().expect("encodes")));
        self
    }

    /// The record so far.
    pub(crate) fn record(self) -> Vec<u8> {
        self.record.expect("recorded").1
    }

    /// With the operator in charge, standing.
    pub(crate) fn taken_over(more: &str, ground: Ground, place: Place) -> Self {
        Self::new(more, ground, place).take_over()
    }

    pub(crate) fn take_over(mut self) -> Self {
        self.until(SafetyState::Parked);
        let holder = OperatorName::new("ada").expect("a name");
        self.hear_agent(AgentSays::LeaseGrant { epoch: LeaseEpoch(1), holder });
        self.until(SafetyState::Handover);
        self.run_ms(2200);
        self.enable = true;
        self.until(SafetyState::Teleop);
        self
    }

    pub(crate) fn state(&mut self) -> VehicleState {
        self.mind.core.snapshot(self.now, true, 0)
    }

    pub(crate) fn run_ms(&mut self, millis: u64) {
        for _ in 0..millis / 10 {
            self.tick();
        }
    }

    pub(crate) fn until(&mut self, state: SafetyState) {
        let start = self.now;
        while self.core.state() != state {
            assert!(self.now.since(start) < Duration::from_secs(12), "waiting for {state:?} in {:?}", self.state());
            self.tick();
        }
    }

    pub(crate) fn take(&mut self, input: Input<'_>) {
        let _ = self.mind.core.take(self.now, input);
    }

    fn hear(&mut self, heard: Heard) -> Taken {
        let taken = self.mind.take(self.now, &heard);
        if let Some((tape, _)) = &mut self.record {
            tape.heard(self.now, heard, &taken);
        }
        taken
    }

    fn hear_agent(&mut self, message: AgentSays) -> Taken {
        self.hear(Heard::Agent(message))
    }

    /// One tick, as the guardian's loop makes it.
    pub(crate) fn tick(&mut self) -> Decision {
        self.now = self.now.after(TICK);
        self.machine.advance(self.now);
        self.listen_to_machine();
        self.listen_to_agent();
        let decision = self.mind.tick(self.now);
        if let Some((tape, _)) = &mut self.record {
            tape.ticked(self.now, &self.mind, &decision);
        }
        self.drive = decision.actuate;
        self.machine.obey(self.now, &decision.actuate);
        if let Some(store) = decision.store {
            self.hear(Heard::Stored(store));
        }
        let thought = self.mind.think(self.now);
        if let Some((tape, bytes)) = &mut self.record {
            tape.thought(self.now, &thought);
            tape.close(bytes).expect("encodes");
        }
        if let (Some(GuardianSays::Senses { at, .. }), Some(policy)) = (thought.say, self.policy) {
            let (at, values) = policy(at);
            self.hear_agent(AgentSays::Scores { at, values: ByteBuf::from(values) });
        }
        decision
    }

    fn listen_to_machine(&mut self) {
        let report = self.machine.report(self.now);
        self.hear(Heard::Machine(MachineSays::Report(report)));
        self.machine.sweep(self.now);
        while let Some(scan) = self.machine.known(self.now) {
            let taken = self.hear(Heard::Machine(MachineSays::Scan(scan)));
            assert!(!matches!(taken.remark, Some(Remark::SweepRefused { .. })), "{taken:?}");
        }
    }

    fn listen_to_agent(&mut self) {
        self.hear_agent(AgentSays::Beat { at: self.now, gateway_connected: true });
        let tick = self.now.0 / 10_000;
        if tick.is_multiple_of(3) {
            self.captures.push_back(self.now);
            let _ = self.captures.pop_front_if(|at| self.now.since(*at) > Duration::from_secs(1));
            for camera in [CameraIndex(0), CameraIndex(1)] {
                self.hear_agent(AgentSays::Sent { camera, capture: self.now });
            }
        }
        let Some((speed_mm_s, steering_mrad)) = self.hands.filter(|_| tick.is_multiple_of(2)) else { return };
        self.seq += 1;
        self.commanded = self.now;
        let shown = self.captures.iter().rev().find(|at| self.now.since(**at) >= Duration::from_millis(60));
        let rtp = shown.map(|at| RtpStamp::of_capture(*at));
        let command = Command {
            v: WIRE_VERSION,
            boot_id: BOOT,
            epoch: self.epoch,
            seq: self.seq,
            operator_us: self.now.0,
            enable: self.enable,
            input_age_ms: 0,
            speed_mm_s,
            steering_mrad,
            lift_mm_s: 0,
            confirm: true,
            rearm_latch: None,
            pressed_through: None,
            stamps: rtp.map_or(Vec::new(), |rtp| [0, 1].map(|index| GlassStamp { camera: CameraIndex(index), rtp }).to_vec()),
        };
        let bytes = encode(&FromConsole::Command(command)).expect("encodes");
        self.hear_agent(AgentSays::Command(ByteBuf::from(bytes)));
    }
}

fn start(at: MonoTime) -> Start {
    Start { boot_id: BOOT, stored: Some(Persisted::default()), realtime: true, at }
}
