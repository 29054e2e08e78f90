//! Rows 13 to 15: messages that are spoilt or old, and two people at once.

use super::{Effort, Found};
use crate::desk::Desk;
use crate::rig::Rig;
use crate::stop::MOST_STOP;
use farhand_lease::Reply;
use farhand_machine::floors::{self, START};
use farhand_protocol::{Cause, SafetyState};
use farhand_world::Random;

/// A drive whose commands are kept.
fn recorded() -> anyhow::Result<(Rig, Vec<Vec<u8>>)> {
    let mut rig = Rig::taken_over("", floors::open(), START)?;
    rig.kept = Some(Vec::new());
    rig.page.hands.wishes = |_| (1000, 100);
    rig.run(4.0);
    let kept = rig.kept.take().unwrap_or_default();
    anyhow::ensure!(kept.len() > 100, "only {} commands were kept", kept.len());
    Ok((rig, kept))
}

fn rejected(rig: &Rig) -> u64 {
    rig.state.rejected.iter().map(|row| row.count).sum()
}

/// Leaves the truck parked, with nobody in charge.
fn parked(rig: &mut Rig) -> anyhow::Result<()> {
    (rig.page.hands.enable, rig.page.hands.idle) = (false, true);
    rig.until(10.0, "the standstill", |rig| rig.machine.truck.speed_mps() == 0.0)?;
    rig.desk.release(rig.now, Desk::ALICE);
    rig.until(10.0, "parked", |rig| rig.state.state == SafetyState::Parked && !rig.state.lease_live)?;
    Ok(())
}

pub(super) fn spoilt(effort: &Effort) -> anyhow::Result<Found> {
    let (mut rig, kept) = recorded()?;
    parked(&mut rig)?;
    let (mut chance, before) = (Random::new(13), (rig.state.accepted, rejected(&rig)));
    for number in 0..effort.messages {
        let mut bytes = kept[chance.below(kept.len())].clone();
        match number % 4 {
            0 => bytes.truncate(chance.below(bytes.len())),
            1 => (0..=chance.below(4)).for_each(|_| {
                let at = chance.below(bytes.len());
                bytes[at] ^= 1 << chance.below(8);
            }),
            2 => bytes = (0..chance.below(1400)).map(|_| chance.bits().to_le_bytes()[0]).collect(),
            _ => bytes.extend((0..=chance.below(40)).map(|_| chance.bits().to_le_bytes()[0])),
        }
        rig.hear_command(bytes);
        if number % 500 == 499 {
            rig.tick();
        }
    }
    rig.run(0.2);
    rig.oracle.ensure_none()?;
    let (accepted, refused) = (rig.state.accepted - before.0, rejected(&rig) - before.1);
    anyhow::ensure!(accepted == 0, "{accepted} counted as commands");
    anyhow::ensure!(refused == u64::from(effort.messages), "{refused} of {} were counted", effort.messages);
    anyhow::ensure!(rig.state.state == SafetyState::Parked, "in {:?}", rig.state.state);
    Found::new(usize::try_from(effort.messages)?, format!("0 accepted, {refused} refused and counted"))
}

pub(super) fn replayed(_effort: &Effort) -> anyhow::Result<Found> {
    let (mut rig, kept) = recorded()?;
    let mut trials = 0;
    let mut again = |rig: &mut Rig, when: &str| -> anyhow::Result<()> {
        let (before, old) = (rig.state.clone(), rejected(rig));
        for command in &kept {
            rig.hear_command(command.clone());
        }
        rig.run(0.06);
        trials += kept.len();
        let refused = rejected(rig) - old;
        anyhow::ensure!(refused >= kept.len() as u64, "{when}: {refused} of {} refused", kept.len());
        anyhow::ensure!(rig.state.accepted - before.accepted <= 5, "{when}: old commands counted");
        Ok(())
    };
    again(&mut rig, "in the same lease")?;
    parked(&mut rig)?;
    again(&mut rig, "without a lease")?;
    rig.desk.ask(rig.now, Desk::ALICE);
    rig.presses_when_offered()?;
    again(&mut rig, "in the next lease")?;
    rig.page.alive = false;
    rig.stops(MOST_STOP)?;
    rig.start_guardian();
    rig.run(3.0);
    again(&mut rig, "after a restart")?;
    anyhow::ensure!(rig.machine.truck.speed_mps() == 0.0 && rig.state.latch.is_some(), "in {:?}", rig.state.state);
    rig.oracle.ensure_none()?;
    Found::new(trials, "0 accepted".into())
}

pub(super) fn two_people(_effort: &Effort) -> anyhow::Result<Found> {
    let mut rig = Rig::new("", floors::open(), START)?;
    rig.until(20.0, "parked", |rig| rig.state.state == SafetyState::Parked)?;
    // Both in one tick.
    rig.desk.ask(rig.now, Desk::ALICE);
    rig.desk.ask(rig.now, Desk::BOB);
    rig.run(0.1);
    let denied = |rig: &Rig| {
        rig.desk.replies.iter().filter(|(_, seat, reply)| *seat == Desk::BOB && matches!(reply, Reply::Denied(_))).count()
    };
    anyhow::ensure!(rig.desk.holder() == Some(Desk::ALICE) && denied(&rig) == 1, "{:?}", rig.desk.replies);
    rig.presses_when_offered()?;
    rig.page.hands.wishes = |_| (1200, 100);
    rig.run(2.0);
    // During a stop.
    rig.page.alive = false;
    rig.oracle.watch();
    rig.until(2.0, "the stop", |rig| rig.oracle.braked.is_some())?;
    rig.desk.ask(rig.now, Desk::BOB);
    anyhow::ensure!(denied(&rig) == 2, "somebody took over a truck that was stopping for another");
    rig.stops(MOST_STOP)?;
    // Her lease ends two seconds after her last command, to the tick.
    rig.until(5.0, "the end of her lease", |rig| rig.desk.holder().is_none())?;
    rig.desk.ask(rig.now, Desk::BOB);
    rig.run(0.5);
    anyhow::ensure!(rig.desk.holder() == Some(Desk::BOB), "he was not let in: {:?}", rig.desk.replies.last());
    let told = rig.desk.replies.iter().any(|(_, seat, reply)| *seat == Desk::ALICE && matches!(reply, Reply::Ended(_)));
    anyhow::ensure!(told, "she was not told that her lease is over");
    // She comes back and holds the switch as if nothing had been.
    let (accepted, barred) = (rig.state.accepted, rig.desk.barred);
    rig.page.alive = true;
    rig.run(1.0);
    anyhow::ensure!(rig.state.accepted == accepted, "her commands still count");
    anyhow::ensure!(rig.page.lease.is_none() || rig.desk.barred > barred, "nothing of hers was barred");
    anyhow::ensure!(!rig.state.causes.contains(&Cause::InternalFault), "{:?}", rig.state.causes);
    rig.oracle.ensure_none()?;
    Found::new(3, "one holder each time, the other told in the same tick".into())
}
