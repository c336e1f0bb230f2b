//! `mt5crs logs summary`.

use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::logs::alerts::event;
use mt5crs::logs::alerts::summary::{By, sum};
use mt5crs::logs::search::filter::Filter;
use mt5crs::logs::search::report::Summary;
use mt5crs::report::{Outcome, Verdict};

use super::{PLACES, no_query, places, settings, time};
use crate::args::logs::{RowOf, SummaryArgs};
use crate::run::{Run, usage};

const NAME: &str = "logs-summary";

pub(crate) fn run(run: &Run, args: &SummaryArgs) -> Exit {
    match summarise(run, args) {
        Ok(outcome) => run.finish_rows(NAME, &outcome, args.rows.all),
        Err(failure) => run.give_up::<Summary>(NAME, failure),
    }
}

fn summarise(run: &Run, args: &SummaryArgs) -> Result<Outcome<Summary>, Failure> {
    let now = run.clock.now();
    let since = time("--since", &args.since, now)?;
    let until = args.until.as_deref().map(|text| time("--until", text, now)).transpose()?;
    let filter = Filter { since: Some(since), until, ..Filter::default() };
    filter.check().map_err(|error| {
        usage(error.to_string(), "exchange --since and --until, or mend one of them".to_owned())
    })?;
    let places = places(run, &args.paths, &settings(run, &PLACES)?);
    let told =
        event::read(&places.shared, &places.own, &filter).map_err(|error| no_query(&error))?;
    let by = match args.by {
        RowOf::Day => By::Day,
        RowOf::Run => By::Run,
    };
    let report = Summary { since, until, by, rows: sum(&told.events, by) };
    let in_doubt = places.shared.is_empty() || !told.unreadable.is_empty();
    let verdict = if in_doubt { Verdict::Unknown } else { Verdict::Pass };
    let mut outcome = Outcome::judged(report, verdict, false);
    outcome.warnings = told.shortcomings();
    Ok(outcome)
}
