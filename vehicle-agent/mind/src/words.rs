//! From the words of the sockets to those of the core, and back.

use farhand_drive::{Actuate, GuardianSays, MachineReport, PictureMotion, WantedMotion};
use farhand_protocol::{LeaseEpoch, MonoTime};
use farhand_safety::{Drive, GrantAnswer, MachineSample, MissionRefusal, PictureMotion as Motion, Plan};

/// An answer of the core in the words of the agent's socket.
pub(crate) fn said(answer: GrantAnswer, highest: LeaseEpoch) -> GuardianSays {
    match answer {
        GrantAnswer::Accepted(epoch) => GuardianSays::LeaseAccepted { epoch },
        GrantAnswer::TooOld { offered, highest } => GuardianSays::LeaseRefused {
            epoch: offered,
            highest_epoch: highest,
            why: format!("epoch {offered} is not newer than {highest}"),
        },
        GrantAnswer::NotStored(epoch) => GuardianSays::LeaseRefused {
            epoch,
            highest_epoch: highest,
            why: "the vehicle cannot write its state file (is its disk full?)".into(),
        },
        GrantAnswer::MissionAccepted(mission) => GuardianSays::MissionAccepted { mission },
        GrantAnswer::MissionRefused { mission, why } => {
            let why = match why {
                MissionRefusal::TooOld => "a newer mission is known: release it with a higher number",
                MissionRefusal::NotParked => "the vehicle is not parked: wait, or acknowledge its stop",
                MissionRefusal::Leased => "a person holds its lease: ask for it back",
                MissionRefusal::NoScanner => "it has no safety scanners, or does not hear them (profile: scanner.fitted)",
                MissionRefusal::NoGateway => "its agent or its gateway is away",
                MissionRefusal::NotStored => "the vehicle cannot write its state file (is its disk full?)",
            };
            GuardianSays::MissionRefused { mission, why: why.into() }
        }
    }
}

/// The core's command in the words of the machine's socket.
pub(crate) fn actuation(seq: u64, at: MonoTime, drive: &Drive) -> Actuate {
    Actuate {
        seq,
        at,
        speed_mm_s: drive.speed_mm_s,
        accel_mm_s2: drive.accel_mm_s2,
        brake_mm_s2: drive.brake_mm_s2,
        steering_mrad: drive.steering_mrad,
        lift_mm_s: drive.lift_mm_s,
        safe_stop: drive.safe_stop,
    }
}

/// How a scene moves.
pub(crate) fn motion(motion: PictureMotion) -> Motion {
    match motion {
        PictureMotion::Outwards => Motion::Outwards,
        PictureMotion::Inwards => Motion::Inwards,
        PictureMotion::Leftwards => Motion::Leftwards,
        PictureMotion::Rightwards => Motion::Rightwards,
    }
}

/// What the autonomy wants.
pub(crate) fn plan(wanted: &WantedMotion) -> Plan {
    Plan {
        mission: wanted.mission,
        seq: wanted.seq,
        at: wanted.at,
        speed_mm_s: wanted.speed_mm_s,
        steering_mrad: wanted.steering_mrad,
        lift_mm_s: wanted.lift_mm_s,
        base_left_mm: wanted.base_left_mm,
        off_path_mm: wanted.off_path_mm,
        localised: wanted.localised,
    }
}

/// What the machine measured.
pub(crate) fn sample(report: &MachineReport) -> MachineSample {
    MachineSample {
        at: report.at,
        travelled_um: report.travelled_um,
        speed_mm_s: report.speed_mm_s,
        steering_mrad: report.steering_mrad,
        fork_mm: report.fork_mm,
        emergency_stop: report.emergency_stop,
        // The machine does not say whether it carries a load: count with one.
        loaded: true,
        pose: report.pose,
    }
}
