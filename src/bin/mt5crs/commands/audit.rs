//! `mt5crs audit` and `mt5crs audit checks`.

mod args;
mod completions;
mod page;
mod run;

use mt5crs::exit::Exit;
use mt5crs::ops::audit::{Checks, Report};

pub(super) use self::args::Args;
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts};

pub(super) const DOCUMENTS: &[Document] =
    &[Document::report::<Report>("audit"), Document::report::<Checks>("audit-checks")];

impl Command for Args {
    fn facts(&self) -> Facts {
        if self.command.is_some() {
            return Facts::of_tool("audit-checks");
        }
        let accounts = match self.credit.is_given() {
            true => Accounts::One("--credit"),
            false => Accounts::Each,
        };
        Facts { has_metrics: true, accounts, ..Facts::of_gateway("audit", "audit", 60) }
    }

    fn run(&self, app: &App) -> Exit {
        match self.command {
            Some(args::Subcommand::Checks) => run::list_checks(app, &self.facts()),
            None => run::run(app, self),
        }
    }
}
