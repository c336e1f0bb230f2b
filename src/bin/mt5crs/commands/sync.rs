//! `mt5crs sync [-- COMMAND…]`.

mod args;
mod gate;
mod page;
mod run;

use mt5crs::exit::Exit;
use mt5crs::ops::sync::Report;

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts};

pub(super) const DOCUMENTS: &[Document] = &[Document::report::<Report>("sync")];

impl Command for Args {
    fn facts(&self) -> Facts {
        let accounts = match () {
            () if !self.command.is_empty() => Accounts::One("sync -- COMMAND"),
            () if self.report.is_some() => Accounts::One("sync --report"),
            () if self.credit.is_given() => Accounts::One("--credit"),
            () => Accounts::Each,
        };
        Facts { has_metrics: true, accounts, ..Facts::of_gateway("sync", "sync", 30) }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self)
    }
}
