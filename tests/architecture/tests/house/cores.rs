//! Cores know no clock, no thread, no chance, no file, no socket, and print nothing: all of that is handed in.

use crate::sources::{files, is_for_tests, parsed, root, shown};
use std::path::{Path, PathBuf};
use syn::visit::Visit;

const CORES: [&str; 10] = [
    "gateway/protocol",
    "gateway/link",
    "gateway/lease",
    "gateway/coordination",
    "vehicle-agent/safety",
    "vehicle-agent/guard",
    "vehicle-agent/mind",
    "vehicle-agent/site",
    "sim/net",
    "sim/world",
];

/// Two neighbouring words of a path that a core must not say.
const FORBIDDEN_PAIRS: [(&str, &str); 12] = [
    ("Instant", "now"),
    ("SystemTime", "now"),
    ("std", "thread"),
    ("std", "net"),
    ("std", "fs"),
    ("std", "process"),
    ("std", "env"),
    ("thread", "sleep"),
    // Of the sockets inside a vehicle the mind knows what passes over them.
    ("farhand_drive", "vehicle_now"),
    ("farhand_drive", "suspended_micros"),
    ("farhand_drive", "PacketSocket"),
    ("farhand_drive", "PacketListener"),
];
const FORBIDDEN_CRATES: [&str; 6] = ["tokio", "rand", "getrandom", "rustix", "quinn", "tracing_subscriber"];
const FORBIDDEN_MACROS: [&str; 5] = ["println", "eprintln", "print", "eprint", "dbg"];

#[test]
fn cores_are_pure() {
    let mut found = Vec::new();
    for core in CORES {
        let sources = files(&root().join(core).join("src"), &[".rs"]);
        assert!(!sources.is_empty(), "{core} is gone: mend this test");
        for path in compiled(&sources) {
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

#[test]
fn only_what_is_named_by_tests_alone_is_left_out() {
    let sources = files(&root().join("vehicle-agent/mind/src"), &[".rs"]);
    let looked_at: Vec<String> = compiled(&sources).iter().map(|path| shown(path)).collect();
    let is_in = |name: &str| looked_at.contains(&format!("vehicle-agent/mind/src/{name}"));
    assert!(["lib.rs", "mind.rs", "lookout.rs", "lookout/question.rs"].into_iter().all(is_in), "{looked_at:?}");
    assert!(!is_in("lookout/tests.rs") && !is_in("lookout/shown.rs"), "{looked_at:?}");
}

/// The files that a crate is made of without its tests: those that its root names, and what they name in turn.
fn compiled(sources: &[PathBuf]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = sources.iter().filter(|path| path.ends_with("src/lib.rs")).cloned().collect();
    assert_eq!(found.len(), 1, "a core is a library: mend this test");
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        let named = modules(&path).into_iter().filter(|(_, for_tests)| !for_tests).map(|(module, _)| module);
        let new: Vec<PathBuf> = named.filter(|module| !found.contains(module)).collect();
        found.extend(new);
        next += 1;
    }
    found
}

/// The modules that a file names but does not hold, and whether they are for its tests.
fn modules(path: &Path) -> Vec<(PathBuf, bool)> {
    let folder = path.parent().expect("a file lies in a folder");
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let below = if stem == "lib" || stem == "main" { folder.to_owned() } else { folder.join(stem) };
    let place = |module: &syn::ItemMod| {
        let given = module.attrs.iter().find(|attribute| attribute.path().is_ident("path"));
        let literal = given.and_then(|attribute| match &attribute.meta {
            syn::Meta::NameValue(syn::MetaNameValue {
                value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }),
                ..
            }) => Some(text.value()),
            _ => None,
        });
        literal.map_or_else(|| below.join(format!("{}.rs", module.ident)), |text| folder.join(text))
    };
    let items = parsed(path).items;
    let modules = items.iter().filter_map(|item| if let syn::Item::Mod(module) = item { Some(module) } else { None });
    modules.filter(|module| module.content.is_none()).map(|module| (place(module), is_for_tests(&module.attrs))).collect()
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
