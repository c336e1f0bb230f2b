//! Manual pages: one for each command, made from the same definitions as `--help`, so the two can't disagree.

use std::io;

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
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

fn see_also(name: &str) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["SEE ALSO"]);
    // Every page leads to the program's own, and that one to all the others and to the commands that print the rest.
    if name == "mt5crs" {
        section.text([roman("mt5crs config show, mt5crs explain, mt5crs sim --list-faults")]);
    } else {
        section.text([bold("mt5crs"), roman("(1)")]);
    }
    section
}
