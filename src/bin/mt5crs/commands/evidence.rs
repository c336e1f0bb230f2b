//! `mt5crs evidence show`, `verify`, `resolve` and `export`. None of them asks the gateway.

mod args;
mod page;
mod run;

use mt5crs::exit::Exit;
use mt5crs::ops::evidence::{export, resolve, show, verify};

pub(super) use self::args::Args;
use self::args::Subcommand;
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts, Simulation};

pub(super) const DOCUMENTS: &[Document] = &[
    Document::report::<show::Report>("evidence-show"),
    Document::report::<verify::Report>("evidence-verify"),
    Document::report::<resolve::Report>("evidence-resolve"),
    Document::report::<export::Report>("evidence-export"),
];

impl Command for Args {
    fn facts(&self) -> Facts {
        let (name, directory, accounts) = match &self.command {
            Subcommand::Show(args) => ("evidence-show", &args.directory, Accounts::Each),
            Subcommand::Verify(args) => match &args.anchor {
                Some(_) => {
                    let one = Accounts::One("evidence verify --anchor");
                    ("evidence-verify", &args.directory, one)
                }
                None => ("evidence-verify", &args.directory, Accounts::Each),
            },
            Subcommand::Resolve(args) => {
                ("evidence-resolve", &args.directory, Accounts::One("evidence resolve"))
            }
            Subcommand::Export(args) => {
                ("evidence-export", &args.directory, Accounts::One("evidence export"))
            }
        };
        let facts = Facts { simulation: Simulation::Scratch, accounts, ..Facts::of_tool(name) };
        match directory.path {
            None => facts,
            // A word recorded in practice would count there.
            Some(_) => Facts {
                simulation: Simulation::Refused(
                    "--sim has records of its own, and --evidence-dir names others: nothing was done",
                    "leave out one of the two",
                ),
                accounts: Accounts::One("--evidence-dir"),
                ..facts
            },
        }
    }

    fn run(&self, app: &App) -> Exit {
        run::run(app, &self.command, &self.facts())
    }
}
