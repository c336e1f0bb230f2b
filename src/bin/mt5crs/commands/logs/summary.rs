//! `mt5crs logs summary`.

mod args;
mod page;
mod run;

use mt5crs::exit::Exit;
use mt5crs::logs::search::report::Summary;

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts};

pub(super) const DOCUMENT: Document = Document::report::<Summary>("logs-summary");

impl Command for Args {
    fn facts(&self) -> Facts {
        let accounts = match self.paths.is_empty() {
            true => Accounts::Each,
            false => Accounts::One("logs summary with paths"),
        };
        Facts { accounts, ..super::facts("logs-summary") }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self)
    }
}
