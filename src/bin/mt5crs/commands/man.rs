//! `mt5crs man [PAGE]`.

mod args;
mod page;
mod run;

use mt5crs::exit::Exit;

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Command, Document, Facts};

pub(super) const DOCUMENTS: &[Document] = &[];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts::of_tool("man")
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self)
    }
}
