//! A file of up to 500 lines and a function of up to 100 can be read in one go.

use crate::sources::{files, parsed, root, rust_files, shown};
use syn::spanned::Spanned as _;
use syn::visit::Visit;

const MOST_FILE_LINES: usize = 500;
const MOST_FUNCTION_LINES: usize = 100;
/// More than this nobody holds in mind while reviewing a change of the safety core.
const MOST_DECIDING_LINES: usize = 1_500;

#[test]
fn no_file_is_longer_than_500_lines() {
    let written = files(&root(), &[".rs", ".ts", ".js", ".mjs", ".svelte", ".css"]);
    assert!(written.len() > 20, "the sources were found");
    let long: Vec<String> = written
        .iter()
        .filter_map(|path| {
            let lines = std::fs::read_to_string(path).expect("a source can be read").lines().count();
            (lines > MOST_FILE_LINES).then(|| format!("{}: {lines} lines", shown(path)))
        })
        .collect();
    assert!(long.is_empty(), "split these files by what their parts do:\n{}", long.join("\n"));
}

#[test]
fn no_function_is_longer_than_100_lines() {
    let mut long = Vec::new();
    for path in rust_files() {
        let mut functions = Functions { long: Vec::new() };
        functions.visit_file(&parsed(&path));
        long.extend(functions.long.into_iter().map(|what| format!("{}: {what}", shown(&path))));
    }
    assert!(long.is_empty(), "split these functions:\n{}", long.join("\n"));
}

/// What a person must read to know when a vehicle may move, without its tests and without empty and comment lines.
#[test]
fn the_state_machine_and_the_gate_have_at_most_1500_lines() {
    const PARTS: [&str; 10] = ["core", "states", "handover", "gate", "needs", "observe", "causes", "rules", "stop", "drive"];
    let lines = |part: &&str| {
        let path = root().join(format!("vehicle-agent/safety/src/{part}.rs"));
        let text = std::fs::read_to_string(&path).expect("a source can be read");
        let own = text.lines().map(str::trim).take_while(|line| *line != "#[cfg(test)]");
        own.filter(|line| !line.is_empty() && !line.starts_with("//")).count()
    };
    let all: usize = PARTS.iter().map(lines).sum();
    assert!((500..=MOST_DECIDING_LINES).contains(&all), "{all} lines decide whether a vehicle moves");
}

struct Functions {
    long: Vec<String>,
}

impl Functions {
    fn look(&mut self, name: &syn::Ident, block: &syn::Block) {
        let span = block.span();
        let lines = span.end().line.saturating_sub(span.start().line) + 1;
        if lines > MOST_FUNCTION_LINES {
            self.long.push(format!("fn {name} has {lines} lines"));
        }
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.look(&function.sig.ident, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.look(&function.sig.ident, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }
}
