//! The gate: which commands count, and which have no effect and why.

use crate::config::{Config, INPUT_OLD_MS, Moves, ROLLING_MM_S};
use crate::pictures::{Pictures, Taken};
use farhand_protocol::{BootId, CommandView, LeaseEpoch, MonoTime, RejectCount, RejectReason, SafetyState, WIRE_VERSION};

/// A command that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// When it arrived.
    pub(crate) at: MonoTime,
    /// What it says.
    pub(crate) command: CommandView,
    /// The oldest of the pictures that count for it, if all are known.
    pub(crate) picture: Option<Taken>,
    /// True if motion depends on those pictures.
    pub(crate) picture_required: bool,
}

/// What a command may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Everything.
    Counts(CommandView),
    /// It is of the one who drives, and newer, but refused: only what takes something away works.
    OnlyRestricts(CommandView),
    /// Nothing.
    Void,
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
    /// False only in a core that is broken on purpose.
    pub(crate) sequences_count: bool,
}

/// Judges commands and keeps the newest that counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Gate {
    pub(crate) newest: Option<Accepted>,
    pub(crate) last_seq: u64,
    pub(crate) accepted: u64,
    pub(crate) rejected: [u64; RejectReason::ALL.len()],
    /// A picture was unknown since the newest command that counted: silence then has that cause.
    pub(crate) picture_unknown: bool,
    pub(crate) echo: Option<(MonoTime, u64)>,
}

impl Gate {
    /// Judges the bytes of a console's message. A refusal is counted.
    pub(crate) fn judge(&mut self, bytes: &[u8], situation: &Situation<'_>) -> Verdict {
        let command = match self.check_sender(bytes, situation) {
            Ok(command) => command,
            Err(reason) => {
                self.refuse(reason);
                return Verdict::Void;
            }
        };
        match check_content(&command, situation) {
            Ok((picture, picture_required)) => {
                self.accepted = self.accepted.saturating_add(1);
                self.picture_unknown = false;
                self.newest = Some(Accepted { at: situation.now, command, picture, picture_required });
                Verdict::Counts(command)
            }
            Err(reason) => {
                self.refuse(reason);
                self.picture_unknown |= reason == RejectReason::PictureUnknown;
                Verdict::OnlyRestricts(command)
            }
        }
    }

    fn refuse(&mut self, reason: RejectReason) {
        if let Some(count) = self.rejected.get_mut(reason as usize) {
            *count = count.saturating_add(1);
        }
    }

    /// Is it a command of the one who drives, and newer than the last?
    fn check_sender(&mut self, bytes: &[u8], situation: &Situation<'_>) -> Result<CommandView, RejectReason> {
        let command = CommandView::read(bytes).ok_or(RejectReason::Malformed)?;
        check_authority(&command, situation)?;
        if command.seq <= self.last_seq && situation.sequences_count {
            return Err(RejectReason::OldSequence);
        }
        // From here the number is used up: whatever is wrong with this command, its repetition is no better.
        self.last_seq = command.seq;
        self.echo = Some((situation.now, command.operator_us));
        Ok(command)
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
            .zip(self.rejected)
            .map(|(reason, count)| RejectCount { reason: *reason, count })
            .filter(|row| row.count > 0)
    }
}

fn check_authority(command: &CommandView, situation: &Situation<'_>) -> Result<(), RejectReason> {
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

/// Is what it asks possible, and made on what was really seen?
fn check_content(command: &CommandView, situation: &Situation<'_>) -> Result<(Option<Taken>, bool), RejectReason> {
    check_range(command, situation.config)?;
    if command.input_age_ms > INPUT_OLD_MS {
        return Err(RejectReason::InputOld);
    }
    judge_pictures(command, situation)
}

fn check_range(command: &CommandView, config: &Config) -> Result<(), RejectReason> {
    let fits = command.speed_mm_s.saturating_abs() <= config.max_speed_mm_s
        && command.steering_mrad.saturating_abs() <= config.max_steering_mrad
        && command.lift_mm_s.saturating_abs() <= config.max_lift_mm_s;
    if fits { Ok(()) } else { Err(RejectReason::OutOfRange) }
}

/// Finds the pictures behind a command. While a person drives, motion needs every picture of its direction, and the forks
/// those of the take-over.
fn judge_pictures(command: &CommandView, situation: &Situation<'_>) -> Result<(Option<Taken>, bool), RejectReason> {
    let look = |required| situation.pictures.oldest(situation.now, required, command.stamps.as_slice());
    let moves = moves(command, situation.speed_mm_s);
    if situation.state != SafetyState::Teleop || moves == Moves::default() {
        return Ok((look(situation.config.required_handover), false));
    }
    // A vehicle without a camera for a motion does not make it.
    let required = situation.config.required(moves);
    required.and_then(look).map(|taken| (Some(taken), true)).ok_or(RejectReason::PictureUnknown)
}

/// What a command moves, or what is measured to move.
pub(crate) fn moves(command: &CommandView, measured_mm_s: i32) -> Moves {
    Moves {
        forward: command.speed_mm_s > 0 || measured_mm_s > ROLLING_MM_S,
        reverse: command.speed_mm_s < 0 || measured_mm_s < ROLLING_MM_S.saturating_neg(),
        forks: command.lift_mm_s != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tests_support::command;

    #[test]
    fn what_is_asked_moves_and_what_rolls_faster_than_5_cm_a_second() {
        let (still, forward, reverse) = (Moves::default(), (true, false), (false, true));
        for (asked, measured, (forward, reverse)) in [
            (0, 0, (false, false)),
            (1, 0, forward),
            (-1, 0, reverse),
            (0, 50, (false, false)),
            (0, 51, forward),
            (0, -50, (false, false)),
            (0, -51, reverse),
            (1, -51, (true, true)),
            (-1, 51, (true, true)),
        ] {
            let asked_for = CommandView { speed_mm_s: asked, ..command() };
            assert_eq!(moves(&asked_for, measured), Moves { forward, reverse, ..still }, "{asked} asked, {measured} measured");
        }
        for (lift_mm_s, forks) in [(1, true), (-1, true), (0, false)] {
            assert_eq!(moves(&CommandView { lift_mm_s, ..command() }, 0), Moves { forks, ..still });
        }
    }
}
