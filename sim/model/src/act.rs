//! What may happen between two states of the model: one act is one step, and lasts whole periods of the world.

use farhand_protocol::{Command, FromConsole, LatchId, LeaseEpoch, MonoTime, SafetyState as S, StopRung, encode};
use farhand_safety_breakable::testing::truck::{AHEAD, Hands, NEUTRAL, OPEN, Stage};
use farhand_safety_breakable::{Input, Manoeuvre, Plan, Surroundings};

/// One model step is twelve core ticks: after 120 ms reports, pictures, scans and commands stand in the same phase again. A
/// single silent step coasts (over 100 ms), three stop (over 250 ms).
pub(crate) const STEP_MS: u64 = 120;
/// Eighteen steps: every "for 2 s" is over.
const GOOD_MS: u64 = 18 * STEP_MS;
/// Pictures on the glass are this old, unless an act says otherwise.
const PICTURE_MS: u64 = 60;
/// Pictures of this age stop the vehicle (over 600 ms).
const OLD_PICTURE_MS: u64 = 700;
/// Speed that the operator asks for.
const SPEED_MM_S: i32 = 1200;

/// One step of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Everything goes on as it is, for one step.
    Wait,
    /// The same for 2.16 s.
    WaitGood,
    /// The switch held, the pedal pressed.
    Drive,
    /// The same, the other way.
    Reverse,
    /// The pedal pressed and the wheel turned, whatever the switch does.
    Push,
    /// The switch held, nothing asked.
    Hold,
    /// Everything let go.
    LetGo,
    /// The forks are raised while the switch is held.
    Lift,
    /// The switch pressed through.
    PressThrough,
    /// Commands whose input sample is 100 ms old.
    OldInput,
    /// No commands for one step.
    Silence,
    /// No commands for three steps.
    Gone,
    /// A link that comes and goes for 6.4 s.
    Flapping,
    /// The commands name pictures of 700 ms.
    OldPictures,
    /// The commands name pictures that were never sent.
    UnknownPictures,
    /// The pictures repeat while the vehicle moves.
    FrozenPictures,
    /// The pictures of the front and the rear camera are exchanged while the vehicle moves.
    SwappedPictures,
    /// The bytes of the newest command once more.
    Replay,
    /// A command of the lease before.
    OldLease,
    /// Somebody presses Stop.
    Stop,
    /// The gateway grants the next lease.
    Grant,
    /// The gateway grants the newest lease once more.
    GrantAgain,
    /// The lease ends.
    LeaseEnd,
    /// The lease is taken away.
    LeaseRevoked,
    /// A take-over by the book: grant, neutral for 2.16 s, switch.
    TakeOver,
    /// A take-over with the switch held all along.
    TakeOverHeld,
    /// The way back by the book: lease, neutral, acknowledgement, 2.16 s.
    Return,
    /// The same with the switch held all along.
    ReturnHeld,
    /// The same with another latch's number.
    ReturnOther,
    /// The acknowledgement, and then a Stop with the key still down.
    ReturnStopped,
    /// The agent's socket ends, for one step.
    AgentGone,
    /// The machine is silent for one step.
    MachineSilent,
    /// The red button is pressed.
    Button,
    /// The circuit is closed again.
    ButtonReset,
    /// The wheel hangs in a curve for 1.5 s.
    StuckWheel,
    /// A Stop with a brake of 40 per cent.
    WeakBrake,
    /// The forks jump.
    ForksJump,
    /// The guard's stop is so soft that it never ends.
    LongStop,
    /// The scanners are silent for two steps.
    ScanLost,
    /// The protective field is broken.
    Breach,
    /// The guard finds no stop that is free.
    NoWayOut,
    /// The guard allows 500 mm/s.
    GuardLimit,
    /// The guard allows everything.
    GuardFree,
    /// A tick comes 120 ms late.
    LateTick,
    /// The computer was suspended.
    Suspend,
    /// No place on the map for three steps.
    LostPlace,
    /// The fleet releases the next mission, and the autonomy plans ahead.
    Release,
    /// The mission is over.
    EndMission,
    /// The autonomy says nothing for three steps.
    NoPlan,
    /// The autonomy is beside its path.
    OffPath,
    /// The gateway is away.
    GatewayAway,
    /// It is back.
    GatewayBack,
    /// The plan reaches further than what was released.
    Farther,
    /// The guardian crashes and starts with what is on the disk.
    Crash,
    /// The same, and the state file is gone.
    CrashWithoutFile,
    /// The disk takes nothing.
    DiskFails,
    /// The disk works.
    DiskWorks,
}

impl Act {
    /// Lets it happen.
    pub(crate) fn perform(self, stage: &mut Stage) {
        if self.by_hand(stage) || self.by_link(stage) || self.by_people(stage) || self.by_vehicle(stage) {
            return;
        }
        self.by_itself(stage);
    }

