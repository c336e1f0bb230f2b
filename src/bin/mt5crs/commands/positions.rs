//! `mt5crs positions`.

mod args;
mod page;
mod run;

use mt5crs::exit::Exit;
use mt5crs::ops::positions::Report;

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts};

pub(super) const DOCUMENTS: &[Document] = &[Document::report::<Report>("positions")];

impl Command for Args {
    fn facts(&self) -> Facts {
        let facts = Facts::of_gateway("positions", "read the positions of", 30);
        match self.credit.is_given() {
            true => Facts { accounts: Accounts::One("--credit"), ..facts },
            false => Facts { accounts: Accounts::Each, ..facts },
        }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self)
    }
}
