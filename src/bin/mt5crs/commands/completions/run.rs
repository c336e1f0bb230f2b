//! From a shell's name to its script.

use mt5crs::exit::Exit;

use super::Args;
use crate::app::App;
use crate::app::command::{Command, Document, Facts};
use crate::commands::definition::definition;

pub(crate) const DOCUMENTS: &[Document] = &[];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts::of_tool("completions")
    }

    fn run(&self, app: &App) -> Exit {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut definition(), "mt5crs", &mut script);
        app.screen.script(&String::from_utf8_lossy(&script))
    }
}
