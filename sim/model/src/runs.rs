//! The bounded configurations that are checked: where each begins, what may happen in it, and how deep it looks.

use crate::act::Act;
use farhand_protocol::{LatchId, LeaseEpoch, MissionEpoch, SafetyState as S};
use farhand_safety_breakable::testing::truck::{Stage, watching};
use farhand_safety_breakable::{Broken, Persisted};

/// One bounded configuration.
#[derive(Debug)]
pub struct Run {
    /// Its name in the tables.
    pub name: &'static str,
    /// Where it begins, for people.
    pub begins: &'static str,
    pub(crate) begin: Begin,
    /// What may happen in each step.
    pub acts: &'static [Act],
    /// Steps of the default run.
    pub depth: usize,
    /// Steps of the short run.
    pub short_depth: usize,
    /// Every step is taken twice and compared, for S20.
    pub twice: bool,
}

/// Where a run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// Parked, no lease yet.
    Parked,
    /// A person drives.
    Driving,
    /// By itself, on a mission.
    Mission,
    /// Halted after a lost link, the hand still on the switch.
    Halted,
}

impl Run {
    /// The world at the beginning.
    pub(crate) fn stage(&self, broken: Option<Broken>) -> Stage {
        // Years of use: how many leases and missions there were before must not matter, even where the state file is lost.
        let (epoch, mission, latch) = (LeaseEpoch(10), MissionEpoch(10), LatchId(10));
        let stored = Persisted { highest_epoch: epoch, highest_mission: mission, latch, ..Persisted::default() };
        let mut stage = Stage::with(watching(), Some(stored)).broken(broken);
        (stage.epoch, stage.mission) = (epoch, mission);
        stage.core.shrink_memory(STAMPS, REPORTS);
        // A broken core may not get where a sound one does; then the run begins where it is.
        stage.reaches(S::Parked, 3000);
        match self.begin {
            Begin::Parked => {}
            Begin::Driving => drive(&mut stage),
            Begin::Mission => {
                stage.commands_flow = false;
                stage.run_ms(120);
                Act::Release.perform(&mut stage);
                stage.run_ms(600);
                stage.commands_flow = true;
            }
            Begin::Halted => {
                drive(&mut stage);
                stage.commands_flow = false;
                stage.reaches(S::Halt, 4000);
                stage.commands_flow = true;
            }
        }
        // Every run begins in the same phase of the world.
        while !(stage.now.0 / 10_000).is_multiple_of(12) {
            stage.tick();
        }
        stage
    }
}

fn drive(stage: &mut Stage) {
    Act::TakeOver.perform(stage);
    Act::Drive.perform(stage);
    stage.run_ms(1440);
}

/// A picture every 30 ms: more than any act can name (0.7 s and a step).
pub(crate) const STAMPS: usize = 40;
/// A report every 10 ms, for the same time.
pub(crate) const REPORTS: usize = 120;

/// All of them.
pub const RUNS: &[Run] = &[
    Run {
        name: "teleop",
        begins: "driving at 1.2 m/s, scanners on",
        begin: Begin::Driving,
        acts: &[
            Act::Drive,
            Act::Reverse,
            Act::LetGo,
            Act::Lift,
            Act::PressThrough,
            Act::OldInput,
            Act::Silence,
            Act::Gone,
            Act::OldPictures,
            Act::Replay,
            Act::Stop,
            Act::GuardLimit,
            Act::GuardFree,
        ],
        depth: 5,
        short_depth: 3,
        twice: false,
    },
    Run {
        name: "faults",
        begins: "driving at 1.2 m/s, scanners on",
        begin: Begin::Driving,
        acts: &[
            Act::Drive,
            Act::Lift,
            Act::Flapping,
            Act::UnknownPictures,
            Act::FrozenPictures,
            Act::SwappedPictures,
            Act::AgentGone,
            Act::MachineSilent,
            Act::Button,
            Act::StuckWheel,
            Act::WeakBrake,
            Act::ForksJump,
            Act::LongStop,
            Act::ScanLost,
            Act::Breach,
            Act::NoWayOut,
            Act::LateTick,
            Act::Suspend,
            Act::LostPlace,
            Act::LeaseEnd,
            Act::LeaseRevoked,
            Act::Return,
        ],
        depth: 4,
        short_depth: 2,
        twice: false,
    },
    Run {
        name: "handover",
        begins: "parked, no lease",
        begin: Begin::Parked,
        acts: &[
            Act::Wait,
            Act::WaitGood,
            Act::Grant,
            Act::GrantAgain,
            Act::LeaseEnd,
            Act::LetGo,
            Act::Hold,
            Act::Push,
            Act::TakeOver,
            Act::TakeOverHeld,
            Act::OldLease,
            Act::Silence,
            Act::OldPictures,
            Act::Stop,
        ],
        depth: 5,
        short_depth: 3,
        twice: false,
    },
    Run {
        name: "latch",
        begins: "halted after a lost link, the hand still on the switch",
        begin: Begin::Halted,
        acts: &[
            Act::Wait,
            Act::Return,
            Act::ReturnHeld,
            Act::ReturnOther,
            Act::ReturnStopped,
            Act::TakeOver,
            Act::TakeOverHeld,
            Act::Drive,
            Act::Stop,
            Act::Button,
            Act::ButtonReset,
            Act::LeaseEnd,
            Act::MachineSilent,
        ],
        depth: 5,
        short_depth: 3,
        twice: false,
    },
    Run {
        name: "auto",
        begins: "on a mission at 1.5 m/s, 2.5 m released",
        begin: Begin::Mission,
        acts: &[
            Act::Wait,
            Act::WaitGood,
            Act::Release,
            Act::EndMission,
            Act::NoPlan,
            Act::OffPath,
            Act::LostPlace,
            Act::GatewayAway,
            Act::GatewayBack,
            Act::Farther,
            Act::Grant,
            Act::LeaseEnd,
            Act::Push,
            Act::Return,
            Act::Stop,
        ],
        depth: 4,
        short_depth: 3,
        twice: false,
    },
    Run {
        name: "persistence",
        begins: "driving at 1.2 m/s, scanners on",
        begin: Begin::Driving,
        acts: &[
            Act::Wait,
            Act::Crash,
            Act::DiskFails,
            Act::DiskWorks,
            Act::Grant,
            Act::GrantAgain,
            Act::Stop,
            Act::Button,
            Act::ButtonReset,
            Act::Return,
            Act::TakeOver,
            Act::Drive,
            Act::Replay,
        ],
        depth: 6,
        short_depth: 3,
        twice: false,
    },
    Run {
        name: "lost file",
        begins: "halted after a lost link, the hand still on the switch",
        begin: Begin::Halted,
        acts: &[
            Act::Wait,
            Act::CrashWithoutFile,
            Act::Crash,
            Act::DiskFails,
            Act::DiskWorks,
            Act::Return,
            Act::TakeOver,
            Act::Stop,
        ],
        depth: 6,
        short_depth: 4,
        twice: false,
    },
    Run {
        name: "twice",
        begins: "driving at 1.2 m/s, scanners on; every step taken twice and compared",
        begin: Begin::Driving,
        acts: &[Act::Drive, Act::LetGo, Act::Gone, Act::Lift, Act::Stop, Act::Return, Act::Crash, Act::Button],
        depth: 4,
        short_depth: 2,
        twice: true,
    },
];
