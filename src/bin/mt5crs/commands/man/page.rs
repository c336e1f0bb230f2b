//! Manual pages: one for each command, made from the same definitions as `--help`, so the two can't disagree.

use std::io;

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use mt5crs::config::CATALOGUE;
use mt5crs::exit::Exit;

use crate::commands::definition::{self, definition};

/// A command's page.
pub(super) struct ManPage {
    /// Name of the page, such as `mt5crs-evidence-show`.
    pub(super) name: String,
    command: clap::Command,
}

impl ManPage {
    /// The page in the language that `man` reads.
    pub(super) fn roff(&self) -> io::Result<Vec<u8>> {
        let man = Man::new(self.command.clone())
            .title(self.name.as_str())
            .source(concat!("mt5crs ", env!("CARGO_PKG_VERSION")))
            .manual("mt5crs");
        let mut page = Vec::new();
        man.render_title(&mut page)?;
        man.render_name_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
        if self.command.has_subcommands() {
            man.render_subcommands_section(&mut page)?;
        }
        examples(&self.command).to_writer(&mut page)?;
        exit_status().to_writer(&mut page)?;
        environment(&self.name).to_writer(&mut page)?;
        files(&self.name).to_writer(&mut page)?;
        see_also(&self.name).to_writer(&mut page)?;
        Ok(page)
    }
}

/// Every page, the program's own first.
pub(super) fn pages() -> Vec<ManPage> {
    // The version with commit and libzmq is for `--version`; a page is the same for every build of a version.
    let mut root = with_every_text(definition()).version(env!("CARGO_PKG_VERSION"));
    root.build();
    let mut pages = Vec::new();
    collect(&root, &mut pages);
    pages
}

/// The writer of pages leaves out the text of an option that `-h` doesn't show.
fn with_every_text(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| arg.hide_short_help(false)).mut_subcommands(with_every_text)
}

fn collect(command: &clap::Command, pages: &mut Vec<ManPage>) {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    // As in `--help`: the thirty options that go with every command would hide the one argument that matters.
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    pages.push(ManPage { name, command: command.clone().override_usage(usage) });
    for below in command.get_subcommands() {
        collect(below, pages);
    }
}

fn examples(command: &clap::Command) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXAMPLES"]);
    for example in definition::examples(command) {
        section.control("PP", []);
        section.text([bold(example)]);
    }
    section
}

/// The contract with scripts belongs to every page: a script's author reads just the one of the command that it runs.
fn exit_status() -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXIT STATUS"]);
    for exit in Exit::ALL {
        section.control("TP", []);
        section.text([bold(exit.code().to_string())]);
        section.text([roman(format!("{}. What to do: {}.", exit.meaning(), exit.advice()))]);
    }
    section
}

/// The program's own page, which has what is the same for every command.
const ROOT: &str = "mt5crs";

/// Variables that are no settings.
const VARIABLES: [(&str, &str); 6] = [
    ("NO_COLOR", "no colours, if it is not empty"),
    (
        "CLICOLOR_FORCE",
        "colours in pipes and files as well, if it is neither empty nor 0; --color stands above both",
    ),
    ("COLUMNS", "the width of help pages where stdout is no terminal"),
    ("PAGER", "the pager of mt5crs man on a terminal"),
    ("TMPDIR", "the directory of the scratch trees of --sim and phoenix"),
    ("XDG_STATE_HOME", "the state directory of a user, where the machine has none for operators"),
];

/// Files that mt5crs reads and writes where no setting names others.
const FILES: [(&str, &str); 7] = [
    (
        "./.env, /etc/mt5crs/PROFILE.env",
        "settings: the first that exists; the second is the one that the shipped units read",
    ),
    (
        "./config.json, /etc/mt5crs/config.json",
        "profiles, one for each account: the first that exists",
    ),
    (
        "/var/lib/mt5crs, ~/.local/state/mt5crs",
        "the state directory: snapshot.json, evidence.jsonl and kill_switch.lock",
    ),
    (
        "/var/log/mt5crs, or logs in the state directory",
        "MT5CRS_*.log of each run, and VERIFY_LOG.log",
    ),
    ("/tmp/mt5_crs_kill_switch.lock", "the kill switch that a deployed engine looks for"),
    ("/etc/mt5crs/notify", "a program that the units run when one of them fails"),
    ("/usr/share/doc/mt5crs", "documentation and examples"),
];

fn environment(name: &str) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["ENVIRONMENT"]);
    if name != ROOT {
        section.text([
            roman("Every setting, under the name that an option shows in brackets; "),
            bold(ROOT),
            roman("(1) lists them."),
        ]);
        return section;
    }
    let settings = CATALOGUE.iter().map(|row| {
        let names: Vec<&str> = row.names().collect();
        let default =
            row.default.map_or_else(String::new, |default| format!(" [default: {default}]"));
        (names.join(", "), format!("{}{default}", row.about))
    });
    let others = VARIABLES.iter().map(|(name, about)| ((*name).to_owned(), (*about).to_owned()));
    list(&mut section, settings.chain(others));
    section
}

fn files(name: &str) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["FILES"]);
    if name == ROOT {
        list(
            &mut section,
            FILES.iter().map(|(path, about)| ((*path).to_owned(), (*about).to_owned())),
        );
    } else {
        section.text([
            bold("mt5crs config show"),
            roman(" names the files that are in use; "),
            bold(ROOT),
            roman("(1) lists the usual ones."),
        ]);
    }
    section
}

fn list(section: &mut Roff, rows: impl Iterator<Item = (String, String)>) {
    for (name, about) in rows {
        section.control("TP", []);
        section.text([bold(name)]);
        section.text([roman(about)]);
    }
}

fn see_also(name: &str) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["SEE ALSO"]);
    // Every page leads to the program's own, and that one to all the others and to the commands that print the rest.
    if name == ROOT {
        section.text([roman("mt5crs config show, mt5crs explain, mt5crs sim --list-faults")]);
    } else {
        section.text([bold("mt5crs"), roman("(1)")]);
    }
    section
}
