//! The command line's definition, read from the manual pages, which come from the same definition as `--help`.

use std::collections::BTreeMap;

use crate::support::Machine;

/// An option or an argument, as a manual page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// `-c, --count <COUNT> [default: 10]`, or `<RUN>`.
    pub(super) synopsis: String,
    /// What it is for, in one line.
    pub(super) about: String,
}

impl Entry {
    /// The names of an option, `-c` and `--count`; none for an argument.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let words = self.synopsis.split([' ', ',', '=']);
        words.filter(|word| word.starts_with('-') && word.len() > 1)
    }
}

/// A command with everything that can be typed behind it.
#[derive(Debug)]
pub(super) struct Command {
    /// `mt5crs logs grep`.
    pub(super) name: String,
    pub(super) about: String,
    pub(super) entries: Vec<Entry>,
}

/// Every command, by the name of its manual page: `mt5crs-logs-grep`.
pub(super) fn commands() -> BTreeMap<String, Command> {
    let machine = Machine::new();
    machine.run(["man", "--dir=pages"]).end().exits(0);
    let pages = std::fs::read_dir(machine.file("pages")).unwrap();
    let commands: BTreeMap<String, Command> = pages
        .map(|page| {
            let path = page.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, command(&std::fs::read_to_string(path).unwrap()))
        })
        .collect();
    assert!(commands.len() > 20, "{commands:?}");
    commands
}

/// One manual page, read.
fn command(page: &str) -> Command {
    let section = |name: &str| {
        let lines = page.lines().skip_while(|line| *line != format!(".SH {name}")).skip(1);
        lines.take_while(|line| !line.starts_with(".SH ")).map(plain).collect::<Vec<_>>()
    };
    let name = section("SYNOPSIS").into_iter().find(|line| line.starts_with("mt5crs")).unwrap();
    let words = name.split(' ').take_while(|word| !word.starts_with(['[', '<']));
    let about = section("NAME").into_iter().find_map(|line| {
        let (_, about) = line.split_once(" - ")?;
        Some(about.to_owned())
    });
    let mut entries = vec![];
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line != ".TP" {
            continue;
        }
        let synopsis = plain(lines.next().unwrap());
        // The other lists of a page are its subcommands and exit codes.
        if synopsis.starts_with(['-', '<', '[']) {
            entries.push(Entry { synopsis, about: plain(lines.next().unwrap()) });
        }
    }
    Command { name: words.collect::<Vec<_>>().join(" "), about: about.unwrap_or_default(), entries }
}

/// A line without roff's escapes.
fn plain(line: &str) -> String {
    let pairs =
        [("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\-", "-"), ("\\*(Aq", "'"), ("\\&", "")];
    pairs.iter().fold(line.to_owned(), |line, (escape, text)| line.replace(escape, text))
}
