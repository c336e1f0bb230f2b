//! Runs `figures`.

use jiff::{SignedDuration, Timestamp};
use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::figures::Store;
use mt5crs::ops::figures::{self, Options, Report};
use mt5crs::report::Outcome;

use super::Args;
use super::args::{ExportArgs, Subcommand};
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts, Simulation};
use crate::app::context::LocalContext;
use crate::app::end::RenderOptions;
use crate::app::settings;

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("figures-export")];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts {
            simulation: Simulation::Scratch,
            accounts: Accounts::One("figures export"),
            ..Facts::of_tool("figures-export")
        }
    }

    fn run(&self, app: &App) -> Exit {
        let Subcommand::Export(args) = &self.command;
        let mut render = RenderOptions::default();
        let outcome = export(app, args, &self.facts(), &mut render);
        app.end(self.facts().name, outcome, None, &render)
    }
}

fn export(
    app: &App,
    args: &ExportArgs,
    facts: &Facts,
    render: &mut RenderOptions,
) -> Result<Outcome<Report>, Failure> {
    let resolved = settings::resolve(&app.global, &[]);
    let LocalContext { settings, scratch } = LocalContext::open(app, facts, resolved)?;
    render.scratch = scratch;
    let state = settings.target_state_dir().unwrap_or_else(|| settings.state_dir.clone());
    let until = app.clock.now();
    let length = SignedDuration::try_from(args.since).unwrap_or(SignedDuration::MAX);
    let since = until.checked_sub(length).unwrap_or(Timestamp::MIN);
    let store = Store::at(&state, settings.figures_age);
    Ok(figures::run(&Options { store, since, until, csv: args.csv.clone() }))
}
