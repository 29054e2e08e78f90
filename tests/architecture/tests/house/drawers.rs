//! Names and attributes that hide things.

use crate::sources::{files, parsed, root, rust_files, shown};
use syn::visit::Visit;

const DRAWERS: [&str; 8] = ["utils", "util", "common", "misc", "helpers", "helper", "types", "stuff"];

#[test]
fn no_module_is_a_drawer() {
    let named: Vec<String> = files(&root(), &[".rs", ".ts", ".js", ".svelte"])
        .iter()
        .filter(|path| {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let folder = path.parent().and_then(|folder| folder.file_name()).and_then(|name| name.to_str()).unwrap_or_default();
            DRAWERS.contains(&stem) || DRAWERS.contains(&folder)
        })
        .map(|path| shown(path))
        .collect();
    assert!(named.is_empty(), "a name that says what is inside is not yet found for:\n{}", named.join("\n"));
}

#[test]
fn a_module_lies_beside_its_folder() {
    let named: Vec<String> = rust_files().iter().filter(|path| path.ends_with("mod.rs")).map(|path| shown(path)).collect();
    assert!(named.is_empty(), "write foo.rs beside foo/ instead of foo/mod.rs:\n{}", named.join("\n"));
}

#[test]
fn no_test_is_ignored() {
    let mut found = Vec::new();
    for path in rust_files() {
        let mut tests = Ignored { names: Vec::new() };
        tests.visit_file(&parsed(&path));
        found.extend(tests.names.into_iter().map(|name| format!("{}: {name}", shown(&path))));
    }
    assert!(found.is_empty(), "mend these tests or delete them:\n{}", found.join("\n"));
}

#[test]
fn every_crate_says_what_it_promises() {
    let silent: Vec<String> = files(&root(), &["Cargo.toml"])
        .iter()
        .filter_map(|manifest| manifest.parent())
        .filter(|folder| *folder != root() && !folder.ends_with("fuzz") && !folder.join("README.md").is_file())
        .map(shown)
        .collect();
    assert!(silent.is_empty(), "a README.md of about ten lines is missing in:\n{}", silent.join("\n"));
}

struct Ignored {
    names: Vec<String>,
}

impl<'ast> Visit<'ast> for Ignored {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if function.attrs.iter().any(|attribute| attribute.path().is_ident("ignore")) {
            self.names.push(function.sig.ident.to_string());
        }
        syn::visit::visit_item_fn(self, function);
    }
}