    /// What the operator's hands do; they stay there.
    fn by_hand(self, stage: &mut Stage) -> bool {
        let held = Hands { enable: true, ..NEUTRAL };
        stage.hands = match self {
            Self::Wait | Self::WaitGood => stage.hands.clone(),
            Self::Drive => Hands { speed_mm_s: SPEED_MM_S, ..held },
            Self::Reverse => Hands { speed_mm_s: -SPEED_MM_S, ..held },
            Self::Push => Hands { speed_mm_s: SPEED_MM_S, steering_mrad: 100, ..stage.hands },
            Self::Hold => held,
            Self::LetGo => NEUTRAL,
            Self::Lift => Hands { lift_mm_s: 200, ..held },
            Self::OldInput => Hands { input_age_ms: 100, ..stage.hands },
            Self::PressThrough => {
                stage.hands.pressed_through = Some(true);
                stage.run_ms(STEP_MS);
                stage.hands.pressed_through = None;
                return true;
            }
            _ => return false,
        };
        stage.run_ms(if self == Self::WaitGood { GOOD_MS } else { STEP_MS });
        true
    }

    /// What the link does, for as long as the step.
    fn by_link(self, stage: &mut Stage) -> bool {
        match self {
            Self::Silence | Self::Gone => {
                stage.commands_flow = false;
                stage.run_ms(if self == Self::Gone { 3 * STEP_MS } else { STEP_MS });
                stage.commands_flow = true;
            }
            Self::Flapping => {
                // Each gap takes 75 ms net out of the bucket of one second.
                for _ in 0..16 {
                    stage.commands_flow = false;
                    stage.run_ms(200);
                    stage.commands_flow = true;
                    stage.run_ms(200);
                }
            }
            Self::OldPictures => {
                stage.picture_age_ms = OLD_PICTURE_MS;
                stage.run_ms(STEP_MS);
                stage.picture_age_ms = PICTURE_MS;
            }
            Self::UnknownPictures => {
                let captures = std::mem::take(&mut stage.captures);
                stage.pictures_flow = false;
                stage.run_ms(3 * STEP_MS);
                (stage.captures, stage.pictures_flow) = (captures, true);
            }
            Self::FrozenPictures => {
                stage.picture_frozen = true;
                stage.run_ms(5 * STEP_MS);
                stage.picture_frozen = false;
            }
            Self::SwappedPictures => {
                stage.pictures_swapped = true;
                stage.run_ms(5 * STEP_MS);
                stage.pictures_swapped = false;
            }
            Self::Replay => {
                let bytes = stage.last_command.clone();
                stage.take(Input::Command(&bytes));
                stage.run_ms(STEP_MS);
            }
            Self::OldLease => {
                let real = stage.command();
                let command = Command { epoch: LeaseEpoch(real.epoch.0.saturating_sub(1)), enable: true, ..real };
                send(stage, command);
                stage.run_ms(STEP_MS);
            }
            _ => return false,
        }
        true
    }

    /// What people and the gateway ask for.
    fn by_people(self, stage: &mut Stage) -> bool {
        let epoch = stage.epoch;
        match self {
            Self::Stop => stage.take(Input::Stop),
            Self::Grant => stage.grant(),
            Self::GrantAgain => stage.take(Input::LeaseGrant(epoch)),
            Self::LeaseEnd => stage.take(Input::LeaseEnd(epoch)),
            Self::LeaseRevoked => stage.take(Input::LeaseRevoked(epoch)),
            Self::TakeOver => {
                stage.hands = NEUTRAL;
                stage.grant();
                stage.run_ms(GOOD_MS);
                stage.hands.enable = true;
            }
            Self::TakeOverHeld => {
                stage.hands = Hands { enable: true, ..NEUTRAL };
                stage.grant();
                stage.run_ms(GOOD_MS);
                stage.hands.speed_mm_s = SPEED_MM_S;
            }
            Self::Return => {
                leased(stage);
                stage.hands = NEUTRAL;
                stage.run_ms(STEP_MS);
                stage.hands.rearm = true;
                stage.run_ms(GOOD_MS);
                stage.hands.rearm = false;
            }
            Self::ReturnHeld => {
                leased(stage);
                stage.hands = Hands { enable: true, speed_mm_s: SPEED_MM_S, ..NEUTRAL };
                stage.run_ms(STEP_MS);
                stage.hands.rearm = true;
                stage.run_ms(GOOD_MS);
                stage.hands.rearm = false;
            }
            Self::ReturnOther => return_other(stage),
            Self::ReturnStopped => {
                leased(stage);
                stage.hands = NEUTRAL;
                stage.run_ms(STEP_MS);
                stage.hands.rearm = true;
                stage.run_ms(3 * STEP_MS);
                stage.take(Input::Stop);
                stage.run_ms(GOOD_MS);
                stage.hands.rearm = false;
            }
            _ => return false,
        }
        stage.run_ms(STEP_MS);
        true
    }

