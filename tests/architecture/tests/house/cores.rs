//! Cores know no clock, no thread, no chance, no file, no socket, and print nothing: all of that is handed in.

use crate::sources::{files, is_for_tests, parsed, root, shown};
use syn::visit::Visit;

const CORES: [&str; 7] =
    ["gateway/protocol", "gateway/link", "gateway/lease", "vehicle-agent/safety", "vehicle-agent/guard", "sim/net", "sim/world"];

/// Two neighbouring words of a path that a core must not say.
const FORBIDDEN_PAIRS: [(&str, &str); 8] = [
    ("Instant", "now"),
    ("SystemTime", "now"),
    ("std", "thread"),
    ("std", "net"),
    ("std", "fs"),
    ("std", "process"),
    ("std", "env"),
    ("thread", "sleep"),
];
const FORBIDDEN_CRATES: [&str; 6] = ["tokio", "rand", "getrandom", "rustix", "quinn", "tracing_subscriber"];
const FORBIDDEN_MACROS: [&str; 5] = ["println", "eprintln", "print", "eprint", "dbg"];

#[test]
fn cores_are_pure() {
    let mut found = Vec::new();
    for core in CORES {
        let sources = files(&root().join(core).join("src"), &[".rs"]);
        assert!(!sources.is_empty(), "{core} is gone: mend this test");
        for path in sources {
            let mut impure = Impure { found: Vec::new() };
            impure.visit_file(&parsed(&path));
            found.extend(impure.found.into_iter().map(|what| format!("{}: {what}", shown(&path))));
        }
    }
    assert!(found.is_empty(), "hand these in as values or outputs:\n{}", found.join("\n"));
}

#[test]
fn what_is_impure_is_seen_in_paths_imports_and_macros() {
    let text =
        "use std::{fs::File, time::Instant}; use tokio::net; fn f() { Instant::now(); println!(); std::thread::yield_now(); }
                #[cfg(test)] mod tests { fn g() { std::fs::read(\"x\"); } }";
    let mut impure = Impure { found: Vec::new() };
    impure.visit_file(&syn::parse_file(text).expect("is Rust"));
    assert_eq!(impure.found, ["std::fs", "tokio", "Instant::now", "println!", "std::thread"]);
}

struct Impure {
    found: Vec<String>,
}

impl Impure {
    fn look(&mut self, words: &[String]) {
        if let Some(first) = words.first().filter(|first| FORBIDDEN_CRATES.contains(&first.as_str())) {
            self.found.push(first.clone());
        }
        for pair in words.windows(2) {
            if FORBIDDEN_PAIRS.contains(&(pair[0].as_str(), pair[1].as_str())) {
                self.found.push(pair.join("::"));
            }
        }
    }

    fn look_at_import(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |word: &syn::Ident| [before, &[word.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.look_at_import(&with(&path.ident), &path.tree),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.look_at_import(before, item)),
            syn::UseTree::Name(name) => self.look(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.look(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.look(before),
        }
    }
}

impl<'ast> Visit<'ast> for Impure {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_for_tests(&module.attrs) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        self.look_at_import(&[], &import.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.look(&words);
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        if let Some(word) =
            called.path.get_ident().map(ToString::to_string).filter(|word| FORBIDDEN_MACROS.contains(&word.as_str()))
        {
            self.found.push(format!("{word}!"));
        }
        syn::visit::visit_macro(self, called);
    }
}
