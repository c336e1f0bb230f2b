//! `mt5crs explain [CODE]`.

mod args;
mod page;
mod run;

use mt5crs::exit::Exit;
use mt5crs::ops::explain::Report;

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Command, Document, Facts};

pub(super) const DOCUMENTS: &[Document] = &[Document::report::<Report>("explain")];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts::of_tool("explain")
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self)
    }
}
