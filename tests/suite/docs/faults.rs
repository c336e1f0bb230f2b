//! docs/FAULTS.md names a test for each fault, and each test exists.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Page, inline_code, root};

/// The files below a directory of sources that hold each test, by the test's name.
fn tests_below(directory: &Path, found: &mut BTreeMap<String, Vec<PathBuf>>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for name in tests_of(&text) {
                found.entry(name.to_owned()).or_default().push(path.clone());
            }
        }
    }
}

/// The functions that stand under `#[test]`.
fn tests_of(text: &str) -> Vec<&str> {
    let mut names = vec![];
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if line == "#[test]" {
            is_test = true;
        } else if let Some(function) = line.strip_prefix("fn ") {
            names.extend(function.split('(').next().filter(|_| std::mem::take(&mut is_test)));
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            is_test = false;
        }
    }
    names
}

#[test]
fn each_fault_has_a_test() {
    let page = Page::read("docs/FAULTS.md");
    let (mut of_suite, mut of_source) = (BTreeMap::new(), BTreeMap::new());
    tests_below(&root().join("tests/suite"), &mut of_suite);
    tests_below(&root().join("src"), &mut of_source);
    let rows: Vec<&str> = page.text.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 30, "{} rows", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, _, tests, released] = cells[..] else { panic!("{row}") };
        let names = inline_code(tests);
        assert!(!names.is_empty(), "no test: {row}");
        for name in names {
            let places = of_suite.get(name).into_iter().chain(of_source.get(name)).flatten();
            assert_eq!(places.count(), 1, "{name} is not one test: {row}");
            // Only the suite starts a binary.
            assert!(released.is_empty() || of_suite.contains_key(name), "{name}: {row}");
        }
        assert!(["", "yes"].contains(&released), "{row}");
    }
}

#[test]
fn a_function_is_a_test_by_its_attribute() {
    let text =
        "#[test]\n// Why.\n#[cfg(unix)]\nfn one() {\n}\nfn two() {\n#[test]\nlet x;\nfn three(";
    assert_eq!(tests_of(text), ["one"]);
}
