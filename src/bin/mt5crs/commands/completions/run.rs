//! From a shell's name to its script.

use mt5crs::exit::Exit;

use super::{Args, script};
use crate::app::App;
use crate::app::command::{Command, Document, Facts};

pub(crate) const DOCUMENTS: &[Document] = &[];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts::of_tool("completions")
    }

    fn run(&self, app: &App) -> Exit {
        app.screen.script(&script(self.shell))
    }
}
