//! The gate: which commands count, and which have no effect and why.

use crate::config::{CameraSet, Config, INPUT_OLD_MS, ROLLING_MM_S};
use crate::pictures::{Pictures, Taken};
use farhand_protocol::{
    BootId, Command, FromConsole, LeaseEpoch, Limits, MonoTime, RejectCount, RejectReason, SafetyState, WIRE_VERSION, decode,
};

/// A command that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// When it arrived.
    pub(crate) at: MonoTime,
    /// What it says.
    pub(crate) command: Command,
    /// The oldest of the pictures that count for it, if all are known.
    pub(crate) picture: Option<Taken>,
    /// True if motion depends on those pictures.
    pub(crate) picture_required: bool,
}

/// What the gate must know of the vehicle to judge a command.
pub(crate) struct Situation<'a> {
    pub(crate) now: MonoTime,
    pub(crate) config: &'a Config,
    pub(crate) boot_id: BootId,
    pub(crate) state: SafetyState,
    pub(crate) live_epoch: Option<LeaseEpoch>,
    pub(crate) speed_mm_s: i32,
    pub(crate) pictures: &'a Pictures,
}

/// Judges commands and keeps the newest that counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate {
    newest: Option<Accepted>,
    last_seq: u64,
    accepted: u64,
    rejected: [u64; RejectReason::ALL.len()],
    /// A picture was unknown since the newest command that counted: silence then has that cause.
    picture_unknown: bool,
    echo: Option<(MonoTime, u64)>,
}

impl Gate {
    /// Judges the bytes of a console's message. A refusal is counted and has no other effect.
    pub(crate) fn judge(&mut self, bytes: &[u8], situation: &Situation<'_>) -> Result<&Accepted, RejectReason> {
        match self.check(bytes, situation) {
            Ok(accepted) => {
                self.accepted += 1;
                self.picture_unknown = false;
                Ok(self.newest.insert(accepted))
            }
            Err(reason) => {
                self.rejected[reason as usize] += 1;
                self.picture_unknown |= reason == RejectReason::PictureUnknown;
                Err(reason)
            }
        }
    }

    fn check(&mut self, bytes: &[u8], situation: &Situation<'_>) -> Result<Accepted, RejectReason> {
        let message: FromConsole = decode(bytes, Limits::CONSOLE).map_err(|_| RejectReason::Malformed)?;
        let FromConsole::Command(command) = message else { return Err(RejectReason::Malformed) };
        check_authority(&command, situation)?;
        if command.seq <= self.last_seq {
            return Err(RejectReason::OldSequence);
        }
        // From here the number is used up: whatever is wrong with this command, its repetition is no better.
        self.last_seq = command.seq;
        self.echo = Some((situation.now, command.operator_us));
        check_range(&command, situation.config)?;
        if command.input_age_ms > INPUT_OLD_MS {
            return Err(RejectReason::InputOld);
        }
        let (picture, picture_required) = judge_pictures(&command, situation)?;
        Ok(Accepted { at: situation.now, command, picture, picture_required })
    }

    /// A new lease: sequences start again, and nothing of the old one counts any more.
    pub(crate) fn begin_lease(&mut self) {
        self.newest = None;
        self.last_seq = 0;
        self.echo = None;
        self.picture_unknown = false;
    }

    pub(crate) fn newest(&self) -> Option<&Accepted> {
        self.newest.as_ref()
    }

    pub(crate) fn accepted(&self) -> u64 {
        self.accepted
    }

    pub(crate) fn picture_unknown(&self) -> bool {
        self.picture_unknown
    }

    /// When the newest command of this lease arrived and the operator stamp in it.
    pub(crate) fn echo(&self) -> Option<(MonoTime, u64)> {
        self.echo
    }

    pub(crate) fn reject_counts(&self) -> impl Iterator<Item = RejectCount> {
        RejectReason::ALL
            .iter()
            .map(|reason| RejectCount { reason: *reason, count: self.rejected[*reason as usize] })
            .filter(|row| row.count > 0)
    }
}

fn check_authority(command: &Command, situation: &Situation<'_>) -> Result<(), RejectReason> {
    if command.v != WIRE_VERSION {
        return Err(RejectReason::Version);
    }
    if command.boot_id != situation.boot_id {
        return Err(RejectReason::OtherBoot);
    }
    match situation.live_epoch {
        None => Err(RejectReason::NoLease),
        Some(epoch) if epoch != command.epoch => Err(RejectReason::OldEpoch),
        Some(_) => Ok(()),
    }
}

fn check_range(command: &Command, config: &Config) -> Result<(), RejectReason> {
    let within = |value: i32, limit: i32| (-limit..=limit).contains(&value);
    let fits = within(command.speed_mm_s, config.max_speed_mm_s)
        && within(command.steering_mrad, config.max_steering_mrad)
        && within(command.lift_mm_s, config.max_lift_mm_s);
    if fits { Ok(()) } else { Err(RejectReason::OutOfRange) }
}

/// Finds the pictures behind a command. While a person drives, motion needs every picture of its direction.
fn judge_pictures(command: &Command, situation: &Situation<'_>) -> Result<(Option<Taken>, bool), RejectReason> {
    let look = |required| situation.pictures.oldest(situation.now, required, &command.stamps);
    let handover = look(situation.config.required_handover);
    if situation.state != SafetyState::Teleop {
        return Ok((handover, false));
    }
    let forward = command.speed_mm_s > 0 || situation.speed_mm_s > ROLLING_MM_S;
    let reverse = command.speed_mm_s < 0 || situation.speed_mm_s < -ROLLING_MM_S;
    if !forward && !reverse {
        return Ok((handover, false));
    }
    let mut required = CameraSet::default();
    for (moving, cameras) in [(forward, situation.config.required_forward), (reverse, situation.config.required_reverse)] {
        if moving && cameras.is_empty() {
            // A vehicle without a camera for this direction is not driven in it.
            return Err(RejectReason::PictureUnknown);
        }
        required = if moving { required.union(cameras) } else { required };
    }
    look(required).map(|taken| (Some(taken), true)).ok_or(RejectReason::PictureUnknown)
}
