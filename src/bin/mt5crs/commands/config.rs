//! `mt5crs config show` and `config check`: they work whatever is wrong with the settings, and name it.

mod args;
mod page;
mod run;

use mt5crs::exit::Exit;
use mt5crs::ops::{config_check, config_show};

pub(super) use self::args::Args;
use self::args::Subcommand;
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts};

pub(super) const DOCUMENTS: &[Document] = &[
    Document::report::<config_check::Report>("config-check"),
    Document::report::<config_show::Report>("config-show"),
];

impl Command for Args {
    fn facts(&self) -> Facts {
        let (name, accounts) = match self.command {
            Subcommand::Show => ("config-show", Accounts::Each),
            Subcommand::Check => ("config-check", Accounts::Together),
        };
        Facts { accounts, ..Facts::of_tool(name) }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, &self.command, self.facts().name)
    }
}
