//! `mt5crs schema [NAME]`.

mod args;
mod page;
mod run;

use mt5crs::exit::Exit;
use mt5crs::ops::schemas::Report;

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Command, Document, Facts};

pub(super) const DOCUMENTS: &[Document] = &[Document::report::<Report>("schemas")];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts::of_tool("schemas")
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self)
    }
}
