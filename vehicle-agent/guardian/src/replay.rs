//! `farhand-guardian replay FILE`: runs a record through the mind again and says whether it comes to the same verdicts.

use anyhow::Context as _;
use clap::Args;
use farhand_mind::record::{Ending, Header, Reader};
use farhand_mind::{Change, Replay, Verdict};
use farhand_protocol::SafetyState;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Runs a record again, and compares the verdict of each tick bit by bit.
///
/// The exit code is 0 if all are equal, 1 if one is different, 2 if the record cannot be read or not to its end.
#[derive(Debug, Args)]
pub(crate) struct ReplayOptions {
    /// The record: what `[record] file` in guardian.toml names, or the one of the run before, with `.1` behind.
    file: PathBuf,
    /// Prints a line for each change of state.
    #[arg(long)]
    table: bool,
    /// Takes the record of another version of this program too: what is different then is what has changed.
    #[arg(long)]
    any_version: bool,
}

const DIFFERENT: u8 = 1;
const UNREADABLE: u8 = 2;

/// Prints the result, and gives the exit code.
pub(crate) fn run(options: &ReplayOptions) -> ExitCode {
    match replay(options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(DIFFERENT),
        Err(failure) => {
            eprintln!("{failure:#}");
            ExitCode::from(UNREADABLE)
        }
    }
}

/// True if all ticks came out as they were recorded.
fn replay(options: &ReplayOptions) -> anyhow::Result<bool> {
    let name = || options.file.display().to_string();
    let file = File::open(&options.file).with_context(|| format!("{} cannot be opened", name()))?;
    let (header, mut reader) = Reader::open(BufReader::new(file)).with_context(name)?;
    let mut replay = Replay::new(&header, options.any_version).with_context(name)?;
    let mut course = Course::default();
    say(&title(&header));
    let end = loop {
        match reader.entries() {
            Ok(Some(entries)) => {
                for change in entries.iter().filter_map(|entry| replay.entry(entry)) {
                    course.note(&change);
                    if options.table {
                        say(&line(&change));
                    }
                }
            }
            Ok(None) => break Ok(()),
            Err(fault) => break Err(fault),
        }
    };
    say(&summary(&replay, &course, reader.ending()));
    end.with_context(name)?;
    anyhow::ensure!(replay.ticks() > 0, "{} holds no whole tick", name());
    Ok(replay.different() == 0)
}

fn title(header: &Header) -> String {
    format!(
        "{}, recorded by farhand-guardian {} on {} from {}",
        header.vehicle,
        header.program,
        header.platform,
        date(header.unix_s)
    )
}

/// Date and time of day in UTC, for seconds since 1970.
fn date(unix_s: u64) -> String {
    let (mut days, second) = (unix_s / 86_400, unix_s % 86_400);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let day = days + 1;
    format!("{year}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", second / 3600, second / 60 % 60, second % 60)
}

fn line(change: &Change) -> String {
    let from = change.from.map_or("start".into(), |from| format!("{from:?}"));
    let Verdict { state, causes, cap_mm_s, cap_term, .. } = change.to;
    let why = causes.iter().map(|cause| format!("{cause:?}")).collect::<Vec<_>>().join(" ");
    let at = change.at.as_secs_f64();
    format!("{at:>10.3} s  {from:>9} -> {state:<9?}  {:>5} mm/s  cap {cap_mm_s:>5} {cap_term:?}  {why}", change.speed_mm_s)
}

/// Where the session went.
#[derive(Debug, Default)]
struct Course {
    visits: BTreeMap<SafetyState, u32>,
    stops: Vec<(Duration, String)>,
}

impl Course {
    fn note(&mut self, change: &Change) {
        *self.visits.entry(change.to.state).or_default() += 1;
        let moved = matches!(change.from, Some(SafetyState::Teleop | SafetyState::Auto | SafetyState::Handover));
        if moved && matches!(change.to.state, SafetyState::SafeStop | SafetyState::Halt | SafetyState::EStop) {
            let why = change.to.causes.worst().map_or("no cause".into(), |cause| format!("{cause:?}"));
            self.stops.push((change.at, why));
        }
    }
}

fn summary(replay: &Replay, course: &Course, ending: Option<Ending>) -> String {
    let mut lines = vec![format!("{:.3} s, {} ticks", replay.duration().as_secs_f64(), replay.ticks())];
    let visits = course.visits.iter().map(|(state, times)| format!("{state:?} {times}")).collect::<Vec<_>>();
    lines.push(format!("states entered: {}", visits.join(", ")));
    lines.push(format!("stops: {}", if course.stops.is_empty() { "none" } else { "" }).trim_end().to_owned());
    lines.extend(course.stops.iter().map(|(at, why)| format!("  {:>10.3} s  {why}", at.as_secs_f64())));
    lines.push(match ending {
        Some(Ending::Stopped) => "the record is whole: the guardian was told to stop".into(),
        Some(Ending::Full) => "the record ends where it was full".into(),
        Some(Ending::CutOff) => "the record is cut off: all up to its last whole tick was read".into(),
        None => "the record cannot be read further".into(),
    });
    match replay.first_difference() {
        None if replay.ticks() == 0 => {}
        None if ending.is_none() => lines.push("equal up to there".into()),
        None => lines.push("equal: each tick came to the recorded verdict".into()),
        Some(first) => {
            let (different, ticks) = (replay.different(), replay.ticks());
            lines.push(format!("DIFFERENT: {different} of {ticks} ticks, the first is tick {}", first.tick));
            lines.push(format!("  at {:.3} s", first.at.as_secs_f64()));
            lines.push(format!("  recorded  {}", first.recorded));
            lines.push(format!("  replayed  {}", first.replayed));
        }
    }
    lines.join("\n")
}

/// A line of the result.
#[expect(clippy::print_stdout, reason = "what this command says is its result")]
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(date(951_782_399), "2000-02-28 23:59:59 UTC");
        assert_eq!(date(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(date(1_798_761_599), "2026-12-31 23:59:59 UTC");
        assert_eq!(date(4_107_542_400), "2100-03-01 00:00:00 UTC");
    }
}
