//! The pages that people read, held against the program: READMEs, CONTRIBUTING, CHANGELOG and everything under docs/.

mod command_lines;
mod definition;
mod faults;
mod reference;
mod settings;
mod tables;

use std::path::{Path, PathBuf};

/// The repository's root.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A page: its path below the root, and its text.
struct Page {
    name: String,
    text: String,
}

impl Page {
    #[track_caller]
    fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(root().join(name));
        Self { name: name.to_owned(), text: text.unwrap_or_else(|error| panic!("{name}: {error}")) }
    }
}

/// Every page of docs/.
fn docs() -> Vec<Page> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 9, "{paths:?}");
    let name = |path: &PathBuf| format!("docs/{}", path.file_name().unwrap().to_str().unwrap());
    paths.iter().map(|path| Page::read(&name(path))).collect()
}

/// Every page that people read.
fn all() -> Vec<Page> {
    let others =
        ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(Page::read);
    others.into_iter().chain(docs()).collect()
}

/// The code that stands between single backticks, outside of code blocks.
fn inline_code(text: &str) -> Vec<&str> {
    let mut found = vec![];
    let mut within_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            within_block = !within_block;
        } else if !within_block {
            found.extend(line.split('`').skip(1).step_by(2));
        }
    }
    found
}
