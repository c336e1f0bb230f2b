//! `mt5crs emergency-close`.

mod args;
mod page;
mod run;

use mt5crs::config::Key;
use mt5crs::exit::Exit;
use mt5crs::ops::emergency_close::Report;

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Accounts, Closing, Command, Document, Facts, Task};

pub(super) const DOCUMENTS: &[Document] = &[Document::report::<Report>("emergency-close")];

impl Command for Args {
    fn facts(&self) -> Facts {
        let is_filtered =
            !self.symbol.is_empty() || !self.ticket.is_empty() || self.magic.is_some();
        let Self { dry_run, yes, ref rows, .. } = *self;
        let accounts = match () {
            () if is_filtered => Accounts::One("emergency-close with a filter"),
            () if self.credit.is_given() => Accounts::One("--credit"),
            () => Accounts::OneOrAll(Closing { dry_run, yes, all_rows: rows.all }),
        };
        let facts = Facts::of_gateway("emergency-close", "close the positions of", 300);
        Facts { reads: Some(&[Key::GatewayHost, Key::GatewayPort]), accounts, ..facts }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, self)
    }

    fn assign(&mut self, task: Task) {
        self.dry_run = task == Task::Plan;
        self.yes = task == Task::Act;
    }
}
