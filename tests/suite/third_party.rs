//! THIRD-PARTY.md has every library that is in the released program, with its licence.
//!
//! `MT5CRS_BLESS=1` writes it anew, with the texts of the licences from the libraries' sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The platform of the released program.
const PLATFORM: &str = "x86_64-unknown-linux-musl";

const INTRODUCTION: &str = "\
# Third-party software

The program `mt5crs` contains the libraries below. A test compares the table with `Cargo.lock`.

**libzmq 4.3.4**, the ZeroMQ library in C++, comes in the source of the crate `zeromq-src` and is compiled into the program,
unchanged. Copyright (c) 2007-2017 Contributors as noted in its AUTHORS file. It is licensed under the GNU Lesser General
Public License, version 3 or later, with this exception:

> As a special exception, copyright holders give you permission to link this library with independent modules to produce an
> executable, regardless of the license terms of these independent modules, and to copy and distribute the resulting
> executable under terms of your choice, provided that you also meet, for each linked independent module, the terms and
> conditions of the license of that module. An independent module is a module which is not derived from or based on this
> library. If you modify this library, you must extend this exception to your version of the library.

Its source is at https://github.com/zeromq/libzmq and in `zeromq-src` on crates.io. It includes sha1.c, copyright (C) 1995,
1996, 1997 and 1998 WIDE Project (BSD-3-Clause).

The static program also contains Rust's standard library (MIT or Apache-2.0), musl (MIT, copyright (c) 2005-2020 Rich
Felker, et al.), and LLVM's libc++, libc++abi, libunwind and compiler-rt (Apache-2.0 with LLVM exceptions).

";

struct Library {
    name: String,
    licence: String,
    source: PathBuf,
}

/// Every library in the program: the graph of normal dependencies, without macros, which run in the compiler.
fn libraries() -> Vec<Library> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .arg(format!("--filter-platform={PLATFORM}"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let packages = list(&all["packages"]);
    let package = |id: &Value| packages.iter().find(|package| package["id"] == *id).unwrap();
    let nodes = list(&all["resolve"]["nodes"]);
    let mut open = vec![all["resolve"]["root"].clone()];
    let mut seen: BTreeSet<String> = BTreeSet::new();
    while let Some(id) = open.pop() {
        let is_macro = |target: &Value| list(&target["kind"]).contains(&"proc-macro".into());
        if list(&package(&id)["targets"]).iter().any(is_macro)
            || !seen.insert(id.as_str().unwrap().to_owned())
        {
            continue;
        }
        let node = nodes.iter().find(|node| node["id"] == id).unwrap();
        let is_normal = |dep: &&Value| list(&dep["dep_kinds"]).iter().any(|k| k["kind"].is_null());
        open.extend(list(&node["deps"]).iter().filter(is_normal).map(|dep| dep["pkg"].clone()));
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let library = |id: &String| {
        let package = package(&Value::from(id.as_str()));
        let source = PathBuf::from(text(&package["manifest_path"])).parent().unwrap().to_owned();
        Library { name: text(&package["name"]), licence: text(&package["license"]), source }
    };
    let mut libraries: Vec<Library> = seen.iter().map(library).collect();
    libraries.retain(|library| library.name != "mt5crs");
    libraries.sort_by(|one, other| one.name.cmp(&other.name));
    libraries.dedup_by(|one, other| one.name == other.name && one.licence == other.licence);
    libraries
}

fn table(libraries: &[Library]) -> String {
    let rows = libraries.iter().map(|one| format!("| {} | {} |\n", one.name, one.licence));
    format!("| library | licence |\n|---|---|\n{}", rows.collect::<String>())
}

/// The texts that go with a library: the MIT licence's where it may be had under that alone, else all.
fn texts(library: &Library) -> Vec<String> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(&library.source).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().to_ascii_uppercase();
    files.retain(|path| {
        let name = name(path);
        let is_text =
            ["LICEN", "COPYING", "UNLICENSE", "NOTICE"].iter().any(|word| name.starts_with(word));
        path.is_file() && is_text
    });
    let of_mit: Vec<PathBuf> =
        files.iter().filter(|path| name(path).contains("MIT")).cloned().collect();
    let is_one_of_several = !library.licence.contains(" AND ");
    let chosen = if of_mit.is_empty() || !is_one_of_several { files } else { of_mit };
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned()
    };
    chosen.iter().map(read).collect()
}

fn written(libraries: &[Library]) -> String {
    let mut holders: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut without = vec![];
    for library in libraries {
        let texts = texts(library);
        if texts.is_empty() {
            without.push(library.name.as_str());
        }
        for text in texts {
            holders.entry(text).or_default().push(&library.name);
        }
    }
    let mut sections: Vec<(Vec<&str>, String)> =
        holders.into_iter().map(|(text, names)| (names, text)).collect();
    sections.sort();
    let sections = sections
        .iter()
        .map(|(names, text)| format!("\n### {}\n\n```text\n{text}\n```\n", names.join(", ")));
    let without = match without.is_empty() {
        true => String::new(),
        false => format!(
            "\nThe sources of {} hold no text; crates.io names their authors.\n",
            without.join(", ")
        ),
    };
    let texts = sections.collect::<String>();
    format!("{INTRODUCTION}{}\n## Texts\n{without}{texts}", table(libraries))
}

#[test]
fn every_library_in_the_program_is_named_with_its_licence() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("THIRD-PARTY.md");
    let libraries = libraries();
    if std::env::var_os("MT5CRS_BLESS").is_some() {
        fs::write(&file, written(&libraries)).unwrap();
    }
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with(INTRODUCTION) && text.contains(&table(&libraries)),
        "MT5CRS_BLESS=1 cargo test --test suite third_party"
    );
}

/// The rule of deny.toml for the libraries of the program, for a machine without cargo-deny.
#[test]
fn every_licence_is_one_that_deny_toml_allows() {
    let rules =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).unwrap();
    let allowed = rules.lines().find_map(|line| line.strip_prefix("allow = ")).unwrap();
    let allowed: Vec<String> = serde_json::from_str(allowed).unwrap();
    for Library { name, licence, .. } in libraries() {
        // One of several that may be chosen is enough; of several that hold together, each counts.
        let one = |word: &str| {
            allowed.iter().any(|allowed| allowed == word.trim_matches(['(', ')', ' ']))
        };
        let any = |part: &str| part.replace('/', " OR ").split(" OR ").any(|word| one(word.trim()));
        assert!(licence.split(" AND ").all(any), "{name}: {licence}");
    }
}
