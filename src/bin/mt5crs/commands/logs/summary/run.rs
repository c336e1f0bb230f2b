//! From arguments to the summary of the logs.

use mt5crs::exit::Exit;
use mt5crs::logs::alerts::event;
use mt5crs::logs::alerts::summary::{By, sum};
use mt5crs::logs::search::filter::Filter;
use mt5crs::logs::search::report::Summary;
use mt5crs::report::{Failure, Outcome, Verdict};

use super::Args;
use super::args::RowOf;
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::end::RenderOptions;
use crate::app::{App, settings};
use crate::commands::logs::{LOCATIONS, check, facts, no_query, places, time};

pub(crate) const DOCUMENT: Document = Document::report::<Summary>("logs-summary");

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

fn summarise(app: &App, args: &Args) -> Result<Outcome<Summary>, Failure> {
    let now = app.clock.now();
    let since = time("--since", &args.since, now)?;
    let until = args.until.as_deref().map(|text| time("--until", text, now)).transpose()?;
    let filter = check(Filter { since: Some(since), until, ..Filter::default() })?;
    let places = places(app, &args.paths, &settings::read_only(app, &[], &LOCATIONS)?);
    let read =
        event::read(&places.shared, &places.own, &filter).map_err(|error| no_query(&error))?;
    let by = match args.by {
        RowOf::Day => By::Day,
        RowOf::Run => By::Run,
    };
    let report = Summary { since, until, by, rows: sum(&read.events, by) };
    let in_doubt = places.shared.is_empty() || !read.unreadable.is_empty();
    let verdict = if in_doubt { Verdict::Unknown } else { Verdict::Pass };
    let mut outcome = Outcome::judged(report, verdict, false);
    outcome.warnings = read.shortcomings();
    Ok(outcome)
}
