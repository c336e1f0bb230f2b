//! `mt5crs breaker status`, `engage` and `release`: the kill switch's file.

mod args;
mod page;
mod run;

use mt5crs::config::Key;
use mt5crs::exit::Exit;
use mt5crs::ops::breaker::Report;

pub(super) use self::args::Args;
use self::args::Subcommand;
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts, Simulation};

pub(super) const DOCUMENTS: &[Document] = &[Document::report::<Report>("breaker")];

impl Command for Args {
    fn facts(&self) -> Facts {
        let accounts = match self.command {
            Subcommand::Status | Subcommand::Engage { .. } => Accounts::Each,
            Subcommand::Release { .. } => Accounts::One("breaker release"),
        };
        Facts {
            // Nothing but the path of the kill switch may stop it.
            reads: Some(&[Key::KillSwitchFile]),
            simulation: Simulation::Scratch,
            accounts,
            ..Facts::of_tool("breaker")
        }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, &self.command, &self.facts())
    }
}
