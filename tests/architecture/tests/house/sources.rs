//! Finds and reads the sources of the repository.

use std::path::{Path, PathBuf};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there")
}

/// A path as a person would write it.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

// What is built, fetched or generated is nobody's writing.
const SKIPPED: [&str; 7] = ["target", "node_modules", "dist", "generated", ".git", "golden", "corpus"];

/// Every file under a folder with one of these endings.
pub(crate) fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !path.is_symlink() && !SKIPPED.contains(&name) {
            found.extend(files(&path, endings));
        } else if path.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every Rust file of the repository.
pub(crate) fn rust_files() -> Vec<PathBuf> {
    files(&root(), &[".rs"])
}

/// A file as a syntax tree.
pub(crate) fn parsed(path: &Path) -> syn::File {
    let text = std::fs::read_to_string(path).expect("a source can be read");
    syn::parse_file(&text).unwrap_or_else(|error| unreachable!("{} is no Rust: {error}", shown(path)))
}

/// True for `#[test]` functions and `#[cfg(test)]` modules.
pub(crate) fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|argument| argument.is_ident("test")))
    })
}
