//! `mt5crs completions SHELL`.

mod args;

use clap::CommandFactory;
use mt5crs::exit::Exit;

pub(super) use self::args::Args;
use super::Arguments;
use crate::app::App;
use crate::app::command::{Command, Document, Facts};

pub(super) const DOCUMENTS: &[Document] = &[];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts::of_tool("completions")
    }

    fn run(&self, app: &App) -> Exit {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "mt5crs", &mut script);
        app.screen.script(&String::from_utf8_lossy(&script))
    }
}
