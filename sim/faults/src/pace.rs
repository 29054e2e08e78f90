//! How much faster than real time invented time runs (design.md section 10), measured on the rig that shows the faults.

use crate::rig::{Rig, TICK, truck};
use farhand_drive::AgentSays;
use farhand_machine::floors::{self, START};
use farhand_protocol::SafetyState;
use farhand_world::Ground;
use serde_bytes::ByteBuf;
use std::io::Write;
use std::time::{Duration, Instant};

/// What a learned policy makes of a row of senses, as bytes of 32-bit floats both ways; none if it has nothing to say.
pub type Judge<'a> = dyn FnMut(&[u8]) -> Option<Vec<u8>> + 'a;

/// Drives in circles for so many invented minutes, with all that a vehicle has and with link, lease and state machine alone, and
/// writes how long each took. Without a judge the guard ranks by itself.
///
/// # Errors
/// If the drive is stopped, which it must not be, or nobody reads.
pub fn pace(minutes: u32, mut judge: Option<&mut Judge<'_>>, out: &mut dyn Write) -> anyhow::Result<()> {
    let policy = if judge.is_some() { "policy" } else { "no policy" };
    writeln!(out, "| what runs | invented minutes | seconds | times real time | wanted |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    let line = |what: &str, pace: &Pace, wanted: &str| {
        format!("| {what} | {minutes} | {:.2} | {:.0} | {wanted} |", pace.took.as_secs_f64(), pace.times_real_time())
    };
    let (mut asked, mut answered) = (0, 0);
    for (looks, look_period, wanted) in [(10, "100ms", "100"), (20, "50ms", "-")] {
        let course = Course { ground: floors::hall(), look_period: Some(look_period), minutes };
        let all = course.drive(judge.as_deref_mut())?;
        (asked, answered) = (asked + all.asked, answered + all.answered);
        let what = format!("machine, two scanners, guard with {looks} looks a second, {policy}, core, link, lease");
        writeln!(out, "{}", line(&what, &all, wanted))?;
    }
    let bare = Course { ground: floors::open(), look_period: None, minutes }.drive(None)?;
    writeln!(out, "{}", line("machine, core, link, lease", &bare, "500"))?;
    writeln!(out, "\n{answered} of {asked} questions were answered by the policy")?;
    Ok(())
}

struct Course {
    ground: Ground,
    /// Without scanners if none.
    look_period: Option<&'static str>,
    minutes: u32,
}

#[derive(Debug, Default)]
struct Pace {
    invented: Duration,
    took: Duration,
    asked: u32,
    answered: u32,
}

impl Pace {
    fn times_real_time(&self) -> f64 {
        self.invented.as_secs_f64() / self.took.as_secs_f64().max(1e-9)
    }
}

impl Course {
    fn drive(self, mut judge: Option<&mut Judge<'_>>) -> anyhow::Result<Pace> {
        let guard = self.look_period.map_or(String::new(), |period| format!("\n[guard]\nlook_period = \"{period}\"\n"));
        let mut profile = truck(&guard)?;
        profile.scanner.fitted = self.look_period.is_some();
        let mut rig = Rig::of(profile, self.ground, START)?;
        rig.takes_over()?;
        rig.page.hands.wishes = |_| (1200, 250);
        let (mut pace, begin) = (Pace::default(), Instant::now());
        for tick in 0..self.minutes * TICKS_A_MINUTE {
            // A hand that is alive never holds the wheel as still as a stuck one.
            rig.page.hands.beside_mrad = if tick / 100 % 2 == 0 { 10 } else { -10 };
            rig.tick();
            pace.invented += TICK;
            if let Some((at, row)) = rig.question.take() {
                pace.asked += 1;
                if let Some(values) = judge.as_mut().and_then(|judge| judge(&row)) {
                    pace.answered += 1;
                    rig.hear_agent(AgentSays::Scores { at, values: ByteBuf::from(values) });
                }
            }
        }
        pace.took = begin.elapsed();
        rig.oracle.ensure_none()?;
        anyhow::ensure!(rig.state.state == SafetyState::Teleop, "it was stopped for {:?}", rig.state.causes);
        Ok(pace)
    }
}

const TICKS_A_MINUTE: u32 = 6_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_driven_both_ways_and_the_judge_is_asked() {
        let mut page = Vec::new();
        let mut rows = 0;
        let mut judge = |row: &[u8]| {
            rows += 1;
            (!row.is_empty()).then(|| vec![0; 36 * 4])
        };
        pace(1, Some(&mut judge), &mut page).expect("both drives end in charge");
        let page = String::from_utf8(page).expect("text");
        assert_eq!(page.lines().filter(|line| line.starts_with("| machine")).count(), 3, "{page}");
        // Ten looks a second, then twenty.
        assert!(rows > 1_700, "{rows} questions");
    }
}
