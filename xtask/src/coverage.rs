//! `coverage`: names each line of the safety core that none of its own tests runs.

use crate::house;
use crate::steps::{run, say};
use crate::tools::installed;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Reads the profiles of the compiler's own instrumentation by itself, so no component of a toolchain is needed.
const TOOL: &str = "cargo-tarpaulin";
const VERSION: &str = "0.37.5";
const PACKAGE: &str = "farhand-safety";
const SOURCES: &str = "vehicle-agent/safety/src";

/// How often each counted line of a file ran.
type Lines = BTreeMap<u32, u64>;

/// Runs the tests of the safety core and fails if a line of it did not run.
pub(crate) fn run_coverage() -> Result<()> {
    let tool = installed(TOOL, VERSION, &["--no-default-features"])?;
    let folder = house::root().join("target/coverage");
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let mut command = Command::new(tool);
    command.args(["tarpaulin", "--engine", "llvm", "--packages", PACKAGE, "--lib", "--profile", "mutants"]);
    // With the tests: what only the test build has would else be left out as well. The tests themselves go below.
    command.args(["--skip-clean", "--locked", "--include-tests", "--out", "Lcov", "--include-files", &format!("{SOURCES}/**")]);
    command.arg("--output-dir").arg(&folder).arg("--target-dir").arg(folder.join("build"));
    run(&mut command)?;
    let path = folder.join("lcov.info");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", house::shown(&path)))?;
    let mut files = counted(&text, house::root());
    for (file, lines) in &mut files {
        let source = std::fs::read_to_string(house::root().join(file)).with_context(|| format!("reading {file}"))?;
        let tests = begin_of_tests(&source);
        lines.retain(|number, _| *number < tests);
    }
    files.retain(|_, lines| !lines.is_empty());
    ensure!(!files.is_empty(), "{} counts no line of {SOURCES}", house::shown(&path));
    let missed = report(&files)?;
    ensure!(missed == 0, "{missed} lines of the safety core are run by none of its own tests; they are named above");
    Ok(())
}

/// The lines that a report in the format of lcov counts, by file under the root.
fn counted(text: &str, root: &Path) -> BTreeMap<String, Lines> {
    let mut files: BTreeMap<String, Lines> = BTreeMap::new();
    let mut file = String::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            file = Path::new(path).strip_prefix(root).unwrap_or(Path::new(path)).display().to_string();
        } else if let Some((number, times)) = line.strip_prefix("DA:").and_then(|rest| rest.split_once(','))
            && let (Ok(number), Ok(times)) = (number.parse(), times.parse::<u64>())
        {
            *files.entry(file.clone()).or_default().entry(number).or_default() += times;
        }
    }
    files.retain(|file, _| file.starts_with(SOURCES) && !file.ends_with("/tests.rs"));
    files
}

/// The line from which on a source file has its tests; those in a file of their own are none of the sources.
fn begin_of_tests(source: &str) -> u32 {
    (1..).zip(source.lines()).find(|(_, line)| *line == "#[cfg(test)]").map_or(u32::MAX, |(number, _)| number)
}

/// Says what was counted and what did not run; returns how many lines that are.
fn report(files: &BTreeMap<String, Lines>) -> Result<usize> {
    let (mut all, mut missed) = (0, 0);
    for (file, lines) in files {
        let idle: Vec<u32> = lines.iter().filter(|(_, times)| **times == 0).map(|(number, _)| *number).collect();
        for number in &idle {
            say(&format!("   NOT RUN {file}:{number}"));
        }
        all += lines.len();
        missed += idle.len();
    }
    let without: Vec<String> = sources()?.into_iter().filter(|file| !files.contains_key(file)).collect();
    say(&format!("   {} of {all} lines in {} files are run by the crate's own tests", all - missed, files.len()));
    say("   counted is what the crate's test build compiles, without the tests; so also what no program has: the faults of");
    say("   broken.rs, and for the model checker projection.rs and the smaller memory of pictures.rs");
    say(&format!("   without a line that runs: {}", without.join(", ")));
    Ok(missed)
}

/// The source files, without those of tests.
fn sources() -> Result<Vec<String>> {
    let folder = house::root().join(SOURCES);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("reading {SOURCES}"))? {
        let path = entry.with_context(|| format!("reading {SOURCES}"))?.path();
        names.extend(path.extension().is_some_and(|ending| ending == "rs").then(|| house::shown(&path)));
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_summed_by_file_and_others_are_left_out() {
        let text = "TN:\nSF:/r/vehicle-agent/safety/src/gate.rs\nFN:3,x\nDA:3,2\nDA:4,0\nend_of_record\n\
                    SF:/r/vehicle-agent/safety/src/gate.rs\nDA:4,1\nDA:5,0\nDA:6,?\nend_of_record\n\
                    SF:/r/vehicle-agent/safety/tests/drives/truck.rs\nDA:1,0\nend_of_record\n\
                    SF:/r/vehicle-agent/safety/src/cap/tests.rs\nDA:1,0\nend_of_record\n\
                    SF:/elsewhere/lib.rs\nDA:1,0\nend_of_record\n";
        let files = counted(text, Path::new("/r"));
        assert_eq!(files.len(), 1);
        assert_eq!(files["vehicle-agent/safety/src/gate.rs"], Lines::from([(3, 2), (4, 1), (5, 0)]));
    }

    #[test]
    fn tests_begin_where_they_are_said_to() {
        assert_eq!(begin_of_tests("a\n    #[cfg(test)]\n#[cfg(any(test, x))]\nb\n#[cfg(test)]\nmod tests {}\n"), 5);
        assert_eq!(begin_of_tests("a\n"), u32::MAX);
    }

    #[test]
    fn the_sources_of_the_safety_core_are_found() {
        let found = sources().expect("they are there");
        assert!(found.iter().any(|file| file.ends_with("/core.rs")) && found.len() > 20, "{found:?}");
    }
}
