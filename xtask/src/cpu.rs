//! What each process costs, read from /proc.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

/// Clock ticks of /proc/PID/stat a second; Linux fixes it at 100 for what programs see.
const TICKS_PER_SECOND: f64 = 100.0;

/// Measures processes with all their descendants from one moment on.
#[derive(Debug)]
pub(crate) struct Meter {
    since: Instant,
    before: BTreeMap<String, (u32, u64)>,
}

impl Meter {
    /// Starts to measure.
    pub(crate) fn start(pids: BTreeMap<String, u32>) -> Self {
        let table = table();
        let before = pids.into_iter().map(|(name, pid)| (name, (pid, ticks_of_tree(&table, pid)))).collect();
        Self { since: Instant::now(), before }
    }

    /// Per cent of one core since the start, by name.
    #[expect(clippy::cast_precision_loss, reason = "a day of ticks is far below 2^52")]
    pub(crate) fn per_cent(&self) -> BTreeMap<String, f64> {
        let (table, seconds) = (table(), self.since.elapsed().as_secs_f64().max(0.01));
        let cost = |(name, (pid, before)): (&String, &(u32, u64))| {
            let ticks = ticks_of_tree(&table, *pid).saturating_sub(*before);
            (name.clone(), ticks as f64 / TICKS_PER_SECOND / seconds * 100.0)
        };
        self.before.iter().map(cost).collect()
    }

    /// One line for a person; `when` is put before it.
    pub(crate) fn report(&self, when: &str) -> String {
        let mut line = format!("{when}cpu, % of a core over {:.0} s:", self.since.elapsed().as_secs_f64());
        for (name, cost) in self.per_cent() {
            write!(line, "  {name} {cost:.1}").expect("text grows");
        }
        line
    }
}

/// Parent and used ticks of each process.
type Table = BTreeMap<u32, (u32, u64)>;

fn table() -> Table {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Table::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, parse_stat(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?))).collect()
}

/// Parent and ticks out of one line of /proc/PID/stat; the program's name in it may hold anything but ends with `)`.
fn parse_stat(text: &str) -> Option<(u32, u64)> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    // Fields 14 to 17 of proc(5): own user and system time, and that of children that were waited for.
    let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
    Some((u32::try_from(number(1)?).ok()?, ticks))
}

fn ticks_of_tree(table: &Table, root: u32) -> u64 {
    let own = table.get(&root).map_or(0, |(_, ticks)| *ticks);
    let children = table.iter().filter(|(pid, (parent, _))| *parent == root && **pid != root);
    own + children.map(|(pid, _)| ticks_of_tree(table, *pid)).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_brackets_in_its_name_is_read() {
        let text = "42 (a ) b) S 7 42 42 0 -1 4194304 100 0 0 0 11 22 3 4 20 0 1 0 5 6 7";
        assert_eq!(parse_stat(text), Some((7, 40)));
    }

    #[test]
    fn children_count_for_their_parent() {
        let table = Table::from([(1, (0, 5)), (2, (1, 10)), (3, (2, 100)), (4, (0, 1000))]);
        assert_eq!(ticks_of_tree(&table, 1), 115);
    }

    #[test]
    fn this_very_process_is_found() {
        assert!(table().contains_key(&std::process::id()));
    }
}
