//! Runs `logs summary`.

use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::logs::alerts::summary::By;
use mt5crs::ops::logs::summary::{self, Options, Report};
use mt5crs::report::Outcome;

use super::Args;
use super::args::RowOf;
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::end::RenderOptions;
use crate::app::{App, settings};
use crate::commands::logs::{LOCATIONS, facts, no_query, places, window};

pub(crate) const DOCUMENT: Document = Document::report::<Report>("logs-summary");

impl Command for Args {
    fn facts(&self) -> Facts {
        let accounts = match self.paths.is_empty() {
            true => Accounts::Each,
            false => Accounts::One("logs summary with paths"),
        };
        Facts { accounts, ..facts("logs-summary") }
    }

    fn run(&self, app: &App) -> Exit {
        let render = RenderOptions { all_rows: self.rows.all, ..RenderOptions::default() };
        app.end(self.facts().name, summarise(app, self), None, &render)
    }
}

fn summarise(app: &App, args: &Args) -> Result<Outcome<Report>, Failure> {
    let now = app.clock.now();
    let (since, until) = window(Some(&args.since), args.until.as_ref(), now)?;
    let by = match args.by {
        RowOf::Day => By::Day,
        RowOf::Run => By::Run,
    };
    let since = since.unwrap_or(now);
    let places = places(app, &args.paths, &settings::read_only(app, &[], &LOCATIONS)?, since);
    let options = Options { places, since, until, by };
    summary::run(&options).map_err(|error| no_query(&error))
}
