//! `mt5crs logs grep`.

mod args;
mod printer;
mod run;

use mt5crs::exit::Exit;
use mt5crs::logs::search::report::Object;

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts};

pub(super) const DOCUMENT: Document = Document::line::<Object<'static>>("logs-grep");

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts { accounts: Accounts::One("logs grep"), ..super::facts("logs-grep") }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self)
    }
}
