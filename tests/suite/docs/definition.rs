//! The command line's definition, read from the manual pages, which come from the same definition as `--help`.

use std::collections::BTreeMap;
use std::fmt::Write;

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
            let mut about = plain(lines.next().unwrap());
            let rest = lines.clone().take_while(|line| !line.starts_with(".TP"));
            let values = values(rest.take_while(|line| !line.starts_with(".SH")));
            if !values.is_empty() {
                write!(about, "; one of {}", values.join(", ")).unwrap();
            }
            entries.push(Entry { synopsis, about });
        }
    }
    Command { name: words.collect::<Vec<_>>().join(" "), about: about.unwrap_or_default(), entries }
}

/// The possible values of an option, from a list of `value: meaning` or from `[possible values: a, b]`.
fn values<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    let mut values = vec![];
    let mut is_item = false;
    for line in lines {
        let line = plain(line);
        if let Some((_, rest)) = line.split_once("[possible values: ") {
            values.extend(rest.trim_end_matches(']').split(", ").map(str::to_owned));
        } else if std::mem::replace(&mut is_item, line.starts_with(".IP")) {
            values.extend(line.split(':').next().map(str::to_owned));
        }
    }
    values.iter().map(|value| format!("`{}`", value.trim())).collect()
}

/// A line without roff's escapes.
fn plain(line: &str) -> String {
    let pairs =
        [("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\-", "-"), ("\\*(Aq", "'"), ("\\&", "")];
    pairs.iter().fold(line.to_owned(), |line, (escape, text)| line.replace(escape, text))
}
