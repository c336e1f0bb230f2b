//! Runs `state`.

use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::ops::state::{self, Report};
use mt5crs::report::Outcome;

use super::Args;
use super::args::Subcommand;
use crate::app::command::{Accounts, Command, Document, Facts, Simulation};
use crate::app::context::{LocalContext, state_options};
use crate::app::end::RenderOptions;
use crate::app::{App, settings};

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("state")];

impl Command for Args {
    fn facts(&self) -> Facts {
        let accounts = match self.command {
            Subcommand::Show => Accounts::Each,
            Subcommand::Adopt { .. } => Accounts::One("state adopt"),
        };
        Facts {
            accounts,
            acts: matches!(self.command, Subcommand::Adopt { .. }),
            simulation: Simulation::Refused(
                "a simulated gateway's state is in a scratch tree of its own",
                "leave out --sim",
            ),
            ..Facts::of_tool("state")
        }
    }

    fn run(&self, app: &App) -> Exit {
        let facts = self.facts();
        app.end(facts.name, run(app, &self.command, &facts), None, &RenderOptions::default())
    }
}

fn run(app: &App, command: &Subcommand, facts: &Facts) -> Result<Outcome<Report>, Failure> {
    let resolved = settings::resolve(&app.global, &[]);
    let LocalContext { settings, .. } = LocalContext::open(app, facts, resolved)?;
    let gateway =
        settings.gateway().map_err(|problems| crate::app::settings::failure(&problems))?.clone();
    let options = state_options(&settings, &format!("tcp://{gateway}"));
    Ok(match command {
        Subcommand::Show => state::show(&options),
        Subcommand::Adopt { directory } => {
            let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.clone());
            state::adopt(&options, &directory, &*app.clock)
        }
    })
}