    /// What happens to the vehicle and around it.
    fn by_vehicle(self, stage: &mut Stage) -> bool {
        match self {
            Self::AgentGone => {
                stage.take(Input::AgentGone);
                stage.agent_alive = false;
                stage.run_ms(STEP_MS);
                stage.agent_alive = true;
            }
            Self::MachineSilent => {
                stage.machine_alive = false;
                stage.run_ms(STEP_MS);
                stage.machine_alive = true;
            }
            Self::Button | Self::ButtonReset => stage.emergency_stop = self == Self::Button,
            Self::StuckWheel => {
                stage.wheel_follows = false;
                stage.hands = Hands { speed_mm_s: 800, steering_mrad: 700, lift_mm_s: 0, ..stage.hands };
                stage.run_ms(13 * STEP_MS);
                stage.wheel_follows = true;
            }
            Self::WeakBrake => {
                stage.brake_percent = 40;
                stage.take(Input::Stop);
                stage.run_ms(20 * STEP_MS);
                stage.brake_percent = 100;
            }
            Self::ForksJump => {
                stage.hands.lift_mm_s = 0;
                stage.run_ms(8 * STEP_MS);
                stage.fork_um += 200_000;
            }
            Self::LongStop => {
                stage.manoeuvre = Some(Manoeuvre { id: 2, steering_mrad: 0, brake_mm_s2: 90, rung: StopRung::Manoeuvre });
                stage.commands_flow = false;
                stage.run_ms(70 * STEP_MS);
                (stage.manoeuvre, stage.commands_flow) = (None, true);
            }
            Self::LateTick => stage.now = MonoTime(stage.now.0 + STEP_MS * 1000),
            Self::Suspend => stage.take(Input::ClockJump),
            Self::LostPlace => {
                stage.localised = false;
                stage.run_ms(3 * STEP_MS);
                stage.localised = true;
            }
            Self::Crash => stage.restart(),
            Self::CrashWithoutFile => {
                stage.stored = None;
                stage.restart();
            }
            Self::DiskFails | Self::DiskWorks => stage.disk_works = self == Self::DiskWorks,
            _ => return self.by_scanner(stage),
        }
        stage.run_ms(STEP_MS);
        true
    }

    fn by_scanner(self, stage: &mut Stage) -> bool {
        let (seen, steps) = match self {
            Self::ScanLost => (None, 2),
            Self::Breach => (Some(Surroundings { breached: true, ..OPEN }), 1),
            Self::NoWayOut => (Some(Surroundings { way_out: false, ..OPEN }), 1),
            Self::GuardLimit => {
                stage.seen = Some(Surroundings { guard_limit_mm_s: 500, ..OPEN });
                stage.run_ms(STEP_MS);
                return true;
            }
            Self::GuardFree => (Some(OPEN), 1),
            _ => return false,
        };
        stage.seen = seen;
        stage.run_ms(steps * STEP_MS);
        stage.seen = Some(OPEN);
        true
    }

    /// What the fleet and the autonomy do.
    fn by_itself(self, stage: &mut Stage) {
        match self {
            Self::Release => {
                stage.plan = Some(Plan { base_left_mm: 2500, ..AHEAD });
                stage.release();
            }
            Self::EndMission => {
                let mission = stage.mission;
                stage.take(Input::MissionEnd(mission));
            }
            Self::NoPlan => {
                let plan = stage.plan.take();
                stage.run_ms(3 * STEP_MS);
                stage.plan = plan;
                return;
            }
            Self::OffPath => {
                let plan = stage.plan;
                stage.plan = plan.map(|plan| Plan { off_path_mm: 301, ..plan });
                stage.run_ms(STEP_MS);
                stage.plan = plan;
                return;
            }
            Self::GatewayAway | Self::GatewayBack => stage.gateway_connected = self == Self::GatewayBack,
            Self::Farther => {
                let plan = stage.plan;
                stage.plan = plan.map(|plan| Plan { base_left_mm: 9000, ..plan });
                stage.run_ms(40 * STEP_MS);
                stage.plan = plan;
                return;
            }
            _ => {}
        }
        stage.run_ms(STEP_MS);
    }
}

fn leased(stage: &mut Stage) {
    if !stage.snapshot().lease_live {
        stage.grant();
        stage.run_ms(STEP_MS);
    }
}

/// Names the latch after this one for 2.4 s.
fn return_other(stage: &mut Stage) {
    leased(stage);
    stage.hands = NEUTRAL;
    for _ in 0..20 {
        stage.run_ms(STEP_MS);
        if stage.state() == S::Parked {
            return;
        }
        let latch = stage.snapshot().latch.map(|latch| LatchId(latch.0.wrapping_add(1)));
        let command = Command { rearm_latch: latch, ..stage.command() };
        send(stage, command);
    }
}

fn send(stage: &mut Stage, command: Command) {
    if let Ok(bytes) = encode(&FromConsole::Command(command)) {
        stage.take(Input::Command(&bytes));
    }
}
